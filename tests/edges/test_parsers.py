"""Whatever comes in, a parser gives a value or its own refusal, and never falls over."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from pydantic import ValidationError

from services.channels.twilio.call import Step
from services.channels.twilio.numbers import keyed_number, visible_number, written
from services.channels.twilio.sms import read_payload
from services.channels.web_chat import NewMessage
from services.console.forms import NewMessage as ConsoleMessage
from services.console.forms import position_after, ticket_id
from services.conversations.inbox import MAX_MESSAGE_CHARACTERS
from services.settings import Settings

ANY = st.text(max_size=60)
FIELDS = st.dictionaries(
    st.sampled_from(
        ["MessageSid", "SmsSid", "From", "Body", "NumMedia", "Latitude", "Label", "OptOutType"]
    )
    | ANY,
    st.text(max_size=200),
)


def request_for(query: dict[str, str], **headers: str) -> web.Request:
    made = make_mocked_request("GET", f"/?{urlencode(query, errors='replace')}", headers=headers)
    return cast("web.Request", made)


@given(FIELDS)
def test_a_text_message_is_read_or_is_none(fields: dict[str, str]) -> None:
    payload = read_payload(MultiDict(fields))
    if payload is not None:
        assert payload.sender
        assert 0 < len(payload.sid) <= 64
        assert len(payload.body) <= MAX_MESSAGE_CHARACTERS
        assert "\0" not in payload.body
        assert payload.media >= 0


@given(st.dictionaries(st.sampled_from(["turn", "missed", "after", "said", "en", "form"]), ANY))
def test_a_step_of_a_call_is_read_whatever_its_address_says(query: dict[str, str]) -> None:
    step = Step.of(request_for(query))
    assert step.turn >= 1
    assert min(step.missed, step.after, step.waited, step.form, step.en) >= 0
    assert len(step.said) <= 16


@given(ANY | st.from_regex(r"\+?[0-9]{0,20}", fullmatch=True))
def test_a_number_is_one_that_can_be_rung_or_none(text: str) -> None:
    for number in (visible_number(text), keyed_number(text)):
        if number is not None:
            assert number.startswith("+")
            assert written(number)


@given(st.binary(max_size=200) | ANY.map(str.encode))
def test_a_message_is_read_or_refused(body: bytes) -> None:
    for kind in (NewMessage, ConsoleMessage):
        try:
            message = kind.model_validate_json(body)
        except ValidationError:
            continue
        assert 0 < len(message.id) <= 64


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=30))
def test_a_place_in_a_stream_is_a_whole_number_or_refused(given_place: str) -> None:
    try:
        position = position_after(request_for({}, **{"Last-Event-ID": given_place}))
    except web.HTTPBadRequest:
        assert not (given_place.isascii() and given_place.isdigit() and len(given_place) <= 12)
    else:
        assert 0 <= position < 10**12


@given(ANY)
def test_a_ticket_is_an_id_or_is_not_found(text: str) -> None:
    request: Any = SimpleNamespace(match_info={"ticket": text})
    with contextlib.suppress(web.HTTPNotFound):
        assert ticket_id(request)


@given(st.text(max_size=30), st.sampled_from(["embed_origins", "trusted_proxies", "limit_caller"]))
def test_a_setting_is_right_or_refused_with_its_name(text: str, name: str) -> None:
    try:
        settings = Settings(_env_file=None, **cast("Any", {name: text}))
    except ValidationError as error:
        named = {fault["loc"][0] for fault in error.errors()}
        assert named == {name}
    else:
        for origin in settings.embed_origins:
            assert not set(origin) & set(" ;,'\"*\n")


@pytest.mark.parametrize("name", ["duty_opens", "sms_quiet_from"])
def test_a_time_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(_env_file=None, **cast("Any", {name: "halv nio"}))
