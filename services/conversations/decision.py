"""What a turn decides: Rasa is asked what to say, and the outcome is ready to be stored.

Touches no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

import structlog

from services.answers.reply import Reply
from services.conversations.core import Core
from services.conversations.deletion import TOPIC as DELETION
from services.conversations.deletion import Deed as Deletion
from services.conversations.deletion import (
    Wanted,
    answer_deletion,
    offering_deletion,
    read_deletion,
)
from services.conversations.memory import Memory
from services.conversations.replies import (
    CONTINUE,
    OFFER_HUMAN,
    Back,
    Handover,
    Situation,
    acute_reply,
    chosen_variant,
    dialogue_reply,
    fallback_reply,
    fitting_variant,
    said_in,
)
from services.conversations.short_answers import Asked, take_short_answer
from services.dialogue.client import DialogueAwayError
from services.dialogue.protocol import (
    AnswerDirective,
    CorrectionDirective,
    DialogueReply,
    DialogueRequest,
    Directive,
    HandoverDirective,
    PhraseDirective,
    SlotValue,
    SummaryDirective,
)
from services.observability.measures import ReplyKind, Stage, timed
from services.reading.bare import is_bare_answer
from services.reading.wishes import Wish, read_command, read_wish
from services.reading.words import is_correction
from services.store.tables import Conversation
from services.tickets.reference import new_reference
from services.tickets.ticket import Ticket, make_ticket
from services.triage.judgement import Judgement, TopicGuess
from services.triage.routing import Route
from services.vocabulary import (
    MunicipalityId,
    PhraseId,
    Setting,
    TopicId,
    Urgency,
    Variant,
)

_SIMPLER: Final = PhraseId("reserv_svar")
_TELLS: Final = "ja"
_DANGER: Final = "fara"
_MEANT: Final = {Wish.CALL_BACK.value: Wish.HUMAN.value, Wish.JUST_ADVICE.value: Wish.STOP.value}
"""Buttons and words that are another's intent to the dialogue. What is called back begins with the
same questions; to want advice only, in the middle of them, is to stop them."""
_BRIEF: Final = 3
"""Words of an answer that tells nothing besides."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A message ready to be answered, as it stood when the turn began."""

    conversation: Conversation
    message_id: UUID
    text: str
    choice: str | None
    judgement: Judgement
    state: dict[str, object] | None
    open_reference: str | None = None
    """The reference of the conversation's open ticket, which a new handover keeps."""
    has_closed_ticket: bool = False
    """Whether there was a ticket, told to who wants the conversation deleted."""
    acute_words: tuple[str, ...] = ()
    """What the caller wrote before that was acute."""
    most_urgent: Judgement | None = None
    """The judgement that made the conversation more urgent than the message is."""
    memory: Memory = field(default_factory=Memory)
    """What was said before."""
    back: Back | None = None
    """What the caller comes back from, if anything."""

    @property
    def asks(self) -> bool:
        """Whether the caller asks for something, rather than telling it."""
        return self.choice is not None or self.text.rstrip().endswith("?")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn decided, before it is stored."""

    judgement: Judgement
    route: Route
    reply: Reply
    topics: tuple[TopicGuess, ...] = ()
    dialogue: DialogueReply | None = None
    ticket: Ticket | None = None
    variant: Variant | None = None
    """The form of text from now on; nothing leaves it as it is."""
    said: tuple[str, ...] = ()
    """What the caller need not read again."""
    asks_if_helped: bool = False
    deletion: Deletion | None = None
    """What is done with the whole conversation, if anything."""
    kind: ReplyKind = ReplyKind.DIALOGUE
    """For the measures."""


async def decide(core: Core, loaded: Loaded) -> Outcome:
    """Ask Rasa what to say and put it in words; with Rasa away, the safe reply and a human.

    An acute message never gets here from a conversation: the inbox has answered it already.
    """
    if answered := _take_deletion(core, loaded) or _take_short_answer(core, loaded):
        return answered
    try:
        with timed(Stage.DIALOGUE):
            dialogue = await core.dialogue.next(_request(loaded))
    except DialogueAwayError as error:
        _log.warning("dialogue_away", cause=str(error))
        return _decide_without_dialogue(core, loaded)
    judgement = loaded.judgement
    if not (loaded.conversation.greeted and is_bare_answer(loaded.text)):
        judgement = core.judge.with_topics(judgement, dialogue.topics)
    if judgement.urgency is Urgency.AKUT:
        # Rasa's own state stays as it was: the next message meets the same question again.
        return _decide_acute(core, loaded, judgement, dialogue.topics)
    with timed(Stage.RENDER):
        return _decide_with_dialogue(core, loaded, judgement, dialogue)


def wanted_deletion(loaded: Loaded) -> Wanted | None:
    """What the message wants done with the whole conversation, if anything."""
    return read_deletion(loaded.choice, loaded.text, asked=loaded.memory.asked_to_delete)


def _take_deletion(core: Core, loaded: Loaded) -> Outcome | None:
    """The reply to who wants the conversation deleted, if the message says so."""
    wanted = wanted_deletion(loaded)
    if wanted is None:
        return None
    setting, ticket = core.setting(loaded.conversation), None
    reference = loaded.open_reference
    takes_decision = loaded.has_closed_ticket or not core.deletes_on_request
    if reference is None and takes_decision and wanted is not Wanted.KEEPS:
        ticket = _ticket(core, loaded, loaded.judgement, {})
        reference = ticket.reference
    taken = answer_deletion(
        core.renderer,
        setting,
        wanted,
        reference=reference,
        in_form=loaded.conversation.in_form,
    )
    topics = (TopicGuess(id=DELETION, confidence=1.0),)
    return Outcome(
        judgement=loaded.judgement,
        route=replace(core.routing.route(loaded.judgement, topics, setting), contacts=()),
        reply=taken.reply,
        topics=topics,
        ticket=ticket,
        deletion=taken.deed,
    )


def _take_short_answer(core: Core, loaded: Loaded) -> Outcome | None:
    """The reply to an answer that the dialogue has no part in, if the message is one."""
    conversation, judgement = loaded.conversation, loaded.judgement
    if conversation.in_form or judgement.urgency > Urgency.INFO:
        return None
    situation, setting = _situation(loaded, in_form=False), core.setting(conversation)
    asked = Asked(
        if_helped=loaded.memory.asked_if_helped,
        danger=conversation.danger_asked,
        offered=OFFER_HUMAN in situation.said,
        offers=situation.offers(conversation.urgency or Urgency.INFO),
    )
    taken = take_short_answer(core.renderer, asked, setting, choice=loaded.choice, text=loaded.text)
    if taken is None:
        return None
    return Outcome(
        judgement=judgement,
        route=replace(core.routing.route(judgement, (), setting), contacts=()),
        reply=taken.reply,
        said=taken.said,
        asks_if_helped=taken.asks_if_helped,
    )


def _request(loaded: Loaded) -> DialogueRequest:
    conversation, facts = loaded.conversation, loaded.judgement.facts
    slots: dict[str, SlotValue] = {
        "kanal": conversation.channel.value,
        "bradska": max(conversation.urgency or Urgency.UTANFOR, loaded.judgement.urgency).value,
        "berattar": _TELLS if _tells(loaded) else None,
        "relation": facts.relation,
        "alder": str(facts.age) if facts.age is not None else None,
        "kommun": facts.municipality,
    }
    return DialogueRequest(
        message_id=loaded.message_id,
        text=loaded.text,
        intent=_intent(loaded),
        urgency=loaded.judgement.urgency,
        slots={name: value for name, value in slots.items() if value is not None},
        state=loaded.state,
    )


def _tells(loaded: Loaded) -> bool:
    """Whether the message is an account of a worry."""
    return loaded.judgement.urgency >= Urgency.ORO and not loaded.asks


def _intent(loaded: Loaded) -> str | None:
    """What the message means, where that needs no guess: a button, or plain words for one.

    In the form, ``actions`` read the words themselves: "nej" may answer a question there.
    """
    if loaded.choice is not None and loaded.choice != CONTINUE:
        return _MEANT.get(loaded.choice, loaded.choice)
    in_form = loaded.conversation.in_form
    if wish := read_command(loaded.text) if in_form else read_wish(loaded.text):
        return _MEANT.get(wish.value, wish.value)
    if loaded.open_reference and not in_form and is_correction(loaded.text):
        return Wish.CORRECT.value
    # Who comes back to the questions is asked the same one again: what they write first is seldom
    # its answer.
    return CONTINUE if _resumes_form(loaded) else loaded.choice


def _resumes_form(loaded: Loaded) -> bool:
    """Whether the form's question is to be asked again. A question is answered first."""
    comes_back = loaded.back is not None and loaded.conversation.in_form
    return comes_back and (loaded.choice == CONTINUE or not loaded.asks)


def _decide_acute(
    core: Core, loaded: Loaded, judgement: Judgement, topics: tuple[TopicGuess, ...]
) -> Outcome:
    setting = core.setting(loaded.conversation)
    first = not loaded.conversation.greeted
    return Outcome(
        judgement=judgement,
        route=core.routing.route(judgement, topics, setting),
        reply=acute_reply(
            core.renderer,
            judgement,
            setting,
            first=first,
            in_form=loaded.conversation.in_form,
        ),
        topics=topics,
        kind=ReplyKind.ACUTE_BY_TOPIC,
    )


def _decide_without_dialogue(core: Core, loaded: Loaded) -> Outcome:
    conversation, judgement = loaded.conversation, loaded.judgement
    setting = _setting(core, conversation, judgement)
    route = core.routing.route(judgement, (), setting)
    if judgement.urgency is Urgency.AKUT:
        return _decide_acute(core, loaded, judgement, ())
    if (topic := _plain_topic(core, loaded, route)) is not None:
        return _decide_by_keywords(core, loaded, topic)
    return Outcome(
        judgement=judgement,
        route=route,
        reply=fallback_reply(core.renderer, route, setting, first=not conversation.greeted),
        ticket=_ticket(core, loaded, judgement, {}, unanswered=True),
        kind=ReplyKind.FALLBACK,
    )


def _plain_topic(core: Core, loaded: Loaded, route: Route) -> TopicId | None:
    """What a plain question is about, by its button or its words; nothing if it is no such.

    Without Rasa a worry may be taken for a question. Who tells of a person, or of trouble of their
    own, asks no plain one.
    """
    judgement, facts = loaded.judgement, loaded.judgement.facts
    is_calm = judgement.urgency <= Urgency.INFO and not route.asks_danger
    tells = facts.relation is not None or facts.age is not None or facts.situations
    if loaded.conversation.in_form or tells or not is_calm:
        return None
    return core.renderer.knowledge.reserve.topic_of(loaded.choice, loaded.text)


def _decide_by_keywords(core: Core, loaded: Loaded, topic: TopicId) -> Outcome:
    """The answer to a plain question, with a word on why it is no better."""
    stand_in = DialogueReply(
        topics=(TopicGuess(id=topic, confidence=1.0),),
        directives=(PhraseDirective(phrase=_SIMPLER), AnswerDirective(answer=topic)),
        state={},
        model="reserv",
        in_form=False,
    )
    outcome = _decide_with_dialogue(core, loaded, loaded.judgement, stand_in)
    # Rasa's own state stays as it was.
    return replace(outcome, dialogue=None, kind=ReplyKind.KEYWORDS)


def _decide_with_dialogue(
    core: Core, loaded: Loaded, judgement: Judgement, dialogue: DialogueReply
) -> Outcome:
    conversation = loaded.conversation
    setting = _setting(core, conversation, judgement)
    if variant := chosen_variant(dialogue.directives):
        setting = replace(setting, variant=variant)
    setting = fitting_variant(setting, judgement)
    situation = _situation(loaded, in_form=_is_of_form(conversation, dialogue))
    handover = _handover(dialogue.directives)
    ticket = None
    if handover is not None:
        ticket = _ticket(core, loaded, judgement, handover.handover)
    route = core.routing.route(judgement, dialogue.topics, setting)
    reply = dialogue_reply(
        core.renderer,
        judgement=judgement,
        route=route,
        directives=_telling_of_danger(dialogue.directives, loaded.acute_words),
        setting=setting,
        situation=situation,
        handover=_told(core, ticket) if ticket else None,
    )
    if not situation.in_form and _answers(dialogue.directives, DELETION):
        reply = offering_deletion(core.renderer, reply, setting)
    return Outcome(
        judgement=judgement,
        route=route,
        reply=reply,
        topics=dialogue.topics,
        dialogue=dialogue,
        ticket=ticket,
        variant=setting.variant,
        said=said_in(
            dialogue.directives,
            judgement,
            # Among the questions of the intake nothing of the route is said.
            None if situation.in_form else route.phrase,
            offered=situation.offers(judgement.urgency),
        ),
        asks_if_helped=ticket is not None,
    )


def _telling_of_danger(
    directives: Sequence[Directive], acute_words: Sequence[str]
) -> tuple[Directive, ...]:
    """The directives, with what was acute in what is read back: it goes to the coordinator too."""
    if not acute_words:
        return tuple(directives)
    danger = {_DANGER: "\n".join(acute_words)}
    return tuple(
        SummaryDirective(summary={**one.summary, **danger})
        if isinstance(one, SummaryDirective)
        else one
        for one in directives
    )


def _situation(loaded: Loaded, *, in_form: bool) -> Situation:
    return Situation(
        first_reply=not loaded.conversation.greeted,
        in_form=in_form,
        said=frozenset(loaded.memory.said),
        asked_for=loaded.asks,
        brief=loaded.choice is not None or len(loaded.text.split()) <= _BRIEF,
        back=loaded.back,
        reference=loaded.open_reference,
    )


def _is_of_form(conversation: Conversation, dialogue: DialogueReply) -> bool:
    """Whether the reply belongs to the questions of the intake, or to what follows them."""
    directives = dialogue.directives
    ends = _handover(directives) is not None or correction(directives) is not None
    return conversation.in_form or dialogue.in_form or ends


def _told(core: Core, ticket: Ticket) -> Handover:
    expectation = core.duty.expectation(ticket.grounds.urgency, core.clock())
    return Handover(ticket.reference, expectation, ticket.relation)


def _answers(directives: Sequence[Directive], topic: TopicId) -> bool:
    return any(isinstance(one, AnswerDirective) and one.answer == topic for one in directives)


def _handover(directives: Sequence[Directive]) -> HandoverDirective | None:
    return next((one for one in directives if isinstance(one, HandoverDirective)), None)


def correction(directives: Sequence[Directive]) -> CorrectionDirective | None:
    """What the caller says is wrong in their ticket, if they do."""
    return next((one for one in directives if isinstance(one, CorrectionDirective)), None)


def _setting(core: Core, conversation: Conversation, judgement: Judgement) -> Setting:
    setting = core.setting(conversation)
    municipality = judgement.facts.municipality
    return replace(setting, municipality=municipality) if municipality else setting


def _ticket(
    core: Core,
    loaded: Loaded,
    judgement: Judgement,
    slots: dict[str, SlotValue],
    *,
    unanswered: bool = False,
) -> Ticket:
    conversation = loaded.conversation
    # The judgement at hand may be of a pressed "Ja"; the grounds are of what made it urgent.
    grounds = max(judgement, loaded.most_urgent or judgement, key=lambda one: one.urgency)
    municipality = judgement.facts.municipality or MunicipalityId(conversation.municipality)
    return make_ticket(
        reference=loaded.open_reference or new_reference(),
        conversation=str(conversation.id),
        channel=conversation.channel,
        municipality=municipality,
        urgency=max(conversation.urgency or judgement.urgency, judgement.urgency),
        judgement=judgement,
        grounds=grounds,
        slots=slots,
        acute_words=loaded.acute_words,
        at=core.clock(),
        knowledge_version=core.renderer.knowledge.version,
        unanswered=unanswered,
        routing=core.routing.route(grounds, (), core.setting(conversation)).contacts,
    )


def is_in_form(loaded: Loaded, outcome: Outcome) -> bool:
    """Whether the outcome is of the questions of the intake, or leads back to them."""
    dialogue = outcome.dialogue
    return loaded.conversation.in_form or (dialogue is not None and dialogue.in_form)
