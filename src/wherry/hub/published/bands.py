"""Arithmetic of week bands: shares within a limit, numbers beyond one, medians and percentiles.

A published table says how many people are in each band of one week, not how long each waited. NHS England estimates
medians and percentiles by taking the people of a band to be spread evenly over its week, and so do we: the wait at
share p of n people is where the running count reaches p x n, a band being crossed in a straight line. A point in the
last band, which has no upper end, is not estimated: all that is known is that it lies beyond the band's lower edge.

Source: NHS England, RTT waiting times statistics, annex on the methodology of median and percentile waits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wherry.errors import UserError

_BAND = re.compile(r"^\s*(?:gt|>)\s*0*(\d+)\s*(?:(?:to|-)\s*0*(\d+)\s*)?\+?\s*(?:weeks|wks)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Band:
    """A band of waits: more than `lower` weeks, up to and with `upper`; the last has no upper end."""

    lower: int
    upper: int | None

    @property
    def column(self) -> str:
        """Name of the band's column in the published table."""
        return f"band_{self.lower:03d}"

    @property
    def words(self) -> str:
        """The band as people read it: 17-18, or 104+."""
        return f"{self.lower}+" if self.upper is None else f"{self.lower}-{self.upper}"


def from_heading(text: str) -> Band | None:
    """The band that a column heading names, or None.

    >>> from_heading("Gt 00 To 01 Weeks SUM 1"), from_heading("Gt 52 Weeks SUM 1"), from_heading("Total")
    (Band(lower=0, upper=1), Band(lower=52, upper=None), None)
    """
    found = _BAND.match(text)
    if not found:
        return None
    return Band(int(found.group(1)), int(found.group(2)) if found.group(2) else None)


def check(bands: Sequence[Band]) -> None:
    """Raise `UserError` unless the bands run from 0 without gap or overlap and end in one open band."""
    expected = 0
    for index, band in enumerate(bands):
        last = index == len(bands) - 1
        if (
            band.lower != expected
            or (band.upper is None) != last
            or (band.upper is not None and band.upper <= band.lower)
        ):
            raise UserError(
                f"The week bands do not follow one another: found {band.words} where {expected} should begin."
            )
        expected = band.upper if band.upper is not None else expected
    if not bands:
        raise UserError("There are no week bands.")


def within(counts: Sequence[float], bands: Sequence[Band], weeks: int) -> float | None:
    """How many waited up to and with `weeks`; None if no band ends there.

    >>> bands = (Band(0, 1), Band(1, 2), Band(2, None))
    >>> within((3, 4, 5), bands, 2), within((3, 4, 5), bands, 18)
    (7, None)
    """
    if weeks != 0 and all(band.upper != weeks for band in bands):
        return None
    return sum(
        count for count, band in zip(counts, bands, strict=True) if band.upper is not None and band.upper <= weeks
    )


def beyond(counts: Sequence[float], bands: Sequence[Band], weeks: int) -> float | None:
    """How many waited longer than `weeks`; None if no band begins there.

    >>> bands = (Band(0, 1), Band(1, 2), Band(2, None))
    >>> beyond((3, 4, 5), bands, 1), beyond((3, 4, 5), bands, 52)
    (9, None)
    """
    if all(band.lower != weeks for band in bands):
        return None
    return sum(count for count, band in zip(counts, bands, strict=True) if band.lower >= weeks)


@dataclass(frozen=True)
class Percentile:
    """A wait in weeks at a share of the list. `weeks` is None without people, or when it lies `beyond` the last
    edge."""

    share: float
    weeks: float | None
    beyond: int | None

    @property
    def words(self) -> str:
        """As people read it: 13.4 weeks, more than 104 weeks, or not known."""
        if self.beyond is not None:
            return f"more than {self.beyond} weeks"
        return "not known" if self.weeks is None else f"{self.weeks:.1f} weeks"


def percentile(counts: Sequence[float], bands: Sequence[Band], share: float) -> Percentile:
    """The wait at `share` (0 < share <= 1) of the list, by interpolation inside the week band.

    Worked example: 10 people wait up to a week, 30 between one and two. Half of 40 is 20, which is 10 people, a third
    of the way, into the second band.

    >>> percentile((10, 30, 0), (Band(0, 1), Band(1, 2), Band(2, None)), 0.5)
    Percentile(share=0.5, weeks=1.3333333333333333, beyond=None)
    >>> percentile((10, 30, 60), (Band(0, 1), Band(1, 2), Band(2, None)), 0.92)
    Percentile(share=0.92, weeks=None, beyond=2)
    """
    if not 0 < share <= 1:
        raise ValueError(f"a share lies above 0 and up to 1, not {share}")
    total = sum(counts)
    if total <= 0:
        return Percentile(share, None, None)
    target, below = share * total, 0.0
    for count, band in zip(counts, bands, strict=True):
        if count > 0 and below + count >= target - 1e-9 * total:
            if band.upper is None:
                return Percentile(share, None, band.lower)
            into = min(1.0, max(0.0, (target - below) / count))
            return Percentile(share, band.lower + into * (band.upper - band.lower), None)
        below += count
    raise AssertionError("the running count always reaches the total")
