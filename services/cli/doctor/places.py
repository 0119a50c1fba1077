"""Where an address leads: to this machine, or out."""

from __future__ import annotations

import ipaddress
from typing import Final

NOT_ASKED: Final = "På en annan maskin; prövas med oroslotsen doctor --outside."


def is_here(host: str | None) -> bool:
    """Whether a host is this machine: loopback, a socket's folder, or none at all."""
    if host is None or host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
