"""Each rule on a worked example: published ones where there are, otherwise numbers that can be done by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from wherry.errors import UserError
from wherry.performance import spc


def chart(values: Sequence[float | None], improvement: str = "increase", **more: object) -> spc.Chart:
    """A chart of months or days one after the other."""
    return spc.chart(days(len(values)), values, improvement=improvement, **more)  # type: ignore[arg-type]


def days(count: int) -> list[date]:
    return [date(2025, 1, 1) + timedelta(days=at) for at in range(count)]


def causes(made: spc.Chart) -> list[str]:
    return [point.special_cause_type for point in made.points]


#: Mean 10, every moving range 2: limits 4.68 and 15.32, near limits 6.4533 and 13.5467. A baseline to add to.
STEADY = [9.0, 11.0] * 6


def after(*more: float | None, **options: object) -> spc.Chart:
    """The steady baseline, fixed, and more points."""
    return chart([*STEADY, *more], fix_after=12, **options)  # type: ignore[arg-type]


# --- limits


def test_limits_of_the_nist_handbook() -> None:
    """NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: mean 50.81, mean range 1.8778, limits 45.8159, 55.8041.

    The handbook divides by d2 = 1.128; 2.66 is 3 / 1.128 to two places.
    """
    flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    (group,) = chart(flow).groups
    assert group.mean == pytest.approx(50.81)
    assert group.average_range == pytest.approx(1.8778, abs=5e-5)
    assert (group.lpl, group.upl) == (pytest.approx(45.8159, abs=1e-3), pytest.approx(55.8041, abs=1e-3))


#: Data of the NHS-R community's vignette "Deviations from Excel defaults": one outlier among ones and twos.
VIGNETTE = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]


def test_an_outlier_widens_no_limits_when_it_is_screened() -> None:
    """The ranges are fifteen ones, an 8 and a 9: 32 / 17 = 1.88, times 3.267 is 6.15, so 8 and 9 go. The mean keeps
    all."""
    screened = chart(VIGNETTE).groups[0]
    assert screened.mean == pytest.approx(35 / 18)
    assert screened.average_range == 1.0
    assert (screened.lpl, screened.upl) == (pytest.approx(35 / 18 - 2.66), pytest.approx(35 / 18 + 2.66))
    as_spreadsheet = chart(VIGNETTE, options=spc.SPREADSHEET).groups[0]
    assert as_spreadsheet.upl == pytest.approx(35 / 18 + 2.66 * 32 / 17)


def test_screening_is_done_once() -> None:
    """Ranges 1 (20 times), 5, 5 and 30, 30: once screened at 3.267 x 90/24 = 12.25; a second time 5 would go too."""
    values = [0, 1] * 10 + [0, 5, 0, 30, 0]
    made = chart(values).groups[0]
    assert made.average_range == pytest.approx((20 * 1 + 5 + 5) / 22)


def test_a_range_at_its_limit_is_screened() -> None:
    """Below is kept, at the limit is not: ranges x (k times) and y with y = 3.267 (kx + y) / (k + 1)."""
    k, x = 3266, 1.0
    y = 3.267 * k * x / (k + 1 - 3.267)
    values: list[float] = [0.0]
    for at in range(k):
        values.append(values[-1] + (x if at % 2 == 0 else -x))
    values.append(values[-1] + y)
    assert chart(values).groups[0].average_range == pytest.approx(1.0, rel=1e-12)


def test_a_constant_series_has_limits_at_its_mean_and_says_nothing() -> None:
    for value in (0.1, 0.0, 95.3, 1e9 + 0.1, -7):
        made = chart([value] * 11)
        (group,) = made.groups
        assert group.mean == group.lpl == group.upl == value
        assert causes(made) == ["Common Cause"] * 11
        assert {point.outside_limits for point in made.points} == {False}


def test_one_point_has_a_mean_and_no_limits() -> None:
    (group,) = chart([5], target=3).groups
    assert (group.n, group.mean, group.lpl, group.upl) == (1, 5, None, None)
    made = chart([5], target=3)
    assert (made.variation, made.assurance) == ("", None)
    assert (made.points[0].outside_limits, made.points[0].relative_to_mean) == (None, 0)


def test_no_points_and_only_missing_ones() -> None:
    assert chart([]).points == chart([]).groups == ()
    assert (chart([]).variation, chart([], target=1).assurance) == ("", None)
    made = chart([None, None], target=1)
    assert made.groups[0][2:6] == (2, None, None, None)
    assert causes(made) == ["Common Cause"] * 2


# --- beyond a limit


def test_a_point_beyond_a_limit_and_one_on_it() -> None:
    assert causes(after(15.33))[-1] == "Above UCL"
    assert causes(after(4.67))[-1] == "Below LCL"
    for on_it in (15.32, 4.68):
        made = after(on_it)
        assert causes(made)[-1] == "Common Cause"
        assert made.points[-1].outside_limits is False
        assert made.points[-1].close_to_limits is True


def test_close_is_between_the_near_limit_and_the_limit() -> None:
    near = 10 + 2 * 2.66 * 2 / 3
    assert after(near).points[-1].close_to_limits is False
    assert after(near + 1e-6).points[-1].close_to_limits is True
    assert after(16).points[-1].close_to_limits is False


# --- shift


def test_seven_points_on_one_side_are_a_shift_and_six_are_not() -> None:
    """Making Data Count: a run of consecutive points on one side of the mean. The baseline's last, 11, begins one."""
    six = after(9, *[11, 12, 11, 12, 11, 12])
    assert causes(six)[13:] == ["Common Cause"] * 6
    seven = after(9, *[11, 12, 11, 12, 11, 12, 11])
    assert causes(seven)[13:] == ["7 Points Above CL"] * 7
    assert causes(after(9, *[11, 12, 11, 12, 11, 12], options=spc.SIX))[13:] == ["6 Points Above CL"] * 6
    assert causes(after(*[9, 8, 9, 8, 9, 8, 9]))[12:] == ["7 Points Below CL"] * 7


def test_a_point_on_the_mean_breaks_a_shift() -> None:
    made = after(*[9, 8, 9, 10, 9, 8, 9, 8])
    assert made.points[15].relative_to_mean == 0
    assert causes(made)[12:] == ["Common Cause"] * 8


def test_a_mean_that_rounding_misses_still_breaks_a_shift() -> None:
    """0.1 + 0.2 is not 0.3 in binary: the point on the mean of 0.1, 0.2, 0.3 is on it all the same."""
    values = [0.1, 0.3] * 6 + [0.3, 0.3, 0.3, 0.1 + 0.1, 0.3, 0.3, 0.3]
    made = chart(values, fix_after=12)
    assert made.points[15].relative_to_mean == 0
    assert "7 Points Above CL" not in causes(made)


def test_a_missing_point_breaks_no_shift_and_no_trend_and_is_common_cause() -> None:
    shifted = after(9, *[11, 12, 11, None, 12, 11, 12, 11])
    assert causes(shifted)[13:] == ["7 Points Above CL"] * 3 + ["Common Cause"] + ["7 Points Above CL"] * 4
    rising = chart([1, 2, 3, None, 4, 5, 6, 7])
    assert {cause for cause in causes(rising) if "Trend" in cause} == {"7 Point Trend (Increasing)"}
    missing = rising.points[3]
    assert (missing.value, missing.special_cause_type, missing.point_type) == (None, "Common Cause", "common_cause")
    assert (missing.outside_limits, missing.relative_to_mean, missing.close_to_limits) == (None, None, None)


def test_no_range_is_made_across_a_missing_point() -> None:
    """1 and 9 are not neighbours: the ranges are 1 and 1, and the missing point counts for nothing."""
    made = chart([1, 2, None, 9, 8])
    assert made.groups[0].average_range == 1.0
    assert (made.groups[0].n, made.groups[0].mean) == (5, 5.0)


# --- trend


def test_seven_points_that_rise_are_a_trend_and_a_tie_breaks_it() -> None:
    """Six strict moves. Within limits, so that nothing outranks it."""
    rise = [9.1, 9.2, 9.3, 9.4, 9.5, 9.6, 9.7]
    made = after(9.5, *rise)
    assert causes(made)[13:] == ["7 Point Trend (Increasing)"] * 7
    assert made.points[-1].point_type == "special_cause_improvement"
    tied = after(9.5, *[9.1, 9.2, 9.3, 9.3, 9.4, 9.5, 9.6])
    assert not any("Trend" in cause for cause in causes(tied))
    assert causes(after(9.5, *rise[:6], options=spc.SIX))[13:] == ["6 Point Trend (Increasing)"] * 6
    fall = after(11, *[10.9 - 0.1 * at for at in range(7)])
    assert causes(fall)[12:19] == ["7 Point Trend (Decreasing)"] * 7
    assert fall.points[-1].point_type == "special_cause_concern"


def test_a_trend_below_the_mean_goes_by_its_direction_not_its_side() -> None:
    """What falls is falling, on whichever side: the package's issue 171."""
    made = after(10.5, *[11.9 - 0.1 * at for at in range(7)])
    assert {point.relative_to_mean for point in made.points[13:]} == {1}
    assert {point.point_type for point in made.points[13:]} == {"special_cause_concern"}


def test_the_turn_of_two_trends_belongs_to_the_later_one() -> None:
    made = after(8.8, *[9.2 + 0.1 * at for at in range(7)], *[9.8 - 0.1 * at for at in range(1, 8)])
    assert causes(made)[12:] == ["7 Point Trend (Increasing)"] * 7 + ["7 Point Trend (Decreasing)"] * 8


def test_two_rising_trends_with_a_fall_between_both_rise() -> None:
    rise = [9.1 + 0.1 * at for at in range(7)]
    made = after(9.5, *rise, *rise)
    assert causes(made)[13:] == ["7 Point Trend (Increasing)"] * 14


# --- two in three


@pytest.mark.parametrize(
    ("points", "flagged"),
    [
        ([14, 11, 14], [0, 2]),
        ([11, 14, 14], [1, 2]),
        ([14, 14, 11], [0, 1]),
        ([14, 14, 14], [0, 1, 2]),
        ([14, 11, 11, 14], []),  # three apart
        ([14, 11, 11, 14, 14], [3, 4]),
        ([14, 9, 14], []),  # the third on the other side
        ([14, 14, 9], []),
        ([14, 10, 14], []),  # the third on the mean
        ([14, 6], []),  # on both sides
    ],
)
def test_two_of_three_close_to_a_limit(points: list[float], flagged: list[int]) -> None:
    """The package's own vectors (its tests of two in three), on a chart: only the two close ones are named."""
    made = after(9, *points)
    assert [at for at, cause in enumerate(causes(made)[13:]) if cause == "2 in 3 Above CL"] == flagged
    mirrored = after(11, *[20 - point for point in points])
    assert [at for at, cause in enumerate(causes(mirrored)[13:]) if cause == "2 in 3 Below CL"] == flagged


def test_two_of_three_needs_three_points() -> None:
    """At the end of a group two close points alone are none: there is no third."""
    made = chart([*STEADY, 11, 9, 14, 14], fix_after=12, rebase=[days(16)[14]])
    assert "2 in 3 Above CL" not in causes(made)


def test_the_packages_example_of_opposite_sides() -> None:
    """NHSRplotthedots' test: ones and minus ones, then 5.5 and -5.5: common cause."""
    made = chart([1, -1] * 7 + [5.5, -5.5])
    assert causes(made)[-2:] == ["Common Cause"] * 2


def test_beyond_a_limit_counts_towards_two_in_three_only_as_the_spreadsheet_does() -> None:
    values = [*STEADY, 9, 16, 11, 14]
    assert causes(chart(values, fix_after=12))[13:] == ["Above UCL", "Common Cause", "Common Cause"]
    as_spreadsheet = chart(values, fix_after=12, options=spc.SPREADSHEET)
    assert causes(as_spreadsheet)[13:] == ["Above UCL", "Common Cause", "2 in 3 Above CL"]


# --- which name wins


def test_names_in_order_outside_trend_two_in_three_shift() -> None:
    """Seven above the mean, the last three close, then beyond."""
    made = after(9, *[11, 12, 11, 12, 14, 14, 14, 16])
    assert causes(made)[13:] == ["7 Points Above CL"] * 4 + ["2 in 3 Above CL"] * 3 + ["Above UCL"]
    rising = after(9, *[10.5, 11, 11.5, 12, 13.6, 14, 14.5, 16])
    assert causes(rising)[12:] == ["7 Point Trend (Increasing)"] * 8 + ["Above UCL"]


@pytest.mark.parametrize(
    ("direction", "high", "low"),
    [
        ("increase", "special_cause_improvement", "special_cause_concern"),
        ("decrease", "special_cause_concern", "special_cause_improvement"),
        ("neutral", "special_cause_neutral_high", "special_cause_neutral_low"),
    ],
)
def test_types_by_direction(direction: str, high: str, low: str) -> None:
    assert after(16, improvement=direction).variation == high
    assert after(4, improvement=direction).variation == low
    assert after(10, improvement=direction).variation == "common_cause"


# --- groups


def test_a_rebase_begins_everything_anew() -> None:
    """Seven above, four before and three after the rebase, are no shift; each group has its own limits."""
    values = [*STEADY, 9, 11, 11, 11, 11, 31, 31, 31]
    made = chart(values, rebase=[days(20)[17]])
    assert [(group.group, group.start, group.n) for group in made.groups] == [(0, 0, 17), (1, 17, 3)]
    assert made.groups[1][3:6] == (31, 31, 31)
    assert causes(made) == ["Common Cause"] * 20


def test_rebases_not_in_the_data_twice_or_on_the_first_day() -> None:
    when = days(6)
    made = spc.chart(when, [1, 2, 1, 2, 1, 2], improvement="increase", rebase=[date(2030, 1, 1), when[3], when[3]])
    assert [(group.group, group.n) for group in made.groups] == [(0, 3), (1, 3)]
    first = spc.chart(when, [1, 2, 1, 2, 1, 2], improvement="increase", rebase=[when[0]])
    assert [(group.group, group.n) for group in first.groups] == [(1, 6)]


def test_a_baseline_is_fixed_in_each_group_to_its_first_points_missing_ones_counted() -> None:
    values: list[float | None] = [*STEADY, 30.0, 31.0, *[value + 100 for value in STEADY], 200.0]
    made = chart(values, rebase=[days(27)[14]], fix_after=12)
    assert [(group.mean, group.average_range) for group in made.groups] == [(10, 2), (110, 2)]
    values[0] = None  # the first twelve are now eleven values
    assert chart(values, fix_after=12).groups[0].mean == pytest.approx((6 * 11 + 5 * 9) / 11)
    with pytest.raises(UserError, match="first 12 points or more, not to 11"):
        chart(STEADY, fix_after=11)


def test_a_series_of_fewer_than_thirteen_points_says_nothing_to_the_spreadsheet() -> None:
    """Points of the whole chart, missing ones not counted."""
    twelve = chart([*STEADY[:11], 100], options=spc.SPREADSHEET, target=1)
    assert twelve.groups[0][3:] == (None,) * 6
    assert (twelve.variation, twelve.assurance) == ("", None)
    assert causes(twelve) == ["Common Cause"] * 12
    assert chart([*STEADY, None], options=spc.SPREADSHEET).groups[0].upl is None
    assert chart([*STEADY, 9], options=spc.SPREADSHEET).groups[0].upl is not None
    split = chart([*STEADY, 9], options=spc.SPREADSHEET, rebase=[days(13)[6]])
    assert all(group.upl is not None for group in split.groups)


# --- assurance


@pytest.mark.parametrize(
    ("target", "rising", "falling"),
    [
        (15.33, "consistent_fail", "consistent_pass"),
        (15.32, "inconsistent", "inconsistent"),  # on the limit
        (10, "inconsistent", "inconsistent"),
        (4.68, "inconsistent", "inconsistent"),
        (4.67, "consistent_pass", "consistent_fail"),
    ],
)
def test_assurance_by_the_limits(target: float, rising: str, falling: str) -> None:
    assert chart(STEADY, "increase", target=target).assurance == rising
    assert chart(STEADY, "decrease", target=target).assurance == falling
    assert chart(STEADY, "neutral", target=target).assurance is None
    assert chart(STEADY, "increase").assurance is None


def test_assurance_is_of_the_last_limits() -> None:
    values = [*STEADY, *[value + 20 for value in STEADY]]
    assert chart(values, target=20).assurance == "inconsistent"
    assert chart(values, target=20, rebase=[days(24)[12]]).assurance == "consistent_pass"


def test_a_target_of_a_constant_series() -> None:
    assert chart([0.1] * 5, target=0.1).assurance == "inconsistent"
    assert chart([0.1] * 5, target=0.2).assurance == "consistent_fail"


# --- what is refused


def test_what_is_refused_is_said() -> None:
    with pytest.raises(UserError, match="Unknown direction of improvement 'up'"):
        chart([1, 2], "up")
    with pytest.raises(UserError, match="2025-01-01 is there twice"):
        spc.chart([days(1)[0]] * 2, [1, 2], improvement="increase")
    with pytest.raises(UserError, match="1 dates but 2 values"):
        spc.chart(days(1), [1, 2], improvement="increase")
    with pytest.raises(UserError, match="not a finite number"):
        chart([1, float("inf")])


def test_not_a_number_is_missing() -> None:
    made = chart([1.0, float("nan"), 2.0])
    assert made.points[1].value is None
    assert made.groups[0].mean == 1.5


def test_options_are_their_own() -> None:
    """A preset is not changed by those who vary it."""
    assert replace(spc.SPREADSHEET, shift=6, trend=6) != spc.SPREADSHEET
    assert (spc.SPREADSHEET.shift, spc.SPREADSHEET.screen, spc.SPREADSHEET.minimum_points) == (7, False, 13)
