"""Coordinators: they claim through the console as its pages do, write, and give back or close."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import Mapping
from uuid import UUID, uuid4

import aiohttp
from yarl import URL

from services.tickets.outcome import TicketOutcome
from tests.chaos.records import CoordinatorRecord, Written
from tests.chaos.texts import TO_CALLER

PASSWORD = "ett långt lösenord för kaoset"
_CALL = aiohttp.ClientTimeout(total=10.0)
_LOOK_EVERY = 1.5
_TRY_AGAIN_AFTER = 1.0
_NO_ANSWER = (aiohttp.ClientError, OSError, TimeoutError)
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_WAITING = re.compile(r'action="/samordnare/arende/([0-9a-f-]{36})/ta-over"')


class Coordinator:
    """Somebody who works in the console until cancelled.

    What the console did not confirm is sent again, under the same id where it has one.
    """

    def __init__(self, url: str, name: str, one_time_password: str, rng: random.Random) -> None:
        self.record = CoordinatorRecord()
        self._url, self._name, self._rng = url, name, rng
        self._password = one_time_password
        self._csrf = ""
        self._seen: set[UUID] = set()
        # The pages are served over TLS to the outside; here the client is behind the proxy.
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(url))
        self._http = aiohttp.ClientSession(url, cookie_jar=jar, timeout=_CALL)

    async def __aenter__(self) -> Coordinator:
        await self._log_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def work(self) -> None:
        """Take what waits, one after the other."""
        while True:
            waiting = [one for one in await self._waiting() if one not in self._seen]
            if waiting:
                ticket = self._rng.choice(waiting[:5])
                self._seen.add(ticket)
                await self._serve(ticket)
            await asyncio.sleep(_LOOK_EVERY)

    async def _serve(self, ticket: UUID) -> None:
        if await self._post(f"/samordnare/arende/{ticket}/ta-over") != 303:
            return  # a colleague has it
        self.record.claimed.append(ticket)
        for text in TO_CALLER[: self._rng.randint(1, len(TO_CALLER))]:
            await asyncio.sleep(self._rng.uniform(0.2, 1.5))
            if not await self._write(ticket, text):
                return
        if self._rng.random() < 0.5:
            await self._post(f"/samordnare/arende/{ticket}/lamna")
        else:
            outcome = {"outcome": next(iter(TicketOutcome)).value}
            await self._post(f"/samordnare/arende/{ticket}/avsluta", outcome)

    async def _write(self, ticket: UUID, text: str) -> bool:
        """Send until it is stored; false if the conversation is not ours any more."""
        message = {"id": uuid4().hex, "text": text}
        while True:
            with contextlib.suppress(*_NO_ANSWER):
                async with self._http.post(
                    f"/samordnare/api/tickets/{ticket}/messages",
                    json=message,
                    headers={"X-CSRF-Token": self._csrf},
                ) as response:
                    if response.status == 201:
                        self.record.written.append(Written(ticket, message["id"]))
                        return True
                    if response.status in {401, 403}:
                        await self._log_in()
                    elif response.status < 500:
                        return False
            await asyncio.sleep(_TRY_AGAIN_AFTER)

    async def _post(self, path: str, fields: Mapping[str, str] = {}) -> int:
        """Send a form until the console answers; its status. A session that ended is begun anew."""
        while True:
            with contextlib.suppress(*_NO_ANSWER):
                form = {"csrf": self._csrf, **fields}
                async with self._http.post(path, data=form, allow_redirects=False) as response:
                    to_login = "logga-in" in response.headers.get("Location", "")
                    if response.status < 500 and response.status not in {401, 403} and not to_login:
                        return response.status
                    if response.status < 500:
                        await self._log_in()
            await asyncio.sleep(_TRY_AGAIN_AFTER)

    async def _waiting(self) -> list[UUID]:
        with contextlib.suppress(*_NO_ANSWER):
            async with self._http.get("/samordnare", allow_redirects=False) as response:
                if response.status == 200:
                    page = await response.text()
                    self._note_csrf(page)
                    return [UUID(found) for found in _WAITING.findall(page)]
            if response.status < 500:
                await self._log_in()
        return []

    async def _log_in(self) -> None:
        """Log in until it works; the first time a password of one's own is chosen."""
        while True:
            with contextlib.suppress(*_NO_ANSWER):
                form = {"name": self._name, "password": self._password}
                async with self._http.post(
                    "/samordnare/logga-in", data=form, allow_redirects=False
                ) as response:
                    entered = response.status == 303
                if entered and (self._password == PASSWORD or await self._choose_password()):
                    async with self._http.get("/samordnare") as response:
                        self._note_csrf(await response.text())
                    return
            await asyncio.sleep(_TRY_AGAIN_AFTER)

    async def _choose_password(self) -> bool:
        async with self._http.get("/samordnare/losenord") as response:
            self._note_csrf(await response.text())
        form = {
            "csrf": self._csrf,
            "current": self._password,
            "new": PASSWORD,
            "repeated": PASSWORD,
        }
        async with self._http.post(
            "/samordnare/losenord", data=form, allow_redirects=False
        ) as response:
            if response.status != 303:
                return False
        self._password = PASSWORD
        return True

    def _note_csrf(self, page: str) -> None:
        if found := _CSRF.search(page):
            self._csrf = found[1]
