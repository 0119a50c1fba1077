"""``oroslotsen triage`` reads what the contract says, and names the line that is wrong."""

from pathlib import Path

import pytest

from services.cli.triage import MalformedLineError, read_input
from services.vocabulary import Channel, MunicipalityId

KNOWN = {MunicipalityId("goteborg"), MunicipalityId("malmo")}
GOOD = '{"id": "1", "text": "hej", "channel": "web"}'


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_good_lines_are_read_and_blank_ones_passed_over(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        GOOD,
        "",
        '{"id": "2", "text": "å", "channel": "sms", "kommun": "malmo",'
        ' "at": "2026-11-18T22:00:00+01:00", "expected": {}}',
    )
    first, second = read_input(source, KNOWN)
    assert (first.channel, second.channel) == (Channel.WEB, Channel.SMS)
    assert second.at is not None


@pytest.mark.parametrize(
    "line",
    [
        "inte json",
        "[]",
        '{"id": "1", "channel": "web"}',
        '{"id": "1", "text": "", "channel": "web"}',
        '{"id": "1", "text": "hej", "channel": "fax"}',
        '{"id": "1", "text": "hej", "channel": "web", "at": "igår"}',
        '{"id": "1", "text": "hej", "channel": "web", "at": "2026-11-18T22:00:00"}',
        '{"id": "1", "text": "hej", "channel": "web", "kommun": "atlantis"}',
    ],
)
def test_a_malformed_line_is_named_before_anything_is_judged(tmp_path: Path, line: str) -> None:
    with pytest.raises(MalformedLineError, match="rad 2"):
        read_input(written(tmp_path, GOOD, line), KNOWN)


def test_the_fault_does_not_repeat_the_caller_s_words(tmp_path: Path) -> None:
    line = '{"id": "1", "text": "hemligt ord", "channel": "fax"}'
    with pytest.raises(MalformedLineError) as raised:
        read_input(written(tmp_path, line), KNOWN)
    assert "hemligt" not in str(raised.value)
