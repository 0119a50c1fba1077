"""Reading a message as the answer to one question of the form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from actions.plan import Question, Track
from actions.relation import CONCERNED, Relations
from services.reading.age import read_age_band
from services.reading.place import Places
from services.reading.words import (
    fold,
    is_no,
    is_skip,
    is_time,
    is_yes,
    read_time,
    word_count,
)

Answer = str | bool
Answers = Mapping[str, Answer]

FREE_TEXT: Final = frozenset(
    {
        Question.SAFETY, Question.OBSERVATION, Question.WHEN, Question.WHY_NOW,
        Question.CONTACTS_TAKEN, Question.WANTED_HELP,
        Question.CHILDREN, Question.LANGUAGE, Question.CALLBACK,
    }
)  # fmt: skip
"""Questions whose answer is kept in the caller's own words."""
MOST_WORDS_OF_AN_ANSWER: Final = 8
"""More than this, to a question that a word or two would answer, is an account as well."""
_NOT_RIGHT: Final = re.compile(
    r"(?:nej |na )?(?:(?:det (?:ar|blev) )?(?:lite |helt )?fel|"
    r"(?:det |allt )?(?:stammer|ar) (?:inte|ej)(?: riktigt| helt)?(?: ratt)?)"
)
_CALL: Final = re.compile(r"\b(?:ring|ringa|ringer|ringas|uppringd|call)\b")
_NUMBER: Final = re.compile(r"(?<!\d)(?:\+46|0)[\d -]{7,}\d")
_FEWEST_DIGITS: Final = 6
"""Of a telephone number; "efter 17" has two."""
_MOST_WORDS_OF_A_BARE_FACT: Final = 3
_YES_OR_NO_ANSWERS: Final = frozenset({Question.CHILDREN, Question.CONTACTS_TAKEN})


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it was understood. A pressed button is certain."""

    text: str
    intent: str
    confidence: float

    @property
    def pressed(self) -> bool:
        """Whether the caller pressed a button instead of writing."""
        return self.confidence == 1.0

    @property
    def long(self) -> bool:
        """Whether it tells more than a short answer would."""
        return word_count(self.text) > MOST_WORDS_OF_AN_ANSWER

    def means(self, intent: str) -> bool:
        """Whether the button of an intent was pressed."""
        return self.pressed and self.intent == intent


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads facts out of messages. ``year`` is the present one."""

    places: Places
    relations: Relations
    year: int

    def track(self, relation: Answer | None, *, urgent: bool) -> Track:
        """Whom the form is for.

        Args:
            relation: How the caller knows the person, if that is known.
            urgent: Whether the conversation's urgency is ``akut`` or ``hog``.
        """
        if relation == CONCERNED:
            return Track.CONCERNED
        if urgent:
            return Track.URGENT
        professional = relation in self.relations.professions
        return Track.PROFESSIONAL if professional else Track.WORRIED

    def facts(self, text: str, *, asked: bool = False) -> dict[str, Answer]:
        """What a message says of relation, age and municipality.

        Args:
            text: The message.
            asked: Whether such facts are what it is about, so that bare words count.
        """
        read = {
            Question.RELATION: self.relations.read(text),
            Question.AGE: read_age_band(text, year=self.year, asked=asked),
            Question.MUNICIPALITY: self.places.read(text, asked=asked),
        }
        return {question.value: str(fact) for question, fact in read.items() if fact is not None}

    def bare_facts(self, text: str) -> dict[str, Answer]:
        """Facts of a message that is nothing else: "Malmö", "15 år" or "hans lärare"."""
        if word_count(text) > _MOST_WORDS_OF_A_BARE_FACT:
            return {}
        relation = self.relations.read(text, asked=True)
        facts = self.facts(text, asked=True)
        return facts | ({Question.RELATION.value: relation} if relation else {})


def read_answer(question: Question, heard: Heard, reader: Reader) -> Answers:
    """The answer to the question, with what else it gives; empty if the message holds none."""
    text = heard.text.strip()
    match question:
        case Question.RELATION:
            found = _relation(text, reader)
        case Question.AGE:
            band = read_age_band(text, year=reader.year, asked=True)
            found = band.value if band else None
        case Question.MUNICIPALITY:
            found = _municipality(text, reader)
        case Question.CONSENT:
            return _consent(heard)
        case _:
            return _free_text(question, text, reader)
    return {question.value: found} if found else {}


def read_account(text: str) -> dict[str, Answer]:
    """A message as an account of something seen or heard, with when it was, if it says so."""
    when = read_time(text)
    told: dict[str, Answer] = {Question.OBSERVATION.value: text.strip()}
    return told | ({Question.WHEN.value: when} if when else {})


def read_correction(heard: Heard, reader: Reader) -> dict[str, Answer]:
    """What a message that corrects something says is right; a long one is kept as an account too.

    Empty if it says nothing that can be read.
    """
    right = reader.facts(heard.text, asked=True)
    if relation := reader.relations.read(heard.text, asked=True):
        right[Question.RELATION.value] = relation
    if heard.long:
        return right | read_account(heard.text)
    if not right and (when := read_time(heard.text)):
        right[Question.WHEN.value] = when
    return right


def is_skipped(question: Question, heard: Heard, reader: Reader) -> bool:
    """Whether the caller passes the question by. "Vet inte, kanske 15" is an answer."""
    if heard.pressed:
        return heard.intent == "hoppa_over"
    if question in FREE_TEXT:
        passes = question not in _YES_OR_NO_ANSWERS and is_bare_no(heard)
        return passes or is_skip(heard.text)
    if reader.facts(heard.text, asked=True) or heard.long:
        return False
    return is_skip(heard.text) or (question is not Question.CONSENT and is_bare_no(heard))


def is_bare_no(heard: Heard) -> bool:
    """A no with nothing told after it."""
    return is_no(heard.text) and word_count(heard.text) <= _MOST_WORDS_OF_A_BARE_FACT


def has_number(heard: Heard) -> bool:
    """Whether a short message gives a telephone number, whatever was asked."""
    return not heard.long and bool(_NUMBER.search(heard.text))


def lacks_number(way: str) -> bool:
    """Whether a way to be reached is a call, with no number to call."""
    digits = sum(character.isdigit() for character in way)
    return bool(_CALL.search(fold(way))) and digits < _FEWEST_DIGITS


def is_not_right(heard: Heard) -> bool:
    """A no to what was read back, with nothing said of what is wrong."""
    return is_bare_no(heard) or bool(_NOT_RIGHT.fullmatch(fold(heard.text)))


def _relation(text: str, reader: Reader) -> str | None:
    relation = reader.relations.read(text, asked=True)
    if relation is not None or reader.facts(text, asked=True):
        return relation
    # The caller's own word for it, when we have none.
    return text if word_count(text) <= MOST_WORDS_OF_AN_ANSWER else None


def _municipality(text: str, reader: Reader) -> str | None:
    place = reader.places.read(text, asked=True)
    if place is not None or reader.bare_facts(text) or reader.facts(text):
        return place
    return reader.places.read_answer(text)


def _consent(heard: Heard) -> Answers:
    """Only a plain yes or no counts; nothing is guessed about consent."""
    if heard.means("ja") or (not heard.pressed and is_yes(heard.text)):
        return {Question.CONSENT.value: True}
    if heard.means("nej") or (not heard.pressed and is_no(heard.text)):
        return {Question.CONSENT.value: False}
    return {}


def _free_text(question: Question, text: str, reader: Reader) -> Answers:
    bare = word_count(text) <= _MOST_WORDS_OF_A_BARE_FACT
    if bare and is_yes(text) and question not in _YES_OR_NO_ANSWERS:
        return {}  # "ja" to "vad har du sett?": the account comes next
    if question is Question.WHEN and reader.bare_facts(text) and not is_time(text):
        return {}  # "femton" and "Malmö" answer other questions than when it was
    if question is not Question.OBSERVATION:
        return {question.value: text}
    return {} if reader.bare_facts(text) else read_account(text)
