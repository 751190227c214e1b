"""The SAFER figures of a ward (or of everybody): numerators and denominators, so that groups add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from wherry.flow.discharge.due import LONDON, london_day
from wherry.reference.wards import Ward
from wherry.web.discharge import where
from wherry.web.discharge.selectors import Row
from wherry.web.feed.models import Stay


@dataclass(frozen=True)
class Figures:
    """Counts of patients now on a ward, and of those who left it today."""

    patients: int
    reviewed: int
    reviews_owed: int
    ready: int
    senior: int
    senior_in_time: int
    expected: int
    criteria: int
    goes_today: int
    red: int
    green: int
    long_stays: int
    long_reviews_due: int
    left_today: int
    left_before_noon: int
    first_in: datetime | None


def of(rows: Sequence[Row], ward: Ward | None, now: datetime) -> Figures:
    """The figures at a moment. Who left and who came in first are only of a `ward` that is named."""
    settings, today = where.settings(), london_day(now)
    noon = datetime.combine(today, settings.safer.senior_review_by, tzinfo=LONDON)
    senior = [row.position.senior_at for row in rows if _on(row.position.senior_at, today)]
    left = _left(ward, today) if ward is not None else []
    colours = [_colours(row, today) for row in rows]
    return Figures(
        patients=len(rows),
        reviewed=sum(row.position.reviewed_at is not None and row.review_overdue_since is None for row in rows),
        reviews_owed=sum(row.review_overdue_since is not None for row in rows),
        ready=sum(row.position.nctr for row in rows),
        senior=len(senior),
        senior_in_time=sum(at is not None and at < noon for at in senior),
        expected=sum((row.position.expected_on or row.visit.expected_discharge_on) is not None for row in rows),
        criteria=sum(bool(row.position.criteria) for row in rows),
        goes_today=sum((row.position.expected_on or row.visit.expected_discharge_on) == today for row in rows),
        red=colours.count("red"),
        green=colours.count("green"),
        long_stays=sum((row.stay_days or 0) >= settings.long_stays[0].days for row in rows),
        long_reviews_due=sum(row.long_stay_due is not None for row in rows),
        left_today=len(left),
        left_before_noon=sum(at.astimezone(LONDON).time() < settings.safer.before_noon for at in left),
        first_in=_first_in(ward, today) if ward is not None else None,
    )


def _on(at: datetime | None, today: date) -> bool:
    return at is not None and london_day(at) == today


def _colours(row: Row, today: date) -> str:
    return row.tracker.colour if row.tracker is not None and row.tracker.colour_on == today else ""


def _left(ward: Ward, today: date) -> list[datetime]:
    """When today's discharges left this ward as their last place."""
    start = datetime.combine(today, time(), tzinfo=LONDON)
    ends = Stay.objects.filter(site=ward.site, ward=ward.code, to_at__gte=start, visit__standing="left")
    return [stay.to_at for stay in ends.select_related("visit") if stay.to_at and stay.to_at == stay.visit.left_at]


def _first_in(ward: Ward, today: date) -> datetime | None:
    """When the first patient of the day came to the ward from an assessment ward (SAFER asks: by 10:00)."""
    start = datetime.combine(today, time(), tzinfo=LONDON)
    assessment = [one.code for one in where.wards().values() if one.site == ward.site and one.kind == "assessment"]
    came = Stay.objects.filter(site=ward.site, ward=ward.code, from_at__gte=start).order_by("from_at")
    for stay in came[:20]:
        if Stay.objects.filter(visit_id=stay.visit_id, ward__in=assessment, to_at=stay.from_at).exists():
            return stay.from_at
    return None
