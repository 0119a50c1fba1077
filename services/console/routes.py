"""Every route of the console on one page, each with who may call it. Paths are under the root."""

from __future__ import annotations

from typing import Final

from services.console import account_pages, actions, deleting, handling, overview, pages, streams
from services.console.access import Access, Rule

ROUTES: Final = (
    Rule("GET", "/logga-in", account_pages.show_login, Access.ANYONE),
    Rule("POST", "/logga-in", account_pages.log_in_coordinator, Access.ANYONE),
    Rule("GET", "/kommunens-inloggning", account_pages.begin_sign_in, Access.ANYONE),
    Rule("GET", "/kommunens-inloggning/klar", account_pages.finish_sign_in, Access.ANYONE),
    Rule("POST", "/logga-ut", account_pages.log_out, Access.HALF_WAY),
    Rule("GET", "/kod", account_pages.show_code, Access.HALF_WAY),
    Rule("POST", "/kod", account_pages.give_own_code, Access.HALF_WAY),
    Rule("GET", "/kodapp", account_pages.show_enrolment, Access.WITH_SESSION),
    Rule("POST", "/kodapp", account_pages.enrol, Access.WITH_SESSION),
    Rule("GET", "/losenord", account_pages.show_password, Access.WITH_SESSION),
    Rule("POST", "/losenord", account_pages.change_own_password, Access.WITH_SESSION),
    Rule("GET", "", pages.show_queue, Access.EVERY_ROLE),
    Rule("GET", "/arende/{ticket}", handling.show_conversation, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/ta-over", actions.take_over, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/lamna", actions.hand_back, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/avsluta", actions.close, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/meddelanden", actions.write_message, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/andra", handling.edit, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/ratta", handling.correct, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/radera", deleting.delete, Access.LEAD),
    Rule("POST", "/arende/{ticket}/visa-nummer", handling.reveal, Access.COORDINATOR),
    Rule("POST", "/arende/{ticket}/overlamna", handling.transfer, Access.COORDINATOR),
    Rule("GET", "/arende/{ticket}/utskrift", handling.show_print, Access.COORDINATOR),
    Rule("GET", "/arende/{ticket}/export", handling.export, Access.COORDINATOR),
    Rule("POST", "/tjanst", handling.switch_duty, Access.COORDINATOR),
    Rule("GET", "/sok", overview.show_search, Access.COORDINATOR),
    Rule("GET", "/statistik", overview.show_statistics, Access.STATISTICS),
    Rule("GET", "/granskningslogg", overview.show_audit, Access.LEAD),
    Rule("GET", "/rattelser", overview.show_corrections, Access.LEAD),
    Rule("GET", "/rattelser/fil", overview.export_corrections, Access.LEAD),
    Rule("GET", "/api/queue/events", streams.stream_queue, Access.COORDINATOR, by_itself=True),
    Rule(
        "GET",
        "/api/tickets/{ticket}/events",
        streams.stream_conversation,
        Access.COORDINATOR,
        by_itself=True,
    ),
    Rule("POST", "/api/tickets/{ticket}/messages", actions.receive_message, Access.COORDINATOR),
    Rule(
        "POST",
        "/api/tickets/{ticket}/typing",
        actions.receive_typing,
        Access.COORDINATOR,
        by_itself=True,
    ),
    Rule(
        "GET",
        "/api/tickets/{ticket}/texts",
        handling.list_texts,
        Access.COORDINATOR,
        by_itself=True,
    ),
    Rule("GET", "/api/session", actions.report_session, Access.WITH_SESSION, by_itself=True),
    Rule("POST", "/api/session", actions.report_session, Access.WITH_SESSION),
)
