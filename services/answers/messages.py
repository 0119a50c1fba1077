"""What is wrong with a value in a content file, in an editor's words."""

from __future__ import annotations

from typing import Final

from pydantic_core import ErrorDetails

_WORDS: Final = {
    "missing": "saknas",
    "extra_forbidden": "finns inte som fält här; är det felstavat?",
    "string_type": "ska vara text; sätt citattecken runt",
    "string_too_short": "är tom",
    "int_type": "ska vara ett årtal utan citattecken, till exempel 2026",
    "bool_type": "ska vara true eller false",
    "date_type": "ska vara ett datum, till exempel 2026-11-21",
    "date_parsing": "ska vara ett datum som finns, till exempel 2026-11-21",
    "date_from_datetime_parsing": "ska vara ett datum som finns, till exempel 2026-11-21",
    "tuple_type": "ska vara en lista, till exempel [socialtjanst]",
    "frozen_set_type": "ska vara en lista, till exempel [oro]",
    "too_short": "behöver minst en rad",
    "too_long": "har för många; högst fyra får plats",
    "model_attributes_type": "ska ha fält under sig, ett på varje rad",
    "model_type": "ska ha fält under sig, ett på varje rad",
}


def message(problem: ErrorDetails) -> str:
    """One fault that pydantic found, in Swedish, with what is allowed where that is known."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind]
    if kind in ("enum", "literal_error"):
        return f"ska vara ett av: {context['expected'].replace(' or ', ' eller ')}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{problem['input']} är inte ett rimligt årtal"
    return problem["msg"].removeprefix("Value error, ")
