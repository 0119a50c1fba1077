"""``oroslotsen doctor``: the whole examination, from the machine outwards."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from services.cli.doctor.content import look_at_content
from services.cli.doctor.finding import Finding, Look, Patient, State
from services.cli.doctor.machine import (
    look_at_clock,
    look_at_environments,
    look_at_room,
    look_at_settings,
)
from services.cli.doctor.processes import look_at_models, look_at_ports
from services.cli.doctor.reach import (
    look_at_address,
    look_at_notices,
    look_at_sign_in,
    look_at_telephone,
    look_outside,
)
from services.cli.doctor.stored import look_at_database, look_at_key, look_at_redis
from services.cli.screen import console
from services.cli.settings import read_settings

LOOKS: Final[Sequence[Look]] = (
    look_at_settings,
    look_at_environments,
    look_at_clock,
    look_at_room,
    look_at_key,
    look_at_database,
    look_at_redis,
    look_at_models,
    look_at_content,
    look_at_ports,
    look_at_address,
    look_at_telephone,
    look_at_notices,
    look_at_sign_in,
    look_outside,
)
_SIGNS: Final = {
    State.OK: "[green]ok[/green]      ",
    State.WARNING: "[yellow]varning[/yellow] ",
    State.FAULT: "[bold red]fel[/bold red]     ",
}

doctor = typer.Typer(add_completion=False)


@doctor.command()
def command(
    *,
    outside: Annotated[
        bool,
        typer.Option("--outside", help="Pröva också andra maskiner: proxyn, Twilio, e-post."),
    ] = False,
) -> None:
    """Undersök installationen: vad som är fel, och vad du ska göra åt det.

    Ändrar ingenting, och frågar ingen annan maskin utan --outside. Slutar med 1 om något är fel.
    """
    patient = Patient(
        settings=read_settings(),
        now=datetime.now(UTC),
        free_bytes=lambda folder: shutil.disk_usage(folder).free,
        outside=outside,
    )
    states = asyncio.run(_tell(patient))
    faults, warnings = states.count(State.FAULT), states.count(State.WARNING)
    screen = Console(highlight=False)
    if faults:
        screen.print(f"\n[bold]{faults} fel[/bold] och {warnings} varningar.")
        raise typer.Exit(1)
    screen.print(f"\nInga fel, {warnings} varningar.")


async def examine(patient: Patient) -> AsyncIterator[Finding]:
    """Look at every part, in order."""
    for look in LOOKS:
        async for finding in look(patient):
            yield finding


async def _tell(patient: Patient) -> list[State]:
    screen, states = Console(highlight=False), []
    with console.status("Undersöker ..."):
        async for finding in examine(patient):
            says = f"[bold]{finding.part}[/bold]: {escape(finding.says)}"
            screen.print(_SIGNS[finding.state] + says, soft_wrap=True)
            if finding.remedy:
                screen.print(f"        → {escape(finding.remedy)}", soft_wrap=True)
            states.append(finding.state)
    return states
