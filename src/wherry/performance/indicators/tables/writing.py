"""Answers as JSON, CSV or a readable table."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence

from .shapes import Cell, Row

FORMATS = ("table", "json", "csv")
#: Columns that a readable table leaves out where they say the same in each row; it says them once, below.
_ONCE = ("confidence", "statistic", "method", "standard", "seed", "draws", "multiplier", "inverted")
_ONCE_OF_MANY = ("gap", "gap_lower", "gap_upper", "life_expectancy", "reference_life_expectancy", "baseline")


def written(rows: Sequence[Row], form: str) -> str:
    """Rows as text in one of `FORMATS`, without a last line break."""
    return {"json": _json, "csv": _csv, "table": _table}[form](rows)


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _json(rows: Sequence[Row]) -> str:
    """An array of objects; what is not a finite number is null."""
    clean = [{name: _finite(cell) for name, cell in row.items()} for row in rows]
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in clean)
    return "[\n " + ",\n ".join(lines) + "\n]" if clean else "[]"


def _finite(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _csv(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    names = _columns(rows)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_plain(row.get(name)) for name in names])
    return out.getvalue().rstrip("\n")


def _plain(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, list):
        return ";".join(f"{one:g}" for one in cell)
    return repr(cell) if isinstance(cell, float) else str(cell)


def _table(rows: Sequence[Row]) -> str:
    names = _columns(rows)
    if not rows:
        return "No rows."
    same = [*_ONCE, *(_ONCE_OF_MANY if len(rows) > 1 else ())]
    once = [name for name in same if name in names and len({_plain(row.get(name)) for row in rows}) == 1]
    shown = [name for name in names if name not in once and any(_plain(row.get(name)) for row in rows)]
    cells = [shown, *([_readable(row.get(name)) for name in shown] for row in rows)]
    left = {at for at, name in enumerate(shown) if any(isinstance(row.get(name), str) for row in rows)}
    widths = [max(len(line[at]) for line in cells) for at in range(len(shown))]
    lines = [
        "  ".join(
            text.ljust(widths[at]) if at in left else text.rjust(widths[at]) for at, text in enumerate(line)
        ).rstrip()
        for line in cells
    ]
    said = "; ".join(
        f"{name} {f'{level:g}' if name == 'confidence' and isinstance(level, float) else _readable(level)}"
        for name, level in ((name, rows[0].get(name)) for name in once)
        if _plain(level)
    )
    return "\n".join([*lines, "", said] if said else lines)


def _readable(cell: Cell) -> str:
    """A cell to be read: numbers grouped, with as many decimals as their size wants."""
    if cell is None:
        return "-"
    if isinstance(cell, list):
        return ", ".join(f"{one:g}" for one in cell)
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int):
        return f"{cell:,}"
    if not math.isfinite(cell):
        return "-"
    size = abs(cell)
    return f"{cell:,.1f}" if size >= 1000 else f"{cell:.2f}" if size >= 10 else f"{cell:.4f}"
