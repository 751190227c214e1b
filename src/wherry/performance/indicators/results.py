"""What an indicator method gives: figures with their limits, and why there are none where there are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
#: One number or many: what every method takes.
Numbers = npt.ArrayLike
#: One level or several, as shares (0.95) or percentages (95).
Confidence = float | Sequence[float]


@dataclass(frozen=True)
class Limits:
    """Limits at one confidence level (a share). None where there is no figure."""

    confidence: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Estimate:
    """One figure. `value` is None where it cannot be made or is withheld, and `note` says why.

    `limits` are in the order of the levels asked for; `lower` and `upper` are the first. `more` holds what the figure
    was made from (count, population, expected, ...).
    """

    value: float | None
    limits: tuple[Limits, ...]
    note: str
    statistic: str
    method: str
    more: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def lower(self) -> float | None:
        return self.limits[0].lower

    @property
    def upper(self) -> float | None:
        return self.limits[0].upper

    @property
    def confidence(self) -> float:
        return self.limits[0].confidence


@dataclass(frozen=True)
class Estimates:
    """Many figures of one kind, as arrays of length n; NaN where there is none.

    `lowers` and `uppers` have a row a confidence level: shape (levels, n). Indexing gives an `Estimate`.
    """

    value: Floats
    lowers: Floats
    uppers: Floats
    confidence: tuple[float, ...]
    note: tuple[str, ...]
    statistic: str
    method: tuple[str, ...]
    more: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def lower(self) -> Floats:
        """Lower limits at the first level, shape (n,)."""
        return np.asarray(self.lowers[0])

    @property
    def upper(self) -> Floats:
        """Upper limits at the first level, shape (n,)."""
        return np.asarray(self.uppers[0])

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, at: int) -> Estimate:
        limits = tuple(
            Limits(level, known(self.lowers[k, at]), known(self.uppers[k, at]))
            for k, level in enumerate(self.confidence)
        )
        more = {name: known(column[at]) for name, column in self.more.items()}
        return Estimate(known(self.value[at]), limits, self.note[at], self.statistic, self.method[at], more)

    def __iter__(self) -> Iterator[Estimate]:
        lowers, uppers = [_plain(one) for one in self.lowers], [_plain(one) for one in self.uppers]
        names, columns = list(self.more), [_plain(one) for one in self.more.values()]
        for at, value in enumerate(_plain(self.value)):
            limits = tuple(Limits(level, lowers[k][at], uppers[k][at]) for k, level in enumerate(self.confidence))
            more = {name: column[at] for name, column in zip(names, columns, strict=True)}
            yield Estimate(value, limits, self.note[at], self.statistic, self.method[at], more)


def _plain(numbers: Floats) -> list[float | None]:
    """Numbers as Python has them; None where one is not finite."""
    found: list[float | None] = numbers.tolist()
    for at in np.flatnonzero(~np.isfinite(numbers)).tolist():
        found[at] = None
    return found


def known(number: float) -> float | None:
    """A number as Python has it; None where it is not finite.

    >>> known(float("nan")), known(2.5)
    (None, 2.5)
    """
    return float(number) if np.isfinite(number) else None


def levels(confidence: Confidence) -> tuple[float, ...]:
    """Confidence levels as shares, in the order given and once each.

    >>> levels([95, 0.998, 99.8]), levels(0.9)
    ((0.95, 0.998), (0.9,))
    """
    given = [confidence] if isinstance(confidence, int | float) else list(confidence)
    found: list[float] = []
    for one in given:
        share = round(one / 100, 10) if 50 <= one < 100 else float(one)
        if not 0 < share < 1:
            raise UserError(
                f"A confidence of {one:g} is neither a share between 0 and 1 nor a percentage from 50 to 100. "
                "Give 0.95 or 95; several are separated by commas."
            )
        if share not in found:
            found.append(share)
    if not found:
        raise UserError("No confidence level was given. Give 0.95, or several: 0.95,0.998.")
    return tuple(found)


def column(values: Numbers, name: str) -> Floats:
    """Numbers as an array of shape (n,); one number has n = 1. Missing ones (None, NaN) are NaN."""
    found = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if found.ndim != 1:
        raise UserError(f"{name} has {found.ndim} dimensions; one row of numbers is needed.")
    return found


def together(**columns: Numbers) -> dict[str, Floats]:
    """Columns of one length; a single number goes with every row. Raises UserError where lengths differ."""
    found = {name: column(values, name) for name, values in columns.items()}
    size = max((len(one) for one in found.values() if len(one) != 1), default=1)
    for name, one in found.items():
        if len(one) not in (1, size):
            raise UserError(f"{name} has {len(one)} rows where the others have {size}. Give one a row.")
    return {name: np.broadcast_to(one, (size,)) for name, one in found.items()}
