"""What the PDF's template is given: the report in words, in the order of its pages. Names only, no rules."""

from __future__ import annotations

import re
from typing import Any

from wherry.performance.report import charts, sentences, words
from wherry.performance.report.model import Domain, Item, Narrative, Report, Row

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
        "standing": sentences.standing(report),
        "artificial": report.artificial,
        "reason": report.reason,
        "corrected": [one.words for one in report.corrected],
        "unsaid": report.unsaid,
        "footer": f"{report.title}, {'draft' if report.draft else f'version {report.version}'}",
        "summary": _narrative(report.summary),
        "counts": sentences.counts(report),
        "worse": sentences.worse(report),
        "matrix": _matrix(report),
        "changes": [{"kind": sentences.KINDS[one.kind], "words": one.words} for one in report.changes],
        "since": sentences.since(report),
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
                "chart": _font(one.chart) if one.chart else "",
                "alt": one.alt,
                "steps": [
                    {"when": step.when, "seen": step.seen_words, "without": step.without_words} for step in one.steps
                ],
            }
            for one in report.verdicts
        ],
        "missing": [{"name": one.name, "owner": one.owner, "missing": one.missing} for one in report.without_data],
        "icons": _icons(),
        "key": [{"key": key, "words": one["words"]} for key, one in _icons().items()],
        "disclosure": list(report.disclosure) or ["Nothing is shown, so nothing is withheld."],
        "rebased": sentences.rebased(report),
        "charted": [_charted(row) for row in report.rows if row.chart],
        "sources": [_source(row) for row in report.rows if row.has_data],
        "provenance": sentences.provenance(report),
    }


def _narrative(said: Narrative) -> dict[str, Any]:
    return {
        "what": said.what,
        "why": said.why,
        "so_what": said.so_what,
        "action": said.action,
        "by_when": words.iso_day(said.by_when) if said.by_when else "",
        "by_whom": said.by_whom,
        "signature": sentences.signature(said),
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
                        "names": [sentences.called(rows[code]) for code in cells[assurance, variation]],
                    }
                    for variation in columns
                ],
            }
            for assurance, said in words.ASSURANCES.items()
        ],
    }


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


def _exception(report: Report, at: int) -> dict[str, Any]:
    one = report.exceptions[at]
    row = report.row(one.code)
    before = f"The period before: {row.before}. " if row.before else ""
    target = f"Target: {row.target_words}, from {row.target_source}. " if row.target_words else ""
    return row_data(row) | {
        "reasons": list(one.reasons),
        "chart": _font(row.chart) if row.chart else "",
        "alt": sentences.alternative(row),
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
        "charts": [{"name": row.name, "chart": _font(row.chart), "alt": sentences.alternative(row)} for row in shown],
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
                "judged": sentences.judged(row),
            }
            for row in (report.row(code) for code in item.codes)
        ],
    }


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
