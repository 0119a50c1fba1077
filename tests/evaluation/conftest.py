"""What the evaluation's tests share: a message with what was expected and what came of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.evaluation.cases import Case, Expected
from services.evaluation.observed import Judged, Observed
from services.triage.judgement import Reason
from services.vocabulary import Channel, ContactId, TopicId, Urgency

SECRET = "ord som bara meddelandet har"


def judge(
    id_: str,
    expected: Urgency,
    got: Urgency | None = None,
    *,
    asks: bool = False,
    may_ask: bool = False,
    topics: tuple[str, ...] = ("oro_narstaende",),
    got_topics: tuple[str, ...] | None = ("oro_narstaende",),
    contacts: tuple[str, ...] = (),
    got_contacts: tuple[str, ...] | None = (),
    tags: tuple[str, ...] = (),
    channel: Channel = Channel.WEB,
    must_not_miss: bool = False,
    file: str = "fil",
    milliseconds: float = 1.0,
) -> Judged:
    """A message that was given the urgency ``got``, by default the expected one."""
    acute = expected is Urgency.AKUT
    if acute and not {"direkt", "indirekt"} & set(tags):
        tags = ("direkt", *tags)
    case = Case(
        id=id_,
        text=SECRET,
        channel=channel,
        expected=Expected(
            urgency=expected,
            topics=tuple(map(TopicId, topics)),
            contacts=tuple(map(ContactId, contacts)),
            leads_with_112=acute,
            may_ask_danger=may_ask,
        ),
        tags=tags,
        must_not_miss=must_not_miss,
    )
    given = got or expected
    observed = Observed(
        urgency=given,
        leads_with_112=given is Urgency.AKUT,
        asks_danger=asks,
        topics=None if got_topics is None else tuple(map(TopicId, got_topics)),
        contacts=None if got_contacts is None else tuple(map(ContactId, got_contacts)),
        why=(Reason(by="classifier", what=given.value, score=0.9),),
        milliseconds=milliseconds,
    )
    return Judged(file, case, observed)


@pytest.fixture
def judged() -> Callable[..., Judged]:
    return judge
