"""Answers of the bed simulation in words, rows and drawings. A mean is shown with its 95% half-width and with what
single years bring; a number that nobody could work out is said so."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wherry.planning.beds.answers import (
    GROUP,
    BedsFor,
    BedsForRow,
    BedsOutcome,
    Estimate,
    MonthRow,
    MoreBeds,
    Pooling,
    WarmUp,
    Winter,
)
from wherry.web.planning.beds_charts import LineChart, line_chart
from wherry.web.planning.plan_words import missing, more, whole

#: Columns of the table of sites: field, heading, how it is written.
SITE_COLUMNS = (
    ("occupancy", "Occupancy", "share"),
    ("days_full", "Days full at some moment", "share"),
    ("boarded_share", "Emergencies who wait for a bed", "share"),
    ("mean_wait", "Their mean wait, hours", "decimal"),
    ("over_4_hours", "Wait over 4 hours, a year", "whole"),
    ("over_12_hours", "Wait over 12 hours, a year", "whole"),
    ("cancelled", "Planned admissions cancelled, a year", "whole"),
    ("outliers", "In another group’s beds, a year", "whole"),
    ("ready_share", "Of beds in use, held by people ready to leave", "share"),
)
MONTHS = tuple(calendar.month_abbr[month] for month in (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3))


@dataclass(frozen=True)
class Cell:
    """A number in words, how sure its mean is, and what single years bring."""

    mean: str
    sure: str
    years: str


def cell(value: Estimate, kind: str = "whole") -> Cell:
    """An estimate as a table shows it.

    >>> cell(Estimate(0.921, 0.002, 0.915, 0.93), "share")
    Cell(mean='92.1%', sure='± 0.2', years='91.5% to 93.0%')
    >>> cell(Estimate(1200.4, None, 1200, 1200)).sure
    'one year only'
    """
    words = {"share": lambda one: f"{100 * one:.1f}%", "decimal": lambda one: f"{one:.1f}", "whole": whole}[kind]
    half = value.half_width
    scaled = (
        None if half is None else {"share": f"{100 * half:.1f}", "decimal": f"{half:.1f}", "whole": whole(half)}[kind]
    )
    return Cell(
        words(value.mean),
        "one year only" if scaled is None else f"± {scaled}",
        f"{words(value.low)} to {words(value.high)}",
    )


def change(value: Estimate) -> Cell:
    """A difference as a table shows it.

    >>> change(Estimate(-40.2, 5.0, -60, -20))
    Cell(mean='40 fewer', sure='± 5', years='60 fewer to 20 fewer')
    """
    half = "one year only" if value.half_width is None else f"± {whole(value.half_width)}"
    return Cell(more(value.mean), half, f"{more(value.low)} to {more(value.high)}")


def site_rows(outcome: BedsOutcome) -> list[dict[str, Any]]:
    """One row a site, the group last."""
    return [
        {
            "words": row.words[0].upper() + row.words[1:],
            "whole": row.place == GROUP,
            "beds": whole(row.beds),
            "offered": whole(row.offered),
            "cells": [cell(getattr(row, name), kind) for name, _, kind in SITE_COLUMNS],
        }
        for row in outcome.sites
    ]


def ward_rows(outcome: BedsOutcome, places: dict[str, str]) -> list[dict[str, Any]]:
    """One row a ward group at a site."""
    return [
        {
            "place": places.get(row.place, row.place),
            "words": row.words,
            "beds": whole(row.beds),
            "offered": whole(row.offered),
            "occupancy": cell(row.occupancy, "share"),
            "days_full": cell(row.days_full, "share"),
            "outliers": cell(row.outliers),
            "spread": f"{row.spread[0][0]:,} to {row.spread[-1][0]:,}" if row.spread else "not known",
        }
        for row in outcome.wards
    ]


def group_months(outcome: BedsOutcome) -> list[MonthRow]:
    """Months of the group, from April."""
    rows = [row for row in outcome.months if row.place == GROUP]
    return sorted(rows, key=lambda row: (row.month - 4) % 12)


def month_chart(outcome: BedsOutcome) -> LineChart:
    """Occupancy of the group by month, in per cent."""
    rows = group_months(outcome)
    return line_chart(
        [("occupancy", [100 * row.occupancy.mean for row in rows])], _month_labels(len(rows)), "% of beds"
    )


def _month_labels(count: int) -> list[tuple[int, str]]:
    return [(place, MONTHS[place]) for place in range(0, count, 3)] + (
        [(count - 1, MONTHS[count - 1])] if count == 12 else []
    )


def hour_rows(outcome: BedsOutcome) -> list[tuple[str, str, str]]:
    """Every third hour of the group: beds in use, and people who wait for one."""
    rows = [row for row in outcome.hours if row.place == GROUP]
    return [(f"{row.hour:02d}:00", whole(row.occupied), f"{row.boarding:.1f}") for row in rows if row.hour % 3 == 0]


def hour_chart(outcome: BedsOutcome) -> LineChart:
    """People of the group who wait for a bed by hour."""
    rows = [row.boarding for row in outcome.hours if row.place == GROUP]
    labels = [(hour, f"{hour:02d}:00") for hour in range(0, 24, 6)]
    return line_chart([("people who wait for a bed", rows)], labels, "people waiting")


def warm_up_chart(found: WarmUp) -> LineChart | None:
    """The days of the pilot: beds in use at midnight, and the mean of the days that are left."""
    if not found.daily:
        return None
    labels = [(day, f"day {day}") for day in range(0, len(found.daily), 91)]
    return line_chart(
        [("beds in use at midnight, begun empty", found.daily), ("mean of the days left", found.cumulative)],
        labels,
        "beds",
    )


def enough_rows(by_occupancy: BedsFor, by_risk: BedsFor) -> list[dict[str, Any]]:
    """One row a place: what there is, the formula, and both searches side by side."""
    risk = {row.place: row for row in by_risk.rows}
    rows = []
    for row in by_occupancy.rows:
        other = risk[row.place]
        there = row.existing
        rows.append(
            {
                "words": row.words[0].upper() + row.words[1:],
                "whole": row.place == GROUP,
                "existing": whole(there),
                "formula": whole(row.formula),
                "occupancy": _found(row.simulated),
                "occupancy_range": _range(row),
                "occupancy_gap": _gap(row.simulated, there),
                "occupancy_full": cell(row.days_full, "share"),
                "risk": _found(other.simulated),
                "risk_range": _range(other),
                "risk_gap": _gap(other.simulated, there),
                "risk_occupancy": cell(other.occupancy, "share"),
            }
        )
    return rows


def _found(beds: int | None) -> str:
    return "none that was tried" if beds is None else whole(beds)


def _range(row: BedsForRow) -> str:
    """From how many beds to how many other years might ask for."""
    return "" if row.low is None or row.high is None else f"{whole(row.low)} to {whole(row.high)}"


def _gap(beds: int | None, there: float | None) -> str:
    return "" if beds is None or there is None else missing(beds - there)


def enough_wards(
    found: Sequence[BedsFor], places: dict[str, str], words: dict[str, str]
) -> list[tuple[str, str, list[str]]]:
    """Beds by ward group and site, a number for each search."""
    keys = [(place, ward) for place, ward, _ in found[0].by_ward]
    held = [{(place, ward): beds for place, ward, beds in one.by_ward} for one in found]
    return [
        (places.get(place, place), words.get(ward, ward), [whole(one.get((place, ward))) for one in held])
        for place, ward in keys
    ]


def pooling_rows(found: Pooling) -> list[dict[str, Any]]:
    """One row a way of sharing beds."""
    return [
        {
            "words": row.words[0].upper() + row.words[1:],
            "beds": cell(row.beds),
            "saved": cell(row.saved) if row.rule != "none" else None,
            "transfers": cell(row.transfers),
            "occupancy": cell(row.occupancy, "share"),
        }
        for row in found.rows
    ]


def winter_rows(found: Winter) -> list[dict[str, Any]]:
    """One row a month, from April, with its seasons and as if every month were alike."""
    return [
        {
            "words": calendar.month_name[row.month],
            "cells": [
                cell(row.occupancy, "share"),
                cell(row.occupancy_level, "share"),
                cell(row.boarded),
                cell(row.boarded_level),
                cell(row.cancelled),
                cell(row.cancelled_level),
            ],
        }
        for row in sorted(found.rows, key=lambda row: (row.month - 4) % 12)
    ]


def winter_chart(found: Winter) -> LineChart:
    """Occupancy by month with the seasons and without."""
    rows = sorted(found.rows, key=lambda row: (row.month - 4) % 12)
    return line_chart(
        [
            ("with its seasons", [100 * row.occupancy.mean for row in rows]),
            ("if every month were alike", [100 * row.occupancy_level.mean for row in rows]),
        ],
        _month_labels(len(rows)),
        "% of beds",
    )


def more_rows(found: MoreBeds) -> list[dict[str, Any]]:
    """One row a place and number of beds more; against none more."""
    return [
        {
            "words": row.words[0].upper() + row.words[1:],
            "more": "as it is" if row.more == 0 else f"{row.more:+,}",
            "first": row.more == 0,
            "beds": whole(row.beds),
            "cells": [
                cell(row.occupancy, "share"),
                cell(row.days_full, "share"),
                cell(row.boarded) if row.more == 0 else change(row.change_boarded),
                cell(row.over_12_hours) if row.more == 0 else change(row.change_over_12_hours),
                cell(row.cancelled) if row.more == 0 else change(row.change_cancelled),
            ],
        }
        for row in sorted(found.rows, key=lambda row: (row.place != GROUP, row.words, row.more))
    ]
