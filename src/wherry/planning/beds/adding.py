"""What so many beds more would do: the same people in the same year, the beds where they are tightest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wherry.planning.answers.model import GROUP
from wherry.planning.beds.answers import MoreBeds, MoreBedsRow
from wherry.planning.beds.figures import Floats, estimate
from wherry.planning.beds.runner import Told, measured, warm_up
from wherry.planning.beds.search import loads
from wherry.planning.beds.spec import BedsSpec


def more_beds(
    spec: BedsSpec,
    *,
    steps: Sequence[int] = (10, 20, 30),
    seed: int,
    years: int = 8,
    workers: int | None = None,
    progress: Told | None = None,
) -> MoreBeds:
    """What so many general beds more (or fewer) would do: in the group, each where it is tightest, and at each site."""
    tell = progress or (lambda _words, _share: None)
    warm, numbers = warm_up(spec, seed).days, range(years)
    load = loads(spec.but(changes=()), seed, numbers, warm, workers)
    base = measured(spec, seed, numbers, warm, workers=workers)
    alone = spec.pooling == "none"
    rows = []
    for n, more in enumerate((0, *steps)):
        tell(f"{more:+} beds", n / (len(steps) + 1))
        groups = measured(_added(spec, load, more, GROUP), seed, numbers, warm, workers=workers) if more else base
        rows.append(_more_row(spec, GROUP, more, groups, base))
        if alone:
            each = spec
            for site in spec.sites:
                each = _added(each, load, more, site)
            found = measured(each, seed, numbers, warm, workers=workers) if more else base
            rows += [_more_row(spec, site, more, found, base) for site in spec.sites]
    notes = [
        f"{years} simulated years, the same people and stays in each. Beds are general and acute ones, each put where "
        "beds are fewest over the load (in square roots of the load).",
        "The group's beds are put wherever they are needed most; a site's rows give that site so many.",
    ]
    if not alone:
        notes.append("Sites take each other's patients here, so a site by itself has no rows.")
    return MoreBeds(tuple(rows), tuple(notes))


def _added(spec: BedsSpec, load: Floats, more: int, place: str) -> BedsSpec:
    """The specification with general beds more (or fewer) at a site or anywhere in the group."""
    beds = [list(row) for row in spec.beds]
    pools = [
        (n, w)
        for n, site in enumerate(spec.sites)
        for w, ward in enumerate(spec.wards)
        if ward.general and place in (GROUP, site) and load[n, w] > 0
    ]

    def room(pool: tuple[int, int]) -> float:
        return float((beds[pool[0]][pool[1]] - load[pool]) / np.sqrt(load[pool]))

    for _ in range(abs(more)):
        if more > 0:
            n, w = min(pools, key=room)
            beds[n][w] += 1
        else:
            n, w = max((pool for pool in pools if beds[pool[0]][pool[1]] > 0), key=room)
            beds[n][w] -= 1
    return spec.but(beds=tuple(tuple(row) for row in beds))


def _more_row(spec: BedsSpec, place: str, more: int, found: dict[str, Floats], base: dict[str, Floats]) -> MoreBedsRow:
    at = -1 if place == GROUP else spec.sites.index(place)

    def pick(held: dict[str, Floats], name: str) -> Floats:
        return held[name][:, at]

    beds = sum(sum(row) for row in spec.beds) if place == GROUP else sum(spec.beds[at])
    return MoreBedsRow(
        place=place,
        words="the group" if place == GROUP else spec.words_of(place),
        more=more,
        beds=float(beds + more),
        occupancy=estimate(pick(found, "occupancy")),
        days_full=estimate(pick(found, "days_full")),
        boarded=estimate(pick(found, "boarded")),
        over_12_hours=estimate(pick(found, "over_12_hours")),
        cancelled=estimate(pick(found, "cancelled")),
        change_boarded=estimate(pick(found, "boarded") - pick(base, "boarded")),
        change_over_12_hours=estimate(pick(found, "over_12_hours") - pick(base, "over_12_hours")),
        change_cancelled=estimate(pick(found, "cancelled") - pick(base, "cancelled")),
    )
