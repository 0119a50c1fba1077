"""``oroslotsen knowledge``: what editors of the texts run."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from services.answers.freshness import contacts_to_confirm, stale_answers
from services.answers.loading import load_knowledge
from services.cli.preview import HOST, start_preview
from services.cli.running import stop_signal
from services.cli.screen import CommandError, console
from services.cli.settings import read_settings
from services.vocabulary import MunicipalityId

knowledge = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Texterna och kontakterna."
)


@knowledge.command()
def check(
    *,
    strict: Annotated[bool, typer.Option(help="Misslyckas om något behöver ses över.")] = False,
) -> None:
    """Kontrollera texterna, och visa vad som är gammalt och vem du ska ringa för att bekräfta."""
    loaded = load_knowledge(read_settings().knowledge_dir)
    today = date.today()  # noqa: DTZ011 - the operator's own day
    answers, calls = stale_answers(loaded, today), contacts_to_confirm(loaded, today)
    stale = Table("Svar att granska", Column("Fråga", overflow="fold"), "Skulle ha granskats")
    for answer in answers:
        stale.add_row(answer.id, answer.question, answer.review_by.isoformat())
    confirm = Table(
        Column("Kontakt att ringa", overflow="fold"),
        Column("Kommun", no_wrap=True),
        Column("Nummer", no_wrap=True),
        Column("Bekräftad", no_wrap=True),
        "Fråga",
    )
    for call in calls:
        confirm.add_row(
            call.name,
            call.municipality or "hela landet",
            call.number or "saknas",
            call.confirmed_words,
            "\n".join(call.asks),
        )
    screen = Console()
    screen.print(f"Inga fel i filerna ({len(loaded.answers)} svar, version {loaded.version}).")
    for table in (stale, confirm):
        if table.row_count:
            screen.print(table)
    if strict and (answers or calls):
        raise CommandError(f"{len(answers)} svar och {len(calls)} kontakter behöver ses över.")


@knowledge.command()
def preview(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port på den egna datorn.")] = 8090,
) -> None:
    """Visa alla svar som de blir, i webbläsaren på den egna datorn. Ctrl-C stoppar."""
    settings = read_settings()
    own = MunicipalityId(settings.municipality)

    async def show() -> None:
        try:
            runner = await start_preview(settings.knowledge_dir, own, port)
        except OSError:
            raise CommandError(f"Port {port} är upptagen. Välj en annan med --port.") from None
        console.print(f"Förhandsvisning: http://{HOST}:{port}   (Ctrl-C stoppar)")
        await stop_signal()
        await runner.cleanup()

    asyncio.run(show())
