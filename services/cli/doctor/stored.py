"""What is stored: the master key, the database behind it, and Redis between processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from services.cli.doctor.finding import Finding, Patient, fault, ok, warning
from services.cli.doctor.places import NOT_ASKED, is_here
from services.privacy.keyring import MasterKeyError, load_or_create_keyring
from services.store.database import Database
from services.store.migrate import knows_revision, newest_revision, stored_revision
from services.store.tables import Conversation, Coordinator

_SECONDS: Final = 15.0
"""Longer than a database waits for its lock."""

_NEWEST: Final = select(Conversation).order_by(Conversation.created_at.desc()).limit(1)


async def look_at_key(patient: Patient) -> AsyncIterator[Finding]:
    """Is the master key there, whole, and only its owner's to read?"""
    part, settings = "Huvudnyckeln", patient.settings
    path = settings.effective_master_key_file
    if not path.exists():
        if settings.master_key_file is None and not _has_database(patient):
            yield ok(part, "Skapas vid första starten.")
        else:
            yield fault(
                part,
                f"{path} saknas. Utan den går inget som är sparat att läsa.",
                f"Lägg tillbaka din kopia av nyckeln i {path}.",
            )
        return
    try:
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            yield fault(part, f"Andra än ägaren kan läsa {path}.", f"chmod 600 {path}")
            return
        load_or_create_keyring(path)
    except MasterKeyError:
        yield fault(
            part, f"{path} är ingen huvudnyckel.", f"Lägg tillbaka din kopia av nyckeln i {path}."
        )
    except OSError as error:
        yield fault(
            part,
            f"{path} går inte att läsa: {error.strerror}.",
            f"chown {_who()} {path} && chmod 600 {path}",
        )
    else:
        yield ok(part, f"{path}, bara för ägaren. Ha en kopia på ett annat ställe.")


async def look_at_database(patient: Patient) -> AsyncIterator[Finding]:
    """Does the database answer, is it of this program's form, and who can log in?"""
    part, settings = "Databasen", patient.settings
    if settings.database_url is None and not _has_database(patient):
        yield ok(part, "Skapas vid första starten.")
        return
    try:
        url = make_url(settings.effective_database_url)
    except ArgumentError:
        yield fault(part, "DATABASE_URL är ingen adress till en databas.", "Rätta DATABASE_URL.")
        return
    host = url.host or url.query.get("host")
    if not (patient.outside or is_here(host if isinstance(host, str) else None)):
        yield ok(part, NOT_ASKED)
        return
    database = Database.open(settings.effective_database_url)
    try:
        async with asyncio.timeout(_SECONDS), database.begin() as session:
            revision = await stored_revision(session)
            yield _form(part, revision)
            if revision == newest_revision():
                conversations = await session.scalar(select(func.count()).select_from(Conversation))
                accounts = await session.scalar(select(func.count()).select_from(Coordinator))
                yield ok(part, f"Svarar, {conversations} samtal.")
                if (newest := await session.scalar(_NEWEST)) and not _opens(patient, newest):
                    yield fault(
                        "Huvudnyckeln",
                        "Samtalen i databasen är skrivna med en annan huvudnyckel.",
                        "Lägg tillbaka nyckeln som hör till databasen i "
                        f"{settings.effective_master_key_file}.",
                    )
                yield _accounts(accounts or 0)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        yield _away(part, error, is_file=url.get_backend_name() == "sqlite")
    finally:
        await database.close()


async def look_at_redis(patient: Patient) -> AsyncIterator[Finding]:
    """Does Redis answer, when it is set?"""
    part, secret = "Redis", patient.settings.redis_url
    if secret is None:
        yield ok(part, "Används inte; behövs bara när flera tjänster delar på arbetet.")
        return
    remedy = "Starta Redis, eller rätta REDIS_URL."
    try:
        client = Redis.from_url(
            secret.get_secret_value(), socket_connect_timeout=3.0, socket_timeout=3.0
        )
    except ValueError:
        yield fault(part, "REDIS_URL är ingen adress till en Redis.", remedy)
        return
    if not (patient.outside or is_here(client.connection_pool.connection_kwargs.get("host"))):
        yield ok(part, NOT_ASKED)
        return
    try:
        await client.ping()
    except (RedisError, OSError):
        yield fault(part, "Redis svarar inte.", remedy)
    else:
        yield ok(part, "Svarar.")
    finally:
        await client.aclose()


def _opens(patient: Patient, conversation: Conversation) -> bool:
    """Whether the master key, if it can be used at all, opens a conversation."""
    path = patient.settings.effective_master_key_file
    if not path.exists():
        return True  # told already
    try:
        keyring = load_or_create_keyring(path)
    except (MasterKeyError, OSError):
        return True  # told already
    try:
        keyring.unwrap(conversation.wrapped_key, conversation=str(conversation.id))
    except MasterKeyError:
        return False
    return True


def _form(part: str, revision: str | None) -> Finding:
    if revision == newest_revision():
        return ok(part, "Har den form som programmet väntar sig.")
    if revision is not None and not knows_revision(revision):
        return fault(
            part,
            "Databasen är skriven av en nyare version av programmet.",
            "Installera den versionen, eller återställ en kopia i en tom databas: "
            "oroslotsen restore KOPIA",
        )
    return warning(
        part,
        "Databasen är från en äldre version. Den görs om vid nästa start.",
        "Ta en kopia först: oroslotsen backup KOPIA. Starta sedan: make start",
    )


def _accounts(count: int) -> Finding:
    if count:
        return ok("Samordnare", f"{count} konton.")
    return warning(
        "Samordnare", "Ingen kan logga in: det finns inga konton.", "make coordinator NAME=anna"
    )


def _away(part: str, error: Exception, *, is_file: bool) -> Finding:
    original = error.orig if isinstance(error, DBAPIError) else error
    if is_file and "locked" in str(original):
        return fault(
            part,
            "Databasen är låst av en annan process.",
            "Avsluta det som har filen öppen: fuser -v på databasfilen visar vad.",
        )
    if is_file:
        return fault(
            part,
            "Databasfilen går inte att läsa eller skriva.",
            "Se efter rättigheter och plats. Är filen skadad: oroslotsen restore KOPIA",
        )
    return fault(part, "Databasen svarar inte.", "Starta PostgreSQL, eller rätta DATABASE_URL.")


def _has_database(patient: Patient) -> bool:
    settings = patient.settings
    return settings.database_url is None and (settings.state_dir / "oroslotsen.db").exists()


def _who() -> str:
    return str(os.getuid())
