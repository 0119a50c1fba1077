"""What one message does to the intake form: an answer, a correction, a skip, a question, an end.

Pure: the form as it stands and the message in, the form's next step out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from actions.answers import (
    FREE_TEXT,
    MOST_WORDS_OF_AN_ANSWER,
    Answers,
    Heard,
    Reader,
    has_number,
    is_not_right,
    is_skipped,
    lacks_number,
    read_account,
    read_answer,
)
from actions.plan import Question, Track, questions_left
from services.reading.wishes import (
    asks_for_call,
    asks_for_human,
    is_go_on,
    is_greeting,
    is_start_over,
    is_stop,
    read_language,
)
from services.reading.words import (
    is_correction,
    is_no,
    is_question,
    is_time,
    is_yes,
    read_time,
    word_count,
)

WHAT_TO_CHANGE: Final = "vad_ska_andras"
"""What is said to who says that the summary is not right."""
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
_MOST_WORDS_OF_A_BARE_FACT: Final = 3
_NO_REPLY_TO_A_QUESTION: Final = frozenset({*_SMALL_TALK, _ASKS_FOR_THE_FORM, "ratta"})
_NOT_UNDERSTOOD: Final = "forstod_inte"
_WANTS_CALL: Final = "uppringning_noterad"
_OPENINGS: Final = {
    Track.WORRIED: "formular_start",
    Track.URGENT: "formular_start_brattom",
    Track.PROFESSIONAL: "formular_start_yrke",
    Track.CONCERNED: "formular_start_sjalv",
}


class Confirmation(Enum):
    """The step after the last question: the summary waits for a yes."""

    SUMMARY = "bekraftelse"


Step = Question | Confirmation


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
    track: Track = Track.WORRIED
    ended: Ended | None = None
    interrupted: bool = False
    says: tuple[str, ...] = ()
    has_number: bool = True
    """Whether a coordinator sees which number the caller writes or calls from."""

    @property
    def left(self) -> tuple[Question, ...]:
        """The questions still to come after the present one."""
        answered = [one for one in Question if one in self.answers]
        return questions_left(answered, self.asked, track=self.track)

    def knowing(self, answers: Answers) -> Intake:
        """The form with more answers; new ones replace old."""
        return replace(self, answers={**self.answers, **answers})

    def told(self, heard: Heard) -> Intake:
        """The form with a message added to the account, so that nothing told is lost."""
        return self.knowing(with_account(self.answers, heard.text))

    def going_on(self) -> Intake:
        """The form at its next question, or at the summary."""
        left = self.left
        if not left:
            return replace(self, step=Confirmation.SUMMARY)
        return replace(self, step=left[0], asked=(*self.asked, left[0]))

    def saying(self, phrase: str) -> Intake:
        """The form with a phrase before the next question."""
        return replace(self, says=(phrase,))


def with_account(answers: Answers, text: str) -> Answers:
    """Answers with one more message of the account; the first time that is told stays."""
    read = read_account(text)
    before = answers.get(Question.OBSERVATION)
    account = f"{before}\n{read[Question.OBSERVATION]}" if before else read[Question.OBSERVATION]
    return {**read, **answers, Question.OBSERVATION.value: account}


def begin(known: Answers, heard: Heard, reader: Reader, *, urgent: bool) -> Intake:
    """Start the form with what is known already and what the message that started it says."""
    facts = {} if heard.pressed else reader.facts(heard.text)
    wish = {Question.WANTED_HELP.value: heard.text} if asks_for_call(heard.text) else {}
    answers = {**facts, **wish, **known}
    track = reader.track(answers.get(Question.RELATION), urgent=urgent)
    return Intake(answers, track=track).going_on().saying(_OPENINGS[track])


def hear(intake: Intake, heard: Heard, reader: Reader) -> Intake:
    """The form after a message. The order of the cases is the order of their weight."""
    if _wants("avbryt", heard, said=is_stop(heard.text)):
        return replace(intake, ended=Ended.STOPPED)
    if _wants("borja_om", heard, said=is_start_over(heard.text)):
        return Intake(track=intake.track).going_on()
    if _is_another_matter(heard):
        return replace(intake, interrupted=True)
    if asks_for_call(heard.text) and intake.step is not Question.CALLBACK:
        return intake.knowing({Question.WANTED_HELP.value: heard.text}).saying(_WANTS_CALL)
    if _is_beside_the_point(heard):
        return intake.told(heard) if heard.long else intake
    if not isinstance(intake.step, Question):
        return _hear_confirmation(intake, heard, reader)
    if _asks_what_has_no_answer(heard, reader):
        return intake.saying(_NOT_UNDERSTOOD)
    if is_skipped(intake.step, heard, reader):
        return intake.saying("tack_skippat").going_on()
    return _hear_answer(intake, intake.step, heard, reader)


def _wants(intent: str, heard: Heard, *, said: bool) -> bool:
    """Whether the caller wants something that only plain words or a button can say.

    Never a classifier's guess: what somebody tells of another ("han vill inte längre") must not
    cost the answers given so far.
    """
    return heard.intent == intent if heard.pressed else said


def _is_another_matter(heard: Heard) -> bool:
    """Another language, or a real question that has an answer.

    An account that touches a topic is neither.
    """
    if read_language(heard.text) or (heard.pressed and heard.intent in _LANGUAGE_INTENTS):
        return True
    if heard.intent in _NO_ANSWER_TO_GIVE:
        return False
    return heard.pressed or is_question(heard.text)


def _is_beside_the_point(heard: Heard) -> bool:
    """A greeting, a thank you, or a wish for what is being done already."""
    if heard.pressed:
        return heard.intent in _NO_REPLY_TO_A_QUESTION
    return is_greeting(heard.text) or is_go_on(heard.text) or asks_for_human(heard.text)


def _asks_what_has_no_answer(heard: Heard, reader: Reader) -> bool:
    """A short question that no curated answer fits; "Malmö?" and "kanske 15?" are answers."""
    asks = heard.text.rstrip().endswith("?") and not (heard.pressed or heard.long)
    return asks and not reader.facts(heard.text, asked=True)


def _hear_answer(intake: Intake, question: Question, heard: Heard, reader: Reader) -> Intake:
    corrects = is_correction(heard.text)
    facts = reader.facts(heard.text, asked=corrects)
    if not corrects:
        facts = {name: fact for name, fact in facts.items() if name not in intake.answers}
    if question is Question.WHEN and not is_time(heard.text):
        facts = {**reader.bare_facts(heard.text), **facts}
    if question is not Question.CALLBACK and has_number(heard):
        return intake.knowing({**facts, Question.CALLBACK.value: heard.text.strip()})
    answer = read_answer(question, heard, reader)
    if question is Question.CALLBACK and (before := intake.answers.get(question)):
        # The number, after "ring mig".
        answer = {question.value: f"{before}, {heard.text.strip()}"}
    if question in FREE_TEXT and facts and _is_facts_only(heard, corrects=corrects):
        answer = {}
    if question is Question.AGE and not (answer or facts or heard.long):
        return intake.going_on()  # no age that we can read; nobody is nagged about it
    after = intake.knowing({**facts, **answer})
    if heard.long and (question not in FREE_TEXT or question is Question.WHEN):
        after = after.told(heard)
    if answer.get(Question.CONSENT) is False:
        return replace(after, ended=Ended.STOPPED)
    if question in after.answers:
        return after if _must_ask_for_number(intake, question, after) else after.going_on()
    taken = facts or (heard.long and question is not Question.CONSENT)
    return after if taken else after.saying(_NOT_UNDERSTOOD)


def _must_ask_for_number(intake: Intake, question: Question, after: Intake) -> bool:
    """Whether the caller wants to be called, and nobody knows where. It is asked once."""
    if question is not Question.CALLBACK or intake.has_number or question in intake.answers:
        return False
    return lacks_number(str(after.answers[question]))


def _is_facts_only(heard: Heard, *, corrects: bool) -> bool:
    """Whether a message with facts in it is too short to be an account besides."""
    most = MOST_WORDS_OF_AN_ANSWER if corrects else _MOST_WORDS_OF_A_BARE_FACT
    return word_count(heard.text) <= most


def _hear_confirmation(intake: Intake, heard: Heard, reader: Reader) -> Intake:
    """Yes sends; no asks what is wrong; the rest corrects the summary, which is shown again."""
    if heard.pressed:
        if heard.intent == "nej":
            return intake.saying(WHAT_TO_CHANGE)
        return replace(intake, ended=Ended.CONFIRMED if heard.intent == "ja" else None)
    corrects = is_correction(heard.text)
    facts = reader.facts(heard.text, asked=True)
    if corrects and (relation := reader.relations.read(heard.text, asked=True)):
        facts[Question.RELATION.value] = relation
    facts |= reader.bare_facts(heard.text)
    denies = (corrects or is_no(heard.text)) and not heard.long
    if denies and not facts and (when := read_time(heard.text)):
        facts[Question.WHEN.value] = when
    if facts:
        after = intake.knowing(facts)
        return after.told(heard) if heard.long else after
    if is_yes(heard.text):
        return replace(intake, ended=Ended.CONFIRMED)
    if is_not_right(heard):
        return intake.saying(WHAT_TO_CHANGE)
    if word_count(heard.text) <= _MOST_WORDS_OF_A_BARE_FACT or is_question(heard.text):
        return intake.saying(_NOT_UNDERSTOOD)
    return intake.told(heard)
