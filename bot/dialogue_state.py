"""The dialogue's state as it travels: compact JSON out of a tracker, and back into events.

Rules look at the slots, the active form and the last action only, so that is all that is kept. The
size is bounded by the slots, whatever the conversation's length.
"""

from __future__ import annotations

from typing import Any, Optional

from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    DEFAULT_SLOT_NAMES,
    REQUESTED_SLOT,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

VERSION = 1
MAX_SLOT_CHARACTERS = 8_000
TURN_SLOTS = frozenset({"kanal", "bradska", "berattar", "amne", "nummer", "antal"})
"""Slots that are told anew with each message and never kept."""


class BadStateError(ValueError):
    """The state is malformed, older than this version or of another domain."""


def state_of(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What must be remembered of a tracker for the next message."""
    state: dict[str, Any] = {"v": VERSION, "slots": _kept_slots(tracker)}
    if tracker.active_loop_name:
        state["form"] = tracker.active_loop_name
        state["asked"] = tracker.get_slot(REQUESTED_SLOT)
    return state


def opening_events() -> list[Event]:
    """The events of a conversation that has just begun. No action is run for it."""
    return [
        ActionExecuted(ACTION_SESSION_START_NAME),
        SessionStarted(),
        ActionExecuted(ACTION_LISTEN_NAME),
    ]


def events_of(state: dict[str, Any], domain: Domain) -> list[Event]:
    """The events that bring a fresh tracker to a state.

    Raises:
        BadStateError: the state can't be trusted to be one of ours.
    """
    slots, form = _slots(state, domain), _form(state, domain)
    events: list[Event] = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
    if form is not None:
        events += [ActionExecuted(form), ActiveLoop(form)]
        events.append(SlotSet(REQUESTED_SLOT, _asked(state, domain, form)))
    events += [SlotSet(name, value) for name, value in slots.items()]
    events.append(ActionExecuted(ACTION_LISTEN_NAME))
    return events


def _kept_slots(tracker: DialogueStateTracker) -> dict[str, Any]:
    return {
        name: slot.value[:MAX_SLOT_CHARACTERS] if isinstance(slot.value, str) else slot.value
        for name, slot in sorted(tracker.slots.items())
        if slot.value is not None and name not in TURN_SLOTS and name not in DEFAULT_SLOT_NAMES
    }


def _slots(state: dict[str, Any], domain: Domain) -> dict[str, Any]:
    if state.get("v") != VERSION or not state.keys() <= {"v", "slots", "form", "asked"}:
        raise BadStateError
    slots = state.get("slots")
    known = {slot.name for slot in domain.slots} - TURN_SLOTS - DEFAULT_SLOT_NAMES
    if not isinstance(slots, dict) or not slots.keys() <= known:
        raise BadStateError
    questions = {
        name for form in domain.form_names for name in domain.required_slots_for_form(form)
    }
    if not all(_is_slot_value(value, questions) for value in slots.values()):
        raise BadStateError
    return slots


def _is_slot_value(value: object, questions: set[str]) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_SLOT_CHARACTERS
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value) and set(value) <= questions
    return isinstance(value, bool)


def _form(state: dict[str, Any], domain: Domain) -> Optional[str]:
    form = state.get("form")
    if form is not None and form not in domain.form_names:
        raise BadStateError
    return form


def _asked(state: dict[str, Any], domain: Domain, form: str) -> str:
    asked = state.get("asked")
    if asked not in domain.required_slots_for_form(form):
        raise BadStateError
    return asked
