"""What the phone is told to do, by Twilio's own TwiML library: say, listen, connect, hang up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from twilio.twiml.voice_response import Dial, Gather, Start, VoiceResponse


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language to speak and to listen in, by Twilio's names."""

    language: str
    voice: str


SWEDISH: Final = Tongue("sv-SE", "Polly.Elin-Neural")
ENGLISH: Final = Tongue("en-GB", "Polly.Amy-Neural")
_SLOWLY: Final = "90%"
_LISTEN_SECONDS: Final = 6
_RING_SECONDS: Final = 25
_WHISPER_SECONDS: Final = 8


class Speech:
    """One answer to Twilio, put together step by step.

    Args:
        tongue: What is said and listened for in it.
    """

    def __init__(self, tongue: Tongue = SWEDISH) -> None:
        self._response = VoiceResponse()
        self._tongue = tongue

    def __str__(self) -> str:
        return str(self._response)

    def say(self, *texts: str) -> Speech:
        """Say something slowly and clearly."""
        for text in texts:
            self._say(self._response, text)
        return self

    def greet(self, text: str) -> Speech:
        """Say something at ordinary speed, before anything else."""
        self._response.say(text, language=self._tongue.language, voice=self._tongue.voice)
        return self

    def record(self) -> Speech:
        """Record the call from here on; the caller has been told."""
        start = Start()
        start.recording()
        self._response.append(start)
        return self

    def listen(self, action: str, texts: Sequence[str], *, speech: bool = True) -> Speech:
        """Say something that may be interrupted, and take speech or a key.

        Args:
            action: Where Twilio sends what it heard, also when that is nothing.
            texts: What is said.
            speech: Whether to listen at all, or take a key only.
        """
        listening = {
            "language": self._tongue.language,
            "speech_timeout": "auto",
            # A threat with its words starred out would not be understood.
            "profanity_filter": False,
            "barge_in": True,
        }
        gather = Gather(
            input="speech dtmf" if speech else "dtmf",
            action=action,
            method="POST",
            timeout=_LISTEN_SECONDS,
            num_digits=1,
            finish_on_key="",
            action_on_empty_result=True,
            **(listening if speech else {}),
        )
        for text in texts:
            self._say(gather, text)
        self._response.append(gather)
        return self

    def take_number(self, action: str, text: str) -> Speech:
        """Take a number on the keys, ended with the hash key."""
        gather = Gather(
            input="dtmf",
            action=action,
            method="POST",
            timeout=_LISTEN_SECONDS * 2,
            finish_on_key="#",
            action_on_empty_result=True,
        )
        self._say(gather, text)
        self._response.append(gather)
        return self

    def go_on(self, url: str) -> Speech:
        """Ask us again at once."""
        self._response.redirect(url, method="POST")
        return self

    def connect(self, number: str, *, caller_id: str, whisper: str, action: str) -> Speech:
        """Ring the coordinator on duty, who hears what it is about before the two are joined.

        Args:
            number: Whom to ring.
            caller_id: The number shown: ours, never the caller's.
            whisper: Where Twilio asks what to say to the coordinator alone.
            action: Where Twilio tells how it went.
        """
        dial = Dial(
            action=action, method="POST", timeout=_RING_SECONDS, caller_id=caller_id,
            answer_on_bridge=True,
        )  # fmt: skip
        dial.number(number, url=whisper, method="POST")
        self._response.append(dial)
        return self

    def ask_to_accept(self, action: str, text: str) -> Speech:
        """Let the coordinator take the call with a key; a voice mail can't, and is hung up on."""
        gather = Gather(
            input="dtmf", action=action, method="POST", timeout=_WHISPER_SECONDS, num_digits=1
        )
        self._say(gather, text)
        self._response.append(gather)
        self._response.hangup()
        return self

    def hang_up(self) -> Speech:
        """End the call."""
        self._response.hangup()
        return self

    def _say(self, parent: VoiceResponse | Gather, text: str) -> None:
        say = parent.say(language=self._tongue.language, voice=self._tongue.voice)
        say.prosody(text, rate=_SLOWLY)
