"""Charts of rare events: days between them (T), or how many chances between them (G). Up is better: longer without.

T: days are made nearly normal by their 3.6th root (Nelson, Journal of Quality Technology 26(3), 1994), charted as any
individual values, and limits turned back. G: the geometric distribution's standard deviation is the root of
g (g + 1), g being the mean; the upper limit lies three of them above the mean, there is none below, and runs are
counted about the median, 0.693 g (Benneyan, Health Care Management Science 4(4), 2001; Provost and Murray, The Health
Care Data Guide, 2011). Neither has an assurance: a target for the time between harms means little.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import pairwise

from wherry.errors import UserError
from wherry.performance.spc.charts import assemble, check
from wherry.performance.spc.model import DEFAULT, Chart, Options
from wherry.performance.spc.rules import NO_LIMITS, Limits, mean_of

#: The root that makes exponential times nearly normal.
ROOT = 3.6
#: Median over mean of a geometric distribution of rare events: the natural logarithm of 2.
MEDIAN_SHARE = 0.693


def t_chart(
    dates: Sequence[date],
    *,
    improvement: str = "increase",
    rebase: Collection[date] = (),
    fix_after: int | None = None,
    options: Options = DEFAULT,
) -> Chart:
    """Days from each event to the next, one point at every event but the first.

    `dates` are the events' (with times, days are fractions); several on one day are 0 days apart. Raises `UserError`
    for an unknown direction or too short a baseline.

    >>> t_chart([date(2025, 1, 1), date(2025, 1, 11), date(2025, 2, 1)]).points[1].value
    21.0
    """
    check(improvement, fix_after)
    events = sorted(dates)
    days = [_days(after, before) for before, after in pairwise(events)]
    return assemble(
        events[1:],
        [value ** (1 / ROOT) for value in days],
        improvement=improvement,
        target=None,
        rebase=rebase,
        fix_after=fix_after,
        options=options,
        kind="t",
        values=days,
        shown=_back,
    )


def g_chart(
    dates: Sequence[date],
    counts: Sequence[float | None],
    *,
    improvement: str = "increase",
    rebase: Collection[date] = (),
    fix_after: int | None = None,
    options: Options = DEFAULT,
) -> Chart:
    """How many went well (operations, admissions) before each event.

    `dates` are the events', `counts` the chances between the one before and it, None where not known. The mean of
    points and groups is the median line. Raises `UserError` for counts below nought or lists of different lengths.
    """
    check(improvement, fix_after)
    if len(dates) != len(counts):
        raise UserError(f"There are {len(dates)} events but {len(counts)} counts: one count an event.")
    for day, count in zip(dates, counts, strict=True):
        if count is not None and not 0 <= count < math.inf:
            raise UserError(f"The count before the event of {day} is {count}: it is 0 or more.")
    order = sorted(range(len(dates)), key=dates.__getitem__)
    return assemble(
        [dates[at] for at in order],
        [counts[at] for at in order],
        improvement=improvement,
        target=None,
        rebase=rebase,
        fix_after=fix_after,
        options=options,
        kind="g",
        limits_of=geometric,
    )


def geometric(values: Sequence[float | None], screen: bool = False) -> Limits:
    """Median line and upper limits of counts between events; there is nothing to screen.

    >>> geometric([0.0, 4.0, 8.0])
    Limits(mean=2.772, lpl=None, upl=17.41640786499874, near_lpl=None, near_upl=12.94427190999916, average_range=None)
    """
    present = [value for value in values if value is not None]
    if not present:
        return NO_LIMITS
    mean = mean_of(present)
    spread = math.sqrt(mean * (mean + 1))
    return Limits(MEDIAN_SHARE * mean, None, mean + 3 * spread, None, mean + 2 * spread, None)


def _days(after: date, before: date) -> float:
    if isinstance(after, datetime) and isinstance(before, datetime):
        return (after - before).total_seconds() / 86_400
    return float(after.toordinal() - before.toordinal())


def _back(found: Limits) -> Limits:
    """Limits in days. A lower one that is not above nought is none."""
    mean, lpl, upl, near_lpl, near_upl, average = found

    def days(root: float | None) -> float | None:
        return None if root is None or root <= 0 else float(root**ROOT)

    return Limits(
        None if mean is None else max(mean, 0.0) ** ROOT, days(lpl), days(upl), days(near_lpl), days(near_upl), average
    )
