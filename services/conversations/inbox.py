"""The inbox: a message is judged and stored before it is acknowledged.

An acute message gets its reply in the same transaction, without Rasa; if the database is away it
gets the reply all the same, and the caller is told that the message was not stored.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.answers.reply import Reply
from services.conversations.core import Core
from services.conversations.errors import (
    EmptyMessageError,
    MessageTooLongError,
    NotStoredError,
    UnknownChoiceError,
    UnknownConversationError,
)
from services.conversations.handover import tell_coordinators
from services.conversations.loops import is_loop, read_lately
from services.conversations.minimising import minimised
from services.conversations.outcome import (
    add_reply,
    add_words,
    by_rules_alone,
    raise_urgency,
    seal_judgement,
)
from services.conversations.overload import (
    TooOftenError,
    refuse_if_too_many_wait,
    too_often_words,
)
from services.conversations.replies import acute_reply
from services.conversations.sealing import (
    conversation_key,
    inbound_row,
    number_row,
    secret_hash,
)
from services.conversations.storing import (
    ACUTE_STORE_TIMEOUT,
    STORE_TIMEOUT,
    Patience,
    reading,
    storing,
)
from services.conversations.timeline import (
    Event,
    all_that_is_new,
    inbound_event,
    outbound_event,
)
from services.conversations.wakeups import OUTBOX, QUEUE
from services.observability.measures import (
    ReplyKind,
    Stage,
    count_message,
    count_outcome,
    observe,
    timed,
)
from services.privacy.keyring import ConversationKey
from services.reading.bare import is_bare_answer
from services.reading.wishes import read_language
from services.store.conversations import get_conversation, lock_conversation, next_position
from services.store.messages import find_inbound_by_client_id, find_reply_to
from services.store.outbox import find_conversation_by_caller
from services.store.tables import Conversation, Inbound, InboundState, Outbound
from services.store.tickets import find_open_ticket
from services.tickets.queue import escalate_ticket
from services.triage.judgement import Judgement
from services.vocabulary import (
    Author,
    Channel,
    MunicipalityId,
    Owner,
    PhraseId,
    Setting,
    Urgency,
    Variant,
)

MAX_MESSAGE_CHARACTERS: Final = 8_000

_GREETING: Final = PhraseId("halsning")
_AI_NOTICE: Final = PhraseId("ai_notis")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """What a caller sent. ``client_id`` is the caller's own id for it; ``choice`` a button's id.

    ``aside`` is what the channel itself has to say to it, such as that pictures are not opened;
    with ``settled`` that is the whole answer, unless the message is acute. ``told``: it is acute,
    and its caller was answered when it could not be stored.
    """

    client_id: str
    text: str
    choice: str | None = None
    aside: Reply | None = None
    settled: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class Telephone:
    """A caller by telephone.

    ``key`` finds the conversation again: the number on SMS, the call's id on the phone. ``number``
    is where to answer, nothing when the caller hides it.
    """

    key: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The acknowledgement: the message is stored, with its reply at once if it is acute."""

    conversation_id: UUID
    position: int
    reply: Event | None
    queued: bool = False
    """Whether it went to the coordinators' queue instead of being answered."""
    waits: Urgency | None = None
    """How urgent the message is that now waits for its turn; nothing if none does."""
    told: tuple[Event, ...] = ()
    """All that is new in the conversation, for who follows it; nothing where that is to be read."""


class AcuteNotStoredError(NotStoredError):
    """The database is away, and the message is acute: here is what to say all the same."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("acute message not stored")
        self.reply = reply


class Inbox:
    """Opens conversations and takes messages."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._patience = Patience()

    async def open_conversation(
        self,
        channel: Channel,
        municipality: MunicipalityId,
        *,
        telephone: Telephone | None = None,
        is_probe: bool = False,
    ) -> tuple[UUID, str]:
        """Open a conversation; give its id and the secret that proves the caller's right to it.

        Args:
            channel: Where the caller writes.
            municipality: Where the caller is until they say otherwise.
            telephone: Who calls or texts; the key is stored as a keyed hash, the number sealed.
            is_probe: Whether it is our own test conversation.

        Raises:
            NotStoredError: the database is away.
        """
        core = self._core
        conversation_id, secret = uuid4(), secrets.token_urlsafe(32)
        key, wrapped = core.keyring.new_key(conversation=str(conversation_id))
        now = core.clock()
        number = telephone.number if telephone else None
        conversation = Conversation(
            id=conversation_id,
            channel=channel,
            municipality=municipality,
            variant=Variant(channel.value),
            created_at=now,
            last_activity_at=now,
            wrapped_key=wrapped,
            secret_hash=secret_hash(secret),
            caller_hash=core.keyring.lookup_hash(telephone.key) if telephone else None,
            number_sealed=key.seal(number, row=number_row(conversation_id)) if number else None,
            # A call begins with our greeting; a first text message gets it by itself.
            greeted=channel is Channel.VOICE,
            is_probe=is_probe,
        )

        async def store() -> None:
            async with core.database.begin() as session:
                session.add(conversation)

        async with storing():
            await self._patience.wait_for(store(), STORE_TIMEOUT)
        return conversation_id, secret

    async def conversation_of(
        self, channel: Channel, municipality: MunicipalityId, telephone: Telephone
    ) -> UUID:
        """The conversation of a number or a call, opened at its first message.

        Raises:
            NotStoredError: the database is away.
        """
        try:
            return (
                await self._find(telephone)
                or (await self.open_conversation(channel, municipality, telephone=telephone))[0]
            )
        except NotStoredError:
            # Of two first messages at once, one opens the conversation and the other finds it.
            found = await self._find(telephone)
            if found is None:
                raise
            return found

    async def _find(self, telephone: Telephone) -> UUID | None:
        hashes = self._core.keyring.lookup_hashes(telephone.key)
        async with reading(self._core) as session:
            conversation = await find_conversation_by_caller(session, *hashes)
        return conversation.id if conversation else None

    async def authenticate(self, conversation_id: UUID, secret: str) -> Conversation:
        """The conversation, if the secret is its secret.

        Raises:
            UnknownConversationError: it is not, or there is no such conversation.
            NotStoredError: the database is away.
        """
        async with reading(self._core) as session:
            conversation = await get_conversation(session, conversation_id)
        return _proven(conversation, secret)

    async def receive(
        self,
        conversation_id: UUID,
        secret: str | None,
        message: IncomingMessage,
        *,
        channel: Channel,
        too_often: bool = False,
    ) -> Receipt:
        """Judge and store a message; answer it at once if it is acute.

        Args:
            conversation_id: Where it belongs.
            secret: What the caller got when the conversation was opened; nothing when the channel
                itself has proven whose message it is, as Twilio's signature does.
            message: What the caller sent; the same ``client_id`` again stores nothing.
            channel: Where it came, for the words if the database is away.
            too_often: It is over a limit: it is taken only if it is acute, or was taken before.

        Raises:
            EmptyMessageError, MessageTooLongError, UnknownChoiceError: nothing was stored.
            UnknownConversationError: no such conversation, or not its secret.
            AcuteNotStoredError: the database is away; carries the reply to show all the same.
            NotStoredError: the database is away.
            ManyWritingError: too many turns wait; carries the reply to show meanwhile.
            TooOftenError: it is over a limit and can wait; carries the same.
        """
        core, began = self._core, perf_counter()
        setting = core.setting_for(channel, Variant(channel.value), core.default_municipality)
        message = self._checked(message, setting)
        judgement = self._judge(message, danger_asked=False)
        try:
            async with storing():
                with timed(Stage.STORE):
                    work = self._store(
                        conversation_id, secret, message, judgement, too_often=too_often
                    )
                    receipt = await self._patience.wait_for(work, _seconds(judgement))
        except NotStoredError as error:
            words = self._words_without_store(judgement, setting)
            if words is None:
                raise
            raise AcuteNotStoredError(words) from error
        if receipt.waits is not None:
            core.backlog.add()
        elif receipt.reply is not None and message.aside is None:
            observe(Stage.ACUTE, perf_counter() - began)
        core.wakeups.wake(conversation_id, receipt.told)
        if channel is Channel.SMS:
            core.wakeups.wake(OUTBOX)
        if receipt.reply is not None or receipt.queued:
            core.wakeups.wake(QUEUE)
        return receipt

    def answer_without_store(self, message: IncomingMessage, *, channel: Channel) -> Reply | None:
        """What to say to an acute message when the database is away; nothing if it is not acute."""
        core = self._core
        setting = core.setting_for(channel, Variant(channel.value), core.default_municipality)
        return self._words_without_store(self._judge(message, danger_asked=False), setting)

    def _words_without_store(self, judgement: Judgement, setting: Setting) -> Reply | None:
        if judgement.urgency is not Urgency.AKUT:
            return None
        renderer = self._core.renderer
        # A text message has room for what to do and no more.
        first = setting.channel is not Channel.SMS
        words = acute_reply(renderer, judgement, setting, first=first, in_form=False)
        return renderer.checked(words, setting)

    def _checked(self, message: IncomingMessage, setting: Setting) -> IncomingMessage:
        if message.choice is not None:
            title = self._core.renderer.choice_title(message.choice, setting)
            if title is None:
                raise UnknownChoiceError
            return replace(message, text=title)
        if not message.text.strip():
            raise EmptyMessageError
        if len(message.text) > MAX_MESSAGE_CHARACTERS:
            raise MessageTooLongError
        return message

    def _judge(self, message: IncomingMessage, *, danger_asked: bool) -> Judgement:
        with timed(Stage.JUDGE):
            if message.choice is not None:
                return self._core.judge.judge_choice(message.choice)
            return self._core.judge.judge(message.text, danger_asked=danger_asked)

    async def _store(
        self,
        conversation_id: UUID,
        secret: str | None,
        message: IncomingMessage,
        judgement: Judgement,
        *,
        too_often: bool,
    ) -> Receipt:
        core = self._core
        async with core.database.begin(urgent=judgement.urgency is Urgency.AKUT) as session:
            conversation = _known(await lock_conversation(session, conversation_id))
            if secret is not None:
                _proven(conversation, secret)
            key = conversation_key(core.keyring, conversation)
            known = await find_inbound_by_client_id(session, conversation_id, message.client_id)
            if known is not None:
                earlier = await find_reply_to(session, known.id)
                event = outbound_event(key, earlier) if earlier else None
                return Receipt(conversation_id, known.position, event)
            if conversation.danger_asked:
                # "Ja" means one thing after "Är någon i fara just nu?" and another elsewhere.
                judgement = self._judge(message, danger_asked=True)
            elif read_language(message.text) or (
                conversation.greeted and is_bare_answer(message.text)
            ):
                judgement = by_rules_alone(judgement)
            # Urgency was judged by all the words; what is stored has no more than is needed.
            text = minimised(message.text, conversation, key)
            now = core.clock()
            acute = judgement.urgency is Urgency.AKUT
            if not acute and too_often:
                raise TooOftenError(too_often_words(core, core.setting(conversation)))
            if not acute:
                refuse_if_too_many_wait(core, conversation)
            if not conversation.is_probe:
                count_message(conversation.channel, judgement.urgency)
            loops = conversation.channel is Channel.SMS and is_loop(
                text, await read_lately(session, key, conversation_id, now), acute=acute
            )
            inbound = Inbound(
                id=(inbound_id := uuid4()),
                conversation_id=conversation_id,
                client_id=message.client_id,
                choice=message.choice,
                position=next_position(conversation),
                received_at=now,
                body_sealed=key.seal(text, row=inbound_row(inbound_id)),
                state=InboundState.WAITING,
            )
            session.add(inbound)
            seal_judgement(key, inbound, judgement)
            conversation.last_activity_at = now
            if loops and conversation.owner is Owner.BOT:
                return await self._queue(session, conversation, inbound)
            if not acute:
                reply = self._say_beside(session, conversation, key, inbound, message, now)
                event = outbound_event(key, reply) if reply else None
                waits = judgement.urgency if inbound.state is InboundState.WAITING else None
                told = all_that_is_new(conversation, inbound_event(key, inbound))
                return Receipt(conversation_id, inbound.position, event, waits=waits, told=told)
            raise_urgency(conversation, judgement.urgency)
            if (ticket := await find_open_ticket(session, conversation_id)) is not None:
                escalate_ticket(ticket, key, judgement.urgency, text)
            if conversation.owner is not Owner.BOT:
                return Receipt(conversation_id, inbound.position, None, waits=Urgency.AKUT)
            conversation.danger_asked = False
            first = not conversation.greeted
            words = acute_reply(
                core.renderer,
                judgement,
                core.setting(conversation),
                # One text message has room for what to do; who says it follows in the next.
                first=first and conversation.channel is not Channel.SMS,
                in_form=conversation.in_form,
            )
            reply = add_reply(core, session, conversation, key, inbound, words, now)
            count_outcome(ReplyKind.ACUTE)
            # What was told has left already, and stands here for who reads.
            reply.due_at = None if message.told else reply.due_at
            if first and conversation.channel is Channel.SMS:
                notice = core.renderer.phrase(_AI_NOTICE, core.setting(conversation))
                add_words(core, session, conversation, notice, Author.SERVICE, now)
            return Receipt(conversation_id, inbound.position, outbound_event(key, reply))

    async def _queue(
        self, session: AsyncSession, conversation: Conversation, inbound: Inbound
    ) -> Receipt:
        """Leave what is likely a machine's to the coordinators, and answer nothing."""
        _log.warning("text_messages_go_in_circles")
        count_outcome(ReplyKind.HUMAN)
        inbound.state = InboundState.WITH_COORDINATOR
        if inbound.urgency is Urgency.AKUT:
            raise_urgency(conversation, inbound.urgency)
        await tell_coordinators(self._core, session, conversation)
        return Receipt(conversation.id, inbound.position, None, queued=True)

    def _say_beside(
        self,
        session: AsyncSession,
        conversation: Conversation,
        key: ConversationKey,
        inbound: Inbound,
        message: IncomingMessage,
        now: datetime,
    ) -> Outbound | None:
        """The greeting of a first text message, and the channel's aside; gives a whole answer."""
        core = self._core
        setting = core.setting(conversation)
        if not conversation.greeted and conversation.channel is Channel.SMS:
            greeting = core.renderer.phrase(_GREETING, setting)
            add_words(core, session, conversation, greeting, Author.SERVICE, now)
            conversation.greeted = True
        if message.aside is None:
            return None
        if message.settled and conversation.owner is Owner.BOT:
            count_outcome(ReplyKind.ASIDE)
            return add_reply(core, session, conversation, key, inbound, message.aside, now)
        add_words(core, session, conversation, message.aside, Author.SERVICE, now)
        return None


def _seconds(judgement: Judgement) -> float:
    return ACUTE_STORE_TIMEOUT if judgement.urgency is Urgency.AKUT else STORE_TIMEOUT


def _known(conversation: Conversation | None) -> Conversation:
    if conversation is None:
        raise UnknownConversationError
    return conversation


def _proven(conversation: Conversation | None, secret: str) -> Conversation:
    stored = conversation.secret_hash if conversation else None
    if conversation is None or not hmac.compare_digest(stored or b"", secret_hash(secret)):
        raise UnknownConversationError
    return conversation
