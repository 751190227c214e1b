"""The status of every bed at a moment, from stays, what happened to beds, and holds. One status each, and every doubt.

A bed is, in this order: occupied (somebody lies in it), shut (an extra bed that is not opened), closed, held, waiting
to be cleaned, or free. What the feed says counts: a patient in a closed bed makes it occupied, with a doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from wherry.flow.beds.model import CORE, FAMILIES, NO_BEDS, BedMap, Happening, Hold, Lying, bed_words
from wherry.flow.beds.settings import Cleaning, Settings
from wherry.reference.wards import Bed, Ward

Status = Literal["occupied", "closed", "shut", "held", "cleaning", "free"]


@dataclass(frozen=True)
class BedState:
    """One bed at a moment. `since` is since when it is so, where that is known."""

    bed: Bed
    ward: Ward
    status: Status
    since: datetime | None = None
    lying: tuple[Lying, ...] = ()
    closed: Happening | None = None
    opened_extra: bool = False
    hold: Hold | None = None
    unclean_since: datetime | None = None
    overdue: bool = False
    doubts: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it is one of the open beds: staffed core or opened extra, not closed, or in use whatever was said."""
        return self.status not in ("closed", "shut")


@dataclass(frozen=True)
class Picture:
    """Every bed at a moment. `unnamed` are patients on a ward without a bed that is known, by ward key.

    `elsewhere` are patients on wards that the map does not have.
    """

    at: datetime
    beds: Mapping[str, BedState]
    unnamed: Mapping[str, tuple[Lying, ...]] = field(default_factory=dict)
    elsewhere: tuple[Lying, ...] = ()
    in_departments: tuple[Lying, ...] = ()


def picture(
    beds: BedMap,
    settings: Settings,
    *,
    lying: Iterable[Lying],
    happenings: Iterable[Happening],
    holds: Iterable[Hold],
    at: datetime,
) -> Picture:
    """What every bed is at a moment. More than is needed may be given: what is later, or over, does not count."""
    here: dict[str, list[Lying]] = {}
    left: dict[str, datetime] = {}
    unnamed: dict[str, list[Lying]] = {}
    elsewhere: list[Lying] = []
    departments: list[Lying] = []
    for one in lying:
        ward = beds.ward.get(one.ward_key)
        if one.at(at):
            if ward is None:
                elsewhere.append(one)
            elif ward.kind in NO_BEDS:
                departments.append(one)
            elif one.bed_key in beds.bed:
                here.setdefault(one.bed_key, []).append(one)
            else:
                unnamed.setdefault(one.ward_key, []).append(one)
        elif one.to_at is not None and one.to_at <= at and one.bed_key in beds.bed:
            left[one.bed_key] = max(one.to_at, left.get(one.bed_key, one.to_at))
    last = _latest(happenings, at)
    held: dict[str, Hold] = {}
    for hold in holds:
        if hold.lasts(at) and (hold.bed_key not in held or hold.made_at < held[hold.bed_key].made_at):
            held[hold.bed_key] = hold
    told = {key for key, _ in last} | left.keys() | held.keys()
    made: dict[str, BedState] = {}
    for ward in beds.bed_wards:
        cleaning, plain = settings.cleaning_of(ward.site), ward.kind in CORE
        for bed in ward.beds:
            there = here.get(bed.key, [])
            if plain and bed.key not in told and len(there) < 2:  # most beds: nothing was ever said but who lies there
                made[bed.key] = (
                    BedState(bed, ward, "occupied", there[0].from_at, (there[0],))
                    if there
                    else BedState(bed, ward, "free")
                )
            else:
                made[bed.key] = _bed(bed, ward, cleaning, there, left.get(bed.key), last, held, at)
    return Picture(at, made, {key: tuple(some) for key, some in unnamed.items()}, tuple(elsewhere), tuple(departments))


def _latest(happenings: Iterable[Happening], at: datetime) -> dict[tuple[str, str], Happening]:
    """The latest happening of each family for each bed."""
    last: dict[tuple[str, str], Happening] = {}
    for one in happenings:
        if one.occurred_at > at:
            continue
        for family, acts in FAMILIES.items():
            if one.act in acts:
                before = last.get((one.bed_key, family))
                if before is None or before.order < one.order:
                    last[one.bed_key, family] = one
    return last


def _bed(
    bed: Bed,
    ward: Ward,
    cleaning: Cleaning,
    here: list[Lying],
    left_at: datetime | None,
    last: Mapping[tuple[str, str], Happening],
    held: Mapping[str, Hold],
    at: datetime,
) -> BedState:
    closing, extra = last.get((bed.key, "closing")), last.get((bed.key, "extra"))
    closed = closing if closing is not None and closing.act == "close" else None
    opened_extra = extra is not None and extra.act == "escalate"
    core = ward.kind in CORE
    hold = held.get(bed.key)
    unclean = None if here else _unclean_since(cleaning, left_at, last.get((bed.key, "cleaning")), at)
    overdue = unclean is not None and at - unclean >= cleaning.overdue
    people = tuple(sorted(here, key=lambda one: (one.from_at, one.need.visit_key)))
    status: Status
    since: datetime | None
    if people:
        status, since = "occupied", people[0].from_at
    elif not core and not opened_extra:
        status, since = "shut", extra.occurred_at if extra else None
    elif closed is not None:
        status, since = "closed", closed.occurred_at
    elif hold is not None:
        status, since = "held", hold.made_at
    elif unclean is not None:
        status, since = "cleaning", unclean
    else:
        status, since = "free", _free_since(left_at, last, bed.key)
    doubts = tuple(_doubts(bed, people, closed, core or opened_extra, hold))
    return BedState(bed, ward, status, since, people, closed, opened_extra, hold, unclean, overdue, doubts)


def _unclean_since(
    cleaning: Cleaning, left_at: datetime | None, said: Happening | None, at: datetime
) -> datetime | None:
    """Since when an empty bed waits to be cleaned: since somebody left it, or said so; until somebody says it is clean.

    What is older than `forgotten` no longer counts.
    """
    since = left_at if cleaning.after_leaving else None
    if said is not None and said.act == "clean_start" and (since is None or said.occurred_at > since):
        since = said.occurred_at
    elif since is not None and said is not None and said.act != "clean_start" and said.occurred_at >= since:
        since = None
    return since if since is not None and at - since < cleaning.forgotten else None


def _free_since(left_at: datetime | None, last: Mapping[tuple[str, str], Happening], key: str) -> datetime | None:
    said = [one.occurred_at for family in FAMILIES if (one := last.get((key, family))) is not None]
    return max([*said, *([left_at] if left_at else [])], default=None)


def _doubts(
    bed: Bed, people: tuple[Lying, ...], closed: Happening | None, in_use: bool, hold: Hold | None
) -> Iterable[str]:
    words = bed_words(bed)
    if len(people) > 1:
        yield f"{words} has {len(people)} patients by the feed: find out who lies there and correct it at its source."
    if people and not in_use:
        yield f"{words} is an extra bed that nobody opened, and somebody lies in it: open it, or correct the place."
    elif people and closed is not None:
        yield f"{words} is closed, and somebody lies in it by the feed: open it, or correct the place."
    elif closed is not None and hold is not None:
        yield f"{words} is held, and was closed: release it, or open the bed."
    if people and hold is not None and not any(is_for(hold, one) for one in people):
        yield f"{words} is held for somebody else than who lies there by the feed: find another bed, or release it."


def is_for(hold: Hold, one: Lying) -> bool:
    """Whether somebody who lies there is whom the bed was held for: by visit, or by who they are.

    Somebody sent to another hospital has another visit there, and is known by their NHS number.
    """
    if hold.visit_key and hold.visit_key == one.need.visit_key:
        return True
    return bool(hold.need is not None and hold.need.identity and hold.need.identity == one.need.identity)
