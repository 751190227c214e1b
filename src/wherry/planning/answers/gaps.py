"""Gaps: what is needed less what there is, at every place in every year, and in how many runs it is enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wherry.planning.answers.model import Gap
from wherry.planning.answers.places import Places
from wherry.planning.answers.runs import sentence, site_total
from wherry.planning.answers.spreads import moved, spreads
from wherry.planning.capacity.model import Requirement, WardGroup

Floats = npt.NDArray[np.float64]

#: Runs need so much more than there is before it is not enough: no more than rounding.
_HAIR = 1e-9


def gaps(
    requirements: Sequence[Requirement], years: Sequence[int], places: Places, wards: Sequence[WardGroup]
) -> tuple[Gap, ...]:
    """Every requirement at every place in every year; beds also by ward group, in the base year and at the horizon.

    A place's need is the sum of its sites' and ward groups', and so is what there is.
    """
    made: list[Gap] = []
    for requirement in requirements:
        whole = site_total(requirement.needed, 3)
        there = places.total(site_total(requirement.existing, 1))
        made += _gaps(requirement, "", places, places.total(whole), there, years, years)
        if requirement.needed.ndim == 4:
            for at, ward in enumerate(wards):
                need = places.total(requirement.needed[..., at])
                held = places.total(requirement.existing[..., at])
                made += _gaps(requirement, ward.code, places, need, held, years, (years[0], years[-1]))
    return tuple(made)


def _gaps(
    requirement: Requirement, ward: str, places: Places, needed: Floats, existing: Floats, years: Sequence[int],
    of_years: Sequence[int],
) -> list[Gap]:  # fmt: skip
    found = spreads(needed.reshape(len(needed), -1))
    enough = (needed <= existing + _HAIR).mean(axis=0)
    made = []
    for at, year in enumerate(years):
        if year not in of_years:
            continue
        for place, code in enumerate(places.codes):
            need = found[at * len(places) + place]
            there = None if np.isnan(existing[place]) else float(existing[place])
            if not need.high and not there:
                continue
            made.append(
                Gap(
                    requirement.code, sentence(requirement.words), requirement.unit, code, ward, year, there, need,
                    None if there is None else moved(need, -there),
                    None if there is None else float(enough[at, place]),
                )
            )  # fmt: skip
    return made
