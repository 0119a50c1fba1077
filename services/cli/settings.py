"""``oroslotsen settings``, and the settings that every command reads."""

from __future__ import annotations

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from services.cli.screen import CommandError
from services.settings import Settings

settings = typer.Typer(add_completion=False)


def read_settings() -> Settings:
    """The settings. Raises ``CommandError`` naming each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        lines = (f"  {str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in faults)
        raise CommandError("Inställningarna stämmer inte:\n" + "\n".join(lines)) from None


@settings.command()
def show() -> None:
    """Visa alla inställningar, och vilka som är satta."""
    given = read_settings()
    table = Table("Inställning", "Värde", "Satt", "Vad den gör")
    for name, field in Settings.model_fields.items():
        value = getattr(given, name)
        chosen = "ja" if name in given.model_fields_set else "förval"
        table.add_row(name.upper(), "" if value is None else str(value), chosen, field.description)
    Console().print(table)
