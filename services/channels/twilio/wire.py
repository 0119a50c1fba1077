"""A reply as one text message: what matters most, within two segments, or one when it is acute.

Sources are left out. What does not fit is dropped in this order: questions that one could ask next;
hours and notes of contacts; choices but the first; words to answer with; the end of what is read
back; the texts around the main one; the first choice; contacts but the first; and at last whole
sentences of the main text. A warning is never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.answers.knowledge import Knowledge
from services.answers.reply import Choice, ContactBlock, Reply, TextBlock
from services.answers.segments import plain, segments
from services.vocabulary import Author, ContactId, PhraseId, Variant

MOST_SEGMENTS: Final = 2
MOST_SEGMENTS_ACUTE: Final = 1
_COORDINATOR: Final = PhraseId("sms_samordnaren")
_CHOOSE: Final = ("sms_val_1", "sms_val_2", "sms_val_3", "sms_val_4")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_ALSO: Final = PhraseId("sms_val_ord")
_OR: Final = PhraseId("sms_eller")
_ANSWERED_IN_WORDS: Final = frozenset({"ja", "nej", "hoppa_over", "avbryt", "fortsatt"})
"""Answers to a question have no number: "1" may be how many children there are."""
_DIGIT: Final = re.compile(r"\W*([1-4])\W*")


@dataclass(frozen=True, slots=True)
class SmsText:
    """What the phone gets: choices by their numbers, the first is 1, and the contacts in lines."""

    text: str
    choices: tuple[Choice, ...] = ()
    contacts: tuple[ContactId, ...] = ()

    def chosen(self, answer: str) -> Choice | None:
        """The choice that an answer such as ``"2"`` means, if any."""
        digit = _DIGIT.fullmatch(answer)
        place = int(digit[1]) - 1 if digit else len(self.choices)
        return self.choices[place] if place < len(self.choices) else None


@dataclass(frozen=True, slots=True)
class _Text:
    words: str
    urgent: bool = False
    quoted: bool = False
    main: bool = False


@dataclass(frozen=True, slots=True)
class _Contact:
    id: ContactId
    line: str
    short: str
    """Without hours and notes."""


@dataclass(frozen=True, slots=True)
class _Draft:
    texts: tuple[_Text, ...]
    contacts: tuple[_Contact, ...]
    choices: tuple[Choice, ...] = ()
    answers: tuple[str, ...] = ()
    """Words to answer with, that the texts do not name."""


class SmsWire:
    """Puts replies in the form of text messages.

    Args:
        knowledge: Gives the knowledge as it is now.
    """

    def __init__(self, knowledge: Callable[[], Knowledge]) -> None:
        self._knowledge = knowledge

    def of(
        self,
        reply: Reply,
        variant: Variant,
        *,
        acute: bool = False,
        author: Author = Author.BOT,
    ) -> SmsText:
        """The text message for a reply.

        Args:
            reply: What is said.
            variant: The form of text that the caller chose.
            acute: The answer to an acute message: one segment, and nothing to choose.
            author: A coordinator's own words are marked as such, and are never cut.
        """
        if author is Author.COORDINATOR:
            words = " ".join((self._say(_COORDINATOR, variant), *reply.as_texts()))
            return SmsText(plain(words))
        most = MOST_SEGMENTS_ACUTE if acute else MOST_SEGMENTS
        draft = _draft(reply, with_choices=not acute)
        for shorter in _shorter(draft):
            text = self._composed(shorter, variant)
            if segments(text).count <= most:
                contacts = tuple(one.id for one in shorter.contacts)
                return SmsText(text, shorter.choices, contacts)
        return SmsText(_first_sentences(text, most))

    def _composed(self, draft: _Draft, variant: Variant) -> str:
        lines = [text.words for text in draft.texts]
        lines += [one.line for one in draft.contacts]
        lines += self._choices(draft.choices, variant)
        if draft.answers:
            words = f" {self._say(_OR, variant)} ".join(draft.answers)
            lines.append(f"{self._say(_ALSO, variant)} {words}.")
        return "\n".join(lines)

    def _choices(self, choices: Sequence[Choice], variant: Variant) -> list[str]:
        if not choices:
            return []
        how = self._say(PhraseId(_CHOOSE[len(choices) - 1]), variant)
        if len(choices) == 1:
            return [f"{how} {plain(choices[0].title)}"]
        return [how, *(f"{number} {plain(one.title)}" for number, one in enumerate(choices, 1))]

    def _say(self, phrase: PhraseId, variant: Variant) -> str:
        return self._knowledge().phrases[phrase].of(variant)


def _draft(reply: Reply, *, with_choices: bool) -> _Draft:
    blocks = [block for block in reply.blocks if isinstance(block, TextBlock)]
    lengths = [len(block.text) if not block.quoted else 0 for block in blocks]
    main = lengths.index(max(lengths)) if lengths else -1
    texts = tuple(
        _Text(_tight(block.text), block.urgent, block.quoted, main=place == main)
        for place, block in enumerate(blocks)
    )
    said = "\n".join(text.words for text in texts)
    contacts = tuple(
        _contact(block)
        for block in reply.blocks
        if isinstance(block, ContactBlock) and not (block.number and _says(said, block.number))
    )
    choices = tuple(one for one in reply.choices if one.id not in _ANSWERED_IN_WORDS)
    answers = tuple(
        plain(one.title)
        for one in reply.choices
        if one.id in _ANSWERED_IN_WORDS and not _says(said.casefold(), one.title.casefold())
    )
    return _Draft(texts, contacts, choices, answers) if with_choices else _Draft(texts, contacts)


def _contact(block: ContactBlock) -> _Contact:
    short = " ".join(part for part in (block.short_name, block.number) if part)
    return _Contact(block.id, plain(block.sms_line), plain(short))


def _tight(text: str) -> str:
    return re.sub(r"\s*\n\s*", "\n", plain(text).strip())


def _says(text: str, words: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(words)}(?![\w-])", text) is not None


def _shorter(draft: _Draft) -> Iterator[_Draft]:
    """The draft, and ever shorter ones."""
    yield draft
    while len(draft.choices) > 1 and draft.choices[-1].title.endswith("?"):
        draft = replace(draft, choices=draft.choices[:-1])
        yield draft
    draft = replace(draft, contacts=tuple(replace(one, line=one.short) for one in draft.contacts))
    yield draft
    while len(draft.choices) > 1:
        draft = replace(draft, choices=draft.choices[:-1])
        yield draft
    draft = replace(draft, answers=())
    yield draft
    if any(text.quoted for text in draft.texts):
        yield from _with_less_quoted(draft)
    for text in reversed(draft.texts):
        if not (text.main or text.urgent or text.quoted):
            draft = replace(draft, texts=tuple(one for one in draft.texts if one is not text))
            yield draft
    draft = replace(draft, choices=())
    yield draft
    while len(draft.contacts) > 1:
        draft = replace(draft, contacts=draft.contacts[:-1])
        yield draft
    yield from _with_shorter_main(draft)


def _with_less_quoted(draft: _Draft) -> Iterator[_Draft]:
    quoted = next(text for text in draft.texts if text.quoted)
    for length in range(len(quoted.words) - 4, 0, -4):
        words = quoted.words[:length].rstrip() + "..."
        shorter = replace(quoted, words=words)
        texts = tuple(shorter if one is quoted else one for one in draft.texts)
        yield replace(draft, texts=texts)


def _with_shorter_main(draft: _Draft) -> Iterator[_Draft]:
    main = next((text for text in draft.texts if text.main), None)
    if main is None:
        return
    sentences = _SENTENCE_END.split(main.words)
    for count in range(len(sentences) - 1, 0, -1):
        shorter = replace(main, words=" ".join(sentences[:count]))
        texts = tuple(shorter if one is main else one for one in draft.texts)
        yield replace(draft, texts=texts)


def _first_sentences(text: str, most: int) -> str:
    """As many sentences from the beginning as fit; of one that is too long, its beginning."""
    kept: Sequence[str] = _SENTENCE_END.split(text)
    while len(kept) > 1 and segments(" ".join(kept)).count > most:
        kept = kept[:-1]
    words = " ".join(kept)
    while segments(words).count > most:
        words = words[: -len(words) // 8 or -1]
    return words
