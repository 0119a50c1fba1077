"""A scripted conversation, as the files ``*.yml`` beside this one write it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from services.vocabulary import Channel, Urgency

SWEDEN = ZoneInfo("Europe/Stockholm")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Turn(_Part):
    """What the caller does, and what must hold of the reply. Patterns ignore case."""

    caller: str | None = Field(None, description="What the caller writes or says")
    press: str | None = Field(None, description="The id of a button")
    hours_later: float = Field(0, description="How long the caller waits first")
    urgency: Urgency | None = None
    first: str | None = Field(None, description="What the reply begins with")
    says: tuple[str, ...] = Field((), description="Patterns in the reply")
    in_order: tuple[str, ...] = Field((), description="Patterns in the reply, one after another")
    never: tuple[str, ...] = Field((), description="Patterns that the reply must not have")
    contacts: tuple[str, ...] = Field((), description="Shown, besides others")
    no_contacts: tuple[str, ...] = Field((), description="Not shown")
    choices: tuple[str, ...] = Field((), description="Offered, besides others")
    no_choices: tuple[str, ...] = Field((), description="Not offered")
    slots: dict[str, Any] = Field({}, description="What the dialogue knows afterwards")

    @model_validator(mode="after")
    def _one_deed(self) -> Turn:
        assert (self.caller is None) != (self.press is None), "either caller or press"
        return self


class Script(_Part):
    """A whole conversation. Without ``ticket`` there must be none at its end."""

    id: str
    persona: str
    channel: Channel = Channel.WEB
    at: datetime = datetime(2026, 11, 18, 12, 0, tzinfo=SWEDEN)
    turns: tuple[Turn, ...]
    ticket: dict[str, Any] | None = Field(None, description="By field; dots lead into parts")

    @field_validator("at")
    @classmethod
    def _swedish(cls, at: datetime) -> datetime:
        return at if at.tzinfo else at.replace(tzinfo=SWEDEN)


def load_scripts() -> list[Script]:
    """Every script, in order."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.yml")):
        contents = yaml.safe_load(path.read_text(encoding="utf-8"))
        found.extend(Script(**content) for content in contents)
    ids = [one.id for one in found]
    assert len(ids) == len(set(ids)), "two scripts have the same id"
    return found
