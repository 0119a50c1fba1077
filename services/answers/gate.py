"""The gate: no phone number, e-mail address or link leaves that is not in the knowledge's contacts.

A *run* is a stretch of digits with at most four other signs between each, so that spaces, dashes,
dots, brackets, line breaks or pictures don't hide a number; full-width and foreign digits are
digits too. A run passes when all of it is numbers from the contacts, years, dates, times or laws.
Otherwise it is refused when it is as long as a phone number, when it is a short number, or when a
short run comes after a word such as "ring". Counts, ages and references are shorter than that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import shortnumberinfo

from services.answers.contacts import Contact
from services.answers.reply import ContactBlock, Reply, SourceBlock, TextBlock

_INVISIBLE: Final = re.compile(
    "[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\u20e3\ufeff]"
)
_RUN: Final = re.compile(r"\+?\d(?:[\W_]{0,4}\d)*")
_DASHES: Final = "-\u2010-\u2015"

_YEAR: Final = r"(?:1[5-9]|20)\d\d"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_CLOCK: Final = r"(?:[01]?\d|2[0-4])%s[0-5]\d"
_HARMLESS: Final = (
    rf"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])",  # 2026-11-21
    rf"{_DAY}/(?:1[0-2]|[1-9]) {_YEAR}",  # 21/11 2026
    rf"{_YEAR}/\d\d:\d{{1,3}}",  # prop. 2024/25:65
    rf"{_YEAR}:\d{{1,4}}",  # 2023:196
    rf"{_YEAR}(?: ?[{_DASHES}/] ?(?:{_YEAR}|\d\d))?",  # 2018, 2016-2017, 2024/25
    *(rf"{clock} ?[{_DASHES}] ?{clock}" for clock in (_CLOCK % r"\.", _CLOCK % ":")),
)
_COUNT: Final = r"[1-9]\d?(?:\d| \d{3})?"
_NEXT: Final = rf"(?:[.,;:!?)]*\s+|\s?[{_DASHES}]\s?)"
_STOP: Final = r"[.,;:!?)]+\s+"

_SHORTEST: Final = 3
_SHORTEST_UNSAID: Final = 4
"""A short number of three digits looks like a count, unless a word such as "ring" is before it."""
_LONG: Final = 7
_LONG_WITH_ZERO: Final = 6
_LONG_WITH_PLUS: Final = 5
_CALL: Final = re.compile(
    r"\b(?:ring(?:a|er|de|t)?|tel(?:e?fon)?(?:en|nummer|numret)?|numm?er|numret|slå|sms(?:a|:a)?"
    r"|call|dial|phone|number)\b[^\d.!?\n]{0,25}$",
    re.IGNORECASE,
)

_EMAIL: Final = re.compile(r"[^\s@<>()\[\]{},;:\"']+@[^\s@<>()\[\]{},;:\"']+")
_SCHEME: Final = re.compile(
    r"\b[a-z][a-z+.-]*://\S*|\bwww\.\w\S*|\b(?:mailto|tel|sms):\S+", re.IGNORECASE
)
_DOMAIN: Final = re.compile(r"(?<![\w.])(?:[\w-]+\.)+[^\W\d_]{2,}(?![\w])(?:/\S*)?")
_ABBREVIATIONS: Final = frozenset(
    ("t.ex", "bl.a", "m.fl", "o.s.v", "d.v.s", "p.g.a", "f.d", "s.k", "fr.o.m", "t.o.m")
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that may not leave: what kind, and where it begins in the text as normalised.

    The text itself is not kept, so that a finding can be logged.
    """

    kind: str
    start: int


class Gate:
    """Knows what may leave.

    Args:
        contacts: Whose numbers and addresses are allowed, in any municipality.
    """

    def __init__(self, contacts: Iterable[Contact]) -> None:
        contacts = tuple(contacts)
        forms = {form for one in contacts if one.number for form in _forms(one.number)}
        self._addresses = frozenset(one.email.lower() for one in contacts if one.email)
        item = "|".join((*sorted(map(_spread, forms), key=len, reverse=True), *_HARMLESS))
        self._allowed = re.compile(
            rf"(?:{_COUNT}{_STOP})?(?:{item})(?:{_NEXT}(?:{item}))*(?:{_STOP}{_COUNT})?"
        )
        self._findings = lru_cache(maxsize=4096)(self._find)

    def check(self, reply: Reply) -> Finding | None:
        """The first thing in a reply that may not leave, the caller's own words aside."""
        for text in outgoing_texts(reply):
            if findings := self.findings(text):
                return findings[0]
        return None

    def findings(self, text: str) -> tuple[Finding, ...]:
        """Everything in a text that may not leave."""
        return self._findings(text)

    def _find(self, text: str) -> tuple[Finding, ...]:
        plain = normalise(text)
        found = [Finding("address", at) for at in self._foreign_addresses(plain)]
        found += [
            Finding("number", run.start())
            for run in _RUN.finditer(plain)
            if not self._allowed.fullmatch(run[0]) and _is_number(run[0], plain[: run.start()])
        ]
        return tuple(found)

    def _foreign_addresses(self, plain: str) -> Iterator[int]:
        for match in _EMAIL.finditer(plain):
            if match[0].rstrip(".!?").lower() not in self._addresses:
                yield match.start()
        for match in _SCHEME.finditer(plain):
            yield match.start()
        for match in _DOMAIN.finditer(_EMAIL.sub(" ", plain)):
            if match[0].lower() not in _ABBREVIATIONS:
                yield match.start()


def normalise(text: str) -> str:
    """The text with every digit as 0-9, compatibility forms made plain, invisible signs gone."""
    if text.isascii():
        return text
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"\d", lambda digit: str(unicodedata.digit(digit[0])), plain)


def outgoing_texts(reply: Reply) -> Iterator[str]:
    """Every text of a reply that the service itself says, the buttons' titles included."""
    for block in reply.blocks:
        match block:
            case TextBlock(text=text, quoted=False):
                yield text
            case TextBlock():
                pass
            case ContactBlock():
                for field in (block.name, block.short_name, block.number, block.tel, block.email):
                    yield field or ""
                for field in (block.audience, block.hours, block.note):
                    yield field or ""
            case SourceBlock():
                yield block.title
                yield block.publisher
    for choice in reply.choices:
        yield choice.title


def _is_number(run: str, before: str) -> bool:
    digits = re.sub(r"\D", "", run)
    if len(digits) >= _LONG:
        return True
    if digits.startswith("0") and len(digits) >= _LONG_WITH_ZERO:
        return True
    if run.startswith("+") and len(digits) >= _LONG_WITH_PLUS:
        return True
    if len(digits) < _SHORTEST:
        return False
    return _is_short_number(digits) or _CALL.search(before[-40:]) is not None


@lru_cache(maxsize=1024)
def _is_short_number(digits: str) -> bool:
    """Whether this is a Swedish short number such as 116 117; three digits: only 112."""
    if digits == "112":
        return True
    if len(digits) < _SHORTEST_UNSAID or not digits.startswith(("11", "90")):
        return False
    return shortnumberinfo.is_valid_short_number_for_region(phonenumbers.parse(digits, "SE"), "SE")


def _forms(number: str) -> Iterator[str]:
    digits = re.sub(r"\D", "", number)
    yield digits
    if digits.startswith("0"):
        yield f"+46{digits[1:]}"
        yield f"0046{digits[1:]}"


def _spread(form: str) -> str:
    """A pattern for a number with signs between its digits."""
    plus, digits = ("\\+", form[1:]) if form.startswith("+") else ("", form)
    return plus + r"[\W_]{0,4}".join(digits)
