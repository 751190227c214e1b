"""Columns of spells: how they are kept together, how stays and theatre minutes are drawn, and who gets a marker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.reference.activity import MARKERS
from wherry.synthetic.activity.figures import rates
from wherry.synthetic.activity.persons import Persons
from wherry.synthetic.streams import largest_remainder

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Spells:
    """Spells of one trust: `function` is a place in a list of codes; `kind` and `site` are single for each part."""

    kind: str
    site: str
    function: npt.NDArray[np.str_]
    who: Persons
    nights: Ints
    minutes: Ints
    markers: Ints

    def __len__(self) -> int:
        return len(self.nights)

    def of(self, some: Mask) -> Spells:
        """Some of them."""
        return replace(
            self,
            function=self.function[some],
            who=self.who.of(some),
            nights=self.nights[some],
            minutes=self.minutes[some],
            markers=self.markers[some],
        )


def spread_over(codes: Sequence[str], weights: Sequence[float], size: int, rng: np.random.Generator) -> Any:
    """`size` codes in proportion to their weights, rounded, in no order."""
    return rng.permutation(np.repeat(np.asarray(codes), largest_remainder(weights, size)))


def by_age(age: Ints) -> Floats:
    """How much longer people of an age stay."""
    assumed = rates()
    return np.asarray(
        np.asarray(assumed["stay"]["by_age"])[np.searchsorted(assumed["bands"], age, side="right") - 1], dtype=float
    )


def stays(factor: Floats, mean: float, kind: str, rng: np.random.Generator) -> Ints:
    """Whole nights, at least one: lognormal, longer in proportion to `factor`, their mean as near to `mean` as whole
    nights allow. The scale is found by halving, on the drawn nights themselves.

    >>> drawn = stays(np.ones(1000), 9.0, "emergency", np.random.default_rng(1))
    >>> int(drawn.min()), abs(float(drawn.mean()) - 9.0) < 0.05
    (1, True)
    """
    size = len(factor)
    if size == 0:
        return np.zeros(0, dtype=np.int64)
    assumed = rates()["stay"]
    longest = int(assumed["longest"])
    shape = factor * np.exp(float(assumed["spread"][kind]) * rng.standard_normal(size))

    def nights(scale: float) -> Ints:
        return np.clip(np.ceil(shape * scale), 1, longest).astype(np.int64)

    low, high = 1e-6, 4.0 * mean + 4.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if nights(middle).mean() < mean else (low, middle)
    return nights(high)


def theatre_minutes(share: Floats, mean: Floats, rng: np.random.Generator) -> Ints:
    """Minutes in theatre of those who go there, to the nearest 15 and at least 15; 0 for the others."""
    spread = float(rates()["theatre"]["spread"])
    drawn = mean * np.exp(spread * rng.standard_normal(len(mean)) - spread**2 / 2)
    minutes = np.clip(np.round(drawn / 15) * 15, 15, 720)
    return np.where((rng.random(len(mean)) < share) & (mean > 0), minutes, 0).astype(np.int64)


def column(rows: Sequence[Mapping[str, str]], name: str, function: npt.NDArray[np.str_]) -> Floats:
    """A number of each spell's treatment function."""
    codes = np.array([row["code"] for row in rows])
    order = np.argsort(codes)
    numbers = np.array([float(row[name]) for row in rows])[order]
    return np.asarray(numbers[np.searchsorted(codes[order], function)])


def marked(kind: str, function: npt.NDArray[np.str_], who: Persons, nights: Ints, rng: np.random.Generator) -> Ints:
    """Markers of spells as bits, each drawn by itself with its own share. Only emergencies and electives have any."""
    assumed = rates()["markers"]
    medical = np.isin(function, assumed["medical"])
    found = np.zeros(len(nights), dtype=np.int64)

    def mark(name: str, share: Floats | float) -> None:
        found[rng.random(len(nights)) < share] |= MARKERS[name]

    if kind in ("emergency", "sdec"):
        frailty = assumed["frailty"]
        mark(
            "frailty",
            np.select(
                [who.age >= 85, who.age >= 75, who.age >= 65],
                [frailty["from_85"], frailty["from_75"], frailty["from_65"]],
                0.0,
            ),
        )
        often = assumed["ambulatory"]
        known = np.select([who.age < 18, medical], [often["child"], often["medical"]], often["other"])
        mark("ambulatory", often["same_day"] if kind == "sdec" else known)
    if kind == "emergency":
        mark("same_day", _by_nights(nights, assumed["same_day"]))
        virtual = assumed["virtual_ward"]
        mark("virtual_ward", (medical & (who.age >= 18) & (nights >= virtual["nights"])) * float(virtual["share"]))
        late = assumed["delayed"]
        share = np.select([nights >= 14, nights >= 5], [late["from_14"], late["from_5"]], 0.0)
        mark("delayed", share * (who.age >= late["from_age"]))
    if kind == "elective":
        mark("day_case_suitable", _by_nights(nights, assumed["day_case_suitable"]))
    return found


def _by_nights(nights: Ints, shares: Mapping[str, float]) -> Floats:
    return np.asarray(np.select([nights == 0, nights == 1], [shares["no_night"], shares["one_night"]], 0.0))
