"""Chance that does not depend on what was drawn before: every number is a hash of what it is for.

A draw belongs to a seed, a run, a year, a purpose and a name (of an assumption, or of a stratum: site, kind, band of
age and so on by their codes, never by their places). Two scenarios that ask for the same draw get the same number
(common random numbers), and any order of work gives the same answer. The hash is the finaliser of SplitMix64 (Steele,
Lea and Flood 2014); texts become numbers by FNV-1a.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.planning.activity.compiled import compiled

Keys = npt.NDArray[np.uint64]

#: What draws are for: one stream each.
PARAMETER, COUNT, PART, NIGHTS, VIRTUAL, AVOIDED, AVOIDED_NIGHTS, THEATRE, LEAF, SPLIT, SPLIT_NIGHTS = range(1, 12)

_ALL = 0xFFFFFFFFFFFFFFFF
_GOLD = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(0xBF58476D1CE4E5B9)
_TWO = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)
_FRACTION = 2.0**-52


@compiled
def mixed(key: Any, number: Any) -> Any:
    """A key made of a key and a number (both unsigned, 64 bits)."""
    z = key + _GOLD * (number + np.uint64(1))
    z = (z ^ (z >> _S30)) * _ONE
    z = (z ^ (z >> _S27)) * _TWO
    return z ^ (z >> _S31)


@compiled
def uniform(key: Any, number: Any) -> float:
    """A number between 0 and 1, both excluded, for a key and a number: an odd multiple of 2 to the -53."""
    return (float(mixed(key, number) >> _S12) + 0.5) * _FRACTION


def text_key(text: str) -> int:
    """A whole number for a text, the same on every machine.

    >>> text_key("") == 0xCBF29CE484222325, text_key("RM102") == text_key("RM102"), text_key("a") == text_key("b")
    (True, True, False)
    """
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & _ALL
    return value


def text_keys(texts: Iterable[str]) -> Keys:
    """`text_key` of each."""
    return np.array([text_key(text) for text in texts], dtype=np.uint64)


def mixed_keys(key: Keys | int, number: npt.NDArray[Any] | int) -> Keys:
    """`mixed` of arrays, without compiling.

    >>> int(mixed_keys(5, 7)) == int(mixed(np.uint64(5), np.uint64(7)))
    True
    """
    with np.errstate(over="ignore"):
        z = np.asarray(key).astype(np.uint64) + _GOLD * (np.asarray(number).astype(np.uint64) + np.uint64(1))
        z = (z ^ (z >> _S30)) * _ONE
        z = (z ^ (z >> _S27)) * _TWO
        return np.asarray(z ^ (z >> _S31), dtype=np.uint64)


def stream(seed: int, *numbers: int) -> int:
    """The key of a stream: of a seed and, say, a run and a purpose."""
    key = seed & _ALL
    for number in numbers:
        key = int(mixed_keys(np.array(key, dtype=np.uint64), np.array(number & _ALL, dtype=np.uint64)))
    return key


def uniforms(seed: int, runs: int, name: str) -> npt.NDArray[np.float64]:
    """One number between 0 and 1 for every run, for an assumption of this name."""
    keys = mixed_keys(stream(seed, PARAMETER, text_key(name)), np.arange(runs, dtype=np.uint64))
    return np.asarray(((keys >> _S12).astype(np.float64) + 0.5) * _FRACTION)
