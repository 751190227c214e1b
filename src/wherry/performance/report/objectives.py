"""A system's own objectives, from `objectives.csv` in its folder: code, ambition, objective, source."""

from __future__ import annotations

import csv

from wherry.errors import UserError
from wherry.performance.report.assemble import Objective
from wherry.reference.system import System

_COLUMNS = ("code", "ambition", "objective", "source")


def objectives(system: System) -> tuple[Objective, ...]:
    """The objectives in the order of the file; none where a system has no file. Raises UserError for a broken one."""
    path = system.folder / "objectives.csv"
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != _COLUMNS:
            raise UserError(f"{path} must have the columns {', '.join(_COLUMNS)}. No report was made.")
        found = []
        for line, row in enumerate(reader, 2):
            if not all((row[name] or "").strip() for name in _COLUMNS):
                raise UserError(f"{path}, line {line}: every column needs a value. No report was made.")
            found.append(Objective(row["code"], row["ambition"], row["objective"]))
    return tuple(found)
