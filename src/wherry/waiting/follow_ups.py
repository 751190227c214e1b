"""Follow-ups: which are past their latest clinically appropriate date, and which may be left to the patient.

Rules are dated data (`data/follow_ups.toml`). Columns are NumPy arrays of days since 1970, `NO_DAY` where blank. A date
that is missing is a state of its own ("no date given"), never "not late". Nothing here discharges anybody.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]

#: Day number that stands for "no date".
NO_DAY = np.int32(np.iinfo(np.int32).min)


class State(IntEnum):
    """Where one follow-up stands today."""

    CLOSED = 0
    IN_TIME = 1
    LATE = 2
    LATE_BOOKED = 3
    WILL_BE_LATE = 4
    NO_DATE = 5
    PATIENT_OPEN = 6
    PATIENT_ENDING = 7
    PATIENT_ENDED = 8

    @property
    def words(self) -> str:
        """The state in words."""
        return _WORDS[self]


_WORDS = {
    State.CLOSED: "Seen or closed",
    State.IN_TIME: "Not yet due, or booked in time",
    State.LATE: "Past its latest date, nothing booked",
    State.LATE_BOOKED: "Past its latest date, booked",
    State.WILL_BE_LATE: "Booked for after its latest date",
    State.NO_DATE: "No latest date was given",
    State.PATIENT_OPEN: "The patient may ask",
    State.PATIENT_ENDING: "The patient may ask; the window ends soon",
    State.PATIENT_ENDED: "The window has ended: somebody must decide",
}

#: Past the latest clinically appropriate date.
PAST = (State.LATE, State.LATE_BOOKED)
#: Left to the patient, whether or not the window is still open.
PATIENT = (State.PATIENT_OPEN, State.PATIENT_ENDING, State.PATIENT_ENDED)


@dataclass(frozen=True)
class Reason:
    """Why a follow-up is owed. `rank` is its place among late ones, 0 first; `why` says why it stands there."""

    code: str
    words: str
    why: str
    rank: int


@dataclass(frozen=True)
class Triage:
    """What a patient says who asks to be seen, and within how many days a clinician looks at it."""

    code: str
    words: str
    days: int


@dataclass(frozen=True)
class Policy:
    """A kind of follow-up that policy would leave to the patient, for `months`."""

    functions: tuple[str, ...]
    reason: str
    months: int
    words: str


@dataclass(frozen=True)
class Rules:
    """One version of the rules."""

    name: str
    from_date: date
    to_date: date | None
    ending_soon_days: int
    expected_to_ask: float
    expected_to_ask_basis: str
    source: str
    reasons: Mapping[str, Reason]
    triage: Mapping[str, Triage]
    policies: tuple[Policy, ...]

    def policy(self, treatment_function: str | None, reason: str | None) -> Policy | None:
        """What policy says of such a follow-up; None where it stays with the clinic.

        >>> rules = on(date(2026, 1, 31))
        >>> rules.policy("110", "after_treatment").months, rules.policy("110", "surveillance")
        (6, None)
        """
        for policy in self.policies:
            if treatment_function in policy.functions and reason == policy.reason:
                return policy
        return None

    def reason(self, code: str | None) -> Reason:
        """A reason; one that is not recorded stands after every other, and says so."""
        known = self.reasons.get(code or "")
        return known or Reason(code or "", "Reason not recorded", "nobody recorded why it is owed", len(self.reasons))


#: Reasons that no policy may leave to the patient.
NEVER_PATIENT = ("surveillance", "long_term_unstable", "results")


def _version(row: Mapping[str, Any]) -> Rules:
    plain = ("name", "from_date", "ending_soon_days", "expected_to_ask", "expected_to_ask_basis", "source")
    policies = tuple(Policy(tuple(p["functions"]), p["reason"], p["months"], p["words"]) for p in row["policy"])
    if any(policy.reason in NEVER_PATIENT for policy in policies):
        raise ValueError(f"{row['name']}: a policy leaves {', '.join(NEVER_PATIENT)} to the patient")
    return Rules(
        to_date=row.get("to_date"),
        reasons={r["code"]: Reason(r["code"], r["words"], r["why"], at) for at, r in enumerate(row["reason"])},
        triage={t["code"]: Triage(t["code"], t["words"], t["days"]) for t in row["triage"]},
        policies=policies,
        **{name: row[name] for name in plain},
    )


@cache
def versions() -> tuple[Rules, ...]:
    """Every version, oldest first."""
    text = resources.files("wherry.waiting").joinpath("data", "follow_ups.toml").read_text(encoding="utf-8")
    return tuple(sorted(map(_version, tomllib.loads(text)["version"]), key=lambda version: version.from_date))


def on(day: date) -> Rules:
    """The version that holds on a day. Raises `LookupError` for a day that none covers."""
    for version in versions():
        if version.from_date <= day and (version.to_date is None or day <= version.to_date):
            return version
    raise LookupError(f"no version of the rules of follow-up covers {day}")


@dataclass(frozen=True)
class Columns:
    """What the rules ask of follow-ups, as arrays of one length. `by_patient` is whether the patient initiates."""

    latest: Ints
    booked: Ints
    closed: Ints
    open_until: Ints
    by_patient: npt.NDArray[np.bool_]


def number(day: date | None) -> np.int32:
    """A day as a number of days since 1970; `NO_DAY` for none."""
    return NO_DAY if day is None else np.int32((day - date(1970, 1, 1)).days)


def states(columns: Columns, today: date, rules: Rules) -> npt.NDArray[np.int8]:
    """The `State` of every follow-up today.

    A booking that is past and was not closed is no booking. The latest date itself is still in time, and the last day
    of a window still open.

    >>> def one(latest=None, booked=None, closed=None, until=None, patient=False):
    ...     days = [np.array([number(day)]) for day in (latest, booked, closed, until)]
    ...     return State(int(states(Columns(*days, np.array([patient])), today, rules)[0])).name
    >>> today = date(2026, 1, 31); rules = on(today)
    >>> one(latest=date(2026, 1, 31)), one(latest=date(2026, 1, 30)), one()
    ('IN_TIME', 'LATE', 'NO_DATE')
    >>> one(latest=date(2026, 1, 30), booked=date(2026, 2, 3)), one(date(2026, 2, 10), booked=date(2026, 2, 11))
    ('LATE_BOOKED', 'WILL_BE_LATE')
    >>> one(until=date(2026, 6, 1), patient=True), one(until=date(2026, 2, 10), patient=True)
    ('PATIENT_OPEN', 'PATIENT_ENDING')
    >>> one(until=date(2026, 1, 30), patient=True), one(latest=date(2025, 1, 30), closed=date(2026, 1, 2))
    ('PATIENT_ENDED', 'CLOSED')
    """
    now = number(today)
    soon = np.int32(now + rules.ending_soon_days)
    ahead = columns.booked >= now  # NO_DAY is before every day
    dated = columns.latest != NO_DAY
    past = dated & (columns.latest < now)
    windowed = columns.open_until != NO_DAY
    closed = (columns.closed != NO_DAY) & (columns.closed <= now)
    choices = (
        (closed, State.CLOSED),
        (columns.by_patient & ahead, State.IN_TIME),
        (columns.by_patient & windowed & (columns.open_until < now), State.PATIENT_ENDED),
        (columns.by_patient & windowed & (columns.open_until <= soon), State.PATIENT_ENDING),
        (columns.by_patient, State.PATIENT_OPEN),
        (past & ahead, State.LATE_BOOKED),
        (past, State.LATE),
        (dated & ahead & (columns.booked > columns.latest), State.WILL_BE_LATE),
        (~dated & ~ahead, State.NO_DATE),
    )
    conditions = [condition for condition, _ in choices]
    out: npt.NDArray[np.int8] = np.select(conditions, [np.int8(s) for _, s in choices], np.int8(State.IN_TIME))
    return out


def days_late(columns: Columns, today: date) -> Ints:
    """Whole days past the latest date, 0 where it has not passed or was not given; closed ones included."""
    late = np.where(columns.latest == NO_DAY, 0, number(today) - columns.latest.astype(np.int64))
    out: Ints = np.maximum(late, 0).astype(np.int32)
    return out


def late_order(rank: npt.NDArray[Any], late: Ints) -> npt.NDArray[np.int64]:
    """Rows of late follow-ups in order: the reason's rank first, then the longest late; ties keep their order."""
    return np.lexsort((-late.astype(np.int64), rank))


def why_here(reason: Reason, late: int) -> str:
    """Why a late follow-up stands where it stands.

    >>> why_here(on(date(2026, 1, 31)).reason("surveillance"), 12)
    'Surveillance stands first (something that would be found too late); within it the longest late first: 12 days.'
    """
    place = ("first", "second", "third", "fourth", "fifth", "last")[min(reason.rank, 5)]
    days = f"{late:,} day{'' if late == 1 else 's'}"
    return f"{reason.words} stands {place} ({reason.why}); within it the longest late first: {days}."


def freed(eligible: int, rules: Rules) -> int:
    """Clinic places freed if so many follow-ups were left to the patient: less the share expected to ask, down.

    >>> freed(10, on(date(2026, 1, 31)))
    7
    """
    return int(eligible * (1 - rules.expected_to_ask))


def triage_due(code: str, asked_on: date, rules: Rules) -> date:
    """The day by which a clinician looks at a request. Raises `KeyError` for an unknown code.

    >>> triage_due("worse", date(2026, 1, 31), on(date(2026, 1, 31)))
    datetime.date(2026, 2, 3)
    """
    return asked_on + timedelta(days=rules.triage[code].days)
