"""Whose request it is, as far as limits need to know: one IPv4 address, or one network of IPv6."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

import structlog
from aiohttp import web

from services.conversations.appkeys import SETTINGS

type Networks = Sequence[IPv4Network | IPv6Network]

_FORWARDED: Final = "X-Forwarded-For"
_NOBODY: Final = "unknown"
_HOME_PREFIX: Final = 64
"""A household or a phone gets a whole /64 and picks its addresses in it (RFC 6177)."""
_MOST_HOPS: Final = 10
_log = structlog.get_logger(__name__)


class UntrustedProxy:
    """Tells the operator once that a proxy in front is not in ``TRUSTED_PROXIES``."""

    def __init__(self) -> None:
        self._told = False

    def tell(self) -> None:
        """Say it, unless it was said."""
        if not self._told:
            self._told = True
            _log.warning("proxy_not_trusted", fix="set TRUSTED_PROXIES, else all share one limit")


_UNTRUSTED: Final = web.AppKey("untrusted_proxy", UntrustedProxy)


def setup_addresses(app: web.Application) -> None:
    """Prepare to read addresses."""
    app[_UNTRUSTED] = UntrustedProxy()


def network_of(request: web.Request) -> str:
    """The network that a request comes from, in words that are the same for all of its addresses.

    What ``X-Forwarded-For`` says counts only from a proxy in ``TRUSTED_PROXIES``, and only up to
    the first hop that is not one of them: what is left of that, a stranger may have written.
    """
    trusted = request.config_dict[SETTINGS].trusted_proxies
    given = request.headers.getall(_FORWARDED, [])
    hops = [hop.strip() for line in given for hop in line.split(",")][-_MOST_HOPS:]
    address = _read(request.remote or "")
    if hops and (address is None or not _is_in(address, trusted)):
        request.config_dict[_UNTRUSTED].tell()
    while hops and address is not None and _is_in(address, trusted):
        before = _read(hops.pop())
        if before is None:
            break
        address = before
    return _NOBODY if address is None else _network(address)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_in(address: IPv4Address | IPv6Address, networks: Networks) -> bool:
    return any(address in network for network in networks)


def _network(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _HOME_PREFIX), strict=False))
    return str(address)
