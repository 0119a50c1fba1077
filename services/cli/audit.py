"""``oroslotsen audit``: the coordinators' audit log."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from services.audit.verification import AuditBrokenError, Mark, verify_audit
from services.cli.screen import CommandError
from services.cli.state import stored_state

audit = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Granskningsloggen över samordnarnas arbete."
)


@audit.callback()
def _audit() -> None:
    """Keeps ``verify`` a command of its own, also while it is the only one."""


@audit.command("verify")
def verify(
    mark: Annotated[
        str | None,
        typer.Option("--mark", help="Ett märke som noterats förut; loggen ska fortfarande ha det."),
    ] = None,
) -> None:
    """Kontrollera att ingen post är ändrad eller borta, och visa ett märke att notera."""

    async def work() -> Mark:
        async with stored_state() as (session, keyring):
            known = Mark.parse(mark) if mark else None
            return await verify_audit(session, keyring, known=known)

    try:
        end = asyncio.run(work())
    except AuditBrokenError as error:
        raise CommandError(str(error)) from error
    typer.echo(f"Granskningsloggen stämmer: {end.number} poster.")
    typer.echo(f"Notera märket någon annanstans: {end}")
