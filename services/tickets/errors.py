"""What can go wrong with a ticket."""

from services.errors import OperatorError


class TicketError(Exception):
    """Something about the ticket that the coordinator should know."""


class UnknownTicketError(TicketError):
    """There is no such ticket."""


class TicketTakenError(TicketError):
    """Another coordinator has it."""

    def __init__(self, taken_by: str) -> None:
        super().__init__("taken")
        self.taken_by = taken_by


class TicketClosedError(TicketError):
    """The ticket is closed."""


class FieldError(TicketError):
    """No such field may be edited, or it can't say that."""


class NoColleagueError(TicketError):
    """There is no colleague with an open account to give the ticket to."""


class NotTicketOwnerError(TicketError):
    """The ticket is not this coordinator's."""


class NoticeSettingsError(OperatorError):
    """Notices of tickets are set in part only; says what is missing."""
