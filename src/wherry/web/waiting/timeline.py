"""A pathway as a line: clocks as bars, events as dots, today and what is booked. Drawn by the page beside its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WIDTH, LEFT, RIGHT = 900, 20, 20


@dataclass(frozen=True)
class Dot:
    """An event on the line; `kind` is start, stop, next or event."""

    x: float
    kind: str
    title: str


@dataclass(frozen=True)
class Bar:
    """A clock from its start to its stop, or to the census while it runs."""

    x: float
    width: float


@dataclass(frozen=True)
class Tick:
    """A date under the line. `anchor` keeps the words inside the picture."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True)
class Line:
    """The whole picture; lengths are in the units of its view box."""

    width: int
    bars: tuple[Bar, ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    today: float
    description: str


def draw(
    events: Sequence[Mapping[str, Any]],
    periods: Sequence[Mapping[str, Any]],
    booked: Sequence[tuple[date, str]],
    census: date,
    words: Mapping[str, str],
) -> Line | None:
    """The line, or None where no date is known. `words` are event types in words."""
    starts = [p["clock_start"] for p in periods if p["clock_start"]]
    dates = [*(e["event_on"] for e in events), *starts, census, *(on for on, _ in booked)]
    if not events and not starts:
        return None
    first: date = min(dates)
    last: date = max(dates)
    span = max(1, (last - first).days)

    def x(on: date) -> float:
        return round(LEFT + float((on - first).days) / span * (WIDTH - LEFT - RIGHT), 1)

    marks = {p["start_event"]: "start" for p in periods if p["start_event"]}
    marks |= {p["stop_event"]: "stop" for p in periods if p["stop_event"]}
    dots = [
        Dot(x(e["event_on"]), marks.get(e["event_key"], "event"), f"{words.get(e['event_type'], e['event_type'])}, "
            f"{e['event_on']:%-d %B %Y}")
        for e in events
    ]  # fmt: skip
    dots += [Dot(x(on), "next", f"{kind}, {on:%-d %B %Y}") for on, kind in booked]
    bars = [
        Bar(x(p["clock_start"]), max(2.0, x(p["clock_stop"] or census) - x(p["clock_start"])))
        for p in periods
        if p["clock_start"] and p["outcome"] != "nullified"
    ]
    return Line(
        WIDTH, tuple(bars), tuple(dots), _ticks(first, last, x), x(census), _said(events, booked, first, census)
    )


def _ticks(first: date, last: date, x: Any) -> tuple[Tick, ...]:
    out = [Tick(x(first), f"{first:%-d %b %Y}", "start")]
    if (last - first).days > 60:
        middle = first + timedelta(days=(last - first).days // 2)
        out.append(Tick(x(middle), f"{middle:%-d %b %Y}", "middle"))
    if last > first:
        out.append(Tick(x(last), f"{last:%-d %b %Y}", "end"))
    return tuple(out)


def _said(events: Sequence[Mapping[str, Any]], booked: Sequence[tuple[date, str]], first: date, census: date) -> str:
    coming = f", {len(booked)} booked" if booked else ", nothing booked"
    return (
        f"{len(events)} events from {first:%-d %B %Y} to {census:%-d %B %Y}{coming}. The table beside it has them all."
    )
