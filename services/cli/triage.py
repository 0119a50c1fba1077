"""``oroslotsen triage``: judge messages from a file through the real path, each a fresh caller."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import uuid4

import typer
import uvloop
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from rich.progress import Progress

from services.answers.loading import load_knowledge
from services.answers.reply import Reply, TextBlock
from services.channels.twilio.wire import SmsWire
from services.cli.dialogue import running_dialogue
from services.cli.screen import console
from services.cli.settings import read_settings
from services.cli.train import train_all
from services.conversations.core import Core
from services.conversations.decision import Loaded, Outcome, decide
from services.errors import OperatorError
from services.logs import configure_logs
from services.privacy.masking import mask_identifiers
from services.store.tables import Conversation
from services.triage.judgement import Reason, TopicGuess
from services.vocabulary import Channel, ContactId, MunicipalityId, Owner, Urgency, Variant

_AT_ONCE: Final = 4

triage = typer.Typer(add_completion=False)


class TriageInput(BaseModel):
    """One line of the input."""

    model_config = ConfigDict(extra="ignore")

    id: str
    text: Annotated[str, Field(min_length=1)]
    channel: Channel
    kommun: MunicipalityId | None = None
    at: AwareDatetime | None = None


class TriageOutput(BaseModel):
    """One line of the output."""

    id: str
    urgency: Urgency
    topics: tuple[TopicGuess, ...]
    contacts: tuple[ContactId, ...]
    leads_with_112: bool
    asks_danger: bool
    offers_human: bool
    reply: tuple[str, ...]
    why: tuple[Reason, ...]
    ms: float


class MalformedLineError(OperatorError):
    """A line of the input is not as the contract says."""


def read_input(path: Path, municipalities: Collection[MunicipalityId]) -> list[TriageInput]:
    """Read every line before the first is judged.

    Args:
        path: The file.
        municipalities: Those that the knowledge has.

    Raises:
        MalformedLineError: naming the first line that is wrong, and how.
    """
    messages = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                messages.append(TriageInput.model_validate_json(line))
            except ValidationError as error:
                faults = "; ".join(
                    f"{'.'.join(map(str, fault['loc'])) or 'line'}: {fault['msg']}"
                    for fault in error.errors(include_input=False, include_url=False)
                )
                raise MalformedLineError(f"{path}, rad {number}: {faults}") from None
            if messages[-1].kommun not in {None, *municipalities}:
                known = ", ".join(sorted(municipalities))
                raise MalformedLineError(f"{path}, rad {number}: kommun: should be one of {known}")
    return messages


@triage.command()
def command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN.jsonl",
            help='En rad för varje: {"id": "1", "text": "...", "channel": "web"}',
            exists=True,
            dir_okay=False,
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Fil att skriva till; annars skärmen.")] = None,
) -> None:
    """Bedöm meddelanden ur en fil, ett på varje rad, genom hela den riktiga vägen."""
    settings = read_settings()
    configure_logs(settings.log_level)
    messages = read_input(source, load_knowledge(settings.knowledge_dir).municipalities)
    model = train_all(settings)

    async def judge_all() -> None:
        async with running_dialogue(settings, model) as core:
            with ExitStack() as stack:
                file = stack.enter_context(out.open("w", encoding="utf-8")) if out else sys.stdout
                progress = stack.enter_context(Progress(console=console))
                task = progress.add_task("Bedömer", total=len(messages))
                async for result in triage_messages(core, messages):
                    print(result.model_dump_json(), file=file, flush=True)
                    progress.advance(task)

    uvloop.run(judge_all())


async def triage_messages(
    core: Core, messages: Sequence[TriageInput]
) -> AsyncIterator[TriageOutput]:
    """Judge the messages, giving each result in the order of the input."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def judge(message: TriageInput) -> TriageOutput:
        async with places:
            return await triage_one(core, message)

    tasks = [asyncio.create_task(judge(message)) for message in messages]
    for task in tasks:
        yield await task


async def triage_one(core: Core, message: TriageInput) -> TriageOutput:
    """Judge one message as the first of a fresh conversation."""
    began = time.perf_counter()
    if message.at is not None:
        core = replace(core, clock=_stopped_at(message.at))
    conversation = _fresh_conversation(core, message)
    judgement = core.judge.judge(message.text)
    text = mask_identifiers(message.text)
    loaded = Loaded(conversation, uuid4(), text, None, judgement, None)
    outcome = await decide(core, loaded)
    milliseconds = (time.perf_counter() - began) * 1000
    return _output(core, message, outcome, milliseconds)


def _stopped_at(time_: datetime) -> Callable[[], datetime]:
    return lambda: time_


def _fresh_conversation(core: Core, message: TriageInput) -> Conversation:
    now = core.clock()
    return Conversation(
        id=uuid4(),
        channel=message.channel,
        municipality=message.kommun or core.default_municipality,
        variant=Variant(message.channel.value),
        created_at=now,
        last_activity_at=now,
        owner=Owner.BOT,
        fence=0,
        # A text message has no room for the greeting, which comes in one of its own.
        greeted=message.channel is Channel.SMS,
        danger_asked=False,
        in_form=False,
    )


def _as_received(
    core: Core, channel: Channel, outcome: Outcome
) -> tuple[tuple[str, ...], tuple[ContactId, ...]]:
    """What the caller reads, and the contacts in it.

    On SMS that is the one text message that answers; the greeting comes in one of its own.
    """
    if channel is not Channel.SMS:
        return outcome.reply.as_texts(), core.renderer.contacts_shown(outcome.reply)
    wire = SmsWire(lambda: core.renderer.knowledge)
    acute = outcome.judgement.urgency is Urgency.AKUT
    sent = wire.of(outcome.reply, Variant.SMS, acute=acute)
    named = core.renderer.contacts_shown(Reply(blocks=(TextBlock(text=sent.text),)))
    return (sent.text,), tuple(dict.fromkeys((*named, *sent.contacts)))


def _output(
    core: Core, message: TriageInput, outcome: Outcome, milliseconds: float
) -> TriageOutput:
    topics = core.renderer.knowledge.answers
    reply, contacts = _as_received(core, message.channel, outcome)
    return TriageOutput(
        id=message.id,
        urgency=outcome.judgement.urgency,
        topics=tuple(topic for topic in outcome.topics if topic.id in topics),
        contacts=contacts,
        leads_with_112=outcome.route.leads_with_112,
        asks_danger=outcome.route.asks_danger,
        offers_human=outcome.route.offers_human,
        reply=reply,
        why=outcome.judgement.why,
        ms=round(milliseconds, 2),
    )
