"""Cancer performance by month: how many of those who ended a clock did so in time, by trust and tumour group.

A case counts in the month in which its clock ended: being told (28 days), or treatment (31 and 62 days). A trust's
62-day cases are shared out where another trust passed the patient on (`allocation`); the group's are not. A percentage
is a sum over a sum, never an average of percentages. Source: CWT guidance v12; the standards are
`wherry.reference.standards`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wherry.reference import standards
from wherry.waiting.cancer.allocation import Credit, Treated, allocate
from wherry.waiting.cancer.journey import start_of

#: The clock, the column that ends it, and the standard that its share is held to.
ENDS = {
    "fds": ("informed_date", "cancer.fds.share"),
    "d31": ("treatment_date", "cancer.31_days.share"),
    "d62": ("treatment_date", "cancer.62_days.share"),
}
#: The trust of the group's own figures, in which nothing is shared out.
GROUP = ""


@dataclass(frozen=True)
class Tally:
    """Cases of one clock that ended in a month (its first day) at a trust (`GROUP`: unshared) in a tumour group."""

    clock: str
    month: date
    trust: str
    tumour_group: str
    met: float
    total: float


def tallies(rows: Iterable[Mapping[str, Any]]) -> list[Tally]:
    """Every tally of rows that have the columns of `cancer_pathway` and the three statuses of `cancer_wait`.

    >>> row = {"cancer_key": "A", "tumour_group": "skin", "route": "usc", "organisation": "RM1",
    ...        "receipt_date": date(2026, 1, 1), "informed_date": date(2026, 1, 20), "fds_status": "met",
    ...        "d31_status": "not_applicable", "d62_status": "not_applicable"}
    >>> [(t.clock, str(t.month), t.trust, t.met, t.total) for t in tallies([row])]
    [('fds', '2026-01-01', '', 1.0, 1.0), ('fds', '2026-01-01', 'RM1', 1.0, 1.0)]
    """
    sums: dict[tuple[str, date, str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rows:
        for clock, (column, _) in ENDS.items():
            status, ended = row[f"{clock}_status"], row.get(column)
            if status not in ("met", "breached") or ended is None:
                continue
            month, met = ended.replace(day=1), status == "met"
            parts = [(GROUP, 1.0, met), *((one.trust, one.share, one.met) for one in credits(row, clock))]
            for trust, share, in_time in parts:
                held = sums[clock, month, trust, row["tumour_group"]]
                held[0] += share * in_time
                held[1] += share
    return [Tally(*key, met, total) for key, (met, total) in sorted(sums.items())]


def credits(row: Mapping[str, Any], clock: str) -> tuple[Credit, ...]:
    """The trusts that one ended clock counts for: a shared 62-day case for two, everything else for the trust itself.

    `row` has the columns of `cancer_pathway` and the statuses and waits of `cancer_wait`.
    """
    met = row[f"{clock}_status"] == "met"
    if clock == "d62":
        return allocate(_treated(row, met))
    return (Credit(row["organisation"], 1.0, met, "not shared"),)


def _treated(row: Mapping[str, Any], met: bool) -> Treated:
    return Treated(
        treating=row["organisation"],
        start_on=start_of(row) or row["treatment_date"],
        treated_on=row["treatment_date"],
        wait=row["d62_wait"],
        met=met,
        referred_from=row.get("referred_from") or "",
        transferred_on=row.get("transferred_on"),
        first_seen_adjustment=row.get("first_seen_adjustment_days") or 0,
        treatment_adjustment=row.get("treatment_adjustment_days") or 0,
    )


@dataclass(frozen=True)
class Figure:
    """Met of total, and the standard of the day."""

    met: float
    total: float
    standard: float | None

    @property
    def percent(self) -> float | None:
        """Per cent met, 0 to 100; None of nobody."""
        return 100 * self.met / self.total if self.total else None

    @property
    def reached(self) -> bool | None:
        """Whether the standard is reached; None without either."""
        if self.percent is None or self.standard is None:
            return None
        return self.percent >= self.standard


def figure(
    found: Iterable[Tally],
    clock: str,
    *,
    months: Iterable[date],
    trust: str = GROUP,
    tumour_group: str | None = None,
) -> Figure:
    """One figure over some months: a sum of the met over a sum of all.

    >>> one = Tally("d62", date(2026, 1, 1), "", "skin", 8, 10)
    >>> other = Tally("d62", date(2026, 1, 1), "", "lung", 1, 2)
    >>> figure([one, other], "d62", months=[date(2026, 1, 1)])
    Figure(met=9, total=12, standard=85.0)
    """
    wanted = set(months)
    chosen = [
        t
        for t in found
        if t.clock == clock and t.trust == trust and t.month in wanted and tumour_group in (None, t.tumour_group)
    ]
    held = standards.in_force(ENDS[clock][1], max(wanted)) if wanted else None
    share = float(held.value) if held else None
    return Figure(sum(t.met for t in chosen), sum(t.total for t in chosen), share)
