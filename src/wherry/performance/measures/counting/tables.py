"""Which function makes which fact table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from wherry.errors import UserError
from wherry.performance.measures.counting import cancer, flow, lists, published, rtt
from wherry.performance.measures.counting.given import Given, Made
from wherry.performance.measures.fact import Origin, Type
from wherry.performance.measures.facts import TABLES

MAKERS: dict[str, Callable[[Given], Made]] = {
    "rtt_waiting": rtt.waiting,
    "rtt_stopped": rtt.stopped,
    "rtt_started": rtt.started,
    "outpatient": rtt.outpatient,
    "cancer_wait": cancer.ended,
    "cancer_waiting": cancer.waiting,
    "diagnostic_waiting": lists.tests_waiting,
    "diagnostic_done": lists.tests_done,
    "follow_up_owed": lists.follow_ups_owed,
    "theatre_session": lists.theatre_sessions,
    "emergency_attendance": lists.emergency_attendances,
    "emergency_visit": flow.emergency_visits,
    "bed_morning": flow.bed_mornings,
    "spell_end": flow.stays_ended,
    "patient_in_bed": flow.patients_in_bed,
}
#: What the schema of an Arrow table of people's actions may say: the first and last day that it knows all about.
FROM, TO = b"from", b"to"


def there(given: Given, table: str) -> bool:
    """Whether what a fact table is made from is there at all."""
    origin = TABLES[table].origin
    if origin is Origin.SNAPSHOT:
        return given.snapshot is not None
    if origin is Origin.FLOW:
        return given.history is not None
    if origin is Origin.PUBLISHED:
        return given.published is not None and bool(given.published.periods(table))
    return table in given.more and given.more[table].num_rows > 0


def make(given: Given, table: str) -> Made:
    """One fact table."""
    if table in MAKERS:
        return MAKERS[table](given)
    if TABLES[table].origin is Origin.PUBLISHED:
        return published.dataset(given, table)
    return _given(given, table)


def _given(given: Given, table: str) -> Made:
    """A table that was handed in: what people did, with `day`, `organisation` and the table's columns."""
    rows = given.more[table]
    wanted = ("day", *TABLES[table].types)
    if missing := [name for name in wanted if name not in rows.column_names]:
        raise UserError(
            f"The table {table} that was handed in has no column {missing[0]}. It needs {', '.join(wanted)}."
        )
    given.register(f"more_{table}", rows.select(list(wanted)))
    told = rows.schema.metadata or {}
    reach = {}
    for organisation, first, last in given.fetch(
        f"SELECT organisation, min(day), max(day) FROM more_{table} GROUP BY 1"
    ):
        since = date.fromisoformat(told[FROM].decode()) if FROM in told else first
        until = date.fromisoformat(told[TO].decode()) if TO in told else last
        reach[organisation] = (since, until)
    casts = {Type.NUMBER: "DOUBLE", Type.FLAG: "BOOLEAN", Type.TEXT: "VARCHAR", Type.DATE: "DATE"}
    listed = ", ".join(f'"{name}"::{casts[kind]} AS "{name}"' for name, kind in TABLES[table].types.items())
    as_at = max(until for _, until in reach.values())
    return Made(lambda wanted: f"SELECT day, {listed} FROM more_{table}", "What people did in wherry", as_at, reach)
