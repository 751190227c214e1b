"""The National Early Warning Score 2, as the Royal College of Physicians published it in 2017. Data in `news2.toml`.

A set of readings that is not whole has no total: it has a least and a most that the total can be, and names what is
missing. Scale 2 for oxygen saturation is used only where a clinician has set it for the patient.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

Risk = Literal["low", "low_medium", "medium", "high"]
RISKS: tuple[Risk, ...] = ("low", "low_medium", "medium", "high")
WORDS: Mapping[Risk, str] = {"low": "low", "low_medium": "low to medium", "medium": "medium", "high": "high"}
#: The seven parameters, in the order of the chart.
PARAMETERS = (
    *("respiratory_rate", "oxygen_saturation", "oxygen", "systolic", "pulse", "consciousness", "temperature"),
)
_CHARTED = {"temperature": Decimal("0.1")}
Band = tuple[Decimal | None, Decimal | None, int]


@dataclass(frozen=True)
class Score:
    """What one set of readings adds up to. `total` is None unless every parameter is there.

    `parts` are the scores of those that are; the total can be no less than `at_least` and no more than `at_most`.
    `risk` is that of chart 2 for `at_least`: with missing parameters it is the least that it can be.
    """

    parts: Mapping[str, int]
    missing: tuple[str, ...]
    at_least: int
    at_most: int
    risk: Risk
    scale: int

    @property
    def total(self) -> int | None:
        """The score, if it is whole."""
        return self.at_least if not self.missing else None

    @property
    def words(self) -> str:
        """`5`, or `at least 3`."""
        return str(self.at_least) if not self.missing else f"at least {self.at_least}"

    @property
    def threes(self) -> tuple[str, ...]:
        """Parameters that alone score 3."""
        return tuple(name for name, score in self.parts.items() if score == _table()["risk"]["single"])


def score(values: Mapping[str, float | str], scale: Literal[1, 2] = 1) -> Score:
    """Score one set of readings by parameter: numbers, `oxygen` as air or oxygen, `consciousness` as A, C, V, P or U.

    Raises ValueError for a word that the chart does not have.

    >>> well = {"respiratory_rate": 18, "oxygen_saturation": 97, "oxygen": "air", "systolic": 125, "pulse": 80,
    ...         "consciousness": "A", "temperature": 37.0}
    >>> score(well).total, score(well).risk
    (0, 'low')
    >>> ill = well | {"respiratory_rate": 26, "oxygen_saturation": 90, "oxygen": "oxygen"}
    >>> score(ill).total, score(ill).risk, score(ill, scale=2).total, score(ill, scale=2).risk
    (8, 'high', 5, 'medium')
    >>> part = score({"oxygen_saturation": 91})
    >>> part.total, part.words, part.risk, len(part.missing)
    (None, 'at least 3', 'low_medium', 6)
    """
    parts: dict[str, int] = {}
    missing: list[str] = []
    most = 0
    for name in PARAMETERS:
        if name not in values:
            missing.append(name)
            most += highest(name, scale)
        elif name == "oxygen_saturation":
            low, high = _saturation(values, scale)
            parts[name] = low
            most += high
        else:
            parts[name] = part(name, values[name])
            most += parts[name]
    least = sum(parts.values())
    return Score(parts, tuple(missing), least, most, risk(least, parts), scale)


def part(name: str, value: float | str) -> int:
    """The score of one parameter other than oxygen saturation.

    >>> part("systolic", 100), part("temperature", 36.04), part("consciousness", "C")
    (2, 1, 3)
    """
    table = _table()[name]
    if "scores" in table:
        if value not in table["scores"]:
            raise ValueError(f"{name} is {' or '.join(table['scores'])}, not {value!r}")
        return int(table["scores"][value])
    return _banded(name, name, value)


def saturation(value: float, scale: Literal[1, 2] = 1, oxygen: str = "air") -> int:
    """The score of an oxygen saturation, in percent.

    >>> saturation(93), saturation(93, 2, "air"), saturation(93, 2, "oxygen"), saturation(97, 2, "oxygen")
    (2, 0, 1, 3)
    """
    if oxygen not in _table()["oxygen"]["scores"]:
        raise ValueError(f"oxygen is air or oxygen, not {oxygen!r}")
    chart = "oxygen_saturation_1" if scale == 1 else f"oxygen_saturation_2_{oxygen}"
    return _banded(chart, "oxygen_saturation", value)


def risk(total: int, parts: Mapping[str, int]) -> Risk:
    """Chart 2: 7 or more is high, 5 or 6 medium, 3 in one parameter low to medium, else low.

    >>> risk(4, {"pulse": 2, "systolic": 2}), risk(3, {"pulse": 3}), risk(5, {}), risk(7, {})
    ('low', 'low_medium', 'medium', 'high')
    """
    limits = _table()["risk"]
    if total >= limits["high"]:
        return "high"
    if total >= limits["medium"]:
        return "medium"
    return "low_medium" if any(score >= limits["single"] for score in parts.values()) else "low"


def highest(name: str, scale: int = 1) -> int:
    """The most that one parameter can score."""
    if name == "oxygen_saturation":
        name = "oxygen_saturation_1" if scale == 1 else "oxygen_saturation_2_oxygen"
    table = _table()[name]
    return int(max(table["scores"].values())) if "scores" in table else max(band[2] for band in _bands(name))


def charted(name: str, value: float) -> Decimal:
    """A value as it is written on the chart: temperature to 0.1, others to whole numbers, halves up.

    >>> charted("temperature", 38.05), charted("pulse", 90.5)
    (Decimal('38.1'), Decimal('91'))
    """
    return Decimal(str(value)).quantize(_CHARTED.get(name, Decimal(1)), ROUND_HALF_UP)


def source() -> str:
    """Where the chart comes from."""
    return str(_table()["source"])


def _saturation(values: Mapping[str, float | str], scale: Literal[1, 2]) -> tuple[int, int]:
    """The least and most of the saturation's score: on scale 2 it depends on oxygen, which may be missing."""
    value = float(values["oxygen_saturation"])
    if "oxygen" in values:
        found = saturation(value, scale, str(values["oxygen"]))
        return found, found
    both = [saturation(value, scale, oxygen) for oxygen in ("air", "oxygen")]
    return min(both), max(both)


def _banded(chart: str, name: str, value: float | str) -> int:
    at = charted(name, float(value))
    for low, high, found in _bands(chart):
        if (low is None or at >= low) and (high is None or at <= high):
            return found
    raise ValueError(f"{name} {value!r} is in no band of the chart")


@cache
def _bands(chart: str) -> tuple[Band, ...]:
    def end(value: float) -> Decimal | None:
        return None if value == -1 else Decimal(str(value))

    return tuple((end(low), end(high), int(found)) for low, high, found in _table()[chart]["bands"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "news2.toml").read_text(encoding="utf-8"))
