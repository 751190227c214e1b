"""A small artificial history for tests of the next days: Poisson arrivals by hour and weekday, stays of some nights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
import pyarrow as pa

from wherry.flow.forecast import clock

#: Monday.
START = datetime(2026, 1, 5, tzinfo=UTC)
AGES = ("0-17", "18-64", "65+")
GROUPS = ("older", "surgery", "medicine", "children")


@lru_cache(maxsize=8)
def made(weeks: int = 8, sites: int = 2, a_day: float = 30.0, seed: int = 1, day_spread: float = 0.0) -> pa.Table:
    """Weeks of visits to some sites, as the hub's history has them: who is still here at the end has not left."""
    draw = np.random.default_rng(seed)
    end = START + timedelta(weeks=weeks)
    rows: list[dict[str, object]] = []
    shape = np.array([2, 1, 1, 1, 1, 1, 2, 3, 5, 8, 9, 9, 8, 8, 8, 8, 8, 8, 7, 6, 5, 4, 3, 3], dtype=float)
    shape /= shape.sum()
    leaving = np.array([0] * 9 + [2, 4, 6, 6, 8, 9, 9, 8, 6, 4, 2, 1, 0, 0, 0], dtype=float)
    leaving /= leaving.sum()
    for site in range(sites):
        for day in range(weeks * 7):
            luck = draw.gamma(1 / day_spread, day_spread) if day_spread else 1.0
            weekday = day % 7
            for way, mean in (
                ("ed", a_day * (1.15 if weekday == 0 else 0.97) * luck),
                ("elective", 4.0 if weekday < 5 else 0.5),
                ("transfer", 0.5),
            ):
                for _ in range(draw.poisson(mean)):
                    rows.append(_visit(draw, f"S{site + 1}", way, START + timedelta(days=day), shape, leaving))
    kept = []
    for row in rows:
        if min(row["arrived_at"] or row["admitted_at"], row["admitted_at"] or row["arrived_at"]) >= end:  # type: ignore[type-var]
            continue
        for name in ("decided_at", "admitted_at", "ready_at", "left_at"):
            if row[name] is not None and row[name] > end:  # type: ignore[operator]
                row[name] = None
        if row["admitted_at"] is None and row["kind"] == "emergency":
            row |= {"kind": "attendance", "ward_group": None}
        kept.append(row)
    moment = pa.timestamp("s", tz="UTC")
    moments = dict.fromkeys(("arrived_at", "decided_at", "admitted_at", "left_at", "ready_at"), moment)
    text = ("site", "kind", "ed_type", "acuity", "ward_group", "specialty", "age_band")
    schema = pa.schema([*((n, pa.string()) for n in text), *moments.items(), ("booked_for", pa.date32())])
    return pa.Table.from_pylist(kept, schema=schema)


def _visit(
    draw: np.random.Generator, site: str, way: str, day: datetime, shape: np.ndarray, leaving: np.ndarray
) -> dict[str, object]:
    age = int(draw.choice(3, p=[0.2, 0.4, 0.4]))
    hour = 8.0 if way == "elective" else float(draw.choice(24, p=shape))
    came = day + timedelta(hours=hour + draw.random())
    row: dict[str, object] = dict.fromkeys(
        ("arrived_at", "decided_at", "admitted_at", "left_at", "ready_at", "booked_for", "ed_type", "acuity")
    )
    row |= {"site": site, "kind": way, "age_band": AGES[age], "specialty": None, "ward_group": None}
    bed = came
    if way == "ed":
        acuity = int(draw.integers(1, 5))
        row |= {"arrived_at": came, "ed_type": "1", "acuity": str(acuity), "kind": "attendance"}
        if draw.random() > (0.1 + 0.2 * age) * (1.4 - 0.2 * acuity):
            return row | {"left_at": came + timedelta(hours=0.5 + draw.exponential(2.5))}
        decided = came + timedelta(hours=1 + draw.exponential(1.5))
        bed = decided + timedelta(hours=draw.exponential(2.0))
        row |= {"decided_at": decided, "kind": "emergency"}
    elif way == "elective":
        row["booked_for"] = came.date()
    group = (
        "children"
        if age == 0
        else str(draw.choice(["older", "surgery", "medicine"], p=[0.4 * (age == 2), 0.3, 0.7 - 0.4 * (age == 2)]))
    )
    nights = int(draw.geometric(1 / (2.0 + 2 * age + 1e-9))) - (1 if draw.random() < 0.3 else 0)
    if nights == 0:
        left = bed + timedelta(hours=float(draw.uniform(2, 10)))
        ready = left
    else:
        on = datetime(bed.year, bed.month, bed.day, tzinfo=UTC) + timedelta(days=nights)
        ready = on + timedelta(hours=float(draw.uniform(7, 9)))
        late = int(draw.geometric(0.7)) - 1
        left = on + timedelta(days=late, hours=float(draw.choice(24, p=leaving)) + draw.random())
    return row | {"admitted_at": bed, "ready_at": ready, "left_at": left, "ward_group": group}


def occupied(table: pa.Table, moment: datetime, site: str, groups: tuple[str, ...]) -> int:
    """How many were in a bed at a moment."""
    count = 0
    for row in table.to_pylist():
        if row["site"] == site and row["ward_group"] in groups and row["admitted_at"] is not None:
            count += row["admitted_at"] <= moment and (row["left_at"] is None or row["left_at"] > moment)
    return count


def hour(weeks: float, at: int = 0) -> int:
    """A whole hour so many weeks after the start, as the forecast counts hours."""
    return int(clock.to_hours(START + timedelta(weeks=weeks))) + at
