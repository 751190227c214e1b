"""Outpatients, attendances and tests of one trust, as counts of people alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wherry.synthetic.activity.figures import Figures, functions
from wherry.synthetic.activity.persons import Persons, Population, split
from wherry.synthetic.streams import Streams, largest_remainder

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Counted:
    """Counts of people alike: of one site, kind and what (treatment function or test; blank for attendances)."""

    site: str
    kind: str
    what: str
    who: Persons
    count: Ints


def outpatients(
    figures: Figures,
    population: Population,
    trusts: tuple[str, ...],
    place: int,
    sites: tuple[str, ...],
    streams: Streams,
) -> Iterator[Counted]:
    """Appointments by kind, function and person; kinds are shared alike in every function."""
    trust = trusts[place]
    shares = [figures.of("outpatient", "share", code) for code in trusts]
    total = int(largest_remainder(shares, int(figures.of("totals", "outpatient")))[place])
    kinds: Mapping[str, float] = figures.tables["outpatient"]["kinds"]
    rows = functions("outpatient")
    rng = streams("activity", trust, "outpatient")
    by_kind = largest_remainder(list(kinds.values()), total).tolist()
    for kind, size in zip(kinds, by_kind, strict=True):
        by_function = largest_remainder([float(row["share"]) for row in rows], size).tolist()
        for row, count in zip(rows, by_function, strict=True):
            weights = population.weights(place, row["rate"], "other", sex=row["sex"])
            for site, part in _by_site(figures, sites, count, "outpatient", row["code"]):
                yield _counted(site, kind, row["code"], weights, part, rng)


def attendances(
    figures: Figures,
    population: Population,
    trusts: tuple[str, ...],
    place: int,
    sites: tuple[str, ...],
    streams: Streams,
) -> Iterator[Counted]:
    """Type 1 as published; type 3 shares out what is left of the total."""
    trust = trusts[place]
    type_1 = [int(figures.of("attendances", "type_1", code)) for code in trusts]
    rest = int(figures.of("totals", "attendances")) - sum(type_1)
    type_3 = largest_remainder([figures.of("attendances", "type_3_published", code) for code in trusts], max(rest, 0))
    rng = streams("activity", trust, "attendance")
    for kind, size in (("attendance_type_1", type_1[place]), ("attendance_type_3", int(type_3[place]))):
        weights = population.weights(place, kind, "attendance")
        for site, part in _by_site(figures, sites, size, kind, ""):
            yield _counted(site, kind, "", weights, part, rng)


def diagnostics(
    figures: Figures,
    population: Population,
    trusts: tuple[str, ...],
    place: int,
    sites: tuple[str, ...],
    streams: Streams,
) -> Iterator[Counted]:
    """Tests of the DM01 return."""
    trust = trusts[place]
    shares = [figures.of("diagnostic", "share", code) for code in trusts]
    rng = streams("activity", trust, "diagnostic")
    weights = population.weights(place, "diagnostic", "other")
    for test, total in figures.tables["diagnostic"]["tests"].items():
        size = int(largest_remainder(shares, int(total))[place])
        for site, part in _by_site(figures, sites, size, "diagnostic", test):
            yield _counted(site, "diagnostic", test, weights, part, rng)


def second_share(figures: Figures, site: str, kind: str, what: str) -> float:
    """The part of its trust's work of a kind that a second site does."""
    said = figures.second.get(site, {}).get(kind, 0.0)
    return float(said.get(what, 0.0) if isinstance(said, Mapping) else said)


def _by_site(figures: Figures, sites: tuple[str, ...], size: int, kind: str, what: str) -> Iterator[tuple[str, int]]:
    """What each site does of so many; the main site does what the others leave."""
    others = [second_share(figures, site, kind, what) for site in sites[1:]]
    parts = largest_remainder([1 - sum(others), *others], size).tolist()
    yield from ((site, part) for site, part in zip(sites, parts, strict=True) if part)


def _counted(
    site: str, kind: str, what: str, weights: npt.NDArray[np.float64], size: int, rng: np.random.Generator
) -> Counted:
    some = np.flatnonzero(weights)
    counts = rng.multinomial(size, weights[some] / weights[some].sum())
    kept = counts > 0
    return Counted(site, kind, what, split(some[kept]), counts[kept])
