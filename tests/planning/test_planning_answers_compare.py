"""Two scenarios side by side: run by run on the same random numbers, or of their spreads, and it says which."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from answers_made import Plan, small_plan, worked
from handmade_plans import small_baseline, small_scenario

from wherry.errors import UserError
from wherry.planning.answers import compare, largest, runs_of
from wherry.planning.answers.model import GROUP, Comparison, Difference


@cache
def without_stays() -> Plan:
    """The small plan without its shorter stays."""
    scenario = small_scenario(runs=24, horizon_year=2028, name="longer")
    kept = tuple(one for one in scenario.interventions if one.name != "shorter_stays")
    return worked(replace(scenario, interventions=kept), small_baseline(20))


def one_of(found: Comparison, measure: str, year: int = 2028, place: str = GROUP) -> Difference:
    return next(one for one in found.differences if (one.measure, one.year, one.place) == (measure, year, place))


def both(first: Plan, second: Plan) -> Comparison:
    return compare(
        first.answers, second.answers, runs_of(first.outcome, first.needed), runs_of(second.outcome, second.needed)
    )


def test_runs_of_one_seed_are_compared_run_by_run() -> None:
    with_stays, longer = small_plan(), without_stays()
    found = both(with_stays, longer)
    assert found.paired
    assert "seed 5 in 24 runs" in found.how
    beds = one_of(found, "beds_at_occupancy")
    by_run = (longer.needed[0].needed - with_stays.needed[0].needed)[:, -1].sum(axis=(-1, -2))
    assert beds.difference.middle == pytest.approx(np.median(by_run))
    assert beds.difference.low > 0
    assert beds.second_more == 1
    # What the two share is the same in both: shorter stays change no admission and no appointment.
    for measure in ("emergency", "outpatient_first", "attendance_type_1", "theatre_minutes", "diagnostic"):
        assert one_of(found, measure).difference == replace(one_of(found, measure).difference, low=0, high=0, mean=0)
    assert one_of(found, "nights", place="RM102").difference.high == 0


def test_the_range_of_a_paired_difference_is_narrower_than_that_of_two_spreads() -> None:
    paired = one_of(both(small_plan(), without_stays()), "beds_at_occupancy").difference
    apart = compare(small_plan().answers, without_stays().answers)
    assert not apart.paired
    assert "the runs themselves were not kept" in apart.how
    alone = one_of(apart, "beds_at_occupancy")
    assert alone.second_more is None
    assert alone.difference.mean == pytest.approx(paired.mean)
    assert alone.difference.high - alone.difference.low > 2 * (paired.high - paired.low)


def test_an_outcome_will_do_where_only_activity_is_asked() -> None:
    found = compare(small_plan().answers, without_stays().answers, small_plan().outcome, without_stays().outcome)
    assert found.paired
    assert one_of(found, "nights").difference.low > 0
    assert "beds_at_occupancy" not in {one.measure for one in found.differences}


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"seed": 6}, "the seeds differ (5 and 6)"), ({"runs": 8}, "the numbers of runs differ (24 and 8)")],
)
def test_runs_that_do_not_belong_together_are_not_paired(changes: dict[str, int], why: str) -> None:
    other = worked(small_scenario(**({"runs": 24} | changes), horizon_year=2028), small_baseline(20))
    found = both(small_plan(), other)
    assert not found.paired
    assert why in found.how


def test_another_year_of_activity_is_not_paired() -> None:
    other = worked(small_scenario(runs=24, horizon_year=2028), replace(small_baseline(20), load_id="another"))
    assert "different years of activity (2023/24, handmade; 2023/24, another)" in both(small_plan(), other).how


def test_years_are_those_that_both_have_and_none_is_refused() -> None:
    short = worked(small_scenario(runs=24, horizon_year=2025), small_baseline(20))
    assert {one.year for one in both(small_plan(), short).differences} == {2023, 2024, 2025}
    later = replace(
        short.answers, fans=tuple(replace(one, points=((2040, one.points[0][1]),)) for one in short.answers.fans)
    )
    with pytest.raises(UserError, match="have no year in common"):
        compare(small_plan().answers, later)


def test_the_largest_differences_come_first() -> None:
    found = largest(both(small_plan(), without_stays()), 2028, GROUP)
    assert {one.measure for one in found[:3]} == {"beds_at_occupancy", "beds_at_risk", "nights"}
    assert {one.place for one in found} == {GROUP}
