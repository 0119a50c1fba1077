"""``oroslotsen retention`` and ``oroslotsen hold``: what is removed for its age, what is not."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from services.audit.log import record
from services.audit.record import OPERATOR, Deed
from services.audit.verification import Mark
from services.cli.screen import CommandError, console
from services.cli.settings import read_settings
from services.cli.state import opened_state
from services.conversations.core import utc_now
from services.conversations.locking import lock_known_conversation
from services.retention.deadlines import Deadlines
from services.retention.deleting import forget_in_backups
from services.retention.run import Report, preview, run_retention
from services.store.deletion import Kind
from services.store.tickets import find_ticket_by_reference

_KINDS: Final = {
    Kind.EMPTY: "Öppnade samtal utan meddelanden, och våra testmeddelanden",
    Kind.WITHOUT_TICKET: "Samtal utan ärende",
    Kind.WITH_TICKET: "Samtal med avslutat ärende",
}

retention = typer.Typer(add_completion=False)
hold = typer.Typer(add_completion=False)


@retention.command()
def retention_command(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Räkna bara, ta inte bort.")] = False,
) -> None:
    """Ta bort det som är äldre än det får bli, och visa en rapport. Tjänsten gör det varje dygn."""
    retain(dry_run=dry_run)


@hold.command()
def hold_command(
    *,
    reference: Annotated[str, typer.Option("--reference", help="Ärendets referens.")],
    release: Annotated[bool, typer.Option("--release", help="Ta bort undantaget.")] = False,
) -> None:
    """Undanta ett ärende med sitt samtal från gallring och radering."""
    hold_ticket(reference, release=release)


def retain(*, dry_run: bool) -> None:
    """Remove what is old enough, or only count it; show the report."""
    settings = read_settings()
    deadlines = Deadlines.of(settings)

    async def work() -> Report:
        async with opened_state(settings) as (database, keyring):
            now = utc_now()
            if dry_run:
                return await preview(database, deadlines, now=now)
            report = await run_retention(database, keyring, deadlines, actor=OPERATOR, now=now)
            await forget_in_backups(database, keyring, settings.backup_key_file, now=utc_now())
            await database.forget_overwritten()
            return report

    _show(asyncio.run(work()), deadlines, dry_run=dry_run)


def hold_ticket(reference: str, *, release: bool) -> None:
    """Keep a ticket's conversation whatever its age, or no longer."""
    settings = read_settings()

    async def work() -> None:
        async with opened_state(settings) as (database, keyring), database.begin() as session:
            now = utc_now()
            ticket = await find_ticket_by_reference(session, reference)
            if ticket is None:
                raise CommandError(f"Det finns inget ärende {reference}.")
            conversation = await lock_known_conversation(session, ticket.conversation_id)
            if conversation.delete_after is not None:
                raise CommandError(f"Samtalet i {reference} raderas just nu.")
            conversation.held_at = None if release else now
            await record(
                session,
                keyring,
                at=now,
                actor=OPERATOR,
                deed=Deed.RELEASE if release else Deed.HOLD,
                ticket_id=ticket.id,
                about=reference,
            )

    asyncio.run(work())
    what = "gallras som andra igen" if release else "gallras och raderas inte"
    console.print(f"Samtalet i {reference} {what}.", markup=False)


def _show(report: Report, deadlines: Deadlines, *, dry_run: bool) -> None:
    table = Table("Vad", "Sparas", "Raderas nu" if dry_run else "Raderade", "Väntar på beslut",
                  "Undantagna", "Äldsta kvar")  # fmt: skip
    for one in report.counts:
        table.add_row(
            _KINDS[one.kind],
            f"{deadlines.conversations[one.kind].days} dygn",
            str(one.deleted),
            str(one.undecided),
            str(one.held),
            f"{one.oldest_left:%Y-%m-%d}" if one.oldest_left else "",
        )
    table.add_row(
        "Driftspår (kvitton, aviseringar, inloggningar)", f"{deadlines.traces.days} dygn",
        str(report.traces), "", "", "",
    )  # fmt: skip
    table.add_row("Granskningslogg", f"{deadlines.audit.days} dygn", str(report.audit), "", "", "")
    Console().print(table)
    if any(one.undecided for one in report.counts):
        console.print(
            "Det som väntar på beslut raderas när RETENTION_DECISION anger kommunens\n"
            "gallringsbeslut. Se docs/privacy.md."
        )
    if report.number is not None and report.chain is not None:
        console.print(f"Står i granskningsloggen: {Mark(report.number, report.chain)}")
