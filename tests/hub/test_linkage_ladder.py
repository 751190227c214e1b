"""Each rung of the ladder: what it joins, what it leaves to a human, and what it leaves alone."""

from __future__ import annotations

import hashlib
from datetime import date

import pyarrow as pa
import pytest
from linkage_people import ANN, NUMBERS, asked, how, identities, identity, linked, people

from wherry.errors import UserError
from wherry.hub.linkage import link, no_decisions
from wherry.hub.linkage.ladder import LARGEST_NUMBER_GROUP
from wherry.hub.schema import TABLES

MISTYPED = NUMBERS[0][:5] + NUMBERS[0][6] + NUMBERS[0][5] + NUMBERS[0][7:]


def test_one_verified_number_is_one_person_whatever_changed() -> None:
    result = linked(
        identity("RM1:1"),
        identity("RGP:7", surname="Harvey", postcode="NR30 1AA", address_line="2 Sea View", gp_practice="D82002"),
        identity("RCX:3", forename="Anne", birth_date=date(1956, 9, 4)),
    )
    assert people(result) == [["RCX:3", "RGP:7", "RM1:1"]]
    assert set(how(result).values()) == {"nhs_number"}
    assert result.reviews.num_rows == 0


def test_the_key_of_a_person_is_the_hash_of_the_smallest_identity() -> None:
    result = linked(identity("RM1:1"), identity("RGP:7"))
    expected = "P" + hashlib.sha256(b"RGP:7").hexdigest()[:15]
    assert result.assignments.column("person_key").to_pylist() == [expected, expected]


def test_one_verified_number_but_a_wholly_different_person_goes_to_a_human() -> None:
    other = {"surname": "Oduya", "forename": "Peter", "birth_date": date(1988, 12, 24), "sex": "1"}
    result = linked(identity("RM1:1"), identity("RGP:7", **other))
    assert len(people(result)) == 2
    reason = asked(result)["RGP:7", "RM1:1"]
    assert reason.startswith("One verified NHS number but a wholly different person.")
    assert "Agree: NHS number" in reason
    assert "Differ: surname, forename, date of birth, sex." in reason


@pytest.mark.parametrize(
    "one_thing",
    [{"birth_date": ANN["birth_date"]}, {"surname": "Quantrell"}, {"forename": "Annie"}],
    ids=["birth date", "surname with a slip", "short form"],
)
def test_a_single_agreement_is_enough_for_a_verified_number(one_thing: dict[str, object]) -> None:
    other = {"surname": "Oduya", "forename": "Peter", "birth_date": date(1988, 12, 24)}
    assert len(people(linked(identity("RM1:1"), identity("RGP:7", **{**other, **one_thing})))) == 1


def test_a_third_identity_does_not_bridge_two_wholly_different_holders_of_a_number() -> None:
    result = linked(
        identity("RM1:1"),
        identity("RGP:7", surname="Oduya", forename="Peter", birth_date=date(1988, 12, 24)),
        identity("RCX:3", forename="Peter"),
    )
    assert ["RGP:7", "RM1:1"] not in [group[:2] for group in people(result)]
    assert {"RGP:7", "RM1:1"} - set(people(result)[0]), "the two must not be one person"
    assert len(people(result)) == 2
    assert any("RCX:3" in pair for pair in asked(result)), "the refused link is reported"


@pytest.mark.parametrize("status", ["02", "03"])
def test_an_unverified_number_needs_the_date_of_birth(status: str) -> None:
    moved = {"surname": "Harvey", "postcode": "NR30 1AA", "address_line": "2 Sea View", "gp_practice": "D82002"}
    agrees = linked(identity("RM1:1"), identity("RGP:7", nhs_number_status=status, **moved))
    assert len(people(agrees)) == 1
    assert set(how(agrees).values()) == {"nhs_number"}
    stranger = {**moved, "forename": "Peter", "birth_date": date(1988, 12, 24)}
    differs = linked(identity("RM1:1"), identity("RGP:7", nhs_number_status=status, **stranger))
    assert len(people(differs)) == 2


def test_an_unverified_number_with_a_twins_forename_goes_to_a_human() -> None:
    result = linked(identity("RM1:1"), identity("RGP:7", nhs_number_status="03", forename="Ruth"))
    assert len(people(result)) == 2
    assert "such as twins" in asked(result)["RGP:7", "RM1:1"]


def test_a_number_that_fails_its_check_is_never_a_key() -> None:
    stranger = {"surname": "Oduya", "forename": "Peter", "birth_date": date(1988, 12, 24), "postcode": "PE30 1AA"}
    result = linked(
        identity("RM1:1", nhs_number=MISTYPED),
        identity("RGP:7", nhs_number=MISTYPED, address_line="1 Quay", gp_practice="D82009", **stranger),
    )
    assert len(people(result)) == 2


def test_a_missing_number_is_joined_by_name_date_and_address() -> None:
    result = linked(identity("RM1:1"), identity("RGP:7", nhs_number=None))
    assert len(people(result)) == 1
    assert set(how(result).values()) == {"probabilistic"}
    weights = result.assignments.column("match_weight").to_pylist()
    assert weights[0] == weights[1] > 12


def test_a_mistyped_number_is_a_further_identifier_for_somebody_who_moved() -> None:
    away = {"postcode": "PE30 1AA", "address_line": "1 Quay", "gp_practice": "D82009"}
    assert len(people(linked(identity("RM1:1"), identity("RGP:7", nhs_number=MISTYPED, **away)))) == 1


def test_name_and_date_of_birth_alone_go_to_a_human() -> None:
    away = {"postcode": "PE30 1AA", "address_line": "1 Quay", "gp_practice": "D82009"}
    result = linked(identity("RM1:1"), identity("RGP:7", nhs_number=None, **away))
    assert len(people(result)) == 2
    assert asked(result)["RGP:7", "RM1:1"].startswith("Name and date of birth agree, but nothing further does.")


def test_changes_of_name_and_slips_are_joined_at_one_address() -> None:
    for change in (
        {"surname": "Harvey"},
        {"surname": "Quantril"},
        {"forename": "Annie"},
        {"surname": "Ann", "forename": "Quantrill"},
        {"birth_date": date(1956, 9, 4)},
        {"birth_date": date(1956, 4, 19)},
        {"postcode": "NR1 3QZ"},
        {"postcode": None},
        {"address_line": "14, Mill Ln."},
    ):
        result = linked(identity("RM1:1"), identity("RGP:7", nhs_number=None, **change))
        assert len(people(result)) == 1, change


def test_two_identities_in_one_trust_can_be_one_person() -> None:
    assert len(people(linked(identity("RM1:1"), identity("RM1:2", nhs_number=None)))) == 1


def test_a_number_used_to_fill_a_box_joins_nobody() -> None:
    rows = [
        identity(
            f"RM1:{n}",
            surname=f"{'ABCDEFGHIJ'[n % 10]}son{'xyzuvw'[n // 10]}",
            birth_date=date(1930 + n, 1, 1 + n % 20),
        )
        for n in range(LARGEST_NUMBER_GROUP + 1)
    ]
    result = linked(*rows)
    assert all("number used to fill a box" in reason for reason in asked(result).values())
    assert result.reviews.num_rows == LARGEST_NUMBER_GROUP


def test_reviews_have_the_shape_of_the_published_table() -> None:
    result = linked(identity("RM1:1"), identity("RGP:7", nhs_number=None, forename="Ruth"))
    assert result.reviews.schema.equals(TABLES["link_review"].schema)
    row = result.reviews.to_pylist()[0]
    assert row["left_identity"] < row["right_identity"]
    assert 0 < row["match_probability"] <= 1


def test_nobody_gives_nobody() -> None:
    result = linked()
    assert result.assignments.num_rows == result.reviews.num_rows == 0


def test_an_identity_without_anything_stays_alone() -> None:
    empty = dict.fromkeys(ANN)
    result = linked(identity("RM1:1", **empty), identity("RGP:7", **empty), identity("RCX:1"))
    assert len(people(result)) == 3


def test_an_identity_that_comes_twice_is_refused() -> None:
    with pytest.raises(UserError, match="RM1:1 comes more than once"):
        linked(identity("RM1:1"), identity("RM1:1"))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(UserError, match="no column postcode"):
        link(identities(identity("RM1:1")).drop_columns(["postcode"]), no_decisions())


def test_spark_without_a_session_is_refused() -> None:
    with pytest.raises(UserError, match="spark with its session"):
        link(identities(identity("RM1:1")), no_decisions(), backend="spark")


def test_dates_may_come_as_text() -> None:
    table = identities(identity("RM1:1"), identity("RGP:7", nhs_number=None))
    place = table.column_names.index("birth_date")
    text = table.set_column(place, "birth_date", pa.array(["1956-04-09", "1956-04-09"]))
    assert link(text, no_decisions()).assignments.equals(link(table, no_decisions()).assignments)
