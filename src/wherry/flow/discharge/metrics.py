"""What delay comes to: discharge-ready date measures, lost bed days, and when patients leave.

Percentages are sums over sums. Days are dates in London: a patient who is ready on the 3rd and leaves on the 5th has
waited two days and lost two nights. A stay without a discharge-ready date is counted apart and never as zero.
Source: NHS England, Discharge Delays statistics (names of the measures); formulas general knowledge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from wherry.flow.discharge.acts import Span
from wherry.flow.discharge.due import LONDON, london_day
from wherry.flow.discharge.settings import UNKNOWN, Settings


@dataclass(frozen=True)
class Stay:
    """One stay in hospital for these measures. `ready_at` is the discharge-ready date that stands (or stood last)."""

    visit_key: str
    site: str
    place: str
    admitted_at: datetime
    left_at: datetime | None
    ready_at: datetime | None
    spans: tuple[Span, ...] = field(default=())
    age: int | None = None
    died: bool = False
    pathway: str = ""


@dataclass(frozen=True)
class Ready:
    """Discharge-ready date measures of a group. `bands` are counts by days from ready to discharge."""

    discharged: int
    without_date: int
    on_the_day: int
    days: int
    bands: tuple[tuple[str, int], ...]

    @property
    def dated(self) -> int:
        """Discharges with a discharge-ready date."""
        return self.discharged - self.without_date

    @property
    def share_on_the_day(self) -> float | None:
        """Share discharged on the day on which they were ready."""
        return self.on_the_day / self.dated if self.dated else None

    @property
    def mean_days(self) -> float | None:
        """Mean days from ready to discharge, zero days included."""
        return self.days / self.dated if self.dated else None

    @property
    def mean_days_delayed(self) -> float | None:
        """Mean days from ready to discharge of those who waited at least one."""
        late = self.dated - self.on_the_day
        return self.days / late if late else None


def days_to_leave(stay: Stay) -> int | None:
    """Days from the discharge-ready date to discharge; None without either. Never below 0."""
    if stay.ready_at is None or stay.left_at is None:
        return None
    return max(0, (london_day(stay.left_at) - london_day(stay.ready_at)).days)


def ready_measures(stays: Iterable[Stay], settings: Settings) -> Ready:
    """The measures of those who have left (deaths are no discharges)."""
    left = [stay for stay in stays if stay.left_at is not None and not stay.died]
    days = [found for stay in left if (found := days_to_leave(stay)) is not None]
    counts = Counter(band_of(found, settings) for found in days)
    words = band_words(settings)
    return Ready(
        discharged=len(left),
        without_date=len(left) - len(days),
        on_the_day=sum(found == 0 for found in days),
        days=sum(days),
        bands=tuple((word, counts[index]) for index, word in enumerate(words)),
    )


def band_of(days: int, settings: Settings) -> int:
    """The place of a number of days among the bands."""
    return max(index for index, edge in enumerate(settings.band_edges) if days >= edge)


def band_words(settings: Settings) -> list[str]:
    """The bands in words.

    >>> from wherry.flow.discharge.settings import load
    >>> band_words(load())
    ['0', '1', '2-3', '4-6', '7-13', '14-20', '21+']
    """
    edges = settings.band_edges
    spans = pairwise(edges)
    return [str(low) if high == low + 1 else f"{low}-{high - 1}" for low, high in spans] + [f"{edges[-1]}+"]


@dataclass(frozen=True)
class Lost:
    """One bed for one night, lost by somebody who was ready: on which day, and to what it is put down."""

    day: date
    site: str
    place: str
    pathway: str
    code: str


def lost_nights(stays: Iterable[Stay], first: date, last: date, now: datetime) -> list[Lost]:
    """Every night from `first` to `last` that somebody spent in hospital after the discharge-ready date.

    The night of day d counts from that date until the day of leaving (or today, for who is still here). Cause and
    pathway are those that stood at its midnight; a night without any recorded is `X00`, never left out.
    """
    found = []
    for stay in stays:
        if stay.ready_at is None or stay.died:
            continue
        day = max(first, london_day(stay.ready_at))
        end = min(last + timedelta(days=1), london_day(stay.left_at or now))
        while day < end:
            midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=LONDON)
            code = at_moment(stay.spans, "code", midnight) or UNKNOWN
            found.append(Lost(day, stay.site, stay.place, at_moment(stay.spans, "pathway", midnight), code))
            day += timedelta(days=1)
    return found


def at_moment(spans: Sequence[Span], kind: str, at: datetime) -> str:
    """The code of a kind that held at a moment, or nothing."""
    held = [
        span.code
        for span in spans
        if span.kind == kind and span.from_at <= at and (span.to_at is None or at < span.to_at)
    ]
    return held[-1] if held else ""


@dataclass(frozen=True)
class Cost:
    """Lost bed days of a group over a period of so many days, and what they come to in beds."""

    days: int
    period_days: int
    year_days: int

    @property
    def beds(self) -> float:
        """Beds that they take on an average night of the period.

        >>> Cost(days=730, period_days=365, year_days=365).beds
        2.0
        """
        return self.days / self.period_days if self.period_days else 0.0

    @property
    def a_year(self) -> float:
        """Lost bed days of a year at this rate; divided by the days of a year it is `beds` again."""
        return self.beds * self.year_days


def by(nights: Iterable[Lost], key: Callable[[Lost], str]) -> dict[str, int]:
    """Lost nights by something, most first. They add up to all of them."""
    counts = Counter(key(night) for night in nights)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class Leaving:
    """When patients leave: counts by hour of the London day, and the shares that SAFER asks about."""

    by_hour: tuple[int, ...]
    before_noon: int
    before_evening: int
    weekend: int
    weekend_days: int
    weekdays: int

    @property
    def total(self) -> int:
        """All discharges."""
        return sum(self.by_hour)

    @property
    def weekend_ratio(self) -> float | None:
        """Discharges a weekend day over discharges a weekday."""
        usual = self.total - self.weekend
        if not (self.weekend_days and self.weekdays and usual):
            return None
        return (self.weekend / self.weekend_days) / (usual / self.weekdays)


def leaving(times: Iterable[datetime], first: date, last: date, settings: Settings) -> Leaving:
    """When those left who left on the days from `first` to `last`.

    >>> from wherry.flow.discharge.settings import load
    >>> at = lambda day, hour: datetime(2026, 7, day, hour, tzinfo=LONDON)
    >>> found = leaving([at(6, 9), at(6, 15), at(6, 18), at(11, 11)], date(2026, 7, 6), date(2026, 7, 12), load())
    >>> found.before_noon, found.before_evening, found.weekend, round(found.weekend_ratio, 3)
    (2, 3, 1, 0.833)
    """
    local = [at.astimezone(LONDON) for at in times]
    hours = Counter(at.hour for at in local)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    weekend_days = sum(day.weekday() >= 5 for day in days)
    return Leaving(
        by_hour=tuple(hours[hour] for hour in range(24)),
        before_noon=sum(at.time() < settings.safer.before_noon for at in local),
        before_evening=sum(at.time() < settings.safer.before_evening for at in local),
        weekend=sum(at.weekday() >= 5 for at in local),
        weekend_days=weekend_days,
        weekdays=len(days) - weekend_days,
    )


@dataclass(frozen=True)
class Mix:
    """How many went on one pathway, of how many with a pathway, beside what is planned for."""

    code: str
    number: int
    total: int
    planned: float
    side: str

    @property
    def share(self) -> float | None:
        """The share."""
        return self.number / self.total if self.total else None

    @property
    def as_planned(self) -> bool | None:
        """Whether it keeps to the plan; about is within five points. None without anybody."""
        if self.share is None:
            return None
        if self.side == "at least":
            return self.share >= self.planned
        if self.side == "at most":
            return self.share <= self.planned
        return abs(self.share - self.planned) <= 0.05


def pathway_mix(stays: Iterable[Stay], settings: Settings) -> list[Mix]:
    """The pathways of discharges that have one."""
    counts = Counter(stay.pathway for stay in stays if stay.left_at is not None and not stay.died and stay.pathway)
    total = sum(counts[code] for code in settings.pathways)
    return [Mix(row.code, counts[row.code], total, row.share, row.side) for row in settings.pathways.values()]
