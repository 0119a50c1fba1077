"""Every part runs at a tiny size, in real client processes, against a stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.benchmark.callers import Target
from services.benchmark.clients import ClosedLoop, LongConversations, OpenChats, met_by
from services.benchmark.errors import BenchmarkError
from services.benchmark.goals import MEMORY, TRAINING
from services.benchmark.parts import PARTS, Bench, Size
from services.benchmark.texts import Texts
from tests.benchmark.stand_ins import StandIn, StandInHouse, stand_in

TINY = Size(
    callers=(1,), rounds=2, warm_up=0.0, seconds=0.3, acute_seconds=0.5, flood=2, conversations=2,
    length=12, pairs=4, length_seconds=5.0, stored=(10, 20), stored_rounds=1, stored_seconds=0.3,
    chats=5, chat_every=0.2, chat_seconds=0.5,
)  # fmt: skip
TEXTS = Texts(ordinary=("vad är det här?", "jag är orolig"), acute=("akut nu",))


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with stand_in() as one:
        yield one


@pytest.mark.parametrize("name", PARTS)
async def test_every_part_measures_something(server: StandIn, name: str) -> None:
    bench = Bench(StandInHouse(server.url), TEXTS, TINY, lambda words: None)
    measured = await PARTS[name](bench)
    assert measured.findings
    assert all(finding.measured > 0 for finding in measured.findings)
    assert all(detail.load.seconds for detail in measured.details)
    if name == "memory":
        assert [(f.goal, f.ratio) for f in measured.findings] == [(MEMORY, 1.2)]
    if name == "training":
        assert [(f.goal, f.is_met) for f in measured.findings] == [(TRAINING, True)]


async def test_a_closed_loop_opens_a_new_conversation_every_so_many_messages(
    server: StandIn,
) -> None:
    target = Target(url=server.url)
    order = ClosedLoop(
        target=target, texts=TEXTS.ordinary, callers=2, seconds=60.0, most=20, each=5
    )
    load = await met_by(order)
    assert 20 <= len(load.seconds) <= 21
    assert max(map(len, server.messages.values())) == 5
    assert load.failed == 0
    assert 0 < load.client_share < 2


async def test_a_reply_in_the_acknowledgement_counts_as_at_once(server: StandIn) -> None:
    order = ClosedLoop(
        target=Target(url=server.url), texts=("akut", "annat"), callers=1, seconds=60.0, most=10
    )
    load = await met_by(order)
    assert sum(load.at_once) == len(load.at_once) / 2


async def test_messages_that_are_refused_are_counted_as_failed(server: StandIn) -> None:
    server.refuses = True
    order = ClosedLoop(target=Target(url=server.url), texts=("hej",), callers=1, seconds=0.5)
    load = await met_by(order)
    assert load.failed > 0
    assert set(load.faults) == {"503"}
    assert load.seconds == ()


async def test_open_chats_write_once_each_time_and_all_are_open(server: StandIn) -> None:
    order = OpenChats(
        target=Target(url=server.url), texts=("hej",), chats=6, every=0.2, seconds=0.6
    )
    load = await met_by(order)
    assert server.conversations == 6
    assert len(load.seconds) == 18


async def test_old_and_young_conversations_get_the_same_words_by_turns(server: StandIn) -> None:
    order = LongConversations(
        target=Target(url=server.url), texts=tuple("abcdefg"), conversations=2, messages=10,
        seconds=60.0, young=4, pairs=4,
    )  # fmt: skip
    growth = await met_by(order)
    assert [len(one) for one in growth.grown] == [10, 10]
    assert len(growth.old) == len(growth.young) == 4
    long, young = (
        [said for said in server.messages.values() if is_long(len(said))]
        for is_long in (lambda length: length > 5, lambda length: length == 5)
    )
    assert sorted(len(said) for said in long) == [12, 12]
    assert sorted(said[-1] for said in young) == sorted(s for said in long for s in said[-2:])


async def test_stock_rasa_is_written_to_by_its_rest_channel(server: StandIn) -> None:
    target = Target(url=server.url, is_peer=True)
    load = await met_by(ClosedLoop(target=target, texts=("hej",), callers=1, seconds=60.0, most=10))
    assert len(load.seconds) == 10
    assert server.conversations == 0


async def test_clients_that_can_reach_nobody_fail_with_words() -> None:
    order = OpenChats(
        target=Target(url="http://127.0.0.1:9"), texts=("hej",), chats=1, every=1, seconds=1
    )
    with pytest.raises(BenchmarkError, match="misslyckades"):
        await met_by(order)
