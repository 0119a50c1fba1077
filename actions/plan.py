"""Which questions the intake form asks: the most useful first, never more than six."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Final


class Question(StrEnum):
    """A question of the form; its value is the slot that the answer fills."""

    SAFETY = "trygghet"
    OBSERVATION = "iakttagelse"
    WHEN = "nar"
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


class Track(Enum):
    """Whom the form is for: each is asked what helps most in their place."""

    WORRIED = "orolig"
    URGENT = "bråttom"
    PROFESSIONAL = "yrkesverksam"
    CONCERNED = "den det gäller"


MOST_QUESTIONS: Final = 6

_BY_USE: Final[Mapping[Track, tuple[Question, ...]]] = {
    Track.WORRIED: (
        Question.OBSERVATION,
        Question.AGE,
        Question.MUNICIPALITY,
        Question.CALLBACK,
        Question.CONSENT,
        Question.RELATION,
        # Asked only when others are answered already.
        Question.WHEN,
        Question.CHILDREN,
        Question.WHY_NOW,
        Question.CONTACTS_TAKEN,
        Question.WANTED_HELP,
        Question.LANGUAGE,
    ),
    Track.URGENT: (Question.OBSERVATION, Question.CALLBACK),
    Track.PROFESSIONAL: (
        Question.OBSERVATION,
        Question.AGE,
        Question.MUNICIPALITY,
        Question.CONTACTS_TAKEN,
        Question.CALLBACK,
        Question.CONSENT,
        Question.WHEN,
        Question.WANTED_HELP,
    ),
    # Who wants out is asked about safety and how to be reached, and nothing else.
    Track.CONCERNED: (Question.SAFETY, Question.CALLBACK, Question.CONSENT),
}


def questions_left(
    answered: Collection[Question], asked: Sequence[Question], *, track: Track
) -> tuple[Question, ...]:
    """The questions still to ask, in order.

    Args:
        answered: What is known, asked for or not.
        asked: What has been asked, answered or skipped. Nothing is asked twice.
        track: Whom the form is for.
    """
    by_use = _BY_USE[track]
    room = max(0, min(MOST_QUESTIONS, len(by_use)) - len(asked))
    possible = [one for one in by_use if one not in answered and one not in asked]
    if Question.OBSERVATION not in answered:
        # Who has told of nothing is not asked when it was.
        possible = [one for one in possible if one is not Question.WHEN]
    order = list(Question)
    return tuple(sorted(possible[:room], key=order.index))
