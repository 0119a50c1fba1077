"""A telephone without a telephone company: does what TwiML says, and tells what is heard.

A script has one line for each time the caller is listened to: ``säg: ...`` (or ``säg 0.3: ...``
for speech that is hardly heard), ``tryck: 1``, ``tyst``; and for a call to the coordinator on duty
``samordnaren: svarar`` or ``samordnaren: upptagen``. ``#`` begins a remark. After the last line the
caller hangs up.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urljoin
from xml.etree import ElementTree

from services.errors import OperatorError

type Post = Callable[[str, Mapping[str, str]], Awaitable[str]]
"""Calls a webhook by its path, with fields; gives the TwiML."""

_LINE: Final = re.compile(
    r"(?P<what>säg|tryck|samordnaren)(?:\s+(?P<sure>[01](?:\.\d+)?))?\s*:\s*(?P<value>.+)"
    r"|(?P<silent>tyst)",
    re.IGNORECASE,
)
_SURE: Final = "0.92"
_MOST_REQUESTS: Final = 200
"""A call that asks more often than this goes in circles."""


class ScriptError(OperatorError):
    """A line of the script is not as it should be; says which."""


class CallFaultError(OperatorError):
    """The service told the telephone something that it can't do."""


class Who(StrEnum):
    """Who is heard, or does something."""

    VOICE = "Rösten"
    CALLER = "Den som ringer"
    COORDINATOR = "I samordnarens lur"
    LINE = "Linjen"


@dataclass(frozen=True, slots=True)
class Heard:
    """Something in the call."""

    who: Who
    text: str


@dataclass(frozen=True, slots=True)
class Act:
    """What the caller does when listened to, or the coordinator when called."""

    speech: str = ""
    confidence: str = ""
    digits: str = ""
    answers: bool | None = None


def read_script(path: Path) -> list[Act]:
    """Read a script.

    Raises:
        ScriptError: naming the first line that is wrong.
    """
    acts = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if (words := line.strip()) and not words.startswith("#"):
            acts.append(_act(words, f"{path}, rad {number}"))
    return acts


def _act(words: str, where: str) -> Act:
    match = _LINE.fullmatch(words)
    if match is None:
        raise ScriptError(f"{where}: skriv säg: ..., tryck: ..., tyst eller samordnaren: svarar")
    if match["silent"]:
        return Act()
    value = match["value"].strip()
    match match["what"].lower():
        case "säg":
            return Act(speech=value, confidence=match["sure"] or _SURE)
        case "tryck":
            return Act(digits=value)
        case _:
            if value not in {"svarar", "upptagen"}:
                raise ScriptError(f"{where}: samordnaren svarar eller är upptagen")
            return Act(answers=value == "svarar")


class Handset:
    """One call, from the first ring to the end.

    Args:
        post: Calls the service's webhooks.
        script: What the caller does, in order.
        call_sid: The call's id.
        number: The caller's, as the telephone company shows it.
        tell: Gets everything that is heard, at once.
    """

    def __init__(
        self,
        post: Post,
        script: list[Act],
        *,
        call_sid: str,
        number: str,
        tell: Callable[[Heard], None] | None = None,
    ) -> None:
        self._post = post
        self._script = list(script)
        self._fields = {"CallSid": call_sid, "From": number, "CallStatus": "in-progress"}
        self._tell = tell
        self.heard: list[Heard] = []

    async def call(self, path: str) -> list[Heard]:
        """Ring, and stay until either side hangs up."""
        asked: str | None = path
        fields: Mapping[str, str] = {}
        for _ in range(_MOST_REQUESTS):
            if asked is None:
                return self.heard
            path = asked
            answer = await self._post(path, {**self._fields, **fields})
            asked, fields = await self._follow(path, answer)
        raise CallFaultError("The call goes in circles.")

    async def _follow(self, path: str, answer: str) -> tuple[str | None, Mapping[str, str]]:
        """Do what an answer says; give what to ask next, or nothing at the end of the call."""
        for verb in _verbs(answer):
            match verb.tag:
                case "Say":
                    self._note(Who.VOICE, _words(verb))
                case "Start":
                    self._note(Who.LINE, "Inspelningen börjar.")
                case "Redirect":
                    return urljoin(path, verb.text or ""), {}
                case "Gather":
                    for said in verb.iter("Say"):
                        self._note(Who.VOICE, _words(said))
                    return self._listen(path, verb)
                case "Dial":
                    return await self._dial(path, verb)
                case "Hangup":
                    self._note(Who.LINE, "Samtalet avslutas.")
                    return None, {}
                case other:
                    raise CallFaultError(f"A telephone does not know {other}.")
        self._note(Who.LINE, "Samtalet avslutas.")
        return None, {}

    def _listen(
        self, path: str, gather: ElementTree.Element
    ) -> tuple[str | None, Mapping[str, str]]:
        if not self._script:
            self._note(Who.CALLER, "(lägger på)")
            return None, {}
        act = self._script.pop(0)
        action = urljoin(path, gather.get("action", ""))
        if act.digits:
            self._note(Who.CALLER, f"(trycker {act.digits})")
            return action, {"Digits": act.digits.rstrip(gather.get("finishOnKey", "#") or " ")}
        if act.speech and "speech" in gather.get("input", "dtmf"):
            self._note(Who.CALLER, act.speech)
            return action, {"SpeechResult": act.speech, "Confidence": act.confidence}
        self._note(Who.CALLER, act.speech or "(är tyst)")
        return action, {}

    async def _dial(
        self, path: str, dial: ElementTree.Element
    ) -> tuple[str | None, Mapping[str, str]]:
        number = dial.find("Number")
        if number is None:
            raise CallFaultError("Nobody is named to be rung.")
        self._note(Who.LINE, f"Ringer {number.text}.")
        answers = bool(self._script) and self._script[0].answers is not None
        act = self._script.pop(0) if answers else Act(answers=False)
        action = urljoin(path, dial.get("action", ""))
        if not act.answers:
            return action, {"DialCallStatus": "busy", "DialBridged": "false"}
        await self._coordinator(urljoin(path, number.get("url", "")))
        self._note(Who.LINE, "Samordnaren och den som ringer talar med varandra.")
        return action, {"DialCallStatus": "completed", "DialBridged": "true"}

    async def _coordinator(self, path: str) -> None:
        fields = {"CallSid": "CA" + "c" * 32, "ParentCallSid": self._fields["CallSid"]}
        for verb in _verbs(await self._post(path, fields)):
            for said in verb.iter("Say"):
                self._note(Who.COORDINATOR, _words(said))
            if verb.tag == "Gather":
                accepted = urljoin(path, verb.get("action", ""))
                for told in _verbs(await self._post(accepted, fields | {"Digits": "1"})):
                    self._note(Who.COORDINATOR, _words(told))
                return

    def _note(self, who: Who, text: str) -> None:
        heard = Heard(who, text)
        self.heard.append(heard)
        if self._tell is not None:
            self._tell(heard)


def _verbs(answer: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(answer))  # noqa: S314 - our own service's answer


def _words(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())
