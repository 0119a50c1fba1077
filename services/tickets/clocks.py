"""How long a caller may wait, and how long a coordinator may take, as the operator has set it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.settings import Settings
from services.tickets.due import first_answer_due
from services.vocabulary import MunicipalityId, Urgency


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of the queue."""

    settings: Settings

    def first_answer_due(
        self, urgency: Urgency, municipality: MunicipalityId, created_at: datetime
    ) -> datetime:
        """When a ticket must have had its first answer; aware."""
        within = {
            Urgency.AKUT: timedelta(minutes=self.settings.first_answer_akut_minutes),
            Urgency.HOG: timedelta(minutes=self.settings.first_answer_hog_minutes),
        }
        _, closes = self.settings.duty_hours_of(municipality)
        return first_answer_due(urgency, created_at, within=within, day_ends=closes)

    def answer_after_claim(self, urgency: Urgency) -> timedelta:
        """How long whoever claimed a ticket has to write before it goes back to the queue."""
        if urgency is Urgency.AKUT:
            return timedelta(minutes=self.settings.claim_answer_akut_minutes)
        return timedelta(minutes=self.settings.claim_answer_minutes)
