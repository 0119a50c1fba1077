"""Queries on our own test conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.store.tables import Conversation, Inbound, Outbound


async def list_probes(session: AsyncSession, *, before: datetime) -> list[UUID]:
    """Test conversations that were opened before a time."""
    rows = await session.scalars(
        select(Conversation.id).where(Conversation.is_probe, Conversation.created_at < before)
    )
    return list(rows)


async def delete_probes(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Remove test conversations with all that was said in them; no other is ever removed here."""
    found = select(Conversation.id).where(Conversation.id.in_(ids), Conversation.is_probe)
    for table in (Outbound, Inbound):
        await session.execute(delete(table).where(table.conversation_id.in_(found)))
    await session.execute(
        delete(Conversation).where(Conversation.id.in_(ids), Conversation.is_probe)
    )
