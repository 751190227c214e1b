"""Rates from stays: how many come, how many places there are, and each person's chances by how long they have waited.

A small list's rate leans on its function's, and that on the rate of all (a gamma prior worth `prior_events`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from wherry.waiting.forward.clocks import RANKS, Cell
from wherry.waiting.forward.settings import Settings

if TYPE_CHECKING:
    from wherry.waiting.forward.start import Spells

Array = npt.NDArray[Any]
#: No chance of a week is above this.
_SURE = 0.95


def of(cells: tuple[Cell, ...], stages: tuple[Spells, Spells], ages: int, use: Settings) -> dict[str, Any]:
    """Everything of `Start` that is a rate, from the stays in both stages."""
    size, ranks, window = len(cells), len(RANKS), use.window_weeks
    group = np.unique([cell.function for cell in cells], return_inverse=True)[1] if size else np.zeros(0, dtype=int)
    band = np.searchsorted(np.array(use.age_bands), np.arange(ages), side="right") - 1
    arrivals, capacity, gone = (np.zeros((size, 2, window)) for _ in range(3))
    edge = np.array([*use.age_bands, ages], dtype=np.int64)
    due = np.zeros((size, 2, ranks, len(edge)))
    leave = np.zeros((size, 2, len(edge)))
    share = np.zeros((size, 2))
    convert = np.zeros(size)
    rank_share = np.zeros((size, ranks))
    for stage, spells in enumerate(stages):
        first = 1 - window
        arrived = (spells.enter >= first) & (spells.enter <= 0)
        came = arrived & (spells.enter <= spells.cohort) if stage else arrived
        np.add.at(arrivals[:, stage], (spells.cell[came], spells.enter[came] - first), 1)
        used = spells.treated | spells.converted
        now = used & (spells.exit >= first) & (spells.exit <= 0)
        np.add.at(capacity[:, stage], (spells.cell[now], spells.exit[now] - first), 1)
        shape = (size, ranks, ages)
        exposed = _exposed(spells, shape, first)
        events = _events(spells, now, shape)
        lost = spells.left & (spells.exit >= first) & (spells.exit <= 0)
        np.add.at(gone[:, stage], (spells.cell[lost], spells.exit[lost] - first), 1)
        left = _events(spells, lost, shape)
        by_band, time = _banded(events, band), _banded(exposed, band)
        chance = _lean(by_band, time, group, use.prior_events)
        share[:, stage] = _out_of_order(spells, group, window, chance[:, :, band])[group]
        due[:, stage] = _cumulative(chance, edge)
        going = _lean(_banded(left.sum(1), band), time.sum(1), group, use.prior_events)
        leave[:, stage] = _cumulative(going, edge)
        if stage:
            rank_share = _shares(spells, arrived, group, ranks, use.prior_events)
        else:
            join = np.bincount(spells.cell[now & spells.converted], minlength=size).astype(float)[:, None]
            convert = _lean(join, by_band.sum((1, 2))[:, None], group, use.prior_events, top=1.0)[:, 0]
    return {
        "arrivals": arrivals.mean(2),
        "capacity": capacity.mean(2),
        "spread": (_spread(arrivals), _spread(capacity)),
        "pool_arrivals": _pool(arrivals),
        "pool_capacity": _pool(capacity),
        "edge": edge,
        "due": due,
        "leave": leave,
        "convert": convert,
        "rank_share": rank_share,
        "out_of_order": share,
        "counts": {"arrivals": arrivals, "capacity": capacity, "left": gone},
    }


def trend(week: Array, weeks: int) -> tuple[float | None, float | None]:
    """Growth of referrals a year as a share of their mean, with its standard error, from a line through the weeks."""
    counts = np.bincount(week[(week > -weeks) & (week <= 0)] + weeks - 1, minlength=weeks).astype(float)
    if counts.sum() < weeks:
        return None, None
    at = np.arange(weeks) - (weeks - 1) / 2
    slope = float((at * counts).sum() / (at**2).sum())
    rest = counts - counts.mean() - slope * at
    error = float(np.sqrt((rest**2).sum() / (weeks - 2) / (at**2).sum()))
    year = 365.25 / 7 / float(counts.mean())
    return slope * year, error * year


def _exposed(spells: Spells, shape: tuple[int, int, int], first: int) -> Array:
    """Person-weeks at risk by cell, rank and weeks waited; the week of an event counts."""
    begin = np.maximum(spells.enter, first)
    end = np.minimum(spells.exit, 0)
    ok = end >= begin
    steps = np.zeros((shape[0], shape[1], shape[2] + 1))
    at = (spells.cell[ok], spells.rank[ok])
    np.add.at(steps, (*at, _age(begin[ok], spells.cohort[ok], shape[2])), 1)
    np.subtract.at(steps, (*at, _age(end[ok], spells.cohort[ok], shape[2]) + 1), 1)
    return np.asarray(np.cumsum(steps, axis=2)[:, :, :-1])


def _events(spells: Spells, chosen: Array, shape: tuple[int, int, int]) -> Array:
    out = np.zeros(shape)
    age = _age(spells.exit[chosen], spells.cohort[chosen], shape[2])
    np.add.at(out, (spells.cell[chosen], spells.rank[chosen], age), 1)
    return out


def _age(week: Array | int, cohort: Array, ages: int) -> Array:
    return np.asarray(np.clip(week - cohort, 0, ages - 1))


def _banded(values: Array, band: Array) -> Array:
    """Sums over the ages of each band (last axis)."""
    begins = np.searchsorted(band, np.arange(int(band[-1]) + 1))
    return np.asarray(np.add.reduceat(values, begins, axis=-1))


def _lean(events: Array, time: Array, group: Array, prior: float, top: float = _SURE) -> Array:
    """Events over time of each cell, leaning on its group's and that on the total's."""
    if not len(group):
        return np.zeros_like(events)
    groups = int(group.max()) + 1
    group_events, group_time = np.zeros((groups, *events.shape[1:])), np.zeros((groups, *events.shape[1:]))
    np.add.at(group_events, group, events)
    np.add.at(group_time, group, time)
    total = np.divide(events.sum(0), time.sum(0), out=np.zeros(events.shape[1:]), where=time.sum(0) > 0)
    middle = _leaning(group_events, group_time, np.broadcast_to(total, group_events.shape), prior)
    return np.asarray(np.minimum(_leaning(events, time, middle[group], prior), top))


def _leaning(events: Array, time: Array, towards: Array, prior: float) -> Array:
    ahead = np.divide(prior, towards, out=np.zeros(events.shape), where=towards > 0)
    below = time + ahead
    return np.asarray(np.divide(events + prior * (towards > 0), below, out=np.zeros(events.shape), where=below > 0))


def _cumulative(chance: Array, edge: Array) -> Array:
    """A week's chance in each band as the cumulative hazard at the bands' edges, from 0."""
    out = np.zeros((*chance.shape[:-1], chance.shape[-1] + 1))
    np.cumsum(-np.log1p(-np.minimum(chance, _SURE)) * np.diff(edge), axis=-1, out=out[..., 1:])
    return out


def _out_of_order(spells: Spells, group: Array, window: int, chance: Array) -> Array:
    """The share of treatments, by function, that did not go by priority and then longest wait.

    Each week the first T of a list, by priority and then wait, "should" be treated where T were. If a share q goes by
    chance, by how long people have waited (`chance`: cells, ranks, ages), the first T hold q times their own summed
    chances of those treated, and (1 - q) T; q follows from how many of them were treated. People of one week of wait
    are equals: as many of the last such week as places are left count as first.
    """
    groups = int(group.max(initial=-1)) + 1
    hit, treated, random = np.zeros(groups), np.zeros(groups), np.zeros(groups)
    size = len(group)
    used = spells.treated | spells.converted
    order = np.lexsort((spells.cohort, spells.rank, spells.cell))
    cell, rank, cohort = spells.cell[order], spells.rank[order], spells.cohort[order]
    enter, leaves, used = spells.enter[order], spells.exit[order], used[order]
    for week in range(1 - window, 1):
        here = (enter <= week) & (leaves >= week)
        at, now = cell[here], (used & (leaves == week))[here]
        number = np.bincount(at, minlength=size)
        places = np.bincount(at[now], minlength=size)
        last = np.cumsum(number) - number + places - 1  # the last of the first T
        key = rank[here] * 10_000 + cohort[here]
        limit = np.where(places > 0, key[np.clip(last, 0, max(0, len(key) - 1))], -(10**6)) if len(key) else places
        before, equal = key < limit[at], key == limit[at]
        left = places - np.bincount(at[before], minlength=size)
        own = chance[at, rank[here], _age(week, cohort[here], chance.shape[2])]
        for total, counted in ((hit, now.astype(float)), (random, own)):
            sure = np.bincount(at[before], counted[before], minlength=size)
            shared = np.bincount(at[equal], counted[equal], minlength=size)
            np.add.at(total, group, sure + np.minimum(shared, left))
        np.add.at(treated, group, places)
    below = treated - random
    share = np.divide(treated - hit, below, out=np.ones(groups), where=below > 0)
    return np.asarray(np.clip(share, 0.0, 1.0))


def _shares(spells: Spells, chosen: Array, group: Array, ranks: int, prior: float) -> Array:
    """Shares of priorities among those who joined, leaning on the function's and the total's; cells by ranks."""
    counts = np.zeros((len(group), ranks))
    np.add.at(counts, (spells.cell[chosen], spells.rank[chosen]), 1)
    groups = int(group.max(initial=-1)) + 1
    by_group = np.zeros((groups, ranks))
    np.add.at(by_group, group, counts)
    even = np.full(ranks, 1 / ranks)
    total = counts.sum(0) / counts.sum() if counts.sum() else even
    middle = (by_group + prior * total) / (by_group.sum(1, keepdims=True) + prior)
    return np.asarray((counts + prior * middle[group]) / (counts.sum(1, keepdims=True) + prior))


def _spread(counts: Array) -> float:
    """Variance over mean of a cell's weeks once the weeks' own ups and downs are taken out; at least 1 (Poisson)."""
    mean = counts.mean(2, keepdims=True)
    if not mean.sum():
        return 1.0
    expected = mean * _pool(counts)[None, None, :]
    degrees = max(1, counts.shape[2] - 1)
    return max(1.0, float(((counts - expected) ** 2).sum() / degrees / mean.sum()))


def _pool(counts: Array) -> Array:
    """Each week's total over the mean week; 1 where there is nothing."""
    total = counts.sum((0, 1))
    return np.asarray(total / total.mean()) if total.sum() else np.ones(counts.shape[2])
