"""The machine: both Python environments, the clock, room on the disk, the file of settings."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values

from services.cli.doctor.finding import Finding, Patient, fault, ok, warning
from services.settings import Settings

LITTLE_ROOM: Final = 1024**3
NO_ROOM: Final = 100 * 1024**2
"""Bytes. A database grows by some kilobytes a message; with none left, no message is stored."""
_ASK: Final = "import sys, importlib.metadata as m; print(*sys.version_info[:2], m.version('rasa'))"
_ASK_SECONDS: Final = 60.0
_SLACK: Final = timedelta(days=1)
_WRITTEN: Final = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
"""When this program was put here: the clock can't be before that."""


async def look_at_environments(patient: Patient) -> AsyncIterator[Finding]:
    """Are both Python environments there, and as the locked files say?"""
    part, root, remedy = "Rasas miljö", patient.root, "rm -r bot/.venv && make setup"
    if not patient.has_sources:
        yield ok(part, "Rasa körs för sig, i en egen container.")
        return
    wanted, found = _wanted_rasa(root), await _ask(root / "bot" / ".venv" / "bin" / "python")
    if found is None:
        yield fault(part, "Rasas egen Python saknas, eller kan inte läsa in Rasa.", remedy)
    elif found != wanted:
        yield fault(
            part,
            f"Där finns Python {found[0]} och Rasa {found[1]}; det ska vara Python {wanted[0]} "
            f"och Rasa {wanted[1]}.",
            remedy,
        )
    else:
        yield ok(part, f"Python {found[0]} med Rasa {found[1]}.")
    for lock, mark in (("uv.lock", ".venv/.synced"), ("bot/uv.lock", "bot/.venv/.synced")):
        if _is_newer(root / lock, root / mark):
            yield warning("Bibliotek", f"{lock} är nyare än det som är installerat.", "make setup")


async def look_at_clock(patient: Patient) -> AsyncIterator[Finding]:
    """Is the time right enough, and is Swedish time known?"""
    part = "Klocka"
    try:
        zone = ZoneInfo("Europe/Stockholm")
    except ZoneInfoNotFoundError:
        yield fault(part, "Svensk tid är okänd: tidszonsdata saknas.", "make setup")
        return
    if patient.now + _SLACK < _WRITTEN:
        yield fault(
            part,
            f"Klockan visar {patient.now:%Y-%m-%d}, före det datum då programmet skrevs. "
            "Öppettider, koder och signaturer blir fel.",
            "timedatectl set-ntp true",
        )
    else:
        yield ok(part, f"{patient.now.astimezone(zone):%Y-%m-%d %H:%M} svensk tid.")


async def look_at_room(patient: Patient) -> AsyncIterator[Finding]:
    """Is there room for the database to grow?"""
    part, folder = "Diskutrymme", _existing(patient.settings.state_dir)
    free = patient.free_bytes(folder)
    says = f"{free / 1024**3:.1f} GB ledigt för {patient.settings.state_dir}."
    remedy = "Frigör plats, eller sätt STATE_DIR till en större disk."
    if free < NO_ROOM:
        yield fault(part, f"{says} Meddelanden kan inte sparas när disken är full.", remedy)
    elif free < LITTLE_ROOM:
        yield warning(part, says, remedy)
    else:
        yield ok(part, says)


async def look_at_settings(patient: Patient) -> AsyncIterator[Finding]:
    """Is every line of ``.env`` a setting that there is?"""
    part, file = "Inställningar", patient.root / ".env"
    known = {name.upper() for name in Settings.model_fields}
    strange = [name for name in dotenv_values(file) if name.upper() not in known]
    for name in strange:
        near = get_close_matches(name.upper(), known, n=1)
        hint = f"Menade du {near[0]}? Ändra i {file}." if near else f"Ta bort raden i {file}."
        yield warning(part, f"{name} i .env är ingen inställning och gör ingenting.", hint)
    if not strange:
        given = len(patient.settings.model_fields_set)
        yield ok(part, f"{given} satta, resten förval (oroslotsen settings visar alla).")


def _wanted_rasa(root: Path) -> tuple[str, str]:
    """The versions of Python and Rasa that ``bot/pyproject.toml`` says."""
    project = tomllib.loads((root / "bot" / "pyproject.toml").read_text(encoding="utf-8"))
    told = project["project"]
    rasa = next(one for one in told["dependencies"] if one.startswith("rasa["))
    return told["requires-python"].strip("=.*"), rasa.partition("==")[2]


async def _ask(python: Path) -> tuple[str, str] | None:
    """The versions of Python and Rasa that an interpreter has."""
    try:
        process = await asyncio.create_subprocess_exec(
            python, "-c", _ASK, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            told, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    if process.returncode != 0:
        return None
    major, minor, rasa = told.decode().split()
    return f"{major}.{minor}", rasa


def _is_newer(lock: Path, mark: Path) -> bool:
    return mark.exists() and lock.exists() and lock.stat().st_mtime > mark.stat().st_mtime


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
