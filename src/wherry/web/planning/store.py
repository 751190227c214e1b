"""Files of a run, under the working folder: `plans/run-<pk>/`. The database keeps the answers; these are to take away.

Every file is written beside its place and renamed, so that a reader sees all of it or none.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from wherry.paths import data_dir

#: The workbook and the folder of Parquet tables, by the names that `planning.answers.files` gives them.
WORKBOOK = "answers.xlsx"
TABLES = "tables"
Floats = npt.NDArray[np.float64]


def folder(pk: int) -> Path:
    """Where the files of a run are."""
    return data_dir() / "plans" / f"run-{pk}"


@contextmanager
def writing(pk: int) -> Iterator[Path]:
    """A new folder to write a run's files into; it takes its place when all went well, and is removed if not."""
    there = folder(pk)
    part = there.with_name(f"{there.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
        shutil.rmtree(there, ignore_errors=True)
        part.replace(there)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def workbook(pk: int) -> Path | None:
    """The workbook of a run, if it is there."""
    path = folder(pk) / WORKBOOK
    return path if path.is_file() else None


def tables(pk: int) -> list[Path]:
    """The Parquet tables of a run, by name."""
    return sorted((folder(pk) / TABLES).glob("*.parquet"))


def zipped(pk: int) -> IO[bytes] | None:
    """The Parquet tables of a run as one file to send; `None` if there are none. Whoever reads it closes it."""
    found = tables(pk)
    if not found:
        return None
    file = tempfile.TemporaryFile(suffix=".zip")  # noqa: SIM115 - closed by the response
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # Parquet is compressed already
        for path in found:
            archive.write(path, f"run-{pk}/{path.name}")
    file.seek(0)
    return file


def read_series(pk: int, names: set[str]) -> dict[str, Floats]:
    """Those of the named measures at places (`measure|place`) that a run kept: [run, year]. Empty if it kept none."""
    from wherry.planning.answers import files, series

    runs = files.read_runs(folder(pk))
    if runs is None:
        return {}
    return {name: np.asarray(values) for name, values in series(runs).items() if name in names}
