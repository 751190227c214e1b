"""Distributions packed small for keeping: chances in parts of 65,535, from the first to the last that has any."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_WHOLE = 65535


def pack(chances: Sequence[Array]) -> bytes:
    """Some distributions as bytes.

    >>> [found.round(3).tolist() for found in unpack(pack([np.array([0.0, 0.25, 0.75]), np.array([1.0])]))]
    [[0.0, 0.25, 0.75], [1.0]]
    """
    parts = [struct.pack("<H", len(chances))]
    for one in chances:
        whole = np.round(one * _WHOLE).astype(np.uint16)
        there = np.flatnonzero(whole)
        first, last = (int(there[0]), int(there[-1]) + 1) if len(there) else (0, 0)
        parts.append(struct.pack("<HH", first, last) + whole[first:last].astype("<u2").tobytes())
    return zlib.compress(b"".join(parts), 6)


def unpack(packed: bytes) -> list[Array]:
    """The distributions again, each adding up to 1."""
    data = zlib.decompress(packed)
    (count,) = struct.unpack_from("<H", data)
    at, found = 2, []
    for _ in range(count):
        first, last = struct.unpack_from("<HH", data, at)
        at += 4
        whole = np.frombuffer(data, "<u2", last - first, at).astype(np.float64)
        at += 2 * (last - first)
        one = np.zeros(max(last, 1))
        one[first:last] = whole / max(1.0, whole.sum())
        found.append(one)
    return found
