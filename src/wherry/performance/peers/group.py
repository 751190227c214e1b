"""Who a trust is compared with: the nearest, its region, every acute trust, or somebody's own choice; and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wherry.errors import UserError
from wherry.performance.peers import distance
from wherry.performance.peers.distance import Floats
from wherry.performance.peers.providers import Population, Trust
from wherry.performance.peers.settings import Settings

NEAREST, REGION, ALL, PICK = "nearest", "region", "all", "pick"


@dataclass(frozen=True)
class Likeness:
    """One feature of a peer beside the trust's own. `apart` is in the standard deviations of `distance`.

    Of a mix, `own` is 1 and `theirs` the share that both have alike; what differs most is in `words`.
    """

    feature: str
    name: str
    own: float
    theirs: float
    apart: float
    words: str


@dataclass(frozen=True)
class Peer:
    """One peer: its distance (None where it was not worked out, because a feature is missing), feature by feature."""

    trust: Trust
    distance: float | None
    likeness: tuple[Likeness, ...]


@dataclass(frozen=True)
class PeerGroup:
    """A trust and its peers, nearest first. `left_out` could not be peers; `method` says how they were found."""

    trust: Trust
    kind: str
    name: str
    peers: tuple[Peer, ...]
    left_out: tuple[Trust, ...]
    settings_version: str
    vintages: tuple[str, ...]
    features: tuple[str, ...]
    missing: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the peers, the trust itself not among them."""
        return tuple(peer.trust.code for peer in self.peers)


@dataclass(frozen=True)
class Distances:
    """Every pair of a population: the distance and the differences it is made of, each (trusts, trusts)."""

    together: Floats
    apart: Mapping[str, Floats]


def distances(population: Population, settings: Settings) -> Distances:
    """The distance of every pair of trusts; scales are taken over those that can be peers."""
    among = population.usable()
    apart: dict[str, Floats] = {}
    for feature in settings.features:
        if feature.code not in population.features:
            continue
        if feature.kind == "mix":
            apart[feature.code] = distance.mixes_apart(population.mixes[feature.code], among)
        else:
            values = population.numbers[feature.code]
            apart[feature.code] = distance.numbers_apart(_logged(values) if feature.log else values, among)
    weights = {feature.code: feature.weight for feature in settings.features}
    return Distances(distance.combine(apart, weights), apart)


def _logged(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log10(values), np.nan)


def group(
    population: Population,
    settings: Settings,
    found: Distances,
    code: str,
    kind: str = NEAREST,
    *,
    count: int | None = None,
    picked: Sequence[str] = (),
    name: str = "",
) -> PeerGroup:
    """The peers of a trust. `kind`: nearest (so many), region, all, or pick (the codes `picked`).

    Raises UserError for a trust or a kind that is not known, that cannot be compared by distance, or a count below 1.
    """
    at = population.at(code)
    trust = population.trusts[at]
    codes = [one.code for one in population.trusts]
    usable = population.usable()
    missing: tuple[str, ...] = ()
    if count is not None and count < 1:
        raise UserError(f"{count} nearest trusts are none. Ask for one or more.")
    if kind == NEAREST:
        if np.isnan(found.together[at]).all():
            raise UserError(
                f"{trust.name} has no nearest trusts: {trust.why_not}. Choose its region, all trusts or your own."
            )
        places = distance.nearest(found.together[at], codes, usable, at, count or settings.nearest)
        words = f"{len(places)} nearest trusts"
    elif kind in (REGION, ALL):
        places = [n for n in range(len(codes)) if n != at and usable[n]]
        words = "all acute trusts"
        if kind == REGION:
            places = [n for n in places if population.trusts[n].region == trust.region]
            words = f"acute trusts of {trust.region or 'no region'}"
    elif kind == PICK:
        wanted = dict.fromkeys(one.strip().upper() for one in picked)
        missing = tuple(one for one in wanted if one not in population.place)
        places = [population.place[one] for one in wanted if one in population.place and one != trust.code]
        words = name or "own choice"
    else:
        raise UserError(f"No peer group {kind!r}. There are nearest, region, all and pick.")
    places.sort(key=lambda n: (np.nan_to_num(found.together[at][n], nan=np.inf), codes[n]))
    left_out = tuple(one for one in population.trusts if one.why_not and one.code != trust.code)
    return PeerGroup(
        trust,
        kind,
        words,
        tuple(_peer(population, settings, found, at, n) for n in places),
        left_out if kind != PICK else (),
        settings.version,
        tuple(population.vintages.values()),
        population.features,
        missing,
    )


def _peer(population: Population, settings: Settings, found: Distances, at: int, n: int) -> Peer:
    whole = float(found.together[at, n])
    rows = []
    for feature in settings.features:
        if feature.code not in population.features:
            continue
        apart = float(found.apart[feature.code][at, n])
        if feature.kind == "mix":
            own, theirs = population.mixes[feature.code][at], population.mixes[feature.code][n]
            alike, words = distance.overlap(own, theirs), _differs(own, theirs, population.parts[feature.code])
            rows.append(Likeness(feature.code, feature.name, 1.0, alike, apart, words))
        else:
            values = population.numbers[feature.code]
            rows.append(Likeness(feature.code, feature.name, float(values[at]), float(values[n]), apart, ""))
    return Peer(population.trusts[n], None if np.isnan(whole) else whole, tuple(rows))


def _differs(own: Floats, theirs: Floats, parts: Sequence[str]) -> str:
    """What two mixes differ in most, in words."""
    if np.isnan(own).any() or np.isnan(theirs).any():
        return "not published"
    most = int(np.argmax(np.abs(own - theirs)))
    return f"most unlike in {parts[most]}: {100 * theirs[most]:.0f}% against {100 * own[most]:.0f}%"
