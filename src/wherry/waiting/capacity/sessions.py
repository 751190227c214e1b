"""Every session with what was planned, what is promised, and what is still free, one row a session.

Free is what a session that is still to come (planned, on the census day or later) has not promised, never below 0: an
overbooked session takes nothing from another. A theatre session's places are its minutes over the usual case; where the
booked minutes of a clinic or a session of tests are not sent, they are its booked places' share of its minutes.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from wherry.reference.services import COMPLEXITIES
from wherry.waiting.capacity.cases import CaseMinutes
from wherry.waiting.capacity.columns import (
    Ints,
    array,
    dates,
    day_number,
    days,
    known,
    monday,
    number,
    owner,
    pc,
    text,
)

KINDS = ("theatre", "clinic", "diagnostic")


def all_sessions(sent: pa.Table, minutes: CaseMinutes, census: date, system: Any) -> pa.Table:
    """The sessions of the three kinds: the key columns of `capacity_week`, `cancelled`, and its six quantities.

    A cancelled session has quantities of 0.
    """
    sent = sent.filter(pc.is_in(sent["kind"], value_set=array(KINDS)))
    kind, site = text(sent["kind"]), text(sent["site"])
    tests = pc.equal(kind, "diagnostic")
    function = pc.if_else(tests, "", text(sent["treatment_function"]))
    group = pc.if_else(tests, "", text(sent["procedure_group"]))
    test = pc.if_else(tests, text(sent["test"]), "")
    on = days(sent["session_on"])
    cancelled = _is(sent["status"], "cancelled")
    going = ~cancelled
    to_come = _is(sent["status"], "planned") & (on >= day_number(census))
    theatre = _is(kind, "theatre")

    planned = number(sent["planned_minutes"]) * going
    case = _case_minutes(site, function, group, minutes)
    sent_slots = number(sent["planned_slots"]) * going
    slots = np.where(theatre, np.floor(planned / case).astype(np.int64), sent_slots)
    booked_slots = number(sent["booked_slots"]) * going
    share = planned * np.minimum(booked_slots, slots) // np.maximum(slots, 1)
    booked = np.where(known(sent["booked_minutes"]) | theatre, number(sent["booked_minutes"]) * going, share)
    free = np.maximum(0, planned - booked) * to_come
    free_slots = np.where(
        theatre, np.floor(free / case).astype(np.int64), np.maximum(0, slots - booked_slots) * to_come
    )
    return pa.table(
        {
            "kind": kind,
            "organisation": owner(site, sent["organisation"], system),
            "site": site,
            "week_start": dates(monday(on)),
            "treatment_function": function,
            "procedure_group": group,
            "test": test,
            "complexity": _complexity(sent["complexity"], tests, site, function, group, on, system),
            "cancelled": array(cancelled),
            "planned_minutes": planned,
            "planned_slots": slots,
            "booked_minutes": booked,
            "booked_slots": booked_slots,
            "free_minutes": free,
            "free_slots": free_slots,
        }
    )


def _is(column: Any, value: str) -> Any:
    return pc.fill_null(pc.equal(column, value), False).to_numpy()


def _codes(*columns: Any) -> tuple[Any, list[tuple[str, ...]]]:
    """Rows as numbers of their combination of values, and the combinations."""
    coded = [_one(column).dictionary_encode() for column in columns]
    code = np.zeros(len(coded[0]), dtype=np.int64)
    for column in coded:
        code = code * max(1, len(column.dictionary)) + column.indices.to_numpy()
    values, first, place = np.unique(code, return_index=True, return_inverse=True)
    del values
    combinations = [tuple(_one(column)[int(at)].as_py() for column in columns) for at in first]
    return place, combinations


def _case_minutes(site: Any, function: Any, group: Any, minutes: CaseMinutes) -> Any:
    """Minutes of the usual case of each session."""
    place, combinations = _codes(site, function, group)
    return np.array([minutes.of(*combination) for combination in combinations] or [1.0])[place]


def _complexity(sent: Any, tests: Any, site: Any, function: Any, group: Any, on: Ints, system: Any) -> Any:
    """What was sent; else the site's level for that function and group on the day, the least where no list says one.

    Tests have no levels: their sessions take any request.
    """
    level = pc.if_else(tests, COMPLEXITIES[-1], _site_level(site, function, group, on, system))
    named = pc.is_in(sent, value_set=array(COMPLEXITIES))
    return pc.if_else(pc.fill_null(named, False), sent, level)


def _site_level(site: Any, function: Any, group: Any, on: Ints, system: Any) -> Any:
    services = getattr(system, "services", None)
    rows = services.rows if services is not None else ()
    turns = sorted({row.from_date for row in rows} | {row.to_date + timedelta(days=1) for row in rows if row.to_date})
    edges = [day_number(turn) for turn in turns]
    era = np.searchsorted(np.array(edges, dtype=np.int64), on, side="right")
    place, combinations = _codes(site, function, group)
    cells, back = np.unique(place * (len(edges) + 1) + era, return_inverse=True)
    levels = []
    for cell in cells.tolist():
        at, when = divmod(cell, len(edges) + 1)
        day = turns[when - 1] if when else date.min
        level = services.level(*combinations[at], day) if services is not None else -1
        levels.append(COMPLEXITIES[max(0, level)])
    return array(levels or [COMPLEXITIES[0]], pa.string()).take(array(back))


def _one(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
