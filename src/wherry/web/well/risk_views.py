"""Who may come to harm while waiting: the worklist, one person, reviews of harm, and what is to be done."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.components.export import stream_csv
from wherry.web.components.formats import person_name
from wherry.web.waiting import forms, presenters
from wherry.web.waiting.naming import SEX
from wherry.web.waiting.pathway_views import opened, sentence
from wherry.web.waiting.selectors import NothingYet
from wherry.web.well import follow_selectors, frame, paging, selectors, services
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.models import HarmReview, HealthForm
from wherry.web.well.selectors import CANCER, LONG_WAIT, RiskList

#: Rows of a page.
SHOWN = 50
HEADER = (
    "Place in this worklist",
    "Place on the list",
    "Trust",
    "Treatment function",
    "Surname",
    "Forename",
    "NHS number",
    "Pathway",
    "Priority",
    "Weeks waited",
    "Reasons",
    "Evidence",
    "Review of harm due",
    "Last review of harm",
    "Why here",
)


def wanted(query: QueryDict, found: RiskList) -> dict[str, Any]:
    """The filter of an address; values that nothing has are left out."""
    trust, function, reason = (query.get(name, "") for name in ("trust", "function", "reason"))
    return {
        "trust": trust if trust in found.organisations else "",
        "function": function if function in found.frame.facets["treatment_function"].values else "",
        "reason": reason if reason in frame.REASONS else "",
        "due": query.get("due") == "1",
    }


def pairs(chosen: dict[str, Any]) -> dict[str, str]:
    """A filter as the parts of an address."""
    return {name: "1" if value is True else value for name, value in chosen.items() if value}


@requires(Permission.SEE_WELL)
@require_GET
def risks(request: Request) -> HttpResponse:
    """The worklist."""
    try:
        found = RiskList(request.access)
    except NothingYet:
        return render(request, "well/nothing.jinja", {"title": "Waiting well"})
    chosen = wanted(request.GET, found)
    rows = found.select(**chosen)
    page = paging.of(request.GET, len(rows), SHOWN, pairs(chosen))
    lines = found.lines(rows[page.first : page.last])
    audit.record(
        access=request.access,
        action="waiting_risk.listed",
        subject_kind="list",
        subject_key=urlencode(pairs(chosen)) or "all",
        detail={"rows": len(lines), "page": page.number, "snapshot": found.snapshot.id},
    )
    counts = found.counts(**chosen)
    context = {
        "found": found,
        "chosen": chosen,
        "page": page,
        "count": len(rows),
        "lines": [(row, presenters.line(row, found.names, identified=True)) for row in lines],
        "counts": counts,
        "trusts": [
            (code, found.names.trust(code), counts["trust"].get(code, 0)) for code in sorted(found.organisations)
        ],
        "reason_options": [(code, words, counts["reason"][code]) for code, words in frame.REASONS.items()],
        "functions": sorted(
            ((code, found.names.function(code), n) for code, n in counts["function"].items() if code),
            key=lambda item: item[1],
        ),
        "reasons": frame.REASONS,
        "query": urlencode(pairs(chosen)),
        "rules": found.rules,
        "having": lambda **more: urlencode(pairs({**chosen, **more})),
    }
    return render(request, "well/risks.jinja", context)


@requires(selectors.FILES)
@require_GET
def risks_csv(request: Request) -> HttpResponseBase:
    """The worklist of a filter as CSV, logged."""
    found = RiskList(request.access, taking=True)
    chosen = wanted(request.GET, found)
    rows = found.select(**chosen)
    audit.record(
        access=request.access,
        action="waiting_risk.exported",
        subject_kind="list",
        subject_key=urlencode(pairs(chosen)) or "all",
        detail={"rows": len(rows), "identified": True, "snapshot": found.snapshot.id},
    )
    return stream_csv(f"waiting-well-{found.snapshot.census.isoformat()}", HEADER, _csv_rows(found, rows))


def _csv_rows(found: RiskList, rows: Any) -> Any:
    for start in range(0, len(rows), 1000):
        for place, row in enumerate(found.lines(rows[start : start + 1000]), start + 1):
            last = max((review.made_on for review in row["reviews"].values()), default=None)
            yield (
                place,
                row["position"],
                row["organisation"],
                found.names.function(row["treatment_function"]),
                row["surname"],
                row["forename"],
                row["nhs_number"],
                row["pathway_key"],
                row["clinical_priority"],
                row["weeks_waited"],
                "; ".join(words for _, words, _ in row["reasons"]),
                " ".join(evidence for _, _, evidence in row["reasons"]),
                row["due"],
                last,
                row["why_here"],
            )


@requires(Permission.SEE_WELL)
@require_GET
def person(request: Request, key: str) -> HttpResponse:
    """One waiting person: why somebody should look, what was found before, what is to be done."""
    return _person(request, key)


def _person(
    request: Request,
    key: str,
    *,
    errors: dict[str, str] | None = None,
    sent: QueryDict | None = None,
    status: int = 200,
) -> HttpResponse:
    listing, known = opened(request, key, "waiting well")
    found = RiskList(request.access)
    row = found.find(key)
    cancer = found.cancer.get(key)
    reviews = selectors.harm_reviews_of(key)
    undone = {review.undoes_id for review in reviews}
    values = sent or QueryDict()
    kinds = kinds_of(found, key)
    context = {
        "here": "risks",
        "key": key,
        "known": known,
        "name": person_name(known.identity.get("surname"), known.identity.get("forename")),
        "sentence": sentence(listing, known, found.names),
        "sex": SEX,
        "names": found.names,
        "row": row,
        "reasons": row["reasons"] if row else [],
        "cancer": cancer,
        "kinds": kinds,
        "kind_options": [(kind, found.rules.review_kinds[kind].words) for kind in kinds],
        "outcome_options": [(outcome.code, outcome.words) for outcome in found.rules.outcomes.values()],
        "due": {kind: found.is_due(key, kind) for kind in kinds},
        "reviews": [(review, review.pk in undone) for review in reviews],
        "stands": {kind: found.review_of(key, kind) for kind in found.rules.review_kinds},
        "rules": found.rules,
        "seen": reviews[0].sequence if reviews else 0,
        "forms": HealthForm.objects.filter(pathway_key=key).order_by("-invited_on", "-id"),
        "tasks": selectors.tasks_of(key),
        "follow_ups": follow_selectors.of_person(known.pathway["person_key"], found.organisations),
        "may_review": request.access.can_at(Permission.REVIEW_HARM, known.organisation),
        "errors": errors or {},
        "value": lambda name, default="": values.get(name, default),
        "today": found.today,
    }
    return render(request, "well/person.jinja", context, status=status)


def kinds_of(found: RiskList, key: str) -> list[str]:
    """The reviews that a pathway's wait asks for; the long wait's where it asks for none, so that one can be made."""
    number = found.frame.find(key)
    kinds = [LONG_WAIT] if number is not None and found.long[number] else []
    if key in found.cancer:
        kinds.append(CANCER)
    return kinds or [LONG_WAIT]


@requires(Permission.REVIEW_HARM)
@require_POST
def review(request: Request, key: str) -> HttpResponse:
    """Record a review of harm."""
    listing, known = opened(request, key, "review of harm")
    found = RiskList(request.access)
    row = found.find(key)
    post = request.POST
    days, unread = dates(post, "next_due_on", "due_on")
    subject = services.Subject(
        pathway_key=key,
        period=known.row["period"] if known.row else None,
        person_key=known.pathway["person_key"],
        organisation=known.organisation,
        days_waited=row["days_waited"] if row else None,
        evidence=[evidence for _, _, evidence in row["reasons"]] if row else [],
        snapshot_id=listing.snapshot.id,
    )
    finding = services.Finding(
        kind=post.get("kind", ""),
        outcome=post.get("outcome", ""),
        reason=post.get("reason", ""),
        candour=post.get("candour", ""),
        next_due_on=days["next_due_on"],
        action=post.get("action", ""),
        owner=post.get("owner", ""),
        due_on=days["due_on"],
    )
    try:
        if unread:
            raise Refused(unread)
        services.review_harm(
            access=request.access,
            subject=subject,
            finding=finding,
            expected_version=forms.whole(post.get("seen", "")) or 0,
            today=found.today,
        )
    except Refused as refused:
        return _person(request, key, errors=refused.errors, sent=post, status=400)
    except ChangedMeanwhile as first:
        messages.error(request, str(first))
        return _person(request, key, sent=post, status=409)
    messages.success(request, "The review of harm is recorded. You can undo it below.")
    return redirect("well:person", key)


def dates(post: QueryDict, *names: str) -> tuple[dict[str, date | None], dict[str, str]]:
    """Dates of a form, and an error for each that was written but cannot be read."""
    read = {name: forms.day(post.get(name, "")) for name in names}
    wrong = {
        name: f"“{post.get(name, '').strip()[:30]}” is not a date: write it as 3/4/2026"
        for name in names
        if post.get(name, "").strip() and read[name] is None
    }
    return read, wrong


@requires(Permission.REVIEW_HARM)
@require_POST
def undo_review(request: Request, key: str) -> HttpResponse:
    """Undo the review of harm that stands."""
    opened(request, key, "undo a review of harm")
    found = RiskList(request.access)
    number = forms.whole(request.POST.get("review", "")) or 0
    if not HarmReview.objects.filter(pk=number, pathway_key=key).exists():
        raise Http404(str(number))
    try:
        services.undo_harm(
            access=request.access, review_id=number, reason=request.POST.get("undo", ""), today=found.today
        )
    except Refused as refused:
        return _person(request, key, errors=refused.errors, sent=request.POST, status=400)
    except ChangedMeanwhile as first:
        messages.error(request, str(first))
    else:
        messages.success(request, "Undone. The review and its undoing both stay in the history.")
    return redirect("well:person", key)


@requires(Permission.SEE_WELL)
@require_GET
def due(request: Request) -> HttpResponse:
    """Reviews of harm that are due, the longest due first."""
    try:
        found = RiskList(request.access)
    except NothingYet:
        return render(request, "well/nothing.jinja", {"title": "Reviews of harm"})
    kind = CANCER if request.GET.get("kind") == CANCER else LONG_WAIT
    trust = request.GET.get("trust", "")
    trust = trust if trust in found.organisations else ""
    every = {code: found.due_reviews(code, trust) for code in (LONG_WAIT, CANCER)}
    rows = every[kind]
    chosen = {"kind": kind if kind == CANCER else "", "trust": trust}
    page = paging.of(request.GET, len(rows), SHOWN, pairs(chosen))
    shown = rows[page.first : page.last]
    if kind == LONG_WAIT:
        taken = found.frame.take(np.array([row["row"] for row in shown], dtype=np.int32))
        shown = [{**row, **more} for row, more in zip(taken, shown, strict=True)]
    audit.record(
        access=request.access,
        action="harm_reviews.listed",
        subject_kind="list",
        subject_key=kind,
        detail={"rows": len(shown), "page": page.number, "trust": trust},
    )
    context = {
        "here": "due",
        "found": found,
        "kind": kind,
        "chosen": chosen,
        "counts": {code: len(found_rows) for code, found_rows in every.items()},
        "lines": shown,
        "page": page,
        "names": found.names,
        "rules": found.rules,
        "trusts": [(code, found.names.trust(code)) for code in sorted(found.organisations)],
        "having": lambda **more: urlencode(pairs({**chosen, **more})),
        "today": found.today,
    }
    return render(request, "well/due.jinja", context)
