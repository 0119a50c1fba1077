"""An address counts as one network, is believed only of proxies we trust, and is not kept."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network
from types import SimpleNamespace
from typing import Any

from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from services.conversations.appkeys import SETTINGS
from services.edges.addresses import network_of, setup_addresses
from services.edges.marks import KEY_SECONDS, Marks, own_key
from services.settings import Settings

PROXY = "10.0.0.7"


def asked(remote: str | None, *forwarded: str, trusted: str = "10.0.0.0/8") -> str:
    app = web.Application()
    app[SETTINGS] = Settings(_env_file=None, trusted_proxies=trusted)
    setup_addresses(app)
    transport: Any = SimpleNamespace(
        get_extra_info=lambda name, default=None: (
            (remote, 1) if name == "peername" and remote else default
        ),
        is_closing=lambda: False,
    )
    headers = CIMultiDict(("X-Forwarded-For", line) for line in forwarded)
    request = make_mocked_request("GET", "/", headers=headers, app=app, transport=transport)
    return network_of(request)


def test_without_a_trusted_proxy_the_header_says_nothing() -> None:
    assert asked("203.0.113.9", "198.51.100.1") == "203.0.113.9"
    assert asked(PROXY, "198.51.100.1", trusted="") == PROXY


def test_of_a_trusted_proxy_the_last_hop_that_is_no_proxy_counts() -> None:
    assert asked(PROXY, "198.51.100.1") == "198.51.100.1"
    assert asked(PROXY, "1.2.3.4, 198.51.100.1, 10.1.1.1") == "198.51.100.1"
    assert asked(PROXY, "1.2.3.4", "198.51.100.1") == "198.51.100.1"


def test_what_can_not_be_read_ends_the_search() -> None:
    assert asked(PROXY, "198.51.100.1, inget") == PROXY
    assert asked(PROXY, "") == PROXY
    assert asked(None, "198.51.100.1") == "unknown"


def test_a_caller_can_not_choose_an_address_by_writing_the_header() -> None:
    assert asked(PROXY, "6.6.6.6, 198.51.100.1") == asked(PROXY, "7.7.7.7, 198.51.100.1")


@given(st.ip_addresses(v=6).filter(lambda address: address.ipv4_mapped is None))
def test_all_addresses_of_a_household_are_one(address: IPv6Address) -> None:
    other = IPv6Address((int(address) >> 64 << 64) | (int(address) ^ 1) % 2**64)
    assert asked(str(address)) == asked(str(other))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_the_same_however_it_is_written(address: IPv4Address) -> None:
    assert asked(f"::ffff:{address}") == asked(str(address)) == str(address)


@given(st.ip_addresses(v=6), st.ip_addresses(v=6))
def test_two_households_are_two(one: IPv6Address, other: IPv6Address) -> None:
    same = ip_network((one, 64), strict=False) == ip_network((other, 64), strict=False)
    if one.ipv4_mapped is None and other.ipv4_mapped is None:
        assert (asked(str(one)) == asked(str(other))) is same


@given(st.lists(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40)))
def test_whatever_the_header_says_there_is_an_answer(lines: list[str]) -> None:
    assert asked(PROXY, *lines)


async def test_a_mark_does_not_hold_what_it_stands_for_and_is_forgotten_within_the_hour() -> None:
    now = [0.0]
    marks = Marks(own_key, clock=lambda: now[0])
    first = await marks.of("203.0.113.9")
    assert "203" not in first
    assert first == await marks.of("203.0.113.9")
    assert first != await marks.of("203.0.113.8")
    now[0] = KEY_SECONDS + 1.0
    assert first != await marks.of("203.0.113.9")
    now[0] = 0.0
    assert first != await marks.of("203.0.113.9")  # not even by the clock being set back


async def test_two_services_mark_the_same_address_differently() -> None:
    assert await Marks(own_key).of("203.0.113.9") != await Marks(own_key).of("203.0.113.9")
