"""How a method's table is grouped, and how its figures become rows of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wherry.errors import UserError

from ..groups import Codes, numbered
from ..results import Estimate, Floats, Limits
from .reading import Table, tidy

#: What a figure was made from that is counted, and shown without decimals where it has none.
_WHOLE = frozenset({"count", "population", "deaths", "start_age"})
#: One row of an answer.
Cell = str | float | int | None | list[float]
Row = dict[str, Cell]


@dataclass(frozen=True)
class Options:
    """What a method may be told besides its table; None leaves the method's own default."""

    confidence: tuple[float, ...] | None = None
    multiplier: float | None = None
    group_by: tuple[str, ...] = ()
    seed: int = 1
    draws: int = 100_000
    kind: str | None = None
    transform: bool = False
    limits_confidence: float = 0.95
    number: int = 10
    invert: bool = True
    ages: tuple[int, ...] | None = None
    compare: str | None = None
    symmetric: bool = False
    statistic: str | None = None
    limits: str = "exact"
    baseline: float | None = None
    blank_is_zero: bool = False

    def levels(self, default: tuple[float, ...] = (0.95,)) -> tuple[float, ...]:
        return self.confidence or default

    def times(self, default: float) -> float:
        return default if self.multiplier is None else self.multiplier


@dataclass(frozen=True)
class Groups:
    """Which group each row is of (`codes`, from 0), and each group's cells (`labels`) in `columns`."""

    columns: tuple[str, ...]
    labels: list[tuple[str, ...]]
    codes: Codes

    def __len__(self) -> int:
        return len(self.labels)

    def row(self, at: int) -> Row:
        return dict(zip(self.columns, self.labels[at], strict=True))

    def words(self, at: int) -> str:
        """The group as an error names it."""
        return ", ".join(f"{name} {label}" for name, label in self.row(at).items()) or "the table"


def grouped(table: Table, group_by: Sequence[str]) -> Groups:
    """Groups of a table by the columns named, in the order they first come; without any, all rows are one group.

    Raises UserError where a column is not there.
    """
    places = {tidy(name): at for at, name in enumerate(table.header)}
    missing = [name for name in group_by if tidy(name) not in places]
    if missing:
        raise UserError(
            f"{table.name} has no column {', '.join(missing)} to group by. It has {', '.join(table.header)}."
        )
    at = [places[tidy(name)] for name in group_by]
    if not at:
        return Groups((), [()], np.zeros(len(table), dtype=np.int64))
    codes, labels = numbered([tuple(row[place].strip() for place in at) for row in table.rows])
    return Groups(tuple(table.header[place] for place in at), labels, codes)


def each_row(table: Table, used: Sequence[str]) -> list[Row]:
    """Cells of each row in the columns that a method does not use: they say what the row is."""
    taken = {table.place(name) for name in used}
    others = [at for at in range(len(table.header)) if at not in taken]
    return [{table.header[at]: row[at].strip() for at in others} for row in table.rows]


def needs(table: Table, method: str, *wanted: str | tuple[str, ...]) -> None:
    """Check that a method's columns are there (of a tuple, one). Raises UserError that names what is missing."""
    lacking = [one for one in wanted if not any(table.has(name) for name in ([one] if isinstance(one, str) else one))]
    if not lacking:
        return
    said = ", ".join(one if isinstance(one, str) else " or ".join(one) for one in lacking)
    whole = ", ".join(one if isinstance(one, str) else " or ".join(one) for one in wanted)
    raise UserError(
        f"{table.name} has no column {said}. {method} needs {whole}; the table has {', '.join(table.header)}. "
        "Nothing was worked out."
    )


def first_there(table: Table, *names: str) -> str:
    """The first of several columns that the table has (the first named where it has none)."""
    return next((name for name in names if table.has(name)), names[0])


def suffix(level: float) -> str:
    """A level as it ends a column's name.

    >>> suffix(0.95), suffix(0.998)
    ('95', '99_8')
    """
    return f"{round(level * 100, 8):g}".replace(".", "_")


def whole(number: float | None) -> float | int | None:
    """A count without its decimals where it has none (from 2**53 on nothing can be told of decimals).

    >>> whole(3.0), whole(2.5), whole(None)
    (3, 2.5, None)
    """
    if number is None or not np.isfinite(number):
        return None
    return int(number) if float(number).is_integer() and abs(number) < 2**53 else float(number)


def with_limits(limits: Sequence[Limits], before: str = "") -> Row:
    """Limits as cells: lower and upper of the first level; where there are several, each with its level."""
    found: Row = {f"{before}lower": limits[0].lower, f"{before}upper": limits[0].upper}
    if len(limits) > 1:
        for one in limits:
            found[f"{before}lower_{suffix(one.confidence)}"] = one.lower
            found[f"{before}upper_{suffix(one.confidence)}"] = one.upper
    return found


def confidence_cell(levels: Sequence[float]) -> Cell:
    return levels[0] if len(levels) == 1 else list(levels)


def answer(first: Mapping[str, Cell], found: Estimate) -> Row:
    """One figure as a row: what it is of, what it was made from, value and limits, how, and why not."""
    more = {name: whole(number) if name in _WHOLE else number for name, number in found.more.items()}
    return {
        **first,
        **more,
        "value": found.value,
        **with_limits(found.limits),
        "confidence": confidence_cell([one.confidence for one in found.limits]),
        "statistic": found.statistic,
        "method": found.method,
        "note": found.note,
    }


def between(lowers: Floats, uppers: Floats, levels: Sequence[float], at: int) -> list[Limits]:
    """Limits of one figure among many (arrays of shape (levels, n))."""
    return [Limits(level, _number(lowers[k, at]), _number(uppers[k, at])) for k, level in enumerate(levels)]


def _number(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
