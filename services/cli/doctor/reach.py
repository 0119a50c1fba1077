"""How others reach the service and it reaches them: addresses, Twilio, notices, sign-in."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Final
from urllib.parse import SplitResult, urlsplit

from services.channels.twilio.account import TwilioSettingsError, twilio_account
from services.cli.doctor.finding import Finding, Patient, fault, ok, warning
from services.cli.doctor.places import is_here
from services.cli.processes import answers
from services.settings import Settings
from services.tickets.errors import NoticeSettingsError
from services.tickets.messengers import check_notice_settings
from services.watch.alarm import check_alarm_settings

_SECONDS: Final = 5.0
_PORTS: Final = {"http": 80, "https": 443, "smtp": 587, "smtps": 465}


async def look_at_address(patient: Patient) -> AsyncIterator[Finding]:
    """Is the public address one that callers can use safely?"""
    part, settings = "PUBLIC_URL", patient.settings
    url = urlsplit(settings.public_url)
    if url.scheme not in {"http", "https"} or not url.hostname:
        yield fault(part, f"{settings.public_url} är ingen webbadress.", "Sätt PUBLIC_URL.")
        return
    if is_here(url.hostname):
        yield ok(part, f"{settings.public_url}: bara den här maskinen når tjänsten.")
        if not is_here(settings.host):
            yield warning(
                "HOST",
                f"Tjänsten lyssnar på {settings.host}, men adressen är {settings.public_url}.",
                "Sätt PUBLIC_URL till adressen utifrån, eller HOST=127.0.0.1.",
            )
        if settings.embed_origins:
            yield warning(
                "EMBED_ORIGINS",
                f"Andra sidor får visa chatten, men den finns bara på {settings.public_url}.",
                "Sätt PUBLIC_URL till adressen utifrån.",
            )
        return
    if url.scheme == "http":
        yield fault(
            part,
            f"{settings.public_url} är okrypterad: andra kan läsa vad som skrivs på vägen.",
            f"Sätt en proxy med TLS framför, och PUBLIC_URL=https://{url.netloc}",
        )
    else:
        yield ok(part, f"{settings.public_url}, krypterad.")
        if not settings.trusted_proxies:
            yield warning(
                "TRUSTED_PROXIES",
                "Ingen proxy är betrodd, så alla verkar komma från proxyns adress.",
                "Sätt TRUSTED_PROXIES till proxyns adress, till exempel 127.0.0.1.",
            )
    if not settings.coordinator_totp_required:
        yield warning(
            "COORDINATOR_TOTP_REQUIRED",
            "Samordnare loggar in med bara lösenord.",
            "Ta bort COORDINATOR_TOTP_REQUIRED=false.",
        )


async def look_at_telephone(patient: Patient) -> AsyncIterator[Finding]:
    """Is all of Twilio's account set, with an address that it can call?"""
    part, settings = "SMS, telefon", patient.settings
    try:
        account = twilio_account(settings)
    except TwilioSettingsError as error:
        yield fault(part, str(error), "docs/twilio.md visar var varje uppgift finns.")
        return
    if account is None:
        yield ok(part, "Av. docs/twilio.md visar hur de slås på.")
        if settings.duty_number:
            yield warning(
                part, "DUTY_NUMBER är satt, men telefon är av.", "Sätt TWILIO_ACCOUNT_SID."
            )
        return
    url = urlsplit(account.public_url)
    if url.scheme != "https" and not is_here(url.hostname):
        yield fault(
            part,
            "Twilio ringer upp PUBLIC_URL, som är okrypterad.",
            f"Sätt PUBLIC_URL=https://{url.netloc}, också hos Twilio.",
        )
    else:
        yield ok(part, f"På, med numret {account.number}. Varje anrop måste vara signerat.")


async def look_at_notices(patient: Patient) -> AsyncIterator[Finding]:
    """Is every way to tell people set whole?"""
    part, settings = "Aviseringar", patient.settings
    whole = True
    for check in (check_notice_settings, check_alarm_settings):
        try:
            check(settings)
        except NoticeSettingsError as error:
            whole = False
            yield fault(part, str(error), "Sätt det som saknas, eller ta bort resten.")
    given = [
        urlsplit(url) for url in (settings.ticket_webhook_url, settings.alarm_webhook_url) if url
    ]
    for url in given:
        if url.scheme != "https" and not is_here(url.hostname):
            whole = False
            yield warning(
                part,
                f"Webhooken till {url.hostname} är okrypterad.",
                f"Sätt den till https://{url.netloc}{url.path}",
            )
    if whole:
        on = bool(given or settings.smtp_url)
        yield ok(part, "På." if on else "Av: ärenden syns bara i samordnarnas kö.")


async def look_at_sign_in(patient: Patient) -> AsyncIterator[Finding]:
    """Is the municipality's own sign-in set whole?"""
    part, settings = "Inloggning", patient.settings
    if not settings.oidc_issuer and not settings.oidc_client_id:
        yield ok(part, "Med lösenord; kommunens egen inloggning är av.")
    elif not settings.oidc_issuer or not settings.oidc_client_id:
        missing = "OIDC_CLIENT_ID" if settings.oidc_issuer else "OIDC_ISSUER"
        yield fault(part, f"Kommunens inloggning saknar {missing}.", f"Sätt {missing}.")
    else:
        yield ok(part, f"Med {settings.oidc_issuer}.")


async def look_outside(patient: Patient) -> AsyncIterator[Finding]:
    """Do the addresses in the settings lead anywhere? Only when asked to look outside."""
    if not patient.outside:
        return
    settings = patient.settings
    if not is_here(urlsplit(settings.public_url).hostname):
        if await answers(f"{settings.public_url}/health/live", within=_SECONDS)():
            yield ok("Utifrån", f"{settings.public_url} svarar.")
        else:
            yield fault(
                "Utifrån",
                f"{settings.public_url} svarar inte som den ska.",
                "Se efter namnet i DNS, certifikatet, proxyn och att tjänsten kör.",
            )
    for setting, url in _far_addresses(settings):
        if await _leads_somewhere(url):
            yield ok("Utifrån", f"{url.hostname} tar emot ({setting}).")
        else:
            yield fault(
                "Utifrån",
                f"{url.hostname} tar inte emot ({setting}).",
                f"Rätta {setting}, eller öppna brandväggen dit.",
            )


def _far_addresses(settings: Settings) -> Iterator[tuple[str, SplitResult]]:
    given = {
        "TWILIO_API_URL": settings.twilio_api_url if settings.twilio_account_sid else None,
        "TICKET_WEBHOOK_URL": settings.ticket_webhook_url,
        "ALARM_WEBHOOK_URL": settings.alarm_webhook_url,
        "SMTP_URL": settings.smtp_url.get_secret_value() if settings.smtp_url else None,
        "OIDC_ISSUER": settings.oidc_issuer,
    }
    for setting, address in given.items():
        if address and (url := urlsplit(address)).hostname:
            yield setting, url


async def _leads_somewhere(url: SplitResult) -> bool:
    """Whether somebody takes the connection; with TLS, whether the certificate holds."""
    context = ssl.create_default_context() if url.scheme in {"https", "smtps"} else None
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(
                url.hostname, url.port or _PORTS.get(url.scheme, 443), ssl=context
            )
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
