"""On real A&E figures: placebo starts at real trusts, where nothing was done, are seldom called anything."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from wherry.performance.evaluation import trial
from wherry.performance.evaluation.panel import Panel, of_rows, unreported

pytestmark = pytest.mark.real


def number(row: dict[str, str], words: str) -> int | None:
    """The figure of the first column whose heading begins so."""
    key = next((name for name in row if name and name.strip().lower().startswith(words)), "")
    text = (row.get(key) or "").replace(",", "").strip()
    return int(float(text)) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def month(words: str) -> date | None:
    """The month of "MSitAE-APRIL-2022"."""
    found = re.fullmatch(r"MSitAE-([A-Z]+)-(\d{4})", words.strip().upper().replace("MSITAE", "MSitAE"))
    if found is None:
        return None
    return datetime.strptime(f"1 {found[1]} {found[2]}", "%d %B %Y").date()  # noqa: DTZ007 - a month has no zone


@pytest.fixture(scope="module")
def panel(shared_data: Path) -> Panel:
    """Type 1 attendances within four hours, read straight from the published files."""
    rows = []
    for file in sorted((shared_data / "nhse_ae" / "monthly").glob("*.csv")):
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as source:
            for row in csv.DictReader(source):
                period = month(row.get("Period") or "")
                code = (row.get("Org Code") or "").strip()
                every, over = number(row, "a&e attendances type 1"), number(row, "attendances over 4hrs type 1")
                if period and code.startswith("R") and every and over is not None:
                    rows.append({"unit": code, "period": period, "numerator": every - over, "denominator": every})
    made = of_rows(rows, unit="percent", grain="month")
    whole = {
        unit
        for n, unit in enumerate(made.units)
        if np.isfinite(made.values[n]).all() and not unreported(made.values[n], made.denominators[n]).any()
    }
    return of_rows([row for row in rows if row["unit"] in whole], unit="percent", grain="month")


def test_placebo_starts_are_called_seldom_and_plain_methods_cry_wolf(panel: Panel) -> None:
    assert len(panel.units) > 90
    assert len(panel.periods) == 48
    found = list(trial.trials(panel, panel.units[::8], [date(2023, 4, 1)]))
    share = {row.way: row.share for row in trial.rates(found)}
    assert max(share[way] for way in ("its", "did", "synthetic_control")) <= 0.2
    assert share["its_alone"] > 0.4
    assert share["did_cluster"] > 0.4


def test_a_large_effect_is_seen(panel: Panel) -> None:
    unit = panel.units[3]
    found = list(trial.trials(panel, [unit], [date(2023, 4, 1)], effect=40.0))
    called = {one.way: one.called for one in found}
    assert called["did"] == "better"
    assert called["its"] == "better"
