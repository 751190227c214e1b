"""Rows of one pathway or person: the sorted copies and the scan give what a loop over the table gives."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest
from snapshot_factory import Made
from waiting_support import rows

from wherry.web import snapshot
from wherry.web.waiting import lookup


@pytest.mark.parametrize(("table", "by"), lookup.INDEXES)
def test_both_ways_give_the_rows_of_a_plain_loop(handmade: Made, table: str, by: str) -> None:
    made = snapshot.current()
    assert made is not None
    sorted_copies, scan = lookup.lookup_of(made), lookup.Scan(made)
    assert isinstance(sorted_copies, lookup.Lookup)
    listed = rows(handmade, table)
    keys = sorted({row[by] for row in listed if row[by] is not None})
    for key in (keys[0], keys[len(keys) // 2], keys[-1], "nobody", "", "~~~~"):
        expected = [row for row in listed if row[by] == key]
        assert sorted_copies.rows(table, by, key) == expected
        assert scan.rows(table, by, key) == expected


def test_keys_of_many_batches_are_found(tmp_path: Path, handmade: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "_GROUP", 7)
    source = handmade.hub / "snapshots" / handmade.snapshot_id / "pathway_event.parquet"
    with duckdb.connect() as con:
        lookup._sort(con, source, tmp_path / "events.arrow", "pathway_key")
    index = lookup._Index(tmp_path / "events.arrow", "pathway_key")
    assert len(index.firsts) > 50
    listed = rows(handmade, "pathway_event")
    for key in {row["pathway_key"] for row in listed}:
        assert index.rows(key) == [row for row in listed if row["pathway_key"] == key]


def test_a_large_snapshot_is_answered_by_a_scan_while_it_is_sorted(
    handmade: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = snapshot.current()
    assert made is not None
    started = []
    monkeypatch.setattr(lookup, "SMALL", 10)
    monkeypatch.setattr(lookup, "_copies", lambda _: tmp_path / "copies" / "one")
    monkeypatch.setattr(lookup, "_sorting", set())
    monkeypatch.setattr(lookup, "_kept", {})
    monkeypatch.setattr(lookup.threading.Thread, "start", lambda thread: started.append(thread))
    assert isinstance(lookup.lookup_of(made), lookup.Scan)
    assert isinstance(lookup.lookup_of(made), lookup.Scan)
    assert [thread.name for thread in started] == ["sort look-ups"]
    started[0].run()
    assert isinstance(lookup.lookup_of(made), lookup.Lookup)


def test_copies_of_older_snapshots_are_removed(handmade: Made, tmp_path: Path) -> None:
    made = snapshot.current()
    assert made is not None
    for day, name in enumerate(("a-1", "b-2", "c-3")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (day, day))
    lookup._make_copies(made, tmp_path / "d-4")
    assert sorted(path.name for path in tmp_path.glob("*-*")) == ["c-3", "d-4"]
