"""A human's decision wins over every rung, and can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from linkage_people import NUMBERS, asked, decisions, how, identities, identity, linked, people

from wherry.errors import UserError
from wherry.hub.linkage import link

PAIR = (identity("RM1:1"), identity("RGP:7", nhs_number=NUMBERS[1]))
MERGED = (identity("RM1:1"), identity("RGP:7"))


def test_same_joins_even_two_verified_numbers() -> None:
    result = linked(*PAIR, decided=(("RM1:1", "RGP:7", "same"),))
    assert len(people(result)) == 1
    assert set(how(result).values()) == {"clerical"}


def test_different_splits_even_one_verified_number() -> None:
    result = linked(*MERGED, decided=(("RGP:7", "RM1:1", "different"),))
    assert len(people(result)) == 2
    assert set(how(result).values()) == {"alone"}


def test_a_decided_pair_stays_in_the_reviews_with_who_and_when() -> None:
    row = linked(*MERGED, decided=(("RM1:1", "RGP:7", "different"),)).reviews.to_pylist()[0]
    assert (row["left_identity"], row["right_identity"]) == ("RGP:7", "RM1:1")
    assert row["decision"] == "different"
    assert row["decided_by"] == "records.officer"
    assert row["decided_at"] == datetime(2026, 2, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("rows", [PAIR, MERGED], ids=["apart", "merged"])
@pytest.mark.parametrize("word", ["same", "different"])
def test_undone_returns_to_the_result_without_a_decision(rows: tuple[dict[str, object], ...], word: str) -> None:
    before = linked(*rows)
    after = linked(*rows, decided=(("RM1:1", "RGP:7", word), ("RGP:7", "RM1:1", "undone")))
    assert after.assignments.equals(before.assignments)
    assert after.reviews.equals(before.reviews)


def test_the_last_row_of_a_pair_wins_whichever_side_comes_first() -> None:
    result = linked(*PAIR, decided=(("RM1:1", "RGP:7", "different"), ("RGP:7", "RM1:1", "same")))
    assert len(people(result)) == 1


def test_no_path_rejoins_two_identities_declared_different_and_the_refused_link_is_reported() -> None:
    bridge = identity("RCX:3")
    result = linked(*MERGED, bridge, decided=(("RM1:1", "RGP:7", "different"),))
    assert people(result) == [["RCX:3", "RGP:7"], ["RM1:1"]]
    assert asked(result)["RCX:3", "RM1:1"].startswith("A link would bring together two identities that were declared")


def test_a_probabilistic_path_does_not_rejoin_them_either() -> None:
    rows = [identity(key, nhs_number=None) for key in ("RM1:1", "RGP:7", "RCX:3")]
    result = linked(*rows, decided=(("RM1:1", "RGP:7", "different"),))
    assert not any({"RM1:1", "RGP:7"} <= set(group) for group in people(result))
    assert len(people(result)) == 2


def test_decisions_that_contradict_each_other_are_reported_and_nothing_is_hidden() -> None:
    rows = [
        identity(key, nhs_number=NUMBERS[n], surname=f"Other{'abc'[n]}") for n, key in enumerate(("A:1", "B:1", "C:1"))
    ]
    decided = (("A:1", "B:1", "same"), ("B:1", "C:1", "same"), ("A:1", "C:1", "different"))
    result = linked(*rows, decided=decided)
    assert people(result) == [["A:1"], ["B:1", "C:1"]], "the newer of the two 'same' stands"
    assert asked(result)["A:1", "B:1"].startswith("The decisions contradict each other")
    assert result.reviews.num_rows == 3


def test_a_group_joined_by_a_human_takes_further_identities_of_either_number() -> None:
    result = linked(*PAIR, identity("RCX:3", nhs_number=NUMBERS[1]), decided=(("RM1:1", "RGP:7", "same"),))
    assert people(result) == [["RCX:3", "RGP:7", "RM1:1"]]


def test_two_people_are_asked_about_once_and_not_again_after_different() -> None:
    away = {"postcode": "PE30 1AA", "address_line": "1 Quay", "gp_practice": "D82009", "nhs_number": None}
    rows = (identity("RM1:1"), identity("RGP:7"), identity("RCX:3", **away))
    assert len(asked(linked(*rows))) == 1
    pair = next(iter(asked(linked(*rows))))
    after = linked(*rows, decided=((*pair, "different"),))
    assert list(asked(after)) == [pair]
    assert after.reviews.to_pylist()[0]["decision"] == "different"


def test_a_decision_about_an_identity_that_is_gone_is_counted_and_harmless() -> None:
    result = linked(*MERGED, decided=(("RM1:1", "RM1:99", "same"),))
    assert result.stats["decisions_of_unknown_identities"] == 1
    assert len(people(result)) == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [(("RM1:1", "RGP:7", "maybe"), "says 'maybe'"), (("RM1:1", "RM1:1", "same"), "against itself")],
)
def test_a_decision_that_cannot_be_read_stops_the_link_with_its_row(row: tuple[str, str, str], said: str) -> None:
    with pytest.raises(UserError, match=f"Row 2 of the identity decisions .*{said}"):
        link(identities(*MERGED), decisions(row))


def test_a_moment_that_is_not_one_is_refused() -> None:
    table = decisions(("RM1:1", "RGP:7", "same"))
    broken = table.set_column(4, "decided_at", [["yesterday"]])
    with pytest.raises(UserError, match="the moment 'yesterday'"):
        link(identities(*MERGED), broken)
