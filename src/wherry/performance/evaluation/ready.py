"""A specification made ready: which periods come before and after, what the treated's series is, who compares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from wherry.performance.evaluation import panel as panels
from wherry.performance.evaluation import periods as time
from wherry.performance.evaluation.outcome import Lines, Outcome, known
from wherry.performance.evaluation.panel import Array, Mask, Panel
from wherry.performance.evaluation.settings import fewest
from wherry.performance.evaluation.spec import Spec
from wherry.performance.measures.model import FACTORS


@dataclass(frozen=True)
class Ready:
    """`before` and `after` are masks of periods with a figure of the treated. `start_at` is the first whole period
    after the start and its transition. `own`, `below`: the treated's figures and denominators."""

    spec: Spec
    panel: Panel
    start_at: int
    before: Mask
    after: Mask
    own: Array
    below: Array
    comparators: tuple[str, ...]
    excluded: dict[str, str]

    @property
    def at(self) -> npt.NDArray[np.int64]:
        """Period positions."""
        return self.panel.at

    @property
    def used(self) -> Mask:
        """Periods that are looked at."""
        found: Mask = self.before | self.after
        return found

    def columns(self) -> npt.NDArray[np.int64]:
        """The places of the periods that are looked at."""
        return np.flatnonzero(self.used)


def make(spec: Spec) -> Ready:
    """Cut the panel to what may be looked at. A period that the start falls into belongs to neither side."""
    panel = spec.panel.between(spec.baseline_from, spec.until)
    grain = panel.grain
    first = time.position(spec.start, grain)
    start_at = first + (time.first_day(first, grain) < spec.start) + spec.options.transition
    at = panel.at
    own, below = panel.together(spec.treated)
    lasts = [time.last_day(int(one), grain) for one in at]
    early = np.array([last < spec.start for last in lasts], dtype=bool)
    if spec.baseline_to is not None:
        early &= np.array([day <= spec.baseline_to for day in panel.periods], dtype=bool)
    figures = np.isfinite(own)
    before, after = early & figures, (at >= start_at) & figures
    kept, excluded = panels.pool(panel, spec.treated, spec.comparators, before | after, spec.excluded)
    return Ready(spec, panel, start_at, before, after, own, below, kept, excluded)


def too_few(ready: Ready) -> str:
    """Why there are too few points to judge by; blank if there are enough."""
    least_before, least_after = fewest(ready.spec.method)
    before, after = int(ready.before.sum()), int(ready.after.sum())
    plural = time.PLURAL[ready.panel.grain]
    if before < least_before:
        return f"The baseline has {before} {plural} with a figure; {least_before} are needed."
    if after < least_after:
        return f"There are {after} {plural} with a figure since the start; {least_after} are needed."
    return ""


def empty(ready: Ready, problem: str) -> Outcome:
    """An outcome without an effect, with its series."""
    nothing = np.full(len(ready.panel.periods), np.nan)
    return base(ready, problem=problem, without=nothing, others=nothing)


def base(
    ready: Ready,
    *,
    without: Array,
    others: Array,
    problem: str = "",
    low: Array | None = None,
    high: Array | None = None,
) -> Outcome:
    """What every method's outcome has: the series, the counts of points, gross change."""
    panel = ready.panel
    rows = panel.rows(ready.spec.treated)
    top = panel.numerators[rows].sum(axis=0)
    both = bool(ready.before.any() and ready.after.any())
    return Outcome(
        method=ready.spec.method,
        start=ready.spec.start,
        first_after=time.first_day(ready.start_at, panel.grain),
        unit=panel.unit,
        grain=panel.grain,
        treated=ready.spec.treated,
        comparators=ready.comparators,
        excluded=ready.excluded,
        before=int(ready.before.sum()),
        after=int(ready.after.sum()),
        lines=Lines(
            panel.periods,
            _row(ready.own),
            _row(without),
            _row(ready.own - without),
            _row(others),
            () if low is None else _row(low),
            () if high is None else _row(high),
            _row(top),
            _row(ready.below),
        ),
        problem=problem,
        gross=known(float(ready.own[ready.after].mean() - ready.own[ready.before].mean())) if both else None,
    )


def net_count(ready: Ready, effect: float | None) -> float | None:
    """The effect times the denominators after the start; None where the measure is no share, or one is not known."""
    factor = FACTORS.get(ready.panel.unit)
    below = ready.below[ready.after]
    if effect is None or factor is None or not below.size or not np.isfinite(below).all():
        return None
    return effect / factor * float(below.sum())


def wide(ready: Ready, found: Array) -> Array:
    """Figures of the used periods, put back among all periods."""
    out = np.full(len(ready.panel.periods), np.nan)
    out[ready.columns()] = found
    return out


def period_of(ready: Ready, number: int) -> date:
    """The first day of the `number`th period after the start."""
    return time.first_day(ready.start_at + number - 1, ready.panel.grain)


def _row(values: Array) -> tuple[float | None, ...]:
    return tuple(known(float(value)) for value in values)
