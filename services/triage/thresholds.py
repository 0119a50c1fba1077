"""The thresholds that turn probabilities into a decision: ``knowledge/thresholds.yml``."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from services.triage.judgement import TopicGuess
from services.vocabulary import TopicId, Urgency


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AcuteThresholds(_Part):
    """How probable ``akut`` must be, to lead with 112 and to ask about danger."""

    visa_112: float = Field(gt=0, le=1)
    fraga: dict[Urgency, float]


class TopicThreshold(_Part):
    """Topics that mean at least an urgency when they are this sure."""

    sakerhet: float = Field(gt=0, le=1)
    amnen: frozenset[TopicId]

    def meets(self, topic: TopicGuess) -> bool:
        """Whether a guess is one of the topics and sure enough."""
        return topic.id in self.amnen and topic.confidence >= self.sakerhet


class TopicThresholds(_Part):
    """The topic's own say in the urgency."""

    oro: TopicThreshold
    fraga_fara: TopicThreshold


class Thresholds(_Part):
    """All thresholds and costs."""

    akut: AcuteThresholds
    kostnad: dict[Urgency, dict[Urgency, float]]
    amnen: TopicThresholds

    @classmethod
    def load(cls, path: Path) -> Thresholds:
        """Read the file. Raises ``OSError``, ``yaml.YAMLError``, ``pydantic.ValidationError``."""
        return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))

    def cheapest(self, shares: dict[Urgency, float]) -> Urgency:
        """The urgency below ``akut`` with the lowest expected cost."""
        return min(
            self.kostnad,
            key=lambda chosen: sum(
                shares[right] * costs[chosen] for right, costs in self.kostnad.items()
            ),
        )
