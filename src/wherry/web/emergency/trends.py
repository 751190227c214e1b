"""The department's and the ambulances' times over hours, days and weeks, by site and for the group.

Days that the history of flow holds are counted from it (it has the department's first and last moments only); later
ones from the live feed. Each row says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from wherry.flow.emergency import department, handovers, trend
from wherry.flow.emergency.clocks import Window
from wherry.flow.emergency.limits import limits as limits_of
from wherry.flow.emergency.trend import NONE, Clocks
from wherry.flow.emergency.windows import LONDON, day_of, days, hours_of, weeks
from wherry.hub import flow as hub_flow
from wherry.web.emergency import position
from wherry.web.emergency.figures import GROUP
from wherry.web.emergency.places import Place, places

pc: Any = pyarrow.compute

#: Spans of the page: words, and how many windows.
SPANS = {"hours": "by hour, today and yesterday", "days": "by day, four weeks", "weeks": "by week, a year"}
#: Measures of the page: words, unit, and whether a share is said as what lies beyond the limit.
HANDOVER = "handover"
LOST = "handover_lost"
HERE = "here"
MEASURES = {
    **{measure.code: measure.words for measure in department.MEASURES},
    HANDOVER: "Handover within 15 minutes",
    LOST: "Hours lost to handover",
    HERE: "In the department",
}
_BEYOND = ("twelve_hours", "twelve_from_decision")
#: What the history can answer: its moments are arrival, decision, admission and leaving.
_BEFORE = "not known"
_IN_HISTORY = ("four_hours", "twelve_hours", "twelve_from_decision", "decision_to_bed", HERE)


@dataclass(frozen=True)
class Point:
    """One window: its name, and the value by site (None: nothing was decided in it). `of` are denominators."""

    label: str
    values: Mapping[str, float | None]
    of: Mapping[str, int]
    missing: int
    source: str


@dataclass(frozen=True)
class Trend:
    """One measure over time. `unit` is percent, hours or people."""

    code: str
    words: str
    unit: str
    points: tuple[Point, ...]
    history_until: date | None
    without_history: bool


def read(now: datetime, code: str, span: str) -> Trend:
    """A measure over one of `SPANS`."""
    windows = _windows(now, span)
    held = history_days()
    wants_history = code in _IN_HISTORY
    source = [_source(window, held if wants_history else None) for _, window in windows]
    past = [window for (_, window), where in zip(windows, source, strict=True) if where == "history"]
    live = [window for (_, window), where in zip(windows, source, strict=True) if where == "live feed"]
    known = places()
    nothing: dict[str, float | None] = dict.fromkeys([*(place.site for place in known), GROUP])
    found = [(nothing, dict.fromkeys(nothing, 0), 0) for where in source if where == _BEFORE]
    if past:
        found += _count(code, _history_clocks(code, known, past), past, now)
    if live:
        found += _count(code, _live_clocks(code, known, live, now), live, now)
    points = tuple(
        Point(label, values, of, missing, where)
        for (label, _), (values, of, missing), where in zip(windows, found, source, strict=True)
    )
    unit = {LOST: "hours", HERE: "people"}.get(code, "percent")
    return Trend(code, MEASURES[code], unit, points, held[1] if held else None, not wants_history)


def _source(window: Window, held: tuple[date, date] | None) -> str:
    """Where a window is counted from. What lies before the history has no source; part of a week has none either."""
    if held is None or day_of(_last(window)) > held[1]:
        return "live feed"
    return "history" if day_of(window.from_at) >= held[0] else _BEFORE


def _last(window: Window) -> datetime:
    return (window.to_at or window.from_at) - timedelta(microseconds=1)


def _windows(now: datetime, span: str) -> list[tuple[str, Window]]:
    """Windows with their labels, oldest first. The last one is cut at now: what lies ahead is not counted."""
    today = day_of(now)
    if span == "hours":
        found = [
            (f"{window.from_at.astimezone(LONDON):%-d %b %H:%M}", window)
            for on in (today - timedelta(days=1), today)
            for window in hours_of(on)
            if window.from_at < now
        ]
    elif span == "weeks":
        found = [(f"{on:%-d %b %Y}", window) for on, window in weeks(today, 52)]
    else:
        found = [(f"{on:%a %-d %b}", window) for on, window in days(today, 28)]
    label, last = found[-1]
    if last.to_at is not None and last.to_at > now:
        found[-1] = (f"{label} so far", Window(last.from_at, now + timedelta(microseconds=1)))
    return found


def _count(
    code: str, clocks: Mapping[str, Clocks], windows: Sequence[Window], now: datetime
) -> list[tuple[dict[str, float | None], dict[str, int], int]]:
    """Value, denominator and missing by window. The group is counted from everybody, never from averages."""
    together = Clocks(
        *(np.concatenate([getattr(one, name) for one in clocks.values()]) for name in ("start", "end", "stopped"))
    )
    values: list[dict[str, float | None]] = [{} for _ in windows]
    of: list[dict[str, int]] = [{} for _ in windows]
    missing = [0] * len(windows)
    for site, mine in {**clocks, GROUP: together}.items():
        if code == HERE:
            for place, number in enumerate(trend.here(mine, [min(_last(window), now) for window in windows])):
                values[place][site], of[place][site] = float(number), number
            continue
        counts = trend.count(mine, _limit(code, now), windows, now)
        if code == LOST:
            shares: list[float | None] = list(trend.lost_hours(mine, _limit(code, now), windows))
        else:
            shares = counts.percent_over() if code in _BEYOND else counts.percent_within()
        for place, share in enumerate(shares):
            values[place][site] = share
            of[place][site] = int(counts.within[place] + counts.over[place])
            if site == GROUP:
                missing[place] = int(counts.missing[place])
    return list(zip(values, of, missing, strict=True))


def _limit(code: str, now: datetime) -> timedelta:
    limits = limits_of(day_of(now))
    return limits.handover if code in (HANDOVER, LOST) else department.BY_CODE[code].limit(limits)


def _live_clocks(code: str, known: Sequence[Place], windows: Sequence[Window], now: datetime) -> dict[str, Clocks]:
    since = min(window.from_at for window in windows)
    limits = limits_of(day_of(now))
    if code in (HANDOVER, LOST):
        handed = position.read(now, since).handovers
        return {
            place.site: Clocks.of(handovers.clock(one, limits, now) for one in handed if one.site == place.site)
            for place in known
        }
    measure = department.BY_CODE["four_hours" if code == HERE else code]
    people = position.read_attendances(known, now, since)
    return {
        place.site: Clocks.of(
            clock for one in people if one.site == place.site and (clock := measure.clock(one, limits)) is not None
        )
        for place in known
    }


# --- history


def history_days() -> tuple[date, date] | None:
    """The first and last day that the history holds as a whole; None without a history.

    It begins with the first attendance that ended at home: earlier arrivals in it are of people who stayed on.
    """
    if hub_flow.current_id() is None:
        return None
    table = hub_flow.history()
    short = table.filter(pc.equal(table["kind"], "attendance"))["arrived_at"]
    first, last = pc.min(short).as_py(), pc.max(table["arrived_at"]).as_py()
    if first is None or last is None:
        return None
    return day_of(first) + timedelta(days=1), day_of(last) - timedelta(days=1)


def _history_clocks(code: str, known: Sequence[Place], windows: Sequence[Window]) -> dict[str, Clocks]:
    since = min(window.from_at for window in windows) - timedelta(days=4)
    before = max(_last(window) for window in windows)
    table = hub_flow.history().select(["site", "kind", "arrived_at", "decided_at", "admitted_at", "left_at"])
    arrived = table["arrived_at"]
    table = table.filter(
        pc.fill_null(
            pc.and_(
                pc.greater_equal(arrived, pa.scalar(since, arrived.type)),
                pc.less_equal(arrived, pa.scalar(before, arrived.type)),
            ),
            False,
        )
    )
    admitted, left = _micros(table["admitted_at"]), _micros(table["left_at"])
    came, decided = _micros(table["arrived_at"]), _micros(table["decided_at"])
    departed = np.where(admitted != NONE, admitted, left)
    if code in ("twelve_from_decision", "decision_to_bed"):
        start, end = decided, admitted
        mask = (admitted != NONE) | ((decided != NONE) & (left == NONE))
    else:
        start, end = came, departed
        mask = np.ones(len(came), dtype=bool)
    stopped = np.full(len(came), NONE, dtype=np.int64)
    every = Clocks(start, end, stopped)
    sites = np.asarray(pc.fill_null(table["site"], "").to_pylist(), dtype=object)
    return {place.site: every.kept(mask & (sites == place.site)) for place in known}


def _micros(column: Any) -> trend.Moments:
    cast = pc.cast(column, pa.timestamp("us", tz="UTC")).cast(pa.int64())
    filled: trend.Moments = pc.fill_null(cast, int(NONE)).to_numpy().astype(np.int64)
    return filled
