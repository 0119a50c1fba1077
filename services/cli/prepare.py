"""``oroslotsen prepare``: what ``start`` does first, in a process whose memory goes with it."""

from __future__ import annotations

import asyncio
from typing import Final

import typer

from services.answers.loading import load_knowledge
from services.cli.settings import read_settings
from services.cli.state import prepare_database
from services.cli.train import train_all
from services.vocabulary import TopicId

_PROBE_TOPIC: Final = TopicId("vald_extremism_def")
"""The answer whose question is the test message."""

prepare = typer.Typer(add_completion=False)


@prepare.command()
def command() -> None:
    """Läs texterna, förbered databasen och träna vid behov; skriv ut provmeddelandets fråga."""
    settings = read_settings()
    question = load_knowledge(settings.knowledge_dir).answers[_PROBE_TOPIC].question
    asyncio.run(prepare_database(settings))
    train_all(settings)
    typer.echo(question)
