"""What a process-control chart is made of: its options, its points, its groups, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

IMPROVEMENT = "special_cause_improvement"
CONCERN = "special_cause_concern"
NEUTRAL_HIGH = "special_cause_neutral_high"
NEUTRAL_LOW = "special_cause_neutral_low"
COMMON = "common_cause"
POINT_TYPES = (COMMON, IMPROVEMENT, CONCERN, NEUTRAL_HIGH, NEUTRAL_LOW)
#: What `special_cause_type` reads where there is nothing special.
COMMON_CAUSE = "Common Cause"

PASS = "consistent_pass"  # noqa: S105
FAIL = "consistent_fail"
INCONSISTENT = "inconsistent"
ASSURANCES = (PASS, FAIL, INCONSISTENT)

DIRECTIONS = ("increase", "decrease", "neutral")


@dataclass(frozen=True)
class Options:
    """The rules of a chart.

    `shift`: points in a row on one side of the mean. `trend`: points in a row that rise or fall. `screen`: whether
    moving ranges of 3.267 times their average and more are left out of the average, once.
    `two_in_three_includes_outside`: whether a point beyond a limit counts towards two in three. `minimum_points`: a
    series of fewer points gets no limits, no special cause and no assurance.
    """

    shift: int = 7
    trend: int = 7
    screen: bool = True
    two_in_three_includes_outside: bool = False
    minimum_points: int = 0


#: Sevens, screened ranges: as the NHS-R community's package charts.
DEFAULT = Options()
#: The same with runs of six.
SIX = Options(shift=6, trend=6)
#: As NHS England's spreadsheet charts: nothing is screened, points beyond a limit count towards two in three, and a
#: series of fewer than 13 points says nothing.
SPREADSHEET = Options(screen=False, two_in_three_includes_outside=True, minimum_points=13)
PRESETS: Mapping[str, Options] = MappingProxyType({"default": DEFAULT, "six": SIX, "spreadsheet": SPREADSHEET})


class Point(NamedTuple):
    """One point. What is not known of a missing value, or without limits, is None.

    `group` counts rebases, from 0. `near_lpl` and `near_upl` are two thirds of the way to the limits.
    `relative_to_mean` is -1, 0 or 1.
    """

    date: date
    value: float | None
    group: int
    mean: float | None
    lpl: float | None
    upl: float | None
    near_lpl: float | None
    near_upl: float | None
    outside_limits: bool | None
    relative_to_mean: int | None
    close_to_limits: bool | None
    special_cause_type: str
    point_type: str


class Group(NamedTuple):
    """The points from one rebase to the next: `points[start : start + n]`, missing values counted."""

    group: int
    start: int
    n: int
    mean: float | None
    lpl: float | None
    upl: float | None
    near_lpl: float | None
    near_upl: float | None
    average_range: float | None


@dataclass(frozen=True)
class Chart:
    """A chart worked out. `kind`: xmr, t (days between events) or g (number between events)."""

    points: tuple[Point, ...]
    groups: tuple[Group, ...]
    improvement: str
    target: float | None = None
    options: Options = field(default=DEFAULT)
    kind: str = "xmr"

    @property
    def last(self) -> Point | None:
        """The last point, missing or not; None of an empty chart."""
        return self.points[-1] if self.points else None

    @property
    def variation(self) -> str:
        """The last point's type; blank where there is nothing to say: no points, a missing last one, no limits."""
        last = self.last
        return "" if last is None or last.value is None or (last.lpl is None and last.upl is None) else last.point_type

    @property
    def assurance(self) -> str | None:
        """Whether the target will be met as things are (the last limits); None without target, limits or direction.

        For what should rise, a target above the upper limit is missed and one below the lower is met; for what should
        fall the other way round. Between them, or on one, it is hit or miss. Rare events have none.
        """
        last = self.last
        if last is None or self.target is None or self.kind != "xmr" or self.improvement == "neutral":
            return None
        if last.lpl is None or last.upl is None:
            return None
        from wherry.performance.spc.rules import noise

        slack = noise([self.target, last.lpl, last.upl])
        rising = self.improvement == "increase"
        if self.target > last.upl + slack:
            return FAIL if rising else PASS
        if self.target < last.lpl - slack:
            return PASS if rising else FAIL
        return INCONSISTENT
