"""An evaluation as a file: every period with what was seen and what would have been, and what was found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponseBase

from wherry.performance.evaluation import words
from wherry.web.access import audit
from wherry.web.access.http import Request
from wherry.web.components.export import stream_csv, xlsx
from wherry.web.evaluation import presenters
from wherry.web.evaluation.models import Evaluation, Result
from wherry.web.evaluation.presenters import Page

HEADER = ("part", "what", "period", "seen", "without it", "gap", "comparators", "lower", "upper", "words")


def export(request: Request, row: Evaluation, result: Result | None, kind: str) -> HttpResponseBase:
    """The file, with its line in the audit log."""
    page = presenters.page(row, result, None)
    audit.record(
        access=request.access,
        action="evaluation.exported",
        subject_kind="evaluation",
        subject_key=str(row.pk),
        purpose="evaluation",
        detail={"kind": kind, "values": result.values_id if result else ""},
    )
    name = f"evaluation-{row.pk}"
    if kind == "csv":
        return stream_csv(name, HEADER, rows(page))
    return xlsx(name, HEADER, rows(page), notes=notes(page), sheet="Evaluation")


def rows(page: Page) -> Iterator[list[Any]]:
    """Rows of one shape: the verdict and its reasons, the series, the effect, checks, weights, placebos."""
    row, found = page.row, page.found
    yield ["verdict", page.verdict, row.starts_on, *[None] * 6, page.result.sentence if page.result else ""]
    for reason in page.result.reasons if page.result else ():
        yield ["reason", "", *[None] * 7, reason]
    if found is None:
        return
    yield [
        "effect",
        "mean since the start",
        None,
        None,
        None,
        found.effect,
        None,
        found.lower,
        found.upper,
        found.p_how,
    ]
    yield ["effect", "before and after alone", None, None, None, found.gross, *[None] * 3, ""]
    for _, seen, without, gap, others, low, high, period in page.series:
        yield ["series", page.measure_name, period, seen, without, gap, others, low, high, ""]
    for at in found.horizons:
        yield ["horizon", f"period {at.number}", at.period, None, None, at.value, None, at.lower, at.upper, ""]
    for check in found.checks:
        yield ["check", check.name, *[None] * 7, check.words]
    for one in found.diagnostics:
        yield ["diagnostic", one.name, None, one.value, *[None] * 5, one.words]
    for name, code, weight, _ in page.weights:
        yield ["weight", name, None, weight, *[None] * 5, code]
    for name, code, effect, rank, mark in page.placebos:
        if code:
            ranked = rank if rank != float("inf") else None
            yield ["placebo", name, None, ranked, None, effect, None, None, None, mark or code]
    for name, why in page.excluded:
        yield ["not compared", name, *[None] * 7, why]


def notes(page: Page) -> list[str]:
    """What the figures are, for whoever opens the file without the page."""
    row, result = page.row, page.result
    fixed = f"Baseline {row.baseline_from} to {row.baseline_to}, fixed on {row.fixed_on} by {row.fixed_by_name}."
    lines = [
        row.title,
        row.what,
        f"{page.measure_name}, {page.who}, from {row.starts_on}.",
        fixed if row.fixed_on else "",
    ]
    if result is not None:
        lines += [result.sentence, *result.reasons, f"Values {result.values_id}, Wherry {result.version}."]
        if result.found.get("artificial"):
            lines.append("Artificial system: nobody in it is a real person.")
    if page.found is not None:
        lines += [*page.found.notes, words.gross_and_net(page.found)]
    return [line for line in [*lines, page.withheld] if line]
