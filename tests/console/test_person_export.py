"""What is handed out to a person has what they told, and masks what may be others' details."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.person_export import as_text, export_of, names_in, without_others
from services.conversations.sealing import conversation_key
from services.tickets.sealing import unseal_ticket
from tests.conftest import NOON
from tests.console.conftest import SLOTS, Console

TOLD = "Min son heter kalle och umgås med Testa Testsson, ring honom på 070-174 06 78."


async def test_the_file_has_the_person_s_own_words_and_not_the_others_names(
    console: Console,
) -> None:
    caller = await console.caller()
    ticket = await caller.ask_for_human(**{**SLOTS, "iakttagelse": "Kalle sa det till Testa."})
    await caller.write(TOLD)
    row, core = await console.row(ticket), console.core
    document = unseal_ticket(conversation_key(core.keyring, await caller.conversation()), row)
    knowledge = core.renderer.knowledge
    export = export_of(document, await caller.sees(), "+46701740605", knowledge, NOON)
    written = as_text(export)
    assert "umgås med" in written
    assert "+46701740605" in written, "their own number is theirs"
    for other in ("kalle", "testa", "testsson", "06 78"):
        assert other not in written.casefold()
    assert "ska läsa igenom filen innan den lämnas ut" in written
    assert row.reference in written
    document = orjson.loads(written.partition("SAMMA UPPGIFTER SOM JSON")[2])
    assert document["said"][0]["author"] == "caller"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("han heter kalle", {"kalle"}), ("jag såg Testa där", {"testa"}),
        ("Han var där. Sedan gick han.", set()), ("hon kallas Lillan ibland", {"lillan"}),
    ],
)  # fmt: skip
def test_likely_names_are_known(text: str, names: set[str]) -> None:
    assert names_in([text]) == names


@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    without_others(text, names_in([text]))


def test_a_name_is_masked_wherever_it_stands_once_it_is_known() -> None:
    names = names_in(["jag såg Testa där"])
    assert (
        without_others("Testa ringde. testas bror kom.", names) == "[namn] ringde. [namn] bror kom."
    )
