"""Elective work through a whole build: who each row is about, what is apart, and that nobody falls off a list."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from elective_rows import (
    TRUSTS,
    attendance,
    cancer,
    case,
    contact,
    elective_system,
    elective_trust,
    follow_up,
    milestone,
    observation,
    request,
    session,
)
from extract_factory import TEMPLATES, Feeds, file_name, patient, referral
from hub_link import build_small

import wherry.hub
from wherry.hub.reasons import REASONS
from wherry.hub.schema import IDENTIFYING_COLUMNS, TABLES
from wherry.hub.schema_elective import AS_SENT, FEEDS
from wherry.hub.secondary import LEFT_OUT, TRACES
from wherry.hub.snapshot import Snapshot
from wherry.hub.tables import HOMES

ON, LATER = date(2026, 1, 31), date(2026, 2, 7)
#: The row of each feed for person 4 of a trust.
MAKE = {
    "session": session,
    "theatre_case": lambda number, source: case(number),
    "contact_detail": contact,
    "observation": observation,
    "emergency_attendance": attendance,
    "follow_up": follow_up,
    "diagnostic_request": request,
    "cancer_pathway": cancer,
    "cancer_event": milestone,
}


def make(tmp_path: Path, feeds: Feeds, on: date = ON) -> Snapshot:
    feeds.write(tmp_path / "x", on)
    build_small(tmp_path / "x", tmp_path / "hub")
    return wherry.hub.open(tmp_path / "hub")


def rows(snapshot: Snapshot, name: str) -> dict[str, dict[str, Any]]:
    return {row[TABLES[name].key[0]]: row for row in snapshot.arrow(name).to_pylist()}


def adds_up(snapshot: Snapshot) -> None:
    """Every current load: rows read = rows in its table + rows in quarantine, counted in what was written."""
    homes = {feed: snapshot.arrow(table)["load_id"].to_pylist() for feed, table in HOMES.items()}
    apart = snapshot.arrow("quarantined_row")["load_id"].to_pylist()
    for load in snapshot.arrow("load").to_pylist():
        assert load["rows_read"] == load["rows_published"] + load["rows_quarantined"]
        if load["current"] and load["feed"] in homes:
            assert homes[load["feed"]].count(load["load_id"]) == load["rows_published"]
            assert apart.count(load["load_id"]) == load["rows_quarantined"]


def refused(snapshot: Snapshot) -> dict[tuple[str, str, int], tuple[str, str]]:
    """Reason code and words of each row in quarantine, by source, feed and line."""
    return {
        (row["source"], row["feed"], row["source_row"]): (row["reason_code"], row["reason"])
        for row in snapshot.arrow("quarantined_row").to_pylist()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with one row of each feed for person 4 of each trust. Read only."""
    folder = tmp_path_factory.mktemp("elective")
    make(folder, elective_system())
    return folder / "hub"


@pytest.mark.parametrize("feed", [shape.name for shape in FEEDS])
def test_every_row_is_published_as_it_was_sent_under_its_keys(whole: Path, feed: str) -> None:
    snapshot = wherry.hub.open(whole)
    table = HOMES[feed]
    shape = TABLES[table]
    published = {row["source"]: row for row in snapshot.arrow(table).to_pylist()}
    assert set(published) == set(TRUSTS)
    people = {row["identity_key"]: row["person_key"] for row in snapshot.arrow("person_identity").to_pylist()}
    for source, number in zip(TRUSTS, (104, 204, 304), strict=True):
        row, sent = published[source], MAKE[feed](number, source)
        assert {name: row[name] for name in sent if name in row} == {n: v for n, v in sent.items() if n in row}
        assert set(sent) - set(row) <= {"ppid", "ppid_issuer"}
        assert (row["source_row"], row["valid_at"]) == (2, ON)
        own = next(iter(sent))
        if shape.key[0] != "identity_key":
            assert row[shape.key[0]] == f"{source}:{sent[own]}"
        if "pathway_key" in row:
            assert row["pathway_key"] == f"{source}:{referral(number, source)['ppid']}"
        if "person_key" in row:
            assert row["person_key"] == people[f"{source}:{source}-{number}"]
        if "session_key" in row:
            assert row["session_key"] == f"{source}:S{number}"
        if "cancer_key" in row:
            assert row["cancer_key"] == f"{source}:K{number}"
        origin = snapshot.lineage(table, row[shape.key[0]])
        assert (origin.file_name, origin.line) == (file_name(TEMPLATES[source, feed]), 2)


def test_every_load_of_elective_work_adds_up(whole: Path) -> None:
    snapshot = wherry.hub.open(whole)
    adds_up(snapshot)
    assert {shape.name for shape in AS_SENT} <= set(HOMES.values())
    assert snapshot.arrow("quarantined_row").num_rows == 0
    assert snapshot.arrow("blanked_value").num_rows == 0


def test_what_hangs_on_nothing_goes_to_quarantine_but_nobody_falls_off_a_list(tmp_path: Path) -> None:
    feeds = elective_trust()
    feeds["RM1", "theatre_case"].append(case(999))
    feeds["RM1", "contact_detail"].append(contact(999))
    feeds["RM1", "observation"].append(observation(999))
    feeds["RM1", "emergency_attendance"].append(attendance(999))
    feeds["RM1", "follow_up"].append(follow_up(999))
    feeds["RM1", "cancer_event"].append(milestone(999))
    # Another trust's session, person and cancer of the same number are not one's own.
    feeds["RGP", "theatre_case"].append(case(104))
    feeds["RGP", "observation"].append(observation(104))
    feeds["RGP", "cancer_event"].append(milestone(104))
    # Nobody sent patient 998, nor pathway 997 nor 996: the test and the cancers stay on their lists.
    feeds["RM1", "diagnostic_request"].append(request(998))
    feeds["RM1", "diagnostic_request"].append(request(105, ppid=None, ppid_issuer=None))
    feeds["RM1", "cancer_pathway"].extend([cancer(997), cancer(996), cancer(995, ppid=cancer(996)["ppid"])])
    feeds["RM1", "cancer_event"].append(milestone(997))
    feeds.write(tmp_path / "x")
    result = build_small(tmp_path / "x", tmp_path / "hub")
    snapshot = wherry.hub.open(tmp_path / "hub")
    adds_up(snapshot)
    found = refused(snapshot)
    expected = {
        ("RM1", "theatre_case", 3): ("unknown_session", "session RM1:S999 is in no session feed"),
        ("RM1", "contact_detail", 3): ("unknown_patient", "patient RM1:RM1-999 is in no patient feed"),
        ("RM1", "observation", 3): ("unknown_patient", "patient RM1:RM1-999"),
        ("RM1", "emergency_attendance", 3): ("unknown_patient", "patient RM1:RM1-999"),
        ("RM1", "follow_up", 3): ("unknown_pathway", f"pathway RM1:{follow_up(999)['ppid']} is in no referral feed"),
        ("RM1", "cancer_event", 3): ("unknown_cancer", "cancer pathway RM1:K999"),
        ("RGP", "theatre_case", 2): ("unknown_session", "session RGP:S104"),
        ("RGP", "observation", 2): ("unknown_patient", "patient RGP:RM1-104"),
        ("RGP", "cancer_event", 2): ("unknown_cancer", "cancer pathway RGP:K104"),
    }
    assert set(found) == set(expected)
    for key, (code, words) in expected.items():
        assert found[key][0] == code
        assert found[key][1].startswith(words)
        assert code in REASONS
    assert snapshot.arrow("quarantined_row").num_rows == len(expected)
    tests = rows(snapshot, "diagnostic_request")
    assert tests["RM1:R998"]["identity_key"] == "RM1:RM1-998"
    assert tests["RM1:R998"]["pathway_key"] is None
    assert tests["RM1:R105"]["pathway_key"] is None
    (loose,) = snapshot.arrow("blanked_value").to_pylist()
    assert (loose["feed"], loose["source_row"], loose["column_name"]) == ("diagnostic_request", 3, "ppid")
    assert loose["raw"] == request(998)["ppid"]
    assert loose["reason_code"] == "unknown_pathway"
    identities = rows(snapshot, "person_identity")
    assert identities["RM1:RM1-998"]["surname"] is None
    cancers, pathways = rows(snapshot, "cancer_pathway"), rows(snapshot, "pathway")
    bare = pathways[cancers["RM1:K997"]["pathway_key"]]
    assert bare["identity_key"] == f"RM1:no-referral-{bare['pathway_key']}"
    assert (bare["ppid"], bare["ppid_issuer"], bare["carried_forward"]) == (cancer(997)["ppid"], "RM1", False)
    assert bare["referral_received_on"] is None
    assert cancers["RM1:K997"]["person_key"] == identities[bare["identity_key"]]["person_key"]
    assert cancers["RM1:K995"]["pathway_key"] == cancers["RM1:K996"]["pathway_key"]
    assert "RM1:KE997-1" in rows(snapshot, "cancer_event")
    assert any("2 pathways of cancers are in no referral feed" in note for note in result.notes)
    assert any("3 patients have a pathway or a test" in note for note in result.notes)
    # When the referral arrives, the pathway is the real one and its bare likeness is gone.
    feeds["RM1", "patient"].append(patient(997))
    feeds["RM1", "referral"].append(referral(997))
    mended = make(tmp_path, feeds, LATER)
    adds_up(mended)
    pathway = rows(mended, "pathway")[bare["pathway_key"]]
    assert pathway["identity_key"] == "RM1:RM1-997"
    assert rows(mended, "cancer_pathway")["RM1:K997"]["person_key"] != cancers["RM1:K997"]["person_key"]
    assert bare["identity_key"] not in rows(mended, "person_identity")
    still = rows(mended, "pathway")[f"RM1:{cancer(996)['ppid']}"]
    assert still["identity_key"].startswith("RM1:no-referral-")
    assert still["carried_forward"] is False


def test_an_open_cancer_or_test_missing_from_the_newest_extract_is_carried_forward(tmp_path: Path) -> None:
    first = elective_trust()
    over = {"treatment_date": date(2026, 1, 5)}
    closed = {"closed_on": date(2026, 1, 6)}
    first["RM1", "cancer_pathway"].extend([cancer(105, **over), cancer(106, **closed), cancer(103)])
    first["RM1", "cancer_event"].extend([milestone(105), milestone(103), milestone(103, at=2)])
    done, removed = {"performed_on": date(2026, 1, 7)}, {"removed_on": date(2026, 1, 7)}
    first["RM1", "diagnostic_request"].extend([request(105, **done), request(106, **removed), request(103)])
    old = make(tmp_path, first)
    was = {name: rows(old, name) for name in ("cancer_pathway", "cancer_event", "diagnostic_request", "pathway")}
    # Later: person 103 vanishes from every feed, with a clock that has stopped; the last cancer and test are not sent.
    second = elective_trust()
    for feed in ("patient", "referral", "event"):
        kept = [row for row in second["RM1", feed] if "103" not in str(row.get("local_patient_id", row.get("ppid")))]
        second["RM1", feed][:] = kept
    second["RM1", "cancer_pathway"][:] = [cancer(101)]
    second["RM1", "cancer_event"][:] = [milestone(103, at=2, done_on=date(2026, 2, 2))]
    second["RM1", "diagnostic_request"][:] = [request(101)]
    second["RM1", "contact_detail"].append(contact(103, telephone="!call me"))
    second.write(tmp_path / "x", LATER)
    result = build_small(tmp_path / "x", tmp_path / "hub")
    new = wherry.hub.open(tmp_path / "hub")
    adds_up(new)
    assert "2 open cancer pathways are missing from the newest extracts: carried forward." in result.notes
    assert "2 open tests are missing from the newest extracts: carried forward." in result.notes
    cancers, tests, events = (rows(new, n) for n in ("cancer_pathway", "diagnostic_request", "cancer_event"))
    assert {key for key in cancers if key.startswith("RM1:")} == {"RM1:K101", "RM1:K103", "RM1:K104"}
    assert {key for key in tests if key.startswith("RM1:")} == {"RM1:R101", "RM1:R103", "RM1:R104"}
    for key in ("RM1:K103", "RM1:K104"):
        assert cancers[key] == was["cancer_pathway"][key]
    for key in ("RM1:R103", "RM1:R104"):
        assert tests[key] == was["diagnostic_request"][key]
    # Milestones of a carried cancer stay too; one that was sent again is the newest.
    assert events["RM1:KE103-1"] == was["cancer_event"]["RM1:KE103-1"]
    assert events["RM1:KE103-2"]["done_on"] == date(2026, 2, 2)
    assert "RM1:KE105-1" not in events
    assert rows(new, "pathway")[cancers["RM1:K103"]["pathway_key"]]["carried_forward"]
    # Their person is known still, so contact details that come for them hang on somebody.
    assert (
        rows(new, "person_identity")["RM1:RM1-103"]["surname"] == rows(old, "person_identity")["RM1:RM1-103"]["surname"]
    )
    assert rows(new, "contact_detail")["RM1:RM1-103"]["telephone"] is None
    # Treated at last, and then sent no more: it is gone.
    second["RM1", "cancer_pathway"][:] = [cancer(101), cancer(103, **over)]
    third = make(tmp_path, second, date(2026, 2, 14))
    assert rows(third, "cancer_pathway")["RM1:K103"]["treatment_date"] == date(2026, 1, 5)
    second["RM1", "cancer_pathway"].pop()
    fourth = make(tmp_path, second, date(2026, 2, 21))
    assert "RM1:K103" not in rows(fourth, "cancer_pathway")
    assert "RM1:K104" in rows(fourth, "cancer_pathway")
    adds_up(fourth)


def test_a_cancer_whose_closed_pathway_is_sent_no_more_keeps_the_pathway_and_its_person(tmp_path: Path) -> None:
    first = elective_trust()
    first["RM1", "event"][:] = [
        {**row, "rtt_status": "34"} if row["ppid"] == referral(104)["ppid"] else row for row in first["RM1", "event"]
    ]
    old = make(tmp_path, first)
    second = elective_trust()
    for feed in ("patient", "referral", "event"):
        second["RM1", feed][:] = [row for row in second["RM1", feed] if "104" not in str(row)[:120]]
    assert "RM1-104" not in {row["local_patient_id"] for row in second["RM1", "referral"]}
    new = make(tmp_path, second, LATER)
    adds_up(new)
    (was,) = (row for key, row in rows(old, "pathway").items() if key == f"RM1:{referral(104)['ppid']}")
    assert rows(new, "pathway")[was["pathway_key"]] == {**was, "carried_forward": True}
    assert rows(new, "cancer_pathway")["RM1:K104"]["person_key"] == was["person_key"]


def test_a_snapshot_from_before_these_tables_still_carries_its_pathways_and_opens(tmp_path: Path) -> None:
    make(tmp_path, elective_trust())
    younger = {shape.name for shape in TABLES.values() if shape.name not in _first_tables()}
    old = wherry.hub.open(tmp_path / "hub")
    for name in younger:
        (old.folder / f"{name}.parquet").unlink()
    for purpose in ("care", "secondary"):
        view = wherry.hub.open(tmp_path / "hub", purpose)
        assert set(view.names) == set(TABLES) - (LEFT_OUT if purpose == "secondary" else set())
        for name in sorted(younger):
            assert view.arrow(name).num_rows == 0
            assert view.table(name).count().to_pyarrow().as_py() == 0
            columns = view.arrow(name).column_names
            assert tuple(columns) == view.table(name).columns
            if purpose == "care":
                assert columns == TABLES[name].schema.names
            elif TABLES[name].person_level:
                assert not set(columns) & (IDENTIFYING_COLUMNS | TRACES)
    with pytest.raises(KeyError):
        wherry.hub.open(tmp_path / "hub", "secondary").arrow("person_identity")
    second = elective_trust()
    for feed in ("patient", "referral", "event"):
        second["RM1", feed].pop()
    new = make(tmp_path, second, LATER)
    adds_up(new)
    assert [row["pathway_key"] for row in rows(new, "pathway").values() if row["carried_forward"]] == [
        f"RM1:{referral(106)['ppid']}"
    ]
    assert set(rows(new, "cancer_pathway")) == {"RM1:K104"}


def _first_tables() -> set[str]:
    from wherry.hub import schema_elective

    return set(TABLES) - {shape.name for shape in schema_elective.TABLES}


def test_the_secondary_view_of_elective_work_tells_nobody(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "hub")
    care, other = wherry.hub.open(tmp_path / "hub"), wherry.hub.open(tmp_path / "hub", "secondary")
    # Person 104 of RM1 has opted out.
    for shape in AS_SENT:
        gone = 1 if shape.person_level else 0
        assert other.arrow(shape.name).num_rows == care.arrow(shape.name).num_rows - gone, shape.name
        assert not shape.person_level or not set(other.arrow(shape.name).column_names) & (IDENTIFYING_COLUMNS | TRACES)
    secrets = {"Colorectal navigators", "interpreter;large_print"}
    for row in care.arrow("person_identity").to_pylist():
        secrets |= {row["identity_key"], row["local_patient_id"], row["nhs_number"], row["surname"], row["person_key"]}
    for row in care.arrow("contact_detail").to_pylist():
        secrets.add(row["telephone"])
    own = {"follow_up_id", "request_id", "cancer_id", "observation_id", "attendance_id", "event_id", "ppid"}
    for shape in AS_SENT:
        if shape.person_level:
            for row in care.arrow(shape.name).to_pylist():
                secrets |= {str(row[name]) for name in (*own, *shape.key) if name in row}
    for path in sorted((tmp_path / "hub" / "secondary").rglob("*.parquet")):
        if TABLES[path.stem].person_level:
            for row in pq.read_table(path).to_pylist():
                assert not secrets & {value for value in row.values() if isinstance(value, str)}, path.stem
    # The keys join still.
    cancers = set(other.arrow("cancer_pathway")["cancer_key"].to_pylist())
    assert set(other.arrow("cancer_event")["cancer_key"].to_pylist()) == cancers
    assert len(cancers) == 2
    people = set(other.arrow("person")["person_key"].to_pylist())
    for name in ("contact_detail", "observation", "emergency_attendance", "diagnostic_request", "follow_up"):
        assert set(other.arrow(name)["person_key"].to_pylist()) <= people
