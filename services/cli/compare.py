"""``oroslotsen compare``: what was tried, what more data gives, what each threshold costs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
import uvloop
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from services.cli.evaluate import PAGE, show
from services.cli.screen import console
from services.cli.settings import read_settings
from services.cli.trials import Trial, rasa_trial, run_trials, urgency_trial
from services.evaluation.curves import HeldOut, in_use, learning_table, threshold_table
from services.evaluation.document import replace_section
from services.evaluation.findings import (
    LIMIT,
    RASA_DIET,
    RASA_REGRESSION,
    TOPIC_CONTENDERS,
    WORD_PIECE,
    compared,
    learning_points,
    where_weighed,
)
from services.evaluation.lone_models import MODELS
from services.evaluation.material import Material, prepare
from services.evaluation.plots import draw_learning, draw_thresholds
from services.evaluation.tables import Table
from services.evaluation.urgency_trials import CONTENDERS, SHARES_FILE
from services.logs import configure_logs
from services.settings import Settings
from services.triage.thresholds import Thresholds

_SECONDS: Final = 3600.0
"""Of the processor: more than any trial of our own takes."""


comparing = typer.Typer(add_completion=False)


@comparing.command()
def command(
    massive: Annotated[
        Path | None,
        typer.Option(
            help="Mapp med MASSIVE på svenska (train.jsonl, dev.jsonl); utelämnas annars.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Jämför klassificerare, datamängder och gränser i docs/understanding.md. 20 till 45 min."""
    settings = read_settings()
    configure_logs(settings.log_level)
    uvloop.run(compare(settings, PAGE, PAGE.parent / "pictures", massive))


async def compare(
    settings: Settings, page: Path, pictures: Path, massive: Path | None = None
) -> None:
    """Train and measure everything; print the tables and write them and the pictures.

    Args:
        settings: Where data and knowledge are.
        page: A document with places for the comparison and the curves.
        pictures: The folder for the plots, beside the page.
        massive: A folder with ``train.jsonl`` and ``dev.jsonl`` of the MASSIVE data set.

    Raises:
        MalformedCaseError, MarkersMissingError, MassiveError, TrialError: with what is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="oroslotsen-") as folder:
        with console.status("Delar upp meddelandena"):
            material = prepare(settings.data_dir, Path(folder), massive)
        await _run_all(settings, material)
        day = date.today()  # noqa: DTZ011 - the day of the person who measures
        tables = (compared(material, day),)
        points = learning_points(material)
        with np.load(material.whole / SHARES_FILE, allow_pickle=False) as stored:
            held_out = HeldOut(stored["shares"], stored["right"])
    thresholds = Thresholds.load(settings.knowledge_dir / "thresholds.yml")
    learning, threshold = pictures / "learning-curve.svg", pictures / "threshold-curve.svg"
    draw_learning(points, learning)
    draw_thresholds(held_out, thresholds, in_use(held_out, thresholds), threshold)
    curves = (
        learning_table(points, _link(learning, page)),
        threshold_table(held_out, thresholds, _link(threshold, page)),
    )
    show((*tables, *curves))
    _write(page, tables, curves)


def _write(page: Path, comparison: Sequence[Table], curves: Sequence[Table]) -> None:
    # Read now: another measurement may have written its own section meanwhile.
    document = replace_section(page.read_text(encoding="utf-8"), "comparison", comparison)
    page.write_text(replace_section(document, "curves", curves), encoding="utf-8")


async def _run_all(settings: Settings, material: Material) -> None:
    measured = _measuring(settings, material)
    weighed = len(TOPIC_CONTENDERS) + len(CONTENDERS)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Jämför", total=sum(t.pieces for t in measured) + weighed)

        def started(title: str) -> None:
            progress.update(task, description=title)

        def piece_done() -> None:
            progress.advance(task)

        await run_trials(measured, started, piece_done)
        await run_trials(_weighing(settings, material), started, piece_done)


def _measuring(settings: Settings, material: Material) -> list[Trial]:
    """The longest first, so that both cores have work to the end."""
    massive = [material.massive_some, material.massive_all] if material.massive else []
    whole = material.whole
    slow = [(RASA_REGRESSION, where) for where in (material.smallest, *massive)]
    slow += [(RASA_DIET, where) for where in massive[:1]]
    quick = [name for name in TOPIC_CONTENDERS if name not in {RASA_REGRESSION, RASA_DIET}]
    return [
        *(
            rasa_trial(settings, "measure", name, [where], seconds=LIMIT, may_be_broken_off=True)
            for name, where in slow
        ),
        urgency_trial("alone", whole, seconds=_SECONDS, pieces=len(MODELS)),
        *(
            rasa_trial(
                settings,
                "measure",
                name,
                [
                    whole,
                    *massive,
                    *material.fold_folders,
                    *(material.part_folders if name == WORD_PIECE else ()),
                ],
                seconds=_SECONDS,
            )
            for name in quick
        ),
        urgency_trial("judge", whole, seconds=_SECONDS, pieces=3),
        *(urgency_trial("curve", part, seconds=_SECONDS) for part in material.part_folders),
    ]


def _weighing(settings: Settings, material: Material) -> list[Trial]:
    whole = material.whole
    return [
        *(
            rasa_trial(settings, "weigh", name, [where], seconds=LIMIT)
            for name in TOPIC_CONTENDERS
            if (where := where_weighed(material, name)) is not None
        ),
        *(urgency_trial(f"weigh:{name}", whole, seconds=LIMIT) for name in CONTENDERS),
    ]


def _link(picture: Path, page: Path) -> str:
    return picture.relative_to(page.parent).as_posix()
