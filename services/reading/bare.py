"""Whether a message is a bare answer: a number, a yes, "jag menade han är 16", and nothing told.

Such words carry no danger of their own, so a classifier that learnt from whole messages is not
asked about them. Every word must be known here; one that is not makes the message an account.
"""

from __future__ import annotations

import re
from typing import Final

from services.reading.words import fold, word_count

_WORD: Final = re.compile(
    r"ja|nej|jo|nja|ok|okej|mm|tack|hej|forlat|ursakta|oj|jag|vi|han|hon|hen|den|det|som|"
    r"ar|e|var|blir|fyller|fyllt|bor|i|pa|till|fran|om|utan|inte|ej|bara|ju|nog|kanske|"
    r"ungefar|typ|cirka|runt|aring|arig|gammal|menade|menar|mena|skrev|sa|sager|fel|blev|"
    r"rattelse|ratta|andra|egentligen|snarare|heller|vet|minns|aning|hoppa|over|pass|nasta|"
    r"skippa|saga|svara|min|mitt|hans|hennes|mamma|pappa|foralder|son|dotter|bror|syster|"
    r"syskon|kusin|granne|van|kompis|larare|kollega|moster|faster|farbror|morbror|farmor|"
    r"mormor|farfar|morfar|sambo|man|fru|partner|ring|mig|skriv|skriva|mejla|sms|har|"
    r"chatten|kvall|kvallen|dag|dagen|morgon|eftermiddag|formiddag|efter|fore|mellan|"
    r"klockan|kl|tid|helst|gar|bra|lamna|inget|meddelande|skicka|stammer|samma|fortsatt"
)
_NUMBER: Final = re.compile(r"(?!112)\d{1,4}(?:[-.:]\d{1,2})?")
_NUMBER_WORD: Final = re.compile(
    r"(?:tva|tre|fyra|fem|sex|sju|atta|nio|tio|elva|tolv|tretton|fjorton|femton|sexton|sjutton|"
    r"arton|nitton|tjugo|trettio|fyrtio|femtio|sextio|sjuttio|attio|nittio)"
    r"(?:ett|en|tva|tre|fyra|fem|sex|sju|atta|nio)?"
)
_ENGLISH: Final = re.compile(
    r"(?:yes|no|skip|stop|please|sorry|i|he|she|they|is|am|are|meant|mean|not|but|old|years|year|"
    r"my|his|her|mother|father|mum|dad|brother|sister|son|daughter|friend|teacher|neighbour|"
    r"cousin|lives|live|in|call|me|evening|morning|the|know|don't|t|don)"
)
_MOST_WORDS: Final = 10


def is_bare_answer(text: str) -> bool:
    """Whether every word of a short message belongs to plain answers."""
    words = fold(text).split()
    return bool(words) and word_count(text) <= _MOST_WORDS and all(map(_is_plain, words))


def _is_plain(word: str) -> bool:
    return bool(
        _WORD.fullmatch(word)
        or _ENGLISH.fullmatch(word)
        or _NUMBER.fullmatch(word)
        or _NUMBER_WORD.fullmatch(word)
    )
