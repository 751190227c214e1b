"""A small hub written by hand, a system with definitions of its own, and rows told over again in plain Python."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wherry.hub import flow
from wherry.hub.schema import TABLES
from wherry.paths import system_dir
from wherry.performance.measures import definitions
from wherry.performance.measures.values import Values
from wherry.reference.system import System, load_folder

CENSUS = date(2026, 1, 31)
TRUSTS = ("RM1", "RGP", "RCX")
SITES = {"RM1": "RM102", "RGP": "RGP75", "RCX": "RCX70"}
Rows = list[dict[str, Any]]

DEFINITION = """code = "{code}"
name = "{code}"
what = "A measure of a test."
domain = "elective"
owner = "Chief operating officer"
unit = "{unit}"
direction = "increase"
grain = "{grain}"
splits = {splits}
reference = "a test"
certainty = "own default"

[source]
kind = "{kind}"
"""


def definition(
    code: str,
    *,
    unit: str = "percent",
    grain: str = "month",
    splits: Iterable[str] = (),
    kind: str = "table",
    **source: str,
) -> str:
    """A definition as a file has it."""
    text = DEFINITION.format(code=code, unit=unit, grain=grain, splits=json.dumps(list(splits)), kind=kind)
    return text + "".join(f"{key} = {json.dumps(value)}\n" for key, value in source.items())


@contextlib.contextmanager
def own_definitions() -> Iterator[None]:
    """A system's own definitions alone: the national ones are counted elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(definitions, "folders", lambda system: (system.folder / "measures",))
        yield


def system_with(folder: Path, own: Mapping[str, str]) -> System:
    """The group's system with some definitions of its own, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("system.toml", "organisations.csv", "sites.csv", "places.csv", "wards.toml"):
        shutil.copy(system_dir("norfolk-waveney") / name, folder / name)
    (folder / "measures").mkdir(exist_ok=True)
    for code, text in own.items():
        (folder / "measures" / f"{code}.toml").write_text(text, encoding="utf-8")
    return load_folder(folder)


def write_snapshot(hub: Path, tables: Mapping[str, Rows], name: str = "20260201T000000.000Z-aaaaaa") -> None:
    """A published snapshot with these rows; columns that a row leaves out are null."""
    folder = hub / "snapshots" / name
    folder.mkdir(parents=True)
    for table, shape in TABLES.items():
        schema = pa.schema([(field.name, field.type) for field in shape.schema])
        pq.write_table(pa.Table.from_pylist(tables.get(table, []), schema=schema), folder / f"{table}.parquet")
    manifest = {"snapshot_id": name, "census": CENSUS.isoformat(), "system": "norfolk-waveney", "artificial": True}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (hub / "current").write_text(name + "\n", encoding="utf-8")


def figures(values: Values, code: str, split: str = "all") -> dict[tuple[date, str, str], tuple[float, float | None]]:
    """Numerator and denominator by period, organisation and category."""
    return {
        (row["period"], row["organisation"], row["category"]): (row["numerator"], row["denominator"])
        for row in values.rows(code, split).to_pylist()
    }


def month_ends(number: int) -> list[date]:
    """Last days of the last months up to the census, oldest first."""
    found = [CENSUS]
    while len(found) < number:
        found.append(found[-1].replace(day=1) - timedelta(days=1))
    return found[::-1]


def years(born: date, on: date) -> int:
    """Age on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def band(born: date | None, on: date) -> str:
    """Age band on a day, told over again."""
    if born is None:
        return ""
    age = years(born, on)
    for last, words in ((17, "0-17"), (39, "18-39"), (64, "40-64"), (74, "65-74"), (84, "75-84")):
        if age <= last:
            return words
    return "85+"


class People:
    """A few artificial people and what is asked about them."""

    def __init__(self, number: int, seed: int) -> None:
        draw = random.Random(seed)
        self.rows: Rows = []
        for at in range(number):
            self.rows.append(
                {
                    "person_key": f"p{at}",
                    "birth_date": None if at % 29 == 0 else date(1930, 1, 1) + timedelta(days=draw.randrange(34_000)),
                    "sex": draw.choice(["1", "2", "9", "X"]),
                    "ethnic_category": draw.choice(["A", "F", "K", "N", "S", "Z", "99"]),
                    "imd_decile": draw.choice([None, *range(1, 11)]),
                    "lsoa": draw.choice(["E01026616", "E01026700", "E01099999", None]),
                }
            )
        self.by_key = {row["person_key"]: row for row in self.rows}

    def category(self, key: str, split: str, on: date, districts: Mapping[str, str]) -> str:
        """The category of a person on a day."""
        row = self.by_key[key]
        if split == "age_band":
            return band(row["birth_date"], on)
        if split == "sex":
            return str(row["sex"])
        if split == "ethnicity":
            groups = {"A": "White", "F": "Mixed", "K": "Asian", "N": "Black", "S": "Other"}
            return groups.get(row["ethnic_category"], "Not known")
        if split == "imd_quintile":
            decile = row["imd_decile"]
            return "" if decile is None else str(-(-decile // 2))
        return districts.get(row["lsoa"] or "", "")


def clocks(people: People, number: int, seed: int) -> tuple[Rows, Rows]:
    """Referral-to-treatment periods of two steady years and their pathways: some open, stopped, nullified."""
    draw = random.Random(seed)
    periods: Rows = []
    pathways: Rows = []
    for at in range(number):
        start: date | None = CENSUS - timedelta(days=draw.randrange(760))
        stop: date | None = start + timedelta(days=draw.randrange(0, 500))  # type: ignore[operator]
        if stop is None or stop > CENSUS:
            stop = None
        outcome = "nullified" if at % 41 == 0 else "open" if stop is None else "stopped"
        if at % 53 == 0 and stop is None:
            start = None
        pathways.append({"pathway_key": f"w{at}", "person_key": draw.choice(people.rows)["person_key"]})
        periods.append(
            {
                "pathway_key": f"w{at}",
                "period": 1,
                "clock_start": start,
                "clock_stop": stop,
                "outcome": outcome,
                "admitted": stop is not None and draw.random() < 0.4,
                "organisation": draw.choice(TRUSTS),
                "treatment_function": draw.choice(["110", "120", "130"]),
            }
        )
    return periods, pathways


def load_flow(folder: Path, hub: Path, visits: Rows) -> None:
    """A history of flow with these visits."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = (
        *("site", "kind", "ed_type", "arrived_at", "decided_at", "admitted_at", "ward_group", "age_band", "left_at"),
        "ready_at",
    )
    lines = [",".join(columns)]
    for row in visits:
        cells = (row.get(name) for name in columns)
        lines.append(",".join(one.isoformat() if isinstance(one, datetime) else str(one or "") for one in cells))
    (folder / "history.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    flow.load(folder, system="norfolk-waveney", hub=hub)


def visits(number: int, seed: int, since: date, days: int) -> Rows:
    """Visits to emergency departments, a third of them admitted, on every one of some days."""
    draw = random.Random(seed)
    found: Rows = []
    for at in range(number):
        arrived = datetime(since.year, since.month, since.day, tzinfo=UTC) + timedelta(
            days=at % days, minutes=draw.randrange(24 * 60)
        )
        row: dict[str, Any] = {"site": SITES[draw.choice(TRUSTS)], "kind": "attendance", "ed_type": "1"}
        row |= {"arrived_at": arrived, "age_band": draw.choice(["0-17", "40-64", "85+", ""])}
        out = arrived + timedelta(minutes=draw.randrange(20, 900))
        if draw.random() < 0.33:
            left = out + timedelta(hours=draw.randrange(5, 400))
            ready = left - timedelta(hours=draw.randrange(0, 90))
            row |= {
                "kind": "emergency",
                "admitted_at": out,
                "left_at": left,
                "ward_group": draw.choice(["medicine", "surgery"]),
            }
            row |= {"decided_at": arrived + (out - arrived) / 2}
            if ready >= out and draw.random() < 0.7:
                row["ready_at"] = ready
        else:
            row["left_at"] = out
        end = datetime(since.year, since.month, since.day, tzinfo=UTC) + timedelta(days=days)
        if row["left_at"] >= end:
            row.pop("ready_at", None)
            row["left_at"] = None
            if row["kind"] == "attendance" or row["admitted_at"] >= end:
                continue
        found.append(row)
    return found
