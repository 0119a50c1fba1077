"""The action server: ``python -m actions --port 5055``, on loopback, for the one with the token.

rasa-sdk's own server listens on every address, echoes the whole request when an action fails and
starts a second process; its executor is used here, behind aiohttp.
"""

from __future__ import annotations

import argparse
import gc
import hmac
import logging
import os
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from rasa_sdk.executor import ActionExecutor

from actions.form import make_actions

KNOWLEDGE: Final = Path(__file__).resolve().parent.parent / "knowledge"
LOOPBACK: Final = "127.0.0.1"
MAX_BODY_BYTES: Final = 1_000_000


def make_app(token: str, knowledge: Path) -> web.Application:
    """The server's routes.

    Args:
        token: What Rasa must show (``endpoints.yml``).
        knowledge: The folder with the names of places and the words for relations.
    """
    executor = ActionExecutor()
    for name, run in make_actions(knowledge).items():
        executor.register_function(name, run)
    expected = f"Bearer {token}".encode()

    async def health(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def webhook(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").encode(errors="replace")
        if not hmac.compare_digest(given, expected):
            raise web.HTTPUnauthorized
        call: dict[str, Any] = await request.json()
        if call.get("next_action") not in executor.actions:
            raise web.HTTPNotFound
        # Rasa leaves the domain out (endpoints.yml); the executor wants to hear that it is so.
        result = await executor.run({**call, "domain": {}})
        return web.json_response(result.model_dump() if result else None)

    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_get("/health", health)
    app.router.add_post("/webhook", webhook)
    return app


def _without_content(record: logging.LogRecord) -> bool:
    """An exception's type only: its message may quote what it failed on."""
    if record.exc_info and record.exc_info[0]:
        record.msg, record.args = f"{record.getMessage()} [{record.exc_info[0].__name__}]", None
        record.exc_info = record.exc_text = None
    return True


def main() -> None:
    """Serve until told to stop. Refuses to start without ``RASA_TOKEN``."""
    parser = argparse.ArgumentParser(prog="actions", description="Oroslotsen's action server")
    parser.add_argument("--port", type=int, required=True, help="port on loopback")
    parser.add_argument("--knowledge", type=Path, default=KNOWLEDGE, help="folder with the texts")
    given = parser.parse_args()
    token = os.environ.get("RASA_TOKEN", "").strip()
    if not token:
        parser.error("RASA_TOKEN is not set")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(_without_content)
    app = make_app(token, given.knowledge)
    # What is loaded stays: looking through it for garbage would halt every turn.
    gc.collect()
    gc.freeze()
    web.run_app(app, host=LOOPBACK, port=given.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
