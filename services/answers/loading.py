"""Reading ``knowledge/`` once, whole: either everything is right, or the start stops.

Every fault in every file is told at once, with file and line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from services.answers.checks import check_knowledge
from services.answers.checks_of_routing import check_routing
from services.answers.contacts import Contact
from services.answers.knowledge import Answer, Knowledge, MilieuEntry, Municipality, Phrase
from services.answers.messages import message
from services.answers.reserve import Reserve
from services.answers.reserve_file import check_reserve, read_reserve
from services.answers.routing_file import read_routing
from services.answers.yaml_lines import Document, Fault, Place, parse_yaml
from services.errors import OperatorError
from services.triage.routing import RoutingTable
from services.vocabulary import ContactId, Milieu, MunicipalityId, PhraseId, TopicId

BUTTONS_FILE: Final = "knappar.yml"
"""The phrase file whose texts are buttons."""

ROUTING_FILE: Final = "routing.yml"
RESERVE_FILE: Final = "reserv.yml"


class KnowledgeError(OperatorError):
    """The content files are not right. ``faults`` has every fault; the message lists them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        listed = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"Innehållet har {len(self.faults)} fel:\n{listed}")


def load_knowledge(directory: Path) -> Knowledge:
    """Read and check everything in the knowledge folder.

    Args:
        directory: Holds ``answers/<group>/``, ``contacts/``, ``milieus/``, ``municipalities/``,
            ``phrases/``, ``routing.yml`` and ``reserv.yml``.

    Raises:
        KnowledgeError: with every fault, its file and its line.
    """
    reading = _Reading(directory)
    answers = {TopicId(one.id): one for one in reading.each("answers/*", Answer)}
    contacts = {ContactId(one.id): one for one in reading.each("contacts", Contact)}
    municipalities = {
        MunicipalityId(one.id): one for one in reading.each("municipalities", Municipality)
    }
    milieus = {Milieu(one.id): one for one in reading.each("milieus", MilieuEntry)}
    phrases, buttons = reading.phrases()
    routing, reserve = reading.routing(), reading.reserve()
    if reading.faults or routing is None or reserve is None:
        raise KnowledgeError(reading.faults)
    knowledge = Knowledge(
        answers=answers,
        phrases=phrases,
        buttons=buttons,
        national_contacts=contacts,
        municipalities=municipalities,
        milieus=milieus,
        contacts_by_municipality=_by_municipality(contacts, municipalities),
        routing=routing,
        reserve=reserve,
        version=reading.version.hexdigest(),
    )
    faults = check_knowledge(knowledge, reading.origins)
    faults += check_routing(knowledge, reading.origins[ROUTING_FILE, ""][0])
    faults += check_reserve(knowledge, reading.origins[RESERVE_FILE, ""][0])
    if faults:
        raise KnowledgeError(faults)
    return knowledge


def _by_municipality(
    national: Mapping[ContactId, Contact], municipalities: Mapping[MunicipalityId, Municipality]
) -> dict[MunicipalityId, dict[ContactId, Contact]]:
    return {
        name: {**national, **{contact.id: contact for contact in municipality.contacts}}
        for name, municipality in municipalities.items()
    }


@dataclass
class _Reading:
    """The files as they are read: what they hold, where, and what is wrong."""

    directory: Path
    faults: list[Fault] = field(default_factory=list)
    origins: dict[tuple[str, str], tuple[Document, Place]] = field(default_factory=dict)
    version: blake2b = field(default_factory=lambda: blake2b(digest_size=6))

    def each[Entry: (Answer, Contact, Municipality, MilieuEntry)](
        self, folder: str, model: type[Entry]
    ) -> list[Entry]:
        """Every entry of a folder with one entry a file."""
        entries = []
        for document in self._documents(folder):
            entry = self._validated(document, (), document.data, model)
            if entry is not None and self._new(model.__name__, entry.id, document, ()):
                entries.append(entry)
        return entries

    def phrases(self) -> tuple[dict[PhraseId, Phrase], dict[PhraseId, Phrase]]:
        """Every phrase, and every button."""
        phrases: dict[PhraseId, Phrase] = {}
        buttons: dict[PhraseId, Phrase] = {}
        for document in self._documents("phrases"):
            if not isinstance(document.data, dict):
                self.faults.append(document.fault((), "ska vara fraser, var och en med sitt id"))
                continue
            for name, value in document.data.items():
                phrase = self._validated(document, (str(name),), value, Phrase)
                if phrase is not None and self._new("Phrase", str(name), document, (str(name),)):
                    phrases[PhraseId(name)] = phrase
                    if document.file.name == BUTTONS_FILE:
                        buttons[PhraseId(name)] = phrase
        return phrases, buttons

    def routing(self) -> RoutingTable | None:
        """The table of who helps."""
        document = self._document(self.directory / ROUTING_FILE)
        if document is None:
            return None
        self.origins[ROUTING_FILE, ""] = (document, ())
        table, faults = read_routing(document)
        self.faults += faults
        return table

    def reserve(self) -> Reserve | None:
        """The words of plain questions."""
        document = self._document(self.directory / RESERVE_FILE)
        if document is None:
            return None
        self.origins[RESERVE_FILE, ""] = (document, ())
        reserve, faults = read_reserve(document)
        self.faults += faults
        return reserve

    def _count(self, file: Path, content: bytes) -> None:
        """Let the version tell this file's name and content."""
        self.version.update(f"{file.relative_to(self.directory)}\0{len(content)}\0".encode())
        self.version.update(content)

    def _documents(self, folder: str) -> Iterator[Document]:
        files = sorted(self.directory.glob(f"{folder}/*.yml"))
        if not files:
            self.faults.append(Fault(self.directory / folder, 1, "här finns inga filer"))
        for file in files:
            if (document := self._document(file)) is not None:
                yield document

    def _document(self, file: Path) -> Document | None:
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            # Also between the listing and the reading, as when an editor saves.
            self.faults.append(Fault(file, 1, "filen saknas"))
            return None
        except OSError as error:
            self.faults.append(Fault(file, 1, f"går inte att läsa: {error.strerror}"))
            return None
        self._count(file, content)
        try:
            document = parse_yaml(file, content.decode())
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            document = Fault(file, line, "inte UTF-8; spara filen med teckenkodningen UTF-8")
        if isinstance(document, Fault):
            self.faults.append(document)
            return None
        return document

    def _validated[Entry: BaseModel](
        self, document: Document, place: Place, value: object, model: type[Entry]
    ) -> Entry | None:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                name = ".".join(map(str, problem["loc"])) or "filen"
                what = f"{name}: {message(problem)}"
                self.faults.append(document.fault((*place, *problem["loc"]), what))
            return None

    def _new(self, kind: str, name: str, document: Document, place: Place) -> bool:
        if (known := self.origins.get((kind, name))) is not None:
            first = known[0].fault(known[1], "")
            what = f"{name} finns redan i {first.file.name}, rad {first.line}"
            self.faults.append(document.fault(place, what))
            return False
        self.origins[kind, name] = (document, place)
        return True
