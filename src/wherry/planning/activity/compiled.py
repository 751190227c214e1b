"""Compiles the loops of planning with Numba, without Python inside, and keeps what was compiled where that can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """The function compiled: other threads run meanwhile. `function.py_func` is as it was."""
    try:
        made: F = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # nowhere to keep what is compiled
        made = numba.njit(nogil=True, error_model="numpy")(function)
    return made


def inner(function: F) -> F:
    """As `compiled`, for what only compiled functions call: quicker to compile, and Python cannot call it."""
    hidden = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    try:
        made: F = numba.njit(cache=True, nogil=True, error_model="numpy", **hidden)(function)
    except RuntimeError:  # nowhere to keep what is compiled
        made = numba.njit(nogil=True, error_model="numpy", **hidden)(function)
    return made
