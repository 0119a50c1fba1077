"""The service as ``oroslotsen serve`` runs it, but by a clock that a test sets.

``python -m tests.conversations.serve_by_clock FILE``: the time is what FILE says, in ISO form.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr

from services.application import build_application, open_core
from services.cli.running import stop_signal
from services.cli.state import prepare_database
from services.settings import Settings


async def serve(clock: Path) -> None:
    settings = Settings()
    await prepare_database(settings)
    async with open_core(settings, SecretStr(os.environ["RASA_TOKEN"])) as core:
        timed = replace(core, clock=lambda: datetime.fromisoformat(clock.read_text()))
        runner = web.AppRunner(build_application(settings, timed), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port).start()
        await stop_signal()
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
