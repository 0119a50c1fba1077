"""The preview: every answer and phrase as callers get it, on a page for the one who edits them.

Served on loopback only. The files are read anew for each look; while something is wrong in them the
faults stand first, and below them the content as it last was right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from services.answers.checks import VALUE_NAMES
from services.answers.hours import STOCKHOLM, swedish_day
from services.answers.knowledge import Answer
from services.answers.loading import KnowledgeError, load_knowledge
from services.answers.rendering import Renderer
from services.answers.reply import Reply
from services.answers.segments import segments
from services.answers.topics import TOPICS
from services.answers.yaml_lines import Fault
from services.channels.twilio.spoken import spoken
from services.channels.twilio.wire import SmsWire
from services.settings import ROOT
from services.vocabulary import Channel, MunicipalityId, PhraseId, Setting, TopicId, Variant

HOST: Final = "127.0.0.1"

_TEMPLATES: Final = Environment(
    loader=PackageLoader("services.cli"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLES: Final = {
    "tokens.css": ROOT / "web" / "shared" / "tokens.css",
    "base.css": ROOT / "web" / "shared" / "base.css",
    "preview.css": Path(__file__).with_name("templates") / "preview.css",
}
_POLICY: Final = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"
_EVERYTHING: Final = "alla"
_PHRASES: Final = "fraser"
_AGAIN: Final = PhraseId("samtal_upprepar")
_ACUTE: Final = frozenset({TopicId("akut_fara"), TopicId("sjalvmord")})
"""Answers that leave as one text message, with nothing to choose."""
GROUPS: Final = {
    "oro": "Oro",
    "info": "Frågor",
    "service": "Om tjänsten",
    _PHRASES: "Korta fraser",
    _EVERYTHING: "Alla",
}


@dataclass(frozen=True, slots=True)
class Form:
    """A form that a text is given in: which variant of it, and on which channel."""

    name: str
    variant: Variant
    channel: Channel


FORMS: Final = {
    "webb": Form("Webb", Variant.WEB, Channel.WEB),
    "sms": Form("Sms", Variant.SMS, Channel.SMS),
    "telefon": Form("Telefon", Variant.VOICE, Channel.VOICE),
    "lattlast": Form("Lättläst på webben", Variant.LATTLAST, Channel.WEB),
    "lattlast-sms": Form("Lättläst i sms", Variant.LATTLAST, Channel.SMS),
    "lattlast-telefon": Form("Lättläst i telefon", Variant.LATTLAST, Channel.VOICE),
    "engelska": Form("Engelska på webben", Variant.ENGLISH, Channel.WEB),
    "engelska-sms": Form("Engelska i sms", Variant.ENGLISH, Channel.SMS),
    "engelska-telefon": Form("Engelska i telefon", Variant.ENGLISH, Channel.VOICE),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the editor asked to see; what makes no sense is taken as not said."""

    words: str
    group: str
    form: str
    municipality: MunicipalityId
    at: datetime
    only_stale: bool

    @classmethod
    def of(
        cls, request: web.Request, places: Collection[str], own: MunicipalityId, now: datetime
    ) -> Self:
        """Read the wish from the address; ``own`` and ``now`` (aware) stand for the unsaid."""
        said = request.query
        group, form = said.get("grupp", "oro"), said.get("form", _EVERYTHING)
        place = MunicipalityId(said.get("kommun", own))
        try:
            at = datetime.fromisoformat(said.get("tid", "")).replace(tzinfo=STOCKHOLM)
        except ValueError:
            at = now.astimezone(STOCKHOLM)
        return cls(
            words=said.get("q", "").strip(),
            group=group if group in GROUPS else "oro",
            form=form if form in FORMS else _EVERYTHING,
            municipality=place if place in places else own,
            at=at,
            only_stale="gamla" in said,
        )

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms to show."""
        return tuple(FORMS.values()) if self.form == _EVERYTHING else (FORMS[self.form],)

    @property
    def hour(self) -> str:
        """The hour as a form field writes it."""
        return self.at.strftime("%Y-%m-%dT%H:%M")


@dataclass(frozen=True, slots=True)
class Shown:
    """A text in one form."""

    form: str
    text: str
    length: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer or a phrase, in the forms that were asked for."""

    id: str
    title: str
    stale: str
    shown: tuple[Shown, ...]
    sources: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    review_by: str = ""


class Preview:
    """The page, with the content as it last was right."""

    def __init__(self, folder: Path, municipality: MunicipalityId) -> None:
        """Read the content.

        Args:
            folder: The knowledge folder.
            municipality: The one to show until another is asked for.

        Raises:
            KnowledgeError: it is wrong already, and there is nothing to show.
        """
        self._folder = folder
        self._own = municipality
        self._renderer = Renderer(load_knowledge(folder))

    def application(self) -> web.Application:
        """The server's application."""
        app = web.Application()
        app.add_routes([web.get("/", self.show), web.get("/{file}.css", self.give_style)])
        return app

    async def show(self, request: web.Request) -> web.Response:
        """The page."""
        faults = self._read_anew()
        places = self._renderer.knowledge.municipalities
        wish = Wish.of(request, places, self._own, datetime.now(STOCKHOLM))
        text = _TEMPLATES.get_template("preview.html").render(
            wish=wish,
            faults=faults,
            entries=list(self._entries(wish)),
            groups=GROUPS,
            forms=FORMS,
            municipalities=places.values(),
            version=self._renderer.knowledge.version,
        )
        headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def give_style(self, request: web.Request) -> web.FileResponse:
        """One of the page's style sheets."""
        path = _STYLES.get(f"{request.match_info['file']}.css")
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path)

    def _read_anew(self) -> tuple[Fault, ...]:
        try:
            self._renderer = Renderer(load_knowledge(self._folder))
        except KnowledgeError as error:
            return error.faults
        return ()

    def _entries(self, wish: Wish) -> Iterator[Entry]:
        knowledge = self._renderer.knowledge
        groups = TOPICS if wish.group == _EVERYTHING else {wish.group: TOPICS.get(wish.group, ())}
        found = [self._answer(knowledge.answers[one], wish) for g in groups.values() for one in g]
        if wish.group in (_PHRASES, _EVERYTHING):
            found += [self._phrase(one, wish) for one in knowledge.phrases]
        for entry in sorted(found, key=lambda one: one.id):
            if _matches(entry, wish):
                yield entry

    def _answer(self, answer: Answer, wish: Wish) -> Entry:
        today = swedish_day(wish.at)
        replies = [
            (form, self._renderer.answer(answer.id, _setting(form, wish))) for form in wish.forms
        ]
        form, first = replies[0]
        acute = answer.id in _ACUTE
        review = answer.review_by.isoformat()
        return Entry(
            id=answer.id,
            title=answer.title(form.variant),
            stale=f"Skulle ha granskats {review}" if today > answer.review_by else "",
            shown=tuple(self._shown(form, reply, acute=acute) for form, reply in replies),
            sources=tuple(f"{one.publisher}: {one.title}, {one.year}" for one in answer.sources),
            choices=tuple(choice.title for choice in first.choices),
            review_by=review,
        )

    def _phrase(self, phrase: PhraseId, wish: Wish) -> Entry:
        samples = {name: f"[{name}]" for name in VALUE_NAMES}
        replies = (
            (form, self._renderer.phrase(phrase, _setting(form, wish), values=samples))
            for form in wish.forms
        )
        shown = tuple(self._shown(form, reply) for form, reply in replies)
        return Entry(id=phrase, title=phrase, stale="", shown=shown)

    def _shown(self, form: Form, reply: Reply, *, acute: bool = False) -> Shown:
        """A reply as its channel gives it: what the phone shows, what is heard, what is read."""
        knowledge = self._renderer.knowledge
        match form.channel:
            case Channel.SMS:
                wire = SmsWire(lambda: knowledge)
                text = wire.of(reply, form.variant, acute=acute).text
                return Shown(form.name, text, f"{segments(text).count} sms, {len(text)} tecken")
            case Channel.VOICE:
                again = knowledge.phrases[_AGAIN].of(form.variant)
                english = form.variant is Variant.ENGLISH
                heard = spoken(reply, again=again, english=english)
                return Shown(form.name, "\n".join(heard), "")
            case Channel.WEB:
                texts = (text for text in reply.as_texts() if not text.startswith("Källa: "))
                return Shown(form.name, "\n\n".join(texts), "")


async def start_preview(folder: Path, municipality: MunicipalityId, port: int) -> web.AppRunner:
    """Serve the preview on loopback; the caller cleans the runner up.

    Raises:
        KnowledgeError: the content is wrong already.
        OSError: the port is taken.
    """
    runner = web.AppRunner(Preview(folder, municipality).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return runner


def _setting(form: Form, wish: Wish) -> Setting:
    return Setting(form.variant, form.channel, wish.municipality, wish.at)


def _matches(entry: Entry, wish: Wish) -> bool:
    said = "\n".join((entry.id, entry.title, *(one.text for one in entry.shown))).casefold()
    return wish.words.casefold() in said and (bool(entry.stale) or not wish.only_stale)
