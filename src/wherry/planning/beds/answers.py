"""What the bed simulation answers, as plain dataclasses that can be kept as JSON and read again.

Places are site codes or GROUP; ward groups are their codes. `asdict` and `read` are each other's inverse.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from typing import Any, Literal

from wherry.planning.answers.model import GROUP

__all__ = [
    "GROUP", "BedsAnswers", "BedsFor", "BedsForRow", "BedsOutcome", "Estimate", "HourRow", "MonthRow", "MoreBeds",
    "MoreBedsRow", "Pooling", "PoolingRow", "Question", "SiteRow", "Stopping", "WardRow", "WarmUp", "Winter",
    "WinterRow", "as_json", "read",
]  # fmt: skip

Question = Literal["as_it_is", "occupancy", "risk", "pooling", "winter", "more"]


@dataclass(frozen=True)
class Estimate:
    """A mean over replications (simulated years) with the 95% half-width of that mean (None: one replication only).

    `low` and `high` are the 10th and 90th centile of single years: what one year may bring, not how sure the mean is.
    """

    mean: float
    half_width: float | None
    low: float
    high: float


@dataclass(frozen=True)
class WarmUp:
    """Days before the year that are run and not counted. `daily` are people in a bed or waiting for one at each
    midnight from an empty start, the mean of a pilot without seasons; `cumulative` from each day on the mean of all
    that are left (the cumulative mean from the end); `rule` in words."""

    days: int
    rule: str
    daily: tuple[float, ...]
    cumulative: tuple[float, ...]


@dataclass(frozen=True)
class Stopping:
    """Why so many replications. `reached` is the half-width over the mean (or absolute); `words` say it all."""

    measure: str
    wanted: float
    reached: float | None
    enough: bool
    words: str


@dataclass(frozen=True)
class WardRow:
    """One ward group at one site over the year. Shares are 0 to 1.

    `offered` is the load: mean beds that would be used if there were no end of them. `time_full`: share of time
    without a free bed; `days_full`: share of days with such a moment. `outliers`: patients a year whose home is
    another group. `spread` holds pairs of beds occupied and the share of time, the likeliest 98%.
    """

    place: str
    ward: str
    words: str
    beds: float
    offered: float
    occupied: Estimate
    occupancy: Estimate
    time_full: Estimate
    days_full: Estimate
    patients: Estimate
    outliers: Estimate
    spread: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class SiteRow:
    """One site, or the group. Counts are a year; shares 0 to 1; waits in hours after the decision to admit.

    `boarded` waited in the emergency department for a bed; `mean_wait` is theirs; `boarding` how many wait at any time.
    Who is taken to another site waits until they are there: the journey counts in every wait.
    `over_4_hours` and `over_12_hours` count people. `time_full` and `days_full`: no bed free in any general ward group.
    `days_boarding`: share of days on which somebody began to wait. `ready_share`: of occupied beds, held by people who
    are ready to leave. `transferred_out` went from here to another site.
    """

    place: str
    words: str
    beds: float
    offered: float
    occupied: Estimate
    occupancy: Estimate
    time_full: Estimate
    days_full: Estimate
    days_boarding: Estimate
    emergencies: Estimate
    boarded: Estimate
    boarded_share: Estimate
    mean_wait: Estimate
    boarding: Estimate
    over_4_hours: Estimate
    over_12_hours: Estimate
    planned: Estimate
    cancelled: Estimate
    cancelled_share: Estimate
    outliers: Estimate
    transferred_out: Estimate
    ready_share: Estimate


@dataclass(frozen=True)
class HourRow:
    """Beds occupied and people boarding at an hour of the day (0 to 23, local time), means over the year."""

    place: str
    hour: int
    occupied: float
    boarding: float


@dataclass(frozen=True)
class MonthRow:
    """One calendar month (1 to 12) at one place: mean beds open, occupancy, and counts in the month."""

    place: str
    month: int
    beds: float
    occupancy: Estimate
    boarded: Estimate
    over_12_hours: Estimate
    cancelled: Estimate


@dataclass(frozen=True)
class BedsOutcome:
    """What a simulated year looks like: by ward group, site (the group is the last), hour and month.

    `conserved`: everyone who came is home, in a bed or in a queue, in every replication. `steady`: nobody's queue
    grows without end; if not, waits depend on how long one looks, and the notes say so. `by_day`: of each place the
    beds occupied at every midnight of the year, means over replications.
    """

    title: str
    scenario: str
    year: int
    seed: int
    replications: int
    days: int
    patients: int
    warm_up: WarmUp
    stopping: Stopping
    conserved: bool
    steady: bool
    wards: tuple[WardRow, ...]
    sites: tuple[SiteRow, ...]
    hours: tuple[HourRow, ...]
    months: tuple[MonthRow, ...]
    assumptions: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    seconds: float
    by_day: tuple[tuple[str, tuple[float, ...]], ...] = ()


@dataclass(frozen=True)
class BedsForRow:
    """One site, or the group: beds that meet the target, beside the formula's and what there is.

    `simulated` None: no number of beds that was tried meets it. `formula` is nights / days of the year /
    occupancy (for a risk, at the formula's own occupancy). `occupancy` and the rest are what the simulation shows with
    `simulated` beds. With `low` to `high` beds the 95% interval of what is measured holds the target, so other years
    may ask for any of them; None: one year only, or none was found.
    """

    place: str
    words: str
    existing: float | None
    simulated: int | None
    formula: float
    occupancy: Estimate
    time_full: Estimate
    days_full: Estimate
    boarded_share: Estimate
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class BedsFor:
    """Beds for a target: an occupancy, or a share of days full."""

    measure: Literal["occupancy", "days_full"]
    target: float
    formula_words: str
    rows: tuple[BedsForRow, ...]
    by_ward: tuple[tuple[str, str, int], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PoolingRow:
    """One way of sharing beds: `rule` none, after (hours) or full. `beds` for the risk; `saved` against none."""

    rule: str
    words: str
    hours: float | None
    beds: Estimate
    saved: Estimate
    transfers: Estimate
    occupancy: Estimate


@dataclass(frozen=True)
class Pooling:
    """What sites gain by taking each other's patients, at one risk: the share of emergencies who wait over 4 hours."""

    risk: float
    risk_words: str
    rows: tuple[PoolingRow, ...]
    by_site: tuple[tuple[str, float], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class WinterRow:
    """A month of the group with its seasons and as if every month were alike."""

    month: int
    occupancy: Estimate
    occupancy_level: Estimate
    boarded: Estimate
    boarded_level: Estimate
    cancelled: Estimate
    cancelled_level: Estimate


@dataclass(frozen=True)
class Winter:
    """What winter does: month by month, and the beds more that a year with seasons needs for the same risk."""

    rows: tuple[WinterRow, ...]
    beds: Estimate
    beds_level: Estimate
    more_beds: Estimate
    risk_words: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class MoreBedsRow:
    """So many beds more (below 0: fewer) at a place, with the change against none, patients and years alike."""

    place: str
    words: str
    more: int
    beds: float
    occupancy: Estimate
    days_full: Estimate
    boarded: Estimate
    over_12_hours: Estimate
    cancelled: Estimate
    change_boarded: Estimate
    change_over_12_hours: Estimate
    change_cancelled: Estimate


@dataclass(frozen=True)
class MoreBeds:
    """What +10, +20 and +30 beds would do, the group's shared out over its sites."""

    rows: tuple[MoreBedsRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class BedsAnswers:
    """One question with its answer: `outcome` is there for as_it_is and beside every other."""

    question: Question
    title: str
    headline: str
    scenario: str
    year: int
    places: tuple[tuple[str, str], ...]
    outcome: BedsOutcome | None = None
    beds_for: BedsFor | None = None
    pooling: Pooling | None = None
    winter: Winter | None = None
    more: MoreBeds | None = None


def as_json(answers: BedsAnswers) -> dict[str, Any]:
    """As dictionaries and lists, for a JSON column or file."""
    return asdict(answers)


def read(found: Mapping[str, Any]) -> BedsAnswers:
    """Answers from what `as_json` gave, also after a way through JSON. Raises KeyError where a field is missing.

    >>> kept = BedsAnswers("more", "More beds", "", "no-change", 2033, (), more=MoreBeds((), ("one note",)))
    >>> read(as_json(kept)) == kept
    True
    """
    made: BedsAnswers = _made(BedsAnswers, found)
    return made


def _made(kind: Any, value: Any) -> Any:
    """`value` as `kind` says: dataclasses, tuples and unions of them with None."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _made(next(one for one in inner if one is not type(None)), value)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_made(inner[0], one) for one in value)
        return tuple(_made(one, part) for one, part in zip(inner, value, strict=True))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        given = [one.name for one in fields(kind) if one.name in value or one.default is MISSING]
        return kind(**{name: _made(hints[name], value[name]) for name in given})
    return value
