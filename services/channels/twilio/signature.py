"""Webhooks from Twilio: who can't prove to be Twilio gets 403, before anything is read or stored.

The signature covers the address that Twilio called: the public one of the settings. What a proxy
says of the address counts only when the proxy is trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from multidict import MultiDict
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from services.channels.twilio.account import TwilioAccount
from services.edges.traces import route_of

type Form = MultiDict[str]

_MOST_FIELDS: Final = 500
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(?::\d{1,5})?", re.ASCII)
_SCHEMES: Final = frozenset({"http", "https"})

_log = structlog.get_logger(__name__)


async def read_signed(request: web.Request, account: TwilioAccount) -> Form:
    """The fields of a webhook that is surely Twilio's.

    Raises:
        HTTPForbidden: it is not signed with our token, or is no form.
    """
    body = await request.read()
    try:
        fields = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise web.HTTPForbidden from None
    form = MultiDict(fields)
    validator = RequestValidator(account.token.get_secret_value())
    signature = request.headers.get(SIGNATURE_HEADER, "")
    if not any(validator.validate(url, form, signature) for url in called_urls(request, account)):
        _log.warning("twilio_signature_refused", route=route_of(request))
        raise web.HTTPForbidden
    return form


def called_urls(request: web.Request, account: TwilioAccount) -> Iterator[str]:
    """The addresses that Twilio may have called, and so signed."""
    yield account.public_url + request.raw_path
    if not _is_trusted(request.remote, account.trusted_proxies):
        return
    scheme = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip()
    host = request.headers.get("X-Forwarded-Host", "").split(",")[0].strip()
    if scheme in _SCHEMES and _HOST.fullmatch(host):
        yield f"{scheme}://{host}{request.raw_path}"


def _is_trusted(remote: str | None, proxies: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        address = ip_address(remote or "")
    except ValueError:
        return False
    return any(address in network for network in proxies)
