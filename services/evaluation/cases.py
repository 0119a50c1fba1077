"""The open evaluation set: messages with what a careful duty coordinator would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.errors import OperatorError
from services.vocabulary import Channel, ContactId, MunicipalityId, TopicId, Urgency

DIRECT = "direkt"
INDIRECT = "indirekt"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expected(_Strict):
    """What should come of one message."""

    urgency: Urgency
    topics: Annotated[tuple[TopicId, ...], Field(min_length=1)] = Field(
        description="The best topic first, then others that are acceptable"
    )
    contacts: tuple[ContactId, ...] = Field(
        description="It is right to show any one of these; empty when none is needed"
    )
    leads_with_112: bool = Field(description="True for acute messages, and only for them")
    may_ask_danger: bool = Field(
        description='A careful person could well ask "Är någon i fara just nu?"'
    )


class Case(_Strict):
    """One line of ``data/evaluation/*.jsonl``."""

    id: Annotated[str, Field(min_length=1)]
    text: Annotated[str, Field(min_length=1)]
    channel: Channel
    kommun: MunicipalityId | None = None
    expected: Expected
    tags: tuple[str, ...] = Field(
        (),
        description=(
            "direkt or indirekt on acute messages; falskt_larm, vit_makt, autonom, islamistisk, "
            "flersprakig, sprak:<ISO 639-1>; par:<NN> on messages that differ only in religion, "
            "name or milieu; others are free"
        ),
    )
    must_not_miss: bool = Field(
        False, description="Acute beyond doubt: the evaluation fails if it is not led with 112"
    )
    note: str | None = Field(None, description="Why, in Swedish, when it is not obvious")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        acute = self.expected.urgency is Urgency.AKUT
        if self.expected.leads_with_112 != acute:
            raise ValueError("leads_with_112 is for acute messages, and only for them")
        if self.must_not_miss and not acute:
            raise ValueError("must_not_miss is for acute messages")
        if sum(tag in {DIRECT, INDIRECT} for tag in self.tags) != int(acute):
            raise ValueError("an acute message, and no other, has one of the tags direkt, indirekt")
        return self


@dataclass(frozen=True, slots=True)
class FiledCase:
    """A case and the name of the file it stands in, without suffix."""

    file: str
    case: Case


class MalformedCaseError(OperatorError):
    """A line of the evaluation set is not as the schema says; the message names file and line."""


def read_cases(folder: Path) -> tuple[FiledCase, ...]:
    """Every case of every file in a folder, files in order of name.

    Raises:
        MalformedCaseError: a line is wrong, an id is used twice, or there is no case at all.
    """
    cases = tuple(case for file in sorted(folder.glob("*.jsonl")) for case in _read_file(file))
    if not cases:
        raise MalformedCaseError(f"{folder}: inga meddelanden att mäta på")
    seen: set[str] = set()
    for filed in cases:
        if filed.case.id in seen:
            raise MalformedCaseError(f"{filed.file}.jsonl: {filed.case.id} finns två gånger")
        seen.add(filed.case.id)
    return cases


def _read_file(path: Path) -> Iterator[FiledCase]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield FiledCase(path.stem, Case.model_validate_json(line))
            except ValidationError as error:
                faults = "; ".join(
                    f"{'.'.join(map(str, fault['loc'])) or 'raden'}: {fault['msg']}"
                    for fault in error.errors(include_input=False, include_url=False)
                )
                raise MalformedCaseError(f"{path}, rad {number}: {faults}") from None
