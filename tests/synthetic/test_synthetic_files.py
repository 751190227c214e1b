"""The files: each fits its template, the same seed gives the same bytes, feeds hang together."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from synthetic_reader import Written

from wherry.cli import main
from wherry.errors import UserError
from wherry.paths import system_dir
from wherry.synthetic import generate
from wherry.synthetic.elective import FEEDS as ELECTIVE
from wherry.synthetic.generate import synthesise
from wherry.synthetic.layouts import read_layouts
from wherry.synthetic.unreadable import kinds_of

TRUSTS = ("RM1", "RGP", "RCX")
FEEDS = ("patient", "referral", "event", "list_entry", "appointment", *ELECTIVE)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_trust_sends_every_feed_of_the_census(written: Written) -> None:
    assert set(written.feeds) == {(trust, feed) for trust in TRUSTS for feed in FEEDS} | {("X26", "opt_out")}
    assert {extract.day for extract in written.feeds.values()} == {date(2026, 1, 31)}


def test_names_and_first_lines_are_those_of_the_three_systems(written: Written) -> None:
    extracts = written.folder / "extracts"
    first = {
        path.relative_to(extracts).as_posix(): path.read_bytes().split(b"\n")[0]
        for path in extracts.rglob("*.*")
        if path.is_file()
    }
    assert first["RM1/RM1_APPT_20260131.csv"] == b"APPT_ID,PPID,PPID_ISSUER,APPT_DATE,APPT_KIND,SITE,APPT_STATUS"
    assert first["RGP/jpuh-bookings-2026-01-31.csv"] == (
        b"\xef\xbb\xbfBooking Number,Pathway Number,Pathway Issuer,Booked For,Booking Type,Location,Booking Status"
    )
    assert first["RCX/QEH.OPA.310126.txt"] == b"opa_id|ppi|ppi_org|opa_dt|opa_type|loc|opa_st"
    assert first["X26/national_data_opt_out_20260131.csv"] == b"NHS_NUMBER"


def test_the_windows_file_has_accents_and_is_not_utf_8(tmp_path: Path) -> None:
    synthesise("norfolk-waveney", scale=0.03, seed=5, out=tmp_path / "made", quiet=True)
    raw = (tmp_path / "made/extracts/RCX/QEH.PMI.310126.txt").read_bytes()
    assert re.search("[À-Ý]", raw.decode("windows-1252"))
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")


def test_what_cannot_be_read_is_exactly_what_was_spoilt(written: Written) -> None:
    spoilt = {kind for feed in FEEDS for kind in kinds_of(feed)}
    logged = {
        (row["source"], row["feed"], row["line"]): row["kind"]
        for row in written.truth("dirty_rows").to_pylist()
        if row["kind"] in spoilt
    }
    found = {
        (source, feed, line): reason
        for (source, feed), extract in written.feeds.items()
        for line, reason in extract.unreadable.items()
    }
    assert found == logged
    for trust in TRUSTS:
        assert {kind for (source, feed, _), kind in logged.items() if (source, feed) == (trust, "event")} == set(
            kinds_of("event")
        )


def test_the_same_seed_and_scale_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        synthesise("norfolk-waveney", scale=0.002, seed=seed, out=tmp_path / name, quiet=True)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    one, three = digests(tmp_path / "one"), digests(tmp_path / "three")
    assert one.keys() == three.keys()
    assert not [name for name in one if one[name] == three[name]]


def test_a_feed_without_a_template_is_not_written_and_changes_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthesise("norfolk-waveney", scale=0.002, seed=3, out=tmp_path / "all", quiet=True)
    every = digests(tmp_path / "all" / "extracts")
    layouts = read_layouts(system_dir("norfolk-waveney") / "templates")
    some = {key: layout for key, layout in layouts.items() if key[1] not in ELECTIVE or key == ("RGP", "session")}
    monkeypatch.setattr(generate, "read_layouts", lambda folder: some)
    synthesise("norfolk-waveney", scale=0.002, seed=3, out=tmp_path / "some", quiet=True)
    fewer = digests(tmp_path / "some" / "extracts")
    assert len(every) - len(fewer) == 3 * len(ELECTIVE) - 1
    assert fewer.items() <= every.items()


def test_truth_stays_out_of_the_extracts(written: Written) -> None:
    assert {path.parts[-2] for path in (written.folder / "extracts").rglob("*.*")} == {*TRUSTS, "X26"}
    assert not list((written.folder / "extracts").rglob("*.parquet"))
    assert {path.name for path in written.folder.iterdir()} == {"extracts", "truth", "manifest.json"}


def test_manifest_counts_the_lines_of_every_file(written: Written) -> None:
    extracts = written.folder / "extracts"
    lines = {
        path.relative_to(extracts).as_posix(): path.read_bytes().count(b"\n") - 1
        for path in extracts.rglob("*.*")
        if path.is_file()
    }
    assert written.manifest["rows"] == lines


def test_feeds_hang_together(written: Written) -> None:
    spoilt = {(row["source"], row["key"]) for row in written.truth("dirty_rows").to_pylist() if row["line"] is not None}
    patients = {(row["source"], row["local_patient_id"]) for row in written.rows("patient")}
    referrals = {(row["source"], f"{row['ppid_issuer']}:{row['ppid']}") for row in written.rows("referral")}
    for row in written.rows("referral"):
        person = (row["source"], row["local_patient_id"])
        assert person in patients or person in spoilt
    for feed in ("contact_detail", "observation", "emergency_attendance", "diagnostic_request"):
        for row in written.rows(feed):
            person = (row["source"], row["local_patient_id"])
            assert person in patients or person in spoilt, (feed, row)
    for feed, key, of in (("theatre_case", "session_id", "session"), ("cancer_event", "cancer_id", "cancer_pathway")):
        known = {(row["source"], row[key]) for row in written.rows(of)}
        assert {(row["source"], row[key]) for row in written.rows(feed)} <= known
    for feed in (
        "event", "list_entry", "appointment", "follow_up", "diagnostic_request", "cancer_pathway",
    ):  # fmt: skip
        for row in written.rows(feed):
            if feed == "diagnostic_request" and row["ppid"] is None:
                continue
            pathway = (row["source"], f"{row['ppid_issuer']}:{row['ppid']}")
            assert pathway in referrals or pathway in spoilt, (feed, row)
    for feed, key in (
        ("patient", "local_patient_id"),
        ("event", "event_id"),
        ("list_entry", "entry_id"),
        ("appointment", "appointment_id"),
        ("session", "session_id"),
        ("theatre_case", "case_id"),
        ("contact_detail", "local_patient_id"),
        ("observation", "observation_id"),
        ("emergency_attendance", "attendance_id"),
        ("follow_up", "follow_up_id"),
        ("diagnostic_request", "request_id"),
        ("cancer_pathway", "cancer_id"),
        ("cancer_event", "event_id"),
    ):
        keys = [(row["source"], row[key]) for row in written.rows(feed)]
        assert len(keys) == len(set(keys))


def test_pathway_identifiers_are_twenty_characters_and_keep_their_key_at_another_trust(written: Written) -> None:
    by_pathway: dict[str, set[str]] = {}
    for row in written.rows("referral"):
        assert len(row["ppid"]) == 20
        assert row["ppid_issuer"] in {*TRUSTS, "X09"}
        by_pathway.setdefault(f"{row['ppid_issuer']}:{row['ppid']}", set()).add(row["source"])
    shared = [key for key, sources in by_pathway.items() if len(sources) == 2]
    transferred = {row["pathway_key"] for row in written.truth("pathways").to_pylist() if row["began_at"]}
    assert set(shared) == transferred
    assert 0.005 < len(shared) / len(by_pathway) < 0.015
    assert max(len(sources) for sources in by_pathway.values()) == 2


def test_nothing_happens_after_the_extract_or_before_birth(written: Written) -> None:
    born = {(row["source"], row["local_patient_id"]): row["birth_date"] for row in written.rows("patient")}
    slips = {key for kind in ("swapped_birth_date", "mistyped_birth_date") for key in written.dirty(kind)}
    census = date(2026, 1, 31)
    for row in written.rows("event"):
        assert row["event_on"] <= census
    for row in written.rows("appointment"):
        assert row["booked_for"] > census
    for row in written.rows("referral"):
        person = (row["source"], row["local_patient_id"])
        if person in born and person not in slips:
            assert born[person] < row["referral_received_on"] <= census


def test_the_command_writes_and_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "made"
    assert (
        main(["synthesise", "--scale", "0.001", "--seed", "2", "--out", str(out), "--census", "2025-12-31", "--quiet"])
        == 0
    )
    assert "1,100 people" in capsys.readouterr().out
    assert (out / "extracts/RM1/RM1_EVENT_20251231.csv").is_file()
    (out / "note.txt").write_text("kept", encoding="utf-8")
    assert main(["synthesise", "--scale", "0.001", "--seed", "2", "--out", str(out), "--quiet"]) == 0
    assert (out / "note.txt").read_text(encoding="utf-8") == "kept"
    assert [path.name for path in (out / "extracts/RM1").glob("RM1_EVENT_*")] == ["RM1_EVENT_20260131.csv"]


@pytest.mark.parametrize("scale", [0.0, 0.0001, 3.0, -1.0, float("nan")])
def test_a_scale_that_makes_no_system_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(UserError, match="makes no system"):
        synthesise("norfolk-waveney", scale=scale, seed=1, out=tmp_path / "made", quiet=True)
    assert not (tmp_path / "made").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="left as it is"):
        synthesise("norfolk-waveney", scale=0.001, seed=1, out=tmp_path, quiet=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_unknown_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No system called"):
        synthesise("atlantis", scale=0.001, seed=1, out=tmp_path / "made", quiet=True)
