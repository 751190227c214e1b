"""The hub against what is true of the artificial system: what it refuses, and where its rows say they came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from extract_factory import TEMPLATES
from test_hub_build import adds_up

import wherry.hub
from wherry.hub.snapshot import Snapshot

if TYPE_CHECKING:
    from conftest import TinySystem

#: How the truth calls rows that nobody can read, and the code that they must get.
UNREADABLE = {
    "missing_key": "required_missing",
    "cut_line": "field_count",
    "bad_date": "unreadable_date",
    "unknown_event_type": "unknown_code",
}


@pytest.fixture(scope="module")
def snapshot(tiny_system: TinySystem) -> Snapshot:
    return wherry.hub.open(tiny_system.hub)


def test_exactly_the_unreadable_rows_are_in_quarantine(tiny_system: TinySystem, snapshot: Snapshot) -> None:
    dirty = pq.read_table(tiny_system.truth / "dirty_rows.parquet").to_pylist()
    spoilt = {
        (row["source"], row["feed"], row["line"]): UNREADABLE[row["kind"]] for row in dirty if row["kind"] in UNREADABLE
    }
    refused = {
        (row["source"], row["feed"], row["source_row"]): row["reason_code"]
        for row in snapshot.arrow("quarantined_row").to_pylist()
    }
    unknown = {key for key, code in refused.items() if code == "unknown_pathway"}
    assert {key: code for key, code in refused.items() if key not in unknown} == spoilt
    assert spoilt
    # What else is refused hangs on a referral that is refused itself.
    if not any(feed == "referral" for _, feed, _ in spoilt):
        assert unknown == set()
    adds_up(snapshot)


def test_every_identity_and_pathway_that_is_true_is_published(tiny_system: TinySystem, snapshot: Snapshot) -> None:
    refused = snapshot.arrow("quarantined_row")
    spoilt = {feed: refused.filter(pc.field("feed") == feed).num_rows for feed in ("patient", "referral")}
    for feed, name, key in (("patient", "identities", "identity_key"), ("referral", "pathways", "pathway_key")):
        table = {"patient": "person_identity", "referral": "pathway"}[feed]
        true = set(pq.read_table(tiny_system.truth / f"{name}.parquet", columns=[key])[key].to_pylist())
        published = set(snapshot.arrow(table, [key])[key].to_pylist())
        assert published <= true
        assert len(true - published) <= spoilt[feed]


def test_lineage_leads_to_the_line_that_a_row_came_from(tiny_system: TinySystem, snapshot: Snapshot) -> None:
    named = {"person_identity": "local_patient_id", "pathway": "ppid", "pathway_event": "event_id",
             "list_entry": "entry_id", "appointment": "appointment_id"}  # fmt: skip
    for table, local in named.items():
        rows = snapshot.arrow(table)
        picked = rows.take(pa.array(range(0, rows.num_rows, max(1, rows.num_rows // 12))))
        for row in picked.to_pylist():
            key = row[rows.schema.names[0]]
            origin = snapshot.lineage(table, key)
            encoding = next(t.encoding for t in TEMPLATES.values() if t.label == origin.template)
            line = (tiny_system.extracts / origin.file_name).read_bytes().split(b"\n")[origin.line - 1]
            assert row[local] in line.decode(encoding)
            assert origin.source == row["source"]
            assert f"line {origin.line:,} of {origin.file_name}" in origin.words()


def test_every_open_clock_is_on_the_list_and_nothing_else(tiny_system: TinySystem, snapshot: Snapshot) -> None:
    pathways = pq.read_table(tiny_system.truth / "pathways.parquet")
    true = pathways.filter(pc.field("recorded_open"))["pathway_key"].to_pylist()
    listed = snapshot.arrow("waiting_list", ["pathway_key"])["pathway_key"].to_pylist()
    assert sorted(listed) == sorted(true)
