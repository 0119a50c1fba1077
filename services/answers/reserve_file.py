"""Reading ``reserv.yml``: the words of the reserve, or every fault in it with its line."""

from __future__ import annotations

from services.answers.knowledge import Knowledge
from services.answers.reserve import Reserve
from services.answers.yaml_lines import Document, Fault
from services.vocabulary import TopicId


def read_reserve(document: Document) -> tuple[Reserve | None, list[Fault]]:
    """The reserve; nothing if there is any fault in it."""
    if not isinstance(document.data, dict):
        return None, [document.fault((), "ska vara ämnen, vart och ett med sina ord")]
    words: dict[TopicId, list[str]] = {}
    faults = []
    for topic, phrases in document.data.items():
        if not isinstance(phrases, list) or not phrases:
            faults.append(document.fault((topic,), f"{topic}: ska vara en lista av ord"))
            continue
        for number, phrase in enumerate(phrases):
            if not isinstance(phrase, str) or not phrase.replace("~", "").replace("/", "").strip():
                what = f"{topic}: ska vara text; sätt citattecken"
                faults.append(document.fault((topic, number), what))
        words[TopicId(str(topic))] = phrases
    return (None if faults else Reserve(words)), faults


def check_reserve(knowledge: Knowledge, document: Document) -> list[Fault]:
    """Every topic that has no answer."""
    return [
        document.fault((topic,), f"det finns inget svar {topic}")
        for topic in knowledge.reserve.words
        if topic not in knowledge.answers
    ]
