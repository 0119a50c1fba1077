"""``oroslotsen keys``: the master keys, which encrypt the conversations' own keys."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from services.cli.screen import CommandError, console
from services.cli.settings import read_settings
from services.cli.state import opened_state
from services.conversations.core import utc_now
from services.privacy.key_store import KeyStore, Kind
from services.privacy.master_key import ID_BYTES, MasterKey
from services.rotation.rotating import GRACE_SECONDS, Rotated, rotate_keys
from services.store.wrapped_keys import count_keys_by_beginning

keys = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Huvudnycklarna, som låser samtalens egna nycklar.",
)


@keys.command("show")
def show() -> None:
    """Visa nycklarnas märken och ålder, och hur många samtal och konton var och en låser."""
    settings = read_settings()
    store = KeyStore(settings.effective_master_key_file)

    async def count() -> dict[bytes, int]:
        async with opened_state(settings) as (database, _), database.read() as session:
            return await count_keys_by_beginning(session, ID_BYTES)

    counts, lines = asyncio.run(count()), store.lines()
    known = [MasterKey(line.value).id for line in lines if line.kind is Kind.KEY]
    table = Table("Märke", "Gjord", "Ålder", "Används till", "Låser")
    uses = ["allt nytt", *("läses ännu" for _ in known[1:])]
    made = [line.made_at for line in lines if line.kind is Kind.KEY]
    for key, made_at, use in zip(known, made, uses, strict=True):
        table.add_row(key.hex(), *_age(made_at), use, str(counts.pop(key, 0)))
    for line in lines:
        if line.kind is Kind.AUDIT:
            table.add_row("", *_age(line.made_at), "bara att granska gamla poster i loggen", "0")
    for key, lost in counts.items():
        table.add_row(key.hex(), "okänt", "", "finns inte här: går inte att läsa", str(lost))
    Console().print(table)


@keys.command("rotate")
def rotate() -> None:
    """Byt huvudnyckel medan tjänsten kör. Avbryts det fortsätter nästa körning där det var."""
    settings = read_settings()
    store = KeyStore(settings.effective_master_key_file)
    backups = settings.backup_key_file

    async def work(key_file: Path | None) -> Rotated:
        async with opened_state(settings) as (database, keyring):
            with console.status("Byter huvudnyckel ...") as status:
                return await rotate_keys(
                    database,
                    store,
                    keyring,
                    key_file,
                    clock=utc_now,
                    grace=GRACE_SECONDS,
                    tell=lambda done: status.update(f"Byter huvudnyckel: {done} klara ..."),
                )

    rotated = asyncio.run(work(backups if backups.exists() else None))
    console.print(f"{rotated.wrapped} nycklar är låsta med den nya huvudnyckeln.")
    if rotated.unreadable:
        console.print(
            f"{rotated.unreadable} nycklar gick inte att öppna, varken med den nya eller den gamla."
        )
    if not rotated.is_done:
        raise CommandError(
            f"{rotated.calls} telefonsamtal kan pågå, så den gamla nyckeln läses ännu. "
            "Kör kommandot igen om fyra timmar."
        )
    console.print(
        f"Den gamla nyckeln är borttagen ur {store.path}.\n"
        "Spara en kopia av den nya nyckelfilen på samma ställe som den gamla, och ta sedan en ny\n"
        "säkerhetskopia. Äldre säkerhetskopior öppnas bara med din kopia av den gamla nyckeln.",
        markup=False,
    )


def _age(made_at: datetime | None) -> tuple[str, str]:
    if made_at is None:
        return "okänt", ""
    days = (utc_now() - made_at).days
    return f"{made_at:%Y-%m-%d}", f"{days} dygn"
