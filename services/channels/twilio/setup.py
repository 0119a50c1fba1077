"""Joins SMS and phone to the application, with the outbox's sender; or says that they are off."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

import structlog
from aiohttp import web

from services.channels.twilio.account import TwilioAccount, twilio_account
from services.channels.twilio.api import open_carrier
from services.channels.twilio.duty import duty_of
from services.channels.twilio.sms import setup_sms
from services.channels.twilio.voice import setup_voice
from services.channels.twilio.wire import SmsWire
from services.conversations.appkeys import CORE, SETTINGS
from services.conversations.background import in_background
from services.conversations.delivery import Carrier
from services.conversations.outbox import Outbox

type CarrierMaker = Callable[
    [TwilioAccount, SmsWire], contextlib.AbstractAsyncContextManager[Carrier]
]

_log = structlog.get_logger(__name__)


def setup_twilio(app: web.Application, carrier: CarrierMaker = open_carrier) -> None:
    """Join SMS and phone to the application, if the settings have an account.

    Args:
        app: With settings and core.
        carrier: Opens what carries the text messages.

    Raises:
        TwilioSettingsError: the account is set in part only.
    """
    settings = app[SETTINGS]
    account = twilio_account(settings)
    if account is None:
        _log.info("sms_and_phone_off", cause="TWILIO_ACCOUNT_SID is not set")
        return
    core = app[CORE]
    wire = SmsWire(lambda: core.renderer.knowledge)
    setup_sms(app, account, wire)
    setup_voice(app, account, duty_of(settings), recorded=settings.record_calls)

    async def send(_app: web.Application) -> AsyncIterator[None]:
        async with carrier(account, wire) as opened, in_background(Outbox(core, opened).run()):
            yield

    app.cleanup_ctx.append(send)
    _log.info("sms_and_phone_on")
