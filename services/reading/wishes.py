"""What a message wishes when it says nothing else: an end, a new start, a human, another language.

Read from the words alone, so that no classifier's guess ends a conversation or starts one.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from services.reading.words import fold, is_no, is_yes

_POLITE: Final = (
    r"(?:(?:hej|ja|ok|okej|men|jag|vi|kan|far|skulle|vill|snalla|please|helst|hellre|nu) )*"
)
_STOP: Final = re.compile(
    r"(?:nej |eh |asso |snalla |jag vill |kan vi |vi )*"
    r"(?:avbryt(?:a)?|sluta|stopp(?:a)?|stop|cancel|exit|abort|avsluta|annullera|lagg ner|"
    r"glom (?:det|allt|alltihop)|jag angrar mig|backa ur|skicka inget|lamna inte in nagot|"
    r"inga fler fragor|orkar inte mer|skit i det|skitsamma|strunta i det|vi struntar i det|"
    r"vill inte (?:mer|fortsatta|svara mer|gora det har)|nu racker det|lat det vara|slapp det|"
    r"dra tillbaka|bryt|skicka (?:det )?inte)"
    r"(?: (?:det|allt|alltihop|nu|tack|har|fragorna|formularet|mer|fragor|fraga|langre))*"
)
_START_OVER: Final = re.compile(
    r"(?:kan vi |vi |jag vill |snalla )*"
    r"(?:borja om|borjaom|starta om|om igen|ta (?:det|om det) fran (?:borjan|start)|"
    r"fran borjan(?: igen)?|restart|reset|start over)(?: (?:tack|nu|fran borjan|igen))*"
)
_HUMAN: Final = re.compile(
    _POLITE + r"(?:(?:prata|snacka|tala|skriva|chatta|ha|fa|fa prata|fa tala|komma|bli kopplad|"
    r"kopplas|koppla mig|talk|speak) )?(?:(?:i kontakt )?(?:med|till|to) )?(?:(?:en|nagon|a) )?"
    r"(?:(?:riktig|levande|real) )?"
    r"(?:manniska|person|samordnare|samordnaren|handlaggare|human|coordinator)"
    r"(?: (?:tack|nu|istallet|i stallet|har|please))*"
)
_CALL_BACK: Final = re.compile(
    _POLITE + r"(?:(?:att|ni|du|nagon|nan|samordnaren|en|(?:inte )?bara|someone) )*"
    # "Jag vill ringa" is another wish: the caller's own call.
    r"(?:ring(?: upp)?|ring(?:a|er)? (?:upp |tillbaka )?(?:mig|mej)(?: tillbaka)?|"
    r"(?:bli )?uppringd|call me(?: back)?|(?:a )?call ?back)"
    # When it suits is often told in the same breath.
    r"(?: (?:tack|nu|garna|helst|please|istallet|i stallet|sen|senare|i ?dag|i ?morgon|i ?kvall|"
    r"pa (?:dagen|kvallen|formiddagen|eftermiddagen)|sa snart (?:ni|du) kan|nar ni kan|efter|fore|"
    r"vid|runt|mellan|och|kl|klockan|\d{1,2}(?: \d\d)?|ett|tva|tre|fyra|fem|sex|sju|atta|nio|tio|"
    r"elva|tolv|after|before|tomorrow|today))*"
)
_JUST_ADVICE: Final = re.compile(
    r"(?:(?:nej|na|ja|ok|okej|tack|no|thanks) )*"
    r"(?:rad|raden|"
    r"(?:(?:jag|vi|det|vill|racker|tar|ar|nojd|nojda|nojer|mig|oss|behover|med|i|want) )*"
    r"(?:(?:bara|endast|enbart) (?:ha |fa )?(?:lite )?(?:rad|raden)|(?:nojd|nojda) med raden|"
    r"(?:nojer mig|racker) med raden|raden racker|just (?:the )?advice|only (?:the )?advice))"
    r"(?: (?:tack|bra|nu|please|thanks))*"
)
_DELETE: Final = re.compile(
    _POLITE + r"(?:(?:ni|du|att|ska|maste|kunna) )*"
    r"(?:radera|raderar|radera ut|ta bort|tar bort|delete|erase)"
    r"(?: (?:allt|alltihop|det|har|samtalet|chatten|konversationen|mina|min|uppgifter|data|"
    r"meddelanden|jag|skrev|skrivit|sagt|som|everything|this|my|the|conversation|it|tack|nu|"
    r"please))*"
)
_GREETS: Final = re.compile(
    r"(?:(?:hej|hejsan|hallo|halla|tja|tjena|goddag|god morgon|god kvall|hi|hello|tack|tackar|"
    r"tusen tack|thanks|thank you|hej da|hejda|adjo|vi hors|bye|ok|okej|igen|sa mycket|snalla|"
    r"for hjalpen|da)\b ?)+"
)
_GO_ON: Final = re.compile(
    r"(?:(?:ja|ok|okej|vi|jag vill|kan vi|garna) )*(?:fortsatt|fortsatta|fortsatter|kor vidare|"
    r"ga vidare|vidare|continue)(?: (?:med fragorna|fragorna|nu|tack|da|har|garna))*"
)
_EASY: Final = re.compile(
    _POLITE + r"(?:(?:ha|lasa|skriva|fa|det|pa|med) )*"
    r"(?:lattlast|latt svenska|enkel svenska|enklare svenska|lattare svenska)"
    r"(?: (?:tack|nu|text|svenska))*"
)
_ENGLISH: Final = re.compile(
    _POLITE + r"(?:(?:i|can|could|do|you|we|speak|talk|write|in|to|have|want|prefer|it|switch|"
    r"prata|skriva|ta det|byta|byt|pa|till) )*(?:english|engelska)"
    r"(?: (?:please|tack|nu|now|instead|version|text))*"
)

_MOST_WORDS_OF_A_BARE_ANSWER: Final = 2


class Wish(StrEnum):
    """What is wished for; the value is the intent of the button that says the same."""

    STOP = "avbryt"
    START_OVER = "borja_om"
    HUMAN = "prata_med_manniska"
    CALL_BACK = "ring_upp_mig"
    JUST_ADVICE = "bara_rad"
    EASY = "lattlast"
    ENGLISH = "english"
    GO_ON = "fortsatt"
    YES = "ja"
    NO = "nej"
    CORRECT = "ratta"
    DELETE = "radera_uppgifter"


def is_stop(text: str) -> bool:
    """The caller wants no more questions."""
    return bool(_STOP.fullmatch(fold(text)))


def is_start_over(text: str) -> bool:
    """The caller wants to begin again."""
    return bool(_START_OVER.fullmatch(fold(text)))


def is_greeting(text: str) -> bool:
    """Hello, thanks or goodbye, and nothing else."""
    return bool(_GREETS.fullmatch(fold(text)))


def is_go_on(text: str) -> bool:
    """The caller wants the next question."""
    return bool(_GO_ON.fullmatch(fold(text)))


def asks_for_human(text: str) -> bool:
    """The caller asks for a human, and says nothing else."""
    return bool(_HUMAN.fullmatch(fold(text)))


def asks_for_call(text: str) -> bool:
    """The caller wants to be called back, and says nothing else than perhaps when."""
    return bool(_CALL_BACK.fullmatch(fold(text)))


def wants_just_advice(text: str) -> bool:
    """The caller is content with the advice, and says nothing else."""
    return bool(_JUST_ADVICE.fullmatch(fold(text)))


def asks_for_deletion(text: str) -> bool:
    """The caller wants what was said here to be deleted."""
    return bool(_DELETE.fullmatch(fold(text)))


def read_language(text: str) -> Wish | None:
    """The form of text that the caller asks for, if they say nothing else."""
    said = fold(text)
    if _EASY.fullmatch(said):
        return Wish.EASY
    return Wish.ENGLISH if _ENGLISH.fullmatch(said) else None


def read_command(text: str) -> Wish | None:
    """A wish that holds at any time, whatever was asked."""
    if language := read_language(text):
        return language
    for is_said, wish in (
        (is_stop, Wish.STOP),
        (is_start_over, Wish.START_OVER),
        (asks_for_human, Wish.HUMAN),
        (is_go_on, Wish.GO_ON),
        (asks_for_deletion, Wish.DELETE),
    ):
        if is_said(text):
            return wish
    return None


def read_wish(text: str) -> Wish | None:
    """A wish where no question waits for an answer: a command, a call back, a bare yes or no."""
    if command := read_command(text):
        return command
    if asks_for_call(text):
        return Wish.CALL_BACK
    if len(text.split()) > _MOST_WORDS_OF_A_BARE_ANSWER:
        return None
    if is_yes(text):
        return Wish.YES
    return Wish.NO if is_no(text) else None
