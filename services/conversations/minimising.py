"""What of a caller's words is stored: without identifiers that nobody asked for.

How the caller wants to be reached is kept, or nobody could call back: where it was asked for, where
the words say so themselves, and where a coordinator is the one who reads.
"""

from __future__ import annotations

from services.conversations.memory import Memory
from services.conversations.sealing import state_row
from services.privacy.keyring import ConversationKey
from services.privacy.masking import mask_identifiers
from services.reading.reach import tells_how_to_be_reached
from services.store.tables import Conversation
from services.vocabulary import Owner


def minimised(text: str, conversation: Conversation, key: ConversationKey) -> str:
    """A caller's words as they are stored and as the assistant reads them.

    Args:
        text: The words as they came, which urgency is judged by.
        conversation: Where they were said.
        key: The conversation's.
    """
    masked = mask_identifiers(text)
    if masked != text and _may_be_reached(text, conversation, key):
        return mask_identifiers(text, may_be_reached=True)
    return masked


def _may_be_reached(text: str, conversation: Conversation, key: ConversationKey) -> bool:
    if conversation.owner is Owner.COORDINATOR or tells_how_to_be_reached(text):
        return True
    sealed = conversation.dialogue_state_sealed
    if sealed is None:
        return False
    memory = Memory.model_validate_json(key.open(sealed, row=state_row(conversation.id)))
    return memory.asked_how_to_reach
