"""Measures of virtual wards over a period: each a sum over a sum, never an average of shares.

What has no denominator is not known; it is never nothing. A period is from a moment (included) to another (excluded).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wherry.flow.virtual.rules import rules

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class StayFacts:
    """One stay. `asked` and `missed` count sets of readings asked for and not sent in time, so far."""

    provider: str
    pathway: str
    direction: str
    began_at: datetime
    ended_at: datetime | None
    outcome: str = ""
    readmitted: bool = False
    asked: int = 0
    missed: int = 0

    def days(self, until: datetime) -> float:
        """Days on the ward, up to a moment at most."""
        return max(timedelta(), min(self.ended_at or until, until) - self.began_at) / _DAY

    def days_within(self, since: datetime, until: datetime) -> float:
        """Days of the stay that fall within a period."""
        return max(timedelta(), min(self.ended_at or until, until) - max(self.began_at, since)) / _DAY


@dataclass(frozen=True)
class AlertFacts:
    """One time that an alert was raised: by when it was to be answered, and when it was."""

    provider: str
    pathway: str
    due_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class ReferralFacts:
    """One referral that was decided: accepted or refused."""

    provider: str
    pathway: str
    decided_at: datetime
    accepted: bool


@dataclass(frozen=True)
class PlaceFacts:
    """Staffed places of one provider and pathway: how many place-days in the period."""

    provider: str
    pathway: str
    place_days: float


@dataclass(frozen=True)
class Ratio:
    """A sum over a sum."""

    over: float
    under: float

    @property
    def value(self) -> float | None:
        """The share or the mean; None without a denominator."""
        return self.over / self.under if self.under else None


@dataclass(frozen=True)
class Facts:
    """Everything that the measures are made of."""

    stays: Sequence[StayFacts] = ()
    alerts: Sequence[AlertFacts] = ()
    referrals: Sequence[ReferralFacts] = ()
    places: Sequence[PlaceFacts] = ()

    def of(self, chosen: Callable[[str, str], bool]) -> Facts:
        """The same for some providers and pathways."""
        return Facts(
            [each for each in self.stays if chosen(each.provider, each.pathway)],
            [each for each in self.alerts if chosen(each.provider, each.pathway)],
            [each for each in self.referrals if chosen(each.provider, each.pathway)],
            [each for each in self.places if chosen(each.provider, each.pathway)],
        )


#: Measures in order: words, and whether it is a share (else days).
WORDS: Mapping[str, tuple[str, bool]] = {
    "occupancy": ("Patient-days of staffed place-days", True),
    "stay": ("Mean stay of those who left, in days", False),
    "stay_within": ("Left within 14 days", True),
    "step_up": ("Came instead of a bed (step up), of all who came", True),
    "accepted": ("Referrals accepted, of those accepted or refused", True),
    "answered": ("Alerts answered in time, of those that were due", True),
    "missed": ("Sets of readings not sent in time, of those asked for", True),
    "to_bed": ("Went to a hospital bed, of all who left", True),
    "readmitted": ("Admitted to hospital within 30 days, of all who left (so far)", True),
}


def measures(facts: Facts, since: datetime, until: datetime, now: datetime) -> dict[str, Ratio]:
    """Every measure over a period that may reach beyond now: what has not happened yet is not counted.

    >>> from datetime import UTC
    >>> begin = datetime(2026, 6, 1, tzinfo=UTC)
    >>> stay = StayFacts("RM1", "frailty", "step_up", begin, begin + timedelta(days=6), "plan")
    >>> facts = Facts([stay], places=[PlaceFacts("RM1", "frailty", 20)])
    >>> found = measures(facts, begin, begin + timedelta(days=10), begin + timedelta(days=10))
    >>> found["occupancy"].value, found["stay"].value, found["step_up"].value, found["answered"].value
    (0.3, 6.0, 1.0, None)
    """
    last = min(until, now)
    limit = timedelta(days=rules().measures["stay_days"].value)
    # A stay that was made by mistake is not one.
    stays = [each for each in facts.stays if each.outcome != "mistake"]
    came = [each for each in stays if since <= each.began_at < until]
    left = [each for each in stays if each.ended_at is not None and since <= each.ended_at < until]
    there = [each for each in stays if each.days_within(since, last) > 0]
    due = [each for each in facts.alerts if since <= each.due_at < last]
    decided = [each for each in facts.referrals if since <= each.decided_at < until]
    in_time = [each for each in due if each.answered_at is not None and each.answered_at <= each.due_at]
    short = [each for each in left if each.ended_at is not None and each.ended_at - each.began_at <= limit]
    return {
        "occupancy": Ratio(
            sum(each.days_within(since, last) for each in stays), sum(each.place_days for each in facts.places)
        ),
        "stay": Ratio(sum(each.days(last) for each in left), len(left)),
        "stay_within": Ratio(len(short), len(left)),
        "step_up": Ratio(_count(came, lambda each: each.direction == "step_up"), len(came)),
        "accepted": Ratio(_count(decided, lambda each: each.accepted), len(decided)),
        "answered": Ratio(len(in_time), len(due)),
        "missed": Ratio(sum(each.missed for each in there), sum(each.asked for each in there)),
        "to_bed": Ratio(_count(left, lambda each: each.outcome == "bed"), len(left)),
        "readmitted": Ratio(_count(left, lambda each: each.readmitted), len(left)),
    }


def place_days(changes: Sequence[tuple[datetime, int]], at_first: int, since: datetime, until: datetime) -> float:
    """Place-days of a period: `at_first` places, and so many from each moment of `changes` (in order) on.

    >>> from datetime import UTC
    >>> begin = datetime(2026, 6, 1, tzinfo=UTC)
    >>> place_days([(begin + timedelta(days=4), 5)], 10, begin, begin + timedelta(days=6))
    50.0
    """
    total, at, places = 0.0, since, at_first
    for moment, number in changes:
        if moment > at:
            total += places * (max(min(moment, until) - at, timedelta()) / _DAY)
            at = min(moment, until)
        places = number
    return total + places * (max(until - at, timedelta()) / _DAY)


def _count(rows: Iterable[object], kept: Callable[..., bool]) -> int:
    return sum(1 for each in rows if kept(each))
