"""Rows of the pages of peers: numbers in words, likeness feature by feature, the case's figures beside our own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from wherry.performance.measures.model import Direction, Measure
from wherry.performance.peers import PeerGroup, Room
from wherry.performance.peers.case import Printed
from wherry.performance.peers.compare import Benchmark, Opportunity
from wherry.performance.peers.group import Likeness
from wherry.performance.peers.settings import Settings
from wherry.performance.peers.show import figure
from wherry.web.access.access import Access
from wherry.web.components import performance
from wherry.web.peers import charts

DIRECTIONS = {Direction.INCREASE: "more is better", Direction.DECREASE: "less is better", Direction.NEUTRAL: ""}


@dataclass(frozen=True)
class Row:
    """One measure of the table."""

    measure: Measure
    benchmark: Benchmark
    own: str
    median: str
    middle: str
    gap: str
    direction: str
    strip: Markup


def gap_words(row: Benchmark, to: str = "median") -> str:
    """The theoretical gap in a few words; blank where there can be none."""
    found = next((one for one in row.opportunities if one.to == to), None)
    if found is None:
        return ""
    return f"{found.amount:,.0f} {found.things}" if round(found.amount) else "none"


def rows(room: Room, of: PeerGroup, name: str) -> list[Row]:
    """Every measure of a trust beside its peers."""
    return [
        Row(
            measure,
            row,
            figure(row.own.value, measure) if row.own else "",
            figure(row.median, measure),
            f"{row.lower_quartile or 0:,.{measure.decimals}f} to {figure(row.upper_quartile, measure)}",
            gap_words(row),
            DIRECTIONS[measure.direction],
            charts.strip(f"strip-{measure.code}", row, measure, name),
        )
        for measure, row in room.table(of)
    ]


def likeness(one: Likeness, settings: Settings) -> tuple[str, str]:
    """A feature of a peer, and the trust's own, as words."""
    feature = next(f for f in settings.features if f.code == one.feature)
    if feature.kind == "mix":
        return (f"{100 * one.theirs:.0f}% alike" if not math.isnan(one.theirs) else "not published", "")
    factor, tail = (100.0, "%") if feature.percent else (1.0, "")
    theirs, own = (
        "not published" if math.isnan(v) else f"{factor * v:,.{feature.decimals}f}{tail}" for v in (one.theirs, one.own)
    )
    return theirs, own


def opportunity(one: Opportunity, measure: Measure) -> dict[str, Any]:
    """An opportunity for the page: the sum in words."""
    return {
        "to": one.to,
        "benchmark": figure(one.benchmark, measure),
        "gap": figure(one.gap, measure).replace("%", " points"),
        "volume": f"{one.volume:,.0f}",
        "amount": f"{one.amount:,.0f} {one.things}",
        "one": one,
    }


@dataclass(frozen=True)
class Said:
    """One printed figure of one subject, and what is counted here."""

    value: str
    ours: str
    when: str


@dataclass(frozen=True)
class Line:
    """One printed measure: a cell a subject (None where nothing is printed), what it was compared with, where it is."""

    measure: str
    period: str
    cells: tuple[Said | None, ...]
    other: str
    source: str
    note: str


@dataclass(frozen=True)
class Topic:
    """Printed measures of one topic with the same subjects."""

    name: str
    subjects: tuple[str, ...]
    lines: tuple[Line, ...]


_TAILS = {"percent": "%", "days": " days"}


def said(found: tuple[Printed, ...], access: Access, names: dict[str, str], room: Room | None) -> list[Topic]:
    """The case's figures with ours beside them, as this reader may see them; a cell says where there is none."""
    defined = performance.definitions()
    scopes = {one.code: one for one in performance.scopes()}
    topics = []
    for topic in dict.fromkeys(row.topic for row in found):
        rows = [row for row in found if row.topic == topic]
        subjects = tuple(dict.fromkeys(row.subject for row in rows))
        lines = []
        for measure in dict.fromkeys(row.measure for row in rows):
            of = {row.subject: row for row in rows if row.measure == measure}
            cells = []
            for subject in subjects:
                row = of.get(subject)
                value = "" if row is None else "drawn only" if row.value is None else _printed(row.value, row.unit)
                cells.append(None if row is None else Said(value, *_ours(row, defined, scopes, access, room)))
            one = next(iter(of.values()))
            lines.append(
                Line(measure, one.period, tuple(cells), _other(one), f"{one.source} ({one.certainty})", one.note)
            )
        topics.append(Topic(topic, tuple(names.get(subject, subject) for subject in subjects), tuple(lines)))
    return topics


def _other(row: Printed) -> str:
    if row.comparator_value is None:
        return f"{row.comparator}: not printed" if row.comparator else ""
    return f"{row.comparator}: {_printed(row.comparator_value, row.unit)}"


def _named(row: Printed, measure: Measure, value: float) -> str:
    """Our own figure, with the measure's name where the case printed something else about the same thing."""
    shown = figure(value, measure)
    return shown if row.unit == measure.unit else f"{measure.name.removesuffix(' (published)').lower()} {shown}"


def _printed(value: float, unit: str) -> str:
    return f"£{value:,.0f}" if unit == "pounds" else f"{value:,g}{_TAILS.get(unit, '')}"


def _ours(row: Printed, defined: Any, scopes: dict[str, Any], access: Access, room: Room | None) -> tuple[str, str]:
    if not row.ours:
        return "", ""
    if room is not None and row.ours in room.measures and row.subject in room.population.place:
        found = room.compare(room.group(row.subject, "all"), row.ours)
        if found.own is not None and found.period is not None:
            place_of = f", {found.rank_of_all.words()} (1st the best)" if found.rank_of_all else ""
            return _named(row, room.measures[row.ours], found.own.value) + place_of, f"{found.period:%B %Y}"
    measure, scope = defined.get(row.ours), scopes.get(row.subject)
    if measure is None or scope is None:
        return "not counted here", ""
    held = performance.series(measure, scope, access=access)
    series = held.series
    for at in range(len(series) - 1, -1, -1):
        if not math.isnan(series.values[at]):
            return _named(row, measure, float(series.values[at])), f"{series.periods[at]:%B %Y}"
    return "no figure yet, or withheld", ""
