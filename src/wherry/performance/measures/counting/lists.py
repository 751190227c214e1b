"""Tests, follow-ups, theatre sessions and visits to emergency departments, from the snapshot.

Who waits for a test and which follow-up is late is decided by `wherry.waiting`, as it stood at the end of each period.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from wherry.performance.measures.counting.given import Given, Made, Period, settings
from wherry.performance.measures.counting.people import columns, people
from wherry.waiting import diagnostics, follow_ups
from wherry.waiting.capacity.cases import timed_cases
from wherry.waiting.capacity.use import session_use

SOURCE = "Organisations' extracts"


def tests_waiting(given: Given) -> Made:
    """`diagnostic_waiting`: requests that wait at the end of each period, by the rule of the six-week list."""
    request = given.parquet("diagnostic_request")
    everyone = people(given)

    def sql(wanted: Sequence[Period]) -> str:
        assert given.snapshot is not None  # noqa: S101 - `parquet` has refused already
        asked: Any = given.snapshot.table("diagnostic_request")
        parts = []
        for period in wanted:
            rows = diagnostics.waits(asked, period.last).select("request_key", "days_waited").to_pyarrow()
            parts.append(rows.append_column("period", pa.array([period.first] * rows.num_rows, pa.date32())))
        given.register("tests_then", _together(parts, {"request_key": pa.string(), "days_waited": pa.int32()}))
        return f"""SELECT t.period, r.source AS organisation, t.days_waited, r.test, r.priority,
                coalesce(r.site, '') AS site, coalesce(r.planned, false) AS planned, {columns("p.last")}
            FROM tests_then t JOIN wanted p ON p.first = t.period JOIN {request} r USING (request_key)
            LEFT JOIN {everyone} who USING (person_key)"""

    ended = "least(performed_on, removed_on)"
    counts = f"SELECT source, {ended}, count(*) FROM {request} WHERE {ended} IS NOT NULL GROUP BY 1, 2"
    return Made(sql, SOURCE, given.census, given.reach(counts, "diagnostic_request", settings()["stock_weeks"]))


def tests_done(given: Given) -> Made:
    """`diagnostic_done`: tests by the day they were done."""
    request = given.parquet("diagnostic_request")
    sql = f"""SELECT r.performed_on AS day, r.source AS organisation,
            date_diff('day', r.clock_start_on, r.performed_on) AS days_waited,
            date_diff('day', r.performed_on, r.reported_on) AS days_to_report, r.test, r.priority,
            coalesce(r.site, '') AS site, coalesce(r.planned, false) AS planned, {columns("r.performed_on")}
        FROM {request} r LEFT JOIN {people(given)} who USING (person_key)
        WHERE r.performed_on <= DATE '{given.census}'"""
    counts = f"SELECT source, performed_on, count(*) FROM {request} WHERE performed_on IS NOT NULL GROUP BY 1, 2"
    reach = given.reach(counts, "diagnostic_request", settings()["flow_weeks"])
    return Made(lambda wanted: sql, SOURCE, given.census, reach)


def follow_ups_owed(given: Given) -> Made:
    """`follow_up_owed`: follow-ups owed at the end of each period, by the rules of that day."""
    table = given.parquet("follow_up")
    everyone = people(given)

    def sql(wanted: Sequence[Period]) -> str:
        assert given.snapshot is not None  # noqa: S101 - `parquet` has refused already
        rows = given.snapshot.arrow("follow_up")
        found = follow_ups.Columns(
            latest=_numbers(rows["latest_on"]),
            booked=_numbers(rows["booked_for"]),
            closed=_numbers(rows["closed_on"]),
            open_until=_numbers(rows["open_until"]),
            by_patient=np.asarray(rows["initiated_by"].combine_chunks().to_numpy(zero_copy_only=False) == "patient"),
        )
        seen = _numbers(rows["last_seen_on"])
        keys: Any = rows["follow_up_key"].combine_chunks()
        parts = [_owed_then(found, seen, keys, period) for period in wanted]
        given.register("owed_then", _together(parts, {"follow_up_key": pa.string(), **_OWED}))
        return f"""SELECT t.period, f.source AS organisation, t.overdue, f.latest_on IS NOT NULL AS dated,
                f.initiated_by = 'patient' AS patient_initiated, t.days_late, coalesce(f.reason, '') AS reason,
                coalesce(f.treatment_function, '') AS treatment_function, coalesce(f.site, '') AS site,
                {columns("p.last")}
            FROM owed_then t JOIN wanted p ON p.first = t.period JOIN {table} f USING (follow_up_key)
            LEFT JOIN {everyone} who USING (person_key)"""

    counts = f"SELECT source, closed_on, count(*) FROM {table} WHERE closed_on IS NOT NULL GROUP BY 1, 2"
    return Made(sql, SOURCE, given.census, given.reach(counts, "follow_up", settings()["stock_weeks"]))


_OWED: dict[str, pa.DataType] = {"overdue": pa.bool_(), "days_late": pa.int32()}


def _owed_then(found: follow_ups.Columns, seen: Any, keys: Any, period: Period) -> pa.Table:
    day = max(period.last, follow_ups.versions()[0].from_date)
    states = follow_ups.states(found, period.last, follow_ups.on(day))
    there = (states != follow_ups.State.CLOSED) & (seen <= follow_ups.number(period.last))
    overdue = np.isin(states, [int(state) for state in follow_ups.PAST])
    late = np.where(overdue, follow_ups.days_late(found, period.last), 0)
    at = np.flatnonzero(there)
    return pa.table(
        {
            "follow_up_key": keys.take(pa.array(at)),
            "overdue": overdue[at],
            "days_late": late[at].astype(np.int32),
            "period": pa.array([period.first] * len(at), pa.date32()),
        }
    )


def _numbers(column: Any) -> Any:
    return column.combine_chunks().cast(pa.int32()).fill_null(int(follow_ups.NO_DAY)).to_numpy(zero_copy_only=False)


def _together(parts: Sequence[pa.Table], fields: dict[str, pa.DataType]) -> pa.Table:
    schema = pa.schema({**fields, "period": pa.date32()})
    return pa.concat_tables([schema.empty_table(), *(part.select(schema.names).cast(schema) for part in parts)])


def theatre_sessions(given: Given) -> Made:
    """`theatre_session`: theatre sessions by day, used as `wherry.waiting.capacity` defines it."""
    assert given.snapshot is not None  # noqa: S101 - asked for where there is a snapshot
    sessions, cases = given.snapshot.arrow("capacity_session"), given.snapshot.arrow("theatre_case")
    use = session_use(sessions, timed_cases(cases, sessions), given.system)
    use = use.append_column("day", sessions["session_on"]).append_column("status", sessions["status"])
    given.register("session_use", use)
    sql = f"""SELECT day, organisation, treatment_function, site, status = 'held' AS held,
            sessions_with_cases > 0 AS with_cases, planned_minutes, touch_minutes AS used_minutes, capped_minutes,
            late_start_minutes, early_finish_minutes, cases
        FROM session_use WHERE theatre AND status IN ('held', 'cancelled') AND day <= DATE '{given.census}'"""
    counts = f"SELECT organisation, day, count(*) FROM ({sql}) GROUP BY 1, 2"
    reach = given.reach(counts, "session", settings()["flow_weeks"])
    return Made(lambda wanted: sql, SOURCE, given.census, reach)


def emergency_attendances(given: Given) -> Made:
    """`emergency_attendance`: visits by day of arrival, with who came."""
    table = given.parquet("emergency_attendance")
    sql = f"""SELECT a.arrived_on AS day, a.source AS organisation, a.admitted, coalesce(a.site, '') AS site,
            {columns("a.arrived_on")}
        FROM {table} a LEFT JOIN {people(given)} who USING (person_key)"""
    counts = f"SELECT source, arrived_on, count(*) FROM {table} GROUP BY 1, 2"
    reach = given.reach(counts, "emergency_attendance", settings()["flow_weeks"])
    return Made(lambda wanted: sql, SOURCE, given.census, reach)
