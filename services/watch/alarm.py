"""Alarms: once when the service stops working, once when it works again, each way on its own.

Nothing of what callers write is in them: what was found, since when, and where.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Final, Protocol
from uuid import uuid4

import aiohttp

from services.settings import Settings
from services.tickets.errors import NoticeSettingsError
from services.tickets.messengers import MailServer, SignedPost
from services.watch.probe import Finding

WHAT: Final[Mapping[Finding, str]] = {
    Finding.ANSWERED: "Provmeddelandet besvarades.",
    Finding.SILENT: "Provmeddelandet fick inget svar i tid.",
    Finding.REFUSED: "Tjänsten tog inte emot provmeddelandet.",
    Finding.WITHOUT_RASA: "Provmeddelandet besvarades utan Rasa: samtal förs inte som de ska.",
}
"""For those who look after the service."""


@dataclass(frozen=True, slots=True)
class News:
    """That the service has stopped working, or works again. ``since`` is of the outage."""

    finding: Finding
    since: datetime
    address: str

    @property
    def is_outage(self) -> bool:
        """Whether it does not work."""
        return self.finding is not Finding.ANSWERED


class Way(Protocol):
    """A way to tell those who look after the service."""

    async def tell(self, news: News, at: datetime) -> bool:
        """Tell at an aware time; False when it did not arrive, which never raises."""


class AlarmWebhook:
    """Posts alarms to one address, signed as the notices of tickets are."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str) -> None:
        self._post = SignedPost(session, url, secret)

    async def tell(self, news: News, at: datetime) -> bool:
        """Post the news."""
        body = {
            "type": "service.silent" if news.is_outage else "service.back",
            "found": news.finding.value,
            "since": news.since.isoformat(),
            "address": news.address,
        }
        return await self._post.send(uuid4(), json.dumps(body).encode(), at)


class AlarmEmail:
    """Sends alarms through a mail server."""

    def __init__(self, url: str, *, sender: str, to: str) -> None:
        self._server, self._sender, self._to = MailServer(url), sender, to

    async def tell(self, news: News, at: datetime) -> bool:
        """Send the news."""
        message = EmailMessage()
        how = "svarar inte som den ska" if news.is_outage else "fungerar igen"
        message["Subject"] = f"Oroslotsen {how}"
        message["From"], message["To"] = self._sender, self._to
        message.set_content(
            f"{WHAT[news.finding]}\n\n"
            f"Avbrottet började: {news.since.isoformat(timespec='seconds')}\n"
            f"Adress: {news.address}\n"
        )
        return await self._server.send(message, at)


class Alarm:
    """Tells of each outage once a way, and of its end to whoever heard of it.

    What did not arrive is told again with the next finding.
    """

    def __init__(self, ways: Mapping[str, Way], address: str) -> None:
        self._ways, self._address = ways, address
        self._since: datetime | None = None
        self._told: dict[str, bool] = dict.fromkeys(ways, False)

    async def note(self, finding: Finding, at: datetime) -> None:
        """Take a finding, and tell whom it is news to. ``at`` is aware."""
        is_outage = finding is not Finding.ANSWERED
        if is_outage and self._since is None:
            self._since = at
        for name, way in self._ways.items():
            if self._told[name] is not is_outage:
                news = News(finding, self._since or at, self._address)
                if await way.tell(news, at):
                    self._told[name] = is_outage
        if not is_outage and not any(self._told.values()):
            self._since = None


@contextlib.asynccontextmanager
async def open_ways(settings: Settings) -> AsyncIterator[Mapping[str, Way]]:
    """The ways that the settings have; none is fine.

    Raises:
        NoticeSettingsError: a way is set in part only.
    """
    check_alarm_settings(settings)
    ways: dict[str, Way] = {}
    async with aiohttp.ClientSession() as session:
        if settings.alarm_webhook_url and settings.alarm_webhook_secret:
            secret = settings.alarm_webhook_secret.get_secret_value()
            ways["webhook"] = AlarmWebhook(session, settings.alarm_webhook_url, secret)
        if settings.alarm_email_to and settings.smtp_url and settings.notice_email_from:
            ways["email"] = AlarmEmail(
                settings.smtp_url.get_secret_value(),
                sender=settings.notice_email_from,
                to=settings.alarm_email_to,
            )
        yield ways


def check_alarm_settings(settings: Settings) -> None:
    """See that each way is set whole. Raises ``NoticeSettingsError``."""
    if settings.alarm_webhook_url and settings.alarm_webhook_secret is None:
        raise NoticeSettingsError("ALARM_WEBHOOK_URL kräver ALARM_WEBHOOK_SECRET.")
    if settings.alarm_email_to and not (settings.smtp_url and settings.notice_email_from):
        raise NoticeSettingsError("ALARM_EMAIL_TO kräver SMTP_URL och NOTICE_EMAIL_FROM.")
