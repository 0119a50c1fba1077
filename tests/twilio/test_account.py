"""The account: whole or off, and at an address that Twilio can reach."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from services.channels.twilio.account import TwilioSettingsError, twilio_account
from services.settings import Settings

WHOLE = {
    "public_url": "https://oro.example/under/",
    "twilio_account_sid": "AC1",
    "twilio_auth_token": SecretStr("x"),
    "twilio_number": "+46700000001",
}


def settings(**changed: object) -> Settings:
    return Settings.model_validate({**WHOLE, **changed})


def test_without_an_account_there_is_none() -> None:
    nothing = dict.fromkeys(("twilio_account_sid", "twilio_auth_token", "twilio_number"))
    assert twilio_account(settings(**nothing)) is None


@pytest.mark.parametrize("name", ["twilio_account_sid", "twilio_auth_token", "twilio_number"])
def test_an_account_in_part_is_refused_with_what_is_missing(name: str) -> None:
    with pytest.raises(TwilioSettingsError, match=name.upper()):
        twilio_account(settings(**{name: None}))


def test_an_address_that_twilio_can_t_reach_is_refused() -> None:
    with pytest.raises(TwilioSettingsError, match="PUBLIC_URL"):
        twilio_account(settings(public_url="http://localhost:8080"))


@pytest.mark.parametrize("tail", ["#rc=3&rp=all", "/?x=1"])
def test_an_address_with_more_than_an_address_is_refused(tail: str) -> None:
    with pytest.raises(TwilioSettingsError, match="efter #"):
        twilio_account(settings(public_url=f"https://oro.example{tail}"))


def test_the_public_address_keeps_its_path_and_loses_its_last_slash() -> None:
    account = twilio_account(settings())
    assert account is not None
    assert account.public_url == "https://oro.example/under"


@pytest.mark.parametrize("number", ["0700000001", "+0700000001", "+46 70", "Kommunen"])
def test_our_number_is_written_with_its_country(number: str) -> None:
    with pytest.raises(ValidationError):
        settings(twilio_number=number)


def test_the_token_is_not_shown() -> None:
    assert "hemligt" not in repr(twilio_account(settings(twilio_auth_token=SecretStr("hemligt"))))
