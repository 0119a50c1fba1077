"""The evaluation set's JSON Schema: ``python -m services.evaluation.schema``.

Written to ``docs/schemas`` from the model; a test holds them in step.
"""

from __future__ import annotations

import json
from typing import Final

from services.evaluation.cases import Case
from services.settings import ROOT

SCHEMA_FILE: Final = ROOT / "docs" / "schemas" / "evaluation.schema.json"


def case_schema() -> str:
    """The schema of one line, as JSON text."""
    schema = Case.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(case_schema(), encoding="utf-8")
