"""Cancer pathways and milestones: the published month, dates in order, hung on pathways that fit, dirt as stated."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import numpy as np
import pytest
from elective_world import CENSUS, SCALE, TRUSTS, ElectiveWorld
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.synthetic.elective.hang import Pool
from wherry.synthetic.elective.milestones import MILESTONES
from wherry.synthetic.journeys import OPEN, day_number
from wherry.synthetic.settings import elective, rate
from wherry.synthetic.streams import NEVER

TODAY = day_number(CENSUS)
DAYS = ("receipt_date", "upgrade_date", "first_seen_on", "informed_date", "mdt_on", "dtt_date", "ecad_date",
        "treatment_date", "transferred_on", "closed_on")  # fmt: skip


def rows_of(artificial: ElectiveWorld, trust: int) -> dict[str, Any]:
    return artificial.table(trust, "cancer_pathway")


def tracked(rows: dict[str, Any]) -> np.ndarray:
    return (rows["treatment_date"] == NEVER) & (rows["closed_on"] == NEVER)


def clean(artificial: ElectiveWorld, trust: int) -> np.ndarray:
    """Rows without a wrong date."""
    found = np.ones(len(artificial.made[trust, "cancer_pathway"].feed.key), dtype=bool)
    for kind, rows in artificial.dirt(trust, "cancer_pathway").items():
        if kind != "cancer_without_owner":
            found[rows] = False
    return found


@pytest.mark.parametrize("trust", range(3))
def test_people_told_in_a_year_follow_the_published_month(artificial: ElectiveWorld, trust: int) -> None:
    rows = rows_of(artificial, trust)
    published = elective()["cancer"]["told"][TRUSTS[trust]].values()
    mine = np.isin(rows["route"], ("usc", "screening", "breast_symptomatic")) & (rows["informed_date"] > TODAY - 365)
    mine &= (rows["treatment_order"] == "first") & (rows["referred_from"] == None)  # noqa: E711
    assert mine.sum() == pytest.approx(12 * SCALE * sum(map(sum, published)), rel=0.12)
    off = np.where(rows["first_seen_adjustment_days"] > NEVER, rows["first_seen_adjustment_days"], 0)
    wait = (rows["informed_date"] - rows["receipt_date"] - off)[mine]
    within = sum(sum(bands[:2]) for bands in published) / sum(map(sum, published))
    assert (wait <= 28).mean() == pytest.approx(within, abs=0.035)


@pytest.mark.parametrize("trust", range(3))
def test_treatments_follow_the_published_month(artificial: ElectiveWorld, trust: int) -> None:
    rows = rows_of(artificial, trust)
    published = elective()["cancer"]["treated"][TRUSTS[trust]].values()
    start = np.where(rows["route"] == "upgrade", rows["upgrade_date"], rows["receipt_date"])
    mine = (rows["treatment_date"] > NEVER) & (rows["treatment_order"] == "first") & (rows["route"] != "other")
    mine &= (start > NEVER) & (rows["referred_from"] == None)  # noqa: E711
    assert mine.sum() == pytest.approx(12 * SCALE * sum(map(sum, published)), rel=0.2)
    within = sum(sum(bands[:4]) for bands in published) / sum(map(sum, published))
    assert ((rows["treatment_date"] - start)[mine] <= 62).mean() == pytest.approx(within, abs=0.11)


def test_some_five_thousand_are_open_and_some_too_long(artificial: ElectiveWorld) -> None:
    every = [rows_of(artificial, trust) for trust in range(3)]
    open_ = sum(int(tracked(rows).sum()) for rows in every)
    assert 4_500 * SCALE < open_ < 6_500 * SCALE
    late = [rows["receipt_date"][tracked(rows) & (rows["receipt_date"] > NEVER)] for rows in every]
    days = TODAY - np.concatenate(late)
    assert 0.02 < (days > 62).mean() < 0.2
    assert (days > 104).any()
    assert {group for rows in every for group in rows["tumour_group"][tracked(rows)]} == {
        "lung", "lower_gi", "prostate", "upper_gi", "breast", "skin", "gynaecological", "urological", "head_and_neck",
        "other",
    }  # fmt: skip
    assert {route for rows in every for route in rows["route"]} == {
        "usc", "breast_symptomatic", "screening", "upgrade", "other",
    }  # fmt: skip


@pytest.mark.parametrize("trust", range(3))
def test_nothing_recorded_lies_after_the_census(artificial: ElectiveWorld, trust: int) -> None:
    rows = rows_of(artificial, trust)
    for name in DAYS:
        assert (rows[name] <= TODAY).all(), name
    assert (artificial.column(trust, "cancer_event", "done_on") <= TODAY).all()
    ahead = rows["treatment_booked_for"][tracked(rows)]
    assert ((ahead == NEVER) | (ahead > TODAY)).all()


@pytest.mark.parametrize("trust", range(3))
def test_clean_rows_have_their_dates_in_order(artificial: ElectiveWorld, trust: int) -> None:
    rows, good = rows_of(artificial, trust), clean(artificial, trust)
    order = [
        ("receipt_date", "first_seen_on"), ("first_seen_on", "informed_date"), ("informed_date", "dtt_date"),
        ("dtt_date", "treatment_date"), ("informed_date", "treatment_date"), ("receipt_date", "upgrade_date"),
        ("informed_date", "closed_on"), ("mdt_on", "treatment_date"), ("receipt_date", "mdt_on"),
        ("receipt_date", "transferred_on"),
    ]  # fmt: skip
    for earlier, later in order:
        both = good & (rows[earlier] > NEVER) & (rows[later] > NEVER)
        wrong = both & (rows[earlier] > rows[later])
        assert not wrong.any(), (earlier, later, int(wrong.sum()))
    assert not (good & (rows["treatment_date"] > NEVER) & (rows["dtt_date"] == NEVER)).any()
    first = good & (rows["treatment_order"] == "first")
    told = first & (rows["informed_date"] > NEVER) & (rows["fds_end_reason"] == "ruled_out")
    assert (rows["treatment_date"][told] == NEVER).all()


@pytest.mark.parametrize("trust", range(3))
def test_a_pathway_is_its_trusts_and_open_if_the_cancer_is(artificial: ElectiveWorld, trust: int) -> None:
    journeys = artificial.world.journeys
    about = artificial.made[trust, "cancer_pathway"].feed.about
    rows = rows_of(artificial, trust)
    assert (journeys.trust[about] == trust).all()
    first = tracked(rows) & (rows["treatment_order"] == "first")
    assert (journeys.kind[about[first]] == OPEN).all()
    once = about[(rows["treatment_order"] == "first") & (rows["route"] != "other")]
    assert len(once) == len(np.unique(once))
    received = artificial.world.referrals.received[about]
    dated = (rows["receipt_date"] > NEVER) & (rows["treatment_order"] == "first")
    assert (rows["receipt_date"][dated] == received[dated]).all()


@pytest.mark.parametrize("trust", range(3))
def test_no_child_has_a_cancer_and_prostates_are_mens(artificial: ElectiveWorld, trust: int) -> None:
    people, line = artificial.world.people, artificial.world.line
    about = artificial.made[trust, "cancer_pathway"].feed.about
    rows = rows_of(artificial, trust)
    person = line.person[about]
    told_here = rows["referred_from"] == None  # noqa: E711  (an array of words and blanks)
    first = (rows["treatment_order"] == "first") & (rows["route"] != "other") & told_here
    assert (people.birth_day[person[first]] < TODAY - 18 * 365).all()
    prostate = first & (rows["tumour_group"] == "prostate")
    assert prostate.sum() > 20
    assert people.women[person[prostate]].mean() < 0.02


def test_two_week_waits_are_taken_first(artificial: ElectiveWorld) -> None:
    world = artificial.world
    rows = rows_of(artificial, 0)
    urgent = world.referrals.priority == 2
    open_ = tracked(rows) & (rows["route"] == "usc")
    about = artificial.made[0, "cancer_pathway"].feed.about[open_]
    all_open = (world.journeys.kind == OPEN) & (world.journeys.trust == 0)
    assert urgent[about].mean() > 4 * urgent[all_open].mean()


def test_complex_work_goes_to_the_first_trust_and_some_of_it_late(artificial: ElectiveWorld) -> None:
    rows = rows_of(artificial, 0)
    passed = rows["referred_from"] != None  # noqa: E711
    assert set(rows["referred_from"][passed]) <= {"RGP", "RCX"}
    assert (rows["complexity"][passed] == "complex").all()
    days = (rows["transferred_on"] - rows["receipt_date"])[passed]
    assert (days > 38).any()
    assert (days <= 38).any()
    sent = 0
    for trust in (1, 2):
        other = rows_of(artificial, trust)
        assert (other["referred_from"] == None).all()  # noqa: E711
        gone = other["transferred_on"] > NEVER
        assert (other["site"][gone] == "RM102").all()
        sent += int(gone.sum())
    assert sent > 10


@pytest.mark.parametrize("trust", range(3))
def test_dirt_does_what_it_says_at_its_rate(artificial: ElectiveWorld, trust: int) -> None:
    rows, dirt = rows_of(artificial, trust), artificial.dirt(trust, "cancer_pathway")
    told, decided, treated = rows["informed_date"], rows["dtt_date"], rows["treatment_date"]
    says = {
        "cancer_decision_before_informed": (decided > NEVER) & (decided < told),
        "cancer_treated_before_decision": (treated > NEVER) & (treated < decided),
        "cancer_told_after_treatment": (treated > NEVER) & (told > treated),
        "cancer_upgrade_after_mdt": (rows["mdt_on"] > NEVER) & (rows["upgrade_date"] > rows["mdt_on"]),
        "cancer_negative_adjustment": (rows["first_seen_adjustment_days"] > NEVER)
        & (rows["first_seen_adjustment_days"] < 0),
        "cancer_without_owner": rows["owner"] == None,  # noqa: E711
    }
    assert set(says) == set(dirt)
    for kind, wrong in says.items():
        if kind == "cancer_treated_before_decision":
            wrong = wrong | (treated > NEVER) & (decided == NEVER)
        assert wrong[dirt[kind]].mean() > 0.9 if len(dirt[kind]) else True, kind
    alone = np.flatnonzero(says["cancer_without_owner"])
    assert np.array_equal(alone, dirt["cancer_without_owner"])
    assert len(alone) == round(rate("cancer_without_owner") * len(told))
    assert np.array_equal(np.flatnonzero(says["cancer_negative_adjustment"]), dirt["cancer_negative_adjustment"])


# --- milestones ------------------------------------------------------------------------------------------------------


def test_milestones_are_those_of_the_timed_pathways() -> None:
    text = resources.files("wherry.waiting.cancer").joinpath("data", "timed_pathways.toml").read_text(encoding="utf-8")
    known = tomllib.loads(text)
    assert set(known["milestone"]) == set(MILESTONES)
    for pathway in known["pathway"]:
        made = elective()["cancer"]["tests"].get(pathway["tumour_group"], "").split()
        for word, milestone in (("test", "test_performed"), ("biopsy", "biopsy_performed")):
            assert word not in made or milestone in pathway["days"]


@pytest.mark.parametrize("trust", range(3))
def test_milestones_repeat_the_dates_of_their_pathway(artificial: ElectiveWorld, trust: int) -> None:
    rows, events = rows_of(artificial, trust), artificial.table(trust, "cancer_event")
    place = {key: number for number, key in enumerate(rows["cancer_id"])}
    at = np.array([place[key] for key in events["cancer_id"]])
    for milestone, column in (
        ("first_seen", "first_seen_on"), ("mdt_discussed", "mdt_on"), ("informed", "informed_date"),
        ("decision_to_treat", "dtt_date"), ("treated", "treatment_date"),
    ):  # fmt: skip
        done = (events["milestone"] == milestone) & (events["done_on"] > NEVER)
        assert (events["done_on"][done] == rows[column][at[done]]).all(), milestone
        assert done.sum() == (rows[column] > NEVER).sum()
    keys = list(zip(events["cancer_id"], events["milestone"], strict=True))
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("trust", range(3))
def test_what_is_planned_is_not_done_and_belongs_to_somebody_tracked(artificial: ElectiveWorld, trust: int) -> None:
    rows, events = rows_of(artificial, trust), artificial.table(trust, "cancer_event")
    open_ = set(rows["cancer_id"][tracked(rows)])
    planned = events["done_on"] == NEVER
    assert (events["planned_for"][planned] > NEVER).all()
    assert set(events["cancer_id"][planned]) <= open_
    with_next = len(set(events["cancer_id"][planned]))
    assert 0.6 < with_next / len(open_) < 0.97
    assert ((events["planned_for"][planned] <= TODAY).sum() / len(open_)) < 0.12


# --- finding a pathway -----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 40), max_size=20),
    st.lists(st.integers(-5, 45), max_size=30),
    st.integers(0, 15),
)
def test_the_nearest_free_pathway_is_taken_and_never_twice(days: list[int], wanted: list[int], within: int) -> None:
    rows = np.arange(len(days), dtype=np.int64) + 100
    pool = Pool(rows, np.array(days, dtype=np.int64))
    free = dict(zip(rows.tolist(), days, strict=True))
    for day in wanted:
        found = pool.take(day, within)
        nearest = min((abs(at - day) for at in free.values()), default=within + 1)
        if nearest > within:
            assert found == -1
        else:
            assert abs(free.pop(found) - day) == nearest
