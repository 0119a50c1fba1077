"""Rasa refuses to start where others could reach it: on loopback alone, with our two routes alone.

Rasa 3.6 listens on every address when nobody says otherwise, and its own API can load a model from
anywhere (CVE-2024-49375 was one way to misuse that). Neither is left to whoever writes the command.
"""

from __future__ import annotations

from rasa.shared.exceptions import RasaException
from sanic import Sanic

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
OUR_ROUTES = frozenset({"webhooks/oroslotsen", "webhooks/oroslotsen/turn"})
_GREETING = ""
"""Rasa's own ``/``, which says its version and nothing else."""


async def refuse_others(app: Sanic, _loop: object) -> None:
    """Look at where the server is about to listen, and at what it would answer.

    Raises:
        RasaException: others could reach it, or it would answer more than the service's turns.
    """
    if app.state.host not in LOOPBACK:
        raise RasaException(
            "bot.only_here: Rasa must listen on loopback; start it with --interface 127.0.0.1"
        )
    paths = {route.path.strip("/") for route in app.router.routes_all.values()}
    if paths - OUR_ROUTES - {_GREETING}:
        raise RasaException(
            "bot.only_here: refusing to start with Rasa's API or another channel; "
            "leave out --enable-api, and have one channel in credentials.yml"
        )
