"""Figures of several units over the same periods, and which of them can be compared.

A group's figure is its numerators' sum over its denominators' sum. Where figures came without them, several units
together are their mean, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wherry.performance.evaluation import periods as time
from wherry.performance.evaluation.settings import number
from wherry.performance.measures.model import FACTORS

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Panel:
    """`values`, `numerators`, `denominators` are [unit, period]; NaN where nothing is known. `unit` as in `Measure`.

    `silent` [unit, period] are figures that are not believed, because nobody reported them; None where nothing is known
    of the measure, and shares of exactly 100% are looked at (`unreported`).
    """

    units: tuple[str, ...]
    periods: tuple[date, ...]
    values: Array
    numerators: Array
    denominators: Array
    grain: str = "month"
    unit: str = "percent"
    silent: Mask | None = None

    @property
    def at(self) -> npt.NDArray[np.int64]:
        """Period positions (`periods.position`)."""
        return np.array([time.position(one, self.grain) for one in self.periods], dtype=np.int64)

    def rows(self, units: Iterable[str]) -> list[int]:
        """The rows of units that are in the panel."""
        place = {unit: row for row, unit in enumerate(self.units)}
        return [place[unit] for unit in units if unit in place]

    def between(self, first: date | None, last: date | None) -> Panel:
        """The periods whose first day lies between two days, both inclusive."""
        keep = [n for n, day in enumerate(self.periods) if (not first or day >= first) and (not last or day <= last)]
        return Panel(
            self.units,
            tuple(self.periods[n] for n in keep),
            self.values[:, keep],
            self.numerators[:, keep],
            self.denominators[:, keep],
            self.grain,
            self.unit,
            None if self.silent is None else self.silent[:, keep],
        )

    def together(self, units: Sequence[str]) -> tuple[Array, Array]:
        """Value and denominator of units together, a period; NaN in a period in which any of them has no figure."""
        rows = self.rows(units)
        if not rows or len(rows) < len(units):
            nothing = np.full(len(self.periods), np.nan)
            return nothing, nothing
        if len(rows) == 1:
            return self.values[rows[0]], self.denominators[rows[0]]
        top, below = self.numerators[rows].sum(axis=0), self.denominators[rows].sum(axis=0)
        if self.unit == "number":
            whole = self.values[rows].sum(axis=0)
            return whole, np.full_like(whole, np.nan)
        if np.isnan(self.denominators[rows]).all():
            return self.values[rows].mean(axis=0), below
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(below > 0, FACTORS.get(self.unit, 1.0) * top / below, np.nan), below


def of_rows(rows: Iterable[Mapping[str, Any]], *, unit: str, grain: str = "") -> Panel:
    """A panel of rows with unit, period (date) and value, or numerator and denominator; None is not known.

    >>> panel = of_rows([{"unit": "A", "period": date(2026, 1, 1), "numerator": 3, "denominator": 4}], unit="percent")
    >>> panel.values.tolist()
    [[75.0]]
    """
    listed = list(rows)
    units = tuple(sorted({str(row["unit"]) for row in listed}))
    days = sorted({row["period"] for row in listed})
    found = grain or time.grain_of(days)
    if days:
        first, last = time.position(days[0], found), time.position(days[-1], found)
        days = [time.first_day(at, found) for at in range(first, last + 1)]
    unit_at = {one: place for place, one in enumerate(units)}
    origin = time.position(days[0], found) if days else 0
    shape = (len(units), len(days))
    top, below, values = (np.full(shape, np.nan) for _ in range(3))
    for row in listed:
        cell = unit_at[str(row["unit"])], time.position(row["period"], found) - origin
        for name, into in (("numerator", top), ("denominator", below), ("value", values)):
            if row.get(name) is not None:
                into[cell] = float(row[name])
    with np.errstate(divide="ignore", invalid="ignore"):
        made = top if unit == "number" else np.where(below > 0, FACTORS.get(unit, 1.0) * top / below, np.nan)
    values = np.where(np.isfinite(made), made, values)
    return Panel(units, tuple(days), values, top, below, found, unit)


def of_values(table: pa.Table, *, unit: str, grain: str) -> Panel:
    """A panel of the rows of one measure and split (`Values.rows`), every organisation a unit."""
    names = ("organisation", "period", "numerator", "denominator", "value")
    columns = [table[name].to_pylist() for name in names]
    rows = (
        dict(zip(("unit", *names[1:]), one, strict=True))
        for one in zip(*columns, strict=True)
        if one[1] is not None and one[0]
    )
    return of_rows(rows, unit=unit, grain=grain)


def pool(
    panel: Panel,
    treated: Sequence[str],
    candidates: Sequence[str] | None,
    used: Mask,
    excluded: Mapping[str, str],
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The comparators that can be used, in order, and why the others cannot.

    `candidates` None are all units of the panel. A comparator has a figure in every period `used`, moves at all, and is
    neither much smaller nor much larger than the treated, where denominators are known.
    """
    wanted = panel.units if candidates is None else tuple(dict.fromkeys(candidates))
    mine = set(treated)
    _, own = panel.together([one for one in treated if one in panel.units]) if mine else (None, np.array([np.nan]))
    known = own[np.isfinite(own)] / max(1, len(mine & set(panel.units)))
    size = float(known.mean()) if known.size else float("nan")
    kept: list[str] = []
    out: dict[str, str] = {}
    for unit in wanted:
        if unit in mine:
            continue
        reason = excluded.get(unit) or _unfit(panel, unit, used, size)
        if reason:
            out[unit] = reason
        else:
            kept.append(unit)
    return tuple(sorted(kept)), out


def unreported(values: Array, below: Array) -> Mask:
    """Periods whose share of many is exactly 100% and stays so for longer than is to be believed.

    A trust that does not report waits has none over the limit, which reads as perfect. A share of nothing at all is
    left alone: rare events are often nobody for months.

    >>> many = np.full(8, 5000.0)
    >>> unreported(np.array([100.0] * 6 + [61, 62]), many).sum(), unreported(np.full(8, 99.5), many).any()
    (np.int64(6), np.False_)
    """
    found = np.zeros(len(values), dtype=bool)
    full = (values == 100.0) & (below >= number("many"))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], full, [False])).astype(np.int8)))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        found[first:end] = end - first >= number("unreported_running")
    return found


def not_reported(panel: Panel, unit: str, used: Mask) -> str:
    """Why the figures of a unit in the periods `used` are not believed; blank where they are."""
    row = panel.rows([unit])[0]
    if panel.silent is not None:
        silent = panel.silent[row]
    elif panel.unit == "percent":
        silent = unreported(panel.values[row], panel.denominators[row])
    else:
        return ""
    count = int((silent & used).sum())
    return f"exactly 100% in {count} {time.PLURAL[panel.grain]}, so probably not reported" if count else ""


def _unfit(panel: Panel, unit: str, used: Mask, size: float) -> str:
    rows = panel.rows([unit])
    if not rows:
        return "no figures"
    if said := not_reported(panel, unit, used):
        return said
    values = panel.values[rows[0]][used]
    missing = int(np.isnan(values).sum())
    if missing:
        return f"no figure in {missing} of {values.size} {time.PLURAL[panel.grain]}"
    if values.size and float(np.ptp(values)) == 0.0:
        return "the same figure throughout"
    below = panel.denominators[rows[0]][used]
    if np.isfinite(size) and size > 0 and np.isfinite(below).all():
        share = float(below.mean()) / size
        if share < number("smallest_share"):
            return f"too small: {100 * share:.0f}% of the size of those evaluated"
        if share > number("largest_times"):
            return f"too large: {share:.1f} times the size of those evaluated"
    return ""
