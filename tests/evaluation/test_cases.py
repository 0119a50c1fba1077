"""The evaluation set is as its schema says, and every faulty line is named."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from services.answers.knowledge import Knowledge
from services.evaluation.cases import MalformedCaseError, read_cases
from services.evaluation.schema import SCHEMA_FILE, case_schema
from services.settings import ROOT

OPEN_SET = ROOT / "data" / "evaluation"

LINE = {
    "id": "x1",
    "text": "Vad gör ni?",
    "channel": "web",
    "expected": {
        "urgency": "info",
        "topics": ["vart_vanda"],
        "contacts": [],
        "leads_with_112": False,
        "may_ask_danger": False,
    },
    "tags": [],
}
ACUTE = {"urgency": "akut", "leads_with_112": True}


def write(folder: Path, *lines: object) -> Path:
    text = "\n".join(json.dumps(line) for line in lines)
    (folder / "fil.jsonl").write_text(text, encoding="utf-8")
    return folder


def with_expected(**values: object) -> dict[str, object]:
    return LINE | {"expected": LINE["expected"] | values}


def test_the_published_schema_is_the_model_s() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == case_schema()


def test_every_line_of_the_open_set_follows_the_published_schema() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(case_schema()))
    for file in OPEN_SET.glob("*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            validator.validate(json.loads(line))


def test_the_open_set_is_large_enough_to_say_something() -> None:
    cases = read_cases(OPEN_SET)
    assert len(cases) >= 600
    assert sum(filed.case.expected.leads_with_112 for filed in cases) >= 100


def test_every_expected_topic_and_contact_is_known(knowledge: Knowledge) -> None:
    expected = [filed.case.expected for filed in read_cases(OPEN_SET)]
    topics = {topic for one in expected for topic in one.topics}
    contacts = {contact for one in expected for contact in one.contacts}
    assert topics <= set(knowledge.answers)
    assert contacts <= {contact.id for _, contact in knowledge.all_contacts()}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (LINE | {"channel": "brev"}, "channel"),
        (LINE | {"kanal": "web"}, "kanal"),
        (LINE | {"text": ""}, "text"),
        (with_expected(topics=[]), "topics"),
        (with_expected(urgency="bråttom"), "urgency"),
        (with_expected(leads_with_112=True), "leads_with_112"),
        (LINE | {"must_not_miss": True}, "must_not_miss"),
        (LINE | {"tags": ["direkt"]}, "direkt"),
        (with_expected(**ACUTE), "indirekt"),
        (with_expected(**ACUTE) | {"tags": ["direkt", "indirekt"]}, "indirekt"),
    ],
)
def test_a_line_that_is_not_as_the_schema_says_is_named_without_its_words(
    tmp_path: Path, line: dict[str, object], fault: str
) -> None:
    with pytest.raises(MalformedCaseError, match=rf"fil\.jsonl, rad 2: .*{fault}") as error:
        read_cases(write(tmp_path, LINE, line | {"id": "x2"}))
    assert "Vad gör ni" not in str(error.value)


def test_an_id_is_used_once(tmp_path: Path) -> None:
    with pytest.raises(MalformedCaseError, match="x1 finns två gånger"):
        read_cases(write(tmp_path, LINE, LINE))


def test_a_set_without_messages_measures_nothing(tmp_path: Path) -> None:
    with pytest.raises(MalformedCaseError, match="inga meddelanden"):
        read_cases(tmp_path)
