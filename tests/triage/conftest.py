"""Readers of the real knowledge, each loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.answers.knowledge import Knowledge
from services.settings import ROOT
from services.triage.classifier import MODEL_FOLDER, WORDS_FILE
from services.triage.concepts import ConceptReader
from services.triage.facts import FactsReader
from services.triage.language import LanguageReader
from services.triage.real_words import RealWords
from services.triage.routing import RoutingTable
from services.triage.safety_net import SafetyNet

KNOWLEDGE = ROOT / "knowledge"


@pytest.fixture(scope="session")
def concepts(models_dir: Path) -> ConceptReader:
    real_words = RealWords.load(models_dir / MODEL_FOLDER / WORDS_FILE)
    return ConceptReader.load(KNOWLEDGE / "concepts", real_words)


@pytest.fixture(scope="session")
def safety_net(concepts: ConceptReader) -> SafetyNet:
    return SafetyNet.load(KNOWLEDGE / "safety_net.yml", frozenset(concepts.concepts))


@pytest.fixture(scope="session")
def languages() -> LanguageReader:
    return LanguageReader.load(KNOWLEDGE / "emergency_phrases.yml")


@pytest.fixture(scope="session")
def facts() -> FactsReader:
    return FactsReader.load(KNOWLEDGE)


@pytest.fixture(scope="session")
def routing(knowledge: Knowledge) -> RoutingTable:
    return knowledge.routing
