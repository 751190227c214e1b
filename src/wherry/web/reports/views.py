"""Views of reports: the list of editions, one edition, its files, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from wherry.errors import UserError
from wherry.performance.report import words
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components import performance
from wherry.web.components.performance import tabs
from wherry.web.reports import files, pages, selectors, services
from wherry.web.reports.models import Edition

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
#: How many months back a report can be begun.
_BACK = 24


@requires(Permission.SEE_MEASURES)
@require_GET
def listed(request: Request) -> HttpResponse:
    """Every edition that the reader may see, by month."""
    found = selectors.editions(request.access)
    context = tabs(request, "reports:list") | {
        "months": [(words.month(month), list(some)) for month, some in groupby(found, lambda one: one.month)],
        "may_make": request.access.can(Permission.SEND_REPORTS),
        "scopes": performance.scopes(),
        "choices": _months(),
        "built": performance.values() is not None,
    }
    return render(request, "reports/listed.jinja", context)


def _months() -> Sequence[tuple[str, str]]:
    """Months that are over, newest first, as addresses have them and in words."""
    today = performance.today()
    found = []
    at = today.year * 12 + today.month - 1
    if words.month_end(date(today.year, today.month, 1)) == today:
        at += 1
    for back in range(1, _BACK + 1):
        first = date((at - back) // 12, (at - back) % 12 + 1, 1)
        found.append((f"{first:%Y-%m}", words.month(first)))
    return found


def found_edition(request: Request, scope: str, month: str, version: int) -> Edition:
    """The edition of an address. Raises `Http404`, also for a draft where somebody may only read what was sent."""
    try:
        first = words.of_month(month)
    except ValueError:
        raise Http404(month) from None
    edition = selectors.edition_of(request.access, scope, first, version)
    if edition is None:
        raise Http404
    return edition


@requires(Permission.SEE_MEASURES)
@require_GET
def edition(request: Request, scope: str, month: str, version: int) -> HttpResponse:
    """One part of an edition (`?part=`)."""
    found = found_edition(request, scope, month, version)
    report = selectors.report_of(found)
    context = tabs(request, "reports:list") | pages.context(
        found, report, request.GET.get("part", "overview"), request.access
    )
    return render(request, "reports/edition.jinja", context)


@requires(Permission.SEE_MEASURES)
@require_GET
def file(request: Request, scope: str, month: str, version: int, kind: str) -> HttpResponse:
    """An edition to take away: what was sent, byte for byte, or a draft marked as one."""
    found = found_edition(request, scope, month, version)
    if kind not in TYPES:
        raise Http404(kind)
    response = HttpResponse(files.file_of(found, kind), content_type=TYPES[kind])
    draft = "-draft" if found.is_draft else ""
    name = f"performance-report-{found.scope}-{found.month_text}-v{found.version}{draft}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@requires(Permission.SEE_MEASURES)
@require_POST
def act(request: Request) -> HttpResponse:
    """One act (`act`): make, refresh, sign, unsign, send. Each service says who may."""
    name = request.POST.get("act", "")
    if name == "make":
        return _make(request)
    done = ACTS.get(name)
    if done is None:
        messages.error(request, "Choose what to do. Nothing was changed.")
        return redirect("reports:list")
    version = request.POST.get("version", "")
    found = found_edition(
        request,
        request.POST.get("scope", ""),
        request.POST.get("month", ""),
        int(version) if version.isascii() and version.isdigit() and len(version) < 6 else 0,
    )
    try:
        said = done(request, found)
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    part = request.POST.get("part", "")
    address = reverse("reports:edition", args=[found.scope, found.month_text, found.version])
    known = {one.key for one in pages.parts(selectors.report_of(found))}
    return redirect(f"{address}?part={part}" if part in known else address)


def _make(request: Request) -> HttpResponse:
    try:
        month = words.of_month(request.POST.get("month", ""))
    except ValueError:
        messages.error(request, "Choose a month. Nothing was made.")
        return redirect("reports:list")
    try:
        made = services.make(
            access=request.access,
            scope=request.POST.get("scope", ""),
            month=month,
            reason=request.POST.get("reason", ""),
        )
    except UserError as error:
        messages.error(request, str(error))
        return redirect("reports:list")
    messages.success(request, "The draft is made. Write what is to be said, and have it signed off.")
    return redirect("reports:edition", scope=made.scope, month=made.month_text, version=made.version)


def _refresh(request: Request, found: Edition) -> str:
    services.refresh(access=request.access, edition=found)
    return "The draft has the newest figures. What was signed on figures that changed has to be signed again."


def _sign(request: Request, found: Edition) -> str:
    number = request.POST.get("number", "")
    services.sign(
        access=request.access,
        edition=found,
        measure=request.POST.get("measure", ""),
        number=int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0,
    )
    return "Signed off."


def _unsign(request: Request, found: Edition) -> str:
    services.unsign(access=request.access, edition=found, measure=request.POST.get("measure", ""))
    return "Your signature is taken back."


def _send(request: Request, found: Edition) -> str:
    touched = request.POST.get("touched", "")
    if request.POST.get("sure") != "yes":
        raise UserError("Tick the box to say that you are sure: what was sent cannot be changed. Nothing was sent.")
    services.send(
        access=request.access,
        edition=found,
        touched=int(touched) if touched.isascii() and touched.isdigit() and len(touched) < 9 else -1,
        unsaid=request.POST.get("unsaid", ""),
    )
    return "Sent: this edition is kept as it is, and everybody who signs in here can read it. No e-mail goes out."


ACTS: dict[str, Callable[[Request, Edition], str]] = {
    "refresh": _refresh,
    "sign": _sign,
    "unsign": _unsign,
    "send": _send,
}
