"""The activity that capacity is worked out from: of drawn runs, or of the baseline itself, in one shape.

Arrays begin with any axes (run and year, or none) and go on with site and kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.planning.capacity.assumptions import Assumptions
from wherry.reference.activity import KINDS

if TYPE_CHECKING:
    from wherry.planning.activity.outcome import Outcome
    from wherry.planning.baseline import Baseline

#: Whole numbers of runs, or means.
Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Work:
    """Activity of a year. `ward_nights[..., site, kind, ward]`; `count`, `theatre_minutes` [..., site, kind];
    `what_count[..., site, kind, what]` by treatment function or test, in the order of `whats`."""

    sites: tuple[str, ...]
    wards: tuple[str, ...]
    whats: tuple[str, ...]
    ward_nights: Numbers = field(repr=False)
    count: Numbers = field(repr=False)
    theatre_minutes: Numbers = field(repr=False)
    what_count: Numbers = field(repr=False)


def of_outcome(outcome: Outcome, assumptions: Assumptions) -> Work:
    """The work of every run and year of an outcome."""
    by_what = outcome.breakdowns["what"]
    return Work(
        sites=outcome.sites,
        wards=tuple(ward.code for ward in assumptions.wards),
        whats=by_what.labels,
        ward_nights=_arranged(outcome.breakdowns["ward"].nights, outcome.breakdowns["ward"].labels, assumptions),
        count=outcome.count.sum(axis=-1),
        theatre_minutes=outcome.theatre_minutes,
        what_count=by_what.count,
    )


def of_baseline(baseline: Baseline, assumptions: Assumptions) -> Work:
    """The work of the base year itself."""
    sites, kinds = len(baseline.sites), len(KINDS)

    def sums(weight: npt.NDArray[np.int64], last: npt.NDArray[np.int64] | None, size: int) -> Numbers:
        places = baseline.site * kinds + baseline.kind
        shape: tuple[int, ...] = (sites, kinds)
        if last is not None:
            places, shape = places * size + last, (*shape, size)
        return np.bincount(places, weights=weight, minlength=int(np.prod(shape))).reshape(shape)

    labels = (*baseline.wards, "")
    ward = np.where(baseline.ward < 0, len(baseline.wards), baseline.ward)
    nights = sums(baseline.count * baseline.nights, ward, len(labels))
    return Work(
        sites=baseline.sites,
        wards=tuple(group.code for group in assumptions.wards),
        whats=baseline.whats,
        ward_nights=_arranged(nights, labels, assumptions),
        count=sums(baseline.count, None, 0),
        theatre_minutes=sums(baseline.count * baseline.theatre_minutes, None, 0),
        what_count=sums(baseline.count, baseline.what, len(baseline.whats)),
    )


def _arranged(nights: Numbers, labels: tuple[str, ...], assumptions: Assumptions) -> Numbers:
    """Nights with their last axis in the order of the ward groups. Nights outside every group are refused."""
    codes = [ward.code for ward in assumptions.wards]
    rest = [place for place, label in enumerate(labels) if label not in codes]
    lost = int(nights[..., rest].sum())
    if lost:
        raise UserError(
            f"{lost:,} nights belong to no ward group of {assumptions.system}. "
            "Let the last [[ward]] of capacity.toml take all that is left."
        )
    order = [labels.index(code) if code in labels else -1 for code in codes]
    if order == list(range(len(labels))):
        return nights
    made = np.zeros((*nights.shape[:-1], len(codes)), dtype=nights.dtype)
    for place, held in enumerate(order):
        if held >= 0:
            made[..., place] = nights[..., held]
    return made
