from collections.abc import Callable
from itertools import permutations

import pytest

from services.answers.knowledge import Knowledge
from services.answers.rendering import Renderer
from services.answers.reply import ContactBlock
from services.vocabulary import ContactId, Setting, Variant

type MakeSetting = Callable[..., Setting]

MONDAY_NOON = "2026-11-23 12:30"
SATURDAY_NIGHT = "2026-11-21 22:00"


def cards(renderer: Renderer, setting: Setting, *ids: str) -> dict[str, ContactBlock]:
    reply = renderer.contacts([ContactId(one) for one in ids], setting)
    return {block.id: block for block in reply.blocks if isinstance(block, ContactBlock)}


@pytest.mark.parametrize(
    ("municipality", "at", "order"),
    [
        ("goteborg", MONDAY_NOON, ["socialtjanst", "orostelefon"]),
        ("goteborg", SATURDAY_NIGHT, ["socialjour", "socialtjanst", "orostelefon"]),
        ("malmo", MONDAY_NOON, ["socialtjanst", "orostelefon"]),
        ("malmo", SATURDAY_NIGHT, ["socialjour", "socialtjanst", "orostelefon"]),
        ("annan", MONDAY_NOON, ["socialtjanst", "orostelefon"]),
        ("annan", SATURDAY_NIGHT, ["socialjour", "socialtjanst", "orostelefon"]),
    ],
)
def test_a_worried_relative_gets_first_what_is_open(
    renderer: Renderer, setting: MakeSetting, municipality: str, at: str, order: list[str]
) -> None:
    shown = cards(renderer, setting(municipality, at=at), "socialtjanst", "orostelefon")
    assert list(shown) == order


def test_112_stays_first_whatever_else_is_asked_for(
    knowledge: Knowledge, renderer: Renderer, setting: MakeSetting
) -> None:
    for ids in permutations(["bris", "112", "orostelefon", "sjalvmordslinjen"]):
        for at in (MONDAY_NOON, SATURDAY_NIGHT):
            assert next(iter(cards(renderer, setting(at=at), *ids))) == "112"


@pytest.mark.parametrize("at", [SATURDAY_NIGHT, "2026-12-24 10:00"])
def test_112_comes_last_when_nobody_else_can_be_reached(
    renderer: Renderer, setting: MakeSetting, at: str
) -> None:
    assert list(cards(renderer, setting(at=at), "114 14")) == ["114 14", "112"]
    assert list(cards(renderer, setting(at=MONDAY_NOON), "114 14")) == ["114 14"]


def test_an_unconfirmed_line_says_so_and_brings_another(
    renderer: Renderer, setting: MakeSetting
) -> None:
    shown = cards(renderer, setting(at=MONDAY_NOON), "orostelefon")
    assert list(shown) == ["socialtjanst", "orostelefon"]
    assert "2026" in (shown["orostelefon"].note or "")


def test_every_contact_at_any_hour_brings_somebody_who_can_be_reached(
    knowledge: Knowledge, renderer: Renderer, setting: MakeSetting
) -> None:
    for municipality, contacts in knowledge.contacts_by_municipality.items():
        for asked in contacts:
            for at in (MONDAY_NOON, SATURDAY_NIGHT, "2026-12-24 10:00"):
                shown = cards(renderer, setting(municipality, at=at), asked)
                assert any(card.open_now or card.hours is None for card in shown.values()), (
                    municipality,
                    asked,
                    at,
                )


def test_on_christmas_eve_by_day_the_card_says_when_the_night_line_opens(
    renderer: Renderer, setting: MakeSetting
) -> None:
    shown = cards(renderer, setting(at="2026-12-24 10:00"), "socialtjanst")
    assert list(shown) == ["socialtjanst", "socialjour", "112"]
    assert shown["socialjour"].hours == "Öppnar i dag 16.30"


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        ("2026-11-23 12:30", "Öppet nu, till 18.00"),
        ("2026-11-23 09:00", "Öppnar i dag 12.00"),
        ("2026-11-22 09:00", "Öppnar i morgon 12.00"),
        ("2026-11-21 09:00", "Öppnar måndag 12.00"),
        ("2026-11-23 18:30", "Öppnar torsdag 09.00"),
        ("2026-12-21 18:30", "Öppnar måndag 28 december 12.00"),
    ],
)
def test_a_card_says_when_it_is_open_as_a_person_would(
    renderer: Renderer, setting: MakeSetting, at: str, hours: str
) -> None:
    assert cards(renderer, setting(at=at), "orostelefon")["orostelefon"].hours == hours


def test_hours_over_days_and_before_red_days_and_around_the_clock(
    renderer: Renderer, setting: MakeSetting
) -> None:
    night = cards(renderer, setting(at="2026-11-27 20:00"), "socialjour")["socialjour"]
    assert night.hours == "Öppet nu, till måndag 08.00"
    cve = cards(renderer, setting(at="2026-12-23 10:00"), "cve")["cve"]
    assert cve.hours == "Öppet nu, till 15.00. Kan stänga tidigare i dag, dagen före helgdag."
    assert cards(renderer, setting(), "bris")["bris"].hours == "Öppet dygnet runt"


def test_hours_come_in_the_callers_variant(renderer: Renderer, setting: MakeSetting) -> None:
    english = setting(at="2026-11-21 09:00", variant=Variant.ENGLISH)
    heard = setting(at="2026-11-21 09:00", variant=Variant.VOICE)
    assert cards(renderer, english, "orostelefon")["orostelefon"].hours == "Opens Monday 12.00"
    spoken = cards(renderer, heard, "orostelefon")["orostelefon"].hours
    assert spoken == "Öppnar måndag klockan 12.00"


def test_a_card_is_in_english_for_who_reads_english(
    knowledge: Knowledge, renderer: Renderer, setting: MakeSetting
) -> None:
    card = cards(renderer, setting(variant=Variant.ENGLISH), "kvinnofridslinjen", "exit")["exit"]
    english = knowledge.national_contacts[card.id].english
    assert (card.name, card.short_name, card.audience, card.note) == (
        english.name,
        english.short_name,
        english.audience,
        english.note,
    )


def test_unknown_hours_are_not_made_up(renderer: Renderer, setting: MakeSetting) -> None:
    card = cards(renderer, setting(), "socialtjanst")["socialtjanst"]
    assert card.open_now is None
    assert card.hours is None
    by_night = cards(renderer, setting(at=SATURDAY_NIGHT), "socialtjanst")["socialtjanst"]
    assert by_night.open_now is None
    assert by_night.hours == "Vi vet inte om det är öppet just nu"
    assert (card.number, card.tel) == ("031-365 00 00", "+46313650000")


def test_an_old_confirmation_is_told_once(renderer: Renderer, setting: MakeSetting) -> None:
    shown = cards(renderer, setting(), "kvinnofridslinjen", "exit", "bris")
    assert shown["kvinnofridslinjen"].note == "Uppgiften är från 2023."
    assert (shown["exit"].note or "").count("2020") == 1


def test_a_contact_of_another_municipality_is_left_out(
    renderer: Renderer, setting: MakeSetting
) -> None:
    assert list(cards(renderer, setting("malmo"), "avhoppartelefonen", "bris")) == ["bris"]
