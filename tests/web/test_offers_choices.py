"""What was chosen: counted as a person would count it, rounded, small numbers withheld, opted-out people left out."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from offers_support import TODAY, Bench, access
from snapshot_factory import Made

from wherry.web.access import Role
from wherry.web.offers import choices, context
from wherry.web.offers.choices import Asked
from wherry.web.offers.models import Invitation, Offer, OfferDecision, State

pytestmark = pytest.mark.django_db


@given(st.integers(0, 5000))
def test_a_told_number_is_within_two_of_the_true_one_and_small_ones_are_not_told(number: int) -> None:
    told = choices.told(number)
    assert (told is None) == (number < 5)
    assert told is None or (told % 5 == 0 and abs(told - number) <= 2)


@pytest.fixture
def counted(handmade: Made) -> list[dict[str, Any]]:
    """Offers of every outcome over the real rows of the list, made straight into the tables."""
    bench = Bench(handmade)
    folder = handmade.hub / "snapshots" / handmade.snapshot_id
    people = {row["person_key"]: row for row in pq.read_table(folder / "person.parquet").to_pylist()}
    outcomes = ["yes", "stay", "silent", "left", "open", "proposed", "yes"]
    user = bench.manager.user
    assert user is not None
    out = []
    for number, row in enumerate(bench.rows[:140]):
        outcome = outcomes[number % len(outcomes)]
        made = number % 3
        offered = TODAY - timedelta(days=31 * made)
        offer = Offer.objects.create(
            pathway_key=row["pathway_key"],
            period=row["period"],
            person_key=row["person_key"],
            snapshot_id="s",
            proposed_on=offered,
            from_organisation=row["organisation"],
            to_organisation="RGP",
            to_site="RGP75",
            week_start=TODAY,
            miles=20,
            complexity="routine",
            treatment_function=row["treatment_function"],
            capacity_key="k",
            why="w",
            live=False,
            offered_on=None if outcome == "proposed" else offered,
            answer_by=TODAY - timedelta(days=1) if outcome in ("silent", "left") else TODAY + timedelta(days=5),
            state={"yes": State.RECEIVED, "stay": State.DECLINED, "left": State.WITHDRAWN}.get(outcome, State.OFFERED)
            if outcome != "proposed"
            else State.PROPOSED,
            answer={"yes": "yes", "stay": "stay"}.get(outcome, ""),
            imd_quintile=str(row["imd_quintile"]),
            sex=row["sex"],
            age_band="18 to 39",
            ethnic_group="White",
        )
        if outcome == "left":
            OfferDecision.objects.create(
                offer=offer,
                sequence=1,
                kind="withdraw",
                state_before="no_answer",
                made_by=user,
                made_by_name="T",
                made_at=handmade_moment(),
                made_on=TODAY,
            )
        out.append(
            {
                "trust": row["organisation"],
                "quintile": str(row["imd_quintile"]),
                "sex": row["sex"],
                "function": row["treatment_function"],
                "month": f"{offered:%Y-%m}",
                "outcome": outcome,
                "counts": outcome != "proposed" and not people[row["person_key"]]["opted_out"],
            }
        )
    return out


def handmade_moment() -> Any:
    from wherry.web.offers import acts

    return acts.now()


_WANTED = {
    "offered": {"yes", "stay", "silent", "left", "open"},
    "moved": {"yes"},
    "stayed": {"stay"},
    "no_answer": {"silent", "left"},
    "open": {"open"},
}


@pytest.mark.parametrize("by", ["month", "trust", "quintile", "sex", "function"])
@pytest.mark.parametrize("trusts", [("RM1", "RGP", "RCX"), ("RM1",)])
def test_every_number_is_the_count_of_its_group(
    counted: list[dict[str, Any]], by: str, trusts: tuple[str, ...]
) -> None:
    found = choices.choices(access(Role.EXECUTIVE, *trusts), Asked(by=by), context.names(), TODAY)
    mine = [fact for fact in counted if fact["counts"] and fact["trust"] in trusts]
    for measure, outcomes in _WANTED.items():
        expected = Counter(fact[by] for fact in mine if fact["outcome"] in outcomes)
        for row in found.rows:
            assert row.cells[measure].number == choices.told(expected[row.value]), (measure, row.value)
        assert found.total.cells[measure].number == choices.told(sum(expected.values()))
    moved, offered = found.total.cells["moved"], found.total.cells["offered"]
    assert moved.number is not None
    assert offered.number is not None
    assert moved.rate == moved.number / offered.number


def test_filters_narrow_and_the_list_is_the_denominator(counted: list[dict[str, Any]], handmade: Made) -> None:
    asked = Asked(by="quintile", month="2026-01", trust="RM1")
    found = choices.choices(access(Role.ANALYST), asked, context.names(), TODAY)
    mine = [f for f in counted if f["counts"] and (f["trust"], f["month"]) == ("RM1", "2026-01")]
    expected = sum(f["outcome"] in _WANTED["offered"] for f in mine)
    assert found.total.cells["offered"].number == choices.told(expected)
    folder = handmade.hub / "snapshots" / handmade.snapshot_id
    listed = pq.read_table(folder / "waiting_list.parquet").to_pylist()
    waiting = sum(row["organisation"] == "RM1" and not row["opted_out"] for row in listed)
    assert found.total.cells["waiting"].number == choices.told(waiting)


def test_asking_to_move_is_of_those_invited(handmade: Made) -> None:
    bench = Bench(handmade)
    assert bench.manager.user is not None
    for number, row in enumerate(r for r in bench.rows if not r["opted_out"]):
        if number == 24:
            break
        Invitation.objects.create(
            pathway_key=row["pathway_key"],
            period=row["period"],
            person_key=row["person_key"],
            organisation="RM1",
            state="asked" if number < 12 else "stays",
            invited_on=TODAY,
            invited_by=bench.manager.user,
            invited_by_name="T",
            answer_by=TODAY,
            answered_on=TODAY,
            sites="RGP75" if number < 12 else "",
        )
    found = choices.choices(bench.manager, Asked(), context.names(), TODAY)
    assert found.total.cells["asked"].number == 10
    assert found.total.cells["asked"].rate == 10 / 25


def test_the_file_says_the_same_as_the_page_and_names_nobody(counted: list[dict[str, Any]], handmade: Made) -> None:
    client = Client()
    client.force_login(access(Role.EXECUTIVE).user)  # type: ignore[arg-type]
    page = client.get("/offers/choices/?by=trust").content.decode()
    response = client.get("/offers/choices/choices.csv?by=trust")
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:4] == ["Trust", "Waiting", "Invited to ask", "Offered another hospital"]
    assert rows[-1][0] == "Everybody"
    for row in rows[1:]:
        assert row[0] in page
        assert all(cell in page for cell in row[3:] if cell)
    assert not any(surname in page + text for surname in handmade.surnames)
