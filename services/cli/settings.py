"""``oroslotsen settings``, and the settings that every command reads."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.table import Table

from services.cli.screen import CommandError
from services.settings import ROOT, Settings

settings = typer.Typer(add_completion=False)

_PAGE: Final = """# Settings

By environment, or a line each in a file `.env`. `oroslotsen settings` prints them with the values
in force, and `oroslotsen doctor` says which don't fit together. This page is written by
`oroslotsen settings --page > docs/settings.md`.

| setting | default | what it is |
|---|---|---|
"""


def read_settings() -> Settings:
    """The settings. Raises ``CommandError`` naming each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        lines = (f"  {str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in faults)
        raise CommandError("Inställningarna stämmer inte:\n" + "\n".join(lines)) from None


@settings.command()
def show(
    *,
    page: Annotated[
        bool, typer.Option("--page", help="Skriv dokumentationens tabell, med förvalen.")
    ] = False,
) -> None:
    """Visa alla inställningar, och vilka som är satta."""
    if page:
        typer.echo(settings_page(), nl=False)
        return
    given = read_settings()
    table = Table("Inställning", "Värde", "Satt", "Vad den gör")
    for name, field in Settings.model_fields.items():
        value = getattr(given, name)
        chosen = "ja" if name in given.model_fields_set else "förval"
        table.add_row(name.upper(), "" if value is None else str(value), chosen, field.description)
    Console().print(table)


def settings_page() -> str:
    """The documentation's page of settings, in Markdown."""
    rows = (
        f"| `{name.upper()}` | {_default(field)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )
    return _PAGE + "".join(rows)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Path) and value.is_relative_to(ROOT):
        value = value.relative_to(ROOT)
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, time):
        value = f"{value:%H:%M}"
    return f"`{value}`" if value or value == 0 else ""
