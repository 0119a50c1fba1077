"""A service that follows the web chat's contract and does what a test tells it, without Rasa."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from aiohttp import web

from services.answers.reply import Choice, ContactBlock, Reply, SourceBlock, TextBlock
from services.channels.pages import setup_pages
from services.channels.problems import problem, problems_middleware
from services.channels.web_chat import (
    Accepted,
    CoordinatorSign,
    NewMessage,
    OpenedConversation,
)
from services.conversations.appkeys import SETTINGS
from services.conversations.timeline import Event
from services.edges.setup import EDGE_MIDDLEWARES, setup_edges
from services.settings import Settings
from services.vocabulary import Author, ContactId

EMERGENCY = ContactBlock(
    id=ContactId("112"),
    name="Nödnumret",
    short_name="Nödnumret",
    number="112",
    tel="112",
    audience="När någon är i fara nu.",
    open_now=True,
    hours="Öppet dygnet runt",
)
CONCERN_LINE = ContactBlock(
    id=ContactId("orostelefon"),
    name="En påhittad orostelefon",
    short_name="Orostelefonen",
    number="000-00 00 00",
    tel="+46000000000",
    email="orostelefon@example.org",
    audience="För barn, närstående och den som vill lämna.",
    open_now=False,
    hours="Öppnar måndag 12.00",
    note="Uppgiften är från 2024.",
)
GREETING = Reply(
    blocks=(
        TextBlock(
            text="Hej. Jag är en AI-assistent hos kommunen, inte polisen.\n\n"
            "Skriv helst inga namn. Vill du prata med en människa säger du bara till."
        ),
    )
)
ACUTE = Reply(
    blocks=(
        TextBlock(text="Ring nödnumret nu.\n\nTa dig till en trygg plats.", urgent=True),
        EMERGENCY,
    ),
    choices=(Choice(id="prata_med_manniska", title="Prata med en samordnare"),),
)
ADVICE = Reply(
    blocks=(
        TextBlock(
            text="Du behöver inte vara säker på något för att be om råd.\n\n"
            "- Lyssna mer än du argumenterar.\n- Visa att du finns kvar.\n\nDu kan också ringa."
        ),
        CONCERN_LINE,
        SourceBlock(title="Ett påhittat faktablad", publisher="En påhittad stad", year=2017),
    ),
    choices=(
        Choice(id="prata_med_manniska", title="Prata med en samordnare"),
        Choice(id="tecken", title="Vilka tecken ska jag se?"),
        Choice(id="samtal_rad", title="Hur pratar jag med min son?"),
    ),
)


@dataclass
class FakeService:
    """What a test sets, and what it can look at afterwards.

    Attributes:
        reply: What the assistant says; nothing when it stays silent.
        embed_origins: Other sites that may show the page; set before the application is made.
        acute: The next messages are acute: their reply is in the acknowledgement.
        away: Every call to the API is answered with 503.
        too_often: How many messages are refused because they come too fast; not what begins
            with "fara".
        acute_away: As ``away``, but messages get an acute reply in the 503.
        lose_acknowledgements: How many messages are stored without an acknowledgement.
        clock: When things are said.
        events: What was said, in order.
        attempts: Every call to send a message, by the caller's id for it.
        opened: How many conversations were opened.
        resumed_from: ``Last-Event-ID`` of every stream.
        coordinator: What the page was told of the coordinator, in order.
        typing_signs: How many signs came that the caller is writing.
    """

    reply: Reply | None = ADVICE
    embed_origins: tuple[str, ...] = ()
    acute: bool = False
    away: bool = False
    too_often: int = 0
    acute_away: bool = False
    lose_acknowledgements: int = 0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    events: list[Event] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)
    opened: int = 0
    resumed_from: list[str | None] = field(default_factory=list)
    coordinator: list[CoordinatorSign] = field(default_factory=list)
    typing_signs: int = 0
    _credentials: str | None = None
    _streams: set[asyncio.Transport] = field(default_factory=set)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def application(self) -> web.Application:
        """The real pages with this service behind them."""
        app = web.Application(middlewares=(problems_middleware, *EDGE_MIDDLEWARES))
        app[SETTINGS] = Settings(_env_file=None, embed_origins=self.embed_origins)
        setup_edges(app)
        app.add_routes(
            [
                web.post("/api/chat/conversations", self._open),
                web.post("/api/chat/messages", self._receive),
                web.post("/api/chat/typing", self._sign),
                web.get("/api/chat/events", self._stream),
            ]
        )
        setup_pages(app)
        return app

    async def say(
        self, author: Author, words: str | Reply, *, client_id: str | None = None
    ) -> Event:
        """Let somebody say something."""
        event = Event(
            position=len(self.events) + 1,
            author=author,
            at=self.clock(),
            text=words if isinstance(words, str) else None,
            reply=words if isinstance(words, Reply) else None,
            client_id=client_id,
        )
        async with self._news:
            self.events.append(event)
            self._news.notify_all()
        return event

    async def tell_of_coordinator(self, *, is_writing: bool, has_conversation: bool = True) -> None:
        """Let a coordinator have the conversation, or not, and write."""
        async with self._news:
            self.coordinator.append(
                CoordinatorSign(has_conversation=has_conversation, is_writing=is_writing)
            )
            self._news.notify_all()

    async def wait_for_typing_signs(self, count: int) -> None:
        """Wait until so many signs have come that the caller is writing."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: self.typing_signs >= count)

    def messages(self) -> list[str | None]:
        """What the caller has said, as it was stored."""
        return [event.text for event in self.events if event.author is Author.CALLER]

    def break_streams(self) -> None:
        """Cut every open stream in the middle, as a lost network does."""
        for transport in self._streams.copy():
            transport.abort()

    def forget(self) -> None:
        """Lose the conversation, as when it was deleted."""
        self._credentials = None
        self.events.clear()
        self.break_streams()

    async def _open(self, _request: web.Request) -> web.Response:
        if self.away or self.acute_away:
            return problem(503)
        self.opened += 1
        opened = OpenedConversation(
            conversation=UUID(int=self.opened), secret=uuid4().hex, greeting=GREETING
        )
        self._credentials = f"Bearer {opened.conversation}.{opened.secret}"
        self.events.clear()
        return web.json_response(text=opened.model_dump_json(), status=201)

    async def _receive(self, request: web.Request) -> web.Response:
        message = NewMessage.model_validate_json(await request.read())
        self.attempts.append(message.id)
        if self.acute_away:
            return problem(503, reply=ACUTE.model_dump(mode="json"))
        if self.away:
            return problem(503)
        if request.headers.get("Authorization") != self._credentials:
            return problem(401)
        if self.too_often and not message.text.startswith("fara"):
            self.too_often -= 1
            words = Reply(blocks=(TextBlock(text="Vi väntar lite med det här."), CONCERN_LINE))
            return problem(429, headers={"Retry-After": "1"}, reply=words.model_dump(mode="json"))
        if message.text.startswith("avvisa"):
            return problem(413)
        accepted = self._known(message.id) or await self._store(message)
        if self.lose_acknowledgements:
            self.lose_acknowledgements -= 1
            request.transport.abort()
        return web.json_response(text=accepted.model_dump_json(), status=202)

    async def _sign(self, request: web.Request) -> web.Response:
        assert await request.read() == b""
        async with self._news:
            self.typing_signs += 1
            self._news.notify_all()
        return web.Response(status=204)

    def _known(self, client_id: str) -> Accepted | None:
        for event in self.events:
            if event.client_id == client_id:
                return Accepted(id=client_id, position=event.position)
        return None

    async def _store(self, message: NewMessage) -> Accepted:
        titles = {choice.id: choice.title for choice in (*ADVICE.choices, *ACUTE.choices)}
        text = titles[message.choice] if message.choice else message.text
        text = text.replace("HEMLIGT", "[dolt]")  # as the service masks a personnummer
        stored = await self.say(Author.CALLER, text, client_id=message.id)
        reply = None
        if self.acute:
            reply = await self.say(Author.BOT, ACUTE)
        elif self.reply is not None:
            await self.say(Author.BOT, self.reply)
        return Accepted(id=message.id, position=stored.position, reply=reply)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self.away or self.acute_away:
            return problem(503)
        if request.headers.get("Authorization") != self._credentials:
            return problem(401)
        self.resumed_from.append(request.headers.get("Last-Event-ID"))
        shown = int(request.headers.get("Last-Event-ID", "0"))
        told = max(0, len(self.coordinator) - 1)  # a new connection hears how it stands
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        transport = request.transport
        self._streams.add(transport)
        with contextlib.suppress(ConnectionResetError):
            await stream.write(b": connected\n\n")
            while True:
                for event in self.events[shown:]:
                    data = event.model_dump_json(exclude={"urgency"})
                    await stream.write(f"id: {event.position}\ndata: {data}\n\n".encode())
                    shown = event.position
                for sign in self.coordinator[told:]:
                    data = sign.model_dump_json()
                    await stream.write(f"event: coordinator\ndata: {data}\n\n".encode())
                told = len(self.coordinator)
                async with self._news:
                    while len(self.events) <= shown and len(self.coordinator) <= told:
                        await self._news.wait()
        self._streams.discard(transport)
        return stream
