"""Cancer clocks: those that ended, credited to trusts, and those that ran at the end of each period.

Waits, adjustments and shared cases are the rules of `wherry.waiting.cancer`; what had not happened by a day is left
out before they are asked about that day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.performance.measures.counting.given import Given, Made, Period, settings
from wherry.performance.measures.counting.people import columns, people
from wherry.waiting.cancer import reporting, waits

pc: Any = pyarrow_compute
SOURCE = "Organisations' extracts, cancer clocks by wherry"
#: Our clocks by the number that everybody knows them by.
STANDARDS = {"fds": "28", "d31": "31", "d62": "62"}
_ENDED = pa.schema(
    dict[str, pa.DataType](
        {
            "day": pa.date32(),
            "organisation": pa.string(),
            "standard": pa.string(),
            "tumour_group": pa.string(),
            "route": pa.string(),
            "days": pa.int32(),
            "weight": pa.float64(),
            "within": pa.bool_(),
            "person_key": pa.string(),
        }
    )
)


def _then(sent: pa.Table, day: date) -> pa.Table:
    """Cancer pathways with their clocks as they stood at the end of a day, in their own order."""
    asked = sent.append_column("pathway_id", sent["cancer_key"])
    for name in waits.DATES:
        late = pc.fill_null(pc.greater(asked[name], pa.scalar(day)), False)
        known = pc.if_else(late, pa.scalar(None, pa.date32()), asked[name])
        asked = asked.set_column(asked.column_names.index(name), name, known)
    found = waits.derive(asked.select(list(waits.COLUMNS)), day)
    rows = asked.drop_columns(["pathway_id"]).take(found["row"])
    for name in waits.WAIT_COLUMNS[1:]:
        rows = rows.append_column(name, found[name])
    return rows


def ended(given: Given) -> Made:
    """`cancer_wait`: every clock that ended, one row a trust credited with it."""
    sent = _sent(given)
    given.register("cancer_ended", pa.Table.from_pylist(list(_credited(_then(sent, given.census))), schema=_ENDED))
    sql = f"""SELECT c.* EXCLUDE (person_key), {columns("c.day")}
        FROM cancer_ended c LEFT JOIN {people(given)} who USING (person_key)"""
    reach: dict[str, tuple[date, date]] = {}
    for standard in STANDARDS.values():
        counts = f"SELECT organisation, day, count(*) FROM cancer_ended WHERE standard = '{standard}' GROUP BY 1, 2"
        for trust, (since, until) in given.reach(counts, "cancer_pathway", settings()["flow_weeks"]).items():
            reach[trust] = (max(since, reach.get(trust, (since, until))[0]), until)
    return Made(lambda wanted: sql, SOURCE, given.census, reach)


def _credited(rows: pa.Table) -> Iterator[dict[str, Any]]:
    rows = rows.append_column("organisation", rows["source"])
    for clock, standard in STANDARDS.items():
        column = reporting.ENDS[clock][0]
        over = pc.is_in(rows[f"{clock}_status"], value_set=pa.array(["met", "breached"]))
        for row in rows.filter(pc.and_(over, pc.is_valid(rows[column]))).to_pylist():
            for credit in reporting.credits(row, clock):
                yield {
                    "day": row[column],
                    "organisation": credit.trust,
                    "standard": standard,
                    "tumour_group": row["tumour_group"],
                    "route": row["route"],
                    "days": row[f"{clock}_wait"],
                    "weight": credit.share,
                    "within": credit.met,
                    "person_key": row["person_key"],
                }


def waiting(given: Given) -> Made:
    """`cancer_waiting`: pathways neither treated nor closed at the end of each period, whose 62-day clock runs."""
    sent = _sent(given)
    everyone = people(given)

    def sql(wanted: Sequence[Period]) -> str:
        given.register("cancer_then", pa.concat_tables([_RUNNING.empty_table(), *(_running(sent, p) for p in wanted)]))
        return f"""SELECT t.* EXCLUDE (person_key), {columns("p.last")}
            FROM cancer_then t JOIN wanted p ON p.first = t.period LEFT JOIN {everyone} who USING (person_key)"""

    given.register("cancer_sent", sent)
    gone = "least(treatment_date, closed_on)"
    counts = f"SELECT source, {gone}, count(*) FROM cancer_sent WHERE {gone} IS NOT NULL GROUP BY 1, 2"
    reach = given.reach(counts, "cancer_pathway", settings()["stock_weeks"])
    return Made(sql, SOURCE, given.census, reach)


_RUNNING = pa.schema(
    dict[str, pa.DataType](
        {
            "period": pa.date32(),
            "organisation": pa.string(),
            "days": pa.int32(),
            "tumour_group": pa.string(),
            "route": pa.string(),
            "person_key": pa.string(),
        }
    )
)


def _running(sent: pa.Table, period: Period) -> pa.Table:
    rows = _then(sent, period.last)
    closed = pc.fill_null(pc.less_equal(rows["closed_on"], pa.scalar(period.last)), False)
    runs = pc.is_in(rows["d62_status"], value_set=pa.array(["open_within", "open_overdue"]))
    rows = rows.filter(pc.and_(runs, pc.invert(closed)))
    first = pa.array([period.first] * rows.num_rows, pa.date32())
    kept = [first, rows["source"], rows["d62_wait"], rows["tumour_group"], rows["route"], rows["person_key"]]
    return pa.table(dict(zip(_RUNNING.names, kept, strict=True)), schema=_RUNNING)


def _sent(given: Given) -> pa.Table:
    assert given.snapshot is not None  # noqa: S101 - tables of the snapshot are made only where there is one
    return given.snapshot.arrow("cancer_pathway")
