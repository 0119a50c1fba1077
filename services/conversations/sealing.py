"""What is encrypted where: one place that names the rows which ciphertexts belong to."""

from __future__ import annotations

import hashlib
from uuid import UUID

from services.answers.reply import Reply
from services.privacy.keyring import ConversationKey, Keyring
from services.store.tables import Conversation, Inbound, Outbound
from services.triage.judgement import Judgement


def conversation_key(keyring: Keyring, conversation: Conversation) -> ConversationKey:
    """The key of a conversation."""
    return keyring.unwrap(conversation.wrapped_key, conversation=str(conversation.id))


def inbound_row(message_id: UUID) -> str:
    """The row of a caller's words."""
    return f"inbound:{message_id}"


def judgement_row(message_id: UUID) -> str:
    """The row of the grounds of a judgement."""
    return f"judgement:{message_id}"


def outbound_row(message_id: UUID) -> str:
    """The row of a message to the caller."""
    return f"outbound:{message_id}"


def state_row(conversation_id: UUID) -> str:
    """The row of a conversation's dialogue state."""
    return f"state:{conversation_id}"


def number_row(conversation_id: UUID) -> str:
    """The row of a caller's telephone number."""
    return f"number:{conversation_id}"


def open_inbound(key: ConversationKey, message: Inbound) -> str:
    """The caller's words."""
    return key.open(message.body_sealed, row=inbound_row(message.id))


def open_judgement(key: ConversationKey, message: Inbound) -> Judgement:
    """How a message was judged, and why."""
    sealed = key.open(message.judgement_sealed, row=judgement_row(message.id))
    return Judgement.model_validate_json(sealed)


def open_outbound(key: ConversationKey, message: Outbound) -> Reply:
    """What the caller got."""
    return Reply.model_validate_json(key.open(message.body_sealed, row=outbound_row(message.id)))


def secret_hash(secret: str) -> bytes:
    """What is stored of a web conversation's secret: 256 random bits need no salt."""
    return hashlib.sha256(secret.encode()).digest()
