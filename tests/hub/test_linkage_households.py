"""Hard negatives: people who share much and are not one person."""

from __future__ import annotations

from datetime import date

import pytest
from linkage_people import NUMBERS, asked, identity, linked, people

from wherry.hub.linkage.verdicts import JOIN, REVIEW, nhs_settings, verdict


def test_twins_without_numbers_go_to_a_human() -> None:
    result = linked(identity("RM1:1", nhs_number=None), identity("RM1:2", nhs_number=None, forename="Ruth"))
    assert len(people(result)) == 2
    assert "such as twins" in asked(result)["RM1:1", "RM1:2"]


def test_twins_are_not_bridged_by_an_identity_without_a_forename() -> None:
    result = linked(
        identity("RM1:1", nhs_number=None),
        identity("RM1:2", nhs_number=None, forename="Ruth"),
        identity("RGP:3", nhs_number=None, forename=None),
    )
    twins = [group for group in people(result) if "RM1:1" in group or "RM1:2" in group]
    assert len(twins) == 2


@pytest.mark.parametrize("forename", ["Mary", "Marian", "Maud"])
def test_twins_with_names_of_one_initial_stay_apart(forename: str) -> None:
    result = linked(
        identity("RM1:1", nhs_number=None, forename="Margaret"), identity("RM1:2", nhs_number=None, forename=forename)
    )
    assert len(people(result)) == 2


def test_father_and_son_of_one_name_at_one_address_stay_apart() -> None:
    father = {"forename": "John", "surname": "Thirtle", "sex": "1", "nhs_number": None}
    result = linked(
        identity("RM1:1", birth_date=date(1948, 3, 2), **father),
        identity("RM1:2", birth_date=date(1974, 10, 17), **father),
    )
    assert len(people(result)) == 2
    assert "a parent and a child" in asked(result)["RM1:1", "RM1:2"]


def test_father_and_son_are_not_bridged_by_an_identity_without_a_birth_date() -> None:
    father = {"forename": "John", "surname": "Thirtle", "sex": "1", "nhs_number": None}
    result = linked(
        identity("RM1:1", birth_date=date(1948, 3, 2), **father),
        identity("RM1:2", birth_date=date(1974, 10, 17), **father),
        identity("RGP:3", birth_date=None, **father),
    )
    assert len(people(result)) == 3


def test_husband_and_wife_stay_apart() -> None:
    result = linked(
        identity("RM1:1", nhs_number=None),
        identity("RM1:2", nhs_number=None, forename="Keith", sex="1", birth_date=date(1954, 11, 30)),
    )
    assert len(people(result)) == 2


def test_two_verified_numbers_are_never_joined_however_alike() -> None:
    result = linked(identity("RM1:1"), identity("RGP:7", nhs_number=NUMBERS[1]))
    assert len(people(result)) == 2
    assert asked(result)["RGP:7", "RM1:1"].startswith("The same person by every detail, but two different verified")


def test_an_identity_between_two_verified_numbers_joins_one_and_is_reported() -> None:
    result = linked(
        identity("RM1:1"),
        identity("RGP:7", nhs_number=NUMBERS[1], surname="Quantrell", postcode="NR1 3QZ"),
        identity("RCX:3", nhs_number=None),
    )
    assert people(result) == [["RCX:3", "RM1:1"], ["RGP:7"]]
    assert "two different verified NHS numbers" in asked(result)["RCX:3", "RGP:7"]


def test_a_common_name_says_less_than_a_rare_one() -> None:
    crowd = [
        identity(
            f"RCX:{n}",
            nhs_number=NUMBERS[2 + n],
            surname="Smith",
            birth_date=date(1930 + n % 60, 5, 5),
            postcode="PE1 1AA",
        )
        for n in range(90)
    ]
    common = linked(identity("RM1:1", surname="Smith"), identity("RGP:7", nhs_number=None, surname="Smith"), *crowd)
    rare = linked(identity("RM1:1"), identity("RGP:7", nhs_number=None), *crowd)
    weight = [
        dict(zip(r.assignments["identity_key"].to_pylist(), r.assignments["match_weight"].to_pylist(), strict=True))
        for r in (common, rare)
    ]
    assert weight[0]["RGP:7"] < weight[1]["RGP:7"]


def test_no_weight_joins_what_a_rule_keeps_apart() -> None:
    settings = nhs_settings()
    alike = {"surname": "same", "forename": "same", "birth_date": "same", "sex": "same", "address": "same"}
    assert verdict(alike, settings.join_weight, settings).act == JOIN
    assert verdict(alike, settings.join_weight - 0.001, settings).act == REVIEW
    for change in ({"forename": "other"}, {"birth_date": "other"}, {"birth_date": None}, {"address": "district"}):
        assert verdict({**alike, **change}, 1000.0, settings).act == REVIEW, change
