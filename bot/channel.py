"""The way in: one request a turn, ``POST /webhooks/oroslotsen/turn``, and the health check.

The state of the conversation comes with the request and leaves with the reply. A repeated request
therefore gives the same reply, and any worker can take any turn.
"""

from __future__ import annotations

import gc
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Optional

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.constants import DEFAULT_INTENTS
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.core.slots import CategoricalSlot
from rasa.shared.exceptions import RasaException
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.action_replies import check_replies_by_their_outer_form
from bot.dialogue_state import BadStateError, events_of, opening_events, state_of
from bot.graph_runs import run_graphs_in_order
from bot.only_here import refuse_others
from bot.quiet_logs import keep_words_out_of_logs
from bot.rule_lookup import look_rules_up_by_intent
from bot.tracker_store import turn_of
from bot.turn_request import BadTurnError, TurnRequest, parse_turn

TOPIC_SLOT = "amne"
"""The slot that says what the message is about; its values in ``domain.yml`` are the topics."""

Parse = dict[str, Any]
Handler = Callable[[UserMessage], Awaitable[Any]]

_log = logging.getLogger(__name__)


class SilentTurnError(Exception):
    """Rasa answered with nothing, or with something else than directives."""


class OroslotsenInput(InputChannel):
    """Takes the service's turns. Refuses to start without a token, and but on loopback."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._dropped_states = 0

    @classmethod
    def name(cls) -> str:
        """The channel's name, part of its address."""
        return "oroslotsen"

    @classmethod
    def from_credentials(cls, credentials: Optional[dict[str, Any]]) -> OroslotsenInput:
        """Build the channel from ``credentials.yml``.

        Raises:
            RasaException: there is no token.
        """
        token = (credentials or {}).get("token")
        if not isinstance(token, str) or not token.strip() or "${" in token:
            raise RasaException("bot.channel: RASA_TOKEN is not set; refusing to start without it")
        keep_words_out_of_logs()
        check_replies_by_their_outer_form()
        look_rules_up_by_intent()
        run_graphs_in_order()
        return cls(token)

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The routes, for Rasa to mount under ``/webhooks/oroslotsen``."""
        routes = Blueprint("oroslotsen", __name__)
        routes.listener(refuse_others, "before_server_start")
        routes.listener(_let_the_collector_pass, "after_server_start")

        @routes.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            ready = _agent(request) is not None
            return json({"ready": ready}, status=200 if ready else 503)

        @routes.route("/turn", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse:
            if not self._is_from_service(request):
                return _fault(401, "wrong token")
            agent = _agent(request)
            if agent is None:
                return _fault(503, "no model")
            try:
                return json(await self._answer(agent, parse_turn(request.body), on_new_message))
            except BadTurnError as error:
                return _fault(400, str(error))
            except SilentTurnError as error:
                _log.error("A turn gave no usable reply: %s", error)
                return _fault(500, str(error))

        return routes

    def _is_from_service(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and hmac.compare_digest(token.encode(), self._token)

    async def _answer(self, agent: Agent, wanted: TurnRequest, handle: Handler) -> dict[str, Any]:
        parse = await _understand(agent, wanted)
        output = CollectingOutputChannel()
        with turn_of(self._seed(agent.domain, wanted, parse)) as turn:
            await handle(
                UserMessage(
                    text=wanted.text,
                    output_channel=output,
                    # Never the same twice: Rasa locks by it, and a lock that is taken waits 1 s.
                    sender_id=f"{wanted.message_id}-{secrets.token_hex(8)}",
                    parse_data=parse,
                    input_channel=self.name(),
                    message_id=str(wanted.message_id),
                )
            )
        if turn.tracker is None:
            raise SilentTurnError("no tracker")
        return {
            "topics": _topics(agent.domain, parse),
            "directives": _directives(output),
            "state": state_of(turn.tracker),
            "model": agent.processor.model_path.name.partition(".")[0],
            "in_form": turn.tracker.active_loop_name is not None,
        }

    def _seed(self, domain: Domain, wanted: TurnRequest, parse: Parse) -> list[Event]:
        events = self._remembered(domain, wanted.state)
        filled = {event.key for event in events if isinstance(event, SlotSet)}
        known = {name: value for name, value in wanted.slots.items() if name not in filled}
        if parse["intent"]["name"] in topics_of(domain):
            known[TOPIC_SLOT] = parse["intent"]["name"]
        # Before the last event, which is action_listen: rules look for it just before the message.
        return events[:-1] + [SlotSet(*item) for item in known.items()] + events[-1:]

    def _remembered(self, domain: Domain, state: Optional[dict[str, Any]]) -> list[Event]:
        if state is None:
            return opening_events()
        try:
            return events_of(state, domain)
        except BadStateError:
            self._dropped_states += 1
            _log.warning("Dropped a dialogue state, %d since start", self._dropped_states)
            return opening_events()


def topics_of(domain: Domain) -> frozenset[str]:
    """The topics that the domain can answer."""
    slot = next(slot for slot in domain.slots if slot.name == TOPIC_SLOT)
    return frozenset(slot.values if isinstance(slot, CategoricalSlot) else ())


async def _understand(agent: Agent, wanted: TurnRequest) -> Parse:
    """What the message means: a pressed button says it outright, a text is classified.

    Rasa is given the result and never parses the text itself, so that nothing in a text can be
    taken for a command.
    """
    if wanted.intent is None:
        judged = {"urgency": wanted.urgency}
        return await agent.processor.parse_message(UserMessage(wanted.text, metadata=judged))
    if wanted.intent not in agent.domain.intents or wanted.intent in DEFAULT_INTENTS:
        raise BadTurnError("intent is not in the domain")
    pressed = {"name": wanted.intent, "confidence": 1.0}
    return {"text": wanted.text, "intent": pressed, "intent_ranking": [pressed], "entities": []}


def _topics(domain: Domain, parse: Parse) -> list[dict[str, Any]]:
    topics = topics_of(domain)
    return [
        {"id": guess["name"], "confidence": min(1.0, float(guess["confidence"]))}
        for guess in parse.get("intent_ranking", [])
        if guess["name"] in topics
    ]


def _directives(output: CollectingOutputChannel) -> list[dict[str, Any]]:
    directives = [message.get("custom") for message in output.messages]
    if not directives:
        raise SilentTurnError("no directive")
    if not all(directives):
        raise SilentTurnError("a message that is not a directive")
    return directives


def _agent(request: Request) -> Optional[Agent]:
    agent = getattr(request.app.ctx, "agent", None)
    return agent if agent is not None and agent.is_ready() else None


async def _let_the_collector_pass(*_: Any) -> None:
    """The model is loaded and stays: looking through it for garbage would halt every turn."""
    gc.collect()
    gc.freeze()


def _fault(status: int, what: str) -> HTTPResponse:
    return json({"error": what}, status=status)
