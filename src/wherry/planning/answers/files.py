"""The files of a run: answers.json, answers.xlsx, tables as Parquet and CSV. They appear whole or not at all."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wherry.errors import UserError
from wherry.hub.export import FORMULA
from wherry.planning.activity.outcome import Outcome
from wherry.planning.answers import kept, tables, workbook
from wherry.planning.answers.model import Answers
from wherry.planning.answers.runs import Runs, runs_of
from wherry.planning.capacity.model import Requirement

ANSWERS = "answers.json"
WORKBOOK = "answers.xlsx"
TABLES = "tables"
RUNS = "runs.parquet"


def write(
    folder: Path, answers: Answers, outcome: Outcome, requirements: Sequence[Requirement] = ()
) -> tuple[Path, ...]:
    """Write everything into a folder, which is made, and may hold other files or an earlier run's, which are replaced.

    What is written, in this order: answers.json, answers.xlsx, tables/*.parquet, tables/*.csv (but for the runs, which
    are only tables/runs.parquet). All is first written beside its place: a run that is stopped leaves nothing half
    written. Raises UserError where the folder cannot be written.
    """
    runs = runs_of(outcome, requirements)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        (part / TABLES).mkdir(parents=True)
        (part / ANSWERS).write_text(kept.to_json(answers), encoding="utf-8")
        workbook.write(part / WORKBOOK, answers, runs)
        for name, table in tables.all_tables(answers).items():
            pq.write_table(table, part / TABLES / f"{name}.parquet", compression="zstd")
            _csv(part / TABLES / f"{name}.csv", table)
        pq.write_table(tables.runs_table(runs), part / TABLES / RUNS, compression="zstd")
        made = _into_place(part, folder)
    except OSError as error:
        raise UserError(f"{folder} could not be written: {error}. Nothing was changed. Name another folder.") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return made


def _csv(path: Path, table: pa.Table) -> None:
    """A table as CSV; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(table.column_names)
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            rows.writerow([_safe(cell) for cell in row])


def _safe(cell: object) -> object:
    """
    >>> _safe("=1+1"), _safe(" @SUM(A1)"), _safe(-3.5), _safe("more"), _safe(None)
    ("'=1+1", "' @SUM(A1)", -3.5, 'more', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(tuple(FORMULA)):
        return f"'{cell}"
    return cell


def _into_place(part: Path, folder: Path) -> tuple[Path, ...]:
    """Move what was written; the answers come last, so that they never stand beside tables of another run."""
    if not folder.exists():
        part.replace(folder)
    else:
        (folder / ANSWERS).unlink(missing_ok=True)
        shutil.rmtree(folder / TABLES, ignore_errors=True)
        for name in (TABLES, WORKBOOK, ANSWERS):
            (part / name).replace(folder / name)
    return (folder / ANSWERS, folder / WORKBOOK, *sorted((folder / TABLES).iterdir()))


def read_runs(folder: Path) -> Runs | None:
    """Every run of a folder that `write` wrote; None where they were not kept."""
    path = folder / TABLES / RUNS
    return tables.runs_from(pq.read_table(path)) if path.is_file() else None
