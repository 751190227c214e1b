"""The artificial system through the front door: clocks and findings against the truth behind its extracts."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
import pytest

import wherry.hub
from wherry.waiting import quality

#: Dirt that makes a derived clock differ from the true one -> the rules that may say so.
CLOCK_DIRT = {
    "treated_not_stopped": {"treated_but_open"},
    "stop_before_start": {"stop_before_start"},
    "unknown_start": {"no_start"},
    "referral_closed": {"referral_closed_but_open"},
    "dead_but_open": {"dead_but_open"},
    "restarted_on_transfer": {"two_starts"},
    "duplicate_pathway": {"duplicate_open_pathway"},
    "inactive_function": {"inactive_treatment_function"},
    "unreviewed_monitoring": {"monitoring_unreviewed"},
}


@pytest.fixture(scope="module")
def snapshot(tiny_system: Any) -> Any:
    return wherry.hub.open(tiny_system.hub)


def findings(snapshot: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in snapshot.arrow("quality_finding").to_pylist():
        found.setdefault(row["subject_key"], set()).add(row["rule"])
    return found


def test_a_clock_that_is_not_the_true_one_has_a_finding_of_weight(snapshot: Any, tiny_system: Any) -> None:
    truth = pq.read_table(tiny_system.truth / "clocks.parquet")
    derived = snapshot.arrow("rtt_period", columns=truth.column_names)
    true = {tuple(row.values()) for row in truth.to_pylist()}
    ours = {tuple(row.values()) for row in derived.select(truth.column_names).to_pylist()}
    assert len(ours & true) > 0.9 * len(true)
    published = set(snapshot.arrow("pathway", columns=["pathway_key"])["pathway_key"].to_pylist())
    weighty = {code for code, rule in quality.rules().items() if rule.severity != "low"}
    touched = quarantined_pathways(snapshot)
    found = findings(snapshot)
    for key in {row[0] for row in ours ^ true} & published - touched:
        assert found.get(key, set()) & weighty, key


def quarantined_pathways(snapshot: Any) -> set[str]:
    """Pathways that a quarantined row names: their clock may lack an event."""
    raw = " ".join(snapshot.arrow("quarantined_row", columns=["raw"])["raw"].to_pylist())
    keys = snapshot.arrow("pathway", columns=["pathway_key"])["pathway_key"].to_pylist()
    return {key for key in keys if key.split(":", 1)[1] in raw}


def test_dirt_put_on_a_pathway_is_found(snapshot: Any, tiny_system: Any) -> None:
    dirt = pq.read_table(tiny_system.truth / "dirty_rows.parquet").to_pylist()
    found = findings(snapshot)
    missed = [
        (row["kind"], row["key"])
        for row in dirt
        if row["feed"] == "referral"
        and row["kind"] in CLOCK_DIRT
        and not found.get(row["key"], set()) & CLOCK_DIRT[row["kind"]]
    ]
    assert missed == []


def test_positions_are_one_to_the_number_of_open_clocks(snapshot: Any) -> None:
    listed = snapshot.arrow("waiting_list")
    periods = snapshot.arrow("rtt_period", columns=["pathway_key", "period", "outcome"]).to_pylist()
    assert sorted(listed["position"].to_pylist()) == list(range(1, listed.num_rows + 1))
    on_list = set(zip(listed["pathway_key"].to_pylist(), listed["period"].to_pylist(), strict=True))
    assert on_list == {(row["pathway_key"], row["period"]) for row in periods if row["outcome"] == "open"}
