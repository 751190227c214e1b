"""NHS numbers: the modulus 11 rule for one number and for whole columns, and synthetic numbers of the 999 range.

Ten digits, the last a check digit: weights 10 to 2 on the first nine, eleven less the remainder of the sum over eleven;
11 counts as 0 and 10 as no number at all. Ten equal digits pass that sum and are still refused: they are fillers.
Source: NHS Data Dictionary, NHS NUMBER. A valid number is a key, never proof of who somebody is.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

BoolArray: TypeAlias = npt.NDArray[np.bool_]
TextColumn: TypeAlias = "npt.ArrayLike | pa.Array[Any] | pa.ChunkedArray[Any]"

#: Numbers that start with these three digits are never given to a person in England.
SYNTHETIC_PREFIX = "999"
#: Synthetic numbers from this one on are for artificial people of the live feed; nobody else is given one.
KEPT_PREFIX = "9997"

_SEPARATORS = str.maketrans("", "", " -")
_POWERS = 10 ** np.arange(9, -1, -1, dtype=np.int64)
_WEIGHTS = np.array([10, 9, 8, 7, 6, 5, 4, 3, 2], dtype=np.int64)


def compact(number: str) -> str:
    """The number without spaces and hyphens.

    >>> compact("999 000 0018")
    '9990000018'
    """
    return number.translate(_SEPARATORS)


def check_digit(first_nine: str) -> int | None:
    """The check digit of nine digits, or None where no valid number starts with them.

    Raises ValueError unless exactly nine ASCII digits are given.

    >>> check_digit("943476591"), check_digit("123456789")
    (9, None)
    """
    if len(first_nine) != 9 or not (first_nine.isascii() and first_nine.isdigit()):
        raise ValueError(f"nine digits are wanted, not {first_nine!r}")
    remainder = sum(int(digit) * weight for digit, weight in zip(first_nine, range(10, 1, -1), strict=True)) % 11
    digit = (11 - remainder) % 11
    return None if digit == 10 else digit


def is_valid(number: str | None) -> bool:
    """Whether a number, with or without spaces or hyphens, passes the check and is not ten equal digits.

    >>> is_valid("943 476 5919"), is_valid("1234567890"), is_valid("2222222222"), is_valid(None)
    (True, False, False, False)
    """
    if number is None:
        return False
    digits = compact(number)
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()) or digits == digits[0] * 10:
        return False
    return check_digit(digits[:9]) == int(digits[9])


def is_synthetic(number: str | None) -> bool:
    """Whether a valid number lies in the 999 range.

    >>> is_synthetic("9990000018"), is_synthetic("9434765919")
    (True, False)
    """
    return is_valid(number) and number is not None and compact(number).startswith(SYNTHETIC_PREFIX)


def spaced(number: str) -> str:
    """The number as people read it, 3-3-4; anything that is not ten digits is given back as it came.

    >>> spaced("9990000018"), spaced("12")
    ('999 000 0018', '12')
    """
    digits = compact(number)
    if len(digits) != 10 or not digits.isdigit():
        return number
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"


def valid_mask(numbers: TextColumn) -> BoolArray:
    """`is_valid` over a whole column, as a boolean array of the same length; null is not valid.

    Takes a pyarrow string array, or anything NumPy makes an array of text from; a number of another type is an error.

    >>> valid_mask(pa.array(["9434765919", "943 476 5919", "9434765918", "", None])).tolist()
    [True, True, False, False, False]
    """
    column = _as_text(numbers)
    if len(column) == 0:
        return np.zeros(0, dtype=np.bool_)
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    stripped = pc.replace_substring_regex(cast("pa.StringArray", column), pattern="[ -]", replacement="")
    ten_digits = cast("pa.BooleanArray", pc.match_substring_regex(stripped, pattern="^[0-9]{10}$").fill_null(False))
    kept = stripped.filter(ten_digits)
    mask: BoolArray = np.array(ten_digits.to_numpy(zero_copy_only=False), dtype=np.bool_)
    if len(kept):
        mask[mask] = _valid_integers(kept.cast(pa.int64()).to_numpy(zero_copy_only=False))
    return mask


def synthetic(indices: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """The i-th valid numbers of the 999 range, counting from 0, as an array of ten-character strings.

    Different indices give different numbers, and an index always gives the same one. Raises ValueError for an index
    below 0 or not below `synthetic_count()`: numbers are never used twice.

    >>> synthetic([0, 1]).tolist()
    ['9990000018', '9990000026']
    """
    wanted = np.asarray(indices)
    if wanted.size and not np.issubdtype(wanted.dtype, np.integer):
        raise ValueError(f"whole numbers are wanted as indices, not {wanted.dtype}")
    wanted = wanted.astype(np.int64)
    known = _synthetic_integers()
    if wanted.size and (int(wanted.min()) < 0 or int(wanted.max()) >= len(known)):
        raise ValueError(f"the 999 range has {len(known):,} valid NHS numbers: indices 0 to {len(known) - 1:,}")
    numbers: npt.NDArray[np.str_] = known[wanted].astype("U10")
    return numbers


def synthetic_count() -> int:
    """How many valid NHS numbers the 999 range holds.

    >>> 909_000 < synthetic_count() < 910_000
    True
    """
    return len(_synthetic_integers())


def synthetic_below(prefix: str) -> int:
    """How many synthetic numbers are smaller than the first that begins with these digits.

    >>> synthetic([synthetic_below("9997")]).tolist()
    ['9997000005']
    """
    return int(np.searchsorted(_synthetic_integers(), int(prefix.ljust(10, "0"))))


def kept_from() -> int:
    """The first of the synthetic numbers that are kept for people of the live feed: those from 9997 on."""
    return synthetic_below(KEPT_PREFIX)


def _as_text(numbers: TextColumn) -> pa.Array[Any]:
    if isinstance(numbers, pa.ChunkedArray):
        return numbers.combine_chunks()
    if isinstance(numbers, pa.Array):
        return numbers
    array = np.asarray(numbers)
    if array.dtype.kind not in "UO" and array.size:
        raise ValueError(f"NHS numbers are text, not {array.dtype}")
    return pa.array(array.tolist(), type=pa.string())


def _valid_integers(numbers: npt.NDArray[np.int64]) -> BoolArray:
    total = np.zeros(len(numbers), dtype=np.int64)
    for weight, power in zip(_WEIGHTS, _POWERS, strict=False):
        total += (numbers // power % 10) * weight
    equal_digits = numbers % 1_111_111_111 == 0
    # The check digit has weight 1: the whole weighted sum is then a multiple of 11, and a 10 cannot occur in one digit.
    valid: BoolArray = ((total + numbers % 10) % 11 == 0) & ~equal_digits
    return valid


@cache
def _synthetic_integers() -> npt.NDArray[np.int64]:
    stems = np.arange(999_000_000, 1_000_000_000, dtype=np.int64)
    total = np.zeros(len(stems), dtype=np.int64)
    for weight, power in zip(_WEIGHTS, _POWERS[1:], strict=True):
        total += (stems // power % 10) * weight
    digit = (11 - total % 11) % 11
    numbers: npt.NDArray[np.int64] = (stems * 10 + digit)[digit != 10]
    numbers = numbers[numbers % 1_111_111_111 != 0]
    numbers.setflags(write=False)
    return numbers
