"""The clocks: open ones and completed ones by trust, function and wait, as the published month counts them.

A journey is one pathway with one main clock. Open journeys follow the published incomplete position band by band;
completed ones follow the published completions of that month, carried over two years of working days; nullified and
planned ones are added by assumption. Waits do not depend on who the patient is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import numpy.typing as npt

from wherry.synthetic.inputs import BANDS, Inputs
from wherry.synthetic.settings import assumptions
from wherry.synthetic.streams import NEVER, Ints, Streams, largest_remainder, systematic

OPEN, ADMITTED, NON_ADMITTED, NULLIFIED, PLANNED = range(5)
KINDS = ("open", "admitted", "non_admitted", "nullified", "planned")
_EPOCH = date(1970, 1, 1)


@dataclass
class Journeys:
    """One row a pathway. `start` and `stop` are day numbers of the main clock (`NEVER` where there is none)."""

    trust: Ints
    function: Ints
    kind: Ints
    start: Ints
    stop: Ints
    status: Ints
    decided: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.trust)

    def take(self, rows: Ints) -> Journeys:
        """The given rows, in the given order."""
        return Journeys(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})


def day_number(day: date) -> int:
    """Days from 1 January 1970.

    >>> day_number(date(1970, 1, 2))
    1
    """
    return (day - _EPOCH).days


def scaled(counts: npt.NDArray[np.int64], factor: float) -> npt.NDArray[np.int64]:
    """Totals by (trust, group) at a scale of counts by (trust, group, band): trusts are rounded, then shared out."""
    by_group = counts.sum(axis=2)
    return np.array(
        [largest_remainder(row, round(int(row.sum()) * factor)) if row.sum() else row for row in by_group],
        dtype=np.int64,
    )


def make_journeys(inputs: Inputs, scale: float, streams: Streams, census: int) -> Journeys:
    """Every journey at a scale, ordered by kind, trust and function; `census` is a day number."""
    return _joined(
        [
            *_open(inputs, scale, streams("open"), census),
            *_completed(inputs, scale, streams("completed"), census),
            *_nullified(inputs, scale, streams("nullified"), census),
            *_planned(inputs, scale, streams("planned"), census),
        ]
    )


def _joined(parts: list[Journeys]) -> Journeys:
    return Journeys(**{part.name: np.concatenate([getattr(p, part.name) for p in parts]) for part in fields(Journeys)})


def _part(trust: int, kind: int, function: Ints, start: Ints, stop: Ints, status: Ints, decided: object) -> Journeys:
    n = len(function)
    return Journeys(
        np.full(n, trust, dtype=np.int8),
        function.astype(np.int16),
        np.full(n, kind, dtype=np.int8),
        start.astype(np.int32),
        stop.astype(np.int32),
        status.astype(np.int8),
        np.broadcast_to(np.asarray(decided, dtype=bool), (n,)).copy(),
    )


def _spread(inputs: Inputs, group: int, size: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Real treatment functions of a reporting group for `size` journeys."""
    members = np.flatnonzero(inputs.function_group == group)
    if len(members) == 0:
        raise ValueError(f"no treatment function is known for reporting group {inputs.groups[group]}")
    numbers = largest_remainder(inputs.function_weight[members], size)
    return rng.permutation(np.repeat(members, numbers))


def _days(band: Ints, last: Ints | int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Days waited within week bands, such that the clock mostly starts on a working day; band 0 is days 0 to 7.

    `last` is the day on which the wait ends: the census or the stop.
    """
    wait = 7 * band + 1 + rng.integers(0, 7, len(band))
    wait = np.where(band == BANDS - 1, wait + rng.exponential(45.0, len(band)).astype(np.int64), wait)
    weekend = (np.asarray(last) - wait + 3) % 7 >= 5
    again = np.where(
        band == BANDS - 1, wait + 2, 7 * band + 1 + (wait - 7 * band - 1 + rng.integers(2, 6, len(band))) % 7
    )
    better = weekend & ((np.asarray(last) - again + 3) % 7 < 5)
    return np.where(better, again, wait).astype(np.int64)


def _open(inputs: Inputs, scale: float, rng: np.random.Generator, census: int) -> list[Journeys]:
    totals, decided_totals = scaled(inputs.incomplete, scale), scaled(inputs.decided, scale)
    parts = []
    for trust in range(len(inputs.trusts)):
        for group in range(len(inputs.groups)):
            size = int(totals[trust, group])
            if size == 0:
                continue
            counts = inputs.incomplete[trust, group]
            band = systematic(counts, size, rng)
            chance = inputs.decided[trust, group] / np.maximum(counts, 1)
            decided = _choose(chance[band], min(int(decided_totals[trust, group]), size), rng)
            wait = _days(band, census, rng)
            function = _spread(inputs, group, size, rng)
            parts.append(_part(trust, OPEN, function, census - wait, np.full(size, NEVER), np.full(size, -1), decided))
    return parts


def _choose(chance: npt.NDArray[np.float64], size: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Exactly `size` rows marked, at equal steps along the cumulated chance."""
    marked = np.zeros(len(chance), dtype=bool)
    if size and chance.sum() > 0:
        marked[np.unique(systematic(chance, size, rng))] = True
        short = size - int(marked.sum())
        if short > 0:
            marked[np.argsort(marked, kind="stable")[:short]] = True
    return marked


def working_days(first: int, last: int) -> npt.NDArray[np.int64]:
    """Mondays to Fridays from `first` to `last`, both included, without the days around Christmas and New Year."""
    days = np.arange(first, last + 1)
    moment = days.astype("datetime64[D]")
    in_year = (moment - moment.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    holiday = (in_year == 0) | (in_year >= 358) & (in_year <= 360)
    working: npt.NDArray[np.int64] = days[((days + 3) % 7 < 5) & ~holiday]
    return working


def _completed(inputs: Inputs, scale: float, rng: np.random.Generator, census: int) -> list[Journeys]:
    years = int(assumptions()["years"])
    stops = assumptions()["care"]["non_admitted_stops"]
    codes, chances = np.array([int(code) for code in stops]), np.array(list(stops.values()))
    published = inputs.published_census
    month = working_days(day_number(published.replace(day=1)), day_number(published))
    window = working_days(census - round(365.25 * years) + 1, census)
    factor = len(window) / len(month)
    parts = []
    for kind, counts in ((ADMITTED, inputs.admitted), (NON_ADMITTED, inputs.non_admitted)):
        totals = scaled(counts, scale * factor)
        for trust in range(len(inputs.trusts)):
            for group in range(len(inputs.groups)):
                size = int(totals[trust, group])
                if size == 0:
                    continue
                band = rng.permutation(systematic(counts[trust, group], size, rng))
                stop = window[systematic(np.ones(len(window)), size, rng)]
                wait = _days(band, stop, rng)
                function = _spread(inputs, group, size, rng)
                status = (
                    np.full(size, 30)
                    if kind == ADMITTED
                    else rng.permutation(np.repeat(codes, largest_remainder(chances, size)))
                )
                parts.append(_part(trust, kind, function, stop - wait, stop, status, kind == ADMITTED))
    return parts


def _nullified(inputs: Inputs, scale: float, rng: np.random.Generator, census: int) -> list[Journeys]:
    months = 12 * int(assumptions()["years"])
    share = float(assumptions()["care"]["nullified_a_new_period"])
    parts = []
    for trust in range(len(inputs.trusts)):
        for group in range(len(inputs.groups)):
            size = rng.binomial(int(inputs.new_periods[trust, group]) * months, share * scale)
            window = working_days(census - 730, census)
            stop = rng.choice(window, size)
            start = stop - rng.integers(14, 150, size)
            function = _spread(inputs, group, size, rng) if size else np.zeros(0, dtype=np.int64)
            parts.append(_part(trust, NULLIFIED, function, start, stop, np.full(size, 33), False))
    return parts


def _planned(inputs: Inputs, scale: float, rng: np.random.Generator, census: int) -> list[Journeys]:
    """Surveillance on a planned list: outside referral to treatment, `start` is the day of the referral."""
    share = float(assumptions()["care"]["planned_a_decided"])
    parts = []
    for trust in range(len(inputs.trusts)):
        weights = inputs.decided[trust].sum(axis=1).astype(float)
        for group, size in enumerate(
            largest_remainder(weights, round(weights.sum() * share * scale)) if weights.sum() else []
        ):
            start = census - rng.integers(120, 1000, size)
            function = _spread(inputs, group, int(size), rng) if size else np.zeros(0, dtype=np.int64)
            parts.append(_part(trust, PLANNED, function, start, np.full(size, NEVER), np.full(size, -1), True))
    return parts
