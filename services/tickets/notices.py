"""Telling coordinators who are not at the console that a ticket waits: what is said, and when.

Nothing of what the caller said is told: a reference, how urgent it is, and where to read it. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final, Protocol
from uuid import UUID

from services.vocabulary import Channel, Urgency

_DELAYS: Final = tuple(timedelta(seconds=each) for each in (5, 30, 120, 600, 1800, 3600))
_GIVE_UP_AFTER: Final = timedelta(hours=24)
LEASE: Final = timedelta(minutes=2)
"""How long a sender has a notice to itself; longer than any attempt takes."""


@dataclass(frozen=True, slots=True)
class Notice:
    """That a ticket waits. ``id`` is the same at each attempt, so that a repeat can be seen."""

    id: UUID
    reference: str
    urgency: Urgency
    channel: Channel
    municipality: str
    created_at: datetime
    address: str


class Messenger(Protocol):
    """A way to tell coordinators."""

    async def tell(self, notice: Notice, at: datetime) -> bool:
        """Tell of a ticket at an aware time; False when it did not arrive, which never raises."""


def next_attempt(attempts: int, created_at: datetime, now: datetime) -> datetime | None:
    """When to try again after a failure; nothing when it is too late to be of use."""
    if now - created_at > _GIVE_UP_AFTER:
        return None
    return now + _DELAYS[min(attempts, len(_DELAYS)) - 1]


def webhook_body(notice: Notice) -> bytes:
    """The JSON that a webhook gets."""
    return json.dumps(
        {
            "type": "ticket.waiting",
            "id": str(notice.id),
            "reference": notice.reference,
            "urgency": notice.urgency.value,
            "channel": notice.channel.value,
            "municipality": notice.municipality,
            "created_at": notice.created_at.isoformat(),
            "address": notice.address,
        }
    ).encode()


def webhook_headers(message: UUID, body: bytes, secret: str, at: datetime) -> dict[str, str]:
    """Id, time and signature as Standard Webhooks has them (standardwebhooks.com)."""
    stamp = str(int(at.timestamp()))
    signed = f"{message}.{stamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": str(message),
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def email_of(notice: Notice, *, sender: str, to: str) -> EmailMessage:
    """The e-mail: where to read, and nothing of what it is about."""
    message = EmailMessage()
    message["Subject"] = f"Oroslotsen: ärende {notice.reference} väntar ({notice.urgency.value})"
    message["From"], message["To"] = sender, to
    message["Message-ID"] = f"<{notice.id}@oroslotsen>"
    message.set_content(
        f"Ett ärende väntar på en samordnare.\n\nReferens: {notice.reference}\n"
        f"Brådska: {notice.urgency.value}\nLäs och svara här: {notice.address}\n"
    )
    return message
