"""A call as one request of Twilio's sees it: who, where in the call, and what it may say.

Where the call stands is in the addresses that Twilio is told to ask next: they are signed with the
rest, so nothing is kept between two requests, and a repeated request gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from services.answers.reply import Reply
from services.channels.twilio.account import TwilioAccount
from services.channels.twilio.duty import Duty
from services.channels.twilio.numbers import visible_number
from services.channels.twilio.signature import Form
from services.channels.twilio.spoken import spoken
from services.channels.twilio.twiml import ENGLISH, SWEDISH, Speech
from services.conversations.appkeys import CORE, INBOX
from services.conversations.core import Core
from services.conversations.inbox import Telephone
from services.conversations.timeline import Event
from services.vocabulary import Author, Channel, PhraseId, Variant

VOICE_PATH: Final = "/twilio/voice"
MOST_TRIES: Final = 3
"""A caller who is not heard is asked this often, in other ways, and then given a human."""

_SAMORDNAREN: Final = PhraseId("sms_samordnaren")
_LONGEST_ID: Final = 40
_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Step:
    """Where a call stands."""

    turn: int = 1
    """The number of what the caller says next."""
    missed: int = 0
    """How often in a row the caller was not heard."""
    after: int = 0
    """Up to which position the caller has heard."""
    waited: int = 0
    """How often in a row the caller was asked to wait."""
    same: int = 0
    """How often in a row the caller got the same answer."""
    said: str = ""
    """A short sign for the last answer."""
    form: int = 0
    """Whether the caller was being asked the questions of the intake."""
    en: int = 0
    """Whether the caller has chosen English."""

    def to(self, name: str, **changes: int | str) -> str:
        """The address for the next request, relative to the one under way."""
        values = {field: getattr(self, field) for field in self.__slots__} | changes
        told = {field: value for field, value in values.items() if value not in (0, "")}
        return f"voice-{name}?{urlencode(told)}"

    def heard(self) -> Step:
        """The next turn: the caller was understood."""
        return replace(self, turn=self.turn + 1, missed=0, waited=0)

    @classmethod
    def of(cls, request: web.Request) -> Step:
        """The step that an address says."""
        query = request.query

        def number(name: str) -> int:
            text = query.get(name, "0")
            return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0

        return cls(
            turn=max(1, number("turn")),
            missed=number("missed"),
            after=number("after"),
            waited=number("waited"),
            same=number("same"),
            said=query.get("said", "")[:16],
            form=number("form"),
            en=number("en"),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A call under way."""

    core: Core
    account: TwilioAccount
    duty: Duty
    conversation_id: UUID
    sid: str
    number: str | None
    """The caller's, unless it is hidden."""
    step: Step

    @property
    def variant(self) -> Variant:
        """The form in which the call's own sentences are said."""
        return Variant.ENGLISH if self.step.en else Variant.VOICE

    def speech(self) -> Speech:
        """An answer to begin on, in the caller's language."""
        return Speech(ENGLISH if self.step.en else SWEDISH)

    def phrase(self, name: str, **values: str) -> str:
        """A fixed sentence, as it is said."""
        return " ".join(self.spoken(self.phrase_reply(name, **values)))

    def phrase_reply(self, name: str, **values: str) -> Reply:
        """The same as a reply, past the gate."""
        core = self.core
        setting = core.setting_for(Channel.VOICE, self.variant, core.default_municipality)
        return core.renderer.checked(
            core.renderer.phrase(PhraseId(name), setting, values=values), setting
        )

    def spoken(self, reply: Reply) -> tuple[str, ...]:
        """A reply as it is heard."""
        again = self.core.renderer.knowledge.phrases[PhraseId("samtal_upprepar")]
        return spoken(reply, again=again.of(self.variant), english=bool(self.step.en))

    def heard(self, event: Event) -> tuple[str, ...]:
        """A message as it is heard; a coordinator's words say whose they are."""
        if event.reply is not None:
            return self.spoken(event.reply)
        words = event.text or ""
        if event.author is Author.COORDINATOR:
            return (f"{self.phrase(_SAMORDNAREN)} {words}",)
        return (words,)

    @property
    def has_duty(self) -> bool:
        """Whether a coordinator answers the phone now."""
        return self.duty.answers(self.core.clock())


async def call_of(request: web.Request, form: Form, account: TwilioAccount, duty: Duty) -> Call:
    """The call that a webhook is about; its conversation is opened at its first request.

    Raises:
        HTTPBadRequest: it names no call.
        NotStoredError: the database is away.
    """
    sid = form.get("CallSid", "")
    if not 0 < len(sid) <= _LONGEST_ID:
        raise web.HTTPBadRequest
    core = request.app[CORE]
    number = visible_number(form.get("From", ""))
    conversation_id = await request.app[INBOX].conversation_of(
        Channel.VOICE, core.default_municipality, Telephone(key=sid, number=number)
    )
    return Call(core, account, duty, conversation_id, sid, number, Step.of(request))
