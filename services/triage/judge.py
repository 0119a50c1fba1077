"""The judge: one message in, urgency with its grounds out, in a few milliseconds.

Two opinions that know nothing of each other, the safety net and the classifier; Rasa's topic is the
third, added later. The highest wins.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from services.reading.place import Places
from services.triage.classifier import (
    MODEL_FOLDER,
    WORDS_FILE,
    ModelError,
    UrgencyClassifier,
)
from services.triage.concepts import ConceptReader, Reading
from services.triage.facts import FactsReader
from services.triage.judgement import Facts, Judgement, Reason, Situation, TopicGuess
from services.triage.language import LanguageReader, OtherLanguage
from services.triage.real_words import RealWords
from services.triage.safety_net import Rule, SafetyNet, Verdict
from services.triage.thresholds import Thresholds
from services.triage.yes_no import Answer, read_answer
from services.vocabulary import Urgency

_WINDOW: Final = 600
"""Characters of a window: as long as the messages the classifier was trained on."""
_OVERLAP: Final = 60
"""Characters; a sentence shorter than this opens the next window too, to be read with both."""
_WHOLE: Final = 1_500
"""Characters up to which a message is judged as a whole besides."""
_SENTENCE_END: Final = re.compile(r"(?<=[.!?\n])\s+")
_ENGLISH: Final = "en"
_SUICIDE_TOPIC: Final = "sjalvmord"

_ACUTE_CHOICES: Final = frozenset({"akut_fara", "sjalvmord"})
_OTHER_CHOICES: Final = frozenset({
    "hej", "tack", "hejda", "svammel", "otrevlig", "annat_amne", "ja", "nej", "avbryt",
    "hoppa_over", "fortsatt", "borja_om", "ratta", "lattlast", "english", "uppgift",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Opinion:
    urgency: Urgency
    asks: bool
    suicide: bool
    reasons: tuple[Reason, ...]


class Judge:
    """Judges messages. Pure after it is loaded; holds no text."""

    def __init__(
        self,
        *,
        concepts: ConceptReader,
        safety_net: SafetyNet,
        classifier: UrgencyClassifier,
        thresholds: Thresholds,
        languages: LanguageReader,
        facts: FactsReader,
        version: str,
    ) -> None:
        self._concepts = concepts
        self._safety_net = safety_net
        self._classifier = classifier
        self._thresholds = thresholds
        self._languages = languages
        self._facts = facts
        self.version = version

    @classmethod
    def load(cls, knowledge_dir: Path, models_dir: Path) -> Judge:
        """Read rules and model.

        Raises:
            ModelError: the model is missing, or was trained with other lexicons.
            LexiconError, SafetyNetError, FactsError: a file of knowledge can't be used.
        """
        folder = models_dir / MODEL_FOLDER
        try:
            real_words = RealWords.load(folder / WORDS_FILE)
        except (OSError, ValueError) as error:
            raise ModelError(f"no usable urgency model in {folder}: train it anew") from error
        concepts = ConceptReader.load(knowledge_dir / "concepts", real_words)
        classifier = UrgencyClassifier.load(folder)
        return cls(
            concepts=concepts,
            safety_net=SafetyNet.load(
                knowledge_dir / "safety_net.yml", frozenset(concepts.concepts)
            ),
            classifier=classifier,
            thresholds=Thresholds.load(knowledge_dir / "thresholds.yml"),
            languages=LanguageReader.load(knowledge_dir / "emergency_phrases.yml"),
            facts=FactsReader.load(knowledge_dir),
            version=f"{classifier.version}+{rules_version(knowledge_dir)}",
        )

    def with_places(self, places: Places) -> Judge:
        """The same judge, who knows other names of places."""
        return Judge(
            concepts=self._concepts,
            safety_net=self._safety_net,
            classifier=self._classifier,
            thresholds=self._thresholds,
            languages=self._languages,
            facts=self._facts.with_places(places),
            version=self.version,
        )

    def judge(self, text: str, *, danger_asked: bool = False) -> Judgement:
        """The urgency of one message.

        Args:
            text: What the caller wrote, up to 8,000 characters.
            danger_asked: Our last words were "Är någon i fara just nu?".
        """
        language = self._languages.read(text)
        facts = self._facts.read(text, language=language.code if language else None)
        opinions = [self._opinion(part) for part in windows(text)]
        if language is not None:
            opinions.append(_foreign(language))
        if danger_asked:
            if read_answer(text) is Answer.NO:
                # Answered; what the words happen to look like must not ask it once more.
                opinions = [replace(opinion, asks=False) for opinion in opinions]
            opinions.append(self._answer_to_danger(text))
        return self._highest(opinions, facts)

    def judge_choice(self, choice: str) -> Judgement:
        """The urgency of a pressed button: its topic's or its intent's."""
        urgency = Urgency.UTANFOR if choice in _OTHER_CHOICES else Urgency.INFO
        return Judgement(
            urgency=Urgency.AKUT if choice in _ACUTE_CHOICES else urgency,
            suicide=choice == _SUICIDE_TOPIC,
            why=(Reason(by="context", what=f"knappen {choice}", score=1),),
            model=self.version,
        )

    def with_topics(self, judgement: Judgement, topics: Sequence[TopicGuess]) -> Judgement:
        """The same judgement with Rasa's topics heard: urgency can rise, never sink."""
        limits = self._thresholds.amnen
        urgency, asks, suicide = judgement.urgency, judgement.asks_danger, judgement.suicide
        reasons = list(judgement.why)
        for topic in topics:
            least = Urgency.ORO if limits.oro.meets(topic) else Urgency.UTANFOR
            dangerous = limits.fraga_fara.meets(topic)
            if least > urgency or (dangerous and not asks and urgency is not Urgency.AKUT):
                reasons.append(Reason(by="topic", what=topic.id, score=topic.confidence))
            urgency = max(urgency, least)
            asks = asks or (dangerous and urgency is not Urgency.AKUT)
            suicide = suicide or (dangerous and topic.id == _SUICIDE_TOPIC)
        return judgement.model_copy(
            update={
                "urgency": urgency,
                "asks_danger": asks,
                "suicide": suicide,
                "why": tuple(reasons),
            }
        )

    def _opinion(self, text: str) -> _Opinion:
        reading = self._concepts.read(text)
        return _both(self._by_rules(reading), self._by_model(reading))

    def _by_rules(self, reading: Reading) -> _Opinion:
        caught = self._safety_net.caught(reading)
        verdicts = {rule.gives for rule in caught}
        urgency = Urgency.UTANFOR
        if Verdict.AKUT in verdicts:
            urgency = Urgency.AKUT
        elif Verdict.HOG in verdicts:
            urgency = Urgency.HOG
        return _Opinion(
            urgency=urgency,
            asks=Verdict.FRAGA in verdicts,
            suicide=any(rule.suicide for rule in caught),
            reasons=tuple(_rule_reason(rule) for rule in caught),
        )

    def _by_model(self, reading: Reading) -> _Opinion:
        shares = self._classifier.probabilities(reading)
        limits = self._thresholds.akut
        acute = shares[Urgency.AKUT]
        below = self._thresholds.cheapest(shares)
        leads = acute >= limits.visa_112
        chosen = Urgency.AKUT if leads else below
        return _Opinion(
            urgency=chosen,
            asks=not leads and acute >= limits.fraga[below],
            suicide="sjalvmord" in reading.meant,
            reasons=(
                Reason(by="classifier", what=chosen.value, score=round(shares[chosen], 4)),
                *(
                    (Reason(by="classifier", what="akut", score=round(acute, 4)),)
                    if chosen is not Urgency.AKUT
                    else ()
                ),
            ),
        )

    def _answer_to_danger(self, text: str) -> _Opinion:
        answer = read_answer(text)
        reason = Reason(by="context", what=f"{answer.value} på frågan om fara", score=1)
        if answer is Answer.YES_OR_UNSURE:
            return _Opinion(Urgency.AKUT, asks=False, suicide=False, reasons=(reason,))
        # Who passes the question over has seen 112; it is not asked again and again.
        return _Opinion(Urgency.UTANFOR, asks=False, suicide=False, reasons=(reason,))

    def _highest(self, opinions: Sequence[_Opinion], facts: Facts) -> Judgement:
        urgency = max(opinion.urgency for opinion in opinions)
        asks = any(opinion.asks for opinion in opinions)
        suicide = any(opinion.suicide for opinion in opinions)
        reasons = dict.fromkeys(reason for opinion in opinions for reason in opinion.reasons)
        if suicide:
            facts = facts.model_copy(
                update={"situations": facts.situations | {Situation.SJALVMORD}}
            )
        return Judgement(
            urgency=urgency,
            asks_danger=asks and urgency is not Urgency.AKUT,
            suicide=suicide,
            why=tuple(reasons),
            facts=facts,
            model=self.version,
        )


def windows(text: str) -> Iterator[str]:
    """The message whole, and a long one also in overlapping windows of whole sentences."""
    if len(text) <= _WHOLE:
        yield text
    if len(text) <= _WINDOW:
        return
    sentences = [
        sentence[start : start + _WINDOW]
        for sentence in _SENTENCE_END.split(text)
        for start in range(0, max(1, len(sentence)), _WINDOW)
    ]
    window: list[str] = []
    for sentence in sentences:
        if window and sum(map(len, window)) + len(sentence) > _WINDOW:
            yield " ".join(window)
            window = [last for last in window[-1:] if len(last) < _OVERLAP]
        window.append(sentence)
    if window:
        yield " ".join(window)


def rules_version(knowledge_dir: Path) -> str:
    """A short name for this very state of the rules."""
    paths = [
        *sorted((knowledge_dir / "concepts").glob("*.yml")),
        knowledge_dir / "safety_net.yml",
        knowledge_dir / "thresholds.yml",
        knowledge_dir / "emergency_phrases.yml",
    ]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths))
    return digest.hexdigest()[:8]


def _both(one: _Opinion, other: _Opinion) -> _Opinion:
    return _Opinion(
        urgency=max(one.urgency, other.urgency),
        asks=one.asks or other.asks,
        suicide=one.suicide or other.suicide,
        reasons=(*one.reasons, *other.reasons),
    )


def _rule_reason(rule: Rule) -> Reason:
    return Reason(by="safety_net", what=f"{rule.name}: {rule.meaning}", score=1)


def _foreign(language: OtherLanguage) -> _Opinion:
    if language.danger and not language.asks_language:
        reason = Reason(by="safety_net", what=f"nödord på {language.code}", score=1)
        return _Opinion(Urgency.AKUT, asks=False, suicide=False, reasons=(reason,))
    # English the classifier has learnt; in other languages we would rather ask once too often.
    unheard = language.code != _ENGLISH and not language.asks_language
    reason = Reason(by="safety_net", what=f"annat språk: {language.code}", score=1)
    return _Opinion(
        Urgency.INFO,
        asks=unheard or language.danger or language.perhaps_danger,
        suicide=False,
        reasons=(reason,),
    )
