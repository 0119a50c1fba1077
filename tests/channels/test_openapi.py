"""The description of the API is whole: every reference in it leads somewhere."""

import json
import re

from services.channels.openapi import describe


def test_every_reference_in_the_description_resolves() -> None:
    document = describe()
    schemas = document["components"]["schemas"]
    names = re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document))
    assert names
    assert set(names) <= set(schemas)


def test_every_route_of_the_chat_is_described() -> None:
    assert set(describe()["paths"]) == {
        "/api/chat/conversations",
        "/api/chat/messages",
        "/api/chat/typing",
        "/api/chat/events",
    }
