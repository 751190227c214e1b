"""Fans: each measure by year at each place, and its parts by specialty, age, sex, deprivation and ward group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.planning.activity.outcome import AGE_BANDS, Outcome
from wherry.planning.answers.model import Fan
from wherry.planning.answers.places import Places
from wherry.planning.answers.runs import Runs, sentence
from wherry.planning.answers.spreads import spreads
from wherry.planning.baseline import Baseline
from wherry.planning.capacity.model import WardGroup
from wherry.reference import diagnostic_tests, treatment_functions
from wherry.reference.activity import KINDS

Values = npt.NDArray[Any]

#: The largest specialties (or tests) that a breakdown names; the others are one part.
NAMED = 12

_SEX = {"1": "men", "2": "women"}
_QUINTILE = {"0": "not known", "1": "1, most deprived", "5": "5, least deprived"}


def fans(runs: Runs, places: Places) -> tuple[Fan, ...]:
    """Every measure at every place where there ever is any of it, in every year."""
    made = []
    for measure in runs.measures:
        values = places.total(measure.values)
        base = places.total(measure.base)
        found = spreads(values.reshape(len(values), -1))
        for place, code in enumerate(places.codes):
            points = tuple((year, found[at * len(places) + place]) for at, year in enumerate(runs.years))
            if base[place] or any(point.high for _, point in points):
                made.append(Fan(measure.code, measure.words, measure.unit, code, float(base[place]), points))
    return tuple(made)


def breakdowns(outcome: Outcome, baseline: Baseline, places: Places, wards: Sequence[WardGroup]) -> tuple[Fan, ...]:
    """The parts of every kind of activity, and of nights, in the base year and at the horizon.

    In every run the parts of a measure add up to it. Parts that never have anything are left out.
    """
    ends = (0, len(outcome.years) - 1) if len(outcome.years) > 1 else (0,)
    made: list[Fan] = []
    ward_words = {ward.code: ward.words for ward in wards}
    for by, count, nights, labels in _splits(outcome, ends):
        base_count, base_nights = _base(baseline, by, labels)
        for code, kind in enumerate(KINDS.values()):
            made += _parts(
                by, kind.code, sentence(kind.plural), kind.unit, labels, count[..., code, :], base_count[:, code],
                places, outcome, ends, ward_words,
            )  # fmt: skip
        made += _parts(
            by, "nights", "Nights in bed", "nights", labels, nights.sum(axis=-2), base_nights.sum(axis=-2), places,
            outcome, ends, ward_words,
        )  # fmt: skip
    return tuple(made)


def _splits(outcome: Outcome, ends: tuple[int, ...]) -> list[tuple[str, Values, Values, tuple[str, ...]]]:
    ages = tuple(str(first) for first in AGE_BANDS)
    at = list(ends)
    found = [("age", outcome.count[:, at], outcome.nights[:, at], ages)]
    for by, split in outcome.breakdowns.items():
        found.append((by, split.count[:, at], split.nights[:, at], split.labels))
    return found


def _base(baseline: Baseline, by: str, labels: tuple[str, ...]) -> tuple[Values, Values]:
    """The baseline's own count and nights, [site, kind, label]."""
    if by == "age":
        part = np.searchsorted(np.array(AGE_BANDS), baseline.age, side="right") - 1
    else:
        words: dict[str, tuple[Values, Sequence[str]]] = {
            "what": (baseline.what, baseline.whats),
            "ward": (baseline.ward, (*baseline.wards, "")),
            "sex": (baseline.sex, [str(code) for code in range(10)]),
            "quintile": (baseline.quintile, [str(code) for code in range(6)]),
        }
        held, names = words[by]
        place = {label: at for at, label in enumerate(labels)}
        part = np.array([place.get(str(name), len(labels)) for name in names])[held]
    shape = (len(baseline.sites), len(KINDS), len(labels) + 1)
    at_cell = (baseline.site * shape[1] + baseline.kind) * shape[2] + part
    sums = [
        np.bincount(at_cell, weights=weight, minlength=int(np.prod(shape))).reshape(shape)[..., :-1]
        for weight in (baseline.count, baseline.count * baseline.nights)
    ]
    return sums[0], sums[1]


def _parts(
    by: str, code: str, words: str, unit: str, labels: tuple[str, ...], values: Values, base: Values, places: Places,
    outcome: Outcome, ends: tuple[int, ...], ward_words: dict[str, str],
) -> list[Fan]:  # fmt: skip
    """Fans of the parts of one measure: `values[run, end, site, label]`, `base[site, label]`."""
    ever = np.flatnonzero((values.sum(axis=(0, 1, 2)) > 0) | (base.sum(axis=0) > 0))
    if len(ever) <= 1 and by != "age":
        return []
    order = ever
    rest = np.zeros(0, dtype=np.int64)
    if by == "what":
        order = ever[np.argsort(-(base.sum(axis=0)[ever]), kind="stable")]
        order, rest = order[:NAMED], order[NAMED:]
    parts = [(_label(by, labels[at], ward_words), values[..., at], base[:, at]) for at in order]
    if len(rest):
        parts.append(("all others", values[..., rest].sum(axis=-1), base[:, rest].sum(axis=-1)))
    made = []
    for label, held, start in parts:
        total, begins = places.total(held), places.total(start)
        found = spreads(total.reshape(len(total), -1))
        for place, where in enumerate(places.codes):
            points = tuple((outcome.years[year], found[at * len(places) + place]) for at, year in enumerate(ends))
            if begins[place] or any(point.high for _, point in points):
                made.append(Fan(code, words, unit, where, float(begins[place]), points, by, label))
    return made


def _label(by: str, code: str, ward_words: dict[str, str]) -> str:
    """A part in words."""
    if by == "age":
        first = int(code)
        after = [band for band in AGE_BANDS if band > first]
        return f"{first} to {after[0] - 1}" if after else f"{first} and older"
    if by == "sex":
        return _SEX.get(code, "not known")
    if by == "quintile":
        return _QUINTILE.get(code, code)
    if by == "ward":
        return ward_words.get(code, code or "no bed at night")
    return treatment_functions.name(code) or (diagnostic_tests.words(code) if code else "not known")
