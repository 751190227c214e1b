"""What one replication measured, as figures by place, pool and month; and estimates over replications."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from wherry.planning.beds import columns as c
from wherry.planning.beds.answers import Estimate
from wherry.planning.beds.prepare import Array, Ready, Run

Floats = npt.NDArray[np.float64]
#: Figures of one replication, or (with one more axis in front) of several.
Figures = Mapping[str, Floats]

#: By place (sites, then the group). Counts are a year of 365 days; `boarding` is how many wait at any time.
PLACE = (
    "occupied", "occupancy", "general_occupied", "general_occupancy", "time_full", "days_full", "days_boarding",
    "emergencies", "boarded", "boarded_share", "over_4_share", "mean_wait", "boarding", "over_4_hours",
    "over_12_hours", "planned", "cancelled", "cancelled_share", "outliers", "transferred_out", "ready_share", "lost",
)  # fmt: skip


def figures(tables: Ready, run: Run) -> dict[str, Floats]:
    """The figures of one replication: by place as `PLACE`, by pool `pool_*`, by month and place `month_*`."""
    spec = tables.spec
    sites, wards = len(spec.sites), len(spec.wards)
    counted = len(tables.month) - tables.warm_up
    hours, a_year = counted * 24.0, 365.0 / counted
    general = np.array([ward.general for ward in spec.wards])
    bed_hours = tables.bed_hours.reshape(sites, wards)
    used = run.pool_time[:, c.BED_HOURS].reshape(sites, wards)
    ready = run.pool_time[:, c.READY_HOURS].reshape(sites, wards)
    tally = _with_group(run.tally.sum(axis=0).astype(np.float64))
    waits = _with_group(run.waits.sum(axis=0))
    still = _group_of(run.place_time[:sites, c.STILL_WAITING])
    made: dict[str, Floats] = {}
    made["occupied"] = _group_of(used.sum(axis=1)) / hours
    made["occupancy"] = share(_group_of(used.sum(axis=1)), _group_of(bed_hours.sum(axis=1)))
    made["general_occupied"] = _group_of(used[:, general].sum(axis=1)) / hours
    made["general_occupancy"] = share(
        _group_of(used[:, general].sum(axis=1)), _group_of(bed_hours[:, general].sum(axis=1))
    )
    made["time_full"] = run.place_time[:, c.FULL_HOURS] / hours
    made["days_full"] = run.place[:, c.FULL_DAYS] / counted
    days = run.place[:, c.BOARD_DAYS] / counted
    made["days_boarding"] = np.append(days[:sites], days[:sites].max(initial=0.0))
    names = {
        "emergencies": c.EMERGENCIES, "boarded": c.BOARDED, "over_4_hours": c.OVER_4, "over_12_hours": c.OVER_12,
        "planned": c.PLANNED_CAME, "cancelled": c.CANCELLED, "outliers": c.OUTLIERS, "transferred_out": c.TRANSFERS,
        "lost": c.LOST,
    }  # fmt: skip
    for name, column in names.items():
        made[name] = tally[:, column] * a_year
    made["boarded_share"] = share(made["boarded"], made["emergencies"])
    made["over_4_share"] = share(made["over_4_hours"], made["emergencies"])
    made["mean_wait"] = share(waits[:, 0], tally[:, c.BOARDED])
    made["boarding"] = (waits[:, 0] + still) / hours
    made["cancelled_share"] = share(made["cancelled"], made["planned"])
    made["ready_share"] = share(_group_of(ready.sum(axis=1)), _group_of(used.sum(axis=1)))
    flat = tables.bed_hours
    made["pool_occupied"] = run.pool_time[:, c.BED_HOURS] / hours
    made["pool_occupancy"] = share(run.pool_time[:, c.BED_HOURS], flat)
    made["pool_time_full"] = run.pool_time[:, c.FULL_HOURS] / hours
    made["pool_days_full"] = run.pool[:, c.FULL_DAYS] / counted
    made["pool_patients"] = run.pool[:, c.PATIENTS] * a_year
    made["pool_outliers"] = run.pool[:, c.GUESTS] * a_year
    of_month = np.bincount(tables.month[tables.warm_up :], minlength=12)
    beds = tables.beds.reshape(12, sites, wards).sum(axis=2)
    mean = share(run.by_month.reshape(12, sites, wards).sum(axis=2).astype(np.float64), of_month[:, None] * 24.0)
    made["month_occupied"] = np.column_stack([mean, mean.sum(axis=1)])
    made["month_occupancy"] = share(
        made["month_occupied"], np.column_stack([beds, beds.sum(axis=1)]).astype(np.float64)
    )
    for name, column in (("boarded", c.BOARDED), ("over_12_hours", c.OVER_12), ("cancelled", c.CANCELLED)):
        counts = run.tally[:, :, column].astype(np.float64)
        made[f"month_{name}"] = np.column_stack([counts, counts.sum(axis=1)])
    made["still"] = _group_of(run.place[:sites, c.STILL].astype(np.float64))
    return made


def stacked(each: Sequence[Figures]) -> dict[str, Floats]:
    """Figures of several replications, with the replication as the first axis."""
    return {name: np.stack([one[name] for one in each]) for name in each[0]}


def estimate(values: Array) -> Estimate:
    """The mean with its 95% half-width (Student), and the 10th and 90th centile of single values.

    >>> estimate(np.array([1.0, 2.0, 3.0]))
    Estimate(mean=2.0, half_width=2.48414, low=1.2, high=2.8)
    """
    numbers = np.asarray(values, dtype=np.float64)
    low, high = np.quantile(numbers, [0.1, 0.9])
    return Estimate(_tidy(float(numbers.mean())), half_width(numbers), _tidy(float(low)), _tidy(float(high)))


def half_width(values: Array) -> float | None:
    """Half the width of the 95% confidence interval of the mean; None for one value."""
    n = len(values)
    if n < 2:
        return None
    return _tidy(float(stats.t.ppf(0.975, n - 1) * np.std(values, ddof=1) / math.sqrt(n)))


def share(part: Array, whole: Array) -> Floats:
    """Part over whole; 0 where there is no whole."""
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def _tidy(value: float) -> float:
    """Four significant digits more than anybody reads, so that files stay small."""
    return float(f"{value:.6g}") if abs(value) < 1e6 else round(value)


def _group_of(sites: Floats) -> Floats:
    return np.append(sites, sites.sum())


def _with_group(sites: Floats) -> Floats:
    return np.vstack([sites, sites.sum(axis=0)])
