"""Limits: how often a caller, an address and everybody together may do what costs us something.

What is refused is told with the emergency number and whom to call. An acute message is let through
a limit: what is over it is still judged, as long as that does not become a way to keep us busy
(``Limits.spare``).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from math import ceil
from typing import Final

from aiohttp import web
from limits import RateLimitItem, parse_many

from services.conversations.appkeys import SETTINGS
from services.edges.addresses import network_of
from services.edges.counters import Counter, OwnCounter, SharedCounter
from services.settings import Settings

CHARACTERS_A_COUNT: Final = 1_000
"""A long message counts for several: it takes that much longer to judge."""
_LONGEST_WAIT: Final = 60
"""Seconds. Nobody who may be in need is told to wait longer, whatever is left of the window."""
_EVERYBODY: Final = "everybody"

type Rates = tuple[RateLimitItem, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """What is counted together, and how often it may happen."""

    name: str
    caller: Rates = ()
    address: Rates = ()
    everybody: Rates = ()


class Limits:
    """The gates, as an operator has set them.

    Attributes:
        messages: Messages in the chat.
        openings: New conversations in the chat.
        logins: Attempts to log in to the console.
        texts: Text messages.
        calls: New phone calls.
        looks: What costs a look into the database and no more: signs of writing, event streams, the
            service's own health.
        told: Answers to a phone number that its messages come too fast: each costs money, and two
            machines must not go on telling each other so.
    """

    def __init__(self, settings: Settings, counter: Counter) -> None:
        self._counter = counter
        caller = parse_many(settings.limit_caller)
        everybody = parse_many(settings.limit_everybody)
        self.messages = Gate(
            "messages",
            caller=_rates(caller),
            address=_rates(parse_many(settings.limit_address)),
            everybody=_rates(everybody),
        )
        self.openings = Gate(
            "openings",
            address=_rates(parse_many(settings.limit_openings)),
            everybody=_rates(parse_many(settings.limit_openings_everybody)),
        )
        self.logins = Gate(
            "logins",
            address=_rates(parse_many(settings.limit_logins)),
            everybody=_rates(parse_many(settings.limit_logins_everybody)),
        )
        self.texts = Gate("texts", caller=_rates(caller), everybody=_rates(everybody))
        self.calls = Gate(
            "calls",
            caller=_rates(parse_many(settings.limit_calls)),
            everybody=_rates(parse_many(settings.limit_openings_everybody)),
        )
        self.looks = Gate("looks", address=_rates(parse_many("1200/minute")))
        self.told = Gate("told", caller=_rates(parse_many("3/hour")))
        self._spare = Gate(
            "spare",
            caller=_rates(parse_many("6/minute")),
            address=_rates(parse_many("20/minute")),
            everybody=_rates(parse_many("300/minute")),
        )

    async def wait(
        self, gate: Gate, *, caller: str | None = None, address: str | None = None, cost: int = 1
    ) -> int | None:
        """Count, unless it is one too many.

        Args:
            gate: What is done.
            caller: Whose it is: a conversation's credentials, a phone number.
            address: The network it comes from; nothing when a telephone company sends it.
            cost: How much it counts for.

        Returns:
            Whole seconds until it may be tried again; nothing when it may be done.
        """
        # Callers last: credentials that are made up must not fill the memory with counts.
        subjects = (
            (gate.address, f"address {address}" if address is not None else None),
            (gate.everybody, _EVERYBODY),
            (gate.caller, f"caller {caller}" if caller is not None else None),
        )
        for rates, subject in subjects:
            if subject is None:
                continue
            for rate in rates:
                seconds = await self._counter.wait(
                    rate, f"{gate.name} {subject}", min(cost, rate.amount)
                )
                if seconds is not None:
                    return min(_LONGEST_WAIT, max(1, ceil(seconds)))
        return None

    async def spare(
        self, *, caller: str | None = None, address: str | None = None, cost: int = 1
    ) -> bool:
        """Whether what is over a limit may still be judged, and taken if it is acute.

        Judging takes some ten milliseconds. All that is judged beyond the limits may take a tenth
        of a processor, whoever sends it and however much.
        """
        return await self.wait(self._spare, caller=caller, address=address, cost=cost) is None


LIMITS: Final = web.AppKey("limits", Limits)


def setup_limits(app: web.Application) -> None:
    """Prepare the limits, in Redis when the settings have one."""
    settings = app[SETTINGS]
    if settings.redis_url is None:
        app[LIMITS] = Limits(settings, OwnCounter())
        return
    counter = SharedCounter(settings.redis_url.get_secret_value())
    app[LIMITS] = Limits(settings, counter)

    async def close(_app: web.Application) -> AsyncIterator[None]:
        yield
        await counter.close()

    app.cleanup_ctx.append(close)


async def wait_to_look(request: web.Request) -> int | None:
    """Count a request that costs a look: seconds to wait when its address sends too many."""
    limits = request.app[LIMITS]
    return await limits.wait(limits.looks, address=network_of(request))


def cost_of(text: str) -> int:
    """How much a message counts for."""
    return 1 + len(text) // CHARACTERS_A_COUNT


def _rates(items: list[RateLimitItem]) -> Rates:
    # The narrowest first: what it refuses is not counted in the wider.
    return tuple(sorted(items, key=lambda item: item.get_expiry()))
