"""Rare events: days between them, and chances between them."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import pytest

from wherry.errors import UserError
from wherry.performance import spc


def events(gaps: list[int]) -> list[date]:
    found = [date(2023, 1, 1)]
    for gap in gaps:
        found.append(found[-1] + timedelta(days=gap))
    return found


def test_days_between_events_on_the_scale_of_the_root() -> None:
    """60 days are 3.118 (Nelson's 3.6th root, 0.2777): three gaps by hand, limits turned back."""
    made = spc.t_chart(events([60, 20, 60]))
    assert [point.value for point in made.points] == [60, 20, 60]
    high, low = 60 ** (1 / 3.6), 20 ** (1 / 3.6)
    assert high == pytest.approx(3.118, abs=5e-4)
    (group,) = made.groups
    middle, average = (2 * high + low) / 3, high - low
    assert group.mean == pytest.approx(middle**3.6)
    assert group.average_range == pytest.approx(average)
    assert group.upl == pytest.approx((middle + 2.66 * average) ** 3.6)
    assert group.lpl == pytest.approx((middle - 2.66 * average) ** 3.6)


def test_a_lower_limit_at_nought_or_below_is_none() -> None:
    made = spc.t_chart(events([100, 1, 100, 1, 100]))
    assert made.groups[0].lpl is None
    assert made.groups[0].upl is not None
    assert made.points[1].outside_limits is False


def test_a_long_time_without_is_an_improvement_and_there_is_no_assurance() -> None:
    made = spc.t_chart(events([10, 14, 9, 12, 11, 13, 10, 12, 9, 13, 11, 12, 90]))
    assert made.kind == "t"
    assert made.points[-1].special_cause_type == "Above UCL"
    assert made.variation == "special_cause_improvement"
    assert made.assurance is None
    assert spc.t_chart(events([10, 14, 90, 12]), improvement="decrease").points[2].point_type in (
        "common_cause",
        "special_cause_concern",
    )


def test_two_on_one_day_and_hours_between() -> None:
    assert [point.value for point in spc.t_chart(events([0, 5])).points] == [0, 5]
    hours = [datetime(2025, 1, 1, 6), datetime(2025, 1, 1, 18), datetime(2025, 1, 3, 18)]  # noqa: DTZ001
    assert [point.value for point in spc.t_chart(hours).points] == [0.5, 2]
    assert spc.t_chart([]).points == spc.t_chart(events([])).points == ()
    assert spc.t_chart(events([0, 0, 0])).groups[0].upl is None


def test_a_fixed_start_and_a_rebase() -> None:
    gaps = [10, 12] * 6 + [40, 44] * 6
    when = events(gaps)
    whole = spc.t_chart(when)
    fixed = spc.t_chart(when, fix_after=12)
    assert fixed.points[-1].special_cause_type == "Above UCL"
    rebased = spc.t_chart(when, rebase=[when[13]])
    assert [group.n for group in rebased.groups] == [12, 12]
    assert rebased.variation == "common_cause"
    assert whole.groups[0].mean != fixed.groups[0].mean


def test_chances_between_events_by_hand() -> None:
    """Mean 20: the median line 0.693 x 20 = 13.86, the upper limit 20 + 3 sqrt(20 x 21) = 81.48, no lower one."""
    when = events([30] * 9)
    made = spc.g_chart(when, [20, 5, 35, 20, 12, 28, 20, 40, 0, 20])
    (group,) = made.groups
    assert group.mean == pytest.approx(13.86)
    assert group.upl == pytest.approx(20 + 3 * math.sqrt(420))
    assert (group.lpl, group.near_lpl) == (None, None)
    assert made.points[8].outside_limits is False
    assert (made.kind, made.assurance) == ("g", None)


def test_runs_are_counted_about_the_median_line() -> None:
    """Seven at 15, between the median line and the mean, are seven above."""
    counts = [9, 60] * 7 + [15] * 7
    made = spc.g_chart(events([7] * 20), counts, fix_after=14)
    assert made.groups[0].mean == pytest.approx(0.693 * 34.5)
    assert {point.special_cause_type for point in made.points[14:]} == {"7 Points Below CL"}
    assert made.variation == "special_cause_concern"


def test_a_count_beyond_the_upper_limit_and_a_missing_one() -> None:
    made = spc.g_chart(events([7] * 13), [4, 6] * 6 + [None, 60], fix_after=12)
    assert made.points[-1].special_cause_type == "Above UCL"
    assert made.points[-2].value is None


def test_what_is_refused() -> None:
    with pytest.raises(UserError, match="0 or more"):
        spc.g_chart(events([1]), [1, -1])
    with pytest.raises(UserError, match="2 events but 1 counts"):
        spc.g_chart(events([1]), [1])
    with pytest.raises(UserError, match="Unknown direction"):
        spc.t_chart(events([1]), improvement="up")
