"""``oroslotsen serve``: the service alone, as the supervisor or a container runs it."""

from __future__ import annotations

import gc
import resource
from typing import Final

import typer
import uvloop
from aiohttp import web
from pydantic import SecretStr

from services.application import build_application, open_core
from services.channels.measures_page import serving_measures
from services.cli.running import stop_signal
from services.cli.screen import CommandError
from services.cli.settings import read_settings
from services.cli.state import prepare_database
from services.conversations.appkeys import WORKER
from services.edges.patience import make_runner
from services.logs import configure_logs
from services.settings import Settings

_SHUTDOWN_SECONDS: Final = 3.0
"""How long a request under way may take when the service stops; event streams end at once."""

serve = typer.Typer(add_completion=False)


@serve.command()
def command() -> None:
    """Kör bara tjänsten (Rasa och åtgärdsservern körs för sig)."""
    settings = read_settings()
    configure_logs(settings.log_level)
    if settings.rasa_token is None:
        raise CommandError(
            "RASA_TOKEN saknas. Sätt samma värde här som i Rasas miljö, eller använd start."
        )
    uvloop.run(run(settings, settings.rasa_token))


async def run(settings: Settings, token: SecretStr) -> None:
    """Run the service alone until told to stop."""
    _allow_many_open_pages()
    await prepare_database(settings)
    async with open_core(settings, token) as core:
        stop = stop_signal()
        app = build_application(settings, core)
        runner = make_runner(app, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        _let_the_collector_pass()
        listener = (settings.metrics_host, settings.metrics_port)
        async with serving_measures(core, app[WORKER], *listener):
            await web.TCPSite(runner, settings.host, settings.port).start()
            await stop
            # No more connections; what is under way is answered, and the turns in work are
            # finished. What waits stays in the inbox for the next start.
            await runner.cleanup()


def _allow_many_open_pages() -> None:
    """Each open page is an open file, and the usual limit is 1,024 of them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _let_the_collector_pass() -> None:
    """What is loaded at start stays: looking through it for garbage would halt every caller."""
    gc.collect()
    gc.freeze()
