"""The content files' JSON Schemas, for editors: ``python -m services.answers.schemas``.

Written to ``docs/schemas`` from the models; a test holds them in step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from services.answers.contacts import Contact
from services.answers.knowledge import Answer, Municipality, Phrase
from services.settings import ROOT

SCHEMAS_DIR = ROOT / "docs" / "schemas"


def schemas() -> Iterator[tuple[Path, str]]:
    """Each schema's file and what should be in it."""
    models = {
        "answer": Answer,
        "contact": Contact,
        "municipality": Municipality,
        "phrases": dict[str, Phrase],
    }
    for name, model in models.items():
        schema = TypeAdapter(model).json_schema(by_alias=True)
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        text = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        yield SCHEMAS_DIR / f"{name}.schema.json", text


def write_schemas() -> None:
    """Write every schema anew."""
    for file, text in schemas():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_schemas()
