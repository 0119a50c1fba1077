"""Every route of the console on one page, each with who may call it. Paths are under the root."""

from __future__ import annotations

from typing import Final

from services.console import actions, pages, streams
from services.console.access import Access, Rule

ROUTES: Final = (
    Rule("GET", "/logga-in", pages.show_login, Access.ANYONE),
    Rule("POST", "/logga-in", pages.log_in_coordinator, Access.ANYONE),
    Rule("POST", "/logga-ut", pages.log_out, Access.WITH_SESSION),
    Rule("GET", "/losenord", pages.show_password, Access.WITH_SESSION),
    Rule("POST", "/losenord", pages.change_own_password, Access.WITH_SESSION),
    Rule("GET", "", pages.show_queue, Access.COORDINATOR),
    Rule("GET", "/arende/{ticket}", pages.show_conversation, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/ta-over", actions.take_over, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/lamna", actions.hand_back, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/avsluta", actions.close, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/meddelanden", actions.write_message, Access.COORDINATOR),
    Rule("GET", "/api/queue/events", streams.stream_queue, Access.COORDINATOR, by_itself=True),
    Rule(
        "GET",
        "/api/tickets/{ticket}/events",
        streams.stream_conversation,
        Access.COORDINATOR,
        by_itself=True,
    ),
    Rule("POST", "/api/tickets/{ticket}/messages", actions.receive_message, Access.COORDINATOR),
    Rule("GET", "/api/session", actions.report_session, Access.WITH_SESSION, by_itself=True),
    Rule("POST", "/api/session", actions.report_session, Access.WITH_SESSION),
)
