"""What was measured, as tables in the order that a reader wants them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import quantiles
from typing import Final

from services.evaluation.errors import ErrorKind, Mistake, mistakes
from services.evaluation.gate import missed_that_must_not_be, only_asked_that_should_be_led
from services.evaluation.measures import (
    MEASURES,
    Grouping,
    confusion,
    groupings,
    topic_macro_f1,
)
from services.evaluation.near_duplicates import NEAR, NearDuplicates
from services.evaluation.observed import Judged
from services.evaluation.pairs import pairs, unlike_pairs
from services.evaluation.share import Share
from services.evaluation.tables import Table
from services.vocabulary import Urgency

_WORST: Final = 10
_REASONS: Final = 3
_NOTHING: Final = "–"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When the measurement was made, and with what.

    Attributes:
        day: The day it was made.
        versions: What was measured, with its version: urgency model, Rasa model, knowledge.
        training_messages: How many messages the models were trained on.
    """

    day: date
    versions: dict[str, str]
    training_messages: int


def measured_tables(judged: Sequence[Judged]) -> tuple[Table, ...]:
    """Everything that is measured on the evaluation set itself."""
    found = mistakes(judged)
    return (
        overview(judged),
        *(breakdown(judged, grouping) for grouping in groupings(judged)),
        confusion_table(judged),
        must_not_miss_table(judged),
        pairs_table(judged),
        kinds_table(found),
        worst_table(found),
        latency_table(judged),
    )


def circumstances_table(circumstances: Circumstances, judged: Sequence[Judged]) -> Table:
    """When, with which versions and how much data."""
    by_urgency = Counter(one.case.expected.urgency for one in judged)
    amounts = ", ".join(f"{by_urgency[urgency]} {urgency}" for urgency in Urgency)
    return Table(
        "Circumstances",
        ("what", "value"),
        (
            ("date", circumstances.day.isoformat()),
            *circumstances.versions.items(),
            ("training messages", f"{circumstances.training_messages}"),
            ("evaluation messages", f"{len(judged)}: {amounts}"),
        ),
    )


def overview(judged: Sequence[Judged]) -> Table:
    """Every measure over the whole set, beside its goal."""
    rows = []
    for measure in MEASURES:
        share = measure.of(judged)
        if share.n == 0:
            continue
        goal, met = _NOTHING, _NOTHING
        if measure.goal is not None:
            goal = f"{measure.goal.sign} {measure.goal.limit:g}"
            met = "yes" if measure.goal.met_by(share) else "no"
        low, high = share.interval
        rows.append(
            (
                measure.title,
                f"{share.ratio:.3f}",
                f"{low:.3f}–{high:.3f}",
                f"{share.hits}/{share.n}",
                goal,
                met,
            )
        )
    f1 = topic_macro_f1(judged)
    if f1 is not None:
        rows.append(("Macro F1 of the first topic", f"{f1:.3f}", *(_NOTHING,) * 4))
    return Table(
        "The whole set",
        ("measure", "share", "95 % interval", "messages", "goal", "met"),
        tuple(rows),
        "Intervals are Wilson's score intervals.",
    )


def breakdown(judged: Sequence[Judged], grouping: Grouping) -> Table:
    """The measures, group beside group; those that apply to none of them are left out."""
    parts = [[one for one in judged if group.holds(one)] for group in grouping.groups]
    rows = []
    for measure in MEASURES:
        shares = [measure.of(part) for part in parts]
        if any(share.n for share in shares):
            rows.append((measure.title, *map(_share, shares)))
    columns = ("measure", *(group.name for group in grouping.groups))
    return Table(grouping.title, columns, tuple(rows))


def confusion_table(judged: Sequence[Judged]) -> Table:
    """Expected urgency in rows, the urgency given in columns."""
    rows = tuple(
        (expected.value, *(str(given[urgency]) for urgency in Urgency))
        for expected, given in confusion(judged).items()
    )
    return Table("Urgency: expected (rows) and given (columns)", ("", *Urgency), rows)


def must_not_miss_table(judged: Sequence[Judged]) -> Table:
    """The messages that must not be missed: those that were, and those only asked about."""
    listed = sum(one.case.must_not_miss for one in judged)
    missed = _listed(missed_that_must_not_be(judged))
    asked = _listed(only_asked_that_should_be_led(judged))
    note = f"Of {listed}, {missed} got no 112 in the reply; {asked} got it with a question."
    return Table("Must not be missed", note=note)


def _listed(ids: Sequence[str]) -> str:
    return f"{len(ids)} ({', '.join(ids)})" if ids else "0"


def pairs_table(judged: Sequence[Judged]) -> Table:
    """Pairs that differ only in religion, name or milieu and yet were judged unlike."""
    unlike = unlike_pairs(judged)
    return Table(
        "Paired messages",
        ("pair", "message", "tags", "urgency", "led with 112", "asked"),
        tuple(
            (
                pair.tag,
                member.case.id,
                ", ".join(tag for tag in member.case.tags if tag != pair.tag),
                member.observed.urgency.value,
                _yes(member.observed.leads_with_112),
                _yes(member.observed.asks_danger),
            )
            for pair in unlike
            for member in pair.members
        ),
        "Messages that differ only in religion, name or milieu must be judged alike. "
        f"Judged unlike: {len(unlike)} of {len(pairs(judged))} pairs.",
    )


def kinds_table(found: Sequence[Mistake]) -> Table:
    """How many messages went wrong in which way; each is counted once, by its gravest error."""
    ids: defaultdict[ErrorKind, list[str]] = defaultdict(list)
    for mistake in found:
        ids[mistake.kind].append(mistake.judged.case.id)
    return Table(
        "Errors by kind",
        ("kind", "messages", "ids"),
        tuple((kind.value, str(len(ids[kind])), ", ".join(ids[kind])) for kind in ErrorKind),
        "Each message is counted once, by its gravest error; the gravest kind stands first.",
    )


def worst_table(found: Sequence[Mistake]) -> Table:
    """The gravest errors, one by one, with the grounds that the service gave."""
    return Table(
        "The ten worst errors",
        ("message", "kind", "expected", "given", "topic: best, given first", "why"),
        tuple(_worst_row(mistake) for mistake in found[:_WORST]),
    )


def _worst_row(mistake: Mistake) -> tuple[str, ...]:
    one = mistake.judged
    reasons = sorted(one.observed.why, key=lambda reason: -reason.score)[:_REASONS]
    return (
        one.case.id + (" (must not be missed)" if one.case.must_not_miss else ""),
        mistake.kind.value,
        one.case.expected.urgency.value,
        one.observed.urgency.value,
        f"{one.case.expected.topics[0]}, {next(iter(one.observed.topics or ()), _NOTHING)}",
        "; ".join(f"{reason.by}: {reason.what} {reason.score:.2f}" for reason in reasons),
    )


def latency_table(judged: Sequence[Judged]) -> Table:
    """How long a message took, with as many at once as the measurement sends."""
    times = sorted(one.observed.milliseconds for one in judged)
    percentiles = quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    return Table(
        "Time for a message, in milliseconds",
        ("p50", "p95", "p99", "longest"),
        (tuple(f"{ms:.1f}" for ms in (*(percentiles[p - 1] for p in (50, 95, 99)), times[-1])),),
    )


def duplicates_table(found: NearDuplicates) -> Table:
    """Near-duplicates inside the training set, and between it and the evaluation set."""
    return Table(
        "Near-duplicates",
        ("where", "similarity", "message", "and message"),
        tuple(
            (where, f"{pair.similarity:.2f}", pair.first, pair.second)
            for where, pairs_found in (
                ("training and evaluation", found.leaks),
                ("inside training", found.inside),
            )
            for pair in pairs_found
        ),
        f"Pairs that share at least {NEAR:g} of their fours of letters: {len(found.leaks)} between "
        f"training and evaluation (there must be none), {len(found.inside)} inside training.",
    )


def _share(share: Share) -> str:
    if share.n == 0:
        return _NOTHING
    low, high = share.interval
    return f"{share.ratio:.2f} ({low:.2f}–{high:.2f}), {share.hits}/{share.n}"


def _yes(said: bool) -> str:  # noqa: FBT001 - its one meaning is what it says
    return "yes" if said else "no"
