"""Columns of a table as NumPy arrays and lists, with blanks said."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wherry.waiting.aid.problem import Bools, Ints

pc: Any = pyarrow.compute  # the stubs of both are narrower than they are
Column = Any


def one(column: Column) -> Column:
    """In one chunk."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def coded(column: Column) -> tuple[Ints, list[str | None]]:
    """Each row as a number, and the value of each number; the last is the blank."""
    found = one(column).dictionary_encode()
    values = [*found.dictionary.to_pylist(), None]
    codes = pc.fill_null(found.indices, len(values) - 1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), values


def by_value(column: Column, of: Any) -> Ints:
    """A whole number of each text."""
    codes, values = coded(column)
    return np.array([of(value) for value in values], dtype=np.int64)[codes]


def by_text(column: Column, of: Any) -> list[Any]:
    """Something of each text, made once for each distinct one."""
    codes, values = coded(column)
    made = [of(value) for value in values]
    return [made[code] for code in codes]


def texts(column: Column, words: dict[str, str] | None = None) -> npt.NDArray[Any]:
    """Text, blank as ''; `words` replace codes."""
    texts = [(words or {}).get(value or "", value or "") for value in column.to_pylist()]
    return np.array(texts, dtype=str) if texts else np.zeros(0, dtype="U1")


def days(column: Column, missing: int) -> Ints:
    """Dates as days since 1970."""
    found = pc.fill_null(pc.cast(one(column), pa.int32()), missing).to_numpy(zero_copy_only=False)
    return np.asarray(found, dtype=np.int64)


def ints(column: Column) -> Ints:
    """Whole numbers, blank as 0."""
    return np.asarray(pc.fill_null(one(column), 0).to_numpy(zero_copy_only=False), dtype=np.int64)


def bools(column: Column) -> Bools:
    """Truth values; none may be blank."""
    return np.asarray(one(column).to_numpy(zero_copy_only=False), dtype=bool)
