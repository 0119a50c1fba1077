"""The API answers whatever it is sent as its description says, and never with a fault of ours."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.channels.openapi import describe
from tests.edges.conftest import Service

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 40
WIDE = dict.fromkeys(("limit_caller", "limit_address", "limit_openings"), "100000/minute")
SCHEMA = schemathesis.openapi.from_dict(describe())
POSTS = ["/api/chat/conversations", "/api/chat/messages", "/api/chat/typing"]


def play(path: str, method: str, mode: GenerationMode, url: str, headers: dict[str, str]) -> int:
    """Send what the description allows, or what it does not; give how many cases were sent."""
    sent = 0

    @seed(20261121)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=SCHEMA[path][method].as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        nonlocal sent
        sent += 1
        response = case.call(base_url=url, headers=headers, timeout=20)
        case.validate_response(response, checks=CHECKS)

    send()
    return sent


def posts() -> list[tuple[str, GenerationMode]]:
    """Each with what is right and with what is wrong; opening takes nothing that could be wrong."""
    nothing_wrong = ("/api/chat/conversations", GenerationMode.NEGATIVE)
    return [one for one in product(POSTS, GenerationMode) if one != nothing_wrong]


@pytest.mark.parametrize(("path", "mode"), posts())
async def test_a_post_is_answered_as_described(serve: Any, path: str, mode: GenerationMode) -> None:
    service: Service = await serve(**WIDE)
    url = str(service.client.make_url("/")).rstrip("/")
    bearer = await service.open()
    assert await asyncio.to_thread(play, path, "POST", mode, url, bearer) > 0


async def test_a_stranger_at_the_stream_is_answered_as_described(serve: Any) -> None:
    service: Service = await serve(**WIDE)
    url = str(service.client.make_url("/")).rstrip("/")
    stranger = {"Authorization": "Bearer fel"}
    mode = GenerationMode.POSITIVE
    assert await asyncio.to_thread(play, "/api/chat/events", "GET", mode, url, stranger) > 0
