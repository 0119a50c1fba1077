"""Reading how the caller knows the person: "min son", "jag är hans lärare", "granne"."""

from __future__ import annotations

import re
from typing import Final

from actions.words import fold

_PARENT, _CHILD, _SIBLING, _PARTNER = "förälder", "barn", "syskon", "partner"
_FRIEND, _RELATIVE, _NEIGHBOUR, _COLLEAGUE = "vän", "släkting", "granne", "kollega"
_PROFESSIONAL, _SELF = "genom arbetet", "gäller mig själv"

_PARENTS: Final = (
    "mamma|mammor|mor|morsa|morsan|pappa|far|farsa|farsan|foralder|foraldrar|styvmamma|styvpappa|"
    "bonusmamma|bonuspappa|plastpappa|plastmamma|vardnadshavare|familjehemsforalder"
)
_CHILDREN: Final = (
    "son|sonen|soner|dotter|dottern|dottrar|barn|barnet|pojke|pojken|flicka|flickan|grabb|grabben|"
    "tonaring|styvson|styvdotter|bonusson|bonusdotter|bonusbarn|yngsta|aldsta|unge|fosterson"
)
_BOTH_WAYS: Final = {
    _SIBLING: "bror|brorsa|brorsan|broder|broshan|syster|syrra|syrran|syskon|lillebror|storebror|"
    "lillasyster|storasyster|lillbrorsa|lillbrorsan|storebrorsa|tvilling|tvillingbror|"
    "tvillingsyster|halvbror|halvsyster|styvbror|styvsyster|bonusbror",
    _PARTNER: "fru|frun|hustru|make|maka|man|sambo|sarbo|partner|pojkvan|flickvan|fastman|fastmo|"
    "ex|exman|exfru|expojkvan|exsambo|kille|tjej",
    _FRIEND: "van|vaninna|kompis|kompisar|polare|bastis|kamrat|klasskompis|klasskamrat|"
    "barndomsvan|bekant|lagkamrat",
    _NEIGHBOUR: "granne|grannen|grannar|grannpojke|grannfamilj",
    _RELATIVE: "kusin|kusinen|moster|faster|farbror|morbror|mormor|morfar|farmor|farfar|barnbarn|"
    "barnbarnet|brorson|brorsdotter|systerson|systerdotter|svarson|svardotter|svarmor|svarfar|"
    "svager|svagerska|slakting|ingift",
    _COLLEAGUE: "kollega|kollegan|kollegor|arbetskamrat|arbetskamrater|jobbarkompis|medarbetare",
}
_PROFESSIONS: Final = (
    "larare|lararen|klasslarare|rektor|rektorn|kurator|skolskoterska|skolskoterskan|elevassistent|"
    "fritidsledare|tranare|fotbollstranare|socialsekreterare|polis|chef|handledare|mentor|prast|imam|"
    "studievagledare|specialpedagog|fritidspedagog|forskollarare|behandlare|boendestodjare|"
    "sjukskoterska|lakare|bibliotekarie|ungdomsledare|ledare|personal|vaktare|ordningsvakt|"
    "pedagog|kontaktperson|god man|forestandare"
)
_CLIENTS: Final = (
    "elev|eleven|elever|klient|klienten|patient|patienten|brukare|deltagare|spelare|medarbetare|"
    "elevs|kursdeltagare|konfirmand"
)

_QUALITIES: Final = (
    r"(?: (?:yngre|aldre|yngsta|aldsta|mellersta|lilla|egen|egna|vuxna?|tonariga?|kara|basta|gamla|"
    r"fore detta|\d+ ?-?ariga?))*"
)
_OWN: Final = rf"\b(?:min|mitt|mina|var|vart|vara){_QUALITIES} "
_OWN_OR_A: Final = rf"\b(?:min|mitt|mina|var|vart|vara|en|ens){_QUALITIES} "
"""One says "en elev" of one's own work; "en kompis" may be anybody's."""
_I_AM: Final = (
    r"\bjag (?:ar|jobbar som|arbetar som)"
    r"(?: (?:ju|alltsa|bara|till|en|han|hon|den|hans|hennes|hens|"
    r"deras|pojkens|flickans|personens))* (?:\w+ ){0,2}?"
)
_OF_THE_PERSON: Final = r"\b(?:hans|hennes|hens|deras|pojkens|flickans|personens) (?:\w+ )?"
_MYSELF: Final = re.compile(r"\b(?:jag|mig) sjalv\b|\bgaller mig\b")


def read_relation(text: str, *, asked: bool = False) -> str | None:
    """How the caller knows the person, in a word or two of plain Swedish.

    "Min" before a word makes it the other person's ("min mamma"); otherwise it is the caller's own
    ("mamma", "jag är hans mamma").

    Args:
        text: What the caller wrote.
        asked: Whether the text answers the question: then a bare word counts.

    Returns:
        Nothing if the text does not say.
    """
    said = fold(text)
    relation = _of_the_person(said) or _of_the_caller(said, _I_AM)
    if relation is None and asked:
        relation = _of_the_caller(said, _OF_THE_PERSON) or _of_the_caller(said, r"\b")
        relation = relation or (_SELF if _MYSELF.search(said) else None)
    return relation


def _of_the_person(said: str) -> str | None:
    """The relation when "min ..." says who the person is."""
    both = [(_OWN, relation, nouns) for relation, nouns in _BOTH_WAYS.items()]
    return _first(
        said,
        (_OWN, _PARENT, _CHILDREN),
        (_OWN, _CHILD, _PARENTS),
        (_OWN_OR_A, _PROFESSIONAL, _CLIENTS),
        *both,
    )


def _of_the_caller(said: str, before: str) -> str | None:
    """The relation when the noun says who the caller is."""
    both = [(before, relation, nouns) for relation, nouns in _BOTH_WAYS.items()]
    return _first(said, (before, _PARENT, _PARENTS), (before, _PROFESSIONAL, _PROFESSIONS), *both)


def _first(said: str, *ways: tuple[str, str, str]) -> str | None:
    """The relation that is said first. A way is what comes before, the relation, its nouns."""
    found = [
        (match.start(), relation)
        for before, relation, nouns in ways
        if (match := re.search(rf"{before}(?:{nouns})\b", said))
    ]
    return min(found)[1] if found else None
