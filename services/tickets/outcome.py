"""How a ticket can end: what a coordinator chooses when closing it."""

from enum import StrEnum


class TicketOutcome(StrEnum):
    """What the contact led to, for the statistics."""

    RADGIVNING = "radgivning"
    SOCIALTJANST = "socialtjanst"
    OROSTELEFONEN = "orostelefonen"
    POLIS = "polis"
    AVHOPPARSTOD = "avhopparstod"
    INGEN_KONTAKT = "ingen_kontakt"
    ANNAT = "annat"
