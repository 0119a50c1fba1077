"""A process with nothing but an outbox, for a test to kill: ``python -m ... DATABASE API``."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from pydantic import SecretStr

from services.answers.loading import load_knowledge
from services.answers.rendering import Renderer
from services.channels.twilio.account import twilio_account
from services.channels.twilio.api import open_carrier
from services.channels.twilio.wire import SmsWire
from services.conversations.core import Core
from services.conversations.outbox import Outbox
from services.conversations.wakeups import Wakeups
from services.dialogue.client import DialogueClient
from services.privacy.keyring import Keyring
from services.settings import ROOT, Settings
from services.store.database import Database
from services.triage.judge import Judge
from services.vocabulary import MunicipalityId
from tests.conftest import NOON, TOKEN
from tests.twilio import stand_in


async def send(database: str, api: str) -> None:
    """Send what is due, until killed."""
    settings = Settings(
        public_url=stand_in.PUBLIC_URL,
        twilio_account_sid=stand_in.SID,
        twilio_auth_token=SecretStr(stand_in.TOKEN),
        twilio_number=stand_in.NUMBER,
        twilio_api_url=api,
    )
    account = twilio_account(settings)
    assert account is not None
    knowledge = load_knowledge(ROOT / "knowledge")
    async with DialogueClient(["http://127.0.0.1:9"], TOKEN, timeout=1.0) as dialogue:
        core = Core(
            database=Database.open(database),
            keyring=Keyring(bytes(range(32))),
            judge=cast("Judge", None),  # an outbox judges nothing
            routing=knowledge.routing,
            renderer=Renderer(knowledge),
            dialogue=dialogue,
            wakeups=Wakeups(),
            default_municipality=MunicipalityId("goteborg"),
            clock=lambda: NOON,
        )
        async with open_carrier(account, SmsWire(lambda: knowledge)) as carrier:
            await Outbox(core, carrier).run()


if __name__ == "__main__":
    asyncio.run(send(*sys.argv[1:]))
