"""From judgement and dialogue to the reply: pure, so that each rule can be read and tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.answers.rendering import Renderer
from services.answers.reply import Reply
from services.dialogue.protocol import (
    AnswerDirective,
    Directive,
    HandoverDirective,
    PhraseDirective,
    SummaryDirective,
)
from services.triage.judgement import Judgement
from services.triage.routing import Route
from services.vocabulary import ContactId, PhraseId, Setting, Urgency, Variant

EMERGENCY = ContactId("112")
SUICIDE_LINE = ContactId("sjalvmordslinjen")

_AI_NOTICE = PhraseId("ai_notis")
_ACUTE = PhraseId("akut")
_ACUTE_SUICIDE = PhraseId("akut_sjalvmord")
_ASK_DANGER = PhraseId("fraga_fara")
_OFFER_HUMAN = PhraseId("erbjud_manniska")
_SERIOUS = PhraseId("hog_ingress")
_FALLBACK = PhraseId("reserv")
_TICKET_SENT = PhraseId("arende_skickat")

_PROGRESS = PhraseId("framsteg")
_PROGRESS_VALUES = {"nummer", "antal"}

TALK_TO_HUMAN = "prata_med_manniska"
CONTINUE = "fortsatt"

_CHOSEN_VARIANTS = {
    PhraseId("sprak_lattlast"): Variant.LATTLAST,
    PhraseId("sprak_engelska"): Variant.ENGLISH,
}


def chosen_variant(directives: Sequence[Directive]) -> Variant | None:
    """The form of text that the caller has just asked for, if any; it stays."""
    phrases = (one.phrase for one in directives if isinstance(one, PhraseDirective))
    return next((_CHOSEN_VARIANTS[one] for one in phrases if one in _CHOSEN_VARIANTS), None)


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the conversation stands when a message is answered."""

    first_reply: bool
    in_form: bool


def acute_reply(
    renderer: Renderer, judgement: Judgement, setting: Setting, *, first: bool, in_form: bool
) -> Reply:
    """The reply to an acute message: 112 first, then what to do, then a human.

    In the middle of the intake the way back to it is offered, and nothing is asked.
    """
    phrase = _ACUTE_SUICIDE if judgement.suicide else _ACUTE
    contacts = (EMERGENCY, SUICIDE_LINE) if judgement.suicide else (EMERGENCY,)
    choice = CONTINUE if in_form else TALK_TO_HUMAN
    reply = renderer.phrase(phrase, setting, choices=(choice,), urgent=True)
    reply = reply.followed_by(renderer.contacts(contacts, setting))
    return reply.followed_by(renderer.phrase(_AI_NOTICE, setting)) if first else reply


def fallback_reply(renderer: Renderer, route: Route, setting: Setting, *, first: bool) -> Reply:
    """The safe reply when the dialogue is away: 112, who to call, and that a human reads."""
    reply = renderer.phrase(_FALLBACK, setting)
    if first:
        reply = reply.followed_by(renderer.phrase(_AI_NOTICE, setting))
    return reply.followed_by(renderer.contacts(route.contacts, setting))


def dialogue_reply(
    renderer: Renderer,
    *,
    judgement: Judgement,
    route: Route,
    directives: Sequence[Directive],
    setting: Setting,
    situation: Situation,
    reference: str | None,
) -> Reply:
    """The reply that follows Rasa's directives, with what the urgency adds around them.

    Args:
        renderer: Makes the words.
        judgement: The message's urgency, Rasa's opinion included.
        route: Who can help with it.
        directives: What Rasa picked, in order.
        setting: Channel, municipality and time.
        situation: Where the conversation stands.
        reference: The ticket's, when there is a handover among the directives.
    """
    asked = situation.in_form
    parts: list[Reply] = []
    if route.asks_danger and not asked:
        parts.append(renderer.phrase(_ASK_DANGER, setting, urgent=True))
    elif judgement.urgency is Urgency.HOG and not asked:
        parts.append(renderer.phrase(_SERIOUS, setting))
    if route.offers_human and not asked:
        # First among the choices, whatever the answer's own follow-up questions are.
        parts.append(renderer.choices((TALK_TO_HUMAN,), setting))
    parts.extend(
        render_directive(renderer, directive, setting, reference) for directive in directives
    )
    if route.contacts and not asked:
        # The routing table knows the person and the hour: its contacts stand in for the answer's.
        parts = [_without(part, "contact") for part in parts]
        parts.append(renderer.contacts(route.contacts, setting))
    if route.offers_human and not asked:
        parts.append(renderer.phrase(_OFFER_HUMAN, setting))
    if situation.first_reply:
        parts.append(renderer.phrase(_AI_NOTICE, setting))
    reply = Reply()
    for part in parts:
        reply = reply.followed_by(part)
    return _sources_last(reply)


def render_directive(
    renderer: Renderer, directive: Directive, setting: Setting, reference: str | None
) -> Reply:
    """The words for one directive."""
    match directive:
        case AnswerDirective(answer=topic):
            return renderer.answer(topic, setting)
        case PhraseDirective(phrase=phrase, values=values, choices=choices):
            words = renderer.phrase(phrase, setting, values=values, choices=choices)
            if values.keys() >= _PROGRESS_VALUES:
                return renderer.phrase(_PROGRESS, setting, values=values).followed_by(words)
            return words
        case SummaryDirective(summary=slots):
            return renderer.summary(slots, setting)
        case HandoverDirective():
            return renderer.phrase(_TICKET_SENT, setting, values={"referens": reference or ""})


def _without(reply: Reply, kind: str) -> Reply:
    return reply.model_copy(
        update={"blocks": tuple(block for block in reply.blocks if block.kind != kind)}
    )


def _sources_last(reply: Reply) -> Reply:
    blocks = sorted(reply.blocks, key=lambda block: block.kind == "source")
    return reply.model_copy(update={"blocks": tuple(blocks)})
