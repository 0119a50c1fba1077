"""A caller on the phone who wants a human: connected in duty hours, called back otherwise.

The coordinator hears how urgent it is, takes the call with a key, and only then hears what it is
about: a voice mail learns nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from aiohttp import web

from services.channels.twilio.call import MOST_TRIES, Call
from services.channels.twilio.numbers import keyed_number, written
from services.channels.twilio.signature import Form
from services.channels.twilio.spoken import spelled
from services.channels.twilio.twiml import Speech
from services.conversations.appkeys import CORE
from services.conversations.core import Core
from services.conversations.errors import UnknownConversationError
from services.conversations.handover import tell_coordinators
from services.conversations.sealing import conversation_key, open_inbound
from services.conversations.wakeups import QUEUE
from services.store.conversations import get_conversation, lock_conversation
from services.store.messages import find_most_urgent_inbound
from services.vocabulary import Channel, PhraseId, Urgency, Variant

_LONGEST_SUMMARY: Final = 220
_YES, _OTHER, _NO = "1", "2", "3"


async def give_human(call: Call) -> Speech:
    """Connect the caller to the coordinator on duty, or else take a call back."""
    if not call.has_duty or call.duty.number is None:
        return _offer_call_back(call, call.phrase("samtal_utanfor_tid"))
    await _tell(call, asked=True)
    return (
        call.speech()
        .say(call.phrase("samtal_kopplar"))
        .connect(
            call.duty.number,
            caller_id=call.account.number,
            whisper=f"voice-whisper?conversation={call.conversation_id}",
            action=call.step.to("dialled"),
        )
    )


async def hear_dialled(_request: web.Request, call: Call, form: Form) -> Speech:
    """After ringing the coordinator: goodbye if they talked, a call back if not."""
    status = form.get("DialCallStatus", "")
    bridged = form.get("DialBridged")
    if bridged == "true" or (bridged is None and status in {"completed", "answered"}):
        return call.speech().say(call.phrase("samtal_efter_samordnaren")).hang_up()
    return _offer_call_back(call, call.phrase("samtal_ingen_svarar"))


async def take_call_back(_request: web.Request, call: Call, form: Form) -> Speech:
    """Take whether, and where, the caller wants to be called back."""
    key = form.get("Digits", "")
    if key == _YES and call.number is not None:
        return await _promise(call, call.number)
    if key == _OTHER:
        step = replace(call.step, missed=0)
        return call.speech().take_number(step.to("number"), call.phrase("samtal_slå_nummer"))
    if key == _NO:
        return await _goodbye(call)
    return await _call_back_again(call)


async def take_number(_request: web.Request, call: Call, form: Form) -> Speech:
    """Take the number that the caller has entered."""
    number = keyed_number(form.get("Digits", ""))
    if number is not None:
        return await _promise(call, number)
    missed = call.step.missed + 1
    if missed >= MOST_TRIES:
        return await _goodbye(call)
    return call.speech().take_number(
        call.step.to("number", missed=missed), call.phrase("samtal_slå_nummer")
    )


async def whisper(request: web.Request) -> Speech:
    """What the coordinator hears first, alone: how urgent it is."""
    core, conversation_id = request.app[CORE], _conversation_id(request)
    async with core.database.read() as session:
        conversation = await get_conversation(session, conversation_id)
    urgency = (conversation.urgency if conversation else None) or Urgency.INFO
    words = _phrase(core, "samtal_till_samordnare", namn=_phrase(core, f"bradska_{urgency}"))
    return Speech().ask_to_accept(f"voice-accept?conversation={conversation_id}", words)


async def accept_call(request: web.Request, form: Form) -> Speech:
    """Tell the coordinator who took the call what the caller has said; then the two are joined."""
    core, conversation_id = request.app[CORE], _conversation_id(request)
    if form.get("Digits") != _YES:
        return Speech().hang_up()
    async with core.database.read() as session:
        conversation = await get_conversation(session, conversation_id)
        urgent = await find_most_urgent_inbound(session, conversation_id)
    if conversation is None or urgent is None:
        return Speech().say(_phrase(core, "samtal_inget_sagt"))
    words = open_inbound(conversation_key(core.keyring, conversation), urgent)
    return Speech().say(_phrase(core, "samtal_kort_om", namn=words[:_LONGEST_SUMMARY]))


def _offer_call_back(call: Call, why: str) -> Speech:
    texts = [why, call.phrase("samtal_jour"), _call_back_question(call)]
    step = replace(call.step, missed=0)
    return call.speech().listen(step.to("callback"), texts, speech=False)


async def _call_back_again(call: Call) -> Speech:
    missed = call.step.missed + 1
    if missed >= MOST_TRIES:
        return await _goodbye(call)
    question = _call_back_question(call)
    return call.speech().listen(call.step.to("callback", missed=missed), [question], speech=False)


def _call_back_question(call: Call) -> str:
    return call.phrase("samtal_ring_upp" if call.number else "samtal_ring_upp_dolt")


async def _promise(call: Call, number: str) -> Speech:
    reference = await _tell(call, call_back=written(number))
    words = call.phrase("samtal_ringer_upp", referens=spelled(reference))
    return call.speech().say(words).hang_up()


async def _goodbye(call: Call) -> Speech:
    """Nobody is called back, but a coordinator can read what was said."""
    await _tell(call)
    return call.speech().say(call.phrase("samtal_hej_då")).hang_up()


async def _tell(call: Call, *, call_back: str | None = None, asked: bool = False) -> str:
    core = call.core
    async with core.database.begin() as session:
        conversation = await lock_conversation(session, call.conversation_id)
        if conversation is None:
            raise UnknownConversationError
        ticket = await tell_coordinators(
            core, session, conversation, call_back=call_back, asked=asked
        )
        reference = ticket.reference
    core.wakeups.wake(call.conversation_id)
    core.wakeups.wake(QUEUE)
    return reference


def _conversation_id(request: web.Request) -> UUID:
    try:
        return UUID(request.query.get("conversation", ""))
    except ValueError:
        raise web.HTTPBadRequest from None


def _phrase(core: Core, name: str, **values: str) -> str:
    setting = core.setting_for(Channel.VOICE, Variant.VOICE, core.default_municipality)
    reply = core.renderer.phrase(PhraseId(name), setting, values=values)
    return " ".join(reply.as_texts())
