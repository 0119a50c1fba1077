"""Addresses of the console that the code leads to."""

from typing import Final
from uuid import UUID

ROOT_PATH: Final = "/samordnare"
API_PATH: Final = f"{ROOT_PATH}/api/"
LOGIN_PATH: Final = f"{ROOT_PATH}/logga-in"
PASSWORD_PATH: Final = f"{ROOT_PATH}/losenord"


def ticket_path(ticket_id: UUID) -> str:
    """The page of a ticket and its conversation."""
    return f"{ROOT_PATH}/arende/{ticket_id}"
