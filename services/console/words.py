"""The console's Swedish words for what the code has ids for, and for times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.audit.record import Deed
from services.conversations.decided_deletion import Reason
from services.store.tables import OutboundState, TicketState
from services.tickets.outcome import TicketOutcome
from services.vocabulary import AgeBand, Author, Channel, Urgency

URGENCIES: Final[Mapping[Urgency, str]] = {
    Urgency.AKUT: "Akut",
    Urgency.HOG: "Hög",
    Urgency.ORO: "Oro",
    Urgency.INFO: "Fråga",
    Urgency.UTANFOR: "Övrigt",
}
CHANNELS: Final[Mapping[Channel, str]] = {
    Channel.WEB: "Webbchatt",
    Channel.SMS: "SMS",
    Channel.VOICE: "Telefon",
}
AUTHORS: Final[Mapping[Author, str]] = {
    Author.CALLER: "Den som hör av sig",
    Author.BOT: "AI-assistenten",
    Author.COORDINATOR: "Samordnare",
    Author.SERVICE: "Automatiskt meddelande",
}
OUTCOMES: Final[Mapping[TicketOutcome, str]] = {
    TicketOutcome.RADGIVNING: "Rådgivning",
    TicketOutcome.SOCIALTJANST: "Socialtjänsten",
    TicketOutcome.OROSTELEFONEN: "Orostelefonen",
    TicketOutcome.POLIS: "Polisen",
    TicketOutcome.AVHOPPARSTOD: "Avhopparstöd",
    TicketOutcome.INGEN_KONTAKT: "Fick ingen kontakt",
    TicketOutcome.ANNAT: "Annat",
}
AGES: Final[Mapping[AgeBand, str]] = {
    AgeBand.UNDER_18: "Under 18 år",
    AgeBand.AGE_18_20: "18–20 år",
    AgeBand.OVER_20: "21 år eller äldre",
}
STATES: Final[Mapping[TicketState, str]] = {
    TicketState.WAITING: "Väntar",
    TicketState.CLAIMED: "Pågår",
    TicketState.CLOSED: "Avslutat",
}
DELETION_REASONS: Final[Mapping[Reason, str]] = {
    Reason.REQUEST: "Den som hörde av sig har begärt det",
    Reason.DISPOSAL: "Det ska gallras enligt beslut",
    Reason.MISPLACED: "Det hör inte hit, till exempel fel nummer",
}
DEEDS: Final[Mapping[Deed, str]] = {
    Deed.LOGIN: "Loggade in",
    Deed.LOGIN_FAILED: "Misslyckades med att logga in",
    Deed.LOGOUT: "Loggade ut",
    Deed.ENROL: "Valde kodapp",
    Deed.PASSWORD: "Bytte lösenord",
    Deed.DUTY: "Ändrade sin tjänstgöring",
    Deed.VIEW: "Läste ärendet",
    Deed.REVEAL: "Visade telefonnummer",
    Deed.EDIT: "Ändrade ett fält",
    Deed.CORRECT: "Rättade bedömningen",
    Deed.EXPORT: "Hämtade ärendet som fil",
    Deed.PRINT: "Skrev ut ärendet",
    Deed.SEARCH: "Sökte",
    Deed.CLAIM: "Tog över",
    Deed.HAND_BACK: "Lämnade tillbaka",
    Deed.TRANSFER: "Lämnade över till en kollega",
    Deed.RETURN: "Lade tillbaka i kön",
    Deed.CLOSE: "Avslutade",
    Deed.READ_AUDIT: "Läste granskningsloggen",
    Deed.EXPORT_CORRECTIONS: "Hämtade rättelserna",
    Deed.ACCOUNT_ADD: "Skapade ett konto",
    Deed.ACCOUNT_RESET: "Återställde ett konto",
    Deed.ACCOUNT_DISABLE: "Stängde ett konto",
    Deed.RESTORE: "Återställde en säkerhetskopia",
    Deed.KEYS_ROTATE: "Började byta huvudnyckel",
    Deed.KEYS_RETIRE: "Tog bort den gamla huvudnyckeln",
    Deed.RETENTION: "Gallrade",
    Deed.DELETE: "Raderade samtalet",
    Deed.HOLD: "Undantog ärendet från gallring",
    Deed.RELEASE: "Tog bort undantaget från gallring",
    Deed.EXPORT_PERSON: "Lämnade ut samtalet till den det gäller",
}
JUDGES: Final[Mapping[str, str]] = {
    "safety_net": "Säkerhetsnätet hittade",
    "classifier": "Språkmodellen bedömde det som",
    "topic": "Ämnet uppfattades som",
    "context": "Samtalet i övrigt",
}
PERCEIVED: Final[Mapping[str, str]] = {
    "sett": "Har själv sett det",
    "hort": "Har hört det av andra",
}
LANGUAGES: Final[Mapping[str, str]] = {
    "sv": "svenska",
    "en": "engelska",
    "ar": "arabiska",
    "so": "somaliska",
    "fa": "persiska",
    "ku": "kurdiska",
    "bs": "bosniska",
    "tr": "turkiska",
    "pl": "polska",
    "fi": "finska",
    "es": "spanska",
    "ru": "ryska",
}

DELIVERIES: Final[Mapping[OutboundState, str]] = {
    OutboundState.READY: "Väntar på att skickas",
    OutboundState.SENDING: "Skickas",
    OutboundState.SENT: "Skickat",
    OutboundState.DELIVERED: "Framme i telefonen",
    OutboundState.FAILED: "Kom inte fram",
}

_SWEDEN: Final = ZoneInfo("Europe/Stockholm")
_WEEKDAYS: Final = ("mån", "tis", "ons", "tors", "fre", "lör", "sön")
_MONTHS: Final = (
    "jan", "feb", "mars", "april", "maj", "juni",
    "juli", "aug", "sept", "okt", "nov", "dec",
)  # fmt: skip
_SURE: Final = 0.9
_RATHER_SURE: Final = 0.6


def duration(length: timedelta) -> str:
    """A length of time as it is said: ``"3 min"``, ``"1 tim 20 min"``, ``"2 dygn 3 tim"``."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return "under 1 min"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return _parts((days, "dygn"), (hours, "tim"))
    return _parts((hours, "tim"), (minutes, "min"))


def clock(at: datetime) -> str:
    """The time of day in Sweden: ``"kl. 14.05"``."""
    return f"kl. {at.astimezone(_SWEDEN):%H.%M}"


def moment(at: datetime, now: datetime) -> str:
    """Time of day, with the date if it is not today: ``"mån 23 nov kl. 16.00"``."""
    local = at.astimezone(_SWEDEN)
    if local.date() == now.astimezone(_SWEDEN).date():
        return clock(at)
    return f"{_WEEKDAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {clock(at)}"


def sureness(score: float) -> str:
    """How sure a judge is."""
    if score >= _SURE:
        return "säkert"
    return "ganska säkert" if score >= _RATHER_SURE else "osäkert"


def _parts(*parts: tuple[int, str]) -> str:
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
