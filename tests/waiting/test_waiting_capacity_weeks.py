"""Capacity by week and case lengths: worked examples, then the same by plain loops over random sessions."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, timedelta
from statistics import fmean, median
from typing import Any

import pyarrow as pa
import pytest
from capacity_tables import CENSUS, MONDAY, TRUST, Theatre
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.reference import procedure_groups, system
from wherry.waiting import capacity
from wherry.waiting.capacity import CaseMinutes, rule_on

SYSTEM = system.load("norfolk-waveney")
LATER = date(2026, 2, 3)


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    assert len(rows) == 1
    return rows[0]


# --- worked examples ------------------------------------------------------------------------------------------------


def test_two_sessions_of_one_week_are_added_up_and_places_are_minutes_over_the_case() -> None:
    made = Theatre()
    held = made.session(date(2025, 12, 1), status="held")
    made.case(held, 0, 100)
    made.case(held, 120, 230)  # mean 105, turnover 20: 125 minutes a case
    made.session(LATER, planned_minutes=480, booked_minutes=130, booked_slots=1)
    made.session(LATER + timedelta(days=1), planned_minutes=240)
    week = only([row for row in made.derive()["capacity_week"] if row["week_start"] == date(2026, 2, 2)])
    assert week == {
        "kind": "theatre",
        "organisation": "RGP",
        "site": "RGP75",
        "week_start": date(2026, 2, 2),
        "treatment_function": "110",
        "procedure_group": "hip_knee_replacement",
        "test": "",
        "complexity": "complex",
        "sessions": 2,
        "cancelled": 0,
        "planned_minutes": 720,
        "planned_slots": 3 + 1,
        "booked_minutes": 130,
        "booked_slots": 1,
        "free_minutes": 350 + 240,
        "free_slots": 2 + 1,
    }


def test_a_cancelled_session_is_counted_and_gives_nothing() -> None:
    made = Theatre()
    made.session(LATER, status="cancelled", booked_minutes=60)
    week = only(made.derive()["capacity_week"])
    assert (week["sessions"], week["cancelled"], week["planned_minutes"], week["booked_minutes"]) == (0, 1, 0, 0)
    assert (week["free_minutes"], week["free_slots"]) == (0, 0)


def test_past_weeks_have_nothing_free_and_the_census_week_only_from_the_census_day() -> None:
    made = Theatre()
    for on in (MONDAY - timedelta(days=1), MONDAY, CENSUS - timedelta(days=1), CENSUS, CENSUS + timedelta(days=1)):
        made.session(on)
    made.session(CENSUS, status="held")
    free = {row["week_start"]: row["free_minutes"] for row in made.derive()["capacity_week"]}
    assert free == {MONDAY - timedelta(days=7): 0, MONDAY: 480}


def test_an_overbooked_session_takes_nothing_from_another() -> None:
    made = Theatre()
    made.session(LATER, booked_minutes=300)
    made.session(LATER, booked_minutes=40)
    assert only(made.derive()["capacity_week"])["free_minutes"] == 200


def test_clinics_and_tests_are_counted_in_places() -> None:
    made = Theatre()
    clinic = {"kind": "clinic", "procedure_group": None, "planned_slots": 12, "booked_slots": 9}
    made.session(LATER, **clinic)
    made.session(LATER, **{**clinic, "booked_slots": 14})
    made.session(LATER, kind="diagnostic", test="mri", site="RCX70", planned_slots=8, planned_minutes=None)
    tests, clinics = sorted(made.derive()["capacity_week"], key=lambda row: row["site"])
    assert (clinics["planned_slots"], clinics["booked_slots"], clinics["free_slots"]) == (24, 23, 3)
    assert (clinics["booked_minutes"], clinics["free_minutes"]) == (180 + 240, 60)
    assert (tests["test"], tests["treatment_function"], tests["procedure_group"]) == ("mri", "", "")
    assert (tests["planned_slots"], tests["free_slots"], tests["free_minutes"]) == (8, 8, 0)


@pytest.mark.parametrize(
    ("site", "function", "sent", "expected"),
    [
        ("RM131", "110", None, "routine"),
        ("RM102", "110", None, "complex"),
        ("RGP75", "101", None, "intermediate"),
        ("RM102", "110", "routine", "routine"),
        ("RGP75", "999", None, "routine"),
        ("NOWHERE", "110", None, "routine"),
    ],
)
def test_a_blank_complexity_is_as_the_sites_services(site: str, function: str, sent: str | None, expected: str) -> None:
    made = Theatre()
    made.session(LATER, site=site, treatment_function=function, procedure_group=None, complexity=sent)
    assert only(made.derive()["capacity_week"])["complexity"] == expected


def test_usual_minutes_stand_in_where_nothing_was_measured() -> None:
    made = Theatre()
    made.session(LATER, procedure_group="cataract", treatment_function="130", planned_minutes=270)
    assert only(made.derive()["capacity_week"])["planned_slots"] == 10


def test_case_lengths_have_mean_median_upper_and_turnover() -> None:
    made = Theatre()
    first = made.session(date(2026, 1, 12), status="held")
    for start, end in ((0, 50), (60, 120), (140, 250)):
        made.case(first, start, end)
    second = made.session(date(2026, 1, 13), status="held")
    made.case(second, 10, 100)
    made.case(second, 90, 150, "C712")  # overlaps, so a turnover of 0
    made.case(second, None, 200)
    made.case(second, 210, 200)
    old = made.session(CENSUS - timedelta(weeks=26), status="held")
    made.case(old, 0, 10)
    hips, eyes = sorted(made.derive()["case_length"], key=lambda row: -row["cases"])
    assert (hips["cases"], hips["mean_minutes"], hips["median_minutes"]) == (4, 77.5, 75.0)
    assert hips["upper_minutes"] == pytest.approx(
        98.0
    )  # 50 60 90 110: four tenths of the way from the third to the last
    assert hips["turnover_minutes"] == pytest.approx((10 + 20 + 0) / 3)
    assert (eyes["procedure_group"], eyes["cases"], eyes["mean_minutes"]) == ("cataract", 1, 60.0)
    assert eyes["turnover_minutes"] == pytest.approx(10.0)  # the site's


def test_a_site_without_a_second_case_has_no_turnover() -> None:
    made = Theatre()
    made.case(made.session(date(2026, 1, 12), status="held"), 0, 60)
    assert only(made.derive()["case_length"])["turnover_minutes"] is None
    lengths = pa.table(
        {"site": ["RGP75"], "procedure_group": ["cataract"], "mean_minutes": [25.0], "turnover_minutes": [None]}
    )
    assert CaseMinutes.published(lengths).of("RGP75", "130", "cataract") == 25.0


def test_nothing_sent_gives_empty_tables() -> None:
    assert {name: len(rows) for name, rows in Theatre().derive().items()} == {
        "case_length": 0,
        "theatre_use": 0,
        "capacity_week": 0,
    }


def test_a_build_without_sessions_gives_empty_tables() -> None:
    import ibis

    from wherry.hub.derivation import DeriveContext

    made = capacity.derive({}, DeriveContext(CENSUS, SYSTEM, ibis.duckdb.connect()))
    assert all(table.num_rows == 0 for table in made.values())


# --- the same by plain loops ----------------------------------------------------------------------------------------

SESSION = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["theatre", "theatre", "clinic", "diagnostic"]),
        "on": st.integers(-15, 15).map(lambda days: CENSUS + timedelta(days=days)),
        "site": st.sampled_from([*TRUST]),
        "treatment_function": st.sampled_from([None, "110", "130"]),
        "procedure_group": st.sampled_from([None, "cataract", "hip_knee_replacement"]),
        "test": st.sampled_from([None, "mri", "ct"]),
        "complexity": st.sampled_from([None, "routine", "complex"]),
        "status": st.sampled_from(["planned", "held", "cancelled"]),
        "planned_minutes": st.sampled_from([None, 0, 120, 240, 500]),
        "planned_slots": st.sampled_from([None, 0, 7, 12]),
        "booked_minutes": st.sampled_from([None, 0, 60, 300]),
        "booked_slots": st.sampled_from([None, 0, 3, 20]),
    }
)
CASES = st.lists(
    st.tuples(st.integers(-30, 400), st.integers(0, 200), st.sampled_from(["W381", "C712", None])), max_size=5
)


def theatre(drawn: list[tuple[dict[str, Any], list[tuple[int, int, str | None]]]]) -> Theatre:
    made = Theatre()
    for values, cases in drawn:
        key = made.session(**values)
        for start, length, procedure in cases:
            made.case(key, start, start + length, procedure)
    return made


def expected_lengths(made: Theatre) -> tuple[dict[Any, Any], dict[Any, float]]:
    """Lengths by site and group, and minutes a case by site and (function or group)."""
    recent = CENSUS - timedelta(weeks=rule_on(CENSUS).case_weeks)
    sessions = {row["session_key"]: row for row in made.sessions}
    minutes: dict[Any, list[int]] = defaultdict(list)
    functions: dict[Any, list[int]] = defaultdict(list)
    gaps: dict[Any, list[int]] = defaultdict(list)
    site_gaps: dict[str, list[int]] = defaultdict(list)
    for key, session in sessions.items():
        if session["kind"] != "theatre" or session["status"] != "held" or not recent < session["session_on"] <= CENSUS:
            continue
        cases = [row for row in made.cases if row["session_key"] == key and row["to_minute"] > row["from_minute"]]
        cases.sort(key=lambda row: (row["from_minute"], row["to_minute"], row["case_key"]))
        for at, case in enumerate(cases):
            place = (session["site"], procedure_groups.group_of(case["procedure"]))
            minutes[place].append(case["to_minute"] - case["from_minute"])
            functions[session["site"], session["treatment_function"] or ""].append(minutes[place][-1])
            if at + 1 < len(cases):
                gap = max(0, cases[at + 1]["from_minute"] - case["to_minute"])
                gaps[place].append(gap)
                site_gaps[session["site"]].append(gap)
    lengths, usual = {}, {}
    for place, values in minutes.items():
        own = gaps[place] or site_gaps[place[0]]
        lengths[place] = (len(values), fmean(values), median(values), fmean(own) if own else None)
        usual[place] = fmean(values) + (fmean(own) if own else 0)
    for place, values in functions.items():
        usual[place] = fmean(values) + (fmean(site_gaps[place[0]]) if site_gaps[place[0]] else 0)
    return lengths, usual


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SESSION, CASES), max_size=12))
def test_weeks_and_lengths_agree_with_plain_loops(drawn: list[tuple[dict[str, Any], Any]]) -> None:
    made = theatre(drawn)
    found = made.derive()
    lengths, usual = expected_lengths(made)
    assert {
        (row["site"], row["procedure_group"]): (
            row["cases"],
            pytest.approx(row["mean_minutes"]),
            pytest.approx(row["median_minutes"]),
            row["turnover_minutes"] and pytest.approx(row["turnover_minutes"]),
        )
        for row in found["case_length"]
    } == lengths
    expected: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in made.sessions:
        tests = row["kind"] == "diagnostic"
        function = "" if tests else row["treatment_function"] or ""
        group = "" if tests else row["procedure_group"] or ""
        level = SYSTEM.services.level(row["site"], function, group, row["session_on"])
        usual_level = "complex" if tests else ("routine", "intermediate", "complex")[max(0, level)]
        week = row["session_on"] - timedelta(days=row["session_on"].weekday())
        test = (row["test"] or "") if tests else ""
        cell = expected[row["kind"], row["site"], week, function, group, test, row["complexity"] or usual_level]
        cell["sessions"] += row["status"] != "cancelled"
        cell["cancelled"] += row["status"] == "cancelled"
        if row["status"] == "cancelled":
            continue
        planned, booked_slots = row["planned_minutes"] or 0, row["booked_slots"] or 0
        open_ = row["status"] == "planned" and row["session_on"] >= CENSUS
        if row["kind"] == "theatre":
            case = usual.get((row["site"], group or function)) or capacity.cases.usual_minutes(function, group)
            booked = row["booked_minutes"] or 0
            slots = math.floor(planned / case)
            free = max(0, planned - booked) if open_ else 0
            free_slots = math.floor(free / case)
        else:
            slots = row["planned_slots"] or 0
            share = planned * min(booked_slots, slots) // slots if slots else 0
            booked = share if row["booked_minutes"] is None else row["booked_minutes"]
            free = max(0, planned - booked) if open_ else 0
            free_slots = max(0, slots - booked_slots) if open_ else 0
        for name, value in (
            ("planned_minutes", planned),
            ("planned_slots", slots),
            ("booked_minutes", booked),
            ("booked_slots", booked_slots),
            ("free_minutes", free),
            ("free_slots", free_slots),
        ):
            cell[name] += value
    key = ("kind", "site", "week_start", "treatment_function", "procedure_group", "test", "complexity")
    names = ("sessions", "cancelled", "planned_minutes", "planned_slots", "booked_minutes", "booked_slots")
    names += ("free_minutes", "free_slots")
    assert {tuple(row[k] for k in key): {n: row[n] for n in names} for row in found["capacity_week"]} == {
        cell: {n: values[n] for n in names} for cell, values in expected.items()
    }
    assert all(row["organisation"] == TRUST[row["site"]] for row in found["capacity_week"])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(SESSION, CASES), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(drawn: list[Any], order: Any) -> None:
    made = theatre(drawn)
    before = made.derive()
    order.shuffle(made.sessions)
    order.shuffle(made.cases)
    after = made.derive()
    assert before["capacity_week"] == after["capacity_week"]
    assert before["theatre_use"] == after["theatre_use"]
