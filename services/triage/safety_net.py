"""The safety net: named rules over concepts, read from ``knowledge/safety_net.yml``.

A rule looks at what is meant and not denied, in one sentence and the next, or in the whole message.
It knows nothing of the classifier, and the higher of the two wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from services.triage.concepts import Reading


class Verdict(StrEnum):
    """What a rule asks for."""

    AKUT = "akut"
    FRAGA = "fråga"
    HOG = "hög"


class Scope(StrEnum):
    """How near one another the concepts must stand."""

    MENINGAR = "två meningar"
    MEDDELANDE = "meddelandet"


class Rule(BaseModel):
    """A rule: each of ``kräver`` must be there, none of ``utom``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(alias="namn")
    meaning: str = Field(alias="mening")
    gives: Verdict = Field(alias="ger")
    scope: Scope = Field(Scope.MENINGAR, alias="inom")
    needs: tuple[frozenset[str], ...] = Field(min_length=1, alias="kräver")
    unless: frozenset[str] = Field(frozenset(), alias="utom")
    most_words: int | None = Field(None, alias="högst_ord")
    suicide: bool = Field(False, alias="sjalvmord")

    def holds(self, reading: Reading) -> bool:
        """Whether the rule applies to a message."""
        if self.unless & reading.meant:
            return False
        if self.most_words is not None and len(reading.words) > self.most_words:
            return False
        if self.scope is Scope.MEDDELANDE:
            return all(any_of & reading.meant for any_of in self.needs)
        sentences = reading.by_sentence()
        return any(
            all(
                any_of & (concepts | sentences.get(number + 1, frozenset()))
                for any_of in self.needs
            )
            for number, concepts in sentences.items()
        )


class SafetyNetError(Exception):
    """The rules can't be used; says which and why."""


@dataclass(frozen=True, slots=True)
class SafetyNet:
    """All rules, in the file's order."""

    rules: tuple[Rule, ...]

    @classmethod
    def load(cls, path: Path, known: frozenset[str]) -> SafetyNet:
        """Read the rules.

        Args:
            path: The file.
            known: Ids of the concepts that exist.

        Raises:
            SafetyNetError: a rule names a concept that does not exist.
        """
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        groups = {name: frozenset(concepts) for name, concepts in content["grupper"].items()}
        rules = []
        for fields in content["regler"]:
            needs = tuple(_spelt_out(one, groups) for one in fields["kräver"])
            without = _spelt_out(fields.get("utom", []), groups)
            rule = Rule.model_validate({**fields, "kräver": needs, "utom": without})
            unknown = without.union(*needs) - known
            if unknown:
                raise SafetyNetError(f"{rule.name}: no concept {', '.join(sorted(unknown))}")
            rules.append(rule)
        return cls(tuple(rules))

    def caught(self, reading: Reading) -> tuple[Rule, ...]:
        """The rules that apply to a message."""
        return tuple(rule for rule in self.rules if rule.holds(reading))


def _spelt_out(names: str | list[str], groups: dict[str, frozenset[str]]) -> frozenset[str]:
    listed = [names] if isinstance(names, str) else names
    return frozenset[str]().union(*(groups.get(name, frozenset({name})) for name in listed))
