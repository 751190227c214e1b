"""The labels of breakdowns, and the cells behind each of them in every stratum."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wherry.planning.activity.chain import Chain
from wherry.planning.activity.keyed import Keys, mixed_keys, text_keys
from wherry.planning.activity.links import Places, together
from wherry.planning.activity.outcome import AGE_BANDS
from wherry.planning.activity.strata import Lumps, Strata, lumped, starts

#: Names of the breakdowns, in the order in which their labels stand side by side.
BREAKDOWNS = ("what", "sex", "quintile", "ward")
#: Sexes and quintiles by their codes; 9 is neither or not known, and so is quintile 0.
SEXES, QUINTILES = ("1", "2", "9"), ("0", "1", "2", "3", "4", "5")


class Leaves(NamedTuple):
    """Leaves [leaf] of spells with nights: `label[leaf, (sex, quintile, ward)]`; a part's from `part[part]` on."""

    part: Places
    label: Places
    key: Keys
    lumps: Lumps


class Shares(NamedTuple):
    """Splits [split] of strata without nights, one a dimension: its part, its place; options from `start[split]` on.

    Options [option]: label, key, lumps.
    """

    part: Places
    place: Places
    start: Places
    label: Places
    key: Keys
    lumps: Lumps


class Labels(NamedTuple):
    """All labels side by side: where each breakdown's begin, and the key of each."""

    edge: Places
    key: Keys


def labels_of(laid: Chain) -> dict[str, tuple[str, ...]]:
    """The labels of each breakdown. The first ward is blank: what fills no bed at night."""
    base = laid.baseline
    return {"what": base.whats, "sex": SEXES, "quintile": QUINTILES, "ward": ("", *base.wards)}


def labels(laid: Chain) -> Labels:
    """`labels_of` as the loops know them."""
    every = labels_of(laid)
    sizes = [len(every[name]) for name in BREAKDOWNS]
    keys = [text_keys(f"{name}={label}" for label in every[name]) for name in BREAKDOWNS]
    return Labels(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), np.concatenate(keys))


def _columns(laid: Chain, known: Labels) -> npt.NDArray[np.int64]:
    """The label of every row in every dimension: [row, dimension]."""
    base, rows = laid.baseline, laid.rows
    sex = np.where(base.sex == 1, 0, np.where(base.sex == 2, 1, 2))[rows.cell]
    quintile = np.clip(base.quintile, 0, 5)[rows.cell]
    columns = (base.what[rows.cell], sex, quintile, rows.ward + 1)
    return np.stack([column + start for column, start in zip(columns, known.edge[:-1], strict=True)], axis=1)


def leaves(laid: Chain, known: Labels, part_of: Places, parts: int, *, wanted: bool = True) -> Leaves:
    """The leaves of every part with nights; none if they are not wanted."""
    hit = np.flatnonzero((laid.rows.nights > 0) & wanted)
    label = _columns(laid, known)[hit, 1:]
    number, first = together([part_of[hit], *label.T], len(hit))
    key = mixed_keys(mixed_keys(known.key[label[first, 0]], known.key[label[first, 1]]), known.key[label[first, 2]])
    return Leaves(
        starts(part_of[hit][first], parts),
        np.ascontiguousarray(label[first]),
        key,
        lumped(laid, hit, number, len(first)),
    )


def shares(laid: Chain, known: Labels, made: Strata, part_of: Places, *, wanted: bool = True) -> Shares:
    """The options of every stratum without nights, in every dimension; none if they are not wanted."""
    hit = np.flatnonzero((laid.rows.nights == 0) & wanted)
    label = _columns(laid, known)[hit]
    size = len(hit)
    part = np.tile(part_of[hit], len(BREAKDOWNS))
    dimension = np.repeat(np.arange(len(BREAKDOWNS)), size)
    option, first = together([part, dimension, label.T.reshape(-1)], len(part))
    split, split_first = together([part[first], dimension[first]], len(first))
    chosen = label.T.reshape(-1)[first]
    stratum = np.repeat(np.arange(len(made.key)), np.diff(made.part))
    return Shares(
        part=part[first][split_first],
        place=made.place[stratum[part[first][split_first]]] // len(AGE_BANDS),
        start=starts(split, len(split_first)),
        label=chosen,
        key=mixed_keys(made.key[stratum[part[first]]], known.key[chosen]),
        lumps=lumped(laid, np.tile(hit, len(BREAKDOWNS)), option, len(first)),
    )
