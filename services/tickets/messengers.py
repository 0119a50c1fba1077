"""The ways to tell coordinators of a ticket: a signed webhook, and e-mail."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiohttp

from services.settings import Settings
from services.tickets.errors import NoticeSettingsError
from services.tickets.notices import Messenger, Notice, email_of, webhook_body, webhook_headers

_SECONDS: Final = 15.0


class SignedPost:
    """Posts to one address, signed."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str) -> None:
        self._session, self._url, self._secret = session, url, secret

    async def send(self, message: UUID, body: bytes, at: datetime) -> bool:
        """Post JSON; True when the answer is 2xx. Redirects are not followed."""
        headers = webhook_headers(message, body, self._secret, at)
        try:
            async with self._session.post(
                self._url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
            ) as response:
                return 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False


class Webhook:
    """Tells by signed post."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str) -> None:
        self._post = SignedPost(session, url, secret)

    async def tell(self, notice: Notice, at: datetime) -> bool:
        """Post the notice; told when the answer is 2xx."""
        return await self._post.send(notice.id, webhook_body(notice), at)


class MailServer:
    """Sends through one server: ``smtp://user:password@host:587`` or ``smtps://host``.

    ``smtp`` is encrypted by STARTTLS where the server offers it, and never carries a password
    otherwise. A certificate must be trusted by the machine, or by ``SSL_CERT_FILE``: smtplib alone
    takes any.
    """

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    async def send(self, message: EmailMessage, at: datetime) -> bool:
        """Send a message; True when the server took it."""
        message["Date"] = at
        try:
            await asyncio.to_thread(self._send, message)
        except (smtplib.SMTPException, OSError):
            return False
        return True

    def _send(self, message: EmailMessage) -> None:
        host, port = self._url.hostname or "", self._url.port or 0
        encrypted = self._url.scheme == "smtps"
        trust = ssl.create_default_context()
        with (
            smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=trust)
            if encrypted
            else smtplib.SMTP(host, port, timeout=_SECONDS)
        ) as server:
            server.ehlo()
            if not encrypted and server.has_extn("starttls"):
                server.starttls(context=trust)
                encrypted = True
            if self._url.username and self._url.password and encrypted:
                server.login(unquote(self._url.username), unquote(self._url.password))
            server.send_message(message)


class Email:
    """Tells by e-mail."""

    def __init__(self, url: str, *, sender: str, to: str) -> None:
        self._server, self._sender, self._to = MailServer(url), sender, to

    async def tell(self, notice: Notice, at: datetime) -> bool:
        """Send the notice; told when the server took it."""
        return await self._server.send(email_of(notice, sender=self._sender, to=self._to), at)


@contextlib.asynccontextmanager
async def open_messengers(settings: Settings) -> AsyncIterator[Mapping[str, Messenger]]:
    """The ways that the settings have; none is fine.

    Raises:
        NoticeSettingsError: a way is set in part only.
    """
    check_notice_settings(settings)
    messengers: dict[str, Messenger] = {}
    async with aiohttp.ClientSession() as session:
        if settings.ticket_webhook_url and settings.ticket_webhook_secret:
            secret = settings.ticket_webhook_secret.get_secret_value()
            messengers["webhook"] = Webhook(session, settings.ticket_webhook_url, secret)
        if settings.smtp_url and settings.notice_email_from and settings.notice_email_to:
            messengers["email"] = Email(
                settings.smtp_url.get_secret_value(),
                sender=settings.notice_email_from,
                to=settings.notice_email_to,
            )
        yield messengers


def check_notice_settings(settings: Settings) -> None:
    """See that each way is set whole. Raises ``NoticeSettingsError``."""
    if settings.ticket_webhook_url and settings.ticket_webhook_secret is None:
        raise NoticeSettingsError("TICKET_WEBHOOK_URL kräver TICKET_WEBHOOK_SECRET.")
    if settings.smtp_url and not (settings.notice_email_from and settings.notice_email_to):
        raise NoticeSettingsError("SMTP_URL kräver NOTICE_EMAIL_FROM och NOTICE_EMAIL_TO.")
