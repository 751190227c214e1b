"""Patients who ask to be seen: recorded by telephone, triaged in time, answered."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wherry.errors import UserError
from wherry.waiting import follow_ups as rules_of
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.components.formats import person_name
from wherry.web.offers import patients
from wherry.web.offers.acts import Actor
from wherry.web.offers.answers import PROOFS
from wherry.web.offers.codes import shown
from wherry.web.waiting import forms
from wherry.web.waiting.naming import names_of
from wherry.web.waiting.selectors import NothingYet
from wherry.web.well import acts, codes, follow_selectors, follow_services
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.follow_selectors import FollowUps, subject
from wherry.web.well.models import SeeRequest, Task
from wherry.web.well.risk_views import dates


@requires(Permission.SEE_WELL)
@require_GET
def requests(request: Request) -> HttpResponse:
    """Requests that wait for a clinician, the soonest due first."""
    if snapshots.current("care") is None:
        return render(request, "well/nothing.jinja", {"title": "Asked to be seen"})
    where = request.access.where(Permission.SEE_WELL)
    trust = request.GET.get("trust", "")
    rows = follow_selectors.open_requests(request.access, trust if trust in where else "")
    facts = patients.facts_of([row.pathway_key for row in rows])
    names = names_of(patients.care())
    today = snapshots.today()
    audit.record(
        access=request.access,
        action="follow_up.requests_listed",
        subject_kind="list",
        subject_key=trust or "all",
        detail={"rows": len(rows)},
    )
    answered = SeeRequest.objects.filter(organisation__in=where).exclude(answer="").order_by("-answered_on", "-id")
    context = {
        "lines": [(row, facts.get(row.pathway_key)) for row in rows],
        "late": sum(row.triage_due_on < today for row in rows),
        "answered": answered[:10],
        "rules": rules_of.on(today),
        "names": names,
        "today": today,
        "trust": trust,
        "trusts": [(code, names.trust(code), None) for code in sorted(where)],
    }
    return render(request, "well/requests.jinja", context)


def _find(request: Request, pk: int, permission: Permission) -> SeeRequest:
    found = SeeRequest.objects.filter(pk=pk, organisation__in=request.access.where(permission)).first()
    if found is None:
        raise Http404(str(pk))
    return found


@requires(Permission.SEE_WELL)
@require_GET
def one(request: Request, pk: int) -> HttpResponse:
    """One request, and its answer."""
    return _one(request, pk)


def _one(
    request: Request, pk: int, errors: dict[str, str] | None = None, sent: QueryDict | None = None, status: int = 200
) -> HttpResponse:
    found = _find(request, pk, Permission.SEE_WELL)
    audit.record(
        access=request.access,
        action="follow_up.request_opened",
        subject_kind="follow_up",
        subject_key=found.follow_up_key[:200],
        organisation=found.organisation,
        detail={"request": pk, "pathway": found.pathway_key},
    )
    history = list(found.answers.all())
    values = sent or QueryDict()
    context: dict[str, Any] = {
        "asked": found,
        "facts": patients.facts_for(found.pathway_key),
        "names": names_of(patients.care()),
        "rules": rules_of.on(found.asked_on),
        "history": [(row, any(other.undoes_id == row.pk for other in history)) for row in reversed(history)],
        "standing": acts.standing(history),
        "tasks": Task.objects.filter(because_kind="request", because_id__in=[row.pk for row in history]),
        "answers": SeeRequest.Answer.choices,
        "may_answer": request.access.can_at(Permission.REVIEW_HARM, found.organisation),
        "errors": errors or {},
        "value": lambda name, default="": values.get(name, default),
        "today": snapshots.today(),
    }
    return render(request, "well/request.jinja", context, status=status)


@requires(Permission.REVIEW_HARM)
@require_POST
def answer(request: Request, pk: int) -> HttpResponse:
    """Answer a request."""
    _find(request, pk, Permission.REVIEW_HARM)
    post = request.POST
    days, unread = dates(post, "due_on")
    triaged = follow_services.Triaged(
        answer=post.get("answer", ""),
        reason=post.get("reason", ""),
        action=post.get("action", ""),
        owner=post.get("owner", ""),
        due_on=days["due_on"],
    )
    try:
        if unread:
            raise Refused(unread)
        follow_services.answer(
            access=request.access,
            request_id=pk,
            triaged=triaged,
            expected_version=forms.whole(post.get("version", "")) or 0,
            today=snapshots.today(),
        )
    except Refused as refused:
        return _one(request, pk, refused.errors, post, 400)
    except ChangedMeanwhile as first:
        messages.error(request, str(first))
        return redirect("well:request", pk)
    messages.success(request, "The answer is recorded. You can undo it.")
    return redirect("well:request", pk)


@requires(Permission.REVIEW_HARM)
@require_POST
def undo(request: Request, pk: int) -> HttpResponse:
    """Undo an answer: the request is open again."""
    _find(request, pk, Permission.REVIEW_HARM)
    try:
        follow_services.undo_answer(
            access=request.access, request_id=pk, reason=request.POST.get("undo", ""), today=snapshots.today()
        )
    except Refused as refused:
        return _one(request, pk, refused.errors, request.POST, 400)
    except ChangedMeanwhile as first:
        messages.error(request, str(first))
    else:
        messages.success(request, "Undone: the request is open again.")
    return redirect("well:request", pk)


@requires(Permission.ASK_HEALTH)
@require_GET
def find(request: Request) -> HttpResponse:
    """Find a caller's follow-ups by NHS number, to record that they ask to be seen."""
    try:
        found = FollowUps(request.access, Permission.ASK_HEALTH)
    except NothingYet:
        return render(request, "well/nothing.jinja", {"title": "Record a request"})
    typed = request.GET.get("number", "").strip()[:20]
    digits = re.sub(r"[\s\-]", "", typed)
    rows: list[dict[str, Any]] = []
    if digits.isascii() and digits.isdigit() and len(digits) == 10:
        people = patients.rows_where(found.snapshot, "person_identity", "nhs_number", [digits])
        keys = {row["person_key"] for row in people if row["nhs_number_valid"]}
        mine = [row for key in sorted(keys) for row in found.frame.of_person(key)]
        numbers = [found.frame.find(row["follow_up_key"]) for row in mine if row["source"] in found.organisations]
        rows = found.lines([number for number in numbers if number is not None]) if numbers else []
        audit.record(
            access=request.access,
            action="follow_up.searched",
            subject_kind="search",
            subject_key=digits,
            detail={"rows": len(rows), "shown": [row["follow_up_key"] for row in rows[:5]]},
        )
    context = {
        "typed": typed,
        "bad": bool(typed) and len(digits) != 10,
        "rows": rows,
        "names": found.names,
    }
    return render(request, "well/find.jinja", context)


def _caller(request: Request, key: str) -> tuple[FollowUps, dict[str, Any]]:
    try:
        found = FollowUps(request.access, Permission.ASK_HEALTH)
    except NothingYet as nothing:
        raise Http404(str(nothing)) from nothing
    row = found.one(key)
    if row is None:
        raise Http404(key)
    return found, row


@requires(Permission.ASK_HEALTH)
@require_http_methods(["GET", "POST"])
def record(request: Request, key: str) -> HttpResponse:
    """Record by telephone that a patient asks to be seen."""
    found, row = _caller(request, key)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            if set(request.POST.getlist("proof")) != set(PROOFS):
                raise Refused({"proof": "Tick all three checks before anything about health is said"})
            made = follow_services.ask(
                actor=Actor(request.access),
                follow_up=subject(row),
                urgency=request.POST.get("urgency", ""),
                text=request.POST.get("words", ""),
                today=found.today,
            )
        except Refused as refused:
            errors = refused.errors
        else:
            messages.success(
                request, f"Recorded. A clinician looks at it by {made.triage_due_on.day} {made.triage_due_on:%B %Y}."
            )
            return redirect("well:find")
    else:
        audit.record(
            access=request.access,
            action="follow_up.opened",
            subject_kind="follow_up",
            subject_key=key[:200],
            organisation=row["source"],
            detail={"pathway": row["pathway_key"], "for": "a call"},
        )
    context = {
        "key": key,
        "row": row,
        "facts": patients.facts_for(row["pathway_key"]),
        "name": person_name(row["who"].get("surname"), row["who"].get("forename")),
        "names": found.names,
        "rules": found.rules,
        "urgency_options": [(triage.code, triage.words) for triage in found.rules.triage.values()],
        "proofs": PROOFS,
        "ticked": set(request.POST.getlist("proof")),
        "errors": errors,
        "value": lambda name, default="": request.POST.get(name, default),
    }
    return render(request, "well/record.jinja", context, status=400 if errors else 200)


@requires(Permission.ASK_HEALTH)
@require_POST
def code(request: Request, key: str) -> HttpResponse:
    """A code with which the patient can ask to be seen on their own page."""
    _, row = _caller(request, key)
    facts = patients.facts_for(row["pathway_key"])
    until = row["agreed"].open_until if row["agreed"] else row["open_until"]
    try:
        made = codes.make(access=request.access, follow_up=subject(row), until=until)
    except UserError as why:
        messages.error(request, str(why))
        return redirect("well:record", key)
    lines = [(None, facts, shown(made), "")]
    return render(request, "well/codes.jinja", {"here": "find", "lines": lines})
