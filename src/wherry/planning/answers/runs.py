"""Every run's own values, by measure, year and site: what fans, gaps and comparisons are taken from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.planning.activity.outcome import Outcome
from wherry.planning.capacity.model import Requirement
from wherry.reference.activity import KINDS

Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Measure:
    """One thing that is counted: `values[run, year, site]`, and `base[site]` in the baseline itself."""

    code: str
    words: str
    unit: str
    values: Values = field(repr=False)
    base: Values = field(repr=False)


@dataclass(frozen=True)
class Runs:
    """The measures of one outcome. Two of the same seed share their random numbers, run by run."""

    scenario: str
    seed: int
    years: tuple[int, ...]
    sites: tuple[str, ...]
    trust_of: tuple[str, ...]
    measures: tuple[Measure, ...]

    @property
    def number(self) -> int:
        """How many runs there are."""
        return len(self.measures[0].values) if self.measures else 0

    def measure(self, code: str) -> Measure | None:
        """A measure by its code."""
        return next((measure for measure in self.measures if measure.code == code), None)


def runs_of(
    outcome: Outcome,
    requirements: Sequence[Requirement] = (),
    base: Sequence[Requirement] = (),
    base_minutes: Values | None = None,
) -> Runs:
    """The runs of an outcome: activity by kind, nights, virtual ward nights, theatre minutes, and what is needed.

    `base` holds the requirements of the baseline itself, in the same order, and `base_minutes` its theatre minutes by
    site; where they are not given, the base year's mean stands for them.
    """
    measures = []
    by_kind = outcome.count.sum(axis=-1)
    base_kind = outcome.base_count.sum(axis=-1)
    for place, kind in enumerate(KINDS.values()):
        measures.append(
            Measure(kind.code, sentence(kind.plural), kind.unit, by_kind[..., place], base_kind[..., place])
        )
    nights = outcome.nights.sum(axis=(-1, -2))
    measures.append(Measure("nights", "Nights in bed", "nights", nights, outcome.base_nights.sum(axis=(-1, -2))))
    virtual = outcome.virtual_nights
    measures.append(
        Measure("virtual_nights", "Nights on virtual wards", "nights", virtual, np.zeros(virtual.shape[-1]))
    )
    minutes = outcome.theatre_minutes.sum(axis=-1)
    if base_minutes is None:
        base_minutes = minutes[:, 0].mean(axis=0)
    measures.append(Measure("theatre_minutes", "Minutes in theatre", "minutes", minutes, base_minutes))
    for place, requirement in enumerate(requirements):
        needed = site_total(requirement.needed, outcome.count.ndim - 2)
        start = site_total(base[place].needed, 1) if base else needed[:, 0].mean(axis=0)
        measures.append(Measure(requirement.code, sentence(requirement.words), requirement.unit, needed, start))
    return Runs(
        outcome.scenario.name,
        outcome.scenario.seed,
        outcome.years,
        outcome.sites,
        outcome.trust_of,
        tuple(measures),
    )


def site_total(needed: Values, axes: int) -> Values:
    """What a site needs in all: a last axis beyond `axes` is ward groups, which are added up."""
    return needed if needed.ndim == axes else needed.sum(axis=-1)


def sentence(words: str) -> str:
    """Words with their first letter large.

    >>> sentence("day cases")
    'Day cases'
    """
    return words[:1].upper() + words[1:]
