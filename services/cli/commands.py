"""``oroslotsen``'s commands: which there are, and where each is.

A command's module is imported when the command is given, so that help comes at once and a process
carries nothing that its command does not use. The module has a Typer application of that name.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Final

import typer

from services.cli.screen import console
from services.errors import OperatorError


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the ``help`` in the list, and the Typer application ``within`` a module."""

    module: str
    within: str
    help: str
    hidden: bool = False

    def application(self) -> typer.Typer:
        """The command itself."""
        found: typer.Typer = getattr(import_module(f"services.cli.{self.module}"), self.within)
        return found


COMMANDS: Final = {
    "start": Command(
        "start", "start", "Förbered, träna vid behov och starta allt. Ctrl-C stoppar."
    ),
    "settings": Command("settings", "settings", "Visa alla inställningar, och vilka som är satta."),
    "doctor": Command(
        "doctor.examination",
        "doctor",
        "Undersök installationen: vad är fel, och vad hjälper?",
    ),
    "knowledge": Command("knowledge", "knowledge", "Texterna och kontakterna."),
    "coordinator": Command("coordinators", "coordinator", "Samordnarnas konton."),
    "audit": Command("audit", "audit", "Granskningsloggen över samordnarnas arbete."),
    "backup": Command(
        "backup", "backup", "Skriv en krypterad säkerhetskopia, också medan tjänsten kör."
    ),
    "restore": Command("backup", "restore", "Återställ en säkerhetskopia i en tom databas."),
    "keys": Command("keys", "keys", "Huvudnycklarna, som låser samtalens egna nycklar."),
    "retention": Command("retention", "retention", "Ta bort det som är äldre än det får bli."),
    "hold": Command("retention", "hold", "Undanta ett ärende från gallring och radering."),
    "export": Command(
        "person_export", "export", "Skriv ut ett ärende, för den som begär sina uppgifter."
    ),
    "sms": Command("telephone", "sms", "Prova sms utan Twilio: varje rad blir ett meddelande."),
    "call": Command("telephone", "call", "Prova ett samtal utan Twilio: visa vad som hörs."),
    "triage": Command(
        "triage", "triage", "Bedöm meddelanden ur en fil, genom hela den riktiga vägen."
    ),
    "train": Command("train", "train", "Träna modellerna om träningsdata har ändrats."),
    "evaluate": Command("evaluate", "evaluate", "Mät hur väl det som skrivs förstås. 2 min."),
    "compare": Command(
        "compare", "comparing", "Jämför klassificerare, datamängder och gränser. 20 till 45 min."
    ),
    "bench": Command(
        "bench", "benchmark", "Mät hur snabb tjänsten är bredvid vanlig Rasa. 20 min."
    ),
    "serve": Command("serve", "serve", "Kör bara tjänsten (Rasa och åtgärdsservern körs för sig)."),
    "prepare": Command("prepare", "prepare", "Det start gör först.", hidden=True),
    "migration": Command("migration", "migration", "Skriv en migrering.", hidden=True),
}

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Oroslotsen på kommandoraden.")


def _register(name: str, command: Command) -> None:
    # Everything after the name is for the command itself, --help too.
    @app.command(
        name,
        help=command.help,
        hidden=command.hidden,
        add_help_option=False,
        context_settings={
            "allow_extra_args": True,
            "ignore_unknown_options": True,
            "allow_interspersed_args": False,
        },
    )
    def run(context: typer.Context) -> None:
        command.application()(args=context.args, prog_name=context.command_path)


@app.callback()
def _oroslotsen() -> None:
    """Keeps each command one of several."""


for _name, _command in COMMANDS.items():
    _register(_name, _command)


def main() -> None:
    """Run the command line; a known fault ends with its sentence, not with a stack trace."""
    try:
        app()
    except OperatorError as error:
        console.print(str(error), style="red", markup=False)
        raise SystemExit(1) from None
