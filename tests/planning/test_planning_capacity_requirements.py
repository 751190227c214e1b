"""What must exist, worked out by hand for a hospital small enough; more activity never means less of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from handmade_plans import SITES, small_baseline
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.planning import capacity
from wherry.planning.baseline import Baseline
from wherry.planning.capacity.model import Requirement
from wherry.planning.capacity.requirements import required
from wherry.planning.capacity.work import Work, of_baseline
from wherry.reference.activity import KINDS

KIND = {code: place for place, code in enumerate(KINDS)}
WARDS = ("maternity", "children", "older", "surgery", "medicine")
WHATS = ("", "110", "300", "430", "mri")


def work(
    nights: dict[tuple[str, str], float] | None = None,
    count: dict[tuple[str, str], float] | None = None,
    minutes: dict[str, float] | None = None,
    site: str = "RM102",
) -> Work:
    """One site's year: nights by kind and ward, counts by kind and treatment function or test, theatre minutes."""
    ward_nights = np.zeros((1, len(KINDS), len(WARDS)))
    for (kind, ward), number in (nights or {}).items():
        ward_nights[0, KIND[kind], WARDS.index(ward)] = number
    what_count = np.zeros((1, len(KINDS), len(WHATS)))
    for (kind, what), number in (count or {}).items():
        what_count[0, KIND[kind], WHATS.index(what)] = number
    theatre = np.zeros((1, len(KINDS)))
    for kind, number in (minutes or {}).items():
        theatre[0, KIND[kind]] = number
    return Work((site,), WARDS, WHATS, ward_nights, what_count.sum(axis=-1), theatre, what_count)


def by_code(held: Work, year: int = 2024, **changes: object) -> dict[str, Requirement]:
    """The requirements of one site's year. 2024/25 has 365 days."""
    figures = capacity.load("norfolk-waveney", {key.replace("__", "."): value for key, value in changes.items()})
    return {one.code: one for one in required(held, held, figures, year)}


def test_beds_are_nights_over_days_over_occupancy() -> None:
    needed = by_code(work({("emergency", "medicine"): 365 * 92, ("maternity", "maternity"): 365 * 15}))
    assert needed["beds_at_occupancy"].needed[0].tolist() == pytest.approx([20, 0, 0, 0, 100])
    assert needed["beds_at_occupancy"].existing[0].sum() == 890
    leap = by_code(work({("emergency", "medicine"): 366 * 92}), year=2023)
    assert leap["beds_at_occupancy"].needed[0, 4] == pytest.approx(100)


def test_the_busiest_month_can_be_asked_for() -> None:
    held = work({("emergency", "medicine"): 365 * 92})
    busy = by_code(held, beds__season__occupancy="busiest_month")["beds_at_occupancy"]
    assert busy.needed[0, 4] == pytest.approx(104.4)  # February, 1.044 in capacity.toml
    assert "busiest" in busy.formula


def test_beds_at_a_risk_are_those_of_the_busiest_month() -> None:
    held = work({("emergency", "medicine"): 365 * 30})
    at_risk = by_code(held, beds__season__risk="year", beds__daily_variation=0)["beds_at_risk"]
    assert at_risk.needed[0].tolist() == [0, 0, 0, 0, 44]  # P(Poisson(30) >= 44) = 0.0097, of 43 0.0148
    busy = by_code(held, beds__daily_variation=0)["beds_at_risk"]
    assert busy.needed[0, 4] == 46  # 31.32 people in February: P(>= 46) = 0.0082, of 45 0.0125


def test_theatre_sessions_are_minutes_over_sessions_weeks_and_utilisation() -> None:
    held = work(minutes={"elective": 240 * 48 * 0.79 * 6, "day_case": 240 * 48 * 0.79 * 4, "emergency": 1e6})
    assert by_code(held)["theatre_sessions"].needed.tolist() == pytest.approx([10])
    assert by_code(held)["theatre_sessions_at_aim"].needed.tolist() == pytest.approx([10 * 0.79 / 0.85])
    assert by_code(held, theatre__utilisation=1)["theatre_sessions"].needed.tolist() == pytest.approx([7.9])
    assert np.isnan(by_code(held)["theatre_sessions"].existing).all()


def test_a_site_that_sends_no_minutes_is_counted_by_its_cases() -> None:
    held = work(count={("elective", "110"): 48 * 2.5 * 8, ("day_case", "110"): 48 * 2.5 * 2})
    needed = by_code(held)
    assert needed["theatre_sessions"].needed.tolist() == pytest.approx([10])
    assert needed["theatre_sessions_at_aim"].needed.tolist() == pytest.approx([10 * 0.79 / 0.85])


def test_clinic_rooms_go_by_the_minutes_of_kind_and_specialty() -> None:
    room = 37.5 * 60 * 48 * 0.85  # minutes that a room gives in a year
    held = work(
        count={
            ("outpatient_first", "110"): room / 30 * 3,
            ("outpatient_first", "430"): room / 60 * 5,  # an hour each
            ("outpatient_follow_up", "110"): room / 20 * 7,
            ("outpatient_virtual", "110"): 1e6,
        }
    )
    assert by_code(held)["clinic_rooms"].needed.tolist() == pytest.approx([15])


def test_cubicles_go_by_the_fullest_hour_of_the_busiest_month() -> None:
    held = work(count={("attendance_type_1", ""): 365 * 96, ("attendance_type_3", ""): 0})
    # 96 a day for 300 minutes fill 20 places; 0.65 of them cubicles, 1.4 at the peak, 1.043 in June, 85% used.
    assert by_code(held)["emergency_cubicles"].needed.tolist() == pytest.approx([20 * 0.65 * 1.4 * 1.043 / 0.85])


def test_scanner_hours_are_tests_by_their_minutes() -> None:
    held = work(count={("diagnostic", "mri"): 52 * 100})
    needed = by_code(held, scanner__mri__existing__RM102=2)
    assert needed["scanner_hours_mri"].needed.tolist() == pytest.approx([100 * 35 / 60 / 0.85])
    assert needed["scanner_hours_mri"].existing.tolist() == [2 * 84]
    assert "scanner_hours_ct" not in needed  # the year knows no such test


def test_nobody_needs_nothing() -> None:
    for requirement in by_code(work()).values():
        assert not requirement.needed.any()


def test_beds_that_may_all_be_full_are_the_people_in_them() -> None:
    held = work({("emergency", "older"): 365 * 10})
    assert by_code(held, beds__occupancy=1)["beds_at_occupancy"].needed.sum() == pytest.approx(10)


NIGHTS = st.lists(st.integers(0, 200_000), min_size=len(WARDS), max_size=len(WARDS))


@settings(max_examples=25)
@given(NIGHTS, NIGHTS, st.integers(0, 500_000))
def test_more_activity_never_means_less_of_anything(nights: list[int], more: list[int], minutes: int) -> None:
    before = work(
        {("emergency", ward): number for ward, number in zip(WARDS, nights, strict=True)},
        {
            ("outpatient_first", "110"): nights[0],
            ("attendance_type_1", ""): nights[1],
            ("diagnostic", "mri"): nights[2],
        },
        {"elective": minutes + 1},
    )
    after = work(
        {("emergency", ward): a + b for ward, a, b in zip(WARDS, nights, more, strict=True)},
        {
            ("outpatient_first", "110"): nights[0] + more[0],
            ("attendance_type_1", ""): nights[1] + more[1],
            ("diagnostic", "mri"): nights[2] + more[2],
        },
        {"elective": minutes + 1 + more[3]},
    )
    figures = capacity.load("norfolk-waveney")
    for less, much in zip(required(before, before, figures, 2024), required(after, before, figures, 2024), strict=True):
        assert (much.needed >= less.needed).all(), less.code


def test_the_baseline_counts_every_cell_once() -> None:
    baseline = small_baseline()
    held = of_baseline(baseline, capacity.load("norfolk-waveney"))
    assert held.count.sum() == baseline.count.sum()
    assert held.what_count.sum() == baseline.count.sum()
    assert held.ward_nights.sum() == (baseline.count * baseline.nights).sum()
    assert held.theatre_minutes.sum() == (baseline.count * baseline.theatre_minutes).sum()
    place = SITES.index("RGP75"), KIND["emergency"], WARDS.index("older")
    cells = (baseline.site == place[0]) & (baseline.kind == place[1]) & (baseline.ward == place[2])
    assert held.ward_nights[place] == (baseline.count * baseline.nights)[cells].sum()


def without_wards(baseline: Baseline) -> Baseline:
    return replace(baseline, ward=np.full(len(baseline), -1))


def test_nights_in_no_ward_are_refused_not_lost() -> None:
    figures = capacity.load("norfolk-waveney")
    with pytest.raises(UserError, match="nights belong to no ward group"):
        capacity.of_base_year(without_wards(small_baseline()), figures)


def test_a_ward_is_the_first_whose_rule_fits() -> None:
    groups = capacity.wards("norfolk-waveney")
    found = {
        (kind, what, age): groups[place].code if (place := capacity.ward_of(groups, kind, what, age)) >= 0 else ""
        for kind, what, age in (
            ("maternity", "501", 30), ("maternity", "501", 16), ("emergency", "422", 0), ("elective", "110", 17),
            ("elective", "110", 18), ("emergency", "328", 70), ("emergency", "300", 90), ("emergency", "", 40),
            ("day_case", "110", 50), ("outpatient_first", "110", 50),
        )
    }  # fmt: skip
    assert list(found.values()) == [
        "maternity", "maternity", "children", "children", "surgery", "older", "medicine", "medicine", "", "",
    ]  # fmt: skip
