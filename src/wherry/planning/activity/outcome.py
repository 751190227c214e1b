"""What came out of a scenario, run by run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wherry.planning.scenario.model import Scenario

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Bands of age, by their first year; the last is open.
AGE_BANDS = (0, 5, 18, 45, 65, 75, 85)


@dataclass(frozen=True)
class Parameters:
    """What was drawn for each run: `values[name][run]` of every interval, and the population's `variant[run]`.

    Names are those of the scenario's assumptions; `health_status` for that one. Shares and factors as in the scenario,
    fully in force.
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
