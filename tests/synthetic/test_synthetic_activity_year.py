"""The artificial year of activity against what was published, through the hub and planning's own door."""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wherry.cli import main
from wherry.errors import UserError
from wherry.hub import activity as hub_activity
from wherry.planning import baseline
from wherry.planning.baseline import Baseline
from wherry.planning.capacity import wards
from wherry.reference.activity import KINDS, MARKERS
from wherry.reference.diagnostic_tests import TESTS
from wherry.reference.system import load as load_system
from wherry.synthetic import activity
from wherry.synthetic.activity import figures
from wherry.synthetic.activity.spells import stays

SYSTEM = "norfolk-waveney"
MAIN = {"RM1": "RM102", "RGP": "RGP75", "RCX": "RCX70"}
DAYS = 366


@dataclass(frozen=True)
class Year:
    files: Path
    loaded: hub_activity.Activity
    cells: Baseline

    def some(self, *kinds: str, site: str = "") -> Any:
        """Which cells are of these kinds (and at this site)."""
        places = [list(KINDS).index(kind) for kind in kinds]
        found = np.isin(self.cells.kind, places)
        return found & (self.cells.site == self.cells.sites.index(site)) if site else found

    def count(self, where: Any) -> int:
        return int(self.cells.count[where].sum())

    def nights(self, where: Any) -> int:
        return int((self.cells.count * self.cells.nights)[where].sum())

    def what(self, code: str) -> Any:
        return self.cells.what == self.cells.whats.index(code)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    folder = tmp_path_factory.mktemp("year")
    assert main(["synthesise", "--activity-only", "--seed", "3", "--out", str(folder)]) == 0
    loaded = hub_activity.load(folder / "activity", system=SYSTEM, hub=folder / "hub")
    return Year(folder / "activity", loaded, baseline.load(folder / "hub", SYSTEM, wards(SYSTEM)))


def test_totals_are_those_of_2023_24(year: Year) -> None:
    """G section 3: exactly, for the rounded totals are what the generator is given."""
    assert year.cells.year == 2023
    attendances = ("attendance_type_1", "attendance_type_2", "attendance_type_3")
    assert year.count(year.some(*attendances)) == 307_000
    assert year.count(year.some("emergency", "sdec")) == 106_000
    assert year.count(year.some("elective", "day_case")) == 182_000
    outpatients = [code for code, kind in KINDS.items() if kind.family == "outpatient"]
    assert year.count(year.some(*outpatients)) == 1_400_000
    assert year.loaded.manifest["rows_quarantined"] == 0
    assert year.loaded.artificial


def test_trusts_share_emergencies_and_attendances_as_published(year: Year) -> None:
    """Monthly A&E statistics 2023/24: type 1 exactly; emergency admissions in proportion, to one admission."""
    for trust, type_1, admissions in (("RM1", 135_572, 48_884), ("RGP", 81_383, 25_417), ("RCX", 77_008, 34_851)):
        site = MAIN[trust]
        assert year.count(year.some("attendance_type_1", site=site)) == type_1
        expected = 106_000 * admissions / (48_884 + 25_417 + 34_851)
        assert abs(year.count(year.some("emergency", "sdec", site=site)) - expected) <= 1


def test_older_people_have_three_quarters_of_emergency_nights(year: Year) -> None:
    """G section 4A: 76%, here to a fifth of a per cent, at every site."""
    for site in MAIN.values():
        emergencies = year.some("emergency", site=site)
        older = emergencies & (year.cells.age >= 65)
        assert year.nights(older) / year.nights(emergencies) == pytest.approx(0.76, abs=0.002)


@pytest.mark.parametrize(("site", "days", "beds"), [("RGP75", 9.8, 53), ("RCX70", 9.0, 38)])
def test_older_peoples_stays_and_the_beds_to_the_peer_median(year: Year, site: str, days: float, beds: float) -> None:
    """G section 4A: 9.8 and 9.0 days; 53 and 38 beds to one and the same peer median, to half a bed."""
    older = year.some("emergency", site=site) & (year.cells.age >= 65) & (year.cells.nights > 0)
    mean = year.nights(older) / year.count(older)
    assert mean == pytest.approx(days, abs=0.02)
    assert (mean - 8.0) * year.count(older) / DAYS == pytest.approx(beds, abs=0.5)


def test_beds_that_are_filled(year: Year) -> None:
    """Some 1,700 to 1,900 beds at midnight; JPUH's within its 500 beds and not far below. Cromer has no beds."""
    filled = {site: year.nights(year.cells.site == place) / DAYS for place, site in enumerate(year.cells.sites)}
    assert 1_700 < sum(filled.values()) < 1_900
    assert 400 < filled["RGP75"] < 500
    assert filled["RM131"] == 0
    assert set(filled) == {"RM102", "RM131", "RGP75", "RCX70"}


def test_births_and_eyes(year: Year) -> None:
    """G section 4B: 1,717 deliveries at JPUH and under 2,000 at QEHKL; section 4C: ophthalmology spells, exactly."""
    deliveries = year.some("maternity") & year.what("501")
    assert year.count(deliveries & year.some("maternity", site="RGP75")) == 1_717
    assert 1_500 < year.count(deliveries & year.some("maternity", site="RCX70")) < 2_000
    eyes = year.some("elective", "day_case") & year.what("130")
    of_trust = np.array(year.cells.trust_of)[year.cells.site]
    assert [year.count(eyes & (of_trust == trust)) for trust in MAIN] == [3_383, 8_705, 7_447]
    assert year.count(eyes & (year.cells.site == year.cells.sites.index("RM131"))) > 0
    mothers = deliveries | (year.some("maternity") & year.what("560"))
    assert set(year.cells.sex[mothers].tolist()) == {2}
    assert (int(year.cells.age[mothers].min()), int(year.cells.age[mothers].max())) == (15, 49)
    babies = year.some("maternity") & year.what("422")
    assert set(year.cells.age[babies].tolist()) == {0}


def test_stays_have_a_heavy_tail(year: Year) -> None:
    """Own tolerances: a few older people stay three weeks and more, and have a third to a half of the nights."""
    older = year.some("emergency") & (year.cells.age >= 65) & (year.cells.nights > 0)
    long = older & (year.cells.nights >= 21)
    assert 0.05 < year.count(long) / year.count(older) < 0.15
    assert 0.30 < year.nights(long) / year.nights(older) < 0.50
    assert int(year.cells.nights.max()) <= 180
    emergencies = year.some("emergency")
    none = year.count(emergencies & (year.cells.nights == 0)) + year.count(year.some("sdec"))
    assert 0.25 < none / 106_000 < 0.40


def test_every_spell_with_a_night_has_a_ward_and_no_other(year: Year) -> None:
    stayed = year.some("emergency", "elective", "maternity") & (year.cells.nights > 0)
    assert np.array_equal(year.cells.ward >= 0, stayed)
    older = year.cells.ward == year.cells.wards.index("older")
    assert year.nights(older) > 50_000


def test_people_are_the_places_own(year: Year) -> None:
    """More emergencies from poorer places than electives; a share without a fifth; women alone where they should be."""

    def poorest(kind: str) -> float:
        known = year.some(kind) & (year.cells.quintile > 0)
        return year.count(known & (year.cells.quintile == 1)) / year.count(known)

    assert poorest("emergency") > poorest("day_case") + 0.03
    unknown = year.count(year.cells.quintile == 0) / int(year.cells.count.sum())
    assert 0.005 < unknown < 0.03
    assert set(year.cells.sex[year.what("502")].tolist()) == {2}
    assert int(year.cells.age[year.what("420")].max()) < 18


def test_markers_tests_and_theatres_are_there(year: Year) -> None:
    for name, bit in MARKERS.items():
        marked = (year.cells.markers & bit) > 0
        assert 2_000 < year.count(marked) < 30_000, name
    assert int(year.cells.age[(year.cells.markers & MARKERS["frailty"]) > 0].min()) == 65
    assert int(year.cells.nights[(year.cells.markers & MARKERS["same_day"]) > 0].max()) == 1
    assert {year.cells.whats[place] for place in np.unique(year.cells.what[year.some("diagnostic")])} == set(TESTS)
    hours = (year.cells.count * year.cells.theatre_minutes).sum() / 60
    assert 70_000 < hours < 130_000
    assert set((year.cells.theatre_minutes % 15).tolist()) == {0}


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.csv"))
    }


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(year: Year, tmp_path: Path) -> None:
    before = hashes(year.files)
    assert len(before) == 12
    activity.write(tmp_path / "a", SYSTEM, seed=3)
    assert hashes(tmp_path / "a") == before
    activity.write(tmp_path / "a", SYSTEM, seed=4)
    other = hashes(tmp_path / "a")
    assert not set(other.values()) & set(before.values())


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UserError, match="is no artificial year of activity"):
        activity.write(tmp_path / "mine", SYSTEM)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[elective.RGP]", "[elective.RGB]", "Did you mean 'RGP'?"),
        ("day_case_share = 0.89", "day_cases_share = 0.89", "Did you mean 'day_case_share'?"),
        ("deliveries = 1_717", "deliveries = 'many'", "[maternity.RGP]: 'deliveries' is missing, or not what"),
        ("beds_to_peer_median = 53", "", "say either spells or beds_to_peer_median"),
        ("elective = 182_000", "", "[totals]: 'elective' is missing"),
        ("mri = 72_000", "mra = 72_000", "Did you mean 'mri'?"),
        ("days = 366", "days = 'all'", "'days' is missing, or not a whole number"),
        ("[totals]", "[totals", "cannot be read as TOML"),
    ],
)
def test_figures_that_are_wrong_are_refused_in_words(tmp_path: Path, old: str, new: str, words: str) -> None:
    system = load_system(SYSTEM)
    text = (system.folder / figures.FILE).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / figures.FILE
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(words)):
        figures.read(path, system.trusts)
    with pytest.raises(UserError, match="nothing says how much activity"):
        figures.read(tmp_path / "none.toml", system.trusts)


def test_drawn_stays_meet_their_mean() -> None:
    rng = np.random.default_rng(2)
    factor = rng.uniform(0.5, 2.0, 4_000)
    for mean in (1.2, 4.0, 9.8):
        drawn = stays(factor, mean, "emergency", np.random.default_rng(7))
        assert drawn.mean() == pytest.approx(mean, abs=0.01)
        assert drawn[factor > 1.5].mean() > drawn[factor < 1.0].mean()
    assert len(stays(np.zeros(0), 5.0, "emergency", rng)) == 0


@pytest.mark.real
def test_the_figures_of_attendances_are_the_published_ones(shared_data: Path) -> None:
    halves = ("April May June July August September", "October November December January February March")
    months = " ".join(halves).split()
    found: dict[str, list[int]] = {}
    for place, month in enumerate(months):
        (path,) = (shared_data / "nhse_ae" / "monthly").glob(f"{month}-{2023 if place < 9 else 2024}-revised*.csv")
        for row in csv.DictReader(path.open(encoding="utf-8-sig")):
            if row["Org Code"] in MAIN:
                names = ("A&E attendances ", "A&E attendances Booked Appointments ")
                numbers = [
                    sum(int(row[f"{name}Type 1"]) for name in names),
                    int(row["A&E attendances Other A&E Department"])
                    + int(row["A&E attendances Booked Appointments Other Department"]),
                    sum(int(value) for key, value in row.items() if key.startswith("Emergency admissions via"))
                    + int(row["Other emergency admissions"]),
                ]
                have = found.setdefault(row["Org Code"], [0, 0, 0])
                found[row["Org Code"]] = [a + b for a, b in zip(have, numbers, strict=True)]
    system = load_system(SYSTEM)
    known = figures.read(system.folder / figures.FILE, system.trusts)
    for trust in MAIN:
        assert found[trust] == [
            known.of("attendances", "type_1", trust),
            known.of("attendances", "type_3_published", trust),
            known.of("emergency", "admissions", trust),
        ]
