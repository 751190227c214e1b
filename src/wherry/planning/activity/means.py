"""What a run's parameters lead to on average, without drawing counts; and the part of every driver in it."""

from __future__ import annotations

import numpy as np

from wherry.planning.activity.chain import Chain, chain
from wherry.planning.activity.draws import HEALTH_STATUS, POPULATION
from wherry.planning.activity.fitting import assumptions
from wherry.planning.activity.links import CONVERT, GROWTH, KIND_CODES, SHORTEN, together
from wherry.planning.activity.outcome import CellFactors, Expected, Floats, Ints, Parameters
from wherry.planning.activity.tables import (
    health_factors,
    health_shares,
    levels,
    numbers_factors,
    of_run,
    published_parts,
)
from wherry.planning.baseline import Baseline
from wherry.planning.population import Projection
from wherry.planning.scenario.model import Scenario


class _Lumps:
    """Rows that share site, kind, ward, person and fate: count, nights, theatre minutes of the baseline."""

    def __init__(self, laid: Chain) -> None:
        rows = laid.rows
        number, first = together([rows.site, rows.kind, rows.ward, rows.fate, rows.person], len(rows.cell))
        count = laid.baseline.count[rows.cell].astype(np.float64)
        self.site, self.kind, self.ward = rows.site[first], rows.kind[first], rows.ward[first]
        self.fate, self.person = rows.fate[first], rows.person[first]
        self.count, self.nights, self.minutes = (
            np.asarray(np.bincount(number, weights=count * each, minlength=len(first)), dtype=np.float64)
            for each in (1.0, rows.nights, rows.minutes)
        )


_KEPT: list[tuple[Chain, _Lumps]] = []


def _lumps(laid: Chain) -> _Lumps:
    for kept, lumps in _KEPT:
        if kept is laid:
            return lumps
    made = _Lumps(laid)
    _KEPT.insert(0, (laid, made))
    del _KEPT[3:]
    return made


def expected(
    scenario: Scenario, baseline: Baseline, projection: Projection, parameters: Parameters, run: int
) -> Expected:
    """The mean of every year's activity for the parameters of one run. Raises UserError as `simulate` does."""
    laid = chain(scenario, baseline, projection)
    lumps = _lumps(laid)
    tables = of_run(laid, parameters, run)
    sites, kinds, wards = len(baseline.sites), len(KIND_CODES), len(baseline.wards)
    place = lumps.site * kinds + lumps.kind
    in_ward = lumps.ward >= 0
    bed = (lumps.site * wards + lumps.ward)[in_ward]
    shape = (len(laid.years), sites, kinds)
    count, nights, minutes = np.empty(shape), np.empty(shape), np.empty(shape)
    ward_nights = np.empty((len(laid.years), sites, wards))
    shorten, theatre = laid.fates.shorten_set[lumps.fate], laid.fates.theatre_set[lumps.fate]
    for year in range(len(laid.years)):
        rate = tables.person[year][lumps.person] * tables.rate[year][lumps.fate]
        kept = (tables.plain * tables.virtual)[year][shorten]
        stayed = rate * lumps.nights * kept
        for out, value in (
            (count, rate * lumps.count),
            (nights, stayed),
            (minutes, rate * lumps.minutes * tables.theatre[year][theatre]),
        ):
            out[year] = np.bincount(place, weights=value, minlength=sites * kinds).reshape(sites, kinds)
        beds = np.bincount(bed, weights=stayed[in_ward], minlength=sites * wards)
        ward_nights[year] = beds.reshape(sites, wards)
    return Expected(laid.years, count, nights, ward_nights, minutes)


def cell_factors(
    scenario: Scenario, baseline: Baseline, projection: Projection, parameters: Parameters, run: int, year: int
) -> CellFactors:
    """What every driver does to every row in one run and year (see `CellFactors`).

    Raises ValueError for a year that the scenario has not; UserError as `simulate` does.
    """
    laid = chain(scenario, baseline, projection)
    lumps = _lumps(laid)
    at = laid.years.index(year)
    every = assumptions(scenario)
    drivers = (POPULATION, HEALTH_STATUS, *(one.name for one in every))
    rows = len(lumps.fate)
    on_count = np.ones((rows, len(drivers)))
    on_count[:, 0], on_count[:, 1] = _people(laid, parameters, run, at, lumps.person)
    level = levels(laid, parameters)[run, at]
    part = _parts(laid, parameters, run)[at]
    fates = laid.fates
    by_fate = np.ones((len(fates.site), len(every)))
    for fate in range(len(fates.site)):
        for n in range(fates.start[fate], fates.start[fate + 1]):
            one = int(fates.assumption[n])
            by_fate[fate, one] = _factor(
                int(fates.role[one]), float(level[one]), one, int(fates.moved_by[fate]),
                float(part[fates.entry[n]]) if fates.entry[n] >= 0 else 1.0,
            )  # fmt: skip
    on_count[:, 2:] = by_fate[lumps.fate]
    left = 1.0 - level
    on_nights, on_minutes = on_count.copy(), on_count.copy()
    on_nights[:, 2:] *= np.where(fates.shorten_of, left, 1.0)[fates.shorten_set[lumps.fate]]
    on_minutes[:, 2:] *= np.where(fates.theatre_of, left, 1.0)[fates.theatre_set[lumps.fate]]
    moved = fates.moved_by[lumps.fate]
    return CellFactors(
        drivers=drivers,
        site=lumps.site,
        kind=lumps.kind,
        ward=lumps.ward,
        needs=np.where(moved >= 0, moved + 2, -1),
        count=lumps.count,
        nights=lumps.nights,
        theatre_minutes=lumps.minutes,
        on_count=on_count,
        on_nights=on_nights,
        on_theatre_minutes=on_minutes,
    )


def _factor(role: int, level: float, one: int, moved_by: int, part: float) -> float:
    """The factor of one assumption on the count of one fate."""
    if role < SHORTEN and role > GROWTH + 1 and role != CONVERT:
        return 1.0 - level
    if role == CONVERT:
        if moved_by >= 0 and one > moved_by:
            return 1.0
        return level if one == moved_by else 1.0 - level
    return level / part


def _people(laid: Chain, parameters: Parameters, run: int, at: int, person: Ints) -> tuple[Floats, Floats]:
    """The factors of population and of health status on every row."""
    variant, share = int(parameters.variant[run]), float(health_shares(parameters)[run])
    years = len(laid.years)
    numbers = numbers_factors(laid.people, years, variant)[at]
    health = health_factors(laid.people, years, variant, share)[at]
    return numbers[person], health[person]


def _parts(laid: Chain, parameters: Parameters, run: int) -> Floats:
    return np.asarray(published_parts(laid.published, of_run(laid, parameters, run).person))
