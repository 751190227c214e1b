"""The system that comes with the repository: its sums, its dates, and that it can be derived again."""

from __future__ import annotations

import runpy
import shutil
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from wherry.reference import treatment_functions
from wherry.reference.system import System, load

TOTALS = {"RM1": 68_959, "RGP": 33_378, "RCX": 26_144}
DECIDED = {"RM1": 14_387, "RGP": 5_534, "RCX": 4_965}


@pytest.fixture(scope="module")
def system() -> System:
    return load("norfolk-waveney")


def counted(system: System, name: str) -> Counter[str]:
    """Counts by provider."""
    found: Counter[str] = Counter()
    for row in system.baseline[name].to_pylist():
        found[row["provider"]] += row["n"]
    return found


def test_incomplete_pathways_add_up_to_the_published_totals(system: System) -> None:
    assert counted(system, "rtt_incomplete") == TOTALS == system.published["rtt_incomplete"]
    assert counted(system, "rtt_commissioners") == TOTALS
    assert counted(system, "rtt_incomplete_dta") == DECIDED


def test_decided_pathways_are_never_more_than_all_in_a_group_and_band(system: System) -> None:
    every: Counter[tuple[str, str, int]] = Counter()
    for name, sign in (("rtt_incomplete", 1), ("rtt_incomplete_dta", -1)):
        for row in system.baseline[name].to_pylist():
            every[row["provider"], row["treatment_function"], row["band"]] += sign * row["n"]
    assert min(every.values()) >= 0


def test_baseline_rows_use_known_groups_and_bands_once(system: System) -> None:
    for name in ("rtt_incomplete", "rtt_incomplete_dta", "rtt_completed"):
        rows = system.baseline[name].to_pylist()
        keys = [(row.get("part"), row["provider"], row["treatment_function"], row["band"]) for row in rows]
        assert len(keys) == len(set(keys))
        assert {row["treatment_function"] for row in rows} <= set(treatment_functions.REPORTING_GROUPS)
        assert {row["provider"] for row in rows} == set(system.trusts)
        bands = {row["band"] for row in rows}
        assert bands - {None} <= set(range(105))
        assert (None in bands) <= (name == "rtt_completed")
        assert all(row["n"] > 0 for row in rows)


@pytest.mark.parametrize(("on", "icb"), [(date(2026, 3, 31), "QMM"), (date(2026, 4, 1), "T6Y0W")])
def test_the_trusts_move_to_the_merged_board(system: System, on: date, icb: str) -> None:
    assert {system.parent_of(trust, on) for trust in (*system.trusts, "RY3", "RMY", "26A")} == {icb}
    assert system.icb_on(on) == icb


def test_the_community_trust_changes_its_name_with_its_board(system: System) -> None:
    before, after = system.register.get("RY3", date(2026, 3, 31)), system.register.get("RY3", date(2026, 4, 1))
    assert before is not None
    assert after is not None
    assert before.name.startswith("Norfolk Community")
    assert after.name.startswith("East of England Community")


def test_the_ambulance_trust_never_belonged_to_this_board(system: System) -> None:
    assert [system.parent_of("RYC", day) for day in (date(2026, 3, 31), date(2026, 4, 1))] == ["QUE", "S1Y5D"]


def test_places_cover_the_area_once(system: System) -> None:
    places = system.places.to_pylist()
    assert len({row["lsoa"] for row in places}) == len(places) == 611
    assert sum(row["population"] for row in places) == 1_026_193
    ages = [name for name in system.places.schema.names if name.startswith("age_")]
    for row in places:
        assert sum(row[age] for age in ages) == row["population"]
        assert 1 <= row["imd_decile"] <= 10
        assert 52.2 < row["latitude"] < 53.0
        assert 0.1 < row["longitude"] < 1.8
        assert sum(row[f"share_{trust}"] for trust in system.trusts) <= 1.0001
        assert all(0 < row[f"minutes_{trust}"] < 120 for trust in system.trusts)
    assert len({row["district"] for row in places}) == 8
    councils = {row.code for row in system.register.open_on(date(2026, 1, 31), "council")}
    assert {row["district_code"] for row in places} <= councils


def test_people_of_a_trusts_own_town_mostly_go_there_and_live_near_it(system: System) -> None:
    for trust, district in (("RM1", "Norwich"), ("RGP", "Great Yarmouth"), ("RCX", "King's Lynn and West Norfolk")):
        rows = [row for row in system.places.to_pylist() if row["district"] == district]
        people = sum(row["population"] for row in rows)
        assert sum(row["population"] * row[f"share_{trust}"] for row in rows) / people > 0.5
        nearest = [min(system.trusts, key=lambda other, row=row: row[f"minutes_{other}"]) for row in rows]
        assert Counter(nearest).most_common(1)[0][0] == trust


def test_sexes_add_up_in_every_age_band(system: System) -> None:
    shares: Counter[str] = Counter()
    for row in system.baseline["sex_by_age"].to_pylist():
        shares[row["age_band"]] += row["share"]
    assert set(shares) == {name for name in system.places.schema.names if name.startswith("age_")}
    assert all(abs(total - 1) < 0.0002 for total in shares.values())


def test_practices_are_organisations_of_the_area(system: System) -> None:
    codes = {row["code"] for row in system.baseline["practices"].to_pylist()}
    known = {row.code for row in system.organisations if row.kind == "practice"}
    assert codes == known
    assert len(codes) == 105
    assert {system.parent_of(code, date(2026, 1, 31)) for code in codes} == {"26A"}


def test_every_commissioner_of_the_published_position_is_an_open_organisation(system: System) -> None:
    for row in system.baseline["rtt_commissioners"].to_pylist():
        held = system.register.get(row["commissioner"], date(2026, 1, 31))
        assert held is not None, row
        assert held.kind in ("sub_icb", "national")
        assert held.parent is None or system.register.get(held.parent, date(2026, 1, 31)) is not None


@pytest.mark.parametrize("code", ["06M", "06V", "06W", "06Y", "07J"])
def test_the_groups_before_the_merger_have_closed(system: System, code: str) -> None:
    assert system.register.get(code, date(2020, 3, 31)) is not None
    assert system.register.get(code, date(2020, 4, 1)) is None


def test_templates_use_codes_that_the_reference_knows(system: System) -> None:
    sites = {site.code for site in system.sites}
    feeds = set()
    for path in system.template_files:
        template = tomllib.loads(path.read_text(encoding="utf-8"))
        feeds.add((template["source"], template["feed"]))
        codes = template.get("codes", {})
        assert set(codes.get("site", {}).values()) <= sites, path.name
        for code in codes.get("treatment_function", {}).values():
            assert treatment_functions.reporting_group(code) is not None, (path.name, code)
    assert feeds == {(source, feed) for source, names in system.feeds.items() for feed in names}


def derive() -> SimpleNamespace:
    """The functions of the script that derives the files; run as a script is, so no bytecode is left in the folder."""
    return SimpleNamespace(**runpy.run_path(str(load("norfolk-waveney").folder / "derive.py")))


@pytest.mark.real
def test_the_baseline_is_what_the_public_data_gives(system: System, shared_data: Path, tmp_path: Path) -> None:
    (tmp_path / "baseline").mkdir()
    shutil.copy(system.folder / "organisations.csv", tmp_path)
    script = derive()
    script.rtt(shared_data, tmp_path / "baseline")
    script.sexes(shared_data, tmp_path / "baseline")
    script.practices(shared_data, tmp_path)
    script.commissioners(shared_data, tmp_path)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv"))
    assert len(made) == 8
    for path in made:
        assert (tmp_path / path).read_bytes() == (system.folder / path).read_bytes(), path


@pytest.mark.real
def test_places_have_the_published_deciles_and_people(system: System, shared_data: Path) -> None:
    from openpyxl import load_workbook

    script = derive()
    places = {row["lsoa"]: row for row in system.places.to_pylist()}
    people = {row["lsoa_code"]: row for row in script.gz(shared_data / "geographr" / "population_lsoa.csv.gz")}
    area = {
        row["lsoa_code"]
        for row in script.gz(shared_data / "geographr" / "lookup_lsoa_ccg_stp.csv.gz")
        if row["ccg_nhs_code"] == "26A"
    }
    assert area == set(places)
    for code, row in places.items():
        assert row["population"] == float(people[code]["total_population"])
        assert row["age_0_4"] == sum(float(people[code][str(age)]) for age in range(5))
    book = load_workbook(shared_data / "imd2019" / "File_1_IMD2019_LSOA.xlsx", read_only=True)
    deciles = {cells[0]: cells[5] for cells in book["IMD2019"].iter_rows(min_row=2, values_only=True)}
    book.close()
    assert all(row["imd_decile"] == deciles[code] for code, row in places.items())
