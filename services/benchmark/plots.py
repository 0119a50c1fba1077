"""The curves as pictures: latency over load, cost over conversation length and what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import batched
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

from services.benchmark.clients import Growth
from services.benchmark.load import Load, percentile_of
from services.benchmark.parts import LoadPoint
from services.evaluation.plots import STYLE, save

_SERVICE, _PEER = "#1a5fb4", "#b06000"
"""Told apart also by line style, for those who see colours otherwise."""
_LOOK: Final = {"service": (_SERVICE, "o-"), "stock Rasa": (_PEER, "s--")}
_MESSAGES: Final = 10
"""Of each conversation, in one point of the curve over length."""


def draw_loads(points: Sequence[LoadPoint], path: Path) -> None:
    """Median and p99 over the number of callers, and messages a second."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 4.6), layout="constrained")
        latency, rate = figure.subplots(1, 2)
        callers = [point.callers for point in points]
        for who, (colour, line) in _LOOK.items():
            loads = [point.service if who == "service" else point.peer for point in points]
            p50, p99 = ([load.milliseconds(share) for load in loads] for share in (50, 99))
            latency.plot(callers, p50, line, color=colour, label=f"{who}: median")
            latency.plot(callers, p99, line, color=colour, alpha=0.5, label=f"{who}: p99")
            rate.plot(callers, [load.a_second for load in loads], line, color=colour, label=who)
        latency.set_yscale("log")
        latency.set_ylabel("milliseconds from message to reply")
        rate.set_ylabel("messages a second")
        rate.set_ylim(bottom=0)
        for axes in (latency, rate):
            axes.set_xscale("log", base=2)
            axes.set_xticks(callers, [str(number) for number in callers])
            axes.set_xlabel("callers at once")
            axes.legend(fontsize=9)
        save(figure, path)


def draw_costs(
    growth: Mapping[str, Growth], stored: Sequence[tuple[int, Load]], path: Path
) -> None:
    """The median time over the number of messages before, and over stored conversations."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 4.6), layout="constrained")
        length, amount = figure.subplots(1, 2)
        for who, one in growth.items():
            colour, line = _LOOK[who]
            curve = medians_by_number(one.grown)
            numbers = [_MESSAGES * (place + 1) for place in range(len(curve))]
            length.plot(numbers, curve, line[1:], color=colour, label=who)
        length.set_xlabel("messages in the conversation")
        length.set_ylabel("milliseconds from message to reply (median)")
        counts = [count for count, _ in stored]
        medians = [load.milliseconds(50) for _, load in stored]
        amount.plot(counts, medians, "o-", color=_SERVICE, label="service")
        amount.set_xscale("log")
        amount.set_xlabel("stored conversations")
        for axes in (length, amount):
            axes.set_ylim(bottom=0)
            axes.legend(fontsize=9)
        save(figure, path)


def medians_by_number(grown: Sequence[Sequence[float]]) -> list[float]:
    """The median milliseconds of each ten messages, of all conversations that got so far."""
    parts = [list(batched(one, _MESSAGES, strict=False)) for one in grown]
    longest = max((len(one) for one in parts), default=0)
    return [
        percentile_of([s for one in parts if place < len(one) for s in one[place]], 50) * 1000
        for place in range(longest)
    ]
