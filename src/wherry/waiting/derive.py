"""What the hub calls: clocks, the waiting list and data-quality findings from the common tables of one snapshot.

Clocks are derived over every event at once. Events of one pathway that came from more than one source are taken by
date, then source, then line of the file. Everything else is joined by the engine that holds the tables.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute

from wherry.hub.derivation import DeriveContext
from wherry.hub.schema import TABLES
from wherry.waiting import clocks, ptl, quality
from wherry.waiting.checks import Setting
from wherry.waiting.facts import facts

pc: Any = pyarrow.compute  # the stubs of both are narrower than they are
array: Any = pa.array

#: Columns of an event that the clock and the list need.
_EVENT = (
    "event_key",
    "pathway_key",
    "event_on",
    "event_type",
    "rtt_status",
    "organisation",
    "treatment_function",
    "first_activity",
    "dna_communicated",
    "site",
    "source",
    "load_id",
    "source_row",
)
_LAST = (
    "pathway_key",
    "period",
    "clock_start",
    "clock_stop",
    "stop_status",
    "outcome",
    "days_waited",
    "week_band",
    "organisation",
    "treatment_function",
    "list_order_date",
)


class _Engine:
    """The engine that holds the tables, whether it comes as a hub backend or as a bare Ibis connection."""

    def __init__(self, backend: Any) -> None:
        self._hub = backend if hasattr(backend, "give") and hasattr(backend, "keep") else None
        self._con = backend if self._hub is None else backend.con
        self._mark = uuid.uuid4().hex[:8]

    def arrow(self, expr: Any) -> pa.Table:
        return pa.table(self._con.to_pyarrow(expr))

    def give(self, table: pa.Table, name: str) -> Any:
        if self._hub is not None:
            return self._hub.give(table, f"waiting_{name}_{self._mark}")
        return ibis.memtable(table)

    def keep(self, expr: Any, name: str) -> Any:
        if self._hub is not None:
            return self._hub.keep(expr, f"waiting_{name}_{self._mark}")
        return ibis.memtable(self.arrow(expr))


def derive(tables: Mapping[str, Any], context: DeriveContext) -> dict[str, pa.Table]:
    """`rtt_period`, `waiting_list`, `quality_rule` and `quality_finding` of one snapshot, by `wherry.hub.schema`.

    `tables` holds person, person_identity, pathway, pathway_event, list_entry and appointment as Ibis tables.
    """
    engine, census = _Engine(context.backend), context.census
    events = in_order(engine.arrow(tables["pathway_event"].select(*_EVENT)))
    periods = periods_of(events, census)
    clock = engine.give(periods, "rtt_period")
    last = engine.give(last_clock(periods, last_site(events, census)), "last_clock")
    del events
    known = engine.keep(facts(tables, clock, last, census), "facts")
    setting = Setting(census, closed_organisations(context.system, census))
    found = engine.arrow(quality.findings(tables, known, clock, setting))
    found = found.sort_by([("rule", "ascending"), ("subject_key", "ascending")])
    listed = ptl.ordered(engine.arrow(ptl.rows(tables, known, census)), census)
    codes, worst = quality.joined(listed, found)
    listed = listed.append_column("findings", codes).append_column("worst_severity", worst)
    return {
        "rtt_period": periods,
        "waiting_list": _shaped(listed, "waiting_list"),
        "quality_rule": quality.rule_table(),
        "quality_finding": _shaped(found, "quality_finding"),
    }


def _shaped(table: pa.Table, name: str) -> pa.Table:
    schema = TABLES[name].schema
    return table.select(schema.names).cast(schema)


def in_order(events: pa.Table) -> pa.Table:
    """Events in the order in which the clock takes those of one day: by source, line of the file, and load."""
    source = _codes(events.column("source"))
    load = _codes(events.column("load_id"))
    row = events.column("source_row").to_numpy()
    if len(row) == 0:
        return events
    ahead = np.diff(source.astype(np.int64))
    sorted_already = np.all((ahead > 0) | ((ahead == 0) & (np.diff(row) > 0)))
    if sorted_already:
        return events
    return events.take(array(np.lexsort((load, row, source))))


def _codes(column: Any) -> Any:
    """Text as numbers in the order of the text."""
    coded: Any = column.combine_chunks().dictionary_encode()
    rank = np.argsort(pc.sort_indices(coded.dictionary).to_numpy(), kind="stable")
    return rank[coded.indices.to_numpy(zero_copy_only=False)]


def periods_of(events: pa.Table, census: date) -> pa.Table:
    """The `rtt_period` table of events in order."""
    columns = {
        "pathway_key": "pathway_id",
        "event_on": "event_date",
        "organisation": "provider",
    }
    named = events.rename_columns([columns.get(name, name) for name in events.column_names])
    periods = clocks.derive(named, census)
    keys: Any = events.column("event_key").combine_chunks()
    found = periods.rename_columns(
        [{"pathway_id": "pathway_key", "provider": "organisation"}.get(name, name) for name in periods.column_names]
    )
    for name in ("start", "stop"):
        found = found.append_column(f"{name}_event", keys.take(periods.column(f"{name}_row").combine_chunks()))
    return _shaped(found, "rtt_period")


def last_clock(periods: pa.Table, site: pa.Table) -> pa.Table:
    """The last period of each pathway, whether it `is_open`, and the `site` of its last event that names one."""
    key: Any = periods.column("pathway_key").combine_chunks()
    is_last = np.ones(periods.num_rows, dtype=np.bool_)
    if periods.num_rows > 1:
        is_last[:-1] = pc.not_equal(key[1:], key[:-1]).to_numpy(zero_copy_only=False)
    last = periods.select(list(_LAST)).filter(array(is_last))
    last = last.append_column("is_open", pc.equal(last.column("outcome"), "open"))
    place = pc.index_in(
        last.column("pathway_key").combine_chunks(), value_set=site.column("pathway_key").combine_chunks()
    )
    return last.append_column("site", site.column("site").combine_chunks().take(place))


def last_site(events: pa.Table, census: date) -> pa.Table:
    """For each pathway the site of its last event, up to the census, that names one; `events` in order."""
    site = events.column("site")
    named = pc.and_(pc.less_equal(events.column("event_on"), pa.scalar(census, pa.date32())), pc.is_valid(site))
    named = pc.and_(named, pc.not_equal(pc.fill_null(site, ""), ""))
    chosen = events.select(["pathway_key", "event_on", "site"]).filter(named)
    coded: Any = chosen.column("pathway_key").combine_chunks().dictionary_encode()
    count = chosen.num_rows
    day = chosen.column("event_on").cast(pa.int32()).to_numpy().astype(np.int64)
    best = np.full(len(coded.dictionary), np.iinfo(np.int64).min)
    np.maximum.at(best, coded.indices.to_numpy(zero_copy_only=False), day * count + np.arange(count))
    rows = best % count if count else best
    sites: Any = chosen.column("site").combine_chunks()
    return pa.table({"pathway_key": coded.dictionary, "site": sites.take(array(rows))})


def closed_organisations(system: Any, census: date) -> frozenset[str]:
    """Codes that the system knows and that have no row on the census day."""
    rows = tuple(getattr(system, "organisations", ()) or ())
    holding = {row.code for row in rows if row.from_date <= census and (row.to_date is None or census <= row.to_date)}
    return frozenset(row.code for row in rows) - holding
