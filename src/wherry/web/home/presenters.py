"""The control room's numbers as people read them."""

from __future__ import annotations

from wherry.web.components.formats import count, percent
from wherry.web.home.measures import Count, Measure

#: Below this a count by specialty is not shown to those who see totals only, and others are rounded to it.
SMALL = 5


def number(measure: Measure, counted: Count | None) -> str:
    """The number of a tile: a share where the standard is about one, otherwise how many; never zero for unknown."""
    if counted is None:
        return "not known"
    return percent(counted.share) if measure.share else count(counted.number)


def beside(measure: Measure, counted: Count | None) -> str:
    """What belongs beside the number: how many a share is of, and what share a count is.

    >>> from wherry.web.home.measures import BY_CODE
    >>> beside(BY_CODE["within_18"], Count(600, 1000)), beside(BY_CODE["over_52"], Count(12, 1000))
    ('600 of 1,000 pathways with a known start', '1.2% of pathways with a known start')
    """
    if counted is None:
        return ""
    if measure.share:
        return f"{count(counted.number)} of {count(counted.of)} pathways with a known start"
    if counted.of and counted.share is not None:
        return f"{percent(counted.share)} of pathways with a known start"
    return "pathway" if counted.number == 1 else "pathways"


def change(measure: Measure, now: Count | None, was: Count | None, since: str) -> str:
    """Which way it goes.

    >>> from wherry.web.home.measures import BY_CODE
    >>> change(BY_CODE["over_65"], Count(3, None), Count(15, None), "24 January 2026")
    '▼ 12 fewer than on 24 January 2026'
    >>> change(BY_CODE["within_18"], Count(60, 100), Count(590, 1000), "24 January 2026")
    '▲ 1.0 percentage points higher than on 24 January 2026'
    >>> change(BY_CODE["over_65"], Count(3, None), None, "24 January 2026")
    ''
    """
    if now is None or was is None:
        return ""
    if measure.share:
        if now.share is None or was.share is None:
            return ""
        points = round(100 * (now.share - was.share), 1)
        words, more, fewer = f"{abs(points):.1f} percentage points", "higher", "lower"
    else:
        points = now.number - was.number
        words, more, fewer = count(int(abs(points))), "more", "fewer"
    if not points:
        return f"the same as on {since}"
    return f"▲ {words} {more} than on {since}" if points > 0 else f"▼ {words} {fewer} than on {since}"


def rounded(counted: Count | None, exact: bool) -> str:
    """A count by specialty: exact for those who may see rows, otherwise rounded to five, small ones withheld.

    >>> rounded(Count(3, None), True), rounded(Count(3, None), False), rounded(Count(43, None), False)
    ('3', 'fewer than 5', '45')
    >>> rounded(Count(0, None), False), rounded(None, True)
    ('fewer than 5', '0')
    """
    value = counted.number if counted else 0
    if exact:
        return count(value)
    return f"fewer than {SMALL}" if value < SMALL else count(SMALL * round(value / SMALL))
