"""What differs between two runs: their assumptions, their settings, and every measure at the end, with its range.

Where two runs share their random numbers (the same seed, as many runs, the same year of activity), run 17 of one and
run 17 of the other drew the same luck wherever they assume the same, so their difference run by run is what the
change of assumptions does. Where they do not, the same pairs are two independent draws, and the range is wider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.planning.answers.model import Answers, Assumption, Spread
from wherry.planning.scenario.model import year_words
from wherry.web.planning import plan_words as say

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Changed:
    """One assumption that is not the same in two runs; `None` where a run does not have it."""

    title: str
    a: Assumption | None
    b: Assumption | None
    parts: tuple[str, ...]

    @property
    def sides(self) -> list[tuple[str, Assumption]]:
        """The runs that have it, in words."""
        if self.a is None or self.b is None:
            return [(f"only {letter}", one) for letter, one in (("A", self.a), ("B", self.b)) if one is not None]
        return [("A", self.a), ("B", self.b)]


@dataclass(frozen=True)
class Settings:
    """One setting of a run in both."""

    words: str
    a: str
    b: str


def key(measure: str, place: str) -> str:
    """Under which a run keeps its own values of a measure at a place."""
    return f"{measure}|{place}"


def settings(a: Answers, b: Answers) -> list[Settings]:
    """Settings that differ."""
    pairs = (
        ("Year that it begins with", year_words(a.base_year), year_words(b.base_year)),
        ("Last year", year_words(a.horizon_year), year_words(b.horizon_year)),
        ("Runs", say.whole(a.runs), say.whole(b.runs)),
        ("Seed of the random numbers", str(a.seed), str(b.seed)),
        ("Year of activity", a.baseline, b.baseline),
    )
    return [Settings(*one) for one in pairs if one[1] != one[2]]


def shared(a: Answers, b: Answers) -> bool:
    """Whether two runs share their random numbers."""
    return (a.seed, a.runs, a.base_year, a.baseline) == (b.seed, b.runs, b.base_year, b.baseline)


def assumptions(a: Answers, b: Answers) -> tuple[list[Changed], list[Assumption]]:
    """Assumptions that differ, in the order of the second run's log, and those that are the same in both."""
    first = {(one.driver, one.name): one for one in a.assumptions}
    second = {(one.driver, one.name): one for one in b.assumptions}
    differ, same = [], []
    for name in dict.fromkeys([*second, *first]):
        one, other = first.get(name), second.get(name)
        if one == other and one is not None:
            same.append(one)
            continue
        parts = tuple(
            part
            for part in ("title", "about", "amount", "when", "source")
            if one is not None and other is not None and getattr(one, part) != getattr(other, part)
        )
        there = other or one
        differ.append(Changed(there.title if there else "", one, other, parts))
    return differ, same


def years_of(answers: Answers) -> tuple[int, ...]:
    """Every year of a run."""
    return tuple(range(answers.base_year, answers.horizon_year + 1))


def last_year(a: Answers, b: Answers) -> int | None:
    """The last year that both runs have; `None` if they have none in common."""
    common = set(years_of(a)) & set(years_of(b))
    return max(common, default=None)


def spread_of(values: Array) -> Spread:
    """The middle and the 80% range of some runs.

    >>> spread_of(np.arange(11.0))
    Spread(low=1.0, middle=5.0, high=9.0, mean=5.0)
    """
    low, middle, high = (float(x) for x in np.quantile(values, (0.1, 0.5, 0.9)))
    return Spread(low, middle, high, float(values.mean()))


@dataclass(frozen=True)
class Difference:
    """One measure at one place in one year: in both runs, the second less the first, and how often it is less.

    `less` None and a range that is the middle alone: the runs' own values are not there any more.
    """

    measure: str
    words: str
    unit: str
    a: Spread
    b: Spread
    difference: Spread
    less: float | None

    @property
    def cells(self) -> dict[str, str]:
        """As a table shows it."""
        known = self.less is not None
        return {
            "a": say.whole(self.a.middle),
            "a_range": say.span(self.a.low, self.a.high),
            "b": say.whole(self.b.middle),
            "b_range": say.span(self.b.low, self.b.high),
            "difference": say.more(self.difference.middle),
            "difference_range": say.span_more(self.difference) if known else "",
        }


def differences(
    a: Answers, b: Answers, place: str, year: int, series_a: Mapping[str, Array], series_b: Mapping[str, Array]
) -> list[Difference]:
    """Every measure that both runs have at a place in a year."""
    out = []
    second = {fan.measure: fan for fan in b.fans if fan.place == place}
    for fan in a.fans:
        other = second.get(fan.measure)
        if fan.place != place or other is None:
            continue
        one, two = (dict(found.points).get(year) for found in (fan, other))
        if one is None or two is None or not (one.high or two.high):
            continue
        name = key(fan.measure, place)
        values = _run_by_run(series_a.get(name), series_b.get(name), year - a.base_year, year - b.base_year)
        if values is None:
            middle = two.middle - one.middle
            out.append(
                Difference(fan.measure, fan.words, fan.unit, one, two, Spread(middle, middle, middle, middle), None)
            )
        else:
            less = float((values < 0).mean())
            out.append(Difference(fan.measure, fan.words, fan.unit, one, two, spread_of(values), less))
    return out


def _run_by_run(a: Array | None, b: Array | None, at_a: int, at_b: int) -> Array | None:
    if a is None or b is None or at_a >= a.shape[1] or at_b >= b.shape[1]:
        return None
    runs = min(len(a), len(b))
    return np.asarray(b[:runs, at_b] - a[:runs, at_a], dtype=np.float64)
