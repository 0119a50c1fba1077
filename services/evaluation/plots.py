"""The curves as pictures: SVG, the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from services.evaluation.curves import STEPS, HeldOut, InUse, LearningPoint
from services.triage.thresholds import Thresholds
from services.vocabulary import Urgency

STYLE: Final[dict[Any, Any]] = {"svg.hashsalt": "oroslotsen", "font.size": 10, "axes.grid": True}
"""How every picture looks."""
_ACUTE, _OTHERS, _ORO, _INFO = "#b3261e", "#5f6368", "#b06000", "#1a5fb4"
"""Told apart also by line style, for those who see colours otherwise."""


def draw_learning(points: Sequence[LearningPoint], path: Path) -> None:
    """Shares of the open set over the number of training messages."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8, 4.6), layout="constrained")
        axes = figure.subplots()
        amounts = [point.messages for point in points]
        for label, colour, line, values in (
            ("acute led with 112", _ACUTE, "o-", [p.urgency.acute_recall for p in points]),
            ("right urgency", _ORO, "s--", [p.urgency.accuracy for p in points]),
            ("right topic first", _INFO, "^-.", [p.topic.accuracy for p in points]),
            ("led without need", _OTHERS, "x:", [p.urgency.led_without_need for p in points]),
        ):
            # None is a gap; matplotlib draws it from NaN.
            known = [float("nan") if value is None else value for value in values]
            axes.plot(amounts, known, line, color=colour, label=label)
        axes.set_xscale("log", base=2)
        axes.set_xticks(amounts, [f"{amount:,}" for amount in amounts])
        axes.set_xlabel("training messages (each step doubles them)")
        axes.set_ylabel("share of the open set's messages")
        axes.set_ylim(0, 1)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=4, fontsize=9)
        save(figure, path)


def draw_thresholds(held_out: HeldOut, thresholds: Thresholds, chosen: InUse, path: Path) -> None:
    """What leads with 112 and what is asked about, over the threshold; those in use are marked."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 5.2), layout="constrained")
        lead, ask = figure.subplots(1, 2)
        acute = [held_out.over(step, Urgency.AKUT) for step in STEPS]
        lead.plot(STEPS, acute, "-", color=_ACUTE, label="acute: recall")
        others = [held_out.not_acute_over(step) for step in STEPS]
        lead.plot(STEPS, others, "--", color=_OTHERS, label="not acute: led without need")
        limit = thresholds.akut.visa_112
        lead.axvline(limit, color="black", linewidth=0.8)
        lead.annotate(f" in use: {limit:g}", (limit, 0.95))
        lead.plot([limit] * 2, [chosen.acute_led, chosen.led_without_need], "ko")
        lead.set_xlim(0, 1)
        lead.set_title("Led with 112 from this probability on")
        ask.plot(STEPS, acute, "-", color=_ACUTE, label="acute")
        for urgency, colour, line in ((Urgency.ORO, _ORO, "--"), (Urgency.INFO, _INFO, "-.")):
            over = [held_out.over(step, urgency) for step in STEPS]
            ask.plot(STEPS, over, line, color=colour, label=f"{urgency}: over the threshold")
            limit = thresholds.akut.fraga[urgency]
            ask.axvline(limit, color=colour, linewidth=0.8)
            ask.annotate(
                f" {urgency}: {limit:g}", (limit, 0.74), color=colour, rotation=90, va="top"
            )
            share = chosen.asked[urgency]
            ask.plot([limit], [share], "o", color=colour, label=f"{urgency}: asked, in use")
        ask.set_xscale("log")
        ask.set_title("Asked about danger from this probability on")
        for axes in (lead, ask):
            axes.set_xlabel("probability of acute (held out)")
            axes.set_ylabel("share of the messages")
            axes.set_ylim(0, 1.02)
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=9)
        save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Write a picture as SVG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None})
