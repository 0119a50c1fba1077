"""Addresses of the console that the code leads to."""

from typing import Final
from uuid import UUID

ROOT_PATH: Final = "/samordnare"
API_PATH: Final = f"{ROOT_PATH}/api/"
LOGIN_PATH: Final = f"{ROOT_PATH}/logga-in"
PASSWORD_PATH: Final = f"{ROOT_PATH}/losenord"
CODE_PATH: Final = f"{ROOT_PATH}/kod"
ENROL_PATH: Final = f"{ROOT_PATH}/kodapp"
STATISTICS_PATH: Final = f"{ROOT_PATH}/statistik"
AUDIT_PATH: Final = f"{ROOT_PATH}/granskningslogg"
CORRECTIONS_PATH: Final = f"{ROOT_PATH}/rattelser"
SEARCH_PATH: Final = f"{ROOT_PATH}/sok"
SIGN_IN_PATH: Final = f"{ROOT_PATH}/kommunens-inloggning"
SIGNED_IN_PATH: Final = f"{SIGN_IN_PATH}/klar"


def ticket_path(ticket_id: UUID) -> str:
    """The page of a ticket and its conversation."""
    return f"{ROOT_PATH}/arende/{ticket_id}"
