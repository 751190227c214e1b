"""What an edition's page shows: its parts, and the rows of each. Nothing is worked out here but order and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from wherry.performance.report import Report, charts, sentences, words
from wherry.performance.report.model import Domain, Row
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.reports import selectors
from wherry.web.reports.models import Edition

#: How the address of the summary's text calls it.
SUMMARY = "summary"


@dataclass(frozen=True)
class Part:
    """A part of the report, shown on a page of its own: `?part=`."""

    key: str
    title: str
    count: str = ""


def parts(report: Report) -> Sequence[Part]:
    """Every part, in the order of the printed report."""
    return (
        Part("overview", "Summary"),
        Part("exceptions", "Exceptions", str(len(report.exceptions))),
        *(Part(page.key, page.title) for page in report.domains),
        *(Part(f"dashboard-{page.key}", f"Dashboard: {page.title.lower()}") for page in report.dashboards),
        *([Part("objectives", "Objectives")] if report.objectives else []),
        Part("collaboration", "Collaboration framework"),
        Part("evaluations", "Did it work"),
        Part("without-data", "Without data", str(len(report.without_data))),
        Part("sources", "Sources and signs"),
    )


def context(edition: Edition, report: Report, part: str, access: Access) -> dict[str, Any]:
    """Context of one part of an edition's page; an unknown part is the first."""
    known = parts(report)
    current = next((one for one in known if one.key == part), known[0])
    lacks = selectors.standing(report) if edition.is_draft else None
    found: dict[str, Any] = {
        "edition": edition,
        "report": report,
        "rows": report.by_code,
        "parts": known,
        "part": current,
        "standing": sentences.standing(report),
        "lacks": lacks,
        "newer": selectors.newer_figures(edition),
        "versions": selectors.versions(edition, access),
        "may_write": edition.is_draft and access.can(Permission.WRITE_COMMENTARY),
        "may_sign": edition.is_draft and access.can(Permission.SIGN_REPORTS),
        "may_send": edition.is_draft and access.can(Permission.SEND_REPORTS),
        "may_correct": not edition.is_draft and access.can(Permission.SEND_REPORTS),
        "texts": selectors.latest_texts(edition) if edition.is_draft else {},
        "user": access.user,
        "signature": sentences.signature,
        "say": words,
        "variation": variation,
        "assurance": assurance,
        "chart": chart,
        "judged": sentences.judged,
        "called": sentences.called,
        "sha": {one.kind: one.sha256 for one in edition.files.defer("content")} if not edition.is_draft else {},
    }
    page = page_of(report, current.key)
    if page is not None:
        found |= domain(report, page, with_charts=not current.key.startswith("dashboard-"))
    if current.key == "sources":
        found["rebased"] = sentences.rebased(report)
    if current.key == "overview":
        found |= {"worse": sentences.worse(report), "counts": sentences.counts(report)}
        found |= {"since": sentences.since(report), "kinds": sentences.KINDS}
        found |= {"columns": columns(report), "cells": {(c.assurance, c.variation): c.codes for c in report.matrix}}
    return found


def page_of(report: Report, key: str) -> Domain | None:
    """The domain or dashboard of a part."""
    for page in report.domains:
        if page.key == key:
            return page
    return next((page for page in report.dashboards if f"dashboard-{page.key}" == key), None)


def domain(report: Report, page: Domain, *, with_charts: bool) -> dict[str, Any]:
    """Rows, organisations and charts of a page."""
    rows = [report.row(code) for code in page.codes]
    held = [row for row in rows if row.has_data]
    return {
        "page": page,
        "held": held,
        "without": [row for row in rows if not row.has_data],
        "organisations": [
            one for one in report.organisations if any(cell.code == one[0] for row in rows for cell in row.cells)
        ],
        "beside": [(row, {cell.code: cell for cell in row.cells}) for row in rows if len(row.cells) > 1],
        "charted": [row for row in held if row.chart] if with_charts else [],
        "remarks": {one.code: one.narrative for one in (*report.exceptions, *report.remarks)},
    }


def columns(report: Report) -> Sequence[str]:
    """Variations that any measure has."""
    return [one for one in words.VARIATIONS if any(c.codes for c in report.matrix if c.variation == one)]


def variation(kind: str) -> Markup:
    """The sign of a variation; our own drawing."""
    return Markup(charts.variation_icon(kind))  # noqa: S704 - drawn by us, its words escaped


def assurance(kind: str) -> Markup:
    """The sign of an assurance; our own drawing."""
    return Markup(charts.assurance_icon(kind))  # noqa: S704 - drawn by us, its words escaped


def chart(row: Row) -> Markup:
    """The chart of a row as it is kept; our own drawing."""
    return Markup(row.chart)  # noqa: S704 - drawn by us, its words escaped
