"""A fitted model of the next days, and the position at a moment that it is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.flow.forecast import clock, settings, streams
from wherry.flow.forecast.department import Department, fit_department
from wherry.flow.forecast.past import ELECTIVE, Past, Words
from wherry.flow.forecast.settings import Settings
from wherry.flow.forecast.stays import Stays, fit_stays

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """Everything fitted, with the moments (hours since 1970) that the history covers. `come` is of booked patients.

    `bedded` are the sites at which anybody was ever in a bed.
    """

    words: Words
    settings: Settings
    stays: Stays
    department: Department
    streams: tuple[streams.Stream, ...]
    fitted_from: float
    fitted_to: float
    come: float
    bedded: tuple[int, ...]


@dataclass(frozen=True)
class Beds:
    """Who is in a bed at issue. `said`: whether anybody said if they are ready to go (`ready`, infinity if not).

    `expected_on` is the number of the expected day of leaving (0: none).
    """

    site: Codes
    group: Codes
    kind: Codes
    age: Codes
    admitted: Array
    ready: Array
    said: npt.NDArray[np.bool_]
    expected_on: Codes


@dataclass(frozen=True)
class Waiting:
    """Who is in a department at issue; `decided` is infinity where no decision has been made."""

    site: Codes
    patient: Codes
    age: Codes
    arrived: Array
    decided: Array


@dataclass(frozen=True)
class Booked:
    """Who is booked to come and has not; `day` is a day's number."""

    site: Codes
    group: Codes
    age: Codes
    day: Codes


@dataclass(frozen=True)
class Position:
    """What is known at issue (`as_at`, a whole hour since 1970). `levels` (sites, ways) are present numbers a day.

    `lists` says whether elective lists are known at all. `factor` (5,) is what expected dates do (`stays.EXPECTED`).
    """

    as_at: int
    beds: Beds
    waiting: Waiting
    booked: Booked
    lists: bool
    levels: Array
    factor: Array = field(default_factory=lambda: np.ones(5))
    unknown: Mapping[str, int] = field(default_factory=dict)


def fit(past: Past, until: float | None = None, using: Settings | None = None) -> Model:
    """Fit everything from what was known at a moment (the end of the history, if none is named)."""
    use = using or settings.load()
    end = past.last if until is None else until
    if end - past.first < use.least_weeks * 168:
        raise UserError(
            f"The history covers {max(0.0, (end - past.first) / 168):.1f} weeks; {use.least_weeks:g} are needed. "
            "Nothing was changed. Load a longer one: wherry flow history load FOLDER."
        )
    known = past.known_at(end)
    return Model(
        past.words,
        use,
        fit_stays(past, end, use),
        fit_department(past, end, use),
        tuple(streams.fit_streams(past, end, stream_classes(known), use)),
        past.first,
        end,
        _come(known, end, use),
        tuple(int(site) for site in np.unique(known.site[np.isfinite(known.admitted) & (known.site >= 0)])),
    )


def stream_classes(past: Past) -> tuple[Codes, int]:
    """Each visit's class within its way of coming, and how many classes there may be.

    In the department: kind of patient x age; straight to a bed: ward group x age.
    """
    ages = len(past.words.ages)
    in_department = past.patient >= 0
    found = np.where(in_department, past.patient * ages + past.age, np.maximum(past.group, 0) * ages + past.age)
    return found, max(len(past.words.kinds_of_patient), len(past.words.groups)) * ages


def _come(known: Past, until: float, use: Settings) -> float:
    """The share of booked people who came, where the history has any who did not."""
    booked = (known.kind == ELECTIVE) & np.isfinite(known.booked_for)
    due = booked & (known.booked_for < clock.hours(int(until), 1).day[0])
    came = due & np.isfinite(known.admitted)
    if not due.any() or came.sum() == due.sum():
        return use.come
    return float(came.sum() / due.sum())


def levels(model: Model, every: streams.Daily) -> Array:
    """Present numbers a day (sites, ways) from counts of whole days."""
    found = np.zeros((len(model.words.sites), len(streams.WAYS)))
    for one in model.streams:
        if len(every.days):
            found[one.site, one.way] = streams.level(
                every.counts[one.site, one.way], one.weekday[every.weekdays], every.days, model.settings.half_life_days
            )
    return found


def position(model: Model, past: Past, as_at: int, *, lists_days: int = 0) -> Position:
    """The position at a whole hour out of the history, from nothing later than that hour.

    `lists_days` says for how many days ahead (today is the first) elective lists are taken as known although the
    history does not say when each was booked: 0 takes none, so that nothing of the future is used.
    """
    known = past.known_at(as_at)
    here = np.isfinite(known.admitted) & ~np.isfinite(known.left) & (known.group >= 0) & (known.kind >= 0)
    bedded = known.take(here & (known.site >= 0))
    inside = (known.patient >= 0) & ~np.isfinite(known.admitted) & ~np.isfinite(known.left) & (known.site >= 0)
    some = known.take(inside)
    today = int(clock.hours(as_at, 1).day[0])
    told = (past.booked_at <= as_at) if lists_days == 0 else (past.booked_for < today + lists_days)
    due = told & (past.kind == ELECTIVE) & np.isfinite(past.booked_for) & (past.booked_for >= today)
    booked = past.take(due & (past.admitted > as_at) & (past.group >= 0) & (past.site >= 0))
    recent = past.take(np.minimum(past.arrived, past.admitted) > as_at - 24 * 120)
    return Position(
        as_at,
        Beds(
            bedded.site,
            bedded.group,
            bedded.kind,
            bedded.age,
            bedded.admitted,
            bedded.ready,
            np.full(len(bedded), bool(np.isfinite(past.ready).any())),
            np.zeros(len(bedded), np.int64),
        ),
        Waiting(some.site, some.patient, some.age, some.arrived, some.decided),
        Booked(booked.site, booked.group, booked.age, booked.booked_for.astype(np.int64)),
        bool(np.isfinite(past.booked_at).any()) or lists_days > 0,
        levels(model, streams.daily(recent.known_at(as_at), as_at)),
    )
