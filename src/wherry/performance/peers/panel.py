"""One published measure of every provider over time, as arrays; trusts that joined another are counted with it.

A trust that does not report waits publishes nobody over four hours, which reads as 100%. Months in which that goes on
for longer than is to be believed (`evaluation.panel.unreported`, with its figures) have no value, in the measures that
`peers.toml` names and in no other: in rare events nobody for months is ordinary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wherry.performance.evaluation.panel import unreported
from wherry.performance.measures.model import FACTORS, Measure
from wherry.performance.peers.settings import Settings, Succession, load, successions

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """A measure by period and organisation, arrays of (periods, organisations), NaN where nothing is known.

    `values` are in the measure's unit. `joined` are codes that are counted with their successors. `sources` are the
    publications' own names, `errors` standard errors of values that came without numerator and denominator. `silent`
    are the periods left out as not reported, by organisation.
    """

    measure: Measure
    periods: tuple[date, ...]
    codes: tuple[str, ...]
    numerators: Floats
    denominators: Floats
    values: Floats
    joined: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    errors: Floats | None = None
    silent: Mapping[str, tuple[date, ...]] = field(default_factory=dict)

    def column(self, code: str) -> int | None:
        """Where an organisation stands, None where it has no figure."""
        return self.codes.index(code) if code in self.codes else None

    def pick(self, codes: Sequence[str]) -> list[int]:
        """Where those organisations stand that have any figure, in the order asked."""
        place = {code: at for at, code in enumerate(self.codes)}
        return [place[code] for code in codes if code in place]

    def latest(self, code: str) -> int | None:
        """The newest period in which an organisation has a figure."""
        at = self.column(code)
        if at is None:
            return None
        known = np.flatnonzero(~np.isnan(self.values[:, at]))
        return int(known[-1]) if len(known) else None

    def why_silent(self, code: str, period: date | None = None) -> str:
        """Why periods of an organisation are left out, and which; blank where none are (or not the one asked about).

        They are told from the first to the last, with how many there are.
        """
        days = self.silent.get(code, ())
        if not days or (period is not None and period not in days):
            return ""
        span = f"{days[0]:%B %Y}" + (f" to {days[-1]:%B %Y}" if len(days) > 1 else "")
        return f"{span}, {len(days)} months: exactly 100%, so probably not reported"


def panel(
    measure: Measure, rows: pa.Table, joined: Sequence[Succession] | None = None, settings: Settings | None = None
) -> Panel:
    """Rows of the values of one measure (`Values.rows`) as arrays. What closed before the newest period is folded.

    The figure of a trust and of one that it took in is the sum of their numerators over that of their denominators,
    in every period; while one of them has no figure in a period in which it was open, there is none for both. A
    figure that came without numerator and denominator cannot be added and stays the successor's own.
    """
    days: list[Any] = rows["period"].to_pylist()
    known: tuple[date, ...] = tuple(sorted(set(days)))
    place = {period: at for at, period in enumerate(known)}
    became = _became(joined, known[-1]) if known else {}
    seen: list[Any] = rows["organisation"].to_pylist()
    codes: tuple[str, ...] = tuple(sorted(set(seen)))
    column = {code: at for at, code in enumerate(codes)}
    shape = (len(known), len(codes))
    grids = {name: np.full(shape, np.nan) for name in ("numerator", "denominator", "value")}
    down = np.array([place[day] for day in days], dtype=np.int64)
    across = np.array([column[code] for code in seen], dtype=np.int64)
    for name, grid in grids.items():
        if len(down):
            grid[down, across] = rows[name].to_numpy(zero_copy_only=False).astype(np.float64)
    silent = _silenced(grids, measure, settings or load())
    folded = _fold(grids, known, codes, became)
    for code in folded:
        silent[:, column[became[code].successor]] |= silent[:, column[code]]
    for grid in grids.values():
        grid[silent] = np.nan
    keep = [at for at, code in enumerate(codes) if code not in folded]
    top, below = grids["numerator"][:, keep], grids["denominator"][:, keep]
    return Panel(
        measure,
        known,
        tuple(codes[at] for at in keep),
        top,
        below,
        _values(measure, top, below, grids["value"][:, keep]),
        tuple(folded),
        tuple(sorted({str(one) for one in rows["source"].unique().to_pylist() if one})),
        silent={codes[at]: _picked(known, silent[:, at]) for at in keep if silent[:, at].any()},
    )


def _picked(days: Sequence[date], chosen: npt.NDArray[np.bool_]) -> tuple[date, ...]:
    return tuple(day for day, one in zip(days, chosen, strict=True) if one)


def _silenced(grids: dict[str, Floats], measure: Measure, settings: Settings) -> npt.NDArray[np.bool_]:
    """Take out, in place, what nobody reported; where that was, (periods, organisations)."""
    periods, organisations = grids["value"].shape
    silent = np.zeros((periods, organisations), dtype=bool)
    if measure.code in settings.unreported:
        shares = _values(measure, grids["numerator"], grids["denominator"], grids["value"])
        for at in range(organisations):
            silent[:, at] = unreported(shares[:, at], grids["denominator"][:, at])
        for grid in grids.values():
            grid[silent] = np.nan
    return silent


def _became(joined: Sequence[Succession] | None, newest: date) -> dict[str, Succession]:
    rows = tuple(successions() if joined is None else joined)
    return {row.code: row for row in rows if row.closed_on < newest}


def _fold(
    grids: dict[str, Floats], periods: tuple[date, ...], codes: tuple[str, ...], became: dict[str, Succession]
) -> list[str]:
    """Add what closed to what it became, in place; oldest closure first, so that chains arrive."""
    column = {code: at for at, code in enumerate(codes)}
    done = []
    for row in sorted(became.values(), key=lambda one: (one.closed_on, one.code)):
        old, new = column.get(row.code), column.get(row.successor)
        if old is None or new is None:
            continue
        done.append(row.code)
        had = ~np.isnan(grids["numerator"][:, old]) | ~np.isnan(grids["value"][:, old])
        if not had.any():
            continue
        first = int(np.flatnonzero(had)[0])
        open_then = np.array([n >= first and day <= row.closed_on for n, day in enumerate(periods)], dtype=bool)
        for name in ("numerator", "denominator"):
            grid = grids[name]
            added = np.where(np.isnan(grid[:, old]), 0.0, grid[:, old])
            grid[:, new] = np.where(open_then & ~had, np.nan, grid[:, new] + np.where(had, added, 0.0))
        alone = open_then & np.isnan(grids["numerator"][:, new])
        grids["value"][alone, new] = np.nan
    return done


def _values(measure: Measure, top: Floats, below: Floats, alone: Floats) -> Floats:
    if measure.unit == "number":
        return np.where(np.isnan(top), alone, top)
    with np.errstate(divide="ignore", invalid="ignore"):
        made = FACTORS.get(measure.unit, 1.0) * top / np.where(below > 0, below, np.nan)
    without = np.isnan(top) | np.isnan(below)
    return np.where(without, alone, made)
