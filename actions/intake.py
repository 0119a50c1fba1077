"""What one message does to the intake form: an answer, a correction, a skip, a question, an end.

Pure: the form as it stands and the message in, the form's next step out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from actions.age import read_age_band
from actions.place import Places
from actions.plan import Question, questions_left
from actions.relation import Relations
from actions.words import (
    fold,
    is_correction,
    is_no,
    is_question,
    is_skip,
    is_start_over,
    is_stop,
    is_yes,
    read_time,
    word_count,
)

WHEN: Final = "nar"
"""The slot for when something was seen; read out of the observation, never asked."""
Answer = str | bool
Answers = Mapping[str, Answer]

_FREE_TEXT: Final = frozenset(
    {
        Question.OBSERVATION, Question.WHY_NOW, Question.CONTACTS_TAKEN, Question.WANTED_HELP,
        Question.CHILDREN, Question.LANGUAGE, Question.CALLBACK,
    }
)  # fmt: skip
_YES_OR_NO_ANSWERS: Final = frozenset({Question.CHILDREN, Question.CONTACTS_TAKEN})
_ASKS_FOR_THE_FORM: Final = "prata_med_manniska"
_LANGUAGE_INTENTS: Final = frozenset({"lattlast", "english"})
_SMALL_TALK: Final = frozenset({"hej", "tack", "fortsatt", "hejda"})
_NO_ANSWER_TO_GIVE: Final = frozenset(
    {
        # What a caller tells rather than asks, and what has no curated answer.
        "oro_narstaende", "oro_elev", "akut_fara", "sjalvmord", "tips_brott", "propaganda", "hotad",
        "atervandare", "lamna", "ja", "nej", "hoppa_over", "avbryt", "borja_om", "ratta", "uppgift",
        "svammel", "otrevlig", "annat_amne", "nlu_fallback", _ASKS_FOR_THE_FORM,
        *_SMALL_TALK, *_LANGUAGE_INTENTS,
    }
)  # fmt: skip
_SURE: Final = 0.4
_MOST_WORDS_OF_SMALL_TALK: Final = 3
_MOST_WORDS_OF_A_WISH: Final = 8
_MOST_WORDS_OF_A_FACT: Final = 8
_MOST_CHARACTERS_OF_A_RELATION: Final = 120


class Confirmation(Enum):
    """The step after the last question: the summary waits for a yes."""

    SUMMARY = "bekraftelse"


Step = Question | Confirmation


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


class Ended(Enum):
    """How the form ended."""

    CONFIRMED = "ja"
    STOPPED = "avbrutet"


@dataclass(frozen=True, slots=True)
class Intake:
    """The form as it stands.

    ``step`` is what the caller was asked last, ``ended`` how the form ended, ``says`` the phrases
    to say before the next question. ``interrupted`` means that the message is another matter: it is
    answered, and then the same question comes again.
    """

    answers: Answers = field(default_factory=dict)
    asked: tuple[Question, ...] = ()
    step: Step | None = None
    urgent: bool = False
    ended: Ended | None = None
    interrupted: bool = False
    says: tuple[str, ...] = ()

    @property
    def left(self) -> tuple[Question, ...]:
        """The questions still to come after the present one."""
        answered = [one for one in Question if one in self.answers]
        return questions_left(answered, self.asked, urgent=self.urgent)

    def knowing(self, answers: Answers) -> Intake:
        """The form with more answers; new ones replace old."""
        return replace(self, answers={**self.answers, **answers})

    def going_on(self) -> Intake:
        """The form at its next question, or at the summary."""
        left = self.left
        if not left:
            return replace(self, step=Confirmation.SUMMARY)
        return replace(self, step=left[0], asked=(*self.asked, left[0]))


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads facts out of messages. ``year`` is the present one."""

    places: Places
    relations: Relations
    year: int

    def facts(self, text: str, *, asked: bool = False) -> dict[str, Answer]:
        """What a message says of relation, age and municipality, asked for or not."""
        read = {
            Question.RELATION: self.relations.read(text),
            Question.AGE: read_age_band(text, year=self.year, asked=asked),
            Question.MUNICIPALITY: self.places.read(text, asked=asked),
        }
        return {question.value: str(fact) for question, fact in read.items() if fact is not None}


def begin(known: Answers, heard: Heard, reader: Reader, *, urgent: bool) -> Intake:
    """Start the form with what is known already and what the message that started it says."""
    facts = {} if heard.pressed else reader.facts(heard.text)
    return Intake(answers={**facts, **known}, urgent=urgent).going_on()


def hear(intake: Intake, heard: Heard, reader: Reader) -> Intake:
    """The form after a message. The order of the cases is the order of their weight."""
    if _wants("avbryt", intake, heard, said=is_stop(heard.text)):
        return replace(intake, ended=Ended.STOPPED)
    if _wants("borja_om", intake, heard, said=is_start_over(heard.text)):
        return Intake(urgent=intake.urgent).going_on()
    if (heard.intent in _LANGUAGE_INTENTS and _is_meant(heard)) or _asks_something_else(heard):
        return replace(intake, interrupted=True)
    if _is_beside_the_point(heard):
        return intake
    if intake.step is Confirmation.SUMMARY:
        return _hear_confirmation(intake, heard, reader)
    if _asks_what_has_no_answer(heard, reader):
        return replace(intake, says=("forstod_inte",))
    if _skips(intake, heard, reader):
        return replace(intake, says=("tack_skippat",)).going_on()
    return _hear_answer(intake, heard, reader)


def _wants(intent: str, intake: Intake, heard: Heard, *, said: bool) -> bool:
    """Whether the caller wants an end or a new start, which costs the answers given so far.

    Plain words or a button say so. A classifier's guess counts only where a short answer is
    expected: what somebody tells of another ("han vill inte längre") must not end the form.
    """
    if said or heard.pressed:
        return said or heard.intent == intent
    told = intake.step in _FREE_TEXT or intake.step is Confirmation.SUMMARY
    return not told and heard.intent == intent and _is_meant(heard)


def _is_meant(heard: Heard) -> bool:
    short = word_count(heard.text) <= _MOST_WORDS_OF_A_WISH
    return heard.pressed or (short and heard.confidence >= _SURE)


def _asks_something_else(heard: Heard) -> bool:
    """A real question that has an answer; an account that touches a topic is not one."""
    if heard.intent in _NO_ANSWER_TO_GIVE:
        return False
    return heard.pressed or is_question(heard.text)


def _asks_what_has_no_answer(heard: Heard, reader: Reader) -> bool:
    """A short question that no curated answer fits; "Malmö?" and "kanske 15?" are answers."""
    short = word_count(heard.text) <= _MOST_WORDS_OF_A_FACT
    asks = heard.text.rstrip().endswith("?") and is_question(heard.text)
    return not heard.pressed and short and asks and not reader.facts(heard.text, asked=True)


def _is_beside_the_point(heard: Heard) -> bool:
    if heard.intent == _ASKS_FOR_THE_FORM:
        return _is_meant(heard)
    return heard.intent in _SMALL_TALK and (
        heard.pressed or word_count(heard.text) <= _MOST_WORDS_OF_SMALL_TALK
    )


def _skips(intake: Intake, heard: Heard, reader: Reader) -> bool:
    if heard.pressed:
        return heard.intent == "hoppa_over"
    if reader.facts(heard.text, asked=intake.step is Question.AGE):
        return False  # "vet inte, kanske 15" is an answer
    if intake.step is Question.CONSENT:
        return is_skip(heard.text) and not is_no(heard.text)
    if intake.step not in _FREE_TEXT:
        return is_skip(heard.text) or is_no(heard.text)
    return is_skip(heard.text) or (intake.step not in _YES_OR_NO_ANSWERS and is_no_alone(heard))


def is_no_alone(heard: Heard) -> bool:
    """A bare no, with nothing told after it."""
    return is_no(heard.text) and word_count(heard.text) <= _MOST_WORDS_OF_SMALL_TALK


def _hear_answer(intake: Intake, heard: Heard, reader: Reader) -> Intake:
    if heard.intent == "ratta" and heard.pressed:
        return intake
    corrects = is_correction(heard.text)
    facts = reader.facts(heard.text, asked=corrects)
    answer = _read_answer(intake.step, heard, reader)
    if intake.step in _FREE_TEXT and _is_all(facts, heard, corrects=corrects):
        answer = None
    if not corrects:
        facts = {name: fact for name, fact in facts.items() if name not in intake.answers}
    # What was asked for is read as an answer; what else was said fills what it fills.
    heard_all = {**facts, **(answer or {})}
    after = intake.knowing(heard_all)
    if intake.step is Question.CONSENT and after.answers.get(Question.CONSENT) is False:
        return replace(after, ended=Ended.STOPPED)
    if answer or str(_slot(intake.step)) in after.answers:
        return after.going_on()
    if intake.step is Question.AGE and not facts:
        return after.going_on()  # not an age we can read; nobody is nagged about it
    return after if facts else replace(after, says=("forstod_inte",))


def _slot(step: Step | None) -> str:
    return step.value if step else ""


def _is_all(facts: Answers, heard: Heard, *, corrects: bool) -> bool:
    """Whether a short message is facts only, and no answer to an open question."""
    few = word_count(heard.text) <= (_MOST_WORDS_OF_A_FACT if corrects else 3)
    return bool(facts) and few


def _read_answer(step: Step | None, heard: Heard, reader: Reader) -> Answers | None:
    """The answer to the question that was asked, or nothing if the message does not hold one."""
    text = heard.text.strip()
    match step:
        case Question.RELATION:
            relation = reader.relations.read(text, asked=True)
            if relation is None and not reader.facts(text, asked=True):
                relation = text[:_MOST_CHARACTERS_OF_A_RELATION]
            return {step.value: relation} if relation else None
        case Question.AGE:
            band = read_age_band(text, year=reader.year, asked=True)
            return {step.value: band.value} if band else None
        case Question.MUNICIPALITY:
            other = {**reader.facts(text), **_bare_facts(text, reader)}
            other.pop(step.value, None)
            place = reader.places.read(text, asked=True)
            place = place or (None if other else reader.places.read_answer(text))
            return {step.value: str(place)} if place else None
        case Question.CONSENT:
            return _read_consent(heard)
        case Question():
            return _read_free_text(step, heard, reader)
        case _:
            return None


def _read_consent(heard: Heard) -> Answers | None:
    """Only a plain yes or no counts; nothing is guessed about consent."""
    if (heard.pressed and heard.intent == "ja") or (not heard.pressed and is_yes(heard.text)):
        return {Question.CONSENT.value: True}
    if (heard.pressed and heard.intent == "nej") or (not heard.pressed and is_no(heard.text)):
        return {Question.CONSENT.value: False}
    return None


def _read_free_text(step: Question, heard: Heard, reader: Reader) -> Answers | None:
    text = heard.text.strip()
    yes = is_yes(text) and word_count(text) <= _MOST_WORDS_OF_SMALL_TALK
    if yes and step not in _YES_OR_NO_ANSWERS:
        return None  # "ja" to "vad har du sett?": the account comes next
    if step is Question.OBSERVATION:
        if word_count(text) <= _MOST_WORDS_OF_SMALL_TALK and _bare_facts(text, reader):
            return None
        when = read_time(text)
        return {step.value: text} | ({WHEN: when} if when else {})
    return {step.value: text}


def _bare_facts(text: str, reader: Reader) -> dict[str, Answer]:
    """Facts of a message that is nothing else, such as "Malmö", "15 år" or "hans lärare"."""
    if word_count(text) > _MOST_WORDS_OF_SMALL_TALK:
        return {}
    relation = reader.relations.read(text, asked=True)
    facts = reader.facts(text, asked=True)
    return facts | ({Question.RELATION.value: relation} if relation else {})


def _hear_confirmation(intake: Intake, heard: Heard, reader: Reader) -> Intake:
    """Yes sends, no stops, anything else is a correction of the summary and shows it again."""
    if heard.pressed:
        ended = {"ja": Ended.CONFIRMED, "nej": Ended.STOPPED}.get(heard.intent)
        return replace(intake, ended=ended)
    facts = reader.facts(heard.text, asked=True)
    if relation := _corrected_relation(heard.text, reader):
        facts[Question.RELATION.value] = relation
    if facts:
        return intake.knowing(facts)
    if is_yes(heard.text):
        return replace(intake, ended=Ended.CONFIRMED)
    if is_no_alone(heard):
        return replace(intake, ended=Ended.STOPPED)
    if word_count(heard.text) <= _MOST_WORDS_OF_SMALL_TALK or is_question(heard.text):
        return replace(intake, says=("forstod_inte",))
    return _added_to_observation(intake, heard.text.strip())


def _corrected_relation(text: str, reader: Reader) -> str | None:
    bare = word_count(fold(text)) <= _MOST_WORDS_OF_SMALL_TALK
    return reader.relations.read(text, asked=bare or is_correction(text))


def _added_to_observation(intake: Intake, text: str) -> Intake:
    observed = intake.answers.get(Question.OBSERVATION)
    whole = f"{observed}\n{text}" if isinstance(observed, str) else text
    return intake.knowing({Question.OBSERVATION.value: whole})
