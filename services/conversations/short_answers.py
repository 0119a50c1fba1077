"""A short answer to what the assistant has asked or offered itself: no matter for Rasa. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.answers.rendering import Renderer
from services.answers.reply import Reply
from services.conversations.expectation import JUST_ADVICE, content_with_advice
from services.conversations.replies import OFFER, OFFER_HUMAN, TALK_TO_HUMAN
from services.reading.wishes import Wish, wants_just_advice
from services.reading.words import is_no, is_yes, word_count
from services.triage.yes_no import Answer, read_answer
from services.vocabulary import Channel, PhraseId, Setting

_HELPED: Final = PhraseId("hjalpte_ja")
_DID_NOT_HELP: Final = PhraseId("hjalpte_nej")
_NO_DANGER: Final = PhraseId("ingen_fara")
_MOST_WORDS: Final = 3
_MOST_WORDS_OF_A_YES: Final = 2
"""Of "ja tack"; "ja, skicka igen" asks for something."""
_MOST_WORDS_OF_NO_DANGER: Final = 5
"""Of "nej, inte just nu, tack" and the like."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller may be answering.

    ``if_helped`` and ``danger`` were asked last; ``offered`` is whether a human was offered at any
    time, ``offers`` whether the offer stands.
    """

    if_helped: bool
    danger: bool
    offered: bool
    offers: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """The reply to a short answer, with what need not be said again."""

    reply: Reply
    said: tuple[str, ...] = ()
    asks_if_helped: bool = False


def take_short_answer(
    renderer: Renderer, asked: Asked, setting: Setting, *, choice: str | None, text: str
) -> Taken | None:
    """What to say to a short answer; nothing if the message is something else.

    Args:
        renderer: Makes the words.
        asked: What the caller may be answering.
        setting: Channel, municipality and time.
        choice: The pressed button, if one was.
        text: The caller's words, or the button's.
    """
    if asked.if_helped:
        return _thanks(renderer, setting, choice, text)
    if asked.danger and _says_no_danger(text):
        return _without_danger(renderer, setting, offers=asked.offers)
    if _is_content(asked, choice, text):
        reply = content_with_advice(renderer, setting)
        return Taken(reply, said=(JUST_ADVICE,), asks_if_helped=True)
    return None


def _thanks(renderer: Renderer, setting: Setting, choice: str | None, text: str) -> Taken | None:
    words = word_count(text) if choice is None else _MOST_WORDS + 1
    if choice == Wish.YES or (words <= _MOST_WORDS_OF_A_YES and is_yes(text)):
        return Taken(renderer.phrase(_HELPED, setting))
    if choice == Wish.NO or (words <= _MOST_WORDS and is_no(text)):
        return Taken(renderer.phrase(_DID_NOT_HELP, setting, choices=(TALK_TO_HUMAN,)))
    return None


def _says_no_danger(text: str) -> bool:
    return read_answer(text) is Answer.NO and word_count(text) <= _MOST_WORDS_OF_NO_DANGER


def _without_danger(renderer: Renderer, setting: Setting, *, offers: bool) -> Taken:
    """Who says that nobody is in danger gets the offer that stood beside the question."""
    reply = renderer.phrase(_NO_DANGER, setting, choices=OFFER if offers else ())
    if offers and setting.channel is not Channel.SMS:
        reply = reply.followed_by(renderer.phrase(OFFER_HUMAN, setting))
    return Taken(reply)


def _is_content(asked: Asked, choice: str | None, text: str) -> bool:
    """Whether the caller wants no human: with the button, or in words after the offer."""
    if choice is not None:
        return choice == Wish.JUST_ADVICE
    says_no = is_no(text) and word_count(text) <= _MOST_WORDS
    return asked.offered and (says_no or wants_just_advice(text))
