"""``oroslotsen backup`` and ``oroslotsen restore``."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from services.backup.restoring import Restored, restore_backup
from services.backup.taking import Taken, take_backup
from services.cli.screen import console
from services.cli.settings import read_settings
from services.cli.state import opened_state
from services.conversations.core import utc_now
from services.settings import Settings

_SWEDEN: Final = ZoneInfo("Europe/Stockholm")

_KeyFile = Annotated[
    Path | None,
    typer.Option(help="Nyckelfilen; annars backup.keys bredvid huvudnyckeln.", dir_okay=False),
]

backup = typer.Typer(add_completion=False)
restore = typer.Typer(add_completion=False)


@backup.command()
def backup_command(
    file: Annotated[Path, typer.Argument(help="Ny fil att skriva till.", dir_okay=False)],
    keys: _KeyFile = None,
) -> None:
    """Skriv en krypterad säkerhetskopia till en ny fil, också medan tjänsten kör."""
    back_up(read_settings(), file, keys)


@restore.command()
def restore_command(
    file: Annotated[Path, typer.Argument(help="Säkerhetskopian.", exists=True, dir_okay=False)],
    keys: _KeyFile = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Ta bort allt som databasen har förut.")
    ] = False,
) -> None:
    """Återställ en säkerhetskopia i en tom databas. Stoppa tjänsten först."""
    bring_back(read_settings(), file, keys, replace=replace)


def back_up(settings: Settings, path: Path, key_file: Path | None) -> None:
    """Take a backup, and tell what to do with the two files."""
    keys = key_file or settings.backup_key_file

    async def work() -> Taken:
        async with opened_state(settings) as (database, keyring):
            return await take_backup(database, keyring, path, keys, now=utc_now())

    with console.status("Skriver säkerhetskopian ..."):
        taken = asyncio.run(work())
    console.print(
        f"Säkerhetskopian {path} är skriven och kontrolläst: {taken.conversations} samtal, "
        f"{taken.rows} rader.\n"
        f"Flytta den till ett annat ställe. Ersätt kopian av nyckelfilen {keys} med den nya,\n"
        "på ett tredje ställe, tillsammans med huvudnyckeln. Spara inga äldre nyckelfiler.",
        markup=False,
    )


def bring_back(settings: Settings, path: Path, key_file: Path | None, *, replace: bool) -> None:
    """Restore a backup, and tell what came back."""
    keys = key_file or settings.backup_key_file

    async def work() -> Restored:
        async with opened_state(settings) as (database, keyring):
            return await restore_backup(
                database, keyring, path, keys, replace=replace, now=utc_now()
            )

    with console.status("Återställer ..."):
        restored = asyncio.run(work())
    console.print(
        f"Databasen är återställd till {_local(restored.taken_at)}: "
        f"{restored.conversations} samtal.",
        markup=False,
    )
    if restored.forgotten:
        console.print(f"{restored.forgotten} samtal har raderats sedan dess och kom inte tillbaka.")
    console.print("Konton är som de var då: stäng igen dem som har stängts sedan dess.")


def _local(at: datetime) -> str:
    return f"{at.astimezone(_SWEDEN):%Y-%m-%d %H:%M}"
