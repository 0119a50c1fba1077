"""Which questions the intake form asks: the most useful first, never more than six."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final


class Question(StrEnum):
    """A question of the form; its value is the slot that the answer fills."""

    OBSERVATION = "iakttagelse"
    RELATION = "relation"
    AGE = "aldersband"
    MUNICIPALITY = "kommun"
    CHILDREN = "barn_i_narheten"
    WHY_NOW = "varfor_nu"
    CONTACTS_TAKEN = "tagna_kontakter"
    WANTED_HELP = "onskad_hjalp"
    LANGUAGE = "sprak"
    CALLBACK = "aterkontakt"
    CONSENT = "samtycke"


MOST_QUESTIONS: Final = 6
MOST_QUESTIONS_WHEN_URGENT: Final = 2

_BY_USE: Final = (
    Question.OBSERVATION,
    Question.RELATION,
    Question.AGE,
    Question.MUNICIPALITY,
    Question.CALLBACK,
    Question.CONSENT,
    # Asked only when others are answered already.
    Question.CHILDREN,
    Question.WHY_NOW,
    Question.CONTACTS_TAKEN,
    Question.WANTED_HELP,
    Question.LANGUAGE,
)
_BY_USE_WHEN_URGENT: Final = (Question.OBSERVATION, Question.CALLBACK)
_IN_ORDER: Final = (
    Question.OBSERVATION,
    Question.RELATION,
    Question.AGE,
    Question.MUNICIPALITY,
    Question.CHILDREN,
    Question.WHY_NOW,
    Question.CONTACTS_TAKEN,
    Question.WANTED_HELP,
    Question.LANGUAGE,
    Question.CALLBACK,
    Question.CONSENT,
)


def questions_left(
    answered: Collection[Question], asked: Sequence[Question], *, urgent: bool
) -> tuple[Question, ...]:
    """The questions still to ask, in order.

    Args:
        answered: What is known, asked for or not.
        asked: What has been asked, answered or skipped. Nothing is asked twice.
        urgent: Whether the conversation's urgency is ``akut`` or ``hog``.
    """
    by_use = _BY_USE_WHEN_URGENT if urgent else _BY_USE
    most = MOST_QUESTIONS_WHEN_URGENT if urgent else MOST_QUESTIONS
    room = max(0, most - len(asked))
    chosen = [one for one in by_use if one not in answered and one not in asked][:room]
    return tuple(sorted(chosen, key=_IN_ORDER.index))
