"""A system as a folder: a made-up one of two trusts, and every way of getting it wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from wherry.errors import UserError
from wherry.reference.system import System, load, load_folder

SYSTEM = """
name = "two-rivers"
title = "Two Rivers"
trusts = ["AAA", "BBB"]
icbs = ["QAA", "QBB"]

[group]
code = "GRP"
name = "Two Rivers Hospitals"

[feeds]
AAA = ["patient", "event"]
"""

ORGANISATIONS = """code,name,short_name,kind,parent,postcode,from_date,to_date,source,certainty
QAA,Old Board,Old Board,icb,,,2022-07-01,2026-03-31,made up,
QBB,New Board,New Board,icb,,,2026-04-01,,made up,
AAA,Avon Trust,Avon,trust,QAA,AA1 1AA,2022-07-01,2026-03-31,made up,
AAA,Avon and Exe Trust,Avon and Exe,trust,QBB,AA1 1AA,2026-04-01,,made up,
BBB,"Brook Trust, The",Brook,trust,QAA,,2022-07-01,2026-03-31,made up,
"""

SITES = """code,name,short_name,organisation,postcode,latitude,longitude,from_date,to_date,source,certainty
AAA01,Avon Hospital,Avon,AAA,AA1 1AA,52.5,1.25,2000-01-01,,made up,
BBB01,Brook Hospital,Brook,BBB,,52.0,-1.5,2000-01-01,,made up,
"""

PLACES = """lsoa,name,msoa,district,imd_decile,latitude,longitude,population,age_0_64,age_65_over,share_AAA
E01,Avon 1,E02,Avon,3,52.51,1.26,1500,1200,300,0.75
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the made-up system, with some files changed; gives its folder."""

    def make(**changed: str | None) -> Path:
        folder = tmp_path / "two-rivers"
        (folder / "baseline").mkdir(parents=True, exist_ok=True)
        (folder / "templates").mkdir(exist_ok=True)
        (folder / "templates" / "AAA-event.toml").write_text("")
        (folder / "baseline" / "rtt_incomplete.csv").write_text(
            "provider,treatment_function,band,n\nAAA,100,0,12\nAAA,100,,3\n"
        )
        files = {"system": SYSTEM, "organisations": ORGANISATIONS, "sites": SITES, "places": PLACES} | changed
        for name, text in files.items():
            path = folder / f"{name}.{'toml' if name == 'system' else 'csv'}"
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def two_rivers(write: Write) -> System:
    return load_folder(write())


def test_another_group_is_another_folder(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write()
    monkeypatch.setenv("WHERRY_SYSTEMS", str(folder.parent))
    system = load("two-rivers")
    assert (system.name, system.title, system.group_name) == ("two-rivers", "Two Rivers", "Two Rivers Hospitals")
    assert system.trusts == ("AAA", "BBB")
    assert system.feeds == {"AAA": ("patient", "event")}
    assert [path.name for path in system.template_files] == ["AAA-event.toml"]
    with pytest.raises(UserError, match="two-rivers"):
        load("three-rivers")


@pytest.mark.parametrize(
    ("on", "parent", "name"),
    [
        (date(2022, 6, 30), None, None),
        (date(2022, 7, 1), "QAA", "Avon Trust"),
        (date(2026, 3, 31), "QAA", "Avon Trust"),
        (date(2026, 4, 1), "QBB", "Avon and Exe Trust"),
    ],
)
def test_a_parent_and_a_name_hold_between_their_days(
    two_rivers: System, on: date, parent: str | None, name: str | None
) -> None:
    assert two_rivers.parent_of("AAA", on) == parent
    assert two_rivers.icb_on(on) == parent
    assert two_rivers.register.name("AAA", on) == name


def test_an_organisation_that_has_closed_has_no_parent_and_keeps_its_name(two_rivers: System) -> None:
    assert two_rivers.parent_of("BBB", date(2026, 4, 1)) is None
    assert two_rivers.organisation_name("BBB") == "Brook Trust, The"
    assert two_rivers.organisation_name("ZZZ") == "ZZZ"
    assert two_rivers.short_name("AAA") == "Avon and Exe"
    assert [row.code for row in two_rivers.register.open_on(date(2026, 4, 1), "trust")] == ["AAA"]


def test_tables_have_the_published_columns(two_rivers: System) -> None:
    organisations, sites = two_rivers.organisation_table(), two_rivers.site_table()
    assert organisations.schema.names == ["code", "name", "kind", "parent", "from_date", "to_date"]
    assert organisations.schema.field("from_date").type == pa.date32()
    assert organisations.num_rows == 5
    assert sites.schema.names == ["code", "name", "organisation", "latitude", "longitude", "from_date", "to_date"]
    assert sites.to_pylist()[1]["longitude"] == -1.5


def test_places_and_baseline_have_their_types(two_rivers: System) -> None:
    assert two_rivers.places.to_pylist()[0]["age_65_over"] == 300
    assert two_rivers.places.schema.field("share_AAA").type == pa.float64()
    assert two_rivers.baseline["rtt_incomplete"]["n"].to_pylist() == [12, 3]
    assert two_rivers.baseline["rtt_incomplete"]["band"].to_pylist() == [0, None]
    assert list(two_rivers.baseline) == ["rtt_incomplete"]
    with pytest.raises(KeyError, match="rtt_incomplete"):
        _ = two_rivers.baseline["rtt_complete"]


def test_a_changed_file_is_read_again(write: Write) -> None:
    first = load_folder(write())
    assert load_folder(first.folder) is first
    second = load_folder(write(system=SYSTEM.replace('"Two Rivers"', '"Two Long Rivers"')))
    assert second.title == "Two Long Rivers"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("system", "title =", "tittle =", r"'tittle' is not a key.*'title'"),
        ("system", 'title = "Two Rivers"\n', "", "'title' is missing"),
        ("system", 'title = "Two Rivers"', "title = 7", "must be text"),
        ("system", 'trusts = ["AAA", "BBB"]', "trusts = []", "at least one"),
        ("system", 'trusts = ["AAA", "BBB"]', 'trusts = ["AAA", "AAA"]', "twice"),
        ("system", 'trusts = ["AAA", "BBB"]', 'trusts = ["AAA", "CCC"]', "'CCC' has no row"),
        ("system", 'trusts = ["AAA", "BBB"]', 'trusts = ["AAA", "QAA"]', "listed as a trust"),
        ("system", 'code = "GRP"', 'kode = "GRP"', "'kode' is not a key.*'code'"),
        ("system", 'AAA = ["patient", "event"]', 'AAA = "patient"', "feeds"),
        ("system", "[group]", "[group", "cannot be read as TOML"),
        ("organisations", "code,name", "code,nane", r"line 1: 'nane' is not a column.*'name'"),
        ("organisations", ",certainty", "", "missing column certainty"),
        ("organisations", "AAA,Avon and Exe Trust", "AAA,Avon, and Exe Trust", "line 5: the row does not have"),
        ("organisations", "QBB,AA1 1AA,2026-04-01", "QBB,AA1 1AA,2026-03-31", "AAA has two rows"),
        ("organisations", "QBB,AA1 1AA,2026-04-01", "QBB,AA1 1AA,01/04/2026", "line 5: from_date is '01/04/2026'"),
        ("organisations", "QBB,AA1 1AA,2026-04-01", "QBB,AA1 1AA,", "line 5: from_date is blank"),
        ("organisations", "2026-04-01,,made up,\nBBB", "2026-04-01,2026-01-01,made up,\nBBB", "ends before it starts"),
        ("organisations", "trust,QBB", "trust,QCC", "'QCC', which has no row"),
        ("organisations", "trust,QBB", "hospital,QBB", "'hospital'"),
        ("organisations", ",made up,\nQBB", ",,\nQBB", "line 2: source is blank"),
        ("sites", "52.5,1.25", "north,1.25", "line 2: latitude is 'north'"),
        ("sites", "52.5,1.25", "152.5,1.25", "outside -90 to 90"),
        ("sites", "Brook,BBB", "Brook,CCC", "'CCC', which has no row"),
        ("sites", "BBB01,Brook Hospital,Brook,BBB", "AAA02,Brook Hospital,Brook,AAA", "trust BBB has no site"),
        ("sites", "BBB01,", "AAA01,", "site AAA01 has two rows"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(write: Write, file: str, old: str, new: str, message: str) -> None:
    text = {"system": SYSTEM, "organisations": ORGANISATIONS, "sites": SITES}[file]
    assert old in text
    with pytest.raises(UserError, match=f"(?s){message}"):
        load_folder(write(**{file: text.replace(old, new, 1)}))


@pytest.mark.parametrize("file", ["system", "organisations", "sites"])
def test_a_missing_file_is_named(write: Write, file: str) -> None:
    with pytest.raises(UserError, match=f"{file}.* is missing"):
        load_folder(write(**{file: None}))


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (None, "is missing"),
        (PLACES.replace("imd_decile", "imd_decil"), "'imd_decil' is not a column.*'imd_decile'"),
        (PLACES.replace(",population", "").replace(",1500", ""), "missing column population"),
        (PLACES.replace("1500", "many"), "cannot be read"),
    ],
)
def test_places_are_checked_when_they_are_first_read(write: Write, places: str | None, message: str) -> None:
    system = load_folder(write(places=places))
    with pytest.raises(UserError, match=f"(?s){message}"):
        _ = system.places
