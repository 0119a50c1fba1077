"""``oroslotsen sms`` and ``oroslotsen call``: the whole service on a telephone that is not there.

The real application runs on loopback with an account of its own; what Twilio would send is sent
and signed here, and what Twilio would deliver is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID, uuid4

import typer
import uvloop
from aiohttp import ClientSession, web
from pydantic import SecretStr
from rich.console import Console
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator

from services.answers.segments import segments
from services.application import build_application
from services.channels.twilio.account import TwilioAccount
from services.channels.twilio.call import VOICE_PATH
from services.channels.twilio.sms import SMS_PATH
from services.channels.twilio.wire import SmsWire
from services.cli.dialogue import running_dialogue
from services.cli.handset import Act, Handset, Heard, Who, read_script
from services.cli.running import free_port
from services.cli.settings import read_settings
from services.cli.train import train_all
from services.conversations.core import Core
from services.conversations.delivery import Attempt, Letter, Sent
from services.conversations.wakeups import OUTBOX, QUEUE
from services.logs import configure_logs
from services.settings import Settings
from services.store.messages import find_first_waiting_inbound
from services.store.migrate import migrate
from services.store.outbox import find_conversation_by_caller, list_pending

_OWN_NUMBER: Final = "+46700000001"
_LOOK_SECONDS: Final = 0.5
_STYLES: Final = {Who.CALLER: "bold", Who.COORDINATOR: "cyan", Who.LINE: "dim"}


sms = typer.Typer(add_completion=False)
call = typer.Typer(add_completion=False)


@sms.command()
def sms_command(
    *,
    number: Annotated[str, typer.Option("--nummer", help="Numret som skriver.")] = "+46701740605",
    twice: Annotated[
        bool, typer.Option("--dubbelt", help="Skicka varje meddelande två gånger, som Twilio kan.")
    ] = False,
) -> None:
    """Prova sms utan Twilio: varje rad du skriver blir ett meddelande."""
    settings = read_settings()
    configure_logs("WARNING")
    model = train_all(settings)
    uvloop.run(text_by_terminal(settings, model, number=number, twice=twice))


@call.command()
def call_command(
    *,
    script: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Vad den som ringer gör, rad för rad.")
    ],
    number: Annotated[
        str, typer.Option("--nummer", help="Numret som ringer; anonymous är dolt.")
    ] = "+46701740605",
) -> None:
    """Prova ett samtal utan Twilio: visa vad den som ringer hör."""
    settings = read_settings()
    configure_logs("WARNING")
    acts = read_script(script)
    model = train_all(settings)
    uvloop.run(call_by_script(settings, model, acts, number=number))


@dataclass(frozen=True, slots=True)
class Line:
    """A running service, and the way to call its webhooks as Twilio does."""

    core: Core
    url: str
    session: ClientSession
    token: str

    async def post(self, path: str, fields: Mapping[str, str]) -> str:
        """Call a webhook, signed; give its answer."""
        url = self.url + path
        signature = RequestValidator(self.token).compute_signature(url, fields)
        async with self.session.post(
            url, data=dict(fields), headers={SIGNATURE_HEADER: signature}
        ) as response:
            response.raise_for_status()
            return await response.text()

    async def settled(self, number: str) -> None:
        """Wait until everything that a number sent has had its outcome."""
        with self.core.wakeups.following(QUEUE, OUTBOX) as news:
            while True:
                news.clear()
                if await self._is_settled(number):
                    return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), _LOOK_SECONDS)

    async def _is_settled(self, number: str) -> bool:
        core = self.core
        async with core.database.read() as session:
            found = await find_conversation_by_caller(session, *core.keyring.lookup_hashes(number))
            if found is None:
                return True
            waiting = await find_first_waiting_inbound(session, found.id)
            rows = await list_pending(session, found.id)
        now = core.clock()
        return waiting is None and not any(row.due_at and row.due_at <= now for row, _ in rows)


class ShownCarrier:
    """Carries text messages to the screen."""

    def __init__(self, wire: SmsWire, screen: Console) -> None:
        self._wire, self._screen = wire, screen

    async def send(self, letter: Letter) -> Attempt:
        """Show a message."""
        text = self._wire.of(
            letter.reply, letter.variant, acute=letter.acute, author=letter.author
        ).text
        self._screen.print(f"[dim]sms, {segments(text).count} segment[/dim]")
        self._screen.print(text, markup=False, soft_wrap=True)
        return Sent(f"SM{uuid4().hex}")

    async def find(self, letter: Letter) -> tuple[str, ...]:
        """Nothing is ever left unclear here."""
        return ()


@contextlib.asynccontextmanager
async def running_line(settings: Settings, model: Path, screen: Console) -> AsyncIterator[Line]:
    """The service with Rasa, on loopback, with a database that is thrown away."""
    token = secrets.token_urlsafe(16)
    async with running_dialogue(settings, model) as core, ClientSession() as session:
        await migrate(core.database)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        own = settings.model_copy(
            update={
                "public_url": url,
                "twilio_account_sid": "AC" + "0" * 32,
                "twilio_auth_token": SecretStr(token),
                "twilio_number": settings.twilio_number or _OWN_NUMBER,
                "twilio_api_url": url,
            }
        )

        @contextlib.asynccontextmanager
        async def shown(_account: TwilioAccount, wire: SmsWire) -> AsyncIterator[ShownCarrier]:
            yield ShownCarrier(wire, screen)

        runner = web.AppRunner(build_application(own, core, carrier=shown), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield Line(core, url, session, token)
        finally:
            await runner.cleanup()


async def text_by_terminal(settings: Settings, model: Path, *, number: str, twice: bool) -> None:
    """Send each line of standard input as a text message, and show what comes back.

    Args:
        settings: The operator's.
        model: Rasa's trained model.
        number: Who writes.
        twice: Send each webhook twice, as Twilio may.
    """
    screen = Console(highlight=False)
    async with running_line(settings, model, screen) as line:
        screen.print("[dim]Skriv ett sms och tryck Enter. Ctrl-D avslutar.[/dim]")
        while words := await asyncio.to_thread(sys.stdin.readline):
            if not sys.stdin.isatty():
                screen.print(f"> {words.strip()}", style="bold", markup=False, soft_wrap=True)
            fields = {
                "MessageSid": f"SM{uuid4().hex}",
                "From": number,
                "To": settings.twilio_number or _OWN_NUMBER,
                "Body": words.strip(),
                "NumMedia": "0",
            }
            for _ in range(2 if twice else 1):
                await line.post(SMS_PATH, fields)
            await line.settled(number)


async def call_by_script(
    settings: Settings, model: Path, script: list[Act], *, number: str
) -> None:
    """Make a call as a script says, and show what is heard.

    Args:
        settings: The operator's.
        model: Rasa's trained model.
        script: What the caller does.
        number: Who rings, as the telephone company shows it; ``anonymous`` when hidden.
    """
    screen = Console(highlight=False)

    def show(heard: Heard) -> None:
        style = _STYLES.get(heard.who)
        screen.print(f"{heard.who}: {heard.text}", style=style, markup=False, soft_wrap=True)

    async with running_line(settings, model, screen) as line:
        call_sid = f"CA{UUID(int=secrets.randbits(128)).hex}"
        handset = Handset(line.post, script, call_sid=call_sid, number=number, tell=show)
        await handset.call(VOICE_PATH)
        await line.settled(call_sid)
