"""The pages a caller opens: the chat, the numbers that need no script, and the files they use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from services.answers.contacts import Contact
from services.answers.reply import ContactBlock
from services.channels.templating import TEMPLATES
from services.conversations.appkeys import CORE
from services.conversations.core import Core
from services.settings import ROOT
from services.vocabulary import Channel, ContactId, MunicipalityId, Variant

WEB_DIR: Final = ROOT / "web"
"""Folder with the static files."""

_NEAREST: Final = tuple(
    ContactId(name)
    for name in ("112", "socialtjanst", "socialjour", "orostelefon", "avhoppartelefonen", "114 14")
)
"""Who most callers look for, first on the page with the numbers."""
_REVALIDATE: Final = {"Cache-Control": "no-cache"}
# The one file that other sites' pages run.
_FOR_OTHER_SITES: Final = {**_REVALIDATE, "Cross-Origin-Resource-Policy": "cross-origin"}
_STATIC_SUFFIXES: Final = frozenset({".css", ".js", ".svg", ".png"})
_STATIC_FILES: Final = web.AppKey("static_files", dict[str, Path])


@dataclass(frozen=True, slots=True)
class Numbers:
    """The contacts of a part of the page."""

    title: str
    contacts: tuple[ContactBlock, ...]


def setup_pages(app: web.Application) -> None:
    """Join the pages and the static files to the application."""
    app[_STATIC_FILES] = _find_static_files()
    app.add_routes(
        [
            web.get("/", show_chat),
            web.get("/embed.js", give_embed_script),
            web.get("/nummer", show_numbers),
            web.get("/tillganglighet", show_accessibility),
            web.get("/static/{path:.+}", give_static_file),
        ]
    )


async def show_chat(_request: web.Request) -> web.FileResponse:
    """The chat page."""
    return web.FileResponse(WEB_DIR / "chat" / "index.html")


async def give_embed_script(_request: web.Request) -> web.FileResponse:
    """The script that puts the chat on a municipality's own page."""
    return web.FileResponse(WEB_DIR / "embed" / "embed.js", headers=_FOR_OTHER_SITES)


async def show_numbers(request: web.Request) -> web.Response:
    """Every number a caller can ring, on a page without script."""
    core = request.app[CORE]
    own = core.default_municipality
    emergency, *others = _numbers(
        core, own, core.renderer.knowledge.contacts_by_municipality[own].values()
    )
    sections = [Numbers("", tuple(others)), *_elsewhere(core, own)]
    return web.Response(text=numbers_page(emergency, sections), content_type="text/html")


async def show_accessibility(request: web.Request) -> web.Response:
    """The accessibility statement that Swedish law (2018:1937) asks for."""
    core = request.app[CORE]
    own = core.renderer.knowledge.municipalities[core.default_municipality]
    contacts = core.renderer.knowledge.contacts_by_municipality[own.id].values()
    page = TEMPLATES.get_template("tillganglighet.html").render(
        emergency=_numbers(core, own.id, contacts)[0], municipality=own.name
    )
    return web.Response(text=page, content_type="text/html")


def numbers_page(emergency: ContactBlock, sections: Sequence[Numbers]) -> str:
    """The page with the numbers.

    Args:
        emergency: Stands at the top.
        sections: All other contacts, each with a number; the first section needs no title.
    """
    return TEMPLATES.get_template("nummer.html").render(emergency=emergency, sections=sections)


async def give_static_file(request: web.Request) -> web.FileResponse:
    """A file of the pages; the browser asks each time whether it has changed."""
    path = request.app[_STATIC_FILES].get(request.match_info["path"])
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path, headers=_REVALIDATE)


def _find_static_files() -> dict[str, Path]:
    """What may be served, by its address: no path that a stranger wrote ever meets the disk."""
    return {
        path.relative_to(WEB_DIR).as_posix(): path
        for path in WEB_DIR.rglob("*")
        if path.suffix in _STATIC_SUFFIXES
    }


def _elsewhere(core: Core, own: MunicipalityId) -> Iterable[Numbers]:
    """What only other municipalities have, with a number of its own."""
    for municipality in core.renderer.knowledge.municipalities.values():
        if municipality.id != own:
            contacts = _numbers(core, municipality.id, municipality.contacts)
            if contacts:
                yield Numbers(municipality.name, contacts)


def _numbers(
    core: Core, municipality: MunicipalityId, contacts: Iterable[Contact]
) -> tuple[ContactBlock, ...]:
    """The cards of those contacts that can be rung, those that most look for first."""
    wanted = [contact.id for contact in contacts if contact.number is not None]
    setting = core.setting_for(Channel.WEB, Variant.WEB, municipality)
    shown = core.renderer.contacts(wanted, setting).blocks
    # A card can bring one that stands in for it; here each is shown in its own place already.
    cards = [block for block in shown if isinstance(block, ContactBlock) and block.id in wanted]
    return tuple(sorted(cards, key=_place))


def _place(card: ContactBlock) -> int:
    return _NEAREST.index(card.id) if card.id in _NEAREST else len(_NEAREST)
