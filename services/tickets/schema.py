"""The ticket's JSON Schema, for receivers of exports: ``python -m services.tickets.schema``.

Written to ``docs/schemas`` from the model; a test holds them in step.
"""

from __future__ import annotations

import json
from typing import Final

from services.settings import ROOT
from services.tickets.ticket import Ticket

SCHEMA_FILE: Final = ROOT / "docs" / "schemas" / "ticket.schema.json"


def ticket_schema() -> str:
    """The schema as JSON text."""
    schema = Ticket.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(ticket_schema(), encoding="utf-8")
