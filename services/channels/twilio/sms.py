"""Text messages: Twilio's webhooks for what callers send and for what became of what we sent.

A message is stored before it is acknowledged; its ``MessageSid`` makes a repeat harmless. The
answer leaves through the outbox.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError
from twilio.twiml.messaging_response import MessagingResponse

from services.answers.reply import Reply
from services.channels.twilio.account import TwilioAccount
from services.channels.twilio.afterwards import Afterwards
from services.channels.twilio.api import STATUS_PATH
from services.channels.twilio.signature import Form, read_signed
from services.channels.twilio.wire import SmsWire
from services.conversations.appkeys import CORE, INBOX, WORKER
from services.conversations.background import in_background
from services.conversations.core import Core
from services.conversations.errors import NotStoredError
from services.conversations.inbox import (
    MAX_MESSAGE_CHARACTERS,
    AcuteNotStoredError,
    IncomingMessage,
    Telephone,
)
from services.conversations.outbox import Report, record_report
from services.conversations.overload import TooOftenError
from services.conversations.sealing import conversation_key, open_outbound
from services.conversations.texting import resume_messages, stop_messages
from services.edges.limits import LIMITS, cost_of
from services.store.conversations import get_conversation
from services.store.outbox import find_last_reply
from services.store.tables import OutboundState
from services.vocabulary import Channel, Owner, PhraseId, Setting, Urgency, Variant

SMS_PATH: Final = "/twilio/sms"
ACCOUNT: Final = web.AppKey("twilio_account", TwilioAccount)
WIRE: Final = web.AppKey("sms_wire", SmsWire)
AFTERWARDS: Final = web.AppKey("sms_afterwards", Afterwards)

_STOP: Final = frozenset({"stopp", "stop"})
_START: Final = frozenset({"start", "starta"})
_LONGEST_ID: Final = 64

_STATES: Final = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), OutboundState.SENT),
    **dict.fromkeys(("delivered", "read"), OutboundState.DELIVERED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), OutboundState.FAILED),
}
_TEMPORARY: Final = frozenset({"30001", "30003", "30008", "30017", "30022"})
"""Queue full, phone off, unknown, congestion, rate: https://www.twilio.com/docs/api/errors"""


@dataclass(frozen=True, slots=True)
class SmsPayload:
    """A text message as Twilio tells of it; fields that we don't need are ignored."""

    sid: str
    sender: str
    body: str
    media: int
    place: str | None
    opt_out: str

    @property
    def keyword(self) -> str:
        """The body as a bare word."""
        return self.body.strip(" .!\n\t\"'").casefold()


def read_payload(form: Form) -> SmsPayload | None:
    """The message in a webhook's fields; nothing if it lacks an id or a sender."""
    sid = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid") or ""
    sender = form.get("From", "").strip()
    if not sender or not 0 < len(sid) <= _LONGEST_ID:
        return None
    media = form.get("NumMedia", "")
    place = [form[name] for name in ("Latitude", "Longitude", "Label", "Address") if form.get(name)]
    return SmsPayload(
        sid=sid,
        sender=sender,
        body=form.get("Body", "").replace("\0", "")[:MAX_MESSAGE_CHARACTERS],
        media=int(media) if media.isascii() and media.isdigit() else 0,
        place=", ".join(place) or None,
        opt_out=form.get("OptOutType", "").upper(),
    )


def setup_sms(app: web.Application, account: TwilioAccount, wire: SmsWire) -> None:
    """Join the webhooks to the application."""
    app[ACCOUNT], app[WIRE] = account, wire
    app[AFTERWARDS] = Afterwards(app[INBOX])
    app.cleanup_ctx.append(_storing_afterwards)
    app.add_routes(
        [
            web.post(SMS_PATH, receive_text),
            web.post(f"{STATUS_PATH}/{{id}}", receive_status),
        ]
    )


async def _storing_afterwards(app: web.Application) -> AsyncIterator[None]:
    async with in_background(app[AFTERWARDS].run()):
        yield


async def receive_text(request: web.Request) -> web.Response:
    """Store what a caller sent, and acknowledge it with nothing: the reply comes by itself."""
    payload = read_payload(await read_signed(request, request.app[ACCOUNT]))
    if payload is None:
        raise web.HTTPBadRequest
    core, inbox = request.app[CORE], request.app[INBOX]
    limits, cost = request.app[LIMITS], cost_of(payload.body)
    seconds = await limits.wait(limits.texts, caller=payload.sender, cost=cost)
    # Who wants no more messages is heard, however many came before.
    too_often = seconds is not None and not _stops(payload)
    if too_often and not await limits.spare(caller=payload.sender, cost=cost):
        return await _refuse(request, payload)
    telephone = Telephone(key=payload.sender, number=payload.sender)
    try:
        conversation_id = await _conversation_of(request, telephone)
        await _store(request, conversation_id, payload, too_often=too_often)
    except TooOftenError:
        return await _refuse(request, payload)
    except (NotStoredError, SQLAlchemyError, OSError) as error:
        message = IncomingMessage(payload.sid, payload.body, told=True)
        words = inbox.answer_without_store(message, channel=Channel.SMS)
        if isinstance(error, AcuteNotStoredError):
            words = error.reply
        if words is None:
            # Twilio tries again, or calls the fallback address (docs/twilio.md).
            raise web.HTTPServiceUnavailable from None
        request.app[AFTERWARDS].keep(telephone, core.default_municipality, message)
        return _answer_at_once(request, words)
    return _twiml(MessagingResponse())


async def _conversation_of(request: web.Request, telephone: Telephone) -> UUID:
    if request.app[AFTERWARDS].holds(telephone.key):
        raise NotStoredError("it would stand before an earlier one")
    core, inbox = request.app[CORE], request.app[INBOX]
    return await inbox.conversation_of(Channel.SMS, core.default_municipality, telephone)


async def receive_status(request: web.Request) -> web.Response:
    """Take down how a message that we sent has fared."""
    form = await read_signed(request, request.app[ACCOUNT])
    status = form.get("MessageStatus") or form.get("SmsStatus") or ""
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    state = _STATES.get(status)
    try:
        outbound_id = UUID(request.match_info["id"])
    except ValueError:
        raise web.HTTPNotFound from None
    if state is not None and sid:
        code = form.get("ErrorCode") or None
        report = Report(sid, state, code=code, temporary=code in _TEMPORARY)
        await record_report(request.app[CORE], outbound_id, report)
    return web.Response(status=204)


async def _refuse(request: web.Request, payload: SmsPayload) -> web.Response:
    """Tell the sender in Twilio's own response that the message was not taken; not every time."""
    core, limits = request.app[CORE], request.app[LIMITS]
    response = MessagingResponse()
    if await limits.wait(limits.told, caller=payload.sender) is None:
        setting = core.setting_for(Channel.SMS, Variant.SMS, core.default_municipality)
        words = core.renderer.checked(_phrase(core, setting, "for_manga_pa_kort_tid"), setting)
        response.message(request.app[WIRE].of(words, Variant.SMS, acute=False).text)
    return _twiml(response)


async def _store(
    request: web.Request, conversation_id: UUID, payload: SmsPayload, *, too_often: bool
) -> None:
    core = request.app[CORE]
    stops = _stops(payload)
    if payload.opt_out == "STOP":
        # Twilio has said goodbye itself, and would refuse ours.
        await stop_messages(core, conversation_id)
    message = await _understood(request, conversation_id, payload, stops=stops)
    receipt = await request.app[INBOX].receive(
        conversation_id, None, message, channel=Channel.SMS, too_often=too_often
    )
    if stops:
        await stop_messages(core, conversation_id, before=receipt.position)
    if receipt.reply is None:
        request.app[WORKER].notice(conversation_id, receipt.waits)


async def _understood(
    request: web.Request, conversation_id: UUID, payload: SmsPayload, *, stops: bool
) -> IncomingMessage:
    """The message as the inbox takes it: a digit as its choice, a bare picture as a sign for it."""
    core = request.app[CORE]
    setting = core.setting_for(Channel.SMS, Variant.SMS, core.default_municipality)
    if stops:
        return _settled(core, setting, payload, payload.body or "STOPP", "sms_stopp")
    async with core.database.read() as session:
        conversation = await get_conversation(session, conversation_id)
        last = await find_last_reply(session, conversation_id)
    if conversation is not None and conversation.stopped_at is not None and _starts(payload):
        await resume_messages(core, conversation_id)
        return _settled(core, setting, payload, payload.body or "START", "sms_start")
    if not payload.body.strip():
        return _without_words(core, setting, payload)
    if conversation is not None and conversation.owner is Owner.BOT and last is not None:
        reply = open_outbound(conversation_key(core.keyring, conversation), last[0])
        sent = request.app[WIRE].of(
            reply, Variant(conversation.variant), acute=last[1] is Urgency.AKUT
        )
        if choice := sent.chosen(payload.body):
            return IncomingMessage(payload.sid, "", choice=choice.id)
    aside = _phrase(core, setting, "sms_med_bild") if payload.media else None
    body = "\n".join(part for part in (payload.body, payload.place) if part)
    return IncomingMessage(payload.sid, body, aside=aside)


def _stops(payload: SmsPayload) -> bool:
    return payload.keyword in _STOP or payload.opt_out == "STOP"


def _starts(payload: SmsPayload) -> bool:
    return payload.keyword in _START or payload.opt_out == "START"


def _without_words(core: Core, setting: Setting, payload: SmsPayload) -> IncomingMessage:
    if payload.place is not None:
        sign = _sign(core, setting, "sms_tecken_plats", namn=payload.place)
        return _settled(core, setting, payload, sign, "sms_plats")
    if payload.media:
        sign = _sign(core, setting, "sms_tecken_bild")
        return _settled(core, setting, payload, sign, "sms_bara_bild")
    return _settled(core, setting, payload, _sign(core, setting, "sms_tecken_tomt"), "tomt")


def _settled(
    core: Core, setting: Setting, payload: SmsPayload, text: str, phrase: str
) -> IncomingMessage:
    aside = _phrase(core, setting, phrase)
    return IncomingMessage(payload.sid, text, aside=aside, settled=True)


def _phrase(core: Core, setting: Setting, phrase: str) -> Reply:
    return core.renderer.phrase(PhraseId(phrase), setting)


def _sign(core: Core, setting: Setting, phrase: str, **values: str) -> str:
    return "\n".join(core.renderer.phrase(PhraseId(phrase), setting, values=values).as_texts())


def _answer_at_once(request: web.Request, words: Reply) -> web.Response:
    """With the database away, an acute caller gets the answer in Twilio's own response."""
    response = MessagingResponse()
    response.message(request.app[WIRE].of(words, Variant.SMS, acute=True).text)
    return _twiml(response)


def _twiml(response: MessagingResponse) -> web.Response:
    return web.Response(text=str(response), content_type="text/xml", charset="utf-8")
