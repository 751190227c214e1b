"""Clocks for the forward run, read from tables: worked cases of joining the admitted list and of how a clock ends."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pytest

from wherry.hub.schema import TABLES
from wherry.waiting import forward
from wherry.waiting.forward.clocks import EPOCH, LEFT, NEVER, OPEN, TREATED, Cell, Clocks

CENSUS = date(2026, 1, 31)


def table(name: str, rows: list[dict[str, Any]]) -> Any:
    """A table of the schema from rows that name only some columns."""
    schema = TABLES[name].schema
    return ibis.memtable(pa.Table.from_pylist([dict.fromkeys(schema.names) | row for row in rows], schema))


def clock(
    key: str, start: date | None, stop: date | None = None, status: str | None = None, **more: Any
) -> dict[str, Any]:
    outcome = "open" if stop is None else "stopped"
    row = {"pathway_key": key, "period": 1, "clock_start": start, "clock_stop": stop, "stop_status": status}
    return (
        row
        | {"outcome": outcome, "organisation": "RM1", "treatment_function": "110", "stop_event": f"{key}-stop"}
        | more
    )


def event(key: str, on: date, kind: str, site: str | None, name: str = "stop") -> dict[str, Any]:
    return {"event_key": f"{key}-{name}", "pathway_key": key, "event_on": on, "event_type": kind, "site": site}


def entry(
    key: str, added: date | None, priority: str | None, removed: date | None = None, kind: str = "admitted"
) -> dict[str, Any]:
    row = {"entry_key": f"{key}-{added}", "pathway_key": key, "list_type": kind, "added_on": added}
    return row | {"clinical_priority": priority, "removed_on": removed}


D = date
PERIODS = [
    clock("seen", D(2025, 6, 1), D(2025, 9, 1), "30"),
    clock("admitted", D(2025, 6, 1), D(2025, 12, 1), "30"),
    clock("validated", D(2025, 6, 1), D(2025, 9, 1), "34"),
    clock("treated-in-clinic", D(2025, 6, 1), D(2025, 12, 1), "30"),  # on the admitted list, treated elsewhere
    clock("nullified", D(2025, 6, 1), D(2025, 7, 1), "33", outcome="nullified"),
    clock("waits", D(2025, 6, 1)),
    clock("listed", D(2025, 6, 1)),
    clock("taken-off", D(2025, 6, 1)),
    clock("planned", D(2025, 6, 1)),
    clock("unknown", None),
    clock("tomorrow", D(2026, 2, 1)),
]
EVENTS = [
    event("seen", D(2025, 9, 1), "attendance", "RM102"),
    event("admitted", D(2025, 12, 1), "admission", "RM131"),
    event("validated", D(2025, 9, 1), "validation", None),
    event("validated", D(2025, 7, 1), "attendance", "RM131", "a"),
    event("validated", D(2025, 6, 1), "referral_received", "RM102", "r"),
    event("treated-in-clinic", D(2025, 12, 1), "attendance", "RM102"),
    event("nullified", D(2025, 7, 1), "dna", None),
]
ENTRIES = [
    entry("admitted", D(2025, 10, 1), "P3"),
    entry("admitted", D(2025, 9, 15), "P2"),
    entry("admitted", D(2025, 12, 20), "P1a"),  # after the clock stopped
    entry("treated-in-clinic", D(2025, 5, 1), None),  # before it started: it counts from the start
    entry("listed", D(2025, 11, 1), "P4"),
    entry("taken-off", D(2025, 11, 1), "P2", removed=D(2025, 12, 1)),
    entry("planned", D(2025, 11, 1), "P2", kind="planned"),
]
LISTED = [
    {"pathway_key": "waits", "period": 1, "site": "RM102", "stage": "outpatient"},
    {"pathway_key": "listed", "period": 1, "site": None, "stage": "admitted"},
]


@pytest.fixture(scope="module")
def found() -> dict[str, tuple[Any, ...]]:
    tables = {"rtt_period": PERIODS, "pathway_event": EVENTS, "list_entry": ENTRIES, "waiting_list": LISTED}
    clocks: Clocks = forward.read({name: table(name, rows) for name, rows in tables.items()}, CENSUS)
    assert clocks.without_start == 1
    keys = sorted(row["pathway_key"] for row in PERIODS if row["clock_start"] and row["clock_start"] <= CENSUS)
    assert len(clocks) == len(keys)

    def day(number: int) -> date | None:
        return None if number == NEVER else date.fromordinal(EPOCH.toordinal() + int(number))

    columns = (clocks.cell, clocks.start, clocks.listed, clocks.stop, clocks.how, clocks.rank)
    return {
        key: (clocks.cells[cell], day(start), day(listed), day(stop), int(how), forward.clocks.RANKS[rank])
        for key, cell, start, listed, stop, how, rank in zip(keys, *columns, strict=True)
    }


@pytest.mark.parametrize(
    ("key", "site", "listed", "stop", "how", "rank"),
    [
        ("seen", "RM102", None, D(2025, 9, 1), TREATED, "P4"),
        ("admitted", "RM131", D(2025, 9, 15), D(2025, 12, 1), TREATED, "P2"),
        ("validated", "RM131", None, D(2025, 9, 1), LEFT, "P4"),
        ("treated-in-clinic", "RM102", D(2025, 6, 1), D(2025, 12, 1), LEFT, "P4"),
        ("nullified", "RM1", None, D(2025, 7, 1), LEFT, "P4"),
        ("waits", "RM102", None, None, OPEN, "P4"),
        ("listed", "RM1", D(2025, 11, 1), None, OPEN, "P4"),
        ("taken-off", "RM1", None, None, OPEN, "P4"),
        ("planned", "RM1", None, None, OPEN, "P4"),
    ],
)
def test_each_clock_is_read_as_it_stands(
    found: dict[str, tuple[Any, ...]],
    key: str,
    site: str,
    listed: date | None,
    stop: date | None,
    how: int,
    rank: str,
) -> None:
    """The site is the list's, else of the event that stopped the clock, else the last one named, else the trust."""
    assert found[key] == (Cell("110", "RM1", site), D(2025, 6, 1), listed, stop, how, rank)


def test_what_has_not_begun_is_not_there(found: dict[str, tuple[Any, ...]]) -> None:
    assert "tomorrow" not in found
    assert "unknown" not in found


def test_no_rows_at_all() -> None:
    empty = {name: table(name, []) for name in ("rtt_period", "pathway_event", "list_entry", "waiting_list")}
    clocks = forward.read(empty, CENSUS)
    assert (len(clocks), clocks.cells, clocks.without_start) == (0, (), 0)
