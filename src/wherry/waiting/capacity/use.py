"""How theatre sessions were used: capped utilisation and its parts, by site, week and treatment function.

Definitions, after the national theatre data set and the Model Health System (general knowledge: check before relying
on them): touch time is anaesthesia to leaving theatre, added over cases; capped time is the part of the planned session
in which a case was in theatre, so that overruns, early starts and overlaps do not count; late start is planned start to
first case, early finish is last case to planned end, neither below 0. All sessions held up to the census count
as sessions; only those with planned minutes and a case count for minutes: without a case the use is not known, not 0.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from wherry.waiting.capacity.columns import Ints, array, dates, day_number, days, monday, number, owner, pc, text


def theatre_use(sent: pa.Table, cases: pa.Table, census: date, system: Any) -> pa.Table:
    """The `theatre_use` table. `cases` are `timed_cases(...)` of the same `sent` sessions."""
    on = days(sent["session_on"])
    past = array(on <= day_number(census))
    rows = session_use(sent, cases, system).append_column("week_start", dates(monday(on))).filter(past)
    rows = rows.filter(rows["theatre"])
    sums: list[Any] = [
        (name, "sum")
        for name in rows.column_names
        if name not in {"organisation", "site", "week_start", "treatment_function", "theatre"}
    ]
    table = rows.group_by(["site", "week_start", "treatment_function"]).aggregate([*sums, ("organisation", "min")])
    return table.rename_columns([name.removesuffix("_sum").removesuffix("_min") for name in table.column_names])


def session_use(sent: pa.Table, cases: pa.Table, system: Any) -> pa.Table:
    """Use of each session, in the order of `sent`; 0 of everything for one that was not held as a `theatre` session."""
    theatre = pc.fill_null(pc.equal(sent["kind"], "theatre"), False).to_numpy()
    held = pc.fill_null(pc.equal(sent["status"], "held"), False).to_numpy() & theatre
    planned = number(sent["planned_minutes"]) * held
    used = _by_session(cases, planned)
    counted = (planned > 0) & (used["cases"] > 0)
    return pa.table(
        {
            "organisation": owner(text(sent["site"]), sent["organisation"], system),
            "site": text(sent["site"]),
            "treatment_function": text(sent["treatment_function"]),
            "theatre": theatre,
            "sessions_planned": theatre.astype(np.int64),
            "sessions_held": held.astype(np.int64),
            "sessions_with_cases": counted.astype(np.int64),
            "planned_minutes": np.where(counted, planned, 0),
            **{name: np.where(counted, values, 0) for name, values in used.items()},
        }
    )


def _by_session(cases: pa.Table, planned: Ints) -> dict[str, Ints]:
    """Touch, capped, late-start and early-finish minutes and cases of each session; `cases` by session and start.

    A session without a case has 0 of each: no first case to be late.
    """
    count = len(planned)
    at = cases["session"].to_numpy()
    start, end = cases["start"].to_numpy(), cases["end"].to_numpy()
    touch, capped, number_of = (np.zeros(count, dtype=np.int64) for _ in range(3))
    np.add.at(touch, at, end - start)
    np.add.at(number_of, at, 1)
    inside_from = np.clip(np.maximum(start, _covered(at, end)), 0, planned[at])
    inside_to = np.clip(end, 0, planned[at])
    np.add.at(capped, at, np.maximum(0, inside_to - inside_from))
    first = np.full(count, np.iinfo(np.int64).max)
    last = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, at, start)
    np.maximum.at(last, at, end)
    any_case = number_of > 0
    return {
        "touch_minutes": touch,
        "capped_minutes": capped,
        "late_start_minutes": np.where(any_case, np.clip(first, 0, planned), 0),
        "early_finish_minutes": np.where(any_case, planned - np.clip(last, 0, planned), 0),
        "cases": number_of,
    }


def _covered(at: Ints, end: Ints) -> Ints:
    """For each case, how far the cases before it in its session reach; cases by session and start."""
    apart = np.int64(1 << 34)  # further than any minutes, so that one session's reach never runs into the next
    reach = np.full(len(at), -apart)
    if len(at):
        furthest = np.maximum.accumulate(end + at * apart)
        reach[1:] = np.where(at[1:] == at[:-1], furthest[:-1] - at[1:] * apart, -apart)
    return reach
