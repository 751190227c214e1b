"""The audit log on screen: for information governance."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wherry.web.access import audit, audit_selectors
from wherry.web.access.audit_selectors import AuditFilter
from wherry.web.access.http import Request
from wherry.web.access.permissions import Permission
from wherry.web.access.requires import requires
from wherry.web.components.export import stream_csv

_HEADER = (
    *("sequence", "moment_utc", "actor", "roles", "organisations", "action", "subject_kind", "subject_key"),
    *("organisation", "purpose", "detail", "hash"),
)


@requires(Permission.SEE_AUDIT)
def audit_log(request: Request) -> HttpResponse:
    """Who looked at whom and why. A search for a person is itself in the log."""
    asked, problem = _asked(request)
    if asked.person:
        _log_reading(request, "audit.searched", asked)
    found = list(audit_selectors.lines(request.access, asked)[: audit_selectors.PAGE + 1])
    more = len(found) > audit_selectors.PAGE
    lines = found[: audit_selectors.PAGE]
    query = {key: value for key, value in request.GET.items() if key != "before" and value}
    context = {
        "asked": asked,
        "problem": problem,
        "lines": [(line, json.loads(line.detail)) for line in lines],
        "total": audit_selectors.lines(request.access, asked).count(),
        "actions": audit_selectors.actions(request.access),
        "query": urlencode(query),
        "older": urlencode({**query, "before": lines[-1].sequence}) if more else None,
    }
    return render(request, "access/audit.jinja", context, status=422 if problem else 200)


@requires(Permission.SEE_AUDIT)
def unusual(request: Request) -> HttpResponse:
    """Looks that are worth a question."""
    found = audit_selectors.unusual(request.access, today=datetime.now(UTC).date())
    rows = [(row, urlencode(row.query)) for row in found]
    return render(request, "access/unusual.jinja", {"rows": rows, "many": audit_selectors.MANY_IN_AN_HOUR})


@requires(Permission.SEE_AUDIT)
def export(request: Request) -> HttpResponseBase:
    """The filtered log as CSV; taking it away is itself in the log."""
    asked, _ = _asked(request)
    _log_reading(request, "audit.exported", asked)
    lines = audit_selectors.lines(request.access, asked).order_by("sequence")
    rows = (
        (
            *(line.sequence, line.at.astimezone(UTC).isoformat(timespec="microseconds"), line.actor, line.roles),
            *(line.organisations, line.action, line.subject_kind, line.subject_key, line.organisation),
            *(line.purpose, line.detail, line.hash),
        )
        for line in lines.iterator(chunk_size=2000)
    )
    return stream_csv(f"audit-{datetime.now(UTC):%Y-%m-%d}", _HEADER, rows)


@requires(Permission.SEE_AUDIT)
@require_POST
def check(request: Request) -> HttpResponse:
    """Check the chain from its first line and say what was found."""
    verdict = audit.verify()
    if verdict.sound:
        messages.success(
            request, f"The log is whole: {verdict.lines:,} lines, each fits the one before. Head {verdict.head[:16]}."
        )
    else:
        messages.error(
            request,
            f"The log is broken at line {verdict.broken:,}: {verdict.reason}. The {verdict.lines:,} lines before it "
            "are sound. Keep the database as it is and tell your information security lead.",
        )
    audit.record(
        access=request.access,
        action="audit.checked",
        subject_kind="audit",
        subject_key="chain",
        purpose="information governance",
        detail={"lines": verdict.lines, "head": verdict.head, "broken": verdict.broken},
    )
    return redirect("access:audit")


def _log_reading(request: Request, action: str, asked: AuditFilter) -> None:
    audit.record(
        access=request.access,
        action=action,
        subject_kind="audit",
        subject_key="log",
        purpose="information governance",
        detail={"filter": asked.words},
    )


def _asked(request: Request) -> tuple[AuditFilter, str]:
    """The filter of the address, and what is wrong with it in words."""
    problems: list[str] = []

    def day(name: str, words: str) -> date | None:
        text = request.GET.get(name, "").strip()
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            problems.append(f"{words} is not a date: write 2026-04-03.")
            return None

    def text(name: str, longest: int) -> str:
        return request.GET.get(name, "").replace("\x00", "").strip()[:longest]

    before = request.GET.get("before", "")
    asked = AuditFilter(
        person=text("person", 200),
        actor=text("actor", 150),
        action=text("action", 80),
        since=day("since", "The first day"),
        until=day("until", "The last day"),
        before=int(before) if before.isdigit() and len(before) < 18 else None,
    )
    return asked, " ".join(problems)
