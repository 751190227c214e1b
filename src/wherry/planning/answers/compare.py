"""Two scenarios side by side: what the second has more or less of, by measure, place and year.

Scenarios of one seed share their random numbers wherever they share an assumption, so the difference of two runs of one
number is what the scenarios differ by, not chance. Without the runs themselves only their spreads can be set against
each other, and the range of the difference is then wider than it should be.
"""

from __future__ import annotations

from math import hypot

import numpy as np

from wherry.errors import UserError
from wherry.planning.activity.outcome import Outcome
from wherry.planning.answers.model import Answers, Comparison, Difference, Fan, Spread
from wherry.planning.answers.places import places_of
from wherry.planning.answers.runs import Runs, runs_of
from wherry.planning.answers.spreads import spreads

_PAIRED = (
    "Run by run: both scenarios were drawn with seed {seed} in {runs:,} runs, so what they share is the same in both "
    "and the range of a difference is that of the difference itself."
)
_SPREADS = (
    "From the spreads alone, because {why}: the range of a difference is as wide as if the two knew nothing of each "
    "other, which is wider than it is."
)


def compare(
    first: Answers,
    second: Answers,
    outcome_first: Runs | Outcome | None = None,
    outcome_second: Runs | Outcome | None = None,
) -> Comparison:
    """What the second has more of than the first, where both have the measure, the place and the year.

    With both scenarios' runs (`runs_of`, `files.read_runs`, or an outcome, which knows no beds), of one seed and
    number, differences are taken run by run; else of the spreads. Raises UserError where the two have no year in
    common.
    """
    runs_first, runs_second = _runs(outcome_first), _runs(outcome_second)
    years = sorted({year for fan in first.fans for year, _ in fan.points}
                   & {year for fan in second.fans for year, _ in fan.points})  # fmt: skip
    if not years:
        raise UserError(
            f"{first.scenario} ({first.base_year} to {first.horizon_year}) and {second.scenario} "
            f"({second.base_year} to {second.horizon_year}) have no year in common. Compare scenarios that have."
        )
    why = _apart(first, second, runs_first, runs_second)
    if why or runs_first is None or runs_second is None:
        found, how = _of_spreads(first, second), _SPREADS.format(why=why)
    else:
        found, how = _of_runs(runs_first, runs_second, years, first), _PAIRED.format(seed=first.seed, runs=first.runs)
    here = {code for code, _ in second.places}
    places = tuple(place for place in first.places if place[0] in here)
    return Comparison(first.scenario, second.scenario, not why, how, places, found)


def _runs(given: Runs | Outcome | None) -> Runs | None:
    return runs_of(given) if isinstance(given, Outcome) else given


def _apart(first: Answers, second: Answers, runs_first: Runs | None, runs_second: Runs | None) -> str:
    """Why two sets of runs cannot be paired; blank if they can."""
    if runs_first is None or runs_second is None:
        return "the runs themselves were not kept"
    if first.seed != second.seed:
        return f"the seeds differ ({first.seed} and {second.seed})"
    if runs_first.number != runs_second.number:
        return f"the numbers of runs differ ({runs_first.number:,} and {runs_second.number:,})"
    if runs_first.sites != runs_second.sites:
        return "the sites differ"
    if first.baseline != second.baseline:
        return f"they begin from different years of activity ({first.baseline}; {second.baseline})"
    return ""


def _of_runs(first: Runs, second: Runs, years: list[int], told: Answers) -> tuple[Difference, ...]:
    places = places_of(first.sites, first.trust_of, None)
    known = {code for code, _ in told.places}
    at_first, at_second = ([held.years.index(year) for year in years] for held in (first, second))
    made = []
    for measure in first.measures:
        other = second.measure(measure.code)
        if other is None:
            continue
        before = places.total(measure.values[:, at_first])
        after = places.total(other.values[:, at_second])
        runs = len(before)
        parts = [spreads(values.reshape(runs, -1)) for values in (before, after, after - before)]
        more = (after > before).mean(axis=0)
        for at, year in enumerate(years):
            for place, code in enumerate(places.codes):
                one = at * len(places) + place
                if code in known and (before[:, at, place].any() or after[:, at, place].any()):
                    made.append(
                        Difference(measure.code, measure.words, measure.unit, code, year, parts[0][one], parts[1][one],
                                   parts[2][one], float(more[at, place]))
                    )  # fmt: skip
    return tuple(made)


def _of_spreads(first: Answers, second: Answers) -> tuple[Difference, ...]:
    held = {(fan.measure, fan.place): fan for fan in second.fans}
    made = []
    for fan in first.fans:
        other = held.get((fan.measure, fan.place))
        if other is not None:
            made += _of_fans(fan, other)
    return tuple(made)


def _of_fans(first: Fan, second: Fan) -> list[Difference]:
    after = dict(second.points)
    return [
        Difference(first.measure, first.words, first.unit, first.place, year, before, after[year],
                   _less(before, after[year]), None)
        for year, before in first.points
        if year in after
    ]  # fmt: skip


def _less(before: Spread, after: Spread) -> Spread:
    """The second less the first as if they knew nothing of each other: the ranges' halves add up as squares.

    >>> _less(Spread(7.0, 10.0, 13.0, 10.0), Spread(16.0, 20.0, 24.0, 20.0))
    Spread(low=5.0, middle=10.0, high=15.0, mean=10.0)
    """
    middle = after.middle - before.middle
    down = hypot(after.middle - after.low, before.high - before.middle)
    up = hypot(after.high - after.middle, before.middle - before.low)
    return Spread(middle - down, middle, middle + up, after.mean - before.mean)


def largest(found: Comparison, year: int, place: str) -> tuple[Difference, ...]:
    """The differences at one place in one year, those first that are largest against what the first scenario has."""
    here = [one for one in found.differences if one.year == year and one.place == place]

    def size(one: Difference) -> float:
        return abs(one.difference.mean) / one.first.mean if one.first.mean else float(np.sign(abs(one.difference.mean)))

    return tuple(sorted(here, key=size, reverse=True))
