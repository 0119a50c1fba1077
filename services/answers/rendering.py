"""Putting answers, phrases and contacts in words, for a channel, a municipality and an hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

import structlog

from services.answers.cards import Cards
from services.answers.contacts import Contact
from services.answers.freshness import oldest_year
from services.answers.gate import Gate
from services.answers.hours import swedish_day
from services.answers.knowledge import EMERGENCY, Knowledge
from services.answers.reply import Block, Choice, ContactBlock, Reply, SourceBlock, TextBlock
from services.answers.speech import speak_number
from services.answers.templates import parse_template
from services.vocabulary import (
    Channel,
    ContactId,
    MunicipalityId,
    PhraseId,
    Setting,
    TopicId,
    Variant,
)

_OLD_FACT: Final = PhraseId("uppgift_gammal")
_SUMMARY_INTRO: Final = PhraseId("sammanfattning_ingress")
_SUMMARY_QUESTION: Final = PhraseId("sammanfattning_fraga")
_FAULT: Final = PhraseId("tekniskt_fel")
_DANGER: Final = PhraseId("akut_kort")
_YES, _NO = "ja", "nej"
_TALK_TO_HUMAN: Final = "prata_med_manniska"
_SOCIAL_SERVICES: Final = ContactId("socialtjanst")
_LABEL: Final = "etikett_"
_VALUE: Final = "varde_"
_MUNICIPALITY: Final = "kommun"
_MOST_CHOICES: Final = 4

type SlotValue = str | int | bool | list[str] | None
"""What the intake form collected; an empty slot was skipped."""

_log = structlog.get_logger(__name__)


class Renderer:
    """Makes every reply of the assistant.

    An id that the knowledge does not have is a defect: it is logged and the caller gets the safe
    reply, for a turn must end in an answer.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._cards = Cards(knowledge)
        self._gate = Gate(contact for _, contact in knowledge.all_contacts())
        self._ids_by_number = _ids_by_number(knowledge)

    def answer(self, topic: TopicId, setting: Setting) -> Reply:
        """A curated answer: its text, contacts, sources, and what one would ask next as choices."""
        answer = self.knowledge.answers.get(topic)
        if answer is None:
            return self._defect("unknown_answer", topic, setting)
        if answer.municipality is not None:
            setting = replace(setting, municipality=answer.municipality)
        text = answer.texts.of(setting.variant, setting.channel)
        blocks = [TextBlock(text=self._filled(text, setting, {}))]
        if swedish_day(setting.at) > answer.review_by:
            year = str(oldest_year(answer))
            blocks.append(TextBlock(text=self._phrase_text(_OLD_FACT, setting, {"år": year})))
        sources = tuple(
            SourceBlock(title=source.title, publisher=source.publisher, year=source.year)
            for source in answer.sources
        )
        cards = self._cards.of(answer.contacts, setting)
        choices = self._choices(answer.follow_ups, setting)
        return _reply(setting, blocks=(*blocks, *cards, *sources), choices=choices)

    def phrase(
        self,
        phrase: PhraseId,
        setting: Setting,
        *,
        values: Mapping[str, str] = {},
        choices: Sequence[str] = (),
        urgent: bool = False,
    ) -> Reply:
        """A short fixed text.

        Args:
            phrase: Which.
            setting: How.
            values: For placeholders that are no contacts, such as ``referens``.
            choices: Ids of buttons or topics to offer; unknown ones are left out and logged.
            urgent: To be shown as a warning, first.
        """
        known = self.knowledge.phrases.get(phrase)
        if known is None:
            return self._defect("unknown_phrase", phrase, setting)
        text = known.of(setting.variant)
        if not self._can_fill(text, setting, values):
            return self._defect("phrase_without_its_values", phrase, setting)
        block = TextBlock(text=self._filled(text, setting, values), urgent=urgent)
        return _reply(setting, blocks=(block,), choices=self._choices(choices, setting))

    def choices(self, ids: Sequence[str], setting: Setting) -> Reply:
        """Next steps only: ids of buttons or topics; unknown ones are left out and logged."""
        return _reply(setting, choices=self._choices(ids, setting))

    def contacts(self, ids: Sequence[ContactId], setting: Setting) -> Reply:
        """Contact cards only, what is open first; see ``Cards``."""
        return _reply(setting, blocks=tuple(self._cards.of(ids, setting)))

    def summary(self, slots: Mapping[str, SlotValue], setting: Setting) -> Reply:
        """What will be sent to the coordinator, read back: labels and the caller's own words.

        Only slots that have a label among the phrases are shown, in the labels' order.
        """
        intro = self.phrase(_SUMMARY_INTRO, setting)
        question = self.phrase(_SUMMARY_QUESTION, setting, choices=(_YES, _NO))
        return intro.followed_by(self.read_back(slots, setting)).followed_by(question)

    def read_back(self, slots: Mapping[str, SlotValue], setting: Setting) -> Reply:
        """The slots alone, a line each; see ``summary``."""
        lines = [
            f"{label.of(setting.variant)}: {self._value(name, slots[name], setting)}"
            for phrase, label in self.knowledge.phrases.items()
            if phrase.startswith(_LABEL)
            and slots.get(name := phrase.removeprefix(_LABEL)) not in (None, "", [])
        ]
        block = TextBlock(text="\n".join(lines), quoted=True)
        return _reply(setting, blocks=(block,) if lines else ())

    def choice_title(self, choice_id: str, setting: Setting) -> str | None:
        """A button's title: its own phrase, or the topic's question; nothing for an unknown id."""
        if (button := self.knowledge.buttons.get(PhraseId(choice_id))) is not None:
            return button.of(setting.variant)
        if (answer := self.knowledge.answers.get(TopicId(choice_id))) is not None:
            return answer.title(setting.variant)
        return None

    def checked(self, reply: Reply, setting: Setting) -> Reply:
        """The gate: the reply, or the safe one if it has a number or address of nobody's."""
        finding = self._gate.check(reply)
        if finding is None:
            return reply
        _log.error("reply_refused_at_gate", found=finding.kind, contacts=reply.contacts)
        urgent = any(isinstance(block, TextBlock) and block.urgent for block in reply.blocks)
        return self.safe_reply(setting, urgent=urgent)

    def safe_reply(self, setting: Setting, *, urgent: bool = False) -> Reply:
        """What can always be said: 112, who else to call, and a human."""
        phrase = _DANGER if urgent else _FAULT
        words = self.phrase(phrase, setting, choices=(_TALK_TO_HUMAN,), urgent=urgent)
        return words.followed_by(self.contacts((EMERGENCY, _SOCIAL_SERVICES), setting))

    def contacts_shown(self, reply: Reply) -> tuple[ContactId, ...]:
        """Ids of the contacts in a reply, in order: cards and numbers within the texts."""
        shown: list[ContactId] = []
        for block in reply.blocks:
            if isinstance(block, ContactBlock):
                shown.append(block.id)
            elif isinstance(block, TextBlock) and not block.quoted:
                shown.extend(self._contacts_in(block.text))
        return tuple(dict.fromkeys(shown))

    def _contacts_in(self, text: str) -> list[ContactId]:
        found = ((text.find(number), one) for number, one in self._ids_by_number.items())
        return [contact for at, contact in sorted(found) if at >= 0]

    def _value(self, slot: str, value: SlotValue, setting: Setting) -> str:
        if isinstance(value, bool):
            return self._phrase_text(PhraseId(_YES if value else _NO), setting, {})
        if isinstance(value, list):
            return ", ".join(value)
        text = str(value)
        if (known := self.knowledge.phrases.get(PhraseId(_VALUE + text))) is not None:
            return known.of(setting.variant)
        if slot == _MUNICIPALITY and MunicipalityId(text) in self.knowledge.municipalities:
            return self.knowledge.municipalities[MunicipalityId(text)].name
        return text

    def _choices(self, ids: Sequence[str], setting: Setting) -> tuple[Choice, ...]:
        choices = []
        for choice in ids[:_MOST_CHOICES]:
            title = self.choice_title(choice, setting)
            if title is None:
                _log.error("unknown_choice", choice=choice)
            else:
                choices.append(Choice(id=choice, title=title))
        return tuple(choices)

    def _phrase_text(self, phrase: PhraseId, setting: Setting, values: Mapping[str, str]) -> str:
        return self._filled(self.knowledge.phrases[phrase].of(setting.variant), setting, values)

    def _can_fill(self, text: str, setting: Setting, values: Mapping[str, str]) -> bool:
        return all(
            name in values or self.knowledge.contact(ContactId(name), setting.municipality)
            for name in parse_template(text).names
        )

    def _filled(self, text: str, setting: Setting, values: Mapping[str, str]) -> str:
        def value(name: str) -> str:
            if name in values:
                return values[name]
            contacts = self.knowledge.contacts_by_municipality[setting.municipality]
            return _number(contacts[ContactId(name)], setting)

        return parse_template(text).filled(value)

    def _defect(self, event: str, missing: str, setting: Setting) -> Reply:
        _log.error(event, id=missing)
        return self.safe_reply(setting)


def _reply(
    setting: Setting, blocks: tuple[Block, ...] = (), choices: tuple[Choice, ...] = ()
) -> Reply:
    language: Literal["sv", "en"] = "en" if setting.variant is Variant.ENGLISH else "sv"
    return Reply(blocks=blocks, choices=choices, language=language)


def _is_spoken(setting: Setting) -> bool:
    """Whether the words are heard, so that numbers are said in words."""
    return setting.channel is Channel.VOICE or setting.variant is Variant.VOICE


def _number(contact: Contact, setting: Setting) -> str:
    if contact.number is not None and _is_spoken(setting):
        return speak_number(contact.number, english=setting.variant is Variant.ENGLISH)
    if contact.number is not None:
        return contact.number
    # The loader has seen to it that a contact without a number says what stands in its place.
    assert contact.without_number is not None
    return contact.without_number.of(setting.variant)


def _ids_by_number(knowledge: Knowledge) -> dict[str, ContactId]:
    ids: dict[str, ContactId] = {}
    for _, contact in knowledge.all_contacts():
        if contact.number is not None:
            ids.setdefault(contact.number, contact.id)
            ids.setdefault(speak_number(contact.number), contact.id)
            ids.setdefault(speak_number(contact.number, english=True), contact.id)
    return ids
