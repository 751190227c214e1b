"""Cancer performance of the group: the three standards by trust (shared cases credited) and by tumour group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from wherry.reference import standards
from wherry.waiting.cancer.reporting import ENDS, GROUP, Figure, Tally, figure

#: Months that the page can add up, newest first.
MONTHS_AT_MOST = 12
CLOCK_WORDS = {"fds": "Told within 28 days", "d31": "Treated within 31 days", "d62": "Treated within 62 days"}


@dataclass(frozen=True)
class Cell:
    """One figure with the addresses of the people behind it: all who ended the clock, and those who did too late."""

    figure: Figure
    href: str
    late_href: str


@dataclass(frozen=True)
class PerformanceRow:
    """One trust or tumour group: a cell a standard."""

    words: str
    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True)
class Bar:
    """One bar of the chart: its row, what it says, and where it ends (of 100)."""

    words: str
    value: str
    width: float
    y: int
    reached: bool | None


@dataclass(frozen=True)
class Chart:
    """Bars of one standard by trust, with the line of the standard."""

    height: int
    bars: tuple[Bar, ...]
    line: float | None
    line_words: str


def months_of(found: Sequence[Tally]) -> list[date]:
    """Months with anything to report, newest first."""
    return sorted({tally.month for tally in found}, reverse=True)[:MONTHS_AT_MOST]


def rows_by_trust(
    found: Sequence[Tally], months: Sequence[date], trusts: Sequence[tuple[str, str]], address: str
) -> list[PerformanceRow]:
    """The group first, unshared, then each trust with its part of shared cases."""
    named = [(GROUP, "The group, without sharing out"), *trusts]
    return [_row(found, months, words, address, trust=code, total=code == GROUP) for code, words in named]


def rows_by_tumour(
    found: Sequence[Tally], months: Sequence[date], groups: Sequence[tuple[str, str]], trust: str, address: str
) -> list[PerformanceRow]:
    """Every tumour group, of the group or of one trust."""
    return [_row(found, months, words, address, trust=trust, tumour=code) for code, words in groups]


def _row(
    found: Sequence[Tally],
    months: Sequence[date],
    words: str,
    address: str,
    *,
    trust: str = GROUP,
    tumour: str | None = None,
    total: bool = False,
) -> PerformanceRow:
    pairs = [("show", "all")] + ([("trust", trust)] if trust else []) + ([("tumour", tumour)] if tumour else [])
    pairs += [("month", f"{months[0]:%Y-%m}")] if len(months) == 1 else []

    def people(outcome: str) -> str:
        return f"{address}?{urlencode([*pairs, ('outcome', outcome)])}"

    cells = [
        Cell(
            figure(found, clock, months=months, trust=trust, tumour_group=tumour),
            people(f"{clock}_ended"),
            people(f"{clock}_breached"),
        )
        for clock in ENDS
    ]
    return PerformanceRow(words, tuple(cells), total)


def chart(rows: Sequence[PerformanceRow], number: int) -> Chart:
    """One standard of some rows as bars; lengths in hundredths."""
    bars = []
    for place, row in enumerate(rows):
        cell = row.cells[number].figure
        percent = cell.percent
        value = "nobody" if percent is None else f"{percent:.1f}% of {cell.total:g}"
        bars.append(Bar(row.words, value, round(percent or 0.0, 1), 24 + place * 34, cell.reached))
    line = next((row.cells[number].figure.standard for row in rows if row.cells[number].figure.standard), None)
    return Chart(30 + 34 * len(rows), tuple(bars), line, f"standard {line:g}%" if line else "")


def standard_sentence(clock: str, on: date) -> str:
    """The standard in force in words, and the year's target where there is one.

    >>> standard_sentence("d62", date(2026, 1, 31))
    'Standard: at least 85%.'
    """
    share = standards.in_force(ENDS[clock][1], on)
    target = standards.in_force(ENDS[clock][1].replace(".share", ".target"), on)
    said = f"Standard: at least {share.value:g}%." if share else "No standard is in force."
    by = f" by {target.reach_by.day} {target.reach_by:%B %Y}" if target and target.reach_by else ""
    return said + (f" The year's target: at least {target.value:g}%{by}." if target else "")
