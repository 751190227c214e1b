"""Compiles the loops of the forecast with Numba and keeps what was compiled, where there is somewhere to keep it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """The function compiled: no Python inside, and other threads run meanwhile. `function.py_func` is as it was."""
    try:
        made: F = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # nowhere to keep what is compiled
        made = numba.njit(nogil=True, error_model="numpy")(function)
    return made
