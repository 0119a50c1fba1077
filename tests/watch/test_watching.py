"""Who looks after the service is told of an outage once, and of its end; never of content."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from services.settings import Settings
from services.tickets.errors import NoticeSettingsError
from services.watch.alarm import Alarm, AlarmWebhook, News, Way, check_alarm_settings
from services.watch.probe import Finding, Probe, Result
from services.watch.watching import watch

NOON = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
ADDRESS = "https://lotsen.example"
SECRET = "a secret for the alarm"
OK, SILENT = Finding.ANSWERED, Finding.SILENT


@dataclass
class Pager:
    """A way to be told, which fails when a test says so."""

    broken: bool = False
    told: list[News] = field(default_factory=list)

    async def tell(self, news: News, at: datetime) -> bool:
        if not self.broken:
            self.told.append(news)
        return not self.broken


async def note(alarm: Alarm, *findings: Finding) -> None:
    for minute, finding in enumerate(findings):
        await alarm.note(finding, NOON + timedelta(minutes=minute))


async def test_an_outage_is_told_once_and_so_is_its_end() -> None:
    pager = Pager()
    await note(Alarm({"pager": pager}, ADDRESS), OK, SILENT, SILENT, Finding.REFUSED, OK, OK)
    assert [news.is_outage for news in pager.told] == [True, False]
    assert {news.since for news in pager.told} == {NOON + timedelta(minutes=1)}


async def test_the_next_outage_is_told_anew() -> None:
    pager = Pager()
    await note(Alarm({"pager": pager}, ADDRESS), SILENT, OK, SILENT)
    assert [news.since.minute for news in pager.told] == [0, 0, 2]


async def test_an_alarm_that_did_not_arrive_is_told_again_and_the_other_way_is_not() -> None:
    broken, whole = Pager(broken=True), Pager()
    alarm = Alarm({"broken": broken, "whole": whole}, ADDRESS)
    await note(alarm, SILENT, SILENT)
    broken.broken = False
    await note(alarm, SILENT, OK)
    assert [news.is_outage for news in broken.told] == [True, False]
    assert [news.is_outage for news in whole.told] == [True, False]


async def test_who_did_not_hear_of_an_outage_is_not_told_that_it_is_over() -> None:
    pager = Pager(broken=True)
    alarm = Alarm({"pager": pager}, ADDRESS)
    await note(alarm, SILENT)
    pager.broken = False
    await note(alarm, OK)
    assert pager.told == []


async def test_the_webhook_is_signed_and_says_what_was_found_and_where() -> None:
    got: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        got.append((dict(request.headers), await request.read()))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", take)
    async with TestServer(app) as server, ClientSession() as session:
        way: Way = AlarmWebhook(session, str(server.make_url("/hook")), SECRET)
        assert await way.tell(News(SILENT, NOON, ADDRESS), NOON)
    ((headers, body),) = got
    assert json.loads(body) == {
        "type": "service.silent",
        "found": "silent",
        "since": NOON.isoformat(),
        "address": ADDRESS,
    }
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()


@pytest.mark.parametrize(
    "half",
    [
        {"alarm_webhook_url": "https://x.example"},
        {"alarm_email_to": "jour@x.example"},
        {"alarm_email_to": "jour@x.example", "smtp_url": SecretStr("smtp://x.example:25")},
    ],
)
def test_a_way_that_is_set_in_part_is_refused(half: dict[str, object]) -> None:
    with pytest.raises(NoticeSettingsError, match="ALARM_"):
        check_alarm_settings(Settings(_env_file=None, **half))


class PlannedProbe(Probe):
    """A probe that finds what a test plans; what is after that is fine."""

    def __init__(self, *plan: Finding) -> None:
        self.plan = list(plan)
        self.done = asyncio.Event()

    async def once(self) -> Result:
        if self.plan:
            return Result(self.plan.pop(0), 0.1)
        self.done.set()
        return Result(OK, 0.1)


async def watched(plan: list[Finding], say: Callable[[str], None]) -> Pager:
    """Let the watch go through a plan, quickly."""
    pager, probe, quick = Pager(), PlannedProbe(*plan), timedelta(milliseconds=1)
    task = asyncio.create_task(
        watch(probe, Alarm({"pager": pager}, ADDRESS), say, every=quick, again=quick)
    )
    await asyncio.wait_for(probe.done.wait(), 10)
    task.cancel()
    await asyncio.wait([task])
    return pager


async def test_one_failure_alone_is_no_alarm() -> None:
    said: list[str] = []
    assert (await watched([OK, SILENT, OK], said.append)).told == []
    assert len(said) == 2, "the operator at the terminal sees it"


async def test_two_failures_in_a_row_are() -> None:
    pager = await watched([OK, SILENT, Finding.REFUSED, SILENT, OK], lambda line: None)
    assert [news.finding for news in pager.told] == [Finding.REFUSED, OK]
