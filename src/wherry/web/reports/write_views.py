"""The page on which the narrative of a measure, or the summary of the whole, is written."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from wherry.errors import UserError
from wherry.performance.report import Narrative, Report, sentences
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components.performance import tabs
from wherry.web.reports import pages, selectors, services
from wherry.web.reports.models import Commentary, Edition
from wherry.web.reports.views import found_edition

_FIELDS = (*services.PARTS, "by_when", "by_whom")


@requires(Permission.WRITE_COMMENTARY)
@require_http_methods(["GET", "POST"])
def write(request: Request, scope: str, month: str, version: int, measure: str) -> HttpResponse:
    """Show what is written with the figures beside it, or keep what is sent as the next version."""
    edition = found_edition(request, scope, month, version)
    code = "" if measure == pages.SUMMARY else measure
    if code and code not in selectors.report_of(edition).by_code:
        raise Http404(measure)
    newest = selectors.latest_texts(edition).get(code)
    if request.method == "GET":
        return _page(request, edition, code, _now(newest), newest.number if newest else 0)
    text = {name: request.POST.get(name, "") for name in _FIELDS}
    given = request.POST.get("seen", "")
    seen = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    try:
        services.write(access=request.access, edition=edition, measure=code, seen=seen, text=text)
    except services.Overtaken as overtaken:
        return _page(request, edition, code, text, overtaken.theirs.number, overtaken=overtaken)
    except UserError as error:
        return _page(request, edition, code, text, seen, error=str(error))
    messages.success(request, "Kept. Somebody else signs it off.")
    part = "exceptions" if code else "overview"
    return redirect(f"{reverse('reports:edition', args=[scope, month, version])}?part={part}")


def _now(newest: Commentary | None) -> dict[str, str]:
    if newest is None:
        return dict.fromkeys(_FIELDS, "")
    return {name: str(getattr(newest, name) or "") for name in _FIELDS}


def _page(
    request: Request,
    edition: Edition,
    code: str,
    text: dict[str, str],
    seen: int,
    *,
    error: str = "",
    overtaken: services.Overtaken | None = None,
) -> HttpResponse:
    report = selectors.report_of(edition)
    before = selectors.sent_before(edition.scope, edition.month)
    context = tabs(request, "reports:list") | {
        "edition": edition,
        "report": report,
        "row": report.row(code) if code else None,
        "code": code,
        "slug": code or pages.SUMMARY,
        "text": text,
        "seen": seen,
        "error": error,
        "overtaken": overtaken,
        "theirs": _now(overtaken.theirs) if overtaken else {},
        "labels": LABELS,
        "history": selectors.history(edition, code),
        "before": before,
        "said_before": None if before is None else _said(before, code),
        "variation": pages.variation,
        "assurance": pages.assurance,
        "chart": pages.chart,
        "longest": services.LONGEST,
        "signature": sentences.signature,
    }
    status = 409 if overtaken else 422 if error else 200
    return render(request, "reports/write.jinja", context, status=status)


def _said(before: Report, code: str) -> Narrative | None:
    if not code:
        return before.summary
    return next((one.narrative for one in (*before.exceptions, *before.remarks) if one.code == code), None)


#: Fields as the form asks for them, with a hint each.
LABELS = {
    "what": ("What happened", "In a sentence or two, with the figure."),
    "why": ("Why", "What is known of the cause; say so where it is not known."),
    "so_what": ("So what", "What it means for patients, staff or money, and for whom it is worst."),
    "action": ("What we do", "The action, not the intention."),
    "by_when": ("By when", "A date, such as 2026-04-30."),
    "by_whom": ("By whom", "A post, such as Chief operating officer. Not a patient's name, here or above."),
}
