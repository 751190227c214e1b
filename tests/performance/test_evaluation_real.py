"""On real A&E figures: placebo starts at real trusts, where nothing was done, are seldom called anything."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from wherry.performance.evaluation import trial
from wherry.performance.evaluation.panel import Mask, Panel, of_rows, unreported

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
def every(shared_data: Path) -> Panel:
    """Type 1 attendances within four hours, read straight from the published files."""
    rows = []
    for file in sorted((shared_data / "nhse_ae" / "monthly").glob("*.csv")):
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as source:
            for row in csv.DictReader(source):
                period = month(row.get("Period") or "")
                code = (row.get("Org Code") or "").strip()
                whole, over = number(row, "a&e attendances type 1"), number(row, "attendances over 4hrs type 1")
                if period and code.startswith("R") and whole and over is not None:
                    rows.append({"unit": code, "period": period, "numerator": whole - over, "denominator": whole})
    return of_rows(rows, unit="percent", grain="month")


@pytest.fixture(scope="module")
def panel(every: Panel) -> Panel:
    """The trusts that reported all 48 months."""
    kept = [n for n in range(len(every.units)) if np.isfinite(every.values[n]).all() and not silent(every, n).any()]
    return replace(
        every,
        units=tuple(every.units[n] for n in kept),
        values=every.values[kept],
        numerators=every.numerators[kept],
        denominators=every.denominators[kept],
    )


def silent(every: Panel, n: int) -> Mask:
    return unreported(every.values[n], every.denominators[n])


def test_fourteen_trusts_published_nobody_over_four_hours_until_may_2023(every: Panel) -> None:
    """The rule finds those 26 months at those trusts and nothing anywhere else."""
    found = {unit: silent(every, n) for n, unit in enumerate(every.units) if silent(every, n).any()}
    assert " ".join(sorted(found)) == "R0D RC9 RDU RFR RGR RGT RHU RK9 RNQ RQM RVW RX1 RXF RYJ"
    for marked in found.values():
        months = [every.periods[n] for n in np.flatnonzero(marked)]
        assert (len(months), months[0], months[-1]) == (26, date(2021, 4, 1), date(2023, 5, 1))


def test_placebo_starts_are_called_seldom_and_plain_methods_cry_wolf(panel: Panel) -> None:
    assert len(panel.units) > 90
    assert len(panel.periods) == 48
    found = list(trial.trials(panel, panel.units[::12], [date(2023, 4, 1)]))
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
