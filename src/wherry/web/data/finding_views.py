"""The worklist behind a data-quality rule, on screen and as a file for the system that must be mended."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from wherry.reference import treatment_functions
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.access.selectors import organisation_names
from wherry.web.components.export import stream_csv
from wherry.web.data import finding_selectors


@requires(Permission.OPEN_PATHWAY)
def findings(request: Request, rule: str) -> HttpResponse:
    """Every pathway that the rule found, those that are not on the list first."""
    number = request.GET.get("page", "1")
    found = finding_selectors.worklist(request.access, rule, page=int(number) if number.isdecimal() else 1)
    if found is None:
        raise Http404
    context = {
        "found": found,
        "rule": found.rule,
        "page": found.page,
        "trusts": organisation_names(),
        "function_name": treatment_functions.name,
    }
    return render(request, "data/findings.jinja", context)


@requires(Permission.VALIDATE)
def findings_csv(request: Request, rule: str) -> HttpResponseBase:
    """The same as CSV, named in the audit log with its number of rows."""
    found = finding_selectors.every_row(request.access, rule)
    if found is None:
        raise Http404
    number, rows = found
    audit.record(
        access=request.access,
        action="findings.exported",
        subject_kind="quality_rule",
        subject_key=rule,
        purpose="data quality",
        detail={"rows": number},
    )
    return stream_csv(f"findings-{rule}", finding_selectors.HEADER, rows)
