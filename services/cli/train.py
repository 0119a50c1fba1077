"""``oroslotsen train``: the models, made anew when what they are made of has changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from services.cli.processes import RASA_PYTHON
from services.cli.screen import CommandError, console
from services.cli.settings import read_settings
from services.cli.training import train_rasa, train_urgency
from services.settings import Settings

train = typer.Typer(add_completion=False)


@train.command()
def command() -> None:
    """Träna modellerna om träningsdata har ändrats."""
    model = train_all(read_settings())
    console.print(f"Modellerna är aktuella ({model.name}).")


def train_all(settings: Settings) -> Path:
    """Train what is out of date, telling how far it is; give the path of Rasa's model.

    Raises:
        CommandError: Rasa's environment is missing.
        TrainingError: the training data are refused.
    """
    if not RASA_PYTHON.exists():
        raise CommandError("Rasas miljö saknas. Kör: make setup")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        urgency = progress.add_task("Tränar brådskemodellen")
        rasa = progress.add_task("Tränar Rasas modell")

        def tell_share(share: float) -> None:
            progress.update(urgency, description=f"Tränar brådskemodellen: {share:.0%}")

        def tell_step(step: str) -> None:
            progress.update(rasa, description=f"Tränar Rasas modell: {step}")

        # Rasa trains in a process of its own, so that both cores have work.
        with ThreadPoolExecutor(1) as pool:
            model = pool.submit(train_rasa, settings, tell_step)
            train_urgency(settings, tell_share)
            return model.result()
