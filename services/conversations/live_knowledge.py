"""Live knowledge: a saved content file is in use within some seconds, without a restart.

All files are read anew and checked as a whole, away from the event loop; then the core is renewed
in one step. If anything is wrong, everything stays as it was, and log and health say why.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import structlog

from services.answers.loading import KnowledgeError, load_knowledge
from services.conversations.core import Core

LOOK_EVERY: Final = 0.5
"""Seconds between two looks at the files; a change is read when it has been still for as long."""

type _Stamps = frozenset[tuple[str, int, int]]

_log = structlog.get_logger(__name__)


class LiveKnowledge:
    """Keeps a core's knowledge in step with its folder."""

    def __init__(self, core: Core, folder: Path) -> None:
        self._core = core
        self._folder = folder

    async def follow(self) -> None:
        """Read the folder now and after each change, until cancelled.

        It looks at the files' times rather than asking the system to be told: that works on every
        kind of disk, and costs a millisecond.
        """
        read: _Stamps | None = None
        before: _Stamps | None = None
        while True:
            now = await asyncio.to_thread(_stamps, self._folder)
            if now == before and now != read:
                read = now
                await self.read_anew()
            before = now
            await asyncio.sleep(LOOK_EVERY)

    async def read_anew(self) -> None:
        """Take the folder's content into use, or keep the old and tell what is wrong."""
        version = self._core.renderer.knowledge.version
        try:
            knowledge = await asyncio.to_thread(load_knowledge, self._folder)
        except KnowledgeError as error:
            faults = [str(fault) for fault in error.faults]
            self._core.knowledge_fault = "\n".join(faults)
            _log.error("knowledge_refused", faults=faults, kept=version)
            return
        self._core.knowledge_fault = None
        if knowledge.version != version:
            self._core.renew(knowledge)
            _log.info("knowledge_renewed", before=version, now=knowledge.version)


def _stamps(folder: Path) -> _Stamps:
    """Every content file with its time and size; one that goes away meanwhile is left out."""
    stamps = set()
    for file in folder.rglob("*.yml"):
        try:
            status = file.stat()
        except FileNotFoundError:
            continue
        stamps.add((str(file), status.st_mtime_ns, status.st_size))
    return frozenset(stamps)
