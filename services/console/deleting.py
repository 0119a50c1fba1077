"""Deleting a conversation by decision, for those who answer for the work."""

from __future__ import annotations

import re
from typing import Final

from aiohttp import web

from services.console.access import LOGIN
from services.console.account_pages import see_other
from services.console.errors import describe
from services.console.forms import read_form, ticket_id
from services.console.pages import conversation_page
from services.console.paths import ROOT_PATH
from services.conversations.appkeys import CORE
from services.conversations.decided_deletion import Reason, delete_by_decision
from services.conversations.errors import ConversationHeldError

_DECISION: Final = re.compile(r"[\w/ .:-]{0,30}")


async def delete(request: web.Request) -> web.StreamResponse:
    """Have the conversation deleted; why stays in the audit log."""
    ticket, form = ticket_id(request), await read_form(request)
    decision = form.get("decision", "").strip()
    try:
        reason = Reason(form.get("reason", ""))
    except ValueError:
        raise web.HTTPBadRequest from None
    if not _DECISION.fullmatch(decision):
        raise web.HTTPBadRequest
    core, actor = request.config_dict[CORE], request[LOGIN].actor
    try:
        await delete_by_decision(core, ticket, actor=actor, reason=reason, decision=decision)
    except ConversationHeldError as error:
        return await conversation_page(request, ticket, fault=describe(error))
    return see_other(ROOT_PATH)
