"""Suspected cancers as they come in: who was referred when, by which route, told when, treated when.

Arrivals follow the published month (told by route and group, treated by group, both by band of days), carried over a
year and a half; whoever has not been told or treated at the census is open. Each is then hung on a pathway of the same
trust and function that was received about then.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from wherry.synthetic.elective.shared import Whole, banded, drawn
from wherry.synthetic.feeds import World
from wherry.synthetic.journeys import working_days
from wherry.synthetic.settings import assumptions, elective
from wherry.synthetic.streams import Ints, Mask, largest_remainder

GROUPS = (
    "lung", "lower_gi", "prostate", "upper_gi", "breast", "skin", "gynaecological", "urological", "head_and_neck",
    "other",
)  # fmt: skip
ROUTES = ("usc", "breast_symptomatic", "screening", "upgrade", "other")
USC, SYMPTOMATIC, SCREENING, UPGRADE, OTHER = range(5)
_TOLD = (1, 15, 29, 43, 63)
_TREATED = (14, 32, 39, 49, 63, 77, 91, 105)
_WINDOW = 560


@dataclass
class Arrivals:
    """One row a suspected cancer, by day received. Waits are days from receipt; -1 if it never comes.

    `told` is the wait until the patient is told, `treated` until treatment (-1 where cancer is ruled out). Waits begin
    on `day`: the referral, or the upgrade, which comes `gap` days after the referral.
    """

    group: Whole
    route: Whole
    day: Whole
    gap: Whole
    told: Whole
    treated: Whole

    def __len__(self) -> int:
        return len(self.day)

    def take(self, rows: Ints) -> Arrivals:
        """The given rows, in the given order."""
        return Arrivals(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})

    def open(self, census: int) -> Mask:
        """Those neither treated nor told that it is no cancer by the census."""
        return (self.day + np.where(self.treated >= 0, self.treated, self.told)) > census


def _group(name: str, rng: np.random.Generator, size: int) -> Whole:
    """Groups of some referrals; urgent referrals for prostate are counted with other urological ones."""
    group = np.full(size, GROUPS.index(name), dtype=np.int64)
    if name == "urological":
        prostate = rng.random(size) < float(elective()["cancer"]["prostate_of_urological"])
        group = np.where(prostate, GROUPS.index("prostate"), group)
    return group


def make_arrivals(world: World, trust: int) -> Arrivals:
    """Everybody who came to a trust with a suspected cancer, from so long ago that all who are open are among them."""
    settings: dict[str, Any] = elective()["cancer"]
    code, census = world.inputs.trusts[trust], world.census
    rng = world.streams("elective", "cancer", trust)
    told: dict[str, list[float]] = settings["told"].get(code, {})
    treated: dict[str, list[float]] = settings["treated"].get(code, {})
    upgraded: dict[str, float] = settings["upgraded"].get(code, {})
    scale = len(world.people) / int(assumptions()["people_at_full_scale"])
    months = _WINDOW / 30.4
    parts = []
    for name, counts in told.items():
        route_name, group_name = name.split(".")
        parts.append(_part(counts, ROUTES.index(route_name), group_name, round(sum(counts) * months * scale), rng))
    ruled_out = float(settings["upgrade_ruled_out"])
    for group_name, many in upgraded.items():
        size = round(float(many) / (1.0 - ruled_out) * months * scale)
        parts.append(_part([3.0, 5.0, 2.0, 1.0, 0.5], UPGRADE, group_name, size, rng))
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Arrivals(none, none, none, none, none, none)
    group, route, wait = (np.concatenate([part[place] for part in parts]) for place in range(3))
    days = working_days(census - _WINDOW, census)
    day = rng.choice(days, len(group))
    ill = _ill(group, route, treated, upgraded, told, ruled_out, rng)
    until = _treated(group, treated, rng)
    # told before the treatment, with time to decide
    spare = np.minimum(until - 4, np.round(until * rng.uniform(0.55, 0.95, len(until))).astype(np.int64))
    wait = np.where(ill, np.minimum(wait, np.maximum(spare, 1)), wait)
    order = np.lexsort((group, day))
    gap = np.where(route == UPGRADE, rng.integers(3, 45, len(day)), 0)
    return Arrivals(group, route, day, gap, wait, np.where(ill, until, -1).astype(np.int64)).take(order)


def _part(
    counts: list[float], route: int, name: str, size: int, rng: np.random.Generator
) -> tuple[Whole, Whole, Whole]:
    band = rng.permutation(np.repeat(np.arange(len(counts)), largest_remainder(counts, size)))
    return _group(name, rng, size), np.full(size, route, dtype=np.int64), banded(band, _TOLD, 30.0, rng)


def _ill(
    group: Whole, route: Whole, treated: dict[str, list[float]], upgraded: dict[str, float],
    told: dict[str, list[float]], ruled_out: float, rng: np.random.Generator,
) -> Mask:  # fmt: skip
    """Whether it is cancer: as many of each group as were treated, against those told."""
    prostate = float(elective()["cancer"]["prostate_of_urological"])
    seen = np.zeros(len(GROUPS))
    for name, counts in told.items():
        parts = {"urological": 1.0 - prostate, "prostate": prostate} if name.endswith("urological") else None
        for one, part in (parts or {name.split(".")[1]: 1.0}).items():
            seen[GROUPS.index(one)] += sum(counts) * part
    had = np.array([sum(treated.get(name, [0.0])) - float(upgraded.get(name, 0.0)) for name in GROUPS])
    chance = np.clip(had / np.maximum(seen, 1e-9), 0.0, 0.9)[group]
    chance = np.where(route == UPGRADE, 1.0 - ruled_out, chance)
    found: Mask = rng.random(len(group)) < chance
    return found


def _treated(group: Whole, treated: dict[str, list[float]], rng: np.random.Generator) -> Whole:
    """Days from receipt to treatment: published bands of the trust and group, evened out by those of the trust."""
    whole = np.sum(list(treated.values()), axis=0) if treated else np.ones(len(_TREATED))
    until = np.zeros(len(group), dtype=np.int64)
    for number, name in enumerate(GROUPS):
        rows = np.flatnonzero(group == number)
        counts = np.array(treated.get(name, np.zeros(len(_TREATED))), dtype=float) + 0.05 * whole
        until[rows] = banded(drawn(counts, len(rows), rng), _TREATED, 25.0, rng)
    return until
