"""Beds for an occupancy or a risk, what pooling gains, and what winter does.

Every answer meets the same people with the same stays in every variant (common random numbers), so a difference is
the variant's own. Searches are over general and acute ward groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np

from wherry.errors import UserError
from wherry.planning.answers.model import GROUP
from wherry.planning.beds.answers import (
    BedsFor,
    BedsForRow,
    Pooling,
    PoolingRow,
    Winter,
    WinterRow,
)
from wherry.planning.beds.figures import Floats, estimate, half_width
from wherry.planning.beds.runner import Told, measured, warm_up
from wherry.planning.beds.search import MOST, fewest, general_only, loads, shared_out, with_beds
from wherry.planning.beds.spec import BedsSpec, Profile

#: Years simulated for one try of a search, and batches that give a search its interval.
YEARS, BATCHES = 8, 6
_QUIET: Told = lambda _words, _share: None  # noqa: E731
_SMALL = "A search of beds compares the same people in the same beds and more; it moves by whole beds."


def beds_for(
    spec: BedsSpec,
    *,
    occupancy: float | None = None,
    full_days: float | None = None,
    formula_occupancy: float = 0.92,
    seed: int,
    years: int = YEARS,
    workers: int | None = None,
    progress: Told | None = None,
) -> BedsFor:
    """The fewest general and acute beds of each site with which occupancy, or the share of days full, is at most so.

    A day is full if at some moment of it no general bed of the site is free. Beside it the formula: nights / days of
    the year / occupancy (`occupancy`, or for days full `formula_occupancy`).
    """
    if (occupancy is None) == (full_days is None):
        raise UserError("Ask either for an occupancy or for a share of days full.")
    measure: Literal["occupancy", "days_full"] = "occupancy" if occupancy is not None else "days_full"
    target = float(occupancy if occupancy is not None else full_days or 0.0)
    if not 0 < target < 1:
        raise UserError(f"A target is a share between 0 and 1, not {target}.")
    tell = progress or _QUIET
    part = general_only(spec).but(changes=())
    numbers, warm = range(years), _warm(spec, seed)
    load = loads(part, seed, numbers, warm, workers)
    name = "general_occupancy" if measure == "occupancy" else "days_full"
    seen: dict[tuple[int, ...], dict[str, Floats]] = {}

    def look(beds: Sequence[int]) -> dict[str, Floats]:
        key = tuple(beds)
        if key not in seen:
            tell(f"{sum(beds):,} beds tried", min(0.9, len(seen) / 20))
            seen[key] = measured(with_beds(part, load, beds), seed, numbers, warm, workers=workers)
        return seen[key]

    def meets(beds: list[int], widths: int = 0) -> list[bool]:
        values = look(beds)[name]
        return [
            values[:, n].mean() + widths * (half_width(values[:, n]) or 0.0) <= target and beds[n] > 0
            for n in range(len(beds))
        ]

    at = target if measure == "occupancy" else formula_occupancy
    formula = [part.offered(site) / at for site in part.sites]
    most = [int(MOST * one) + 50 for one in load.sum(axis=1)]
    found = fewest(meets, formula, most)
    final = [one if one is not None else int(MOST * load[n].sum()) + 50 for n, one in enumerate(found)]
    shown = look(final)
    low, high = (
        _with_group(fewest(partial(meets, widths=widths), final, most), final)
        if years > 1
        else [None] * (len(final) + 1)
        for widths in (-1, 1)
    )
    existing = [float(sum(row)) for row in part.beds]
    rows = []
    for n, place in enumerate((*part.sites, GROUP)):
        group = place == GROUP
        missing = None in found if group else found[n] is None
        rows.append(
            BedsForRow(
                place=place,
                words="the group" if group else part.words_of(place),
                existing=sum(existing) if group else existing[n],
                simulated=(sum(final) if None not in found else None) if group else found[n],
                formula=round(sum(formula) if group else formula[n], 1),
                occupancy=estimate(shown["general_occupancy"][:, n]),
                time_full=estimate(shown["time_full"][:, n]),
                days_full=estimate(shown["days_full"][:, n]),
                boarded_share=estimate(shown["boarded_share"][:, n]),
                low=None if missing else low[n],
                high=None if missing else high[n],
            )
        )
    by_ward = tuple(
        (site, ward.code, beds)
        for n, site in enumerate(part.sites)
        for ward, beds in zip(part.wards, shared_out(load[n].tolist(), final[n]), strict=True)
    )
    words = f"nights / days of the year / {at:.0%}"
    notes = [
        "General and acute ward groups alone: " + ", ".join(ward.words for ward in part.wards) + ".",
        f"{years} simulated years for every number of beds. " + _SMALL,
        "Another set of years would give other numbers: with any number of beds in the range, what these years show "
        "cannot be told from the target (95%).",
        "The group's row adds up the sites; it counts as full only while every site is.",
    ]
    if measure == "days_full":
        notes.append("The formula knows an occupancy, not a risk.")
    if spec.pooling != "none":
        notes.append("Sites take each other's patients here, so each site's number leans on the others'.")
    return BedsFor(measure, target, words, tuple(rows), by_ward, tuple(notes))


def _with_group(sites: list[int | None], final: list[int]) -> list[int | None]:
    """An end of each site's interval, then the group's: sites' years are independent, so distances add as squares."""
    if any(one is None for one in sites):
        return [*sites, None]
    far = [int(one or 0) - beds for one, beds in zip(sites, final, strict=True)]
    return [*sites, sum(final) + round(math.copysign(math.hypot(*far), sum(far)))]


def pooling(
    spec: BedsSpec,
    *,
    risk: float = 0.01,
    hours: Sequence[float] = (4.0,),
    seed: int,
    batches: int = BATCHES,
    years: int = 2,
    workers: int | None = None,
    progress: Told | None = None,
) -> Pooling:
    """What sites save by taking each other's patients, at one risk: the share of emergencies who wait over 4 hours.

    None: each site by itself meets the risk. After so many hours, or full (at once): the group does, with one stock
    of beds shared out by load. Each is searched in `batches` of years of their own; the interval is over batches.
    """
    tell = progress or _QUIET
    warm = _warm(spec, seed)
    part = general_only(spec).but(changes=())
    variants: list[tuple[str, str, float | None, BedsSpec]] = [
        ("none", "each site by itself", None, part.but(pooling="none"))
    ]
    variants += [
        (
            "after",
            f"another site's bed after {one:g} hours of waiting",
            one,
            part.but(pooling="after", pooling_hours=one),
        )
        for one in hours
    ]
    variants.append(("full", "another site's bed at once", None, part.but(pooling="full")))
    need = np.zeros((len(variants), batches))
    sites = np.zeros((batches, len(part.sites)))
    moved, used = np.zeros_like(need), np.zeros_like(need)
    for batch in range(batches):
        numbers = range(batch * years, (batch + 1) * years)
        load = loads(part, seed, numbers, warm, workers)
        for row, (_rule, words, _hours, variant) in enumerate(variants):
            tell(f"{words}, batch {batch + 1} of {batches}", (batch * len(variants) + row) / (batches * len(variants)))
            beds, found, by_site = _need(variant, load, risk, seed, numbers, warm, workers, apart=row == 0)
            need[row, batch], moved[row, batch] = beds, found["transferred_out"][:, -1].mean()
            used[row, batch] = found["general_occupancy"][:, -1].mean()
            if row == 0:
                sites[batch] = by_site
    rows = tuple(
        PoolingRow(
            rule=rule,
            words=words,
            hours=after,
            beds=estimate(need[row]),
            saved=estimate(need[0] - need[row]),
            transfers=estimate(moved[row]),
            occupancy=estimate(used[row]),
        )
        for row, (rule, words, after, _variant) in enumerate(variants)
    )
    return Pooling(
        risk=risk,
        risk_words=f"{risk:.1%} of emergencies wait over {spec.first_limit_hours:g} hours for a bed",
        rows=rows,
        by_site=tuple((site, float(sites[:, n].mean())) for n, site in enumerate(part.sites)),
        notes=(
            f"Searched in {batches} batches of {years} years, each the same people for every rule; low and high are "
            "over batches.",
            "Half-width of beds saved is that of the paired difference.",
            f"A transfer takes {spec.transfer_hours:g} hours, in which the bed is kept. The journey is a part of "
            "the wait, so the same risk means the same waits until people are in bed. Distance, staff and consent are "
            "not counted.",
        ),
    )


def winter(
    spec: BedsSpec,
    *,
    risk: float = 0.01,
    seed: int,
    batches: int = BATCHES,
    years: int = 2,
    workers: int | None = None,
    progress: Told | None = None,
) -> Winter:
    """What the seasons do: month by month with the beds there are, and beds more that a year with seasons needs."""
    tell = progress or _QUIET
    warm = _warm(spec, seed)
    level = spec.but(profiles=tuple(Profile(one.name, one.week, (1.0,) * 12, one.even) for one in spec.profiles))
    numbers = range(batches * years)
    tell("A year with its seasons, and one without", 0.0)
    there = measured(spec, seed, numbers, warm, workers=workers)
    flat = measured(level, seed, numbers, warm, workers=workers)
    need = np.zeros((2, batches))
    for batch in range(batches):
        some = range(batch * years, (batch + 1) * years)
        for row, variant in enumerate((spec, level)):
            tell(f"beds, batch {batch + 1} of {batches}", (batch * 2 + row) / (2 * batches))
            part = general_only(variant).but(changes=(), pooling="none")
            load = loads(part, seed, some, warm, workers)
            need[row, batch] = _need(part, load, risk, seed, some, warm, workers, apart=True)[0]
    rows = tuple(
        WinterRow(
            month=month + 1,
            occupancy=estimate(there["month_occupancy"][:, month, -1]),
            occupancy_level=estimate(flat["month_occupancy"][:, month, -1]),
            boarded=estimate(there["month_boarded"][:, month, -1]),
            boarded_level=estimate(flat["month_boarded"][:, month, -1]),
            cancelled=estimate(there["month_cancelled"][:, month, -1]),
            cancelled_level=estimate(flat["month_cancelled"][:, month, -1]),
        )
        for month in ((n + 3) % 12 for n in range(12))
    )
    return Winter(
        rows=rows,
        beds=estimate(need[0]),
        beds_level=estimate(need[1]),
        more_beds=estimate(need[0] - need[1]),
        risk_words=f"{risk:.1%} of emergencies wait over {spec.first_limit_hours:g} hours, at each site by itself",
        notes=(
            f"{batches * years} simulated years for the months; beds searched in {batches} batches of {years} years.",
            "A level year has as many people, and every month alike; the weekdays stay. Outbreaks, and longer stays in "
            "winter, are not in the seasons.",
        ),
    )


def _warm(spec: BedsSpec, seed: int) -> int:
    return warm_up(spec, seed).days


def _need(
    part: BedsSpec, load: Floats, risk: float, seed: int, numbers: Sequence[int], warm: int, workers: int | None,
    *, apart: bool,
) -> tuple[int, dict[str, Floats], list[int]]:  # fmt: skip
    """Beds with which at most `risk` of emergencies wait over the first limit: by site, or of the group together."""
    seen: dict[tuple[int, ...], dict[str, Floats]] = {}

    def look(beds: Sequence[int]) -> dict[str, Floats]:
        key = tuple(beds)
        if key not in seen:
            made = with_beds(part, load, list(beds) if apart else int(beds[0]))
            seen[key] = measured(made, seed, numbers, warm, workers=workers)
        return seen[key]

    def meets(beds: list[int]) -> list[bool]:
        over = look(beds)["over_4_share"].mean(axis=0)
        return [bool(over[n] <= risk) for n in range(len(beds))] if apart else [bool(over[-1] <= risk)]

    start = load.sum(axis=1) if apart else load.sum(keepdims=True).ravel()
    start = start + 2 * np.sqrt(start)
    found = fewest(meets, start.tolist(), [int(MOST * one) + 50 for one in start])
    if any(one is None for one in found):
        raise UserError(
            f"No number of beds keeps waits over the limit at {risk:.1%}. Check beds.toml and the arrivals."
        )
    beds = [int(one or 0) for one in found]
    return sum(beds), look(beds), beds
