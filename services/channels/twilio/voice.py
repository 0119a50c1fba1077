"""The phone: a call is a conversation whose turns are spoken.

What the caller says or presses goes through the same inbox as a message in the chat; the answer is
read aloud. A caller who can't be heard is asked in other words, then for a key, then given a human
(``voice_human``).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import wraps
from hashlib import blake2b
from typing import Final
from uuid import UUID

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from services.channels.twilio.account import TwilioAccount
from services.channels.twilio.call import MOST_TRIES, VOICE_PATH, Call, Step, call_of
from services.channels.twilio.duty import Duty
from services.channels.twilio.signature import Form, read_signed
from services.channels.twilio.spoken import has_numbers
from services.channels.twilio.twiml import Speech
from services.channels.twilio.voice_human import (
    accept_call,
    give_human,
    hear_dialled,
    take_call_back,
    take_number,
    whisper,
)
from services.conversations.appkeys import CORE, INBOX, WORKER
from services.conversations.errors import NotStoredError
from services.conversations.inbox import AcuteNotStoredError, IncomingMessage
from services.conversations.sealing import conversation_key
from services.conversations.texting import text_contacts
from services.conversations.timeline import Event, read_timeline
from services.edges.limits import LIMITS
from services.reading.wishes import asks_for_call
from services.store.conversations import get_conversation
from services.vocabulary import Author, Channel, Owner, Urgency, Variant

SURE_ENOUGH: Final = 0.45
"""Twilio's confidence below which speech counts as not heard, unless it sounds acute."""
FIRST_WAIT_SECONDS: Final = 2.0
LONG_WAIT_SECONDS: Final = 7.0
"""Twilio gives up on an answer after 15 seconds; Rasa has had its time before that."""
_MOST_WAITS: Final = 3
_ANY_KEY_CHOICES: Final = {"1": "akut_fara", "2": "oro_narstaende", "3": "lamna"}

_log = structlog.get_logger(__name__)

type Handler = Callable[[web.Request, Call, Form], Awaitable[Speech]]
type WebHandler = Callable[[web.Request], Awaitable[web.Response]]


def setup_voice(
    app: web.Application, account: TwilioAccount, duty: Duty, *, recorded: bool
) -> None:
    """Join the phone's webhooks to the application.

    Args:
        app: The application.
        account: Whose webhooks they are.
        duty: Who answers when a human is wanted.
        recorded: Whether calls are recorded, after the caller is told.
    """

    async def begin(request: web.Request, call: Call, _form: Form) -> Speech:
        limits = request.app[LIMITS]
        if await limits.wait(limits.calls, caller=call.number or call.sid) is not None:
            return call.speech().say(call.phrase("for_manga_pa_kort_tid")).hang_up()
        return await begin_call(call, recorded=recorded)

    pages: dict[str, Handler] = {
        VOICE_PATH: begin,
        f"{VOICE_PATH}-turn": take_turn,
        f"{VOICE_PATH}-wait": wait_on,
        f"{VOICE_PATH}-dialled": hear_dialled,
        f"{VOICE_PATH}-callback": take_call_back,
        f"{VOICE_PATH}-number": take_number,
    }
    for path, handler in pages.items():
        app.router.add_post(path, _answered(handler, account, duty))

    async def tell_coordinator(request: web.Request) -> web.Response:
        await read_signed(request, account)
        return _xml(await whisper(request))

    async def let_accept(request: web.Request) -> web.Response:
        return _xml(await accept_call(request, await read_signed(request, account)))

    app.router.add_post(f"{VOICE_PATH}-whisper", tell_coordinator)
    app.router.add_post(f"{VOICE_PATH}-accept", let_accept)


def _answered(handler: Handler, account: TwilioAccount, duty: Duty) -> WebHandler:
    """A webhook that always gives the caller something to do, whatever is away."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.Response:
        form = await read_signed(request, account)
        try:
            call = await call_of(request, form, account, duty)
            return _xml(await handler(request, call, form))
        except AcuteNotStoredError as error:
            call = _call_without_store(request, form, account, duty)
            words = (*call.spoken(error.reply), call.phrase("samtal_fel"))
            return _xml(call.speech().say(*words).hang_up())
        except (NotStoredError, SQLAlchemyError, OSError):
            return _xml(_without_store(request, form, account, duty))

    return answer


async def begin_call(call: Call, *, recorded: bool) -> Speech:
    """Greet: an AI assistant, and 112 at danger, before anything else."""
    speech = call.speech().greet(call.phrase("samtal_halsning"))
    if recorded:
        speech.say(call.phrase("samtal_inspelning")).record()
    texts = [call.phrase(name) for name in ("samtal_om", "samtal_fraga", "samtal_knappar")]
    return speech.listen(call.step.to("turn"), texts)


async def take_turn(request: web.Request, call: Call, form: Form) -> Speech:
    """Take what the caller said or pressed."""
    key = form.get("Digits", "")
    if key == "*":
        return await _repeat(call)
    if key == "0":
        return await give_human(call)
    if key == "4":
        ask = call.phrase("samtal_din_fraga")
        return call.speech().listen(replace(call.step, missed=0).to("turn"), [ask])
    if key == "5":
        return await _send_numbers(call)
    message = _message(request, call, form)
    if message is None:
        return await _not_heard(call)
    receipt = await request.app[INBOX].receive(
        call.conversation_id, None, message, channel=Channel.VOICE
    )
    # Who wants to be called back is asked when and where, and not connected.
    asked = call.step.form or int(asks_for_call(message.text))
    call = replace(call, step=replace(call.step.heard(), after=receipt.position, form=asked))
    if receipt.reply is not None:
        return await _answer(call, [receipt.reply])
    request.app[WORKER].notice(call.conversation_id, receipt.waits)
    events = await _next_words(call, FIRST_WAIT_SECONDS)
    if events:
        return await _answer(call, events)
    waiting = call.step.to("wait", waited=1)
    return call.speech().say(call.phrase("samtal_vanta")).go_on(waiting)


async def wait_on(_request: web.Request, call: Call, _form: Form) -> Speech:
    """Wait for the answer a while longer; not for ever."""
    events = await _next_words(call, LONG_WAIT_SECONDS)
    if events:
        return await _answer(call, events)
    if call.step.waited >= _MOST_WAITS:
        return await give_human(call)
    again = call.step.to("wait", waited=call.step.waited + 1)
    async with call.core.database.read() as session:
        conversation = await get_conversation(session, call.conversation_id)
    with_human = conversation is not None and conversation.owner is Owner.COORDINATOR
    words = "samtal_samordnare_laser" if with_human else "samtal_vanta"
    return call.speech().say(call.phrase(words)).go_on(again)


def _message(request: web.Request, call: Call, form: Form) -> IncomingMessage | None:
    """What the caller means, if it could be heard."""
    client_id = f"{call.sid}:{call.step.turn}"
    if choice := _ANY_KEY_CHOICES.get(form.get("Digits", "")):
        return IncomingMessage(client_id, "", choice=choice)
    words = form.get("SpeechResult", "").strip()
    if not words or form.get("Digits"):
        return None
    message = IncomingMessage(client_id, words)
    if _confidence(form) >= SURE_ENOUGH:
        return message
    # What was hardly heard and sounds like danger is taken for danger.
    judgement = request.app[CORE].judge.judge(words)
    return message if judgement.urgency is Urgency.AKUT else None


def _confidence(form: Form) -> float:
    try:
        return float(form.get("Confidence") or 1.0)
    except ValueError:
        return 0.0


async def _answer(call: Call, events: Sequence[Event]) -> Speech:
    """Say what is new, and listen again; connect who has just asked for a human."""
    async with call.core.database.read() as session:
        conversation = await get_conversation(session, call.conversation_id)
    in_form = conversation is not None and conversation.in_form
    # The turn that is answered may be the one in which the caller chose English.
    english = conversation is not None and conversation.variant == Variant.ENGLISH
    call = replace(call, step=replace(call.step, en=int(english)))
    texts = [text for event in events for text in call.heard(event)]
    sign = blake2b("\n".join(texts).encode(), digest_size=4).hexdigest()
    same = call.step.same + 1 if sign == call.step.said else 0
    step = replace(
        call.step,
        after=max(event.position for event in events),
        waited=0,
        same=same,
        said=sign,
        form=int(in_form),
    )
    wants_human = in_form and not call.step.form and call.has_duty
    if wants_human or same >= MOST_TRIES - 1:
        return await give_human(replace(call, step=step))
    offer = call.number is not None and any(
        event.reply is not None and has_numbers(event.reply) for event in events
    )
    if offer:
        texts.append(call.phrase("samtal_sms_erbjudande"))
    if not in_form:
        texts.append(call.phrase("samtal_din_tur"))
    return call.speech().listen(step.to("turn"), texts)


async def _not_heard(call: Call) -> Speech:
    """Ask in other words, then for a key, then give a human."""
    missed = call.step.missed + 1
    if missed >= MOST_TRIES:
        return await give_human(call)
    again = call.step.to("turn", missed=missed)
    if missed == 1:
        return call.speech().listen(again, [call.phrase("samtal_hor_inte")])
    return call.speech().listen(again, [call.phrase("samtal_tryck")], speech=False)


async def _repeat(call: Call) -> Speech:
    """Say the last answer again, or what the keys are for."""
    events = [event for event in await _timeline(call, after=0) if event.author is Author.BOT]
    if not events:
        texts = [call.phrase("samtal_fraga"), call.phrase("samtal_knappar")]
    else:
        texts = [*call.heard(events[-1]), call.phrase("samtal_din_tur")]
    return call.speech().listen(replace(call.step, missed=0).to("turn"), texts)


async def _send_numbers(call: Call) -> Speech:
    """Text the numbers of the last answer, if there is a number to text to."""
    client_id = f"{call.sid}:sms:{call.step.turn}"
    sent = await text_contacts(call.core, call.conversation_id, client_id)
    words = call.phrase("samtal_sms_skickat" if sent else "samtal_sms_dolt")
    step = replace(call.step, turn=call.step.turn + 1, missed=0)
    return call.speech().listen(step.to("turn"), [words, call.phrase("samtal_din_tur")])


async def _next_words(call: Call, seconds: float) -> list[Event]:
    """What is said to the caller next; nothing if it takes longer."""
    with (
        contextlib.suppress(TimeoutError),
        call.core.wakeups.following(call.conversation_id) as news,
    ):
        async with asyncio.timeout(seconds):
            while True:
                news.clear()
                if events := await _timeline(call, after=call.step.after):
                    return events
                await news.wait()
    return []


async def _timeline(call: Call, *, after: int) -> list[Event]:
    """What was said to the caller aloud after a position."""
    async with call.core.database.read() as session:
        conversation = await get_conversation(session, call.conversation_id)
        if conversation is None:
            return []
        key = conversation_key(call.core.keyring, conversation)
        events = await read_timeline(session, key, conversation, after=after)
    # What goes to the phone as a text message besides has a delivery.
    return [one for one in events if one.author is not Author.CALLER and one.delivery is None]


def _call_without_store(
    request: web.Request, form: Form, account: TwilioAccount, duty: Duty
) -> Call:
    core = request.app[CORE]
    sid = form.get("CallSid", "")
    # What can be said without the store is Swedish.
    step = replace(Step.of(request), en=0)
    return Call(core, account, duty, UUID(int=0), sid, None, step)


def _without_store(request: web.Request, form: Form, account: TwilioAccount, duty: Duty) -> Speech:
    """With the database away: 112 to who is in danger, a human in duty hours, else numbers."""
    _log.error("call_without_database")
    call = _call_without_store(request, form, account, duty)
    message = _message(request, call, form)
    words = None
    if message is not None:
        words = request.app[INBOX].answer_without_store(message, channel=Channel.VOICE)
    speech = call.speech()
    if words is not None:
        speech.say(*call.spoken(words))
    return speech.say(call.phrase("samtal_fel")).hang_up()


def _xml(speech: Speech) -> web.Response:
    return web.Response(text=str(speech), content_type="text/xml", charset="utf-8")
