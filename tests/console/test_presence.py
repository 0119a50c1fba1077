"""Whether the caller is still there, and who is writing: told live, without content, not kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from playwright.async_api import Page, Request, expect
from sqlalchemy import select

from services.conversations.core import Core
from services.conversations.presence import PageSign, WritingSign
from services.store.tables import Base, Conversation
from services.vocabulary import Author, Channel
from tests.conftest import ScriptedRasa
from tests.console.conftest import Caller, Console, Visitor
from tests.console.test_browser import Opener, coordinator_at, messages, open_page
from tests.console.test_many_at_once import PHONE, caller_at
from tests.console.test_queue import following

__all__ = ["open_page"]

HERE = "Den som hör av sig har chatten öppen."
NOT_HERE = "Den som hör av sig har inte chatten öppen."
CALLER_WRITES = "Den som hör av sig skriver …"
COORDINATOR_WRITES = "Samordnaren skriver …"


async def taken(console: Console) -> tuple[Visitor, Caller, UUID]:
    """A coordinator who has somebody's conversation."""
    anna, caller = await console.coordinator(), await console.caller()
    ticket = await caller.ask_for_human()
    await anna.take(ticket)
    return anna, caller, ticket


async def sign(visitor: Visitor, ticket: UUID) -> int:
    """Tell that a coordinator is writing, as the page's script does; give the status."""
    response = await visitor.session.post(
        f"/samordnare/api/tickets/{ticket}/typing", headers={"X-CSRF-Token": visitor.csrf}
    )
    assert await response.read() == b"" or response.status != 204
    return response.status


async def everything_stored(core: Core) -> list[Sequence[Any]]:
    async with core.database.read() as session:
        tables = Base.metadata.sorted_tables
        return [(await session.execute(select(table))).all() for table in tables]


async def test_the_open_page_hears_where_the_caller_is_and_that_they_write(
    console: Console,
) -> None:
    anna, caller, ticket = await taken(console)
    page = uuid4()
    async with following(anna, f"/samordnare/api/tickets/{ticket}/events") as stream:
        first = (await stream.next_of("caller")).data
        assert first == {"text": NOT_HERE, "here": False, "writing_at": None}
        console.core.tell(PageSign(caller.id, page, is_open=True))
        assert (await stream.next_of("caller")).data["text"] == HERE
        console.core.tell(WritingSign(caller.id, Author.CALLER, is_writing=True))
        assert (await stream.next_of("caller")).data["writing_at"] is not None
        await caller.write("jag är klar")
        console.core.tell(WritingSign(caller.id, Author.CALLER, is_writing=False))
        assert (await stream.next_of("caller")).data["writing_at"] is None
        console.core.tell(PageSign(caller.id, page, is_open=False))
        left = (await stream.next_of("caller")).data
        assert left["text"] == "Den som hör av sig lämnade chatten för mindre än en minut sedan."
    console.clock.go(minutes=23)
    shown = await anna.read(f"/samordnare/arende/{ticket}")
    assert "Den som hör av sig lämnade chatten för 23 min sedan." in shown


async def test_what_the_caller_types_to_the_assistant_does_not_show(console: Console) -> None:
    anna, caller, ticket = await taken(console)
    console.core.tell(WritingSign(caller.id, Author.CALLER, is_writing=True))
    async with following(anna, f"/samordnare/api/tickets/{ticket}/events") as stream:
        assert (await stream.next_of("caller")).data["writing_at"] is not None
        await anna.send(f"/samordnare/arende/{ticket}/lamna")
        assert (await stream.next_of("caller")).data["writing_at"] is None


async def test_only_whoever_has_the_conversation_is_seen_writing(console: Console) -> None:
    anna, caller, ticket = await taken(console)
    bjorn = await console.coordinator("Björn Ek")
    assert await sign(bjorn, ticket) == 409
    assert await sign(anna, uuid4()) == 404
    now = console.clock.now
    assert console.core.presence.writing_at(caller.id, Author.COORDINATOR, now) is None
    assert await sign(anna, ticket) == 204
    assert console.core.presence.writing_at(caller.id, Author.COORDINATOR, now) == now
    await anna.say(ticket, "Hej.")
    assert console.core.presence.writing_at(caller.id, Author.COORDINATOR, now) is None


async def test_no_sign_is_stored_anywhere(console: Console) -> None:
    anna, caller, ticket = await taken(console)
    console.clock.go(minutes=2)
    before = await everything_stored(console.core)
    console.core.tell(PageSign(caller.id, uuid4(), is_open=True))
    bearer = {"Authorization": f"Bearer {caller.id}.{caller.secret}"}
    response = await console.visitor().session.post("/api/chat/typing", headers=bearer)
    assert response.status == 204
    assert await sign(anna, ticket) == 204
    assert await everything_stored(console.core) == before


async def test_who_has_no_page_to_be_on_and_what_is_closed_have_no_such_line(
    console: Console,
) -> None:
    anna, _, ticket = await taken(console)
    page = f"/samordnare/arende/{ticket}"
    assert NOT_HERE in await anna.read(page)
    await anna.send(f"{page}/avsluta", outcome="annat")
    assert "har inte chatten" not in await anna.read(page)
    texting = await console.caller()
    other = await texting.ask_for_human()
    async with console.core.database.begin() as session:
        row = await session.get(Conversation, texting.id)
        assert row is not None
        row.channel = Channel.SMS
    assert "har inte chatten" not in await anna.read(f"/samordnare/arende/{other}")


async def both_at_work(
    console: Console, open_page: Opener, rasa: ScriptedRasa
) -> tuple[Page, Page]:
    """A caller and the coordinator who has their conversation, each at their page."""
    rasa.answer = lambda request: {"handover": {"samtycke": True}}
    caller = await caller_at(await open_page(viewport=PHONE), "Hej, kan jag få prata med någon?")
    coordinator = await coordinator_at(console, await open_page())
    await coordinator.get_by_role("button", name="Ta över").click()
    await expect(coordinator.get_by_text(HERE)).to_be_visible()
    await expect(caller.locator("#log")).to_contain_text("Nu tar en samordnare över.")
    console.clock.go(seconds=5)  # a sign right after a message says nothing new
    return caller, coordinator


async def test_each_sees_that_the_other_writes_and_never_what(
    console: Console, open_page: Opener, rasa: ScriptedRasa
) -> None:
    caller, coordinator = await both_at_work(console, open_page, rasa)
    signs: list[Request] = []
    for page in (caller, coordinator):
        page.on("request", lambda one: signs.append(one) if "/typing" in one.url else None)
    theirs = caller.get_by_label("Skriv ditt meddelande")
    ours = coordinator.get_by_label("Skriv till den som hör av sig")

    await theirs.press_sequentially("hemliga ord")
    await expect(coordinator.get_by_text(CALLER_WRITES)).to_be_visible()
    await theirs.press("Enter")
    await expect(messages(coordinator, "caller").last).to_have_text("hemliga ord")
    await expect(coordinator.get_by_text(CALLER_WRITES)).to_have_count(0)

    await ours.press_sequentially("andra ord")
    await expect(caller.get_by_text(COORDINATOR_WRITES)).to_be_visible()
    await ours.press("Enter")
    await expect(caller.locator("#log")).to_contain_text("andra ord")
    await expect(caller.get_by_text(COORDINATOR_WRITES)).to_have_count(0)
    assert len(signs) == 2
    assert [one.post_data for one in signs] == [None, None]

    await coordinator.get_by_role("button", name="Lämna tillbaka").click()
    await expect(caller.locator("#log")).to_contain_text("Samordnaren har lämnat samtalet")
    await theirs.press_sequentially("till assistenten")
    await theirs.press("Enter")
    await expect(caller.locator("#log .from-caller").last).to_contain_text("till assistenten")
    assert len(signs) == 2


async def test_that_the_caller_leaves_and_comes_back_is_said_and_the_minutes_only_shown(
    console: Console, open_page: Opener, rasa: ScriptedRasa
) -> None:
    caller, coordinator = await both_at_work(console, open_page, rasa)
    line = coordinator.locator("#whereabouts")
    await caller.goto("about:blank")
    await coordinator.get_by_label("Skriv till den som hör av sig").fill("Är du kvar?")
    await coordinator.keyboard.press("Enter")
    left = "Den som hör av sig lämnade chatten för {} sedan."
    # At the latest when the caller's stream would give its next sign of life.
    await expect(line).to_have_text(left.format("mindre än en minut"), timeout=20_000)
    await expect(line).to_have_attribute("aria-live", "polite")
    console.clock.go(minutes=3)
    await console.ticket()
    await expect(line).to_have_text(left.format("3 min"))
    await expect(line).to_have_attribute("aria-live", "off")
    await caller.goto("/")
    await expect(caller.locator("#log")).to_contain_text("Är du kvar?")
    await expect(line).to_have_text(HERE)
    await expect(line).to_have_attribute("aria-live", "polite")
