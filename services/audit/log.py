"""Writing the audit log, and reading it back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.record import START, Actor, Deed, Record, hash_detail
from services.privacy.keyring import ConversationKey, Keyring
from services.store.audit import add_audit_record, lock_audit_head
from services.store.tables import AuditRecord


async def record(
    session: AsyncSession,
    keyring: Keyring,
    *,
    at: datetime,
    actor: Actor,
    deed: Deed,
    ticket_id: UUID | None = None,
    about: str | None = None,
    detail: tuple[ConversationKey, str] | None = None,
) -> None:
    """Add a deed to the end of the log.

    Writers wait for each other at the log's head, so call this last in a transaction.

    Args:
        session: The open transaction of the deed itself.
        keyring: Makes the chain: without the master key nobody can forge it.
        at: When; aware.
        actor: Who.
        deed: What.
        ticket_id: With which ticket.
        about: With what of it, such as a field's name; never content.
        detail: A coordinator's own words, with the key of the conversation they are about.
    """
    head = await lock_audit_head(session, start=START)
    number = head.number + 1
    sealed = detail[0].seal(detail[1], row=detail_row(number)) if detail else None
    one = Record(
        number=number,
        at=at,
        actor=actor,
        deed=deed,
        ticket_id=ticket_id,
        about=about,
        detail_hash=hash_detail(sealed) if sealed else None,
    )
    head.number, head.chain = number, keyring.chain(head.chain, one.as_bytes())
    add_audit_record(
        session,
        AuditRecord(
            number=number,
            at=at,
            actor_id=actor.id,
            actor=actor.name,
            deed=deed.value,
            ticket_id=ticket_id,
            about=about,
            detail_sealed=sealed,
            detail_hash=one.detail_hash,
            chain=head.chain,
        ),
    )
    await session.flush()  # a second record of the same transaction goes on from here


def detail_row(number: int) -> str:
    """The row that a sealed detail belongs to."""
    return f"audit:{number}"


def as_record(row: AuditRecord) -> Record:
    """A stored record. Raises ``ValueError`` for a deed that there is not."""
    return Record(
        number=row.number,
        at=row.at,
        actor=Actor(row.actor, row.actor_id),
        deed=Deed(row.deed),
        ticket_id=row.ticket_id,
        about=row.about,
        detail_hash=row.detail_hash,
    )
