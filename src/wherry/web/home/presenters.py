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


def change(number_of: int | None, since: str) -> str:
    """Which way it goes.

    >>> change(-12, "24 January 2026"), change(0, "24 January 2026"), change(None, "")
    ('▼ 12 fewer than on 24 January 2026', 'the same as on 24 January 2026', '')
    """
    if number_of is None:
        return ""
    if number_of == 0:
        return f"the same as on {since}"
    return (
        f"▼ {count(-number_of)} fewer than on {since}"
        if number_of < 0
        else f"▲ {count(number_of)} more than on {since}"
    )


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
