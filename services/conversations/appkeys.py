"""Typed keys under which the application holds what channels and console share."""

from typing import Final

from aiohttp import web

from services.conversations.core import Core
from services.conversations.inbox import Inbox
from services.conversations.worker import TurnWorker
from services.settings import Settings

SETTINGS: Final = web.AppKey("settings", Settings)
CORE: Final = web.AppKey("core", Core)
INBOX: Final = web.AppKey("inbox", Inbox)
WORKER: Final = web.AppKey("worker", TurnWorker)
