"""From judgement and dialogue to the reply: pure, so that each rule can be read and tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from services.answers.rendering import Renderer
from services.answers.reply import ContactBlock, Reply
from services.conversations.expectation import JUST_ADVICE, handed_over
from services.dialogue.protocol import (
    AnswerDirective,
    CorrectionDirective,
    Directive,
    HandoverDirective,
    PhraseDirective,
    SummaryDirective,
)
from services.reading.wishes import Wish
from services.tickets.duty import Expectation
from services.triage.judgement import Judgement
from services.triage.judgement import Situation as Position
from services.triage.routing import Route
from services.vocabulary import Channel, ContactId, PhraseId, Setting, TopicId, Urgency, Variant

EMERGENCY = ContactId("112")
SUICIDE_LINE = ContactId("sjalvmordslinjen")
OFFER_HUMAN = PhraseId("erbjud_manniska")

_AI_NOTICE = PhraseId("ai_notis")
_ACUTE = PhraseId("akut")
_ACUTE_SUICIDE = PhraseId("akut_sjalvmord")
_ASK_DANGER = PhraseId("fraga_fara")
_SERIOUS = PhraseId("hog_ingress")
_FALLBACK = PhraseId("reserv")
_THANKS_FOR_TELLING = PhraseId("oro_mottaget")
_TOLD_MORE = PhraseId("oro_igen")
_ABUSED_AGAIN = PhraseId("otrevlig_igen")
_CHILD = PhraseId("barn_stod")
_AFTER_DANGER = PhraseId("efter_fara_fragor")
_BACK_IN_FORM = PhraseId("tillbaka_fragor")
_BACK = PhraseId("tillbaka")
_BACK_WITH_TICKET = PhraseId("tillbaka_arende")
_TOLD_MORE_OF_TICKET = PhraseId("oro_igen_arende")
_DANGER_IN_FORM = PhraseId("fara_i_fragor")
_ABUSIVE = TopicId("otrevlig")
_ENGLISH: Final = "en"

_TICKET_CORRECTED = PhraseId("arende_rattat")
_PROGRESS = PhraseId("framsteg")
_PROGRESS_VALUES = {"nummer", "antal"}

TALK_TO_HUMAN = "prata_med_manniska"
CONTINUE = "fortsatt"
OFFER: Final = (Wish.HUMAN.value, Wish.CALL_BACK.value, Wish.JUST_ADVICE.value)

_CHOSEN_VARIANTS = {
    PhraseId("sprak_lattlast"): Variant.LATTLAST,
    PhraseId("sprak_engelska"): Variant.ENGLISH,
}


_HOW_TO_REACH = {PhraseId(one) for one in ("fraga_nummer", "fraga_aterkontakt", "vad_ska_andras")}


def chosen_variant(directives: Sequence[Directive]) -> Variant | None:
    """The form of text that the caller has just asked for, if any; it stays."""
    phrases = (one.phrase for one in directives if isinstance(one, PhraseDirective))
    return next((_CHOSEN_VARIANTS[one] for one in phrases if one in _CHOSEN_VARIANTS), None)


def asks_how_to_reach(directives: Sequence[Directive]) -> bool:
    """Whether a number or an address of the caller's is likely to come next."""
    return any(
        isinstance(one, PhraseDirective) and one.phrase in _HOW_TO_REACH for one in directives
    )


def fitting_variant(setting: Setting, judgement: Judgement) -> Setting:
    """The setting with the form of text that suits the caller, unless they chose one.

    Who writes English reads English; a child in the chat reads easy Swedish.
    """
    if setting.variant is not Variant(setting.channel.value):
        return setting
    if judgement.facts.language == _ENGLISH and setting.channel is not Channel.VOICE:
        return replace(setting, variant=Variant.ENGLISH)
    if setting.channel is Channel.WEB and Position.BARN_SKRIVER in judgement.facts.situations:
        return replace(setting, variant=Variant.LATTLAST)
    return setting


class Back(Enum):
    """What the caller comes back from."""

    DANGER = "danger"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the conversation stands when a message is answered.

    ``said`` are the answers and phrases that the caller has had; ``asked_for`` whether the message
    asks for what it gets; ``brief`` whether it is a word or three, as an answer to a question is.
    ``reference`` is the open ticket's.
    """

    first_reply: bool
    in_form: bool
    said: frozenset[str] = frozenset()
    asked_for: bool = True
    brief: bool = False
    back: Back | None = None
    reference: str | None = None

    def offers(self, urgency: Urgency) -> bool:
        """Whether to offer a human to who is this worried.

        Not among the questions that lead to one, nor to who has a ticket; and to who was content
        with the advice, only when it is worse or they come back.
        """
        if self.in_form or self.reference is not None:
            return False
        declined = JUST_ADVICE in self.said and self.back is None
        return urgency >= (Urgency.HOG if declined else Urgency.ORO)


@dataclass(frozen=True, slots=True)
class Handover:
    """A ticket that has just been made, and what the caller may expect."""

    reference: str
    expectation: Expectation
    relation: str | None


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
    reply = reply.followed_by(_number_alone(renderer.contacts(contacts, setting)))
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
    handover: Handover | None,
) -> Reply:
    """The reply that follows Rasa's directives, with what the urgency adds around them.

    Args:
        renderer: Makes the words.
        judgement: The message's urgency, Rasa's opinion included.
        route: Who can help with it.
        directives: What Rasa picked, in order.
        setting: Channel, municipality and time.
        situation: Where the conversation stands.
        handover: The ticket, when there is a handover among the directives.
    """
    asked = situation.in_form
    parts: list[Reply] = []
    if situation.back is not None:
        parts.append(_welcome_back(renderer, situation, situation.back, setting))
    if route.asks_danger and not asked:
        parts.append(renderer.phrase(_ASK_DANGER, setting, urgent=True))
    elif route.asks_danger and not situation.brief:
        parts.append(renderer.phrase(_DANGER_IN_FORM, setting, urgent=True))
    elif judgement.urgency is Urgency.HOG and not asked:
        parts.append(renderer.phrase(_SERIOUS, setting))
    offers = situation.offers(judgement.urgency)
    if offers:
        # First among the choices, whatever the answer's own follow-up questions are.
        parts.append(renderer.choices(OFFER, setting))
    said = [
        _said_again(renderer, directive, judgement, setting, situation)
        or render_directive(renderer, directive, setting, handover)
        for directive in directives
    ]
    if route.contacts and not asked:
        parts += _with_contacts(renderer, said, judgement, route, setting, situation)
    else:
        parts += said
    if offers and _is_offered_in_words(judgement, setting, situation):
        parts.append(renderer.phrase(OFFER_HUMAN, setting))
    if situation.first_reply:
        parts.append(renderer.phrase(_AI_NOTICE, setting))
    reply = Reply()
    for part in parts:
        reply = reply.followed_by(part)
    return _sources_last(reply)


def _with_contacts(
    renderer: Renderer,
    said: Sequence[Reply],
    judgement: Judgement,
    route: Route,
    setting: Setting,
    situation: Situation,
) -> list[Reply]:
    """What is told, with whom to call besides.

    The routing table knows the person and the hour: its contacts stand in for the answers' own.
    """
    told = [_without(one, "contact") for one in said]
    if setting.channel is Channel.SMS and _comforts_child(judgement, situation):
        # A text message has no room for what grown-ups are told.
        told = []
    contacts = renderer.contacts(route.contacts, setting)
    before = _opening(renderer, judgement, setting, situation)
    before += _duty(renderer, route, setting, situation)
    # Who is worried sees whom to call before a long text.
    rest = [contacts, *told] if judgement.urgency is Urgency.ORO else [*told, contacts]
    return [*before, *rest]


def render_directive(
    renderer: Renderer, directive: Directive, setting: Setting, handover: Handover | None
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
        case CorrectionDirective(correction=slots):
            corrected = renderer.phrase(_TICKET_CORRECTED, setting)
            return corrected.followed_by(renderer.read_back(slots, setting))
        case HandoverDirective():
            # Whoever gives the directive has made the ticket.
            assert handover is not None
            return handed_over(
                renderer,
                setting,
                reference=handover.reference,
                expectation=handover.expectation,
                relation=handover.relation,
            )


def said_in(
    directives: Sequence[Directive],
    judgement: Judgement,
    duty: PhraseId | None,
    *,
    offered: bool,
) -> tuple[str, ...]:
    """What the caller need not read again.

    Answers' topics, the child's comfort, one's duty and the offer of a human.
    """
    answers = [one.answer for one in directives if isinstance(one, AnswerDirective)]
    is_child = Position.BARN_SKRIVER in judgement.facts.situations
    comfort = (_CHILD,) if is_child and judgement.urgency >= Urgency.ORO else ()
    offer = (OFFER_HUMAN,) if offered else ()
    return (*answers, *comfort, *((duty,) if duty else ()), *offer)


def _is_offered_in_words(judgement: Judgement, setting: Setting, situation: Situation) -> bool:
    """Whether a sentence goes with the buttons: at first, and when it is worse.

    On the phone there is nothing but words; a text message has room for the numbers only.
    """
    if setting.channel is not Channel.WEB:
        return setting.channel is Channel.VOICE
    return judgement.urgency > Urgency.ORO or OFFER_HUMAN not in situation.said


def _duty(renderer: Renderer, route: Route, setting: Setting, situation: Situation) -> list[Reply]:
    """What the routing table says that a person should hear, unless they have."""
    if route.phrase is None or route.phrase in situation.said:
        return []
    # A text message is short of room: what is urgent stays in it.
    return [renderer.phrase(route.phrase, setting, urgent=setting.channel is Channel.SMS)]


def _opening(
    renderer: Renderer, judgement: Judgement, setting: Setting, situation: Situation
) -> list[Reply]:
    """A word to who is worried, before the contacts."""
    if _comforts_child(judgement, situation):
        return [renderer.phrase(_CHILD, setting)]
    thanks = judgement.urgency is Urgency.ORO and not situation.said
    return [renderer.phrase(_THANKS_FOR_TELLING, setting)] if thanks else []


def _comforts_child(judgement: Judgement, situation: Situation) -> bool:
    """Whether the caller is a worried child who has not been told yet that it is good to tell."""
    is_child = Position.BARN_SKRIVER in judgement.facts.situations
    return is_child and judgement.urgency >= Urgency.ORO and _CHILD not in situation.said


def _said_again(
    renderer: Renderer,
    directive: Directive,
    judgement: Judgement,
    setting: Setting,
    situation: Situation,
) -> Reply | None:
    """A short word instead of an answer that the caller has had and did not ask for again."""
    if not isinstance(directive, AnswerDirective) or situation.asked_for:
        return None
    if directive.answer not in situation.said:
        return None
    if directive.answer == _ABUSIVE:
        return renderer.phrase(_ABUSED_AGAIN, setting)
    if judgement.urgency < Urgency.ORO:
        return None
    if situation.reference is None:
        return renderer.phrase(_TOLD_MORE, setting)
    values = {"referens": situation.reference}
    return renderer.phrase(_TOLD_MORE_OF_TICKET, setting, values=values)


def _welcome_back(renderer: Renderer, situation: Situation, back: Back, setting: Setting) -> Reply:
    if back is Back.DANGER:
        return renderer.phrase(_AFTER_DANGER, setting)
    if situation.in_form:
        return renderer.phrase(_BACK_IN_FORM, setting)
    if situation.reference is not None:
        values = {"referens": situation.reference}
        return renderer.phrase(_BACK_WITH_TICKET, setting, values=values)
    return renderer.phrase(_BACK, setting)


def _number_alone(cards: Reply) -> Reply:
    """The cards, 112 without its note: in danger one need not read what else it is good for."""
    blocks = [
        block.model_copy(update={"note": None})
        if isinstance(block, ContactBlock) and block.id == EMERGENCY
        else block
        for block in cards.blocks
    ]
    return cards.model_copy(update={"blocks": tuple(blocks)})


def _without(reply: Reply, kind: str) -> Reply:
    return reply.model_copy(
        update={"blocks": tuple(block for block in reply.blocks if block.kind != kind)}
    )


def _sources_last(reply: Reply) -> Reply:
    blocks = sorted(reply.blocks, key=lambda block: block.kind == "source")
    return reply.model_copy(update={"blocks": tuple(blocks)})
