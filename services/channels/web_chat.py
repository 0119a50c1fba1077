"""The web chat's API: open a conversation, send a message, follow what is said.

Contract in ``docs/architecture.md`` and, for machines, at ``/api/openapi.json``.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID, uuid4

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.answers.reply import Reply
from services.channels.probe import is_probe
from services.channels.problems import problem
from services.conversations.appkeys import CORE, INBOX, WORKER
from services.conversations.core import Core
from services.conversations.errors import (
    EmptyMessageError,
    MessageTooLongError,
    NotStoredError,
    UnknownChoiceError,
    UnknownConversationError,
)
from services.conversations.inbox import AcuteNotStoredError, IncomingMessage
from services.conversations.overload import ManyWritingError, TooOftenError, too_often_words
from services.conversations.presence import PageSign, WritingSign
from services.conversations.sealing import conversation_key
from services.conversations.timeline import Event, read_timeline
from services.edges.addresses import network_of
from services.edges.limits import LIMITS, cost_of, wait_to_look
from services.edges.open_streams import STREAMS, TooManyStreamsError
from services.edges.patience import write_in_time
from services.store.conversations import get_conversation
from services.store.tables import Conversation
from services.vocabulary import Author, Channel, Owner, PhraseId, Variant

HEARTBEAT_SECONDS: Final = 15.0
RETRY_SECONDS: Final = 5
"""When a page may try again that was told that many are writing."""

_POSITION: Final = re.compile(r"\d{1,9}", re.ASCII)
_GREETING: Final = PhraseId("halsning")
_NO_STORE: Final = {"Cache-Control": "no-store"}
_DELETED: Final = b"event: deleted\ndata: {}\n\n"
_log = structlog.get_logger(__name__)


class NewMessage(BaseModel):
    """A message from the chat page."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
    text: str = ""
    choice: Annotated[str, Field(max_length=40)] | None = None


class OpenedConversation(BaseModel):
    """A new conversation; the secret is shown this once."""

    conversation: UUID
    secret: str
    greeting: Reply


class Accepted(BaseModel):
    """The message is stored. ``reply`` is there at once when it is acute."""

    id: str
    position: int
    reply: Event | None = None


class CoordinatorSign(BaseModel):
    """Whether a coordinator has the conversation, and is writing in it just now."""

    has_conversation: bool
    is_writing: bool


def setup_web_chat(app: web.Application) -> None:
    """Join the chat's routes to the application."""
    app.add_routes(
        [
            web.post("/api/chat/conversations", open_conversation),
            web.post("/api/chat/messages", receive_message),
            web.post("/api/chat/typing", receive_typing),
            web.get("/api/chat/events", stream_events),
        ]
    )


async def open_conversation(request: web.Request) -> web.Response:
    """Open a conversation and greet: an AI assistant, not the police, 112 at danger."""
    core, limits = request.app[CORE], request.app[LIMITS]
    municipality = core.default_municipality
    seconds = await limits.wait(limits.openings, address=network_of(request))
    if seconds is not None:
        return _too_often(seconds, _words_too_often(core))
    try:
        conversation_id, secret = await request.app[INBOX].open_conversation(
            Channel.WEB, municipality, is_probe=is_probe(request)
        )
    except NotStoredError:
        return problem(503)
    setting = core.setting_for(Channel.WEB, Variant.WEB, municipality)
    greeting = core.renderer.checked(core.renderer.phrase(_GREETING, setting), setting)
    opened = OpenedConversation(conversation=conversation_id, secret=secret, greeting=greeting)
    return _json(opened, status=201)


async def receive_message(request: web.Request) -> web.Response:
    """Store a message and acknowledge it; an acute one is answered in the same response."""
    try:
        conversation_id, secret = _credentials(request)
        message = NewMessage.model_validate_json(await request.read())
        seconds, is_judged = await _limit(request, f"{conversation_id}.{secret}", message.text)
        if seconds is not None and not is_judged:
            return _too_often(seconds, _words_too_often(request.app[CORE]))
        receipt = await request.app[INBOX].receive(
            conversation_id,
            secret,
            IncomingMessage(message.id, message.text, message.choice),
            channel=Channel.WEB,
            too_often=seconds is not None,
        )
    except TooOftenError as error:
        return _too_often(seconds or RETRY_SECONDS, error.reply)
    except UnknownConversationError:
        return problem(401)
    except ValidationError:
        return problem(400)
    except EmptyMessageError:
        return problem(422, title="Meddelandet är tomt", detail="Skriv något och försök igen.")
    except MessageTooLongError:
        return problem(413)
    except UnknownChoiceError:
        return problem(422, title="Valet finns inte", detail="Skriv med egna ord i stället.")
    except AcuteNotStoredError as error:
        return problem(503, reply=error.reply.model_dump(mode="json"))
    except ManyWritingError as error:
        return _many_writing(error)
    except NotStoredError:
        return problem(503)
    sent = WritingSign(receipt.conversation_id, Author.CALLER, is_writing=False)
    request.app[CORE].tell(sent)
    if receipt.reply is None:
        request.app[WORKER].notice(receipt.conversation_id, receipt.waits)
    accepted = Accepted(id=message.id, position=receipt.position, reply=receipt.reply)
    return _json(accepted, status=202)


async def receive_typing(request: web.Request) -> web.Response:
    """Take a sign that the caller is writing. It reaches a coordinator, and never the assistant."""
    if (seconds := await wait_to_look(request)) is not None:
        return problem(429, headers={"Retry-After": str(seconds)})
    try:
        conversation = await request.app[INBOX].authenticate(*_credentials(request))
    except UnknownConversationError:
        return problem(401)
    except NotStoredError:
        return problem(503)
    if conversation.owner is Owner.COORDINATOR:
        request.app[CORE].tell(WritingSign(conversation.id, Author.CALLER, is_writing=True))
    return web.Response(status=204, headers=_NO_STORE)


async def stream_events(request: web.Request) -> web.StreamResponse:
    """What is said in the conversation, as server-sent events, from ``Last-Event-ID`` on.

    In between, without a position, whether a coordinator has the conversation and is writing; and
    at the end that the conversation is deleted, if it is.
    """
    if (seconds := await wait_to_look(request)) is not None:
        return problem(429, headers={"Retry-After": str(seconds)})
    try:
        conversation = await request.app[INBOX].authenticate(*_credentials(request))
    except UnknownConversationError:
        return problem(401)
    except NotStoredError:
        return problem(503)
    last_event = request.headers.get("Last-Event-ID", "0")
    if not _POSITION.fullmatch(last_event):
        return problem(400)
    try:
        with request.app[STREAMS].opened(conversation.id, network_of(request)) as ended:
            return await _follow(request, conversation, int(last_event), ended)
    except TooManyStreamsError:
        return problem(429, headers={"Retry-After": str(RETRY_SECONDS)})


async def _follow(
    request: web.Request, conversation: Conversation, position: int, ended: asyncio.Event
) -> web.StreamResponse:
    core = request.app[CORE]
    key = conversation_key(core.keyring, conversation)
    stream = web.StreamResponse(
        headers={**_NO_STORE, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    )
    await stream.prepare(request)
    # A caller who closes the page ends the stream; the next one resumes from Last-Event-ID.
    with contextlib.suppress(ConnectionResetError):
        await write_in_time(stream, b": connected\n\n")
        known = _Coordinator(has_conversation=False, wrote_at=None)
        with (
            _open_page(core, conversation.id) as is_still_open,
            core.wakeups.following(conversation.id) as news,
        ):
            told: list[Event] | None = None
            while not ended.is_set():
                if told is None:
                    news.clear()
                    async with core.database.read() as session:
                        told = await read_timeline(session, key, conversation, after=position)
                        current = await get_conversation(session, conversation.id)
                    if current is None:
                        await stream.write(_DELETED)
                        break
                    conversation = current
                for event in told:
                    await write_in_time(stream, _server_sent(event))
                    position = event.position
                coordinator = _coordinator(core, conversation)
                if coordinator != known:
                    await write_in_time(stream, coordinator.server_sent())
                    known = coordinator
                try:
                    await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
                    told = news.take(after=position)
                except TimeoutError:
                    told = None
                    await write_in_time(stream, b": still here\n\n")
                    is_still_open()
    return stream


@contextlib.contextmanager
def _open_page(core: Core, conversation_id: UUID) -> Iterator[Callable[[], None]]:
    """Let coordinators know that the caller has a page open; call what it gives, now and then."""
    page = uuid4()

    def is_still_open() -> None:
        core.tell(PageSign(conversation_id, page, is_open=True))

    is_still_open()
    try:
        yield is_still_open
    finally:
        core.tell(PageSign(conversation_id, page, is_open=False))


@dataclass(frozen=True, slots=True)
class _Coordinator:
    """What a page is told of the coordinator; anew at each sign of writing."""

    has_conversation: bool
    wrote_at: datetime | None

    def server_sent(self) -> bytes:
        sign = CoordinatorSign(
            has_conversation=self.has_conversation, is_writing=self.wrote_at is not None
        )
        return f"event: coordinator\ndata: {sign.model_dump_json()}\n\n".encode()


def _coordinator(core: Core, conversation: Conversation) -> _Coordinator:
    if conversation.owner is not Owner.COORDINATOR:
        return _Coordinator(has_conversation=False, wrote_at=None)
    wrote_at = core.presence.writing_at(conversation.id, Author.COORDINATOR, core.clock())
    return _Coordinator(has_conversation=True, wrote_at=wrote_at)


async def _limit(request: web.Request, credentials: str, text: str) -> tuple[int | None, bool]:
    """Count a message: how long to wait if it is over a limit, and whether it is judged even so."""
    limits, address, cost = request.app[LIMITS], network_of(request), cost_of(text)
    seconds = await limits.wait(limits.messages, caller=credentials, address=address, cost=cost)
    if seconds is None:
        return None, True
    return seconds, await limits.spare(caller=credentials, address=address, cost=cost)


def _words_too_often(core: Core) -> Reply:
    return too_often_words(
        core, core.setting_for(Channel.WEB, Variant.WEB, core.default_municipality)
    )


def _too_often(seconds: int, words: Reply) -> web.Response:
    return problem(
        429,
        headers={"Retry-After": str(seconds)},
        reply=words.model_dump(mode="json"),
    )


def _many_writing(error: ManyWritingError) -> web.Response:
    return problem(
        503,
        title="Många skriver just nu",
        detail="Meddelandet har inte kommit fram än. Försök igen om en stund.",
        headers={"Retry-After": str(RETRY_SECONDS)},
        reply=error.reply.model_dump(mode="json"),
    )


def _credentials(request: web.Request) -> tuple[UUID, str]:
    """The two parts of ``Authorization: Bearer <conversation>.<secret>``."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    conversation_id, _, secret = credentials.partition(".")
    # Ours are ASCII; aiohttp hands on a header's other bytes as halves of characters.
    if scheme.lower() != "bearer" or not credentials.isascii():
        raise UnknownConversationError
    try:
        return UUID(conversation_id), secret
    except ValueError:
        raise UnknownConversationError from None


def _server_sent(event: Event) -> bytes:
    data = event.model_dump_json(exclude={"urgency", "delivery", "failure"})
    return f"id: {event.position}\ndata: {data}\n\n".encode()


def _json(body: BaseModel, *, status: int) -> web.Response:
    return web.Response(
        status=status,
        text=body.model_dump_json(),
        content_type="application/json",
        headers=_NO_STORE,
    )
