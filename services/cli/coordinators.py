"""``oroslotsen coordinator``: accounts in the console."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from services.audit.log import record
from services.audit.record import OPERATOR, Deed
from services.cli.state import stored_state
from services.console.accounts import (
    create_coordinator,
    disable_coordinator,
    login_of,
    reset_coordinator,
)
from services.conversations.core import utc_now
from services.store.tables import Role

coordinator = typer.Typer(no_args_is_help=True, add_completion=False, help="Samordnarnas konton.")

_Name = Annotated[str, typer.Argument(help="Kontots namn, det som skrivs vid inloggningen.")]


@coordinator.command("add")
def add(
    name: _Name,
    role: Annotated[
        Role, typer.Option(help="Vad kontot får göra: samordnare, ansvarig eller statistik.")
    ] = Role.SAMORDNARE,
    sign_in: Annotated[
        str | None,
        typer.Option(help="Personens id i kommunens inloggning; då behövs inget lösenord."),
    ] = None,
) -> None:
    """Skapa ett konto och visa dess engångslösenord."""

    async def work() -> str:
        async with stored_state() as (session, keyring):
            now = utc_now()
            password = await create_coordinator(session, name, now, role=role, sign_in_id=sign_in)
            deed = Deed.ACCOUNT_ADD
            await record(session, keyring, at=now, actor=OPERATOR, deed=deed, about=login_of(name))
            return password

    password = asyncio.run(work())
    if sign_in is None:
        _show_password(name, password)
    else:
        typer.echo(f"Kontot {name} ({role}) loggar in med kommunens inloggning.")


@coordinator.command("reset")
def reset(name: _Name) -> None:
    """Ge ett nytt engångslösenord, glöm kodappen och logga ut kontot överallt."""

    async def work() -> str:
        async with stored_state() as (session, keyring):
            password = await reset_coordinator(session, name)
            deed, now = Deed.ACCOUNT_RESET, utc_now()
            await record(session, keyring, at=now, actor=OPERATOR, deed=deed, about=login_of(name))
            return password

    _show_password(name, asyncio.run(work()))


@coordinator.command("disable")
def disable(name: _Name) -> None:
    """Stäng ett konto och logga ut det överallt."""

    async def work() -> None:
        async with stored_state() as (session, keyring):
            now = utc_now()
            await disable_coordinator(session, name, now)
            deed = Deed.ACCOUNT_DISABLE
            await record(session, keyring, at=now, actor=OPERATOR, deed=deed, about=login_of(name))

    asyncio.run(work())
    typer.echo(f"Kontot {name} är stängt.")


def _show_password(name: str, password: str) -> None:
    typer.echo(f"Konto: {name}")
    typer.echo(f"Engångslösenord: {password}")
    typer.echo("Det gäller för nästa inloggning, där ett eget lösenord och en kodapp väljs.")
