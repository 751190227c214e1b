"""Who is yet to come: arrivals by day and hour, their present level, and how much more a day varies than chance.

A stream is everybody who comes one way to one site: to the emergency department, straight to a bed in an emergency, by
transfer, in maternity, or for planned care. A day's number is `level * weekday`; bank holidays are a weekday of their
own, mixed with no effect, for a half year has few. The level follows the last weeks, a day counting half after the
settings' half-life: that is how the season comes in. Days vary by more than chance with variance
`mean + spread * mean ** 2`, `spread` fitted from the days of the history.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.flow.forecast import clock
from wherry.flow.forecast.past import KINDS, Past
from wherry.flow.forecast.settings import Settings

Array = npt.NDArray[np.float64]
#: Ways of coming: to the department, then the kinds of `past.KINDS` that come straight to a bed.
WAYS = ("department", *KINDS)
DEPARTMENT = 0
_HOLIDAY = clock.HOLIDAY


@dataclass(frozen=True)
class Stream:
    """One way of coming to one site.

    `weekday` (8,) are factors around 1, `hour` (2, 24) shares of a day on weekdays and on other days,
    `share` (classes,) who they are. `spread` is the variance of days beyond chance, over the square of the mean.
    """

    site: int
    way: int
    weekday: Array
    hour: Array
    share: Array
    spread: float


@dataclass(frozen=True)
class Daily:
    """Counts of whole days: `days` (n,) their numbers, `counts` (sites, ways, n)."""

    days: npt.NDArray[np.int64]
    weekdays: npt.NDArray[np.int64]
    counts: Array


def way_of(past: Past) -> npt.NDArray[np.int64]:
    """The way in which each visit came; -1 for none that counts."""
    department = past.patient >= 0
    return np.where(department, DEPARTMENT, np.where(past.kind >= 0, past.kind + 1, -1))


def daily(past: Past, until: float) -> Daily:
    """Arrivals by day, for whole days from the history's first to before `until`."""
    first = int(np.ceil(past.first))
    hours = clock.hours(first, max(1, int(np.floor(until)) - first))
    begins = [int(place) for place in np.flatnonzero(hours.hour == 0)]
    days = hours.day[begins]
    weekdays = hours.weekday[begins]
    if len(begins) < 2:
        return Daily(days[:0], weekdays[:0], np.zeros((len(past.words.sites), len(WAYS), 0)))
    edges = first + np.array(begins, dtype=np.float64)
    way = way_of(past)
    came = np.where(way == DEPARTMENT, past.arrived, past.admitted)
    counts = np.zeros((len(past.words.sites), len(WAYS), len(begins) - 1))
    place = np.searchsorted(edges, np.where(np.isfinite(came), came, -1.0), side="right") - 1
    good = (place >= 0) & (place < len(begins) - 1) & (way >= 0) & (past.site >= 0) & np.isfinite(came)
    np.add.at(counts, (past.site[good], way[good], place[good]), 1.0)
    return Daily(days[:-1], weekdays[:-1], counts)


def level(counts: Array, expected: Array, days: npt.NDArray[np.int64], half_life: float) -> float:
    """The present number a day: counts over expected factors, recent days counting more.

    >>> level(np.array([10.0, 12.0]), np.array([1.0, 1.0]), np.array([1, 2]), 21) > 11
    True
    """
    if not len(counts):
        return 0.0
    weight = 0.5 ** ((days[-1] - days) / half_life)
    return float((weight * counts).sum() / max(1e-12, (weight * expected).sum()))


def fit_streams(
    past: Past, until: float, classes: tuple[npt.NDArray[np.int64], int], settings: Settings
) -> list[Stream]:
    """The streams of every site. `classes` gives each visit's class within its way and how many there are."""
    known = past.known_at(until)
    every = daily(known, until)
    way = way_of(known)
    who, count = classes
    found = []
    for site in range(len(known.words.sites)):
        for number in range(len(WAYS)):
            mine = (known.site == site) & (way == number)
            came = np.where(way == DEPARTMENT, known.arrived, known.admitted)
            mine &= np.isfinite(came) & (came >= known.first) & (came <= until)
            if not mine.any() or not len(every.days):
                continue
            counts = every.counts[site, number]
            weekday = _weekdays(counts, every, settings)
            share = np.bincount(who[mine], minlength=count).astype(np.float64)
            found.append(
                Stream(
                    site, number, weekday, _hours(came[mine]), share / share.sum(),
                    _spread(counts, weekday[every.weekdays], every.days, settings),
                )
            )  # fmt: skip
    return found


def _weekdays(counts: Array, every: Daily, settings: Settings) -> Array:
    """Factors of weekdays and bank holidays, against the smooth level of the weeks around."""
    factors = np.ones(8)
    weeks = np.maximum(1e-9, _smooth(counts))
    for weekday in range(7):
        at = every.weekdays == weekday
        if at.any():
            factors[weekday] = (counts[at].sum() + 1e-9) / (weeks[at].sum() + 1e-9)
    at = every.weekdays == _HOLIDAY
    usual = factors[[(int(day) - 1) % 7 for day in every.days]]
    held = settings.holiday_days * max(1e-9, float(counts.mean()))
    ratio = (counts[at].sum() + held) / ((weeks * usual)[at].sum() + held)
    factors[_HOLIDAY] = ratio * factors[6] if not at.any() else ratio * float(np.mean(usual[at]))
    return factors


def _smooth(counts: Array) -> Array:
    """The mean of the 29 days around each, fewer at the ends: whole weeks and no weekday's luck."""
    padded = np.concatenate([[0.0], np.cumsum(counts)])
    found = np.empty(len(counts))
    for place in range(len(counts)):
        low, high = max(0, place - 14), min(len(counts), place + 14)
        whole = (high - low) // 7 * 7
        low, high = (low, low + whole) if low == 0 else (high - whole, high)
        low, high = (0, len(counts)) if whole == 0 else (low, high)
        found[place] = (padded[high] - padded[low]) / (high - low)
    return found


def _hours(came: Array) -> Array:
    """Shares of the day's hours: on weekdays, and on Saturdays, Sundays and bank holidays."""
    first = int(np.floor(came.min()))
    hours = clock.hours(first, int(np.floor(came.max())) - first + 1)
    place = np.floor(came).astype(np.int64) - first
    rest = (hours.weekday[place] >= 5).astype(np.int64)
    found = np.zeros((2, 24))
    np.add.at(found, (rest, hours.hour[place]), 1.0)
    common = (found.sum(axis=0) + 0.01) / (found.sum() + 0.24)
    mixed = found + 50 * common
    return np.asarray(mixed / mixed.sum(axis=1, keepdims=True))


def _spread(counts: Array, factors: Array, days: npt.NDArray[np.int64], settings: Settings) -> float:
    """Variance of days beyond chance over the square of the mean, from each day against the level before it."""
    if len(counts) < 28:
        return 0.0
    decay = 0.5 ** (1 / settings.half_life_days)
    seen, hoped = counts[:14].sum(), factors[:14].sum()
    excess, square = 0.0, 0.0
    for place in range(14, len(counts)):
        expected = factors[place] * seen / max(1e-9, hoped)
        excess += (counts[place] - expected) ** 2 - expected
        square += expected**2
        seen, hoped = decay * seen + counts[place], decay * hoped + factors[place]
    return float(max(0.0, excess / square)) if square > 0 else 0.0
