"""The actions as Rasa calls them: they translate between Rasa's tracker and the intake form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import Answer, Heard, Reader, read_correction
from actions.intake import (
    WHAT_TO_CHANGE,
    Confirmation,
    Ended,
    Intake,
    Step,
    begin,
    hear,
    with_account,
)
from actions.plan import Question
from actions.relation import Relations
from services.reading.age import band_of
from services.reading.live_places import LivePlaces
from services.reading.wishes import asks_for_call
from services.reading.words import is_question
from services.vocabulary import Channel, Urgency

Event = dict[str, Any]
Run = Callable[[CollectingDispatcher, Tracker, Any], Awaitable[list[Event]]]

ANSWER_SLOTS: Final = tuple(question.value for question in Question)
PERSON_SLOTS: Final = (
    Question.RELATION.value,
    Question.AGE.value,
    Question.MUNICIPALITY.value,
)
"""What stays known after a handover: of the person, not of what was told."""
_SAYS: Final = {WHAT_TO_CHANGE: {"phrase": WHAT_TO_CHANGE, "choices": ["avbryt"]}}
"""Phrases that come with choices of their own."""
_URGENT: Final = frozenset({Urgency.AKUT, Urgency.HOG})
_REQUESTED, _ASKED, _CONFIRMED, _HANDED_OVER = (
    "requested_slot", "fragade", "bekraftelse", "overlamnat",
)  # fmt: skip


def make_actions(knowledge: Path) -> Mapping[str, Run]:
    """The actions by the names that ``domain.yml`` has for them.

    Args:
        knowledge: The folder with the names of places and the words for relations.
    """
    places = LivePlaces(knowledge / "municipalities")
    relations = Relations.load(knowledge / "facts.yml")

    async def read_message(
        dispatcher: CollectingDispatcher, tracker: Tracker, _domain: Any
    ) -> list[Event]:
        """Take the message into the form and choose the next question."""
        reader = Reader(places.now(), relations, datetime.now(UTC).year)
        before = _intake(tracker, reader)
        if _was_interrupted(tracker):
            return _asking_again(before)
        after = hear(before, _heard(tracker), reader) if before.step else _begin(tracker, reader)
        if after.interrupted:
            return []  # nothing filled: Rasa leaves the message to the rule for its topic
        for phrase in after.says:
            dispatcher.utter_message(json_message=_SAYS.get(phrase, {"phrase": phrase}))
        return _events(before, after)

    async def remember_account(
        _dispatcher: CollectingDispatcher, tracker: Tracker, _domain: Any
    ) -> list[Event]:
        """Keep what somebody tells in their worry, so that the form does not ask for it again."""
        heard = _heard(tracker)
        if heard.pressed or is_question(heard.text):
            return []
        reader = Reader(places.now(), relations, datetime.now(UTC).year)
        before = _answers(tracker)
        told = {**reader.facts(heard.text), **before}
        if heard.long:
            told = dict(with_account(told, heard.text))
        return [SlotSet(name, value) for name, value in told.items() if value != before.get(name)]

    async def correct_ticket(
        dispatcher: CollectingDispatcher, tracker: Tracker, _domain: Any
    ) -> list[Event]:
        """Correct what has been sent already, as far as the message says what is right."""
        reader = Reader(places.now(), relations, datetime.now(UTC).year)
        right = read_correction(_heard(tracker), reader)
        if not right:
            dispatcher.utter_message(json_message={"phrase": "okej"})
            return []
        dispatcher.utter_message(json_message={"correction": right})
        return [SlotSet(name, right[name]) for name in PERSON_SLOTS if name in right]

    return {
        "action_ratta_arende": correct_ticket,
        "validate_arendeformular": read_message,
        "action_minns": remember_account,
        "action_ask_arendeformular_aterkontakt": ask_how_to_reach,
        "action_ask_arendeformular_bekraftelse": show_summary,
        "action_avsluta_formular": end_form,
        "action_borja_om": start_over,
    }


async def ask_how_to_reach(
    dispatcher: CollectingDispatcher, tracker: Tracker, _domain: Any
) -> list[Event]:
    """Ask for a way back; who wants to be called, or has just said "ring mig", for a number."""
    wish = tracker.get_slot(Question.WANTED_HELP.value)
    wants_call = isinstance(wish, str) and asks_for_call(wish)
    wants_call = wants_call or tracker.get_slot(Question.CALLBACK.value) is not None
    question = {
        "phrase": "fraga_nummer" if wants_call else "fraga_aterkontakt",
        "values": {name: tracker.get_slot(name) or "" for name in ("nummer", "antal")},
        "choices": ["hoppa_over", "avbryt"],
    }
    dispatcher.utter_message(json_message=question)
    return []


async def show_summary(
    dispatcher: CollectingDispatcher, tracker: Tracker, _domain: Any
) -> list[Event]:
    """Read back what will be sent; not at once again to who has just said that it is not right."""
    if not _was_asked_what_to_change(tracker):
        dispatcher.utter_message(json_message={"summary": _answers(tracker)})
    return []


async def end_form(dispatcher: CollectingDispatcher, tracker: Tracker, _domain: Any) -> list[Event]:
    """Hand over after a yes and forget what was told; else say that nothing is sent, forget all."""
    if tracker.get_slot(_CONFIRMED) is True:
        told = [name for name in ANSWER_SLOTS if name not in PERSON_SLOTS]
        forgotten = [SlotSet(name, None) for name in (*told, _ASKED, _CONFIRMED)]
        dispatcher.utter_message(json_message={"handover": _answers(tracker)})
        return [*forgotten, SlotSet(_HANDED_OVER, True)]
    stopped = {"phrase": "formular_avbrutet", "choices": ["radera_uppgifter"]}
    dispatcher.utter_message(json_message=stopped)
    return _forgetting_everything()


async def start_over(
    dispatcher: CollectingDispatcher, _tracker: Tracker, _domain: Any
) -> list[Event]:
    """Greet as at the beginning and forget everything said."""
    dispatcher.utter_message(json_message={"phrase": "halsning"})
    return _forgetting_everything()


def _forgetting_everything() -> list[Event]:
    return [SlotSet(name, None) for name in (*ANSWER_SLOTS, "alder", _ASKED, _CONFIRMED)]


def _answers(tracker: Tracker) -> dict[str, Answer]:
    values = {name: tracker.get_slot(name) for name in ANSWER_SLOTS}
    return {name: value for name, value in values.items() if value is not None}


def _intake(tracker: Tracker, reader: Reader) -> Intake:
    urgent = tracker.get_slot("bradska") in _URGENT
    asked = tuple(Question(name) for name in tracker.get_slot(_ASKED) or ())
    return Intake(
        answers=_answers(tracker),
        asked=asked,
        step=_step(tracker.get_slot(_REQUESTED)),
        track=reader.track(tracker.get_slot(Question.RELATION.value), urgent=urgent),
        has_number=tracker.get_slot("kanal") != Channel.WEB,
    )


def _step(requested: str | None) -> Step | None:
    if requested is None:
        return None
    if requested == Confirmation.SUMMARY.value:
        return Confirmation.SUMMARY
    return Question(requested)


def _heard(tracker: Tracker) -> Heard:
    intent = tracker.latest_message.get("intent", {})
    return Heard(
        text=tracker.latest_message.get("text") or "",
        intent=intent.get("name") or "",
        confidence=intent.get("confidence") or 0.0,
    )


def _begin(tracker: Tracker, reader: Reader) -> Intake:
    known = _answers(tracker)
    age = tracker.get_slot("alder")
    if Question.AGE.value not in known and isinstance(age, str) and age.isdecimal():
        known[Question.AGE.value] = band_of(int(age)).value
    return begin(known, _heard(tracker), reader, urgent=tracker.get_slot("bradska") in _URGENT)


def _was_interrupted(tracker: Tracker) -> bool:
    """Whether the message was answered by another rule already, and the form takes over again."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "action_execution_rejected":
            return True
    return False


def _was_asked_what_to_change(tracker: Tracker) -> bool:
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "bot":
            said = (event.get("data") or {}).get("custom") or {}
            return bool(said.get("phrase") == WHAT_TO_CHANGE)
    return False


def _asking_again(intake: Intake) -> list[Event]:
    return [*_progress(intake), SlotSet(_REQUESTED, intake.step.value if intake.step else None)]


def _events(before: Intake, after: Intake) -> list[Event]:
    changed = [
        SlotSet(name, after.answers.get(name))
        for name in ANSWER_SLOTS
        if after.answers.get(name) != before.answers.get(name)
    ]
    if after.ended is not None:
        confirmed = after.ended is Ended.CONFIRMED
        return [*changed, SlotSet(_CONFIRMED, confirmed), SlotSet(_REQUESTED, None)]
    return [*changed, *_asking_again(after)]


def _progress(intake: Intake) -> list[Event]:
    """Which question this is, of how many.

    Always some events: without any, Rasa takes the message for another matter.
    """
    count = len(intake.asked)
    return [
        SlotSet(_ASKED, [question.value for question in intake.asked]),
        SlotSet("nummer", str(count)),
        SlotSet("antal", str(count + len(intake.left))),
    ]
