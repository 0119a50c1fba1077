"""Looks for words in bytes, in every form that a program is likely to have left them in."""

from __future__ import annotations

import base64
import contextlib
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_SEPARATORS = re.compile(rb"[\s().+/-]")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_ESCAPED = re.compile(rb"\\u00([0-9a-fA-F]{2})")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_DEPTH = 3


@dataclass(frozen=True)
class Found:
    """A marker, and where it was."""

    where: str
    marker: str


class MarkerSearch:
    """Looks for markers: words of ASCII letters, and digits, which may be written with separators.

    Args:
        markers: Each at least eight characters, so that none is there by chance.
    """

    def __init__(self, markers: Iterable[str]) -> None:
        self.markers = tuple(one.lower() for one in markers)
        assert all(len(one) >= 8 and one.isascii() and one.isalnum() for one in self.markers)

    def in_bytes(self, where: str, data: bytes) -> Iterator[Found]:
        """Where the markers are in some bytes, as text, encoded or compressed."""
        for marker in self.markers:
            if any(_holds(marker.encode(), one) for one in _layers(data, _DEPTH)):
                yield Found(where, marker)

    def in_large(self, where: str, data: bytes) -> Iterator[Found]:
        """The same for what is too large to decode: as text, in UTF-16, base64 and hex."""
        lower, compact = data.lower().replace(b"\0", b""), _SEPARATORS.sub(b"", data)
        for marker in self.markers:
            text = marker.encode()
            forms = (base64_forms(text), base64_forms(text.upper()))
            encoded = any(form in data for some in forms for form in some)
            if encoded or text in lower or text in compact or text.hex().encode() in lower:
                yield Found(where, marker)

    def in_folder(self, folder: Path, *, large: bool = False) -> Iterator[Found]:
        """Where the markers are in a folder's files, and in their names."""
        look = self.in_large if large else self.in_bytes
        for path in sorted(folder.rglob("*")):
            with contextlib.suppress(FileNotFoundError):  # it was a temporary file
                if path.is_file():
                    yield from look(str(path), path.name.encode() + b"\n" + path.read_bytes())


def base64_forms(text: bytes) -> tuple[bytes, ...]:
    """What stays of a word in base64, wherever in a longer text it stands."""
    forms = []
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + text)
        # The first and the last characters depend on what stands before and after.
        forms.append(encoded[(before * 8 + 5) // 6 : (before + len(text)) * 8 // 6])
    return tuple(forms)


def _holds(marker: bytes, data: bytes) -> bool:
    plain = data.lower().replace(b"\0", b"")  # UTF-16 of ASCII has a zero beside each letter
    return marker in plain or marker in _SEPARATORS.sub(b"", plain)


def _layers(data: bytes, depth: int) -> Iterator[bytes]:
    """The bytes, and what they become when they are decoded."""
    yield data
    if depth == 0:
        return
    for inner in _decoded(data):
        yield from _layers(inner, depth - 1)


def _decoded(data: bytes) -> Iterator[bytes]:
    with contextlib.suppress(OSError, EOFError, zlib.error):
        yield gzip.decompress(data)
    with contextlib.suppress(zlib.error):
        yield zlib.decompress(data)
    if b"\\u" in data:
        yield _ESCAPED.sub(lambda found: bytes((int(found[1], 16),)), data)
    for run in _HEX.findall(data):
        yield bytes.fromhex(run.decode())
    for run in _BASE64.findall(data):
        bare = run.rstrip(b"=")
        with contextlib.suppress(ValueError):
            yield base64.urlsafe_b64decode(
                bare.translate(bytes.maketrans(b"+/", b"-_")) + b"=" * (-len(bare) % 4)
            )
