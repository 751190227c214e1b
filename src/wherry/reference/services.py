"""Which site can do what, up to which complexity, between which dates: read from a system's `services.csv`.

A row for a procedure group overrides its function's row at that site. A site without a row for a function cannot do it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wherry.errors import UserError

#: How hard a case is, easiest first.
COMPLEXITIES = ("routine", "intermediate", "complex")
_COLUMNS = (
    "site",
    "treatment_function",
    "procedure_group",
    "complexity",
    "from_date",
    "to_date",
    "source",
    "certainty",
)


@dataclass(frozen=True)
class Service:
    """One site's offer: everything of a function (or one procedure group of it) up to a complexity."""

    site: str
    treatment_function: str
    procedure_group: str
    complexity: str
    from_date: date
    to_date: date | None
    source: str
    certainty: str

    def holds(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.from_date <= on and (self.to_date is None or on <= self.to_date)


class Services:
    """Every service of a system."""

    def __init__(self, rows: tuple[Service, ...]) -> None:
        self.rows = rows
        self._held: dict[tuple[str, str], list[Service]] = {}
        for row in rows:
            self._held.setdefault((row.site, row.treatment_function), []).append(row)

    def level(self, site: str, treatment_function: str, procedure_group: str, on: date) -> int:
        """The hardest complexity a site takes, as a place in `COMPLEXITIES`; -1 if it cannot do it at all."""
        held = [row for row in self._held.get((site, treatment_function), ()) if row.holds(on)]
        exact = [row for row in held if row.procedure_group == procedure_group and procedure_group]
        chosen = exact or [row for row in held if not row.procedure_group]
        return max((COMPLEXITIES.index(row.complexity) for row in chosen), default=-1)

    def can(self, site: str, treatment_function: str, procedure_group: str, complexity: str, on: date) -> bool:
        """Whether a site can do a procedure group of a function at a complexity on a day."""
        return self.level(site, treatment_function, procedure_group, on) >= COMPLEXITIES.index(complexity)


def read_services(path: Path) -> Services:
    """Read a system's `services.csv`. Raises UserError with the line that is wrong; no file means no services."""
    if not path.is_file():
        return Services(())
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != _COLUMNS:
            raise UserError(f"{path}: the header must be {','.join(_COLUMNS)}.")
        rows = tuple(_service(row, f"{path} line {number}") for number, row in enumerate(reader, start=2))
    return Services(rows)


def _service(row: dict[str, str], where: str) -> Service:
    if row["complexity"] not in COMPLEXITIES:
        raise UserError(f"{where}: complexity {row['complexity']!r} is not one of {', '.join(COMPLEXITIES)}.")
    try:
        starts = date.fromisoformat(row["from_date"])
        ends = date.fromisoformat(row["to_date"]) if row["to_date"] else None
    except ValueError as error:
        raise UserError(f"{where}: a date is not YYYY-MM-DD ({error}).") from error
    return Service(
        row["site"],
        row["treatment_function"],
        row["procedure_group"],
        row["complexity"],
        starts,
        ends,
        row["source"],
        row["certainty"],
    )
