"""A small history of flow in the hub, for tests of the next days: the three hospitals of the live position."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from wherry.hub import flow

COLUMNS = (
    *("site", "kind", "ed_type", "acuity", "arrived_at", "decided_at", "admitted_at", "ward_group", "booked_for"),
    *("age_band", "left_at", "ready_at"),
)


def load_history(hub: Path, ends: datetime, weeks: int = 6, seed: int = 5) -> None:
    """Some weeks of visits until a moment, loaded through the front door."""
    folder = hub.parent / "flow-history"
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    with (folder / "visits.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        for day in range(weeks * 7):
            for site in ("RM102", "RGP75", "RCX70"):
                for number in range(int(draw.poisson(12))):
                    came = ends - timedelta(days=weeks * 7 - day) + timedelta(hours=float(draw.uniform(0, 24)))
                    writer.writerow(_visit(draw, site, came, number, ends))
    flow.load(folder, system="norfolk-waveney", hub=hub)


def _visit(draw: np.random.Generator, site: str, came: datetime, number: int, ends: datetime) -> dict[str, str]:
    def said(moment: datetime) -> str:
        return moment.isoformat(timespec="seconds") if moment <= ends else ""

    band = str(draw.choice(["0-17", "40-64", "75-84"]))
    row = {"site": site, "age_band": band}
    bed = came
    group = "children" if band == "0-17" else str(draw.choice(["medicine", "older", "surgery"]))
    if number % 6 == 5:
        row |= {"kind": "elective", "booked_for": came.date().isoformat(), "admitted_at": said(came)}
    else:
        row |= {"ed_type": "1", "acuity": str(draw.integers(1, 6)), "arrived_at": said(came), "kind": "attendance"}
        if draw.random() < 0.6:
            return row | {"left_at": said(came + timedelta(hours=float(draw.uniform(1, 5))))}
        bed = came + timedelta(hours=float(draw.uniform(2, 8)))
        row["decided_at"] = said(came + timedelta(hours=1.5))
        if bed > ends:
            return row
        row |= {"kind": "emergency", "admitted_at": said(bed)}
    left = bed + timedelta(days=float(draw.exponential(4)), hours=3)
    return row | {"ward_group": group, "left_at": said(left), "ready_at": said(left - timedelta(hours=2))}
