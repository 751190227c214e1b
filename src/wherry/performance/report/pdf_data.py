"""What the PDF's template is given: the report in words, in the order of its pages. Names only, no rules."""

from __future__ import annotations

import re
from typing import Any

from wherry.performance.report import charts, words
from wherry.performance.report.model import Domain, Item, Narrative, Report, Row
from wherry.performance.report.rows import CONCERN

#: The letters of drawings are those of the report.
_FONT = 'font-family="Source Sans Pro"'


def data(report: Report) -> dict[str, Any]:
    """The template's JSON."""
    return {
        "title": report.title,
        "author": report.system,
        "description": f"Measures of {report.scope_name} at the end of {report.month_words}: variation, assurance, "
        "exceptions, domains, objectives, evaluations and sources.",
        "keywords": ["integrated performance report", report.scope_name, report.month_words],
        "draft": report.draft,
        "standing": standing(report),
        "artificial": report.artificial,
        "reason": report.reason,
        "corrected": [one.words for one in report.corrected],
        "unsaid": report.unsaid,
        "footer": f"{report.title}, {'draft' if report.draft else f'version {report.version}'}",
        "summary": _narrative(report.summary),
        "counts": counts(report),
        "worse": worse(report),
        "matrix": _matrix(report),
        "changes": [{"kind": KINDS[one.kind], "words": one.words} for one in report.changes],
        "since": since(report),
        "exceptions": [_exception(report, at) for at in range(len(report.exceptions))],
        "domains": [_page(report, one, with_charts=True) for one in report.domains],
        "dashboards": [
            _page(report, Domain(one.key, f"Dashboard: {one.title.lower()}", one.codes), with_charts=False)
            for one in report.dashboards
        ],
        "objectives": [_item(report, one, one.key) for one in report.objectives],
        "themes": [_item(report, one, str(at)) for at, one in enumerate(report.themes, 1)],
        "verdicts": [
            {
                "title": one.title,
                "verdict": one.verdict,
                "words": one.words,
                "method": one.method,
                "owner": one.owner,
                "decided": words.iso_day(one.decided),
            }
            for one in report.verdicts
        ],
        "missing": [{"name": one.name, "owner": one.owner, "missing": one.missing} for one in report.without_data],
        "icons": _icons(),
        "key": [{"key": key, "words": one["words"]} for key, one in _icons().items()],
        "disclosure": list(report.disclosure) or ["Nothing is shown, so nothing is withheld."],
        "rebased": rebased(report),
        "charted": [_charted(row) for row in report.rows if row.chart],
        "sources": [_source(row) for row in report.rows if row.has_data],
        "provenance": provenance(report),
    }


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


def _narrative(said: Narrative) -> dict[str, Any]:
    return {
        "what": said.what,
        "why": said.why,
        "so_what": said.so_what,
        "action": said.action,
        "by_when": words.iso_day(said.by_when) if said.by_when else "",
        "by_whom": said.by_whom,
        "signature": signature(said),
        "empty": said.empty,
    }


def _icons() -> dict[str, dict[str, str]]:
    found = {}
    for key, said in words.VARIATIONS.items():
        if key:
            found[f"v:{key}"] = {"svg": _font(charts.variation_icon(key)), "words": said}
    for key, said in words.ASSURANCES.items():
        if key:
            found[f"a:{key}"] = {"svg": _font(charts.assurance_icon(key)), "words": said}
    return found


def _font(svg: str) -> str:
    """A drawing whose letters are those of the report's own font."""
    svg = re.sub(r'\sfont-family="[^"]*"', "", svg)
    return svg.replace("<svg ", f"<svg {_FONT} ", 1)


def _matrix(report: Report) -> dict[str, Any]:
    rows = report.by_code
    cells = {(one.assurance, one.variation): one.codes for one in report.matrix}
    columns = [one for one in words.VARIATIONS if any(cells[a, one] for a in words.ASSURANCES)]
    return {
        "columns": [{"key": f"v:{one}", "words": words.VARIATIONS[one]} for one in columns],
        "rows": [
            {
                "key": f"a:{assurance}",
                "words": said,
                "cells": [
                    {
                        "count": len(cells[assurance, variation]),
                        "names": [called(rows[code]) for code in cells[assurance, variation]],
                    }
                    for variation in columns
                ],
            }
            for assurance, said in words.ASSURANCES.items()
        ],
    }


def called(row: Row) -> str:
    """A measure's name, with its period where nothing newer has come."""
    return f"{row.name}, {row.period_words}" if row.late else row.name


def row_data(row: Row) -> dict[str, Any]:
    """One row in words."""
    return {
        "name": row.name,
        "owner": row.owner,
        "period": row.period_words,
        "late": row.late,
        "words": row.words,
        "target": row.target_words,
        "numerator": words.count(row.numerator),
        "denominator": f"of {words.count(row.denominator)}" if row.denominator is not None else "",
        "variation": f"v:{row.variation}",
        "assurance": f"a:{row.assurance}",
        "sentence": row.sentence,
        "quality": row.quality,
        "as_at": words.iso_day(row.as_at),
    }


def alternative(row: Row) -> str:
    """A chart in words."""
    known = [point for point in row.points if point.words]
    first = f"{known[0].words} in the period from {words.iso_day(known[0].period)}" if known else ""
    return (
        f"Control chart of {row.name}, {len(row.points)} periods, from {first} to {row.words} in {row.period_words}. "
        f"{row.sentence}"
    )


def _exception(report: Report, at: int) -> dict[str, Any]:
    one = report.exceptions[at]
    row = report.row(one.code)
    before = f"The period before: {row.before}. " if row.before else ""
    target = f"Target: {row.target_words}, from {row.target_source}. " if row.target_words else ""
    return row_data(row) | {
        "reasons": list(one.reasons),
        "chart": _font(row.chart) if row.chart else "",
        "alt": alternative(row),
        "foot": f"{row.period_words[:1].upper()}{row.period_words[1:]}: {row.words}. {before}{target}{row.quality}",
        "since": f"{row.period_words[:1].upper()}{row.period_words[1:]}",
        "narrative": _narrative(one.narrative),
    }


def _page(report: Report, page: Domain, *, with_charts: bool) -> dict[str, Any]:
    rows = [report.row(code) for code in page.codes]
    held = [row for row in rows if row.has_data]
    exceptional = {one.code for one in report.exceptions}
    here = [
        (code, name)
        for code, name in report.organisations
        if any(cell.code == code for row in rows for cell in row.cells)
    ]
    beside = [row for row in rows if len(row.cells) > 1]
    shown = [row for row in held if row.chart and row.code not in exceptional] if with_charts else []
    return {
        "title": page.title,
        "rows": [row_data(row) for row in held],
        "without": [row.name for row in rows if not row.has_data],
        "organisations": [name for _, name in here],
        "beside": [_beside(row, [code for code, _ in here]) for row in beside],
        "remarks": [
            {"name": report.row(one.code).name, "narrative": _narrative(one.narrative)}
            for one in report.remarks
            if with_charts and one.code in page.codes
        ],
        "charts": [{"name": row.name, "chart": _font(row.chart), "alt": alternative(row)} for row in shown],
    }


def _beside(row: Row, codes: list[str]) -> dict[str, Any]:
    cells = {cell.code: cell for cell in row.cells}
    return {
        "name": row.name,
        "words": row.words,
        "cells": [
            None
            if code not in cells
            else {
                "words": cells[code].words,
                "variation": f"v:{cells[code].variation}",
                "note": "" if cells[code].period == row.period else f"from {words.iso_day(cells[code].period)}",
            }
            for code in codes
        ],
    }


def _item(report: Report, item: Item, key: str) -> dict[str, Any]:
    return {
        "key": key,
        "group": item.group,
        "title": item.title,
        "measures": [
            {
                "name": row.name,
                "words": row.words if row.has_data else "no data yet",
                "period": row.period_words,
                "judged": judged(row),
            }
            for row in (report.row(code) for code in item.codes)
        ],
    }


def judged(row: Row) -> str:
    """Variation and assurance of a row in words; blank where there is nothing to say."""
    said = [
        words.VARIATIONS[row.variation] if row.variation else "",
        words.ASSURANCES[row.assurance] if row.assurance else "",
    ]
    found = "; ".join(one for one in said if one)
    return f"{found}." if found else ""


def _source(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "sources": list(row.sources),
        "reference": f"{row.reference} ({row.certainty})",
        "as_at": words.iso_day(row.as_at) if row.as_at else words.NOT_KNOWN,
    }


def _charted(row: Row) -> dict[str, Any]:
    """The figures of a row's chart: what is usual at its end, and every period with its figure and what is special."""
    monthly = all(point.period.endswith("-01") for point in row.points)
    last = row.points[-1]
    usual = [
        f"{name} {level:,.{row.decimals}f}"
        for name, level in (("Mean", last.mean), ("lower limit", last.lower), ("upper limit", last.upper))
        if level is not None
    ]
    return {
        "name": row.name,
        "usual": ", ".join(usual),
        "figures": [
            {
                "when": words.short_month(point.period) if monthly else words.short_day(point.period),
                "words": point.words or "none",
                "special": point.special_cause != "",
            }
            for point in row.points
        ],
    }
