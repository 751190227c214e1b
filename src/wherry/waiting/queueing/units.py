"""Times and rates that carry their unit, so that a mean wait in days is never set against a target in weeks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import overload

_WEEK = 7.0


def _finite(value: float, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{what} is a number, not {type(value).__name__}: {value!r}")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{what} is a finite number of 0 or more, not {value!r}")
    return float(value)


@dataclass(frozen=True, order=True)
class Duration:
    """A time, kept in days. Make one with `days(...)` or `weeks(...)`.

    >>> weeks(2) == days(14), weeks(52) / weeks(4), days(126).weeks
    (True, 13.0, 18.0)
    """

    days: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", _finite(self.days, "a duration in days"))

    @property
    def weeks(self) -> float:
        """The same in weeks."""
        return self.days / _WEEK

    def __add__(self, other: Duration) -> Duration:
        return Duration(self.days + _duration(other).days)

    def __mul__(self, number: float) -> Duration:
        return Duration(self.days * _finite(number, "a multiple of a duration"))

    __rmul__ = __mul__

    @overload
    def __truediv__(self, other: Duration) -> float: ...
    @overload
    def __truediv__(self, other: float) -> Duration: ...
    def __truediv__(self, other: Duration | float) -> float | Duration:
        if isinstance(other, Duration):
            return self.days / other.days
        return Duration(self.days / _finite(other, "a divisor"))


@dataclass(frozen=True, order=True)
class Rate:
    """People over time, kept a day. Make one with `per_day(...)` or `per_week(...)`.

    >>> per_week(14) == per_day(2), per_week(30) * weeks(13)
    (True, 390.0)
    """

    per_day: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "per_day", _finite(self.per_day, "a rate a day"))

    @property
    def per_week(self) -> float:
        """The same a week."""
        return self.per_day * _WEEK

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.per_day + _rate(other).per_day)

    def __mul__(self, time: Duration) -> float:
        """People in a time."""
        return self.per_day * _duration(time).days

    def __truediv__(self, other: Rate) -> float:
        return self.per_day / _rate(other).per_day


def _duration(value: Duration) -> Duration:
    if not isinstance(value, Duration):
        raise TypeError(f"a time needs its unit: days({value!r}) or weeks({value!r})")
    return value


def _rate(value: Rate) -> Rate:
    if not isinstance(value, Rate):
        raise TypeError(f"a rate needs its unit: per_day({value!r}) or per_week({value!r})")
    return value


def days(number: float) -> Duration:
    """A time of so many days."""
    return Duration(number)


def weeks(number: float) -> Duration:
    """A time of so many weeks."""
    return Duration(_finite(number, "a duration in weeks") * _WEEK)


def per_day(people: float) -> Rate:
    """So many people a day."""
    return Rate(people)


def per_week(people: float) -> Rate:
    """So many people a week."""
    return Rate(_finite(people, "a rate a week") / _WEEK)
