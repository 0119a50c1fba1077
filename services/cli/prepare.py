"""``oroslotsen prepare``: what ``start`` does first, in a process whose memory goes with it."""

from __future__ import annotations

import asyncio
from typing import Final

import typer
from sqlalchemy import select

from services.answers.loading import load_knowledge
from services.cli.prepared import Prepared
from services.cli.settings import read_settings
from services.cli.state import prepare_database
from services.cli.train import train_all
from services.settings import Settings
from services.store.database import Database
from services.store.tables import Coordinator
from services.vocabulary import TopicId

_PROBE_TOPIC: Final = TopicId("vald_extremism_def")
"""The answer whose question is the test message."""

prepare = typer.Typer(add_completion=False)


@prepare.command()
def command() -> None:
    """Läs texterna, förbered databasen och träna vid behov; skriv ut vad start behöver veta."""
    settings = read_settings()
    question = load_knowledge(settings.knowledge_dir).answers[_PROBE_TOPIC].question
    asyncio.run(prepare_database(settings))
    train_all(settings)
    has_accounts = asyncio.run(_has_accounts(settings))
    typer.echo(Prepared(question=question, has_accounts=has_accounts).model_dump_json())


async def _has_accounts(settings: Settings) -> bool:
    database = Database.open(settings.effective_database_url)
    try:
        async with database.read() as session:
            return await session.scalar(select(Coordinator.id).limit(1)) is not None
    finally:
        await database.close()
