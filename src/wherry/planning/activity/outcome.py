"""What came out of a scenario, run by run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.planning.scenario.model import Scenario

#: Whole numbers; those by run are 32 bits wide, so that 1,000 runs of 21 years take 150 MB (sums widen by themselves).
Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

#: Bands of age, by their first year; the last is open.
AGE_BANDS = (0, 5, 18, 45, 65, 75, 85)


@dataclass(frozen=True)
class Parameters:
    """What was drawn for each run: `values[name][run]` of every interval, and the population's `variant[run]`.

    Names are those of the scenario's assumptions; `health_status` for that one. Shares and factors as in the scenario,
    fully in force. `variant` is a place in the scenario's `population`.
    """

    variant: Ints = field(repr=False)
    values: Mapping[str, Floats] = field(repr=False)


@dataclass(frozen=True)
class Breakdown:
    """A split of counts and nights: `labels`; `count` and `nights` are [run, year, site, kind, label].

    Its sum over labels is the outcome's own count and nights, in every run.
    """

    labels: tuple[str, ...]
    count: Ints = field(repr=False)
    nights: Ints = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """Activity of a scenario. Axes: run, year, site, kind (order of `reference.activity.KINDS`), then a band of age.

    `count` and `nights` (nights in bed, that is discharge date less admission date) are [run, year, site, kind, band];
    `theatre_minutes` is [run, year, site, kind]; `virtual_nights` [run, year, site]: nights that interventions on
    spells marked virtual_ward took from wards. `base_count`, `base_nights`: the baseline itself, [site, kind, band],
    not drawn.
    `breakdowns`: what, sex, quintile and ward.
    """

    scenario: Scenario
    years: tuple[int, ...]
    sites: tuple[str, ...]
    trust_of: tuple[str, ...]
    count: Ints = field(repr=False)
    nights: Ints = field(repr=False)
    theatre_minutes: Ints = field(repr=False)
    virtual_nights: Ints = field(repr=False)
    base_count: Ints = field(repr=False)
    base_nights: Ints = field(repr=False)
    parameters: Parameters = field(repr=False)
    breakdowns: Mapping[str, Breakdown] = field(repr=False, default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Expected:
    """The mean of an outcome for given parameters, without draws: for attribution and for the tornado.

    `count` and `nights` are [year, site, kind]; `ward_nights` [year, site, ward]; `theatre_minutes` [year, site, kind].
    """

    years: tuple[int, ...]
    count: Floats = field(repr=False)
    nights: Floats = field(repr=False)
    ward_nights: Floats = field(repr=False)
    theatre_minutes: Floats = field(repr=False)


@dataclass(frozen=True)
class CellFactors:
    """What every driver does to every row of the baseline, in one run and year: for attribution.

    `drivers`: population, health_status, then each growth, factor and intervention by name, in the scenario's order.
    A row is what shares site, kind, ward (-1: none) and all factors; `count`, `nights`, `theatre_minutes` [row] are its
    baseline. `on_count`, `on_nights`, `on_theatre_minutes` [row, driver] are whole factors (that on nights has in it
    that on the count), 1 where a driver does nothing. With the drivers of a set S at work a row's nights are

        nights[row] * product(on_nights[row, d] for d in S)

    and likewise for the others, except that a row of what a conversion moves (`needs[row]` is the conversion's place in
    `drivers`, `kind` the kind it becomes; no ward, no nights; minutes only if that kind is admitted care) is 0 where S
    lacks it. Other rows have -1. The activity that stays behind has its own row, with 1 - share as the factor.

    With every driver the sums over rows are those of `expected`; with none they are the baseline's own.
    """

    drivers: tuple[str, ...]
    site: Ints = field(repr=False)
    kind: Ints = field(repr=False)
    ward: Ints = field(repr=False)
    needs: Ints = field(repr=False)
    count: Floats = field(repr=False)
    nights: Floats = field(repr=False)
    theatre_minutes: Floats = field(repr=False)
    on_count: Floats = field(repr=False)
    on_nights: Floats = field(repr=False)
    on_theatre_minutes: Floats = field(repr=False)
