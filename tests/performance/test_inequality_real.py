"""Real England: deprivation of 32,844 small areas against age, and of 314 districts against recorded conditions.

Known beforehand: the most deprived areas are younger; COPD, obesity and epilepsy are recorded more often there, atrial
fibrillation and cancer (of older people) less.
"""

from __future__ import annotations

import csv
import gzip
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from wherry.performance.inequality import areas
from wherry.performance.measures.model import Direction

pytestmark = pytest.mark.real
#: Buckinghamshire, one district since April 2020.
MERGED = dict.fromkeys(("E07000004", "E07000005", "E07000006", "E07000007"), "E06000060")


@dataclass(frozen=True)
class England:
    """One entry an LSOA: rank of deprivation (1 most), decile, people, people of 65 and over, district."""

    rank: np.ndarray
    decile: np.ndarray
    people: np.ndarray
    older: np.ndarray
    district: np.ndarray


def sheet(path: Path, number: int) -> list[list[str]]:
    """A sheet's cells as text, straight from its XML: it has no gaps, and reading it as a workbook takes 3 s."""
    with zipfile.ZipFile(path) as book:
        shared = re.findall(r"<si>.*?<t[^>]*>(.*?)</t>.*?</si>", book.read("xl/sharedStrings.xml").decode(), re.DOTALL)
        text = book.read(f"xl/worksheets/sheet{number}.xml").decode()
    cell = re.compile(r'<c r="[A-Z]+\d+"([^>]*)><v>(.*?)</v></c>')
    return [
        [shared[int(value)] if 't="s"' in kind else value for kind, value in cell.findall(row)]
        for row in text.split("<row ")[1:]
    ]


@pytest.fixture(scope="module")
def england(shared_data: Path) -> England:
    rows = sheet(shared_data / "imd2019" / "File_1_IMD2019_LSOA.xlsx", 2)[1:]
    with gzip.open(shared_data / "geographr" / "population_lsoa.csv.gz", "rt", encoding="utf-8") as file:
        reader = csv.reader(file)
        head = next(reader)
        first = head.index("65")
        ages = {row[1]: (float(row[2]), sum(map(float, row[first:]))) for row in reader if row[1].startswith("E")}
    joined = [
        (int(row[4]), int(row[5]), *ages[str(row[0])], MERGED.get(str(row[2]), str(row[2])))
        for row in rows
        if str(row[0]) in ages
    ]
    rank, decile, people, older, district = zip(*joined, strict=True)
    return England(*(np.array(column) for column in (rank, decile, people, older)), np.array(district))


def fitted(parts: tuple[areas.Part, ...]) -> float:
    """The slope by numpy's own weighted fit: most less least deprived end."""
    people = np.array([one.denominator for one in parts], dtype=float)
    share = people / people.sum()
    values = np.array([100 * (one.numerator or 0) / (one.denominator or 1) for one in parts])
    steep, _ = np.polyfit(np.cumsum(share) - share / 2, values, 1, w=np.sqrt(people))
    return -float(steep)


def test_the_most_deprived_areas_are_younger(england: England) -> None:
    assert len(england.rank) == 32_844
    of = areas.measure("Aged 65 and over", direction=Direction.NEUTRAL)
    found = areas.gradient(of, england.older, england.people, -england.rank)
    fifth = areas.fifths(-england.rank, england.people)
    # people, not areas, make the fifths here: nearly those of the published deciles of areas
    assert np.mean(fifth == (england.decile + 1) // 2) > 0.95
    share = [england.older[fifth == n].sum() / england.people[fifth == n].sum() for n in range(1, 6)]
    assert [one.value for one in found.parts] == pytest.approx([100 * one for one in share])
    gap = found.gaps.main
    assert gap is not None
    assert gap.absolute.value == pytest.approx(100 * (share[0] - share[4]))
    assert gap.absolute.value < -5
    assert gap.clear
    assert found.slope.index.value == pytest.approx(fitted(found.parts))
    assert found.slope.index.upper is not None
    assert found.slope.index.upper < 0


@pytest.mark.parametrize(("group", "more"), [("COPD", True), ("OB", True), ("EP", True), ("AF", False), ("CAN", False)])
def test_conditions_by_how_deprived_districts_are(england: England, shared_data: Path, group: str, more: bool) -> None:
    with (shared_data / "qof_hoc" / "output_lad_prevalence_2019-20.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["group_code"] == group]
    codes, at = np.unique(england.district, return_inverse=True)
    mean = np.bincount(at, weights=england.rank * england.people) / np.bincount(at, weights=england.people)
    score = dict(zip(codes.tolist(), (-mean).tolist(), strict=True))
    known = [row for row in rows if row["lad_code"] in score]
    assert [row["lad_code"] for row in rows if row["lad_code"].startswith("E")] == [row["lad_code"] for row in known]
    assert len(known) == 314
    of = areas.measure(group)
    found = areas.gradient(
        of,
        [float(row["register"]) for row in known],
        [float(row["list"]) for row in known],
        [score[row["lad_code"]] for row in known],
    )
    gap = found.gaps.main
    assert gap is not None
    assert gap.absolute.value is not None
    assert (gap.absolute.value > 0) == more
    assert found.slope.index.value == pytest.approx(fitted(found.parts))
    assert (found.slope.index.value > 0) == more
    assert "areas, not over people" in found.note
