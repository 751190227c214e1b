"""The background work of what-if: measure the list once a snapshot, run what is asked for, check the model on the past.

A reader asks (`ask`); a worker of django-tasks works it out and writes files (`whatif_store`). Nothing of it is about a
person: files hold numbers of people by list and week.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from django_tasks import task

from wherry.waiting import forward
from wherry.waiting.forward.scenario import Extra, Referrals, Scenario
from wherry.web import snapshot as snapshots
from wherry.web.elective import whatif_store as store
from wherry.web.elective.whatif_store import BASIS, Unit

log = logging.getLogger(__name__)
CHECK = "check"
FAILED = "Something went wrong that we did not expect, and it was noted for whoever runs this service."
#: How far back the model is started to be checked, in weeks.
CHECK_WEEKS = 26
_TABLES = ("rtt_period", "pathway_event", "list_entry", "waiting_list")
_lock = threading.Lock()
_kept: dict[str, tuple[forward.Clocks, forward.Start]] = {}


def ask(snapshot_id: str, scenarios: Sequence[Scenario], functions: Sequence[str]) -> None:
    """Ask a worker for what is not worked out and not asked for yet: the basis, the check, runs of some functions."""
    units = [Unit(function, scenario) for scenario in scenarios for function in functions]
    missing = {unit.key: unit for unit in units if not store.has(snapshot_id, unit.key)}
    keys = [key for key in (BASIS, CHECK) if not store.has(snapshot_id, key)]
    fresh = store.mark(snapshot_id, [*keys, *missing])
    if fresh:
        wanted = [
            {"function": missing[key].function, "scenario": asdict(missing[key].scenario)}
            for key in fresh
            if key in missing
        ]
        work_out.enqueue(snapshot_id=snapshot_id, units=wanted)


@task()
def work_out(snapshot_id: str, units: list[dict[str, Any]]) -> None:
    """Work out the basis first, then the units in their order, then the check. What is there already is left."""
    snapshot = snapshots.current()
    if snapshot is None or snapshot.id != snapshot_id:
        return  # a newer one was published: its readers ask again
    store.sweep(snapshot_id)
    try:
        _work(snapshot, units)
    except Exception:
        log.exception("what-if could not be worked out for %s", snapshot_id)
        store.fail(snapshot_id, FAILED)


def _work(snapshot: Any, units: list[dict[str, Any]]) -> None:
    snapshot_id = snapshot.id
    clocks, start = _measured(snapshot)
    if not store.has(snapshot_id, BASIS):
        store.write(snapshot_id, BASIS, basis_of(start))
    for asked in units:
        unit = Unit(asked["function"], _scenario(asked["scenario"]))
        if not store.has(snapshot_id, unit.key):
            found = forward.run(start, unit.scenario, functions=(unit.function,))
            store.write(snapshot_id, unit.key, {"waiting": _small(found.waiting), "moved": found.flow[3].sum(-1)})
    if not store.has(snapshot_id, CHECK):
        store.write(snapshot_id, CHECK, check_of(clocks))


def _scenario(row: dict[str, Any]) -> Scenario:
    extra = tuple(Extra(**one) for one in row["extra"])
    referrals = tuple(Referrals(**one) for one in row["referrals"])
    return Scenario(**{**row, "extra": extra, "referrals": referrals})


def _measured(snapshot: Any) -> tuple[forward.Clocks, forward.Start]:
    """Clocks and start of a snapshot; those of the last one are kept in memory."""
    with _lock:
        if snapshot.id not in _kept:
            _kept.clear()
            clocks = forward.read({name: snapshot.table(name) for name in _TABLES}, snapshot.census)
            start = forward.measure(clocks, snapshot.census)
            _kept[snapshot.id] = clocks, forward.with_plan(start, snapshot.arrow("capacity_week"))
        return _kept[snapshot.id]


def basis_of(start: forward.Start) -> dict[str, Any]:
    """What pages need of a start, without anything by person: arrays by list and stage."""
    size = len(start.cells)
    waiting = np.zeros((len(forward.MEASURES), size, 2), dtype=np.int64)
    weeks = np.zeros((size, 2))
    at = (start.person_cell, start.person_stage)
    for n, over in enumerate(forward.MEASURES):
        beyond = -start.person_cohort.astype(int) >= over
        np.add.at(waiting[n], (at[0][beyond], at[1][beyond]), 1)
    np.add.at(weeks, at, -start.person_cohort.astype(float) + 0.5)
    nothing = float("nan")
    return {
        "cells": _names(start.cells),
        "waiting": waiting,
        "weeks_waited": weeks,
        "arrivals": start.counts["arrivals"],
        "capacity": start.counts["capacity"],
        "left": start.counts["left"],
        "convert": start.convert,
        "out_of_order": start.out_of_order,
        "plan": start.plan,
        "plan_weeks": start.plan_weeks,
        "trend": np.array([nothing if v is None else v for v in (start.trend, start.trend_error)]),
        "without_start": np.array(start.without_start),
        "run": np.array([start.settings.runs, start.settings.weeks, start.settings.window_weeks]),
    }  # fmt: skip


def _small(counts: Any) -> Any:
    """Counts in two bytes each where they fit."""
    return counts.astype(np.uint16) if counts.max(initial=0) < 2**16 else counts


def _names(cells: Sequence[forward.Cell]) -> Any:
    """Cells as text, one row each."""
    rows = [[cell.function, cell.organisation, cell.site] for cell in cells]
    return np.array(rows or np.zeros((0, 3)), dtype=str)


def check_of(clocks: forward.Clocks) -> dict[str, Any]:
    """The last week of a run from the past, beside what happened; empty if the past is too short."""
    found = forward.check(clocks, weeks=CHECK_WEEKS)
    return {
        "cells": _names(found.outcome.cells),
        "said": found.outcome.waiting[..., -1],
        "happened": found.happened[..., -1],
        "before": found.happened[..., 0],
    }
