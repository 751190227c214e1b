"""What the tests of peers share: a small published A&E month, values of one measure, arrays as a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from wherry.performance.measures import values as stored
from wherry.performance.measures.model import Direction, Grain, Kind, Measure, Source
from wherry.performance.peers.panel import Panel

#: Trusts of the small country: code, name, region, type 1 attendances in a month, other attendances, admissions.
TRUSTS = (
    ("RM1", "NORFOLK AND NORWICH UNIVERSITY HOSPITALS NHS FOUNDATION TRUST", "EAST OF ENGLAND", 12_000, 8_000, 2_500),
    ("RGP", "JAMES PAGET UNIVERSITY HOSPITALS NHS FOUNDATION TRUST", "EAST OF ENGLAND", 7_000, 1_500, 1_700),
    ("RCX", "THE QUEEN ELIZABETH HOSPITAL, KING'S LYNN, NHS FOUNDATION TRUST", "EAST OF ENGLAND", 6_700, 1_200, 1_900),
    ("RAA", "ALPHA NHS TRUST", "LONDON", 12_500, 7_000, 2_600),
    ("RAB", "BETA NHS TRUST", "LONDON", 7_200, 1_600, 1_800),
    ("RAC", "GAMMA NHS TRUST", "LONDON", 6_500, 1_300, 1_900),
    ("RAD", "DELTA NHS TRUST", "MIDLANDS", 9_000, 3_000, 2_000),
    ("RAE", "EPSILON <HOSPITALS> NHS TRUST", "MIDLANDS", 20_000, 9_000, 4_000),
    ("RAW", "WALK-IN COMMUNITY NHS TRUST", "MIDLANDS", 0, 4_000, 0),
    ("RAX", "SMALL NHS TRUST", "MIDLANDS", 300, 0, 20),
)
_HEAD = (
    "Period,Org Code,Parent Org,Org name,A&E attendances Type 1,A&E attendances Type 2,"
    "A&E attendances Other A&E Department,Attendances over 4hrs Type 1,Attendances over 4hrs Type 2,"
    "Attendances over 4hrs Other Department,Patients who have waited 12+ hrs from DTA to admission,"
    "Emergency admissions via A&E - Type 1,Emergency admissions via A&E - Type 2,"
    "Emergency admissions via A&E - Other A&E department,Other emergency admissions"
)


def ae_file(folder: Path, month: str = "MARCH-2025", trusts: Sequence[tuple[object, ...]] = TRUSTS) -> Path:
    """A file of one month as NHS England lays it out."""
    path = folder / f"ae-{month}.csv"
    lines = [_HEAD]
    for code, name, region, type1, other, admitted in trusts:
        over = int(int(str(type1)) * 0.3)
        lines.append(
            f'MSitAE-{month},{code},NHS ENGLAND {region},"{name}",{type1},0,{other},{over},0,0,10,{admitted},0,0,300'
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def small_country(folder: Path, months: Sequence[date] = (date(2025, 2, 1), date(2025, 3, 1))) -> Path:
    """A working folder with a month of A&E loaded and the four-hour measure of some months as values."""
    from wherry.hub import published

    (folder / "in").mkdir(parents=True)
    published.load([ae_file(folder / "in")], root=folder / "hub" / "published")
    shares = {"RM1": 0.81, "RGP": 0.63, "RCX": 0.60, "RAA": 0.7, "RAB": 0.66, "RAC": 0.75, "RAD": 0.58, "RAE": 0.72}
    sizes = {str(row[0]): int(str(row[3])) for row in TRUSTS}
    counts = {
        (month, code): (round(sizes[code] * (share + 0.01 * at)), sizes[code])
        for at, month in enumerate(months)
        for code, share in shares.items()
    }
    stored.publish(value_rows("four-hour-published", counts), {"artificial": True}, folder / "hub")
    return folder


def value_rows(measure: str, counts: Mapping[tuple[date, str], tuple[float, float]]) -> pa.Table:
    """Rows of values from numerator and denominator by month and organisation."""
    rows = [
        {
            "measure": measure,
            "period": month,
            "organisation": code,
            "split": "all",
            "category": "",
            "numerator": float(top),
            "denominator": float(below),
            "value": None,
            "source": "made up",
            "as_at": month,
        }
        for (month, code), (top, below) in counts.items()
    ]
    return pa.Table.from_pylist(rows, schema=stored.VALUES)


def measure_of(direction: Direction = Direction.INCREASE, unit: str = "percent", code: str = "one") -> Measure:
    """A published measure."""
    return Measure(
        code, "One", "One.", "urgent", "Chief operating officer", unit, direction, Grain.MONTH,
        Source(Kind.PUBLISHED, "ae", "sum(a)", "sum(b)"), "made up", "own default",
    )  # fmt: skip


def one_month(
    shares: Mapping[str, float], size: float = 1_000, direction: Direction = Direction.INCREASE, unit: str = "percent"
) -> Panel:
    """A panel of one month from shares of a denominator that all have."""
    codes = tuple(sorted(shares))
    below = np.full((1, len(codes)), float(size))
    top = np.array([[shares[code] * size for code in codes]])
    return Panel(
        measure_of(direction, unit), (date(2025, 3, 1),), codes, top, below, 100 * top / below, (), ("made up",)
    )
