"""What the caller is told at an end: when to expect an answer, how to come back. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.answers.rendering import Renderer
from services.answers.reply import Reply
from services.tickets.duty import Expectation
from services.vocabulary import Channel, ContactId, PhraseId, Setting

JUST_ADVICE: Final = PhraseId("bara_raden")
_SENT: Final = PhraseId("arende_skickat")
_ON_DUTY: Final = PhraseId("arende_i_tjanst")
_OFF_DUTY: Final = PhraseId("arende_efter_tid")
_MEANWHILE: Final = PhraseId("under_tiden")
_MEANWHILE_CONCERNED: Final = PhraseId("under_tiden_sjalv")
_COME_BACK: Final = PhraseId("komma_tillbaka")
_DID_IT_HELP: Final = PhraseId("fraga_hjalpte")
_CONCERNED: Final = "den det gäller"
_SOCIAL_EMERGENCY: Final = ContactId("socialjour")
_LAST_CHOICES: Final = ("ja", "nej", "radera_uppgifter")
_WEEKDAYS: Final = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
_NEAR_DAYS: Final = {0: "i_dag", 1: "i_morgon"}


def handed_over(
    renderer: Renderer,
    setting: Setting,
    *,
    reference: str,
    expectation: Expectation,
    relation: str | None,
) -> Reply:
    """What is said when a ticket has been made.

    Args:
        renderer: Makes the words.
        setting: Channel, municipality and time.
        reference: The ticket's.
        expectation: Of duty hours.
        relation: How the caller knows the person.
    """
    parts = [renderer.phrase(_SENT, setting, values={"referens": reference})]
    when = {"tid": moment(renderer, expectation.at, setting)}
    parts.append(
        renderer.phrase(_ON_DUTY if expectation.on_duty else _OFF_DUTY, setting, values=when)
    )
    if not expectation.on_duty:
        parts.append(renderer.contacts((_SOCIAL_EMERGENCY,), setting))
    if setting.channel is not Channel.SMS:
        # A text message has no room for it.
        concerned = relation == _CONCERNED
        parts.append(renderer.phrase(_MEANWHILE_CONCERNED if concerned else _MEANWHILE, setting))
    parts += [renderer.phrase(_COME_BACK, setting), _asking_if_helped(renderer, setting)]
    reply = Reply()
    for part in parts:
        reply = reply.followed_by(part)
    return reply


def content_with_advice(renderer: Renderer, setting: Setting) -> Reply:
    """What is said to who wants no more than the advice. Nothing is offered once more."""
    return renderer.phrase(JUST_ADVICE, setting).followed_by(_asking_if_helped(renderer, setting))


def moment(renderer: Renderer, at: datetime, setting: Setting) -> str:
    """A Swedish time as a person would say it: "i dag 12.05", "i morgon 08.00", "måndag 08.00"."""
    days = (at.date() - setting.at.astimezone(at.tzinfo).date()).days
    day = _NEAR_DAYS.get(days) or _WEEKDAYS[at.weekday()]
    clock = _say(renderer, "klockslag", setting, klockslag=at.strftime("%H.%M"))
    return _say(renderer, "dag_klockslag", setting, dag=_say(renderer, day, setting), tid=clock)


def _asking_if_helped(renderer: Renderer, setting: Setting) -> Reply:
    """One question at the end, which nobody need answer; a text message names the answers."""
    choices = () if setting.channel is Channel.SMS else _LAST_CHOICES
    return renderer.phrase(_DID_IT_HELP, setting, choices=choices)


def _say(renderer: Renderer, phrase: str, setting: Setting, **values: str) -> str:
    return renderer.phrase(PhraseId(phrase), setting, values=values).as_texts()[0]
