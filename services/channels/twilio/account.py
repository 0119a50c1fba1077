"""The account at Twilio: all of it is in the settings, or the channel is off."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from services.errors import OperatorError
from services.settings import Settings

_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class TwilioSettingsError(OperatorError):
    """The settings can't work; says in Swedish what to set."""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """What is needed to send, and to know that it is Twilio who calls.

    ``public_url`` is the address that Twilio calls, without a slash at its end.
    """

    sid: str
    token: SecretStr
    number: str
    api_url: str
    public_url: str
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]


def twilio_account(settings: Settings) -> TwilioAccount | None:
    """The account, or nothing when none is set.

    Raises:
        TwilioSettingsError: some of it is missing, or Twilio could not reach us.
    """
    sid, token, number = (
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        settings.twilio_number,
    )
    if sid is None and token is None and number is None:
        return None
    if sid is None or token is None or number is None:
        values = {"TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": token, "TWILIO_NUMBER": number}
        missing = ", ".join(name for name, value in values.items() if value is None)
        raise TwilioSettingsError(f"För SMS och telefon saknas: {missing}.")
    if set(settings.public_url) & set("?#"):
        raise TwilioSettingsError(
            f"PUBLIC_URL är {settings.public_url}. Skriv bara adressen, utan ? och #. Det som står "
            "efter # hör hemma i Twilios egna fält (se docs/twilio.md)."
        )
    if _is_local(settings.public_url) and not _is_local(settings.twilio_api_url):
        raise TwilioSettingsError(
            f"PUBLIC_URL är {settings.public_url}, och dit når inte Twilio. Sätt den adress som "
            "Twilio ska ringa upp, till exempel tunnelns (se docs/twilio.md)."
        )
    return TwilioAccount(
        sid=sid,
        token=token,
        number=number,
        api_url=settings.twilio_api_url,
        public_url=settings.public_url.rstrip("/"),
        trusted_proxies=settings.trusted_proxies,
    )


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in _LOCAL_HOSTS
