"""Slips of the keyboard: names with a letter wrong, and NHS numbers whose check digit fails."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wherry.reference import nhs_number


def misspelt(words: list[str], rng: np.random.Generator) -> list[str]:
    """Each word with one letter dropped, doubled, or swapped with the next; the first letter stays. Never the word
    itself.

    >>> misspelt(["Smith"], np.random.default_rng(3))[0] != "Smith"
    True
    """
    how = rng.integers(0, 3, len(words))
    where = rng.random(len(words))
    return [_slip(word, int(kind), float(part)) for word, kind, part in zip(words, how, where, strict=True)]


def _slip(word: str, kind: int, part: float) -> str:
    at = 1 + int(part * (len(word) - 2)) if len(word) > 2 else len(word) - 1
    if kind == 0 and len(word) > 3:
        return word[:at] + word[at + 1 :]
    if kind == 2 and at + 1 < len(word) and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[: at + 1] + word[at:]


def mistyped_number(numbers: npt.NDArray[np.object_], rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Each number with one digit wrong, or two neighbours swapped, after the first three: the check digit always fails.

    >>> wrong = mistyped_number(np.array(["9990000018"], dtype=object), np.random.default_rng(1))
    >>> wrong[0].startswith("999"), nhs_number.is_valid(wrong[0])
    (True, False)
    """
    wrong = numbers.copy()
    for row, number in enumerate(numbers):
        at = int(rng.integers(3, 9))
        swap = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        other = number[:at] + str((int(number[at]) + int(rng.integers(1, 10))) % 10) + number[at + 1 :]
        wrong[row] = swap if rng.random() < 0.4 and not nhs_number.is_valid(swap) else other
    return wrong
