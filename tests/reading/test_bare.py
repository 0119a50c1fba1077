"""A bare answer tells nothing; whatever tells something is none."""

from __future__ import annotations

import pytest

from services.reading.bare import is_bare_answer


@pytest.mark.parametrize(
    "text",
    ["16", "nej, han är 16", "förlåt, jag skrev fel, han är 19", "mamma", "ja", "hoppa över",
     "Ring mig i kväll", "vet inte", "he is 19", "jag är hans lärare",
     "efter 17, lämna inget meddelande"],
)  # fmt: skip
def test_a_bare_answer_is_known(text: str) -> None:
    assert is_bare_answer(text)


@pytest.mark.parametrize(
    "text",
    ["", "hjälp", "han är död", "han slår mig", "jag vill dö", "nej han har en kniv", "skjut",
     "de är här med vapen", "han är 16 och ska spränga", "jag orkar inte", "blod",
     "ring 112", "nu", "jag vill inte",
     "vi tar bilen nu och åker till skolan med pistol"],
)  # fmt: skip
def test_what_tells_something_is_no_bare_answer(text: str) -> None:
    assert not is_bare_answer(text)
