"""``oroslotsen export``: what we have about a person who has asked for it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from services.answers.loading import load_knowledge
from services.audit.log import record
from services.audit.record import OPERATOR, Deed
from services.cli.screen import CommandError, console
from services.cli.settings import read_settings
from services.cli.state import opened_state
from services.console.person_export import PersonExport, as_text, export_of
from services.conversations.core import utc_now
from services.conversations.locking import lock_known_conversation
from services.conversations.sealing import conversation_key, number_row
from services.conversations.timeline import read_timeline
from services.store.tickets import find_ticket_by_reference
from services.tickets.sealing import unseal_ticket

export = typer.Typer(add_completion=False)


@export.command()
def command(
    *,
    reference: Annotated[str, typer.Option("--reference", help="Ärendets referens.")],
    out: Annotated[Path | None, typer.Option(help="Fil att skriva; annars REFERENS.txt.")] = None,
) -> None:
    """Skriv det vi har i ett ärende till en fil, för den som begär sina uppgifter."""
    export_person(reference, out or Path(f"{reference}.txt"))


def export_person(reference: str, path: Path) -> None:
    """Write the file, which only its owner can read, and put it in the audit log."""
    settings = read_settings()
    knowledge = load_knowledge(settings.knowledge_dir)

    async def work() -> PersonExport:
        async with opened_state(settings) as (database, keyring), database.begin() as session:
            now = utc_now()
            row = await find_ticket_by_reference(session, reference)
            if row is None:
                raise CommandError(f"Det finns inget ärende {reference}.")
            conversation = await lock_known_conversation(session, row.conversation_id)
            key = conversation_key(keyring, conversation)
            sealed = conversation.number_sealed
            number = key.open(sealed, row=number_row(conversation.id)) if sealed else None
            events = await read_timeline(session, key, conversation, after=0)
            export = export_of(unseal_ticket(key, row), events, number, knowledge, now)
            await record(
                session,
                keyring,
                at=now,
                actor=OPERATOR,
                deed=Deed.EXPORT_PERSON,
                ticket_id=row.id,
                about=reference,
            )
        return export

    text = as_text(asyncio.run(work()))
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandError(f"{path} finns redan. Välj ett annat namn.") from None
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(text)
    console.print(
        f"{path} är skriven. Läs igenom den innan den lämnas ut: namn och nummer på andra är\n"
        "ersatta av ett program, som kan ha missat något. Radera filen när den är utlämnad.",
        markup=False,
    )
