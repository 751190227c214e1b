"""A report in sentences that its page, its PDF and its workbook say alike."""

from __future__ import annotations

from wherry.performance.report import words
from wherry.performance.report.model import Narrative, Report, Row
from wherry.performance.report.rows import CONCERN

KINDS = {
    "exception": "New exception",
    "resolved": "No longer an exception",
    "assurance": "Target: judged otherwise",
    "variation": "Variation: judged otherwise",
    "lost": "No figures any more",
    "come": "Figures have come",
    "revised": "Figure revised",
    "new": "New measure",
    "dropped": "Measure dropped",
}


def standing(report: Report) -> str:
    """Which edition this is."""
    if report.draft:
        return f"Draft of {words.iso_day(report.made_at)}, not signed and not sent."
    return f"Version {report.version}, sent on {words.iso_day(report.sent_at)} by {report.sent_by}."


def since(report: Report) -> str:
    """What the changes are measured against."""
    if not report.since:
        return "No edition was sent before this one, so nothing can be compared with it."
    return f"Since the edition of {report.since}" + (":" if report.changes else ", nothing has changed.")


def provenance(report: Report) -> str:
    """Where the figures came from, to be found again."""
    return (
        f"Made on {words.iso_day(report.made_at)} from values {report.values_id}. Figures of groups are sums over sums."
    )


_COUNTED = (
    *("special_cause_improvement", "special_cause_concern"),
    *("consistent_pass", "inconsistent", "consistent_fail"),
)


def counts(report: Report) -> list[str]:
    """The report in numbers, one sentence each."""
    rows = [row for row in report.rows if row.has_data]
    known = {
        **{words.VARIATIONS[kind]: sum(row.variation == kind for row in rows) for kind in _COUNTED[:2]},
        **{words.ASSURANCES[kind]: sum(row.assurance == kind for row in rows) for kind in _COUNTED[2:]},
    }
    late = sum(bool(row.late) for row in rows)
    return [
        f"{len(rows)} of {len(report.rows)} measures have data; {len(report.rows) - len(rows)} have none.",
        *(f"{said}: {number}." for said, number in known.items()),
        f"Exceptions: {len(report.exceptions)}, of which {len(report.unexplained)} lack a whole narrative.",
        *([f"With nothing as new as {report.month_words}: {late}."] if late else []),
    ]


def worse(report: Report) -> list[str]:
    """What gets worse, with its figure, worst first: what a board asks before anything else."""
    rows = (report.row(one.code) for one in report.exceptions)
    return [
        f"{called(row)}: {row.words}{f', target {row.target_words}' if row.target_words else ''}"
        for row in rows
        if row.variation == CONCERN
    ]


def rebased(report: Report) -> list[str]:
    """New baselines with their reasons."""
    return [f"{row.name}. {why}" for row in report.rows for why in row.rebased]


def signature(said: Narrative) -> str:
    """Who wrote and who signed."""
    if not said.written_by:
        return ""
    wrote = f"Written by {said.written_by} on {words.iso_day(said.written_at)}"
    if not said.signed_by:
        return f"{wrote}; not signed off."
    return f"{wrote}; signed off by {said.signed_by} on {words.iso_day(said.signed_at)}."


def called(row: Row) -> str:
    """A measure's name, with its period where nothing newer has come."""
    return f"{row.name}, {row.period_words}" if row.late else row.name


def alternative(row: Row) -> str:
    """A chart in words."""
    known = [point for point in row.points if point.words]
    first = f"{known[0].words} in the period from {words.iso_day(known[0].period)}" if known else ""
    return (
        f"Control chart of {row.name}, {len(row.points)} periods, from {first} to {row.words} in {row.period_words}. "
        f"{row.sentence}"
    )


def judged(row: Row) -> str:
    """Variation and assurance of a row in words; blank where there is nothing to say."""
    said = [
        words.VARIATIONS[row.variation] if row.variation else "",
        words.ASSURANCES[row.assurance] if row.assurance else "",
    ]
    found = "; ".join(one for one in said if one)
    return f"{found}." if found else ""
