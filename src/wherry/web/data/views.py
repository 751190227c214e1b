"""Quality by source, quarantine, loads, and possible same people."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from wherry.errors import UserError
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.data import link_selectors, selectors, services
from wherry.web.data.models import Decision


@requires(Permission.SEE_QUALITY)
def sources(request: Request) -> HttpResponse:
    """How fresh and how good each source is, and the worklist behind each finding."""
    context = {"found": selectors.sources(request.access), "links": request.access.can(Permission.SEE_LIST)}
    return render(request, "data/sources.jinja", context)


@requires(Permission.SEE_QUALITY)
def quarantine(request: Request) -> HttpResponse:
    """Rows that could not be published: file, line, reason; the row itself for those who may see it."""
    asked = {name: request.GET.get(name, "")[:80] for name in ("source", "feed", "reason")}
    number = request.GET.get("page", "1")
    page, reasons = selectors.quarantine(request.access, page=int(number) if number.isdecimal() else 1, **asked)
    raw = request.access.can(Permission.SEE_RAW_ROWS)
    if raw and page.rows:
        audit.record(
            access=request.access,
            action="quarantine.opened",
            subject_kind="quarantine",
            subject_key=",".join(filter(None, asked.values())) or "all",
            purpose="data quality",
            detail={"rows": len(page.rows), "page": page.number},
        )
    context = {"page": page, "reasons": reasons, "asked": asked, "raw": raw, "query": urlencode(asked)}
    return render(request, "data/quarantine.jinja", context)


@requires(Permission.SEE_QUALITY)
def loads(request: Request) -> HttpResponse:
    """Every file taken in, with its hash and what became of its rows."""
    return render(request, "data/loads.jinja", {"loads": selectors.loads(request.access)})


@requires(Permission.DECIDE_LINKS)
def links(request: Request) -> HttpResponse:
    """Records that may be one person: somebody must say."""
    pairs, elsewhere = link_selectors.pairs(request.access)
    context = {
        "pairs": pairs[: selectors.PAGE],
        "total": len(pairs),
        "open": sum(pair.is_open for pair in pairs),
        "elsewhere": elsewhere,
    }
    return render(request, "data/links.jinja", context)


@requires(Permission.DECIDE_LINKS)
def link(request: Request) -> HttpResponse:
    """Two records side by side; same, different, or undo."""
    source = request.POST if request.method == "POST" else request.GET
    left, right = source.get("left", ""), source.get("right", "")
    found = link_selectors.pair(request.access, left, right)
    if found is None:
        raise Http404
    error = None
    if request.method == "POST":
        try:
            decision = Decision(request.POST.get("decision", ""))
        except ValueError:
            error = "Choose whether they are the same person. Nothing was changed."
        else:
            seen = request.POST.get("seen", "")
            try:
                services.decide(
                    by=request.access,
                    left=left,
                    right=right,
                    decision=decision,
                    reason=request.POST.get("reason", ""),
                    seen=int(seen) if seen.isdecimal() else None,
                )
            except UserError as refused:
                error = str(refused)
            else:
                messages.success(request, f"Kept: {decision.label.lower()}. The next build of the data applies it.")
                return redirect(reverse("data:link") + "?" + urlencode({"left": left, "right": right}))
    for identity in (left, right):
        audit.record(
            access=request.access,
            action="identity.opened",
            subject_kind="identity",
            subject_key=identity,
            organisation=identity.split(":", 1)[0],
            purpose="data quality",
            detail={"beside": right if identity == left else left},
        )
    pair, fields, history = link_selectors.pair(request.access, left, right) or found
    context = {"pair": pair, "fields": fields, "history": history, "error": error, "reason": source.get("reason", "")}
    return render(request, "data/link.jinja", context, status=422 if error else 200)
