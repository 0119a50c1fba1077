"""What the callers of a run write. All made up; the acute ones leave no doubt."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

QUESTIONS = (
    "Vad är Toleransprojektet?",
    "Vad menas med våldsbejakande extremism?",
    "Vilka är de tre miljöerna?",
    "Är det olagligt att vara radikal?",
    "Vad gör polisen?",
    "Vad är en lokal handlingsplan?",
    "Vad är Samtalskompassen?",
    "Hur många samtal får ni?",
    "Är du en robot?",
    "Vad händer med det jag skriver?",
)
WORRIES = (
    "Jag är orolig för min son, han har börjat hänga med nazister",
    "Min bror har fått nya vänner som skrämmer mig",
    "Min elev pratar bara om ras och har slutat träffa sina kompisar",
    "Min kusin tittar på propagandafilmer hela nätterna",
    "Min dotter vill inte längre prata med oss och säger att vi är otrogna",
)
ACUTE = (
    "han har en pistol och är på väg till skolan nu",
    "han står utanför dörren med en kniv nu",
    "de slår honom just nu, han blöder",
    "min bror ska skjuta folk på torget idag, han har vapnet med sig",
    "hon säger att hon ska ta livet av sig ikväll",
)
IN_TALK = (
    "Tack för att du svarar.",
    "Han är nitton år och bor hemma.",
    "Det har pågått sedan i våras.",
    "Jag vet inte vem jag ska prata med.",
)
TO_CALLER = (
    "Hej, jag heter Anna och är samordnare.",
    "Berätta gärna lite mer.",
    "Jag hör av mig till socialtjänsten om du vill.",
)
HUMAN = "prata_med_manniska"
SKIP, YES = "hoppa_over", "ja"


class Kind(StrEnum):
    """How a conversation goes."""

    QUESTION = "question"
    WORRY = "worry"
    HANDOVER = "handover"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """One message; ``waits``: the caller reads the reply before writing on."""

    text: str
    acute: bool = False
    waits: bool = True


@dataclass(frozen=True, slots=True)
class Script:
    """What one caller writes. On handover the questions of the intake come before the lines."""

    kind: Kind
    lines: tuple[Line, ...]


def write_script(rng: random.Random) -> Script:
    """A conversation of its own, with an acute message in every third."""
    kind = rng.choices(tuple(Kind), weights=(48, 34, 6, 12))[0]
    match kind:
        case Kind.HANDOVER:
            lines = [Line(text, waits=False) for text in IN_TALK]
        case Kind.WORRY:
            lines = [Line(rng.choice(WORRIES)), Line(rng.choice(QUESTIONS))]
        case _:
            lines = [Line(text) for text in rng.sample(QUESTIONS, rng.choice((1, 2)))]
    if len(lines) > 1 and rng.random() < 0.3:
        lines[0] = Line(lines[0].text, waits=False)
    if rng.random() < 1 / 3:
        place = rng.randint(0, len(lines))
        lines.insert(place, Line(rng.choice(ACUTE), acute=True))
    return Script(kind, tuple(lines))
