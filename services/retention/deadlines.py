"""For how long each kind of data is kept, as the operator has set it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.settings import Settings
from services.store.deletion import Kind


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long after its end what is kept; ``decision`` is the municipality's, on disposal."""

    decision: str | None
    conversations: Mapping[Kind, timedelta]
    traces: timedelta
    audit: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Deadlines:
        """As the settings say."""
        return cls(
            decision=settings.retention_decision,
            conversations={
                Kind.EMPTY: timedelta(days=settings.retention_empty_days),
                Kind.WITHOUT_TICKET: timedelta(days=settings.retention_conversation_days),
                Kind.WITH_TICKET: timedelta(days=settings.retention_ticket_days),
            },
            traces=timedelta(days=settings.retention_trace_days),
            audit=timedelta(days=settings.retention_audit_days),
        )

    def takes_decision(self, kind: Kind) -> bool:
        """Whether to dispose of such a conversation takes a decision that is not there."""
        return kind is not Kind.EMPTY and self.decision is None
