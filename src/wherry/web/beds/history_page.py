"""How full the hospitals were, hour by hour and at the snapshots that others ask for; placements elsewhere by month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Min

from wherry.flow.beds.model import Happening
from wherry.flow.beds.position import SORTS, sort_of
from wherry.flow.beds.series import Placed, Series, series
from wherry.reference.standards import in_force
from wherry.web.beds import places
from wherry.web.beds.models import BedAct, BedEvent, Placing, PlacingState
from wherry.web.beds.people import out_of_area
from wherry.web.beds.selectors import LONDON, closed_or_extra, happening
from wherry.web.feed.models import Patient, Stay, Visit

DAYS = (3, 7, 14, 28)
#: Local hours of the snapshots: 08:00 of the day (daily situation report) and midnight (KH03, the day that ends).
SNAPSHOTS = (time(8), time(0))


@dataclass(frozen=True)
class Chart:
    """A line of percentages by hour: the drawing's own units."""

    width: int
    height: int
    left: int
    bottom: int
    points: tuple[str, ...]
    y_ticks: tuple[tuple[float, str], ...]
    x_ticks: tuple[tuple[float, str], ...]
    limit: float | None
    limit_words: str


def read(moments: Sequence[datetime]) -> Series:
    """Occupancy at these moments, which must be in order, from stays and what happened to beds."""
    first, last = moments[0], moments[-1]
    names = ("site", "ward", "bed_key", "from_at", "to_at")
    lasting = Stay.objects.filter(to_at=None).values_list(*names)
    ended = Stay.objects.filter(to_at__gt=first, from_at__lte=last).values_list(*names)
    stays = [
        Placed(f"{site}|{ward}", bed, from_at, to_at)
        for rows in (lasting, ended)
        for site, ward, bed, from_at, to_at in rows
    ]
    return series(places.bed_map(), stays, _happenings(first, last), moments)


def _happenings(first: datetime, last: datetime) -> list[Happening]:
    """What closed, opened and escalated beds, as it stood at a moment and what came until another."""
    fields = ("pk", "bed_key", "act", "occurred_at", "recorded_at", "why", "note", "made_by_name", "message_id")
    acts = (BedAct.CLOSE, BedAct.OPEN, BedAct.ESCALATE, BedAct.STAND_DOWN)
    since = BedEvent.objects.filter(occurred_at__gt=first, occurred_at__lte=last, act__in=acts).order_by()
    return [*closed_or_extra(first), *(happening(*row) for row in since.values_list(*fields))]


def context(now: datetime, days: int, sites: tuple[str, ...]) -> dict[str, Any]:
    """The page: a chart and table of adult occupancy, hour by hour for some days, and the snapshots."""
    began = Stay.objects.aggregate(first=Min("from_at"))["first"]
    if began is None:
        return {"nothing": True, "months": [], "days": days}
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    first = hour - timedelta(days=days)  # in UTC, so that no hour is missing or there twice when the clocks change
    moments = [moment for n in range(days * 24 + 1) if (moment := first + timedelta(hours=n)) >= began] or [hour]
    snapshots = sorted(moment for moment in _snapshots(now, days) if moment >= began)
    both = sorted({moment.astimezone(UTC) for moment in (*moments, *snapshots)})
    found = read(both)
    adult = [ward for ward in found.wards if sort_of(ward) == "adult" and ward.site in sites]
    occupied, open_ = found.of(adult)
    line = in_force("beds.occupancy", now.astimezone(LONDON).date())
    limit = line.value if line else None
    at = {moment: number for number, moment in enumerate(both)}
    hourly = [(moment.astimezone(LONDON), int(occupied[at[moment]]), int(open_[at[moment]])) for moment in moments]
    values = [(moment, lain / beds) for moment, lain, beds in hourly if beds]
    return {
        "nothing": False,
        "days": days,
        "limit": line,
        "chart": chart(values, limit) if len(values) > 1 else None,
        "hourly": [(moment, lain, beds, lain / beds if beds else None) for moment, lain, beds in reversed(hourly)],
        "over": sum(limit is not None and 100 * value > limit for _, value in values),
        "hours": len(values),
        "highest": max(values, key=lambda one: one[1]) if values else None,
        "lowest": min(values, key=lambda one: one[1]) if values else None,
        "snapshots": [_snapshot(found, at[moment.astimezone(UTC)], moment, sites) for moment in reversed(snapshots)],
        "sorts": SORTS,
        "sites": [(site, places.site_words(site)) for site in sites],
        "months": months(),
        "away": away(),
    }


def _snapshots(now: datetime, days: int) -> list[datetime]:
    today = now.astimezone(LONDON).date()
    every = (
        datetime.combine(today - timedelta(days=back), hour, LONDON) for back in range(days + 1) for hour in SNAPSHOTS
    )
    return [moment for moment in every if moment <= now]


def _snapshot(found: Series, column: int, moment: datetime, sites: tuple[str, ...]) -> dict[str, Any]:
    """One snapshot: adult beds by hospital and in all, and the other sorts in all."""
    local = moment.astimezone(LONDON)
    midnight = local.hour == 0

    def share(site: str | None, sort: str) -> tuple[int, int, float | None]:
        there = sites if site is None else (site,)
        some = [ward for ward in found.wards if sort_of(ward) == sort and ward.site in there]
        occupied, open_ = found.of(some)
        lain, beds = int(occupied[column]), int(open_[column])
        return lain, beds, lain / beds if beds else None

    return {
        "moment": moment,
        "words": "midnight" if midnight else f"{local:%H:%M}",
        "day": local.date() - timedelta(days=1) if midnight else local.date(),
        "adult": [share(site, "adult") for site in sites],
        "others": [share(None, sort) for sort in SORTS],
    }


def chart(values: Sequence[tuple[datetime, float]], limit: float | None) -> Chart:
    """A line through shares (0 to 1 and above) by time; a gap of more than two hours breaks it."""
    width, height, left, bottom, top = 960, 300, 56, 264, 16
    shares = [100 * value for _, value in values] + ([limit] if limit else [])
    low, high = 5 * int(min(shares) // 5), 5 * int(max(shares) // 5 + 1)
    began, ended = values[0][0], values[-1][0]
    span = max(1.0, (ended - began).total_seconds())

    def x_of(moment: datetime) -> float:
        return round(left + (width - left - 12) * (moment - began).total_seconds() / span, 1)

    def y_of(percent: float) -> float:
        return round(top + (bottom - top) * (high - percent) / (high - low), 1)

    runs: list[list[str]] = [[]]
    before = began
    for moment, value in values:
        if moment - before > timedelta(hours=2):
            runs.append([])
        runs[-1].append(f"{x_of(moment)},{y_of(100 * value)}")
        before = moment
    step = 5 if high - low <= 40 else 10
    days = (ended.date() - began.date()).days
    every = max(1, days // 7)
    ticks = []
    for number in range(1, days + 1, every):
        day: date = began.date() + timedelta(days=number)
        ticks.append((x_of(datetime.combine(day, time(0), LONDON)), f"{day.day} {day:%b}"))
    return Chart(
        width,
        height,
        left,
        bottom,
        tuple(" ".join(run) for run in runs),
        tuple((y_of(value), f"{value}%") for value in range(low, high + 1, step)),
        tuple(ticks),
        y_of(limit) if limit else None,
        f"at most {limit:g}%" if limit else "",
    )


def months() -> list[dict[str, Any]]:
    """Beds held across hospitals and out of area, by the month in which they were held, newest first."""
    found: dict[str, Counter[str]] = {}
    rows = Placing.objects.values_list("made_at", "cross_site", "out_of_area", "state")
    for made_at, cross, away_, state in rows:
        month = found.setdefault(f"{made_at.astimezone(LONDON):%Y-%m}", Counter())
        came = state == PlacingState.FULFILLED
        month["held"] += 1
        month["came"] += came
        month["cross"] += cross
        month["cross_came"] += cross and came
        month["away"] += away_
        month["away_came"] += away_ and came
        month["ran_out"] += state == PlacingState.EXPIRED
    return [
        {"month": datetime.strptime(key, "%Y-%m").replace(tzinfo=LONDON), **{name: month[name] for name in _COUNTED}}
        for key, month in sorted(found.items(), reverse=True)
    ]


_COUNTED = ("held", "came", "cross", "cross_came", "away", "away_came", "ran_out")


def away() -> list[dict[str, Any]]:
    """Who lies in a bed elsewhere than at their usual hospital now, by hospital; homes that are not known apart."""
    rows = Visit.objects.filter(standing="in_bed").values_list("person_key", "site")
    homes = dict(
        Patient.objects.filter(key__in=Visit.objects.filter(standing="in_bed").values("person_key")).values_list(
            "key", "postcode"
        )
    )
    usual = places.settings().hospital_of
    found: dict[str, Counter[str]] = {site: Counter() for site in places.bed_map().sites}
    for person, site in rows:
        if site not in found:
            continue
        postcode = homes.get(person, "")
        home = usual(postcode)
        found[site]["patients"] += 1
        found[site]["unknown"] += home == ""
        found[site]["outside"] += home is None
        found[site]["other"] += bool(home) and bool(out_of_area(postcode, site))
    return [
        {
            "words": places.site_words(site),
            **{name: count[name] for name in ("patients", "outside", "other", "unknown")},
        }
        for site, count in found.items()
    ]
