"""What must hold for the knowledge as a whole, beyond the form of each file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import phonenumbers
from phonenumbers import shortnumberinfo

from services.answers.checks_of_places import check_places
from services.answers.contacts import Contact, ContactWords, Status
from services.answers.gate import Gate
from services.answers.knowledge import EMERGENCY, Answer, Knowledge
from services.answers.segments import plain, segments
from services.answers.templates import parse_template
from services.answers.topics import TOPICS
from services.answers.yaml_lines import Document, Fault, Place
from services.vocabulary import ContactId, Milieu, MunicipalityId, Variant

type Origins = Mapping[tuple[str, str], tuple[Document, Place]]
"""Where each entry stands, by the name of its kind and its id."""

VALUE_NAMES: Final = frozenset(
    {
        "referens", "nummer", "antal", "namn", "tid", "år", "dag", "klockslag", "veckodag",
        "datum", "månad",
    }
)  # fmt: skip
"""Placeholders that the service fills in; every other placeholder is a contact's id."""

NEEDED_PHRASES: Final = frozenset(
    {
        "tekniskt_fel", "akut_kort", "uppgift_gammal", "sammanfattning_ingress",
        "sammanfattning_fraga", "ja", "nej", "prata_med_manniska", "dygnet_runt", "oppet_nu_till",
        "kan_stanga_tidigare", "oppnar", "oppet_okant", "bekraftad_ar", "tillfalligt_stangt",
        "klockslag", "dag_klockslag",
        "dag_datum", "i_dag", "i_morgon", "måndag", "tisdag", "onsdag", "torsdag", "fredag",
        "lördag", "söndag", "januari", "februari", "mars", "april", "maj", "juni", "juli",
        "augusti", "september", "oktober", "november", "december",
    }
)  # fmt: skip
"""Phrases that this room says of its own accord."""

_NOBODYS: Final = "har ett nummer eller en adress som inte finns i någon kontakt"
_MOST, _MOST_ACUTE = 2, 1
_ACUTE: Final = ("akut", "sjalvmord")
_SPOKEN: Final = "samtal_"
_ENGLISH_SMS: Final = "en_kort"
"""The form of an answer that leaves as a text message in English."""
_BRACE: Final = re.compile(r"[{}]")
_HOURS: Final = re.compile(r"\b\d{1,2}[.:]\d\d\b ?(?:[-\u2013]|till) ?\d{1,2}[.:]\d\d\b")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with placeholders, and where it stands."""

    name: str
    document: Document
    place: Place
    text: str
    municipalities: tuple[MunicipalityId, ...]
    values: Collection[str]

    @property
    def is_sms(self) -> bool:
        """Whether it leaves as a text message, so that it has to be short."""
        spoken = str(self.place[0]).startswith(_SPOKEN)
        return self.place[-1] in (Variant.SMS, _ENGLISH_SMS) and not spoken

    def fault(self, what: str, at: int = 0) -> Fault:
        return self.document.fault(self.place, what, below=self.text[:at].count("\n"))


def check_knowledge(knowledge: Knowledge, origins: Origins) -> list[Fault]:
    """Every fault in the knowledge as a whole.

    Args:
        knowledge: Built from files that each have the right form.
        origins: Where each entry stands.
    """
    faults = list(_missing(knowledge, origins))
    for answer in knowledge.answers.values():
        faults += _answer(knowledge, answer, *origins["Answer", answer.id])
    for milieu in knowledge.milieus.values():
        if milieu.answer not in knowledge.answers:
            document, _ = origins["MilieuEntry", milieu.id]
            faults.append(document.fault(("svar",), f"det finns inget svar {milieu.answer}"))
    faults += check_places(knowledge.municipalities, origins)
    faults += _contacts(knowledge, origins)
    faults += _texts(knowledge, origins)
    return faults


def _missing(knowledge: Knowledge, origins: Origins) -> Iterator[Fault]:
    def at(kind: str, what: str) -> Fault:
        document = next(document for (one, _), (document, _) in origins.items() if one == kind)
        return Fault(document.file.parent, 1, what)

    for group, topics in TOPICS.items():
        for topic in sorted(topics - knowledge.answers.keys()):
            yield at("Answer", f"svaret {topic} saknas (gruppen {group})")
    for phrase in sorted(NEEDED_PHRASES - knowledge.phrases.keys()):
        yield at("Phrase", f"frasen {phrase} saknas")
    for milieu in sorted(frozenset(Milieu) - knowledge.milieus.keys()):
        yield at("MilieuEntry", f"miljön {milieu} saknas")
    if EMERGENCY not in knowledge.national_contacts:
        yield at("Contact", "kontakten 112 saknas")


def _answer(knowledge: Knowledge, answer: Answer, document: Document, _: Place) -> Iterator[Fault]:
    group = document.file.parent.name
    if answer.id not in TOPICS.get(group, ()):
        what = f"{answer.id} är inget ämne i gruppen {group}; ett nytt läggs till i fem filer"
        yield document.fault(("id",), f"{what} (docs/how-to/answer.md)")
    if answer.municipality and answer.municipality not in knowledge.municipalities:
        yield document.fault(("kommun",), f"det finns ingen kommun {answer.municipality}")
    for position, topic in enumerate(answer.follow_ups):
        if topic not in knowledge.answers:
            yield document.fault(("följdfrågor", position), f"det finns inget svar {topic}")
        elif topic == answer.id:
            yield document.fault(("följdfrågor", position), "ett svar kan inte följa på sig självt")
    known = {contact.id for _, contact in knowledge.all_contacts()}
    professionals = _for_professionals(knowledge)
    for position, contact in enumerate(answer.contacts):
        if contact not in known:
            yield document.fault(("kontakter", position), f"det finns ingen kontakt {contact}")
        elif contact in professionals:
            what = f"{contact} är bara för yrkesverksamma; det visas när routing.yml säger det"
            yield document.fault(("kontakter", position), what)


def _for_professionals(knowledge: Knowledge) -> frozenset[ContactId]:
    return frozenset(one.id for _, one in knowledge.all_contacts() if one.is_for_professionals)


def _contacts(knowledge: Knowledge, origins: Origins) -> Iterator[Fault]:
    gate = Gate(contact for _, contact in knowledge.all_contacts())
    known = {contact.id for _, contact in knowledge.all_contacts()}
    for municipality, contact in knowledge.all_contacts():
        if municipality is None:
            document, place = origins["Contact", contact.id]
        else:
            document, _ = origins["Municipality", municipality]
            entries = knowledge.municipalities[municipality].contacts
            place = ("kontakter", entries.index(contact))
        for key, what in _contact(contact, known - _for_professionals(knowledge), gate):
            yield document.fault((*place, *key), f"{contact.id}: {what}")


def _contact(
    contact: Contact, known: Collection[ContactId], gate: Gate
) -> Iterator[tuple[Place, str]]:
    if contact.number is not None and not is_swedish_number(contact.number):
        yield ("nummer",), f"{contact.number} är inget svenskt telefonnummer"
    if contact.status is Status.UNCONFIRMED and contact.note is None:
        yield ("status",), "en obekräftad kontakt behöver en anmärkning som säger det"
    if contact.number is None and contact.note is None:
        yield ("nummer",), "en kontakt utan nummer behöver en anmärkning som säger hur man når den"
    if contact.number is None and contact.without_number is None:
        yield ("nummer",), "en kontakt utan nummer behöver utan_nummer, det som står i stället"
    if contact.generic and contact.number is not None:
        yield ("allmän",), "en allmän kontakt är olika för var och en, och kan inte ha ett nummer"
    for other in contact.instead:
        if other not in known or other == contact.id:
            yield ("istället",), f"det finns ingen annan kontakt {other}"
    if (contact.note is None) != (contact.english.note is None):
        yield ("en", "anmärkning"), "anmärkning ska finnas på båda språken eller på inget"
    for words, at in ((contact, ()), (contact.english, ("en",))):
        for key, text in _read(words):
            if text and gate.findings(text):
                yield (*at, key), _NOBODYS


def _read(words: ContactWords) -> Iterator[tuple[str, str | None]]:
    yield "namn", words.name
    yield "kort", words.short_name
    yield "för", words.audience
    yield "anmärkning", words.note


def is_swedish_number(number: str) -> bool:
    """Whether a number can be called in Sweden, as phonenumbers knows it."""
    try:
        parsed = phonenumbers.parse(number, "SE")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number_for_region(
        parsed, "SE"
    ) or shortnumberinfo.is_valid_short_number_for_region(parsed, "SE")


def _texts(knowledge: Knowledge, origins: Origins) -> Iterator[Fault]:
    literal = Gate(())
    titles = Gate(contact for _, contact in knowledge.all_contacts())
    for text in _all_texts(knowledge, origins):
        yield from _literals(text, literal)
        yield from _placeholders(knowledge, text)
        if text.is_sms:
            yield from _too_long(knowledge, text)
    for answer in knowledge.answers.values():
        document, _ = origins["Answer", answer.id]
        for key, title in (("fråga", answer.question), ("fråga_en", answer.english_question)):
            if literal.findings(title):
                yield document.fault((key,), "har ett nummer eller en adress")
        for position, source in enumerate(answer.sources):
            for key, title in (("titel", source.title), ("utgivare", source.publisher)):
                if titles.findings(title):
                    yield document.fault(("källor", position, key), _NOBODYS)


def _all_texts(knowledge: Knowledge, origins: Origins) -> Iterator[_Text]:
    everywhere = tuple(knowledge.municipalities)
    for answer in knowledge.answers.values():
        document, _ = origins["Answer", answer.id]
        where = (answer.municipality,) if answer.municipality else everywhere
        for form, text in answer.texts.each():
            yield _Text(answer.id, document, ("svar", form), text, where, ())
    for name, phrase in knowledge.phrases.items():
        document, place = origins["Phrase", name]
        for variant, text in phrase.each():
            yield _Text(name, document, (*place, variant), text, everywhere, VALUE_NAMES)


def _literals(text: _Text, gate: Gate) -> Iterator[Fault]:
    bare = parse_template(text.text).filled(lambda _: "")
    for finding in gate.findings(bare):
        what = (
            "ett telefonnummer är utskrivet"
            if finding.kind == "number"
            else "en adress är utskriven"
        )
        told = f"{what}; skriv kontaktens id inom klamrar, som {{socialtjanst}}"
        yield text.fault(told, finding.start)
    for match in _HOURS.finditer(bare):
        yield text.fault("öppettider är utskrivna; de hör till kontakten", match.start())


def _placeholders(knowledge: Knowledge, text: _Text) -> Iterator[Fault]:
    pieces = parse_template(text.text).pieces
    alone = parse_template(text.text).filled(lambda name: " " * (len(name) + 2))
    if (brace := _BRACE.search(alone)) is not None:
        yield text.fault("en klammer saknar sin andra hälft", brace.start())
    for before, name in zip(pieces[::2], pieces[1::2], strict=False):
        if name in text.values:
            continue
        at = text.text.find("{" + name + "}")
        for municipality in text.municipalities:
            contact = knowledge.contact(ContactId(name), municipality)
            if what := _unfillable(contact, before):
                yield text.fault(f"{{{name}}} i {municipality}: {what}", at)


def _too_long(knowledge: Knowledge, text: _Text) -> Iterator[Fault]:
    most = _MOST_ACUTE if text.name.startswith(_ACUTE) else _MOST
    variant = Variant.ENGLISH if text.place[-1] == _ENGLISH_SMS else Variant.SMS
    for municipality in text.municipalities:
        number = partial(_number, knowledge, municipality, variant)
        taken = segments(plain(parse_template(text.text).filled(number)))
        if taken.count > most:
            why = "" if taken.gsm else ", för den har tecken som inte ryms i vanliga sms"
            told = f"sms-texten blir {taken.count} sms i {municipality}, högst {most} går{why}"
            yield text.fault(told)
            return


def _number(knowledge: Knowledge, municipality: MunicipalityId, variant: Variant, name: str) -> str:
    contact = knowledge.contact(ContactId(name), municipality)
    if contact is None:
        return "8 tecken"
    without = contact.without_number
    return contact.number or (without.of(variant) if without else "")


def _unfillable(contact: Contact | None, before: str) -> str | None:
    if contact is None:
        return "det finns ingen sådan kontakt"
    if contact.is_for_professionals:
        return "kontakten är bara för yrkesverksamma"
    if contact.number is not None:
        return None
    if not before.endswith(": "):
        return "kontakten har inget nummer här; skriv kolon före (Socialtjänsten: {...})"
    return None
