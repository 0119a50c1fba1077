"""The chat's API described in OpenAPI 3.1, made of the models that the handlers use."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web
from pydantic.json_schema import models_json_schema

from services.channels.web_chat import (
    Accepted,
    CoordinatorSign,
    NewMessage,
    OpenedConversation,
)
from services.conversations.timeline import Event

_REFERENCE: Final = "#/components/schemas/{model}"
_PROBLEM: Final = {
    "description": "Something is wrong; title and detail are in Swedish.",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "status", "title", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "status": {"type": "integer"},
                    "title": {"type": "string"},
                    "detail": {"type": "string"},
                    "reply": {
                        "$ref": _REFERENCE.format(model="Reply"),
                        "description": "On 429 and 503: what to tell the caller all the same.",
                    },
                },
            }
        }
    },
}


def setup_openapi(app: web.Application) -> None:
    """Serve the description at ``/api/openapi.json``."""
    described = describe()

    async def give(_request: web.Request) -> web.Response:
        return web.json_response(described)

    app.router.add_get("/api/openapi.json", give)


def describe() -> dict[str, Any]:
    """The OpenAPI document."""
    _, schemas = models_json_schema(
        [
            (NewMessage, "validation"),
            (OpenedConversation, "serialization"),
            (Accepted, "serialization"),
            (Event, "serialization"),
            (CoordinatorSign, "serialization"),
        ],
        ref_template=_REFERENCE,
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Oroslotsen, web chat",
            "version": "1",
            "description": "Open a conversation, send messages, follow what is said.",
        },
        "paths": {
            "/api/chat/conversations": {"post": _open()},
            "/api/chat/messages": {"post": _send()},
            "/api/chat/typing": {"post": _type()},
            "/api/chat/events": {"get": _follow()},
        },
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "conversation": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`<conversation>.<secret>`, both from opening the conversation.",
                }
            },
        },
    }


def _open() -> dict[str, Any]:
    return {
        "summary": "Open a conversation",
        "responses": {
            "201": _content("OpenedConversation"),
            **dict.fromkeys(("400", "403", "408", "413", "429", "503"), _PROBLEM),
        },
    }


def _send() -> dict[str, Any]:
    return {
        "summary": "Send a message",
        "description": "The same id again is answered as the first time.",
        "security": [{"conversation": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": _REFERENCE.format(model="NewMessage")}}
            },
        },
        "responses": {
            "202": _content("Accepted"),
            **dict.fromkeys(("400", "401", "403", "408", "413", "422", "429", "503"), _PROBLEM),
        },
    }


def _type() -> dict[str, Any]:
    return {
        "summary": "Tell that the caller is writing",
        "description": "A sign without content, kept nowhere. Send at most one every 3 seconds, "
        "and only while a coordinator has the conversation; others change nothing.",
        "security": [{"conversation": []}],
        "responses": {
            "204": {"description": "Taken."},
            **dict.fromkeys(("400", "401", "403", "408", "413", "429", "503"), _PROBLEM),
        },
    }


def _follow() -> dict[str, Any]:
    return {
        "summary": "Follow what is said",
        "description": "Server-sent events: `id` is the position, `data` an Event as JSON. An "
        "event named `coordinator` has no `id`: its `data` is a CoordinatorSign, sent when it "
        "changes and at each sign of writing, which is over after 6 seconds without another. A "
        "connection begins with no coordinator. An event named `deleted` is the last: the "
        "conversation is gone, as its caller asked.",
        "security": [{"conversation": []}],
        "parameters": [
            {
                "name": "Last-Event-ID",
                "in": "header",
                "description": "Resume after this position.",
                "schema": {"type": "string", "pattern": "^[0-9]{1,9}$"},
            }
        ],
        "responses": {
            "200": {
                "description": "The stream.",
                "content": {
                    "text/event-stream": {
                        "schema": {
                            "oneOf": [
                                {"$ref": _REFERENCE.format(model=model)}
                                for model in ("Event", "CoordinatorSign")
                            ]
                        }
                    }
                },
            },
            **dict.fromkeys(("400", "401", "403", "408", "413", "429", "503"), _PROBLEM),
        },
    }


def _content(model: str) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(model=model)}
    return {"description": model, "content": {"application/json": {"schema": schema}}}
