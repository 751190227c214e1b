"""The validation queue: doubtful pathways one at a time, decided by name; and what only a clinician answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.components.export import csv_lines
from wherry.web.components.formats import person_name
from wherry.web.waiting import forms, presenters, rules, services, worklist
from wherry.web.waiting import queue as queues
from wherry.web.waiting.models import Kind
from wherry.web.waiting.overlay import findings_of
from wherry.web.waiting.pathway_views import context as pathway_context
from wherry.web.waiting.pathway_views import opened
from wherry.web.waiting.queue import Queue, QueueFilter
from wherry.web.waiting.selectors import NothingYet

#: Rows of the queue that a page shows.
SHOWN = 50


@requires(Permission.VALIDATE)
@require_GET
def queue(request: Request) -> HttpResponse:
    """The queue, most serious first, and the corrections that wait to be made at each trust."""
    try:
        found = Queue(request.access)
    except NothingYet:
        return render(request, "waiting/nothing.jinja", {"title": "Validation"})
    wanted = found.read(request.GET)
    rows = found.rows(wanted)
    counts = found.counts(wanted)
    return render(
        request,
        "waiting/queue.jinja",
        {
            "count": len(rows),
            "lines": case_lines(found, found.listing.take(rows[:SHOWN])),
            "wanted": wanted,
            "query": urlencode(wanted.pairs()),
            "first": _first(found, rows),
            "order_words": queues.ORDER_WORDS,
            "rules": [(r, found.names.rule(r), n) for r, n in counts["rule"].items() if n or r == wanted.rule],
            "trusts": [
                (code, found.names.trust(code), counts["trust"].get(code, 0)) for code in sorted(found.organisations)
            ],
            "groups": sorted(
                ((g, found.names.function(g), n) for g, n in counts["group"].items()), key=lambda item: item[1]
            ),
            "names": found.names,
            "worklists": [(code, found.names.trust(code), n) for code, n in worklist.counts(found).items()],
            "asked": len(found.asked()),
            "tag": presenters.TAG,
            "shown": min(SHOWN, len(rows)),
        },
    )


def _first(found: Queue, rows: Any) -> str | None:
    return str(found.listing.frame.table["pathway_key"][int(rows[0])].as_py()) if len(rows) else None


def case_lines(found: Queue, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the queue with the evidence of each doubt."""
    evidence = findings_of(found.listing.snapshot).of([row["pathway_key"] for row in rows])
    lines = []
    for row in rows:
        doubts = [(found.names.rule(rule), words) for rule, words in evidence[row["pathway_key"]].items()]
        doubts.sort(key=lambda item: (("high", "medium", "low").index(item[0].severity), item[0].code))
        line = presenters.line(row, found.names, identified=True)
        lines.append({"row": row, "line": line, "doubts": doubts, "key": row["pathway_key"], "case": row["case"]})
    return lines


@requires(Permission.VALIDATE)
@require_GET
def validate(request: Request, key: str) -> HttpResponse:
    """One doubtful pathway with its evidence, and what may be decided about it."""
    return _case(request, key, clinical=False)


@requires(Permission.REVIEW_CLINICALLY)
@require_GET
def clinical_case(request: Request, key: str) -> HttpResponse:
    """One pathway that a clinician is asked about."""
    return _case(request, key, clinical=True)


def _case(
    request: Request,
    key: str,
    *,
    clinical: bool,
    status: int = 200,
    errors: dict[str, str] | None = None,
    sent: QueryDict | None = None,
    kind: str = "",
) -> HttpResponse:
    permission = Permission.REVIEW_CLINICALLY if clinical else Permission.VALIDATE
    listing, found = opened(request, key, "clinical decision" if clinical else "validation")
    shown = pathway_context(request, listing, found)
    line = Queue(request.access, permission)
    wanted = line.read(request.GET)
    values = sent or QueryDict()
    shown |= {
        "clinical": clinical,
        "may_decide": found.clock is not None and request.access.can_at(permission, found.organisation),
        "errors": errors or {},
        "value": lambda form, name, default="": values.get(name, default) if form == kind else default,
        "problems": lambda form: (errors or {}) if form == kind else {},
        "opened_kind": kind,
        "count": 0 if clinical else len(line.rows(wanted)),
        "query": urlencode(wanted.pairs()),
        "skip": None if clinical else line.after(wanted, key),
        "technical_stops": rules.TECHNICAL_STOPS,
        "monitoring_stops": rules.MONITORING_STOPS,
        "removal_stops": rules.REMOVAL_STOPS,
        "weeks_at_most": rules.WEEKS_AT_MOST,
        "clinicians": [] if clinical else services.clinicians(found.organisation),
        "decide_url": reverse("waiting:decide_clinically" if clinical else "waiting:decide", args=[key]),
    }
    return render(request, "waiting/case.jinja", shown, status=status)


@requires(Permission.VALIDATE)
@require_POST
def decide(request: Request, key: str) -> HttpResponse:
    """Record a manager's decision and go to the next doubtful pathway."""
    return _decide(request, key, clinical=False)


@requires(Permission.REVIEW_CLINICALLY)
@require_POST
def decide_clinically(request: Request, key: str) -> HttpResponse:
    """Record a clinician's decision."""
    return _decide(request, key, clinical=True)


def _decide(request: Request, key: str, *, clinical: bool) -> HttpResponse:
    listing, found = opened(request, key, "clinical decision" if clinical else "validation")
    kind = request.POST.get("kind", "")
    allowed = rules.CLINICAL_KINDS if clinical else rules.TECHNICAL_KINDS
    answer, unread = forms.answer(request.POST, kind if kind in allowed else "")
    version = forms.whole(request.POST.get("version", ""))
    if found.clock is None or version is None:
        messages.error(request, "Nothing was recorded: this clock is not open any more, or the form was not whole.")
        return redirect("waiting:pathway", key)
    if not answer.kind:
        messages.error(request, "Nothing was recorded: choose what you decide.")
        return redirect(reverse("waiting:clinical_case" if clinical else "waiting:validate", args=[key]))
    try:
        if unread:
            raise services.Refused(services.check(answer, found.clock, listing.today) | unread)
        services.decide(
            access=request.access, clock=found.clock, expected_version=version, answer=answer, today=listing.today
        )
    except services.Refused as refused:
        return _case(
            request, key, clinical=clinical, status=400, errors=refused.errors, sent=request.POST, kind=answer.kind
        )
    except services.DecidedAlready as first:
        messages.error(request, str(first))
        return _case(request, key, clinical=clinical, status=409, sent=request.POST, kind=answer.kind)
    name = person_name(found.identity.get("surname"), found.identity.get("forename"))
    messages.success(request, f"{name}: {Kind(answer.kind).label.lower()}. You can undo it on the pathway’s page.")
    if clinical:
        return redirect("waiting:clinical")
    return _to_next(request, key)


def _to_next(request: Request, key: str) -> HttpResponse:
    found = Queue(request.access)
    wanted = found.read(request.GET)
    following = found.after(wanted, key)
    query = urlencode(wanted.pairs())
    if following is None:
        messages.info(request, "That was the last one of this queue.")
        return redirect(f"{reverse('waiting:validation')}?{query}")
    return redirect(f"{reverse('waiting:validate', args=[following])}?{query}")


@requires(Permission.VALIDATE)
@require_GET
def next_case(request: Request) -> HttpResponse:
    """Go to the first pathway of the queue."""
    found = Queue(request.access)
    wanted = found.read(request.GET)
    first = _first(found, found.rows(wanted))
    query = urlencode(wanted.pairs())
    if first is None:
        messages.info(request, "Nothing is left in this queue.")
        return redirect(f"{reverse('waiting:validation')}?{query}")
    return redirect(f"{reverse('waiting:validate', args=[first])}?{query}")


@requires(Permission.REVIEW_CLINICALLY)
@require_GET
def clinical(request: Request) -> HttpResponse:
    """What managers ask clinicians, and reviews of active monitoring that are due."""
    try:
        found = Queue(request.access, Permission.REVIEW_CLINICALLY)
    except NothingYet:
        return render(request, "waiting/nothing.jinja", {"title": "For a clinician"})
    asked = case_lines(found, found.asked())
    me = request.access.user.pk if request.access.user else None
    due = found.listing.take(found.ordered(found.reviews_due.nonzero()[0]))
    context = {
        "mine": [line for line in asked if line["case"].asked_of == me],
        "anyones": [line for line in asked if line["case"].asked_of is None],
        "others": [line for line in asked if line["case"].asked_of not in (None, me)],
        "due": case_lines(found, [row for row in due if row["organisation"] in found.organisations]),
        "names": found.names,
        "reasons": worklist.reasons([line["key"] for line in asked]),
        "tag": presenters.TAG,
    }
    return render(request, "waiting/clinical.jinja", context)


@requires(Permission.VALIDATE)
@require_GET
def bulk(request: Request) -> HttpResponse:
    """Preview: the first rows of the queue's filter, to be confirmed together."""
    return _bulk_page(request, {}, "", 12)


def _bulk_page(request: Request, errors: dict[str, str], reason: str, weeks: int, status: int = 200) -> HttpResponse:
    found = Queue(request.access)
    wanted = found.read(request.GET)
    rows = found.rows(wanted)
    part = found.listing.take(rows[: worklist.BULK_AT_MOST])
    context = {
        "lines": case_lines(found, part),
        "versions": worklist.versions(part),
        "count": len(rows),
        "most": worklist.BULK_AT_MOST,
        "wanted": wanted,
        "wanted_words": _wanted_words(found, wanted),
        "query": urlencode(wanted.pairs()),
        "errors": errors,
        "reason": reason,
        "weeks": weeks,
        "weeks_at_most": rules.WEEKS_AT_MOST,
    }
    return render(request, "waiting/bulk.jinja", context, status=status)


def _wanted_words(found: Queue, wanted: QueueFilter) -> str:
    parts = [
        found.names.rule(wanted.rule).words if wanted.rule else "",
        found.names.trust(wanted.trust) if wanted.trust else "",
        found.names.function(wanted.group) if wanted.group else "",
    ]
    return ", ".join(part for part in parts if part) or "the whole queue"


@requires(Permission.VALIDATE)
@require_POST
def confirm_all(request: Request) -> HttpResponse:
    """Confirm the ticked rows of a preview: all of them, or none."""
    reason, weeks = request.POST.get("reason", ""), forms.whole(request.POST.get("weeks", ""))
    found = Queue(request.access)
    try:
        done = worklist.confirm_many(
            access=request.access, found=found, ticked=request.POST.getlist("pathway"), reason=reason, weeks=weeks
        )
    except services.Refused as refused:
        return _bulk_page(request, refused.errors, reason, weeks or 12, status=400)
    except services.DecidedAlready as first:
        messages.error(request, f"Nothing was recorded for any of them. {first}")
        return _bulk_page(request, {}, reason, weeks or 12, status=409)
    messages.success(request, f"{done:,} confirmed. Each can be undone on its own page.")
    return redirect(f"{reverse('waiting:validation')}?{urlencode(found.read(request.GET).pairs())}")


@requires(Permission.VALIDATE)
@require_GET
def worklist_csv(request: Request) -> HttpResponseBase:
    """Corrections that a trust has yet to make in its own system."""
    found = Queue(request.access)
    trust = request.GET.get("trust", "")
    trusts = [trust] if trust in found.organisations else sorted(found.organisations)
    rows = worklist.rows(found, trusts)
    worklist.record_export(request.access, trusts, len(rows))
    name = "-".join(["corrections", *trusts, found.listing.snapshot.census.isoformat()])
    response = StreamingHttpResponse(csv_lines(worklist.HEADER, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
