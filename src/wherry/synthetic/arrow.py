"""Columns of text: taking words by number, joining pieces, numbering. Thin and typed, around pyarrow's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wherry.synthetic.streams import Ints

Text: TypeAlias = pa.StringArray


def words(vocabulary: Sequence[str] | npt.NDArray[Any], places: npt.NDArray[Any]) -> Text:
    """The words at some places of a vocabulary; a place below 0 is null.

    >>> words(["a", "b"], np.array([1, -1, 0])).to_pylist()
    ['b', None, 'a']
    """
    index = pa.array(places, pa.int64(), mask=np.asarray(places < 0))
    return pa.array(list(vocabulary), pa.string()).take(index)


def text(values: npt.NDArray[np.object_]) -> Text:
    """Python text as a column; None is null."""
    return pa.array(values, pa.string())


def rows(column: Text, index: Ints) -> Text:
    """Some rows of a column."""
    return column.take(pa.array(index, pa.int64()))


def joined(delimiter: str, *parts: Text | str) -> Text:
    """Pieces joined row by row; null counts as empty.

    >>> joined("-", "a", words(["b"], np.array([0, -1]))).to_pylist()
    ['a-b', 'a-']
    """
    join = cast(Any, pc.binary_join_element_wise)
    return cast(Text, join(*parts, delimiter, null_handling="replace", null_replacement=""))


def either(mask: npt.NDArray[np.bool_], one: Text, two: Text | None) -> Text:
    """`one` where the mask says so, else `two` (null if there is none)."""
    other: Any = two if two is not None else pa.scalar(None, pa.string())
    return cast(Text, cast(Any, pc.if_else)(pa.array(mask), one, other))


def numbered(prefix: str, numbers: Ints, width: int) -> Text:
    """A prefix and a number filled up with zeros.

    >>> numbered("E", np.array([7, 12]), 4).to_pylist()
    ['E0007', 'E0012']
    """
    digits = cast(Any, pc.utf8_lpad)(pa.array(numbers, pa.int64()).cast(pa.string()), width=width, padding="0")
    return joined("", prefix, cast(Text, digits))


def figures(values: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> Text:
    """Numbers as text, reals to one decimal; null where they are not known.

    >>> figures(np.array([240, -5, 0]), np.array([True, True, False])).to_pylist()
    ['240', '-5', None]
    >>> figures(np.array([27.26, 4.0]), np.array([True, True])).to_pylist()
    ['27.3', '4']
    """
    if not np.issubdtype(values.dtype, np.floating):
        return cast(Text, pa.array(values, pa.int64(), mask=~known).cast(pa.string()))
    tenths = np.round(np.where(known, values, 0) * 10).astype(np.int64)
    whole = cast(Text, pa.array(tenths // 10, pa.int64(), mask=~known).cast(pa.string()))
    rest = tenths % 10
    return either(known, joined("", whole, words(["", *(f".{digit}" for digit in range(1, 10))], rest)), None)


def holds(column: Text, piece: str) -> npt.NDArray[np.bool_]:
    """Which rows hold a piece of text; null does not."""
    found = cast(Any, pc.match_substring)(column, piece).fill_null(False)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


def body(lines: Text) -> memoryview:
    """The bytes of a whole column, one row after the other, without a copy. The column must not be a slice of nulls."""
    _, offsets, data = lines.buffers()
    if len(lines) == 0 or data is None or offsets is None:
        return memoryview(b"")
    ends = np.frombuffer(cast(Any, offsets), dtype=np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(cast(Any, data))[int(ends[0]) : int(ends[-1])]


def days(numbers: npt.NDArray[Any], never: int) -> pa.Array[Any]:
    """Day numbers as dates; `never` and anything before it is null."""
    known = numbers > never
    return pa.array(np.where(known, numbers, 0).astype(np.int32), mask=np.asarray(~known)).cast(pa.date32())
