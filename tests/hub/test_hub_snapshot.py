"""Opening a snapshot: for care with everything, for secondary use without who anybody is; lineage and exports."""

from __future__ import annotations

import csv
import stat
import threading
from datetime import date
from pathlib import Path
from shutil import copytree

import pyarrow.parquet as pq
import pytest
from extract_factory import event, patient, referral, small_system
from hub_link import build_small

import wherry.hub
from wherry.errors import UserError
from wherry.hub.export import export
from wherry.hub.schema import IDENTIFYING_COLUMNS, TABLES
from wherry.hub.secondary import KEYS, LEFT_OUT, TRACES


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Extracts and a hub where person 104 of RM1 has opted out, and one of RM1 was born over ninety years ago."""
    folder = tmp_path_factory.mktemp("built")
    feeds = small_system()
    feeds["RM1", "patient"].append(patient(150, birth_date=date(1930, 5, 5), death_date=date(2025, 12, 24)))
    feeds["RM1", "referral"].append(referral(150))
    feeds["RM1", "event"].append(event(150))
    feeds.write(folder / "x")
    build_small(folder / "x", folder / "hub")
    return folder


@pytest.fixture
def hub(tmp_path: Path, built: Path) -> Path:
    """A copy of that hub, which no view of it has been made of yet."""
    copytree(built, tmp_path, dirs_exist_ok=True)
    return tmp_path / "hub"


def test_a_notebook_gets_tables_in_one_line(hub: Path) -> None:
    snapshot = wherry.hub.open(hub)
    assert snapshot.person.count().to_pyarrow().as_py() == snapshot.manifest["rows"]["person"]
    assert snapshot.table("pathway").to_pyarrow().num_rows == snapshot.arrow("pathway").num_rows
    assert snapshot.arrow("person", ["person_key"]).column_names == ["person_key"]
    assert snapshot.id in repr(snapshot)
    with pytest.raises(AttributeError):
        _ = snapshot.nonsense
    with pytest.raises(KeyError, match="there are appointment"):
        snapshot.table("nonsense")
    with pytest.raises(ValueError, match="purpose"):
        wherry.hub.open(hub, "curiosity")


def test_one_snapshot_can_be_opened_by_its_own_folder(hub: Path) -> None:
    snapshot = wherry.hub.open(hub)
    assert wherry.hub.open(snapshot.folder).arrow("person").equals(snapshot.arrow("person"))
    assert wherry.hub.open(snapshot.folder, "secondary").names == wherry.hub.open(hub, "secondary").names


def test_without_a_snapshot_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="wherry hub build"):
        wherry.hub.open(tmp_path)
    (tmp_path / "current").write_text("gone\n")
    with pytest.raises(UserError, match="which is not there"):
        wherry.hub.open(tmp_path)


def test_threads_may_share_a_snapshot(hub: Path) -> None:
    snapshot = wherry.hub.open(hub)
    found: list[int] = []

    def look() -> None:
        for _ in range(5):
            found.append(snapshot.table("person").count().to_pyarrow().as_py())

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [snapshot.manifest["rows"]["person"]] * 20


def test_the_care_view_ignores_the_opt_out(hub: Path) -> None:
    snapshot = wherry.hub.open(hub)
    identities = snapshot.arrow("person_identity").to_pylist()
    person = next(row["person_key"] for row in identities if row["identity_key"] == "RM1:RM1-104")
    assert any(row["person_key"] == person for row in snapshot.arrow("pathway").to_pylist())
    assert next(row["opted_out"] for row in snapshot.arrow("person").to_pylist() if row["person_key"] == person)


def test_the_secondary_view_has_nobody_who_opted_out_and_nothing_that_tells_who(hub: Path) -> None:
    care, other = wherry.hub.open(hub), wherry.hub.open(hub, "secondary")
    assert set(other.names) == set(TABLES) - LEFT_OUT
    kept = {name: other.arrow(name).num_rows for name in other.names}
    assert kept["person"] == care.arrow("person").num_rows - 1
    for name in ("pathway", "pathway_event", "rtt_period"):
        assert kept[name] == care.arrow(name).num_rows - 1
    assert kept["organisation"] == care.arrow("organisation").num_rows
    secrets = set()
    for row in care.arrow("person_identity").to_pylist():
        secrets |= {row["identity_key"], row["local_patient_id"], row["nhs_number"], row["surname"], row["person_key"]}
    secrets |= {value for row in care.arrow("pathway").to_pylist() for value in (row["pathway_key"], row["ppid"])}
    for name in other.names:
        table = other.arrow(name)
        if TABLES[name].person_level:
            assert not set(table.column_names) & (IDENTIFYING_COLUMNS | TRACES)
            for row in table.to_pylist():
                assert not secrets & {value for value in row.values() if isinstance(value, str)}
    assert other.manifest["opt_out"]["people"] == 1


def test_keys_of_the_secondary_view_still_join(hub: Path) -> None:
    care, other = wherry.hub.open(hub), wherry.hub.open(hub, "secondary")
    people = set(other.arrow("person")["person_key"].to_pylist())
    assert {row["person_key"] for row in other.arrow("pathway").to_pylist()} <= people
    pathways = set(other.arrow("pathway")["pathway_key"].to_pylist())
    assert {row["pathway_key"] for row in other.arrow("pathway_event").to_pylist()} == pathways
    assert len(pathways) == care.arrow("pathway").num_rows - 1
    assert "person_key" in KEYS


def test_ages_are_whole_years_and_the_oldest_are_one(hub: Path) -> None:
    care, other = wherry.hub.open(hub), wherry.hub.open(hub, "secondary")
    ages = sorted(row["age_at_census"] for row in other.arrow("person").to_pylist())
    on = care.census
    born = [row["birth_date"] for row in care.arrow("person").to_pylist() if not row["opted_out"]]
    years = [on.year - day.year - ((on.month, on.day) < (day.month, day.day)) for day in born]
    assert ages == sorted(min(age, 90) for age in years)
    assert ages[-1] == 90
    assert [row["death_date"] for row in other.arrow("person").to_pylist() if row["death_date"]] == [date(2025, 12, 1)]


def test_the_secret_is_this_hubs_alone(hub: Path, tmp_path: Path) -> None:
    keys = wherry.hub.open(hub, "secondary").arrow("person")["person_key"].to_pylist()
    mode = stat.S_IMODE((hub / "pseudonym.key").stat().st_mode)
    assert mode == 0o600
    assert wherry.hub.open(hub, "secondary").arrow("person")["person_key"].to_pylist() == keys
    build_small(tmp_path / "x", tmp_path / "other")
    other = wherry.hub.open(tmp_path / "other", "secondary").arrow("person")["person_key"].to_pylist()
    assert not set(keys) & set(other)


def test_lineage_is_for_care_and_for_rows_of_files(hub: Path) -> None:
    snapshot = wherry.hub.open(hub)
    assert snapshot.lineage("pathway_event", "RM1:ERM11-1").line == 2
    with pytest.raises(KeyError, match="no row"):
        snapshot.lineage("pathway_event", "nothing")
    with pytest.raises(KeyError, match="derived"):
        snapshot.lineage("rtt_period", ("a", 1))
    with pytest.raises(UserError, match="for care alone"):
        wherry.hub.open(hub, "secondary").lineage("pathway", "x")


def test_an_export_never_runs_in_a_spreadsheet(tmp_path: Path) -> None:
    feeds = small_system(1)
    for number, name in enumerate(['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "O'Dell"]):
        feeds["RM1", "patient"].append(patient(500 + number, surname="!" + name if name[0] != "=" else name))
    feeds.write(tmp_path / "x")
    build_small(tmp_path / "x", tmp_path / "hub")
    snapshot = wherry.hub.open(tmp_path / "hub")
    rows = export(snapshot.path("person_identity"), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert rows == len(read) == snapshot.arrow("person_identity").num_rows
    names = {row["surname"] for row in read if row["local_patient_id"].startswith("RM1-50")}
    assert names == {'\'=HYPERLINK("http://x")', "'+1", "'-1", "'@SUM(A1)", "O'Dell"}
    assert not [v for row in read for v in row.values() if v and v[0] in "=+@\t\r-"]


def test_an_export_to_parquet_is_the_table(hub: Path, tmp_path: Path) -> None:
    snapshot = wherry.hub.open(hub)
    assert export(snapshot.path("pathway"), tmp_path / "out.parquet") == snapshot.arrow("pathway").num_rows
    assert pq.read_table(tmp_path / "out.parquet").equals(snapshot.arrow("pathway"))
    with pytest.raises(UserError, match="could not be written"):
        export(snapshot.path("pathway"), tmp_path / "nowhere" / "out.csv")
