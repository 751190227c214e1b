"""Run a list forward: the same chance for every scenario, one task a function and run, on as many threads as asked."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from wherry.waiting.forward import draws, kernel
from wherry.waiting.forward.clocks import Cell
from wherry.waiting.forward.compiled import compiled
from wherry.waiting.forward.scenario import NO_CHANGE, Scenario
from wherry.waiting.forward.start import Start

Counts = npt.NDArray[np.int32]
Array = npt.NDArray[Any]
#: What is counted of a list: everybody, and over 18, 52 and 65 weeks.
MEASURES = tuple(int(over) for over in kernel.OVER)
#: The compiled loop: its arguments are many, and arrays.
simulate: Any = kernel.simulate
#: Sites of one function that a run can hold.
_MOST_SITES = 64


@dataclass(frozen=True)
class Outcome:
    """What became of the list in every run.

    `waiting` (4 measures, runs, cells, 2 stages, weeks + 1) are people at the end of each week; week 0 is the start.
    `flow` (4 kinds, runs, cells, 2, weeks + 1) are people of each week: came, treated or seen, left, of the treated
    those treated at another site. `cells` as in the start, or the chosen ones.
    """

    scenario: Scenario
    start: Start
    cells: tuple[Cell, ...]
    waiting: Counts
    flow: Counts
    seed: int

    @property
    def runs(self) -> int:
        """Number of runs."""
        return int(self.waiting.shape[1])

    @property
    def weeks(self) -> int:
        """Weeks ahead."""
        return int(self.waiting.shape[4]) - 1


def run(
    start: Start,
    scenario: Scenario = NO_CHANGE,
    *,
    runs: int | None = None,
    weeks: int | None = None,
    seed: int | None = None,
    functions: tuple[str, ...] | None = None,
    workers: int | None = None,
) -> Outcome:
    """Run a start forward under a scenario. Functions alone (`functions`) give the same numbers as all together.

    The seed decides everything: scenarios with one seed meet the same people, and any number of workers gives the
    same answer. Raises ValueError for a function that is not on the list.
    """
    runs = start.settings.runs if runs is None else runs
    weeks = start.settings.weeks if weeks is None else weeks
    seed = start.settings.seed if seed is None else seed
    if not 0 < weeks <= start.plan.shape[2]:
        raise ValueError(f"weeks are 1 to {start.plan.shape[2]}, not {weeks}")
    wanted = start.functions if functions is None else sorted(functions)
    unknown = set(wanted) - set(start.functions)
    if unknown:
        raise ValueError(f"nobody waits for {', '.join(sorted(unknown))}")
    rows = [n for n, cell in enumerate(start.cells) if cell.function in set(wanted)]
    place = {row: n for n, row in enumerate(rows)}
    arrivals, capacity = _arrivals(start, scenario, weeks), _capacity(start, weeks)
    extra = _extra(start, scenario, weeks)
    waiting = np.zeros((len(MEASURES), runs, len(rows), 2, weeks + 1), dtype=np.int32)
    flow = np.zeros((4, runs, len(rows), 2, weeks + 1), dtype=np.int32)
    levels = _levels(start, seed, runs)

    def work(task: tuple[str, int]) -> None:
        function, one = task
        here, keys, people, rates = parts[function]
        came = _counts(_stream(seed, one, draws.REFERRALS), keys, arrivals[here], start.spread[0],
                       levels[0][one, here], _pooled(start.pool_arrivals, seed, one, weeks))  # fmt: skip
        room = _counts(_stream(seed, one, draws.CAPACITY), keys, capacity[here], start.spread[1],
                       levels[1][one, here], _pooled(start.pool_capacity, seed, one, weeks))  # fmt: skip
        own = slice(place[here[0]], place[here[-1]] + 1)  # the cells of a function are side by side
        simulate(
            _stream(seed, one, _text_key(function)), weeks, len(here), *people, came, room + extra[here], *rates,
            float(scenario.willing) if scenario.aid else 0.0, kernel.OVER, waiting[:, one, own], flow[:, one, own],
        )  # fmt: skip
        np.cumsum(waiting[:, one, own], axis=-1, out=waiting[:, one, own])

    parts = {function: _part(start, function, 1 - start.out_of_order * (1 - scenario.in_order)) for function in wanted}
    tasks = sorted(((f, n) for f in wanted for n in range(runs)), key=lambda task: -len(parts[task[0]][2][0]))
    count = min(workers or os.cpu_count() or 1, max(1, len(tasks)))
    if count == 1:
        for task in tasks:
            work(task)
    else:
        with ThreadPoolExecutor(count) as pool:
            for _ in pool.map(work, tasks, chunksize=8):
                pass
    return Outcome(scenario, start, tuple(start.cells[n] for n in rows), waiting, flow, seed)


def _part(
    start: Start, function: str, in_order: Array
) -> tuple[list[int], Array, tuple[Array, ...], tuple[Array, ...]]:
    """What a run of one function needs: its cells, their keys, the people who wait by cohort, and the rates."""
    here = [n for n, cell in enumerate(start.cells) if cell.function == function]
    if len(here) > _MOST_SITES:
        raise ValueError(f"{function} has {len(here)} sites; a run holds {_MOST_SITES}")
    site = np.full(len(start.cells), -1, dtype=np.int64)
    site[here] = np.arange(len(here))
    chosen = site[start.person_cell] >= 0
    columns = (site[start.person_cell], start.person_cohort, start.person_stage, start.person_rank)
    rates = (start.due, start.leave, start.convert, start.rank_share)
    return (
        here,
        np.array([_key(start.cells[n]) for n in here], dtype=np.int64),
        tuple(column[chosen].astype(np.int64) for column in columns),
        (
            np.ascontiguousarray(in_order[here]),
            start.edge,
            *(np.ascontiguousarray(rate[here], dtype=np.float64) for rate in rates),
        ),
    )


def _arrivals(start: Start, scenario: Scenario, weeks: int) -> Array:
    """Expected referrals (cells, 2, weeks) under a scenario."""
    ahead = np.arange(1, weeks + 1)
    expected = start.arrivals[:, :, None] * (1 + scenario.growth / 100) ** (ahead / (365.25 / 7))
    for change in scenario.referrals:
        here = np.array([change.function in ("", cell.function) for cell in start.cells], dtype=bool)
        expected *= np.where(here[:, None, None] & (ahead >= change.from_week), 1 + change.percent / 100, 1.0)
    return np.asarray(expected)


def _capacity(start: Start, weeks: int) -> Array:
    return np.asarray(start.capacity[:, :, None] * start.plan[:, :, :weeks])


def _extra(start: Start, scenario: Scenario, weeks: int) -> Array:
    """Extra people (cells, 2, weeks). Raises ValueError where there is no such list."""
    more = np.zeros((len(start.cells), 2, weeks), dtype=np.int64)
    for extra in scenario.extra:
        here = [n for n, cell in enumerate(start.cells) if (cell.function, cell.site) == (extra.function, extra.site)]
        if not here:
            raise ValueError(f"nobody waits for {extra.function} at {extra.site}")
        more[here[0], extra.stage, extra.from_week - 1 : extra.to_week] += extra.people
    return more


def _stream(seed: int, *numbers: int) -> np.uint64:
    """The key of a stream: of a seed, a run and a purpose."""
    key = np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
    for number in numbers:
        key = np.uint64(draws.mixed(key, number))  # compiled code gives back a plain number
    return key


def _text_key(text: str) -> int:
    """A whole number for a text, the same on every machine."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value >> 2


def _key(cell: Cell) -> int:
    return _text_key(f"{cell.function}|{cell.organisation}|{cell.site}")


def _levels(start: Start, seed: int, runs: int) -> tuple[Array, Array]:
    """How far each list's mean may lie from what was measured, by run: factors (runs, cells, 2) around 1."""
    window = start.settings.window_weeks
    found = []
    purposes = (
        (draws.REFERRAL_LEVEL, start.arrivals, start.spread[0]),
        (draws.CAPACITY_LEVEL, start.capacity, start.spread[1]),
    )
    for purpose, mean, spread in purposes:
        error = np.sqrt(np.divide(spread, mean * window, out=np.zeros(mean.shape), where=mean > 0))
        error = np.minimum(error, 1.0)
        keys = np.array([_key(cell) for cell in start.cells], dtype=np.int64)
        u = _uniforms(_stream(seed), purpose, keys, runs)
        found.append(np.exp(error * ndtri(u) - error**2 / 2))
    return found[0], found[1]


@compiled
def _uniforms(root: Any, purpose: int, keys: Any, runs: int) -> Any:
    out = np.empty((runs, len(keys), 2))
    for one in range(runs):
        key = draws.mixed(draws.mixed(root, one), purpose)
        for n in range(len(keys)):
            for stage in range(2):
                out[one, n, stage] = draws.uniform(draws.mixed(key, keys[n]), stage)
    return out


def _pooled(pool: Array, seed: int, one: int, weeks: int) -> Array:
    """How busy each week ahead is: drawn from this run's own sample of the measured weeks.

    The same weeks are drawn for referrals and capacity, so a bank holiday is one for both.
    """
    return np.asarray(_sampled(_stream(seed, one, draws.WEEKS), pool, weeks))


@compiled
def _sampled(key: Any, pool: Any, weeks: int) -> Any:
    size = len(pool)
    own = np.empty(size)
    for n in range(size):
        own[n] = pool[int(draws.uniform(key, n) * size)]
    out = np.empty(weeks)
    for week in range(weeks):
        out[week] = own[int(draws.uniform(key, 1000 + week) * size)]
    return out


@compiled
def _counts(key: Any, keys: Any, expected: Any, spread: float, level: Any, busy: Any) -> Any:
    """Whole people (cells, 2, weeks), each from one number of its own."""
    cells, stages, weeks = expected.shape
    out = np.zeros((cells, stages, weeks), dtype=np.int64)
    for n in range(cells):
        for stage in range(stages):
            own = draws.mixed(draws.mixed(key, keys[n]), stage)
            for week in range(weeks):
                mean = expected[n, stage, week] * level[n, stage] * busy[week]
                out[n, stage, week] = draws.count_at(draws.uniform(own, week), mean, spread)
    return out
