"""Compiles the loops of the bed simulation with Numba and keeps what was compiled, where there is somewhere to keep it.

`part` is for what the loop calls: it is put into the loop before compiling, since handing over thirty arrays (and
counting who holds them) costs more than the work itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """The function compiled: no Python inside, and other threads run meanwhile. `function.py_func` is as it was."""
    return _made(function)


def part(function: F) -> F:
    """The same for a function that becomes a part of the one that calls it."""
    return _made(function, inline="always")


def _made(function: F, **options: Any) -> F:
    try:
        made: F = numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    except RuntimeError:  # nowhere to keep what is compiled
        made = numba.njit(nogil=True, error_model="numpy", **options)(function)
    return made
