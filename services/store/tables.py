"""The tables, one a concept. Names ending in ``_sealed`` hold ciphertext."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.vocabulary import Author, Channel, Owner, Urgency


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; SQLite would otherwise give back a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC; a time without zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without time zone can't be stored.")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Give back an aware time."""
        if value is None:
            return None
        stored = cast("datetime", value)
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


def _stored(values: type[enum.StrEnum], length: int) -> Enum:
    """A column of ``values``: text in the database, members of the enumeration in Python."""
    return Enum(
        values,
        values_callable=lambda kind: [one.value for one in kind],
        native_enum=False,
        create_constraint=False,
        length=length,
    )


class InboundState(enum.StrEnum):
    """Where a caller's message stands."""

    WAITING = "waiting"
    ANSWERED = "answered"
    WITH_COORDINATOR = "with_coordinator"


class OutboundState(enum.StrEnum):
    """Where a message to the caller stands. Web messages are delivered by being ``ready``."""

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class TicketState(enum.StrEnum):
    """Where a handover stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    CLOSED = "closed"


class Base(DeclarativeBase):
    """Common ground: naming of constraints (for migrations) and of column types."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declarative attribute
        datetime: UtcDateTime(),
        str: String(120),
        bytes: LargeBinary(),
        Channel: _stored(Channel, 8),
        Owner: _stored(Owner, 12),
        Author: _stored(Author, 12),
        Urgency: _stored(Urgency, 8),
        InboundState: _stored(InboundState, 20),
        OutboundState: _stored(OutboundState, 12),
        TicketState: _stored(TicketState, 8),
    }


def _one_of(column: str, values: type[enum.StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Conversation(Base):
    """One caller on one channel, over time.

    ``fence`` rises each time the owner changes. ``danger_asked`` is true while "Är någon i fara
    just nu?" is the last thing that the bot said; ``in_form`` while the intake waits for an answer.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        _one_of("channel", Channel),
        _one_of("owner", Owner),
        _one_of("urgency", Urgency),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[Channel]
    municipality: Mapped[str] = mapped_column(String(40))
    variant: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    last_activity_at: Mapped[datetime] = mapped_column(index=True)
    wrapped_key: Mapped[bytes]
    secret_hash: Mapped[bytes | None]
    caller_hash: Mapped[bytes | None] = mapped_column(unique=True)
    owner: Mapped[Owner] = mapped_column(default=Owner.BOT)
    coordinator_id: Mapped[UUID | None] = mapped_column(ForeignKey("coordinators.id"))
    fence: Mapped[int] = mapped_column(default=0)
    urgency: Mapped[Urgency | None]
    greeted: Mapped[bool] = mapped_column(default=False)
    danger_asked: Mapped[bool] = mapped_column(default=False)
    in_form: Mapped[bool] = mapped_column(default=False)
    last_position: Mapped[int] = mapped_column(default=0)
    dialogue_state_sealed: Mapped[bytes | None]
    leased_by: Mapped[str | None] = mapped_column(String(40))
    leased_until: Mapped[datetime | None]


class Inbound(Base):
    """A message from a caller: the durable inbox. ``client_id`` is the caller's own id for it."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_id"),
        UniqueConstraint("conversation_id", "position"),
        Index(
            "ix_inbound_waiting",
            "received_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        _one_of("state", InboundState),
        _one_of("urgency", Urgency),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    client_id: Mapped[str] = mapped_column(String(64))
    choice: Mapped[str | None] = mapped_column(String(40))
    position: Mapped[int]
    received_at: Mapped[datetime]
    body_sealed: Mapped[bytes]
    state: Mapped[InboundState] = mapped_column(default=InboundState.WAITING)
    urgency: Mapped[Urgency | None]
    judgement_sealed: Mapped[bytes]
    answered_at: Mapped[datetime | None]


class Outbound(Base):
    """A message to a caller: the durable outbox. One inbound has at most one bot reply.

    ``client_id`` is the coordinator's own id for what they wrote, so that a repeat sends nothing.
    """

    __tablename__ = "outbound"
    __table_args__ = (
        UniqueConstraint("in_reply_to"),
        UniqueConstraint("conversation_id", "client_id"),
        UniqueConstraint("conversation_id", "position"),
        _one_of("author", Author),
        _one_of("state", OutboundState),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    position: Mapped[int]
    in_reply_to: Mapped[UUID | None] = mapped_column(ForeignKey("inbound.id"))
    author: Mapped[Author]
    coordinator_id: Mapped[UUID | None] = mapped_column(ForeignKey("coordinators.id"))
    client_id: Mapped[str | None] = mapped_column(String(64))
    fence: Mapped[int]
    created_at: Mapped[datetime]
    body_sealed: Mapped[bytes]
    state: Mapped[OutboundState] = mapped_column(default=OutboundState.READY)


class TicketRow(Base):
    """A structured handover; at most one that is not closed for each conversation."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index(
            "uq_tickets_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("state != 'closed'"),
            postgresql_where=text("state != 'closed'"),
        ),
        Index("ix_tickets_queue", "state", "created_at"),
        _one_of("state", TicketState),
        _one_of("urgency", Urgency),
        _one_of("channel", Channel),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    channel: Mapped[Channel]
    municipality: Mapped[str] = mapped_column(String(40))
    urgency: Mapped[Urgency]
    state: Mapped[TicketState] = mapped_column(default=TicketState.WAITING)
    coordinator_id: Mapped[UUID | None] = mapped_column(ForeignKey("coordinators.id"))
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(24))
    schema_version: Mapped[str] = mapped_column(String(8))
    body_sealed: Mapped[bytes]


class Coordinator(Base):
    """A person who may take over conversations."""

    __tablename__ = "coordinators"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    login: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class ConsoleSession(Base):
    """A coordinator's login; only a hash of its cookie is stored."""

    __tablename__ = "console_sessions"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    coordinator_id: Mapped[UUID] = mapped_column(ForeignKey("coordinators.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
