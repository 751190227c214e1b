"""The weeks before a played day, as a folder with one CSV and no identities: for `wherry flow history load`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pyarrow_compute
import pyarrow.csv as pa_csv

from wherry.synthetic.flow.draws import ATTENDANCE, DIRECT, ELECTIVE, EMERGENCY, GROUPS, MATERNITY, SAME_DAY, TRANSFER
from wherry.synthetic.flow.simulate import Run

pc: Any = pyarrow_compute

_KIND = {
    ATTENDANCE: "attendance", EMERGENCY: "emergency", DIRECT: "emergency", SAME_DAY: "emergency",
    ELECTIVE: "elective", MATERNITY: "maternity", TRANSFER: "transfer",
}  # fmt: skip
_BANDS = ("0-17", "18-39", "40-64", "65-74", "75-84", "85+")
_BAND_FROM = (18, 40, 65, 75, 85)


def table(run: Run, until: int) -> pa.Table:
    """Visits that were here between the run's first moment and `until`, as they stood at `until`."""
    visits, life = run.visits, run.life
    admitted, ready, left = (np.asarray(part) for part in (life.admitted, life.ready, life.left))
    kind = visits["kind"]
    gone = np.where(kind == ATTENDANCE, visits["gone"], left)
    begun = np.where(visits["arrived"] >= 0, visits["arrived"], admitted)
    here = (begun >= 0) & (begun < until) & ((gone < 0) | (gone >= run.begin))
    rows = np.flatnonzero(here)
    rows = rows[np.lexsort((visits["uid"][rows], begun[rows]))]

    def known(values: Any) -> Any:
        some = np.asarray(values)[rows]
        return np.where((some >= 0) & (some < until), some, -1)

    was_admitted = known(admitted) >= 0
    urgent = ~np.isin(kind[rows], (ELECTIVE, MATERNITY, TRANSFER))
    words = np.array([_KIND[number] for number in range(7)])[kind[rows]]
    # who is not admitted (yet) is an attendance so far
    words = np.where(urgent & ~was_admitted, "attendance", words)
    decided = np.where(np.isin(kind[rows], (DIRECT, TRANSFER)), visits["request"][rows], visits["decided"][rows])
    grouped = was_admitted | (known(visits["decided"]) >= 0)
    booked = np.where(kind[rows] == ELECTIVE, visits["booked"][rows], -1)
    columns = {
        "site": np.array([site.code for site in run.flow.sites])[visits["site"][rows]],
        "kind": words,
        "ed_type": _text(visits["ed_type"][rows]),
        "acuity": _text(visits["acuity"][rows]),
        "arrived_at": _moments(known(visits["arrived"])),
        "decided_at": _moments(np.where((decided >= 0) & (decided < until), decided, -1)),
        "admitted_at": _moments(known(admitted)),
        "ward_group": np.where(grouped, np.array(GROUPS)[visits["group"][rows]], ""),
        "specialty": np.where(grouped, np.array(run.specs)[visits["spec"][rows]], ""),
        "booked_for": _days(run, booked),
        "age_band": np.array(_BANDS)[np.searchsorted(_BAND_FROM, visits["age"][rows], side="right")],
        "left_at": _moments(known(gone)),
        "ready_at": _moments(known(ready)),
    }
    return pa.table({name: pa.array(values.tolist(), pa.string()) for name, values in columns.items()})


def write(run: Run, until: int, folder: Path) -> int:
    """Write `history.csv` and `manifest.json`; gives the number of rows."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = table(run, until)
    options = pa_csv.WriteOptions(quoting_style="none")
    pa_csv.write_csv(rows, str(folder / "history.csv"), write_options=options)
    made = {"artificial": True, "system": run.flow.system, "seed": run.seed, "rows": rows.num_rows}
    (folder / "manifest.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    return int(rows.num_rows)


def _text(numbers: Any) -> Any:
    return np.where(numbers > 0, numbers.astype("U2"), "")


def _moments(seconds: Any) -> Any:
    text = np.datetime_as_string(np.maximum(seconds, 0).astype("datetime64[s]"))
    return np.where(seconds >= 0, np.char.add(text, "Z"), "")


def _days(run: Run, seconds: Any) -> Any:
    """The local day of each moment."""
    place = np.searchsorted(run.calendar.midnights, np.maximum(seconds, run.calendar.midnights[0]), side="right") - 1
    days = np.array([day.isoformat() for day in run.calendar.days])
    return np.where(seconds >= 0, days[place], "")
