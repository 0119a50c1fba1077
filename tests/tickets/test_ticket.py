"""The ticket says what the caller said, and its schema says what a ticket is."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.schema import SCHEMA_FILE, ticket_schema
from services.tickets.ticket import Ticket, make_ticket
from services.triage.judgement import Facts, Judgement, Reason
from services.vocabulary import AgeBand, Channel, MunicipalityId, Urgency

JUDGEMENT = Judgement(
    urgency=Urgency.ORO,
    why=(Reason(by="classifier", what="oro", score=0.8),),
    facts=Facts(relation="förälder", age=15),
    model="m1",
)


def ticket(judgement: Judgement = JUDGEMENT, urgency: Urgency = Urgency.ORO, **slots) -> Ticket:
    return make_ticket(
        reference="K7M-3XE",
        conversation="c",
        channel=Channel.WEB,
        municipality=MunicipalityId("goteborg"),
        urgency=urgency,
        judgement=judgement,
        slots=slots,
        at=datetime(2026, 11, 18, tzinfo=UTC),
        knowledge_version="k1",
    )


def test_the_published_schema_is_the_model_s() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == ticket_schema()


FREE_TEXT_SLOTS = ("relation", "iakttagelse", "nar", "varfor_nu", "barn_i_narheten")
slot_values = st.one_of(st.none(), st.text(max_size=50), st.booleans())


@given(
    slots=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("relation", "iakttagelse", "nar", "varfor_nu", "barn_i_narheten"), slot_values
        )
        | {"samtycke": st.one_of(st.none(), st.booleans())}
        | {"aldersband": st.one_of(st.none(), st.sampled_from([band.value for band in AgeBand]))},
    )
)
def test_every_ticket_follows_the_published_schema(slots: dict[str, object]) -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(ticket(**slots).model_dump_json()), schema)


def test_what_was_skipped_stays_empty_and_what_was_understood_is_filled() -> None:
    made = ticket(relation=None, iakttagelse="")
    assert made.observations == ()
    assert made.relation == "förälder"
    assert made.age_band is AgeBand.UNDER_18


def test_an_observation_is_kept_as_the_caller_s_own_words() -> None:
    [observation] = ticket(iakttagelse="han har köpt en flagga", nar="i tisdags").observations
    assert (observation.quote, observation.when) == ("han har köpt en flagga", "i tisdags")
    assert observation.interpretation is None


@pytest.mark.parametrize(("given_consent", "kept"), [(True, True), (False, False), (None, None)])
def test_consent_is_what_was_said_and_nothing_when_it_was_not_asked(given_consent, kept) -> None:
    assert ticket(samtycke=given_consent).consent is kept


def test_the_urgency_is_the_conversation_s_highest() -> None:
    assert ticket(urgency=Urgency.AKUT).grounds.urgency is Urgency.AKUT
