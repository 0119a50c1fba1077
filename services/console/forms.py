"""What a page sends, read at the edge: form fields and JSON as typed values, or a 400."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.tickets.outcome import TicketOutcome

_FORM: Final = "application/x-www-form-urlencoded"
_POSITION_DIGITS: Final = 12


class NewMessage(BaseModel):
    """What a coordinator writes. ``id`` is the page's own: sent again, it says nothing twice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
    text: str


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The text fields of a form; empty for a body that is no form. Raises ``HTTPBadRequest``."""
    if request.content_type != _FORM:
        return {}
    try:
        form = await request.post()
    except (ValueError, LookupError) as error:  # not UTF-8, or a charset that does not exist
        raise web.HTTPBadRequest from error
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def read_message(request: web.Request) -> NewMessage:
    """A message from a form or as JSON. Raises ``HTTPBadRequest``."""
    try:
        if request.content_type == "application/json":
            return NewMessage.model_validate_json(await request.read())
        form = await read_form(request)
        return NewMessage(id=form.get("id", ""), text=form.get("text", ""))
    except ValidationError:
        raise web.HTTPBadRequest from None


async def read_outcome(request: web.Request) -> TicketOutcome:
    """The outcome that was chosen. Raises ``HTTPBadRequest``."""
    try:
        return TicketOutcome((await read_form(request)).get("outcome", ""))
    except ValueError:
        raise web.HTTPBadRequest from None


def ticket_id(request: web.Request) -> UUID:
    """The ticket in the address. Raises ``HTTPNotFound``."""
    try:
        return UUID(request.match_info["ticket"])
    except ValueError:
        raise web.HTTPNotFound from None


def position_after(request: web.Request) -> int:
    """Where an event stream goes on: ``Last-Event-ID``, else ``?after=``.

    Raises:
        HTTPBadRequest: it is no number.
    """
    given = request.headers.get("Last-Event-ID") or request.query.get("after", "0")
    if not given.isascii() or not given.isdigit() or len(given) > _POSITION_DIGITS:
        raise web.HTTPBadRequest
    return int(given)
