"""The search for markers finds what is planted, so that finding none says something."""

import base64
import gzip
import json
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.privacy.marker_search import Found, MarkerSearch

SEARCH = MarkerSearch(["kvastflimra", "701740688"])
TEXT = "hon sa kvastflimra och la på, ring 070-174 06 88"
BOTH = ["kvastflimra", "701740688"]

FORMS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "upper": lambda text: text.upper().encode(),
    "json": lambda text: json.dumps({"text": text}).encode(),
    "json escaped": lambda text: "".join(f"\\u{ord(one):04x}" for one in text).encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 shifted": lambda text: base64.b64encode(b"x" + text.encode()),
    "base64 url": lambda text: base64.urlsafe_b64encode(b"xy" + text.encode()).rstrip(b"="),
    "base64 of utf-16": lambda text: base64.b64encode(text.encode("utf-16")),
    "base64 in json in base64": lambda text: base64.b64encode(
        json.dumps({"body": base64.b64encode(text.encode()).decode()}).encode()
    ),
    "hex": lambda text: text.encode().hex().encode(),
    "gzip": lambda text: gzip.compress(text.encode()),
    "zlib": lambda text: zlib.compress(text.encode()),
    "base64 of zlib": lambda text: base64.b64encode(zlib.compress(text.encode())),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_planted_marker_is_found_in_every_form(form: Callable[[str], bytes]) -> None:
    found = SEARCH.in_bytes("here", form(TEXT))
    assert list(found) == [Found("here", one) for one in BOTH]


@pytest.mark.parametrize("around", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("name", ["utf-8", "utf-16-le", "utf-16-be", "upper", "hex", "base64"])
def test_in_a_large_file_a_planted_word_is_found_too(name: str, around: str) -> None:
    planted = b"\xff" * 100 + FORMS[name](f"{around}kvastflimra{around}") + b"\xfe" * 100
    assert Found("here", "kvastflimra") in list(SEARCH.in_large("here", planted))


@pytest.mark.parametrize("where", ["plain.txt", "deeper/kvastflimra", "deeper/rows.db"])
def test_a_folder_is_searched_with_its_files_names_and_databases(
    tmp_path: Path, where: str
) -> None:
    path = tmp_path / where
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".db":
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE t (c)")
        database.execute("INSERT INTO t VALUES (?)", (TEXT,))
        database.commit()
        database.close()
    else:
        path.write_text("" if "kvast" in where else TEXT)
    for large in (False, True):
        assert any(
            found.marker == "kvastflimra" for found in SEARCH.in_folder(tmp_path, large=large)
        )


def test_where_nothing_is_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "two").write_text("hon sa kvast och flimra, ring 070-174 06 8")
    assert list(SEARCH.in_folder(tmp_path)) == []
    assert list(SEARCH.in_folder(tmp_path, large=True)) == []
