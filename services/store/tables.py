"""The tables, one a concept. Names ending in ``_sealed`` hold ciphertext."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import Any, Final, cast
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
    false,
    literal_column,
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


class Role(enum.StrEnum):
    """What an account may do in the console."""

    SAMORDNARE = "samordnare"
    """Takes conversations."""
    ANSVARIG = "ansvarig"
    """Takes conversations, and reads statistics, the audit log and corrections."""
    STATISTIK = "statistik"
    """Reads statistics, and never a conversation."""


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
        Role: _stored(Role, 12),
    }


def _one_of(column: str, values: type[enum.StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Conversation(Base):
    """One caller on one channel, over time.

    ``fence`` rises each time the owner changes. ``danger_asked`` is true while "Är någon i fara
    just nu?" is the last thing that the bot said; ``in_form`` while the intake waits for an answer.
    ``caller_hash`` is of the number on SMS and of the call's id on the phone; ``stopped_at`` is
    when the caller asked for no more text messages. After a turn that failed, the next try waits
    until ``rests_until``. ``is_probe`` marks our own test conversation: it is counted nowhere, and
    no coordinator sees it. ``delete_after`` is when it is deleted, as its caller asked and was
    told; ``held_at`` since when it must be kept, whatever its age.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        Index(
            "ix_conversations_delete_after",
            "delete_after",
            sqlite_where=text("delete_after IS NOT NULL"),
            postgresql_where=text("delete_after IS NOT NULL"),
        ),
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
    number_sealed: Mapped[bytes | None]
    stopped_at: Mapped[datetime | None]
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
    rests_until: Mapped[datetime | None]
    is_probe: Mapped[bool] = mapped_column(default=False, server_default=false())
    delete_after: Mapped[datetime | None]
    held_at: Mapped[datetime | None]


class Inbound(Base):
    """A message from a caller: the durable inbox.

    ``client_id`` is the caller's own id for it; ``attempts`` counts the turns on it that failed.
    """

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_id"),
        UniqueConstraint("conversation_id", "position"),
        Index(
            "ix_inbound_waiting",
            "conversation_id",
            "position",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_inbound_urgency", "conversation_id", "urgency", "position"),
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
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")


class Outbound(Base):
    """A message to a caller: the durable outbox. One inbound has at most one bot reply.

    ``client_id`` is the coordinator's own id for what they wrote, so that a repeat sends nothing.
    A text message has a ``due_at`` until it has left: when to try next. ``provider_id`` is the
    telephone company's id for it, ``failure`` why it did not arrive.
    """

    __tablename__ = "outbound"
    __table_args__ = (
        UniqueConstraint("in_reply_to"),
        UniqueConstraint("conversation_id", "client_id"),
        UniqueConstraint("conversation_id", "position"),
        Index("uq_outbound_provider_id", "provider_id", unique=True),
        Index(
            "ix_outbound_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
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
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    provider_id: Mapped[str | None] = mapped_column(String(40))
    failure: Mapped[str | None] = mapped_column(String(24))


class TicketRow(Base):
    """A structured handover; at most one that is not closed for each conversation.

    ``returned_at`` is when it went back to the queue because its holder did not answer in time;
    ``deletion_asked_at`` when the caller asked for the conversation to be deleted.
    """

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
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), index=True)
    channel: Mapped[Channel]
    municipality: Mapped[str] = mapped_column(String(40))
    urgency: Mapped[Urgency]
    state: Mapped[TicketState] = mapped_column(default=TicketState.WAITING)
    coordinator_id: Mapped[UUID | None] = mapped_column(ForeignKey("coordinators.id"))
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    deletion_asked_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(24))
    schema_version: Mapped[str] = mapped_column(String(8))
    body_sealed: Mapped[bytes]


# In the words of the partial indexes. With a parameter in their place the database can't know, when
# it plans the query, that the index holds what is asked for, and looks through the whole table.
INBOUND_WAITS: Final = Inbound.state == literal_column("'waiting'")
TICKET_IS_OPEN: Final = TicketRow.state != literal_column("'closed'")


class TicketEdit(Base):
    """Who changed a field of a ticket: nobody's id is the caller. Both values are sealed."""

    __tablename__ = "ticket_edits"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), index=True
    )
    coordinator_id: Mapped[UUID | None] = mapped_column(ForeignKey("coordinators.id"))
    made_at: Mapped[datetime]
    field: Mapped[str] = mapped_column(String(40))
    change_sealed: Mapped[bytes]


class TicketNote(Base):
    """What a coordinator wrote to the colleague who took a ticket over from them."""

    __tablename__ = "ticket_notes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), index=True
    )
    from_id: Mapped[UUID] = mapped_column(ForeignKey("coordinators.id"))
    to_id: Mapped[UUID] = mapped_column(ForeignKey("coordinators.id"))
    made_at: Mapped[datetime]
    body_sealed: Mapped[bytes]


class Correction(Base):
    """A coordinator's judgement where the assistant's was another.

    ``topic`` and ``judged_topic`` are nothing when only the urgency was corrected.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        Index("ix_corrections_made_at", "made_at"),
        _one_of("urgency", Urgency),
        _one_of("judged_urgency", Urgency),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), index=True
    )
    inbound_id: Mapped[UUID | None] = mapped_column(ForeignKey("inbound.id", ondelete="CASCADE"))
    coordinator_id: Mapped[UUID] = mapped_column(ForeignKey("coordinators.id"))
    made_at: Mapped[datetime]
    judged_urgency: Mapped[Urgency]
    urgency: Mapped[Urgency]
    judged_topic: Mapped[str | None] = mapped_column(String(40))
    topic: Mapped[str | None] = mapped_column(String(40))


class Coordinator(Base):
    """A person with an account in the console.

    ``totp_sealed`` is the secret of the code app, under the account's own key; it counts from
    ``totp_confirmed_at``, and ``totp_step`` is the last time step that was used. ``sign_in_id`` is
    who the person is at the municipality's own sign-in.
    """

    __tablename__ = "coordinators"
    __table_args__ = (Index("uq_coordinators_sign_in_id", "sign_in_id", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    login: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    role: Mapped[Role] = mapped_column(default=Role.SAMORDNARE, server_default="samordnare")
    sign_in_id: Mapped[str | None] = mapped_column(String(255))
    wrapped_key: Mapped[bytes | None]
    totp_sealed: Mapped[bytes | None]
    totp_confirmed_at: Mapped[datetime | None]
    totp_step: Mapped[int | None]
    on_duty_since: Mapped[datetime | None]
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code for whoever has lost the code app; it is deleted when it is used."""

    __tablename__ = "recovery_codes"

    coordinator_id: Mapped[UUID] = mapped_column(ForeignKey("coordinators.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)


class AuditRecord(Base):
    """One deed of a coordinator. No foreign keys: it outlives what it tells of.

    ``chain`` covers the record and the chain before it; of the sealed detail it covers only
    ``detail_hash``, so that it can be verified when retention has removed the detail.
    """

    __tablename__ = "audit"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[UUID | None]
    actor: Mapped[str] = mapped_column(String(80))
    deed: Mapped[str] = mapped_column(String(24))
    ticket_id: Mapped[UUID | None] = mapped_column(index=True)
    about: Mapped[str | None] = mapped_column(String(120))
    detail_sealed: Mapped[bytes | None]
    detail_hash: Mapped[bytes | None]
    chain: Mapped[bytes]


class AuditHead(Base):
    """Where the audit log ends; a single row, locked by whoever writes the next record.

    ``start_number`` and ``start_chain`` are of the last record that retention has removed.
    """

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    chain: Mapped[bytes]
    start_number: Mapped[int] = mapped_column(default=0, server_default="0")
    start_chain: Mapped[bytes | None]


class ConsoleSession(Base):
    """A coordinator's login; only a hash of its cookie is stored.

    ``second_factor`` is true once the code app's code was given, or none is asked for.
    """

    __tablename__ = "console_sessions"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    coordinator_id: Mapped[UUID] = mapped_column(ForeignKey("coordinators.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class TicketNotice(Base):
    """That coordinators who are not at the console are told of a ticket: once a way and urgency.

    ``due_at`` is when to try next, nothing when it was told or given up.
    """

    __tablename__ = "ticket_notices"
    __table_args__ = (
        UniqueConstraint("ticket_id", "way", "urgency"),
        Index(
            "ix_ticket_notices_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        _one_of("urgency", Urgency),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    way: Mapped[str] = mapped_column(String(8))
    urgency: Mapped[Urgency]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    told_at: Mapped[datetime | None]


class Job(Base):
    """Work that one process does for all, and when one last began it."""

    __tablename__ = "jobs"

    name: Mapped[str] = mapped_column(String(24), primary_key=True)
    began_at: Mapped[datetime]
