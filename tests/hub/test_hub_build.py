"""A whole build at small scale: common tables, what is carried forward, and that every row is accounted for."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from extract_factory import TEMPLATES, Feeds, event, file_name, nhs, patient, referral, small_system
from hub_link import build_small, exact

import wherry.hub
from wherry.errors import UserError
from wherry.hub.backends import order_of
from wherry.hub.schema import TABLES
from wherry.hub.snapshot import Snapshot
from wherry.reference import system as systems

LATER = date(2026, 2, 7)


def make(tmp_path: Path, feeds: Feeds, **options: Any) -> Snapshot:
    """Write the feeds, build, and open the snapshot."""
    feeds.write(tmp_path / "x")
    build_small(tmp_path / "x", tmp_path / "hub", **options)
    return wherry.hub.open(tmp_path / "hub")


def rows(snapshot: Snapshot, name: str) -> dict[str, dict[str, Any]]:
    """A table's rows by the first column of its key."""
    return {row[TABLES[name].key[0]]: row for row in snapshot.arrow(name).to_pylist()}


def adds_up(snapshot: Snapshot) -> None:
    """Rows read = rows published + rows in quarantine, load by load; and quarantine has the rows it says it has."""
    in_quarantine = pc.value_counts(snapshot.arrow("quarantined_row")["load_id"]).to_pylist()
    found = {item["values"]: item["counts"] for item in in_quarantine}
    for load in snapshot.arrow("load").to_pylist():
        assert load["rows_read"] == load["rows_published"] + load["rows_quarantined"]
        if load["current"]:
            assert found.get(load["load_id"], 0) == load["rows_quarantined"]


def test_every_table_is_there_typed_ordered_and_keyed(tmp_path: Path) -> None:
    snapshot = make(tmp_path, small_system())
    assert set(snapshot.names) == set(TABLES)
    for name, shape in TABLES.items():
        table = snapshot.arrow(name)
        assert [(f.name, f.type) for f in table.schema] == [(f.name, f.type) for f in shape.schema]
        assert table.num_rows == snapshot.manifest["rows"][name]
        key = table.select(list(shape.key)).to_pylist()
        assert len({tuple(row.values()) for row in key}) == len(key)
        order = [tuple(row.values()) for row in table.select(list(order_of(shape))).to_pylist()]
        if all(None not in row for row in order):
            assert order == sorted(order)
    assert snapshot.manifest["artificial"] is True
    assert snapshot.census == date(2026, 1, 31)
    adds_up(snapshot)


def test_one_person_known_at_two_trusts(tmp_path: Path) -> None:
    snapshot = make(tmp_path, small_system())
    identities = rows(snapshot, "person_identity")
    assert identities["RM1:RM1-1"]["person_key"] == identities["RGP:RGP-1"]["person_key"]
    person = rows(snapshot, "person")[identities["RM1:RM1-1"]["person_key"]]
    assert person["identities"] == 2
    assert sum(row["identities"] for row in rows(snapshot, "person").values()) == len(identities)
    deciles = {row["lsoa"]: row["imd_decile"] for row in systems.load("norfolk-waveney").places.to_pylist()}
    assert person["imd_decile"] == deciles.get(person["lsoa"])


def test_each_attribute_of_a_person_survives_by_the_stated_rule(tmp_path: Path) -> None:
    feeds = small_system()
    feeds["RM1", "patient"][0] |= {"nhs_number_status": "02", "sex": "1", "gp_practice": "AAA", "lsoa": "E01026724"}
    feeds["RGP", "patient"][0] |= {"nhs_number_status": "01", "sex": "2", "gp_practice": None, "lsoa": None}
    snapshot = make(tmp_path, feeds)
    key = rows(snapshot, "person_identity")["RM1:RM1-1"]["person_key"]
    person = rows(snapshot, "person")[key]
    assert (person["sex"], person["gp_practice"], person["lsoa"]) == ("2", "AAA", "E01026724")


def test_opted_out_by_the_number_of_any_identity(tmp_path: Path) -> None:
    feeds = small_system()
    feeds["X26", "opt_out"].append({"nhs_number": nhs(1)})
    snapshot = make(tmp_path, feeds)
    opted = {key for key, row in rows(snapshot, "person").items() if row["opted_out"]}
    identities = rows(snapshot, "person_identity")
    assert opted == {identities["RM1:RM1-1"]["person_key"], identities["RM1:RM1-104"]["person_key"]}
    said = snapshot.manifest["opt_out"]
    assert said["people"] == 2
    assert said["list_version"].startswith("national_data_opt_out_20260131.csv")
    assert nhs(1) not in str(snapshot.manifest)


@pytest.mark.parametrize("closed", [True, False])
def test_a_pathway_sent_by_two_trusts_is_one(tmp_path: Path, closed: bool) -> None:
    feeds = small_system()
    shared = feeds["RM1", "referral"][0]["ppid"]
    shut = date(2025, 9, 1) if closed else None
    feeds["RM1", "referral"][0] |= {"referral_closed_on": shut}
    feeds["RGP", "referral"].append(referral(1, "RGP", ppid=shared, ppid_issuer="RM1"))
    feeds["RGP", "event"].append(event(1, "RGP", ppid=shared, ppid_issuer="RM1", at=9, event_type="attendance"))
    snapshot = make(tmp_path, feeds)
    pathway = rows(snapshot, "pathway")[f"RM1:{shared}"]
    # It is shown where it is open; if both have it open, with the issuer of its number.
    assert pathway["source"] == ("RGP" if closed else "RM1")
    assert pathway["identity_key"] == ("RGP:RGP-1" if closed else "RM1:RM1-1")
    events = snapshot.arrow("pathway_event").to_pylist()
    assert {row["organisation"] for row in events if row["pathway_key"] == f"RM1:{shared}"} == {"RM1", "RGP"}
    adds_up(snapshot)


def test_rows_of_an_unknown_pathway_are_in_quarantine(tmp_path: Path) -> None:
    feeds = small_system()
    feeds["RM1", "event"].append(event(77))
    feeds["RGP", "appointment"][0]["ppid"] = "NOWHERE"
    snapshot = make(tmp_path, feeds)
    bad = snapshot.arrow("quarantined_row").to_pylist()
    assert {(row["feed"], row["reason_code"], row["source_row"]) for row in bad} == {
        ("event", "unknown_pathway", 8),
        ("appointment", "unknown_pathway", 2),
    }
    assert all("is in no referral feed" in row["reason"] for row in bad)
    sent = (tmp_path / "x" / file_name(TEMPLATES["RM1", "event"])).read_text(encoding="utf-8").splitlines()[7]
    assert next(row["raw"] for row in bad if row["feed"] == "event") == sent
    adds_up(snapshot)


def test_a_patient_whose_row_is_refused_stays_on_the_list(tmp_path: Path) -> None:
    feeds = small_system()
    feeds["RM1", "patient"][0]["birth_date"] = date(2099, 1, 1)
    feeds["RCX", "patient"].pop()
    feeds.write(tmp_path / "x")
    result = build_small(tmp_path / "x", tmp_path / "hub")
    assert any("2 patients have a pathway or a test but no readable row" in note for note in result.notes)
    snapshot = wherry.hub.open(tmp_path / "hub")
    stub = rows(snapshot, "person_identity")["RM1:RM1-1"]
    assert (stub["local_patient_id"], stub["surname"], stub["nhs_number_valid"]) == ("RM1-1", None, False)
    assert rows(snapshot, "person_identity")["RCX:RCX-306"]["local_patient_id"] == "RCX-306"
    assert len(rows(snapshot, "pathway")) == 18
    adds_up(snapshot)


# --- one extract after another --------------------------------------------------------------------------------------


def test_an_open_clock_missing_from_the_newest_extract_is_carried_forward(tmp_path: Path) -> None:
    first = small_system()
    first["RM1", "event"].append(event(104, at=2, event_type="admission", rtt_status="30", event_on=date(2025, 12, 1)))
    old = make(tmp_path, first)
    old_rows = {name: old.arrow(name).to_pylist() for name in ("pathway_event", "person_identity", "list_entry")}
    second = small_system()
    # Person 1 vanishes altogether; 103 loses the referral alone; 104's clock has stopped, and it vanishes too.
    for feed in ("patient", "referral", "event", "list_entry"):
        gone = [
            r
            for r in second["RM1", feed]
            if "-1" not in str(r.get("local_patient_id")) or r["local_patient_id"][-2:] != "-1"
        ]
        second["RM1", feed][:] = [r for r in gone if r.get("ppid") not in {first["RM1", "referral"][0]["ppid"]}]
    ppid_103, ppid_104 = (referral(number)["ppid"] for number in (103, 104))
    second["RM1", "referral"][:] = [r for r in second["RM1", "referral"] if r["ppid"] not in (ppid_103, ppid_104)]
    second["RM1", "event"][:] = [r for r in second["RM1", "event"] if r["ppid"] != ppid_104]
    del second.rows["RGP", "event"]
    second.write(tmp_path / "x", LATER)
    result = build_small(tmp_path / "x", tmp_path / "hub")
    assert any("2 pathways with an open clock are missing" in note for note in result.notes)
    new = wherry.hub.open(tmp_path / "hub")
    pathways = rows(new, "pathway")
    carried = {key for key, row in pathways.items() if row["carried_forward"]}
    key_1, key_103 = f"RM1:{first['RM1', 'referral'][0]['ppid']}", f"RM1:{ppid_103}"
    assert carried == {key_1, key_103}
    assert f"RM1:{ppid_104}" not in pathways
    assert pathways[key_1]["valid_at"] == date(2026, 1, 31)
    # Every row of the vanished person is there, with the file and line that it came from.
    for name, column in (("pathway_event", "pathway_key"), ("list_entry", "pathway_key")):
        assert [row for row in new.arrow(name).to_pylist() if row[column] == key_1] == [
            row for row in old_rows[name] if row[column] == key_1
        ]
    assert [r for r in new.arrow("person_identity").to_pylist() if r["identity_key"] == "RM1:RM1-1"] == [
        r for r in old_rows["person_identity"] if r["identity_key"] == "RM1:RM1-1"
    ]
    origin = new.lineage("pathway", key_1)
    assert (origin.file_name, origin.line) == (file_name(TEMPLATES["RM1", "referral"]), 2)
    # 103's event was sent again, so the newest one stands.
    (event_103,) = (row for row in new.arrow("pathway_event").to_pylist() if row["pathway_key"] == key_103)
    assert event_103["valid_at"] == LATER
    adds_up(new)
    # And again: a third build with nothing new for them keeps them still.
    (tmp_path / "hub" / "identity_decisions.csv").write_text(
        "identity_key,other_identity_key,decision,decided_by,decided_at\n"
        "RM1:RM1-105,RGP:RGP-206,different,someone,2026-02-08T09:00:00+00:00\n",
        encoding="utf-8",
    )
    assert build_small(tmp_path / "x", tmp_path / "hub").published
    third = wherry.hub.open(tmp_path / "hub")
    assert {key for key, row in rows(third, "pathway").items() if row["carried_forward"]} == carried


def test_a_pathway_with_a_referral_but_no_events_left_keeps_its_clock(tmp_path: Path) -> None:
    make(tmp_path, small_system())
    second = small_system()
    lost = second["RCX", "event"].pop()
    second.write(tmp_path / "x", LATER)
    build_small(tmp_path / "x", tmp_path / "hub")
    new = wherry.hub.open(tmp_path / "hub")
    key = f"RCX:{lost['ppid']}"
    assert rows(new, "pathway")[key]["carried_forward"]
    assert rows(new, "pathway")[key]["valid_at"] == LATER
    assert [r["valid_at"] for r in new.arrow("pathway_event").to_pylist() if r["pathway_key"] == key] == [
        date(2026, 1, 31)
    ]
    adds_up(new)


def test_a_feed_not_sent_uses_its_last_extract_and_counts_as_late(tmp_path: Path) -> None:
    make(tmp_path, small_system())
    later = date(2026, 2, 10)
    second = Feeds({key: small_system()[key] for key in [("RM1", "referral"), ("RM1", "event")]})
    for feed, change in (("referral", {"commissioner": "06H"}), ("event", {"outcome": "seen"})):
        second["RM1", feed][0] |= change
    second.write(tmp_path / "x", later)
    build_small(tmp_path / "x", tmp_path / "hub")
    new = wherry.hub.open(tmp_path / "hub")
    assert new.census == later
    assert len(rows(new, "pathway")) == 18
    fresh = {(row["source"], row["feed"]): row for row in new.arrow("source_freshness").to_pylist()}
    assert fresh.keys() == TEMPLATES.keys()
    assert (fresh["RM1", "event"]["days_old"], fresh["RM1", "event"]["late"]) == (0, False)
    assert (fresh["RGP", "event"]["days_old"], fresh["RGP", "event"]["late"]) == (10, True)
    assert (fresh["RM1", "patient"]["days_old"], fresh["RM1", "patient"]["late"]) == (10, False)
    assert (fresh["RCX", "appointment"]["extract_on"], fresh["RCX", "appointment"]["late"]) == (None, True)
    loads = new.arrow("load").to_pylist()
    assert sum(row["current"] for row in loads) == 12
    assert len(loads) == 14


def test_an_older_extract_that_comes_late_is_kept_but_not_used(tmp_path: Path) -> None:
    old = make(tmp_path, small_system())
    feeds = Feeds({("RM1", "patient"): [patient(900), patient(901, birth_date=date(2099, 1, 1))]})
    feeds.write(tmp_path / "x", date(2026, 1, 24))
    build_small(tmp_path / "x", tmp_path / "hub")
    new = wherry.hub.open(tmp_path / "hub")
    assert new.arrow("person_identity").equals(old.arrow("person_identity"))
    late = next(row for row in new.arrow("load").to_pylist() if row["extract_on"] == date(2026, 1, 24))
    assert (late["current"], late["rows_published"], late["rows_quarantined"]) == (False, 1, 1)
    adds_up(new)


def test_a_much_smaller_extract_is_worth_a_word(tmp_path: Path) -> None:
    make(tmp_path, small_system())
    template = TEMPLATES["RM1", "referral"]
    path = tmp_path / "x" / file_name(template, LATER)
    path.write_text(",".join(template.columns.values()) + "\n", encoding="utf-8")
    result = build_small(tmp_path / "x", tmp_path / "hub")
    assert any(f"{path.name} has 0 rows where" in note for note in result.notes)
    pathways = rows(wherry.hub.open(tmp_path / "hub"), "pathway")
    assert sum(row["carried_forward"] for row in pathways.values()) == 6


def test_refused_files_are_in_the_snapshot_and_the_rest_is_published(tmp_path: Path) -> None:
    feeds = small_system()
    feeds.write(tmp_path / "x")
    (tmp_path / "x" / "new_layout.csv").write_text("EVENT_ID,PPID,WARD\n1,2,3\n", encoding="utf-8")
    result = build_small(tmp_path / "x", tmp_path / "hub")
    assert [item.file_name for item in result.refused] == ["new_layout.csv"]
    (refused,) = wherry.hub.open(tmp_path / "hub").arrow("refused_file").to_pylist()
    assert "missing:" in refused["reason"]
    assert "WARD" in refused["reason"]


def test_nothing_to_build_from(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(UserError, match="There are no extracts"):
        build_small(tmp_path / "x", tmp_path / "hub")
    (tmp_path / "x" / "a.csv").write_text("what\n", encoding="utf-8")
    with pytest.raises(UserError, match="could be taken in"):
        build_small(tmp_path / "x", tmp_path / "hub")
    assert not (tmp_path / "hub" / "current").exists()


def test_an_engine_that_is_not_known(tmp_path: Path) -> None:
    small_system().write(tmp_path / "x")
    with pytest.raises(UserError, match="no engine called 'abacus'"):
        build_small(tmp_path / "x", tmp_path / "hub", engine="abacus")


def test_a_row_that_derivations_lose_or_a_wrong_table_stops_the_build(tmp_path: Path) -> None:
    old = make(tmp_path, small_system())
    with pytest.raises(AssertionError, match="schema does not have"):
        build_small(tmp_path / "x", tmp_path / "hub", derivations=(lambda tables, context: {"nonsense": None},))
    with pytest.raises(AssertionError, match="should be in pathway"):
        build_small(
            tmp_path / "x",
            tmp_path / "hub",
            derivations=(lambda tables, context: {"pathway": tables["pathway"].limit(3)},),
        )
    assert wherry.hub.open(tmp_path / "hub").id == old.id


def test_a_decision_file_that_is_damaged_is_refused(tmp_path: Path) -> None:
    small_system().write(tmp_path / "x")
    decisions = tmp_path / "hub" / "identity_decisions.csv"
    decisions.parent.mkdir()
    for text, words in (
        ("who,what\n", "header"),
        ("identity_key,other_identity_key,decision,decided_by,decided_at\na,b", "row 2"),
    ):
        decisions.write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=words):
            build_small(tmp_path / "x", tmp_path / "hub", link=exact)


def test_published_files_are_as_schema_says(tmp_path: Path) -> None:
    snapshot = make(tmp_path, small_system())
    metadata = pq.read_metadata(snapshot.path("pathway"))
    assert metadata.row_group(0).column(0).compression == "ZSTD"
