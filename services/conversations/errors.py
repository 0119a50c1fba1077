"""What can go wrong in a conversation; the channel's edge puts it in Swedish."""


class ConversationError(Exception):
    """Something about the conversation that the one who asked should know."""


class UnknownConversationError(ConversationError):
    """There is no such conversation, or the secret is not its secret."""


class EmptyMessageError(ConversationError):
    """A message without a character that shows."""


class MessageTooLongError(ConversationError):
    """A message longer than ``MAX_MESSAGE_CHARACTERS``."""


class UnknownChoiceError(ConversationError):
    """A button that the knowledge does not have."""


class NotStoredError(ConversationError):
    """The message could not be stored; it is not acknowledged."""


class NotOwnerError(ConversationError):
    """Someone else speaks with the caller."""


class ConversationHeldError(ConversationError):
    """The conversation must be kept."""
