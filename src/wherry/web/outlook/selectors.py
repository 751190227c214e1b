"""Reads of the next days: the newest forecast, what it says of a site at a moment, how good forecasts have been."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from wherry.flow.forecast.outlook import ALL, GENERAL
from wherry.web.feed import clock
from wherry.web.outlook.models import Forecast, ForecastState, Quality, UnitForecast

#: A forecast that is older is not shown as of now.
STALE = timedelta(hours=6)


@dataclass(frozen=True)
class Expected:
    """What is expected of some beds at a moment: patients, 80% interval, open beds, free beds, chance of being short.

    `at` is the whole hour nearest to the moment asked for, `as_at` when it was forecast.
    """

    site: str
    group: str
    at: datetime
    as_at: datetime
    patients: float
    low: int
    high: int
    beds_open: int | None
    short: float | None

    @property
    def free(self) -> float | None:
        """Free beds expected; below 0 where more patients are expected than beds."""
        return None if self.beds_open is None else self.beds_open - self.patients

    @property
    def free_low(self) -> int | None:
        """Free beds that nine in ten times there will be more than."""
        return None if self.beds_open is None else self.beds_open - self.high

    @property
    def free_high(self) -> int | None:
        """Free beds that nine in ten times there will be fewer than."""
        return None if self.beds_open is None else self.beds_open - self.low


def newest(now: datetime | None = None) -> Forecast | None:
    """The newest forecast that is done, of an hour that has been."""
    at = now or clock.now()
    return Forecast.objects.filter(state=ForecastState.DONE, as_at__lte=at).order_by("-as_at").first()


def expected_at(site: str, when: datetime) -> dict[str, Expected]:
    """What is expected at a site at a moment, by ward group, and `general` (adult general and acute beds).

    Empty where there is no forecast, where the newest is stale (over six hours old), or the moment lies outside it.
    `site` may be `all`, which has `general` alone.
    """
    row = newest()
    if row is None or clock.now() - row.as_at > STALE:
        return {}
    found = {}
    for unit in UnitForecast.objects.filter(forecast=row, site=site).defer("chances"):
        one = at_moment(row, unit, when)
        if one is not None:
            found[unit.group] = one
    return found


def at_moment(row: Forecast, unit: UnitForecast, when: datetime) -> Expected | None:
    """What one unit's forecast says of a moment; None outside of what it looked at."""
    wanted = (when - row.as_at) / timedelta(hours=1)
    near = min(unit.rows, key=lambda one: abs(one["ahead"] - wanted))
    if abs(near["ahead"] - wanted) > 0.5001:
        return None
    return Expected(
        unit.site,
        unit.group,
        row.as_at + timedelta(hours=near["ahead"]),
        row.as_at,
        near["mean"],
        near["levels"][1],
        near["levels"][5],
        unit.beds_open,
        near["short"],
    )


def units(row: Forecast) -> list[UnitForecast]:
    """Every unit of a forecast, in the order of the map."""
    return list(UnitForecast.objects.filter(forecast=row).defer("chances").order_by("pk"))


def quality() -> dict[str, Quality]:
    """How good forecasts have been, by kind: `live`, `backtest`, `months`."""
    return {row.kind: row for row in Quality.objects.all()}


def next_at(hour: int, after: datetime) -> datetime:
    """The next time that it is so many o'clock in London, at least an hour after a moment.

    >>> from datetime import UTC
    >>> next_at(8, datetime(2026, 7, 14, 13, 20, tzinfo=UTC)).isoformat()
    '2026-07-15T08:00:00+01:00'
    """
    local = timezone.localtime(after, clock.LONDON)
    at = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    while at < local + timedelta(hours=1):
        at = (at + timedelta(days=1)).replace(hour=hour)
    return at


def scope_words(site: str) -> str:
    """A site in words."""
    from wherry.web.beds import places

    return "All hospitals" if site == ALL else places.site_words(site)


def group_words(group: str) -> str:
    """A ward group in words."""
    from wherry.web.beds import places

    return "Adult general and acute" if group == GENERAL else places.group_words(group)


def kept(kind: str) -> dict[str, Any] | None:
    """A kept result of one kind."""
    row = Quality.objects.filter(kind=kind).first()
    return None if row is None else row.result
