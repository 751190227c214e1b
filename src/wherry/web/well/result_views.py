"""Answered questionnaires: what a clinician must look at, and what was decided."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.waiting import questionnaire as questionnaires
from wherry.waiting import readiness
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.offers import patients
from wherry.web.waiting import forms
from wherry.web.waiting.naming import names_of
from wherry.web.well import acts, form_selectors, form_services, paging
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.models import Fitness, FormState, HealthForm, Task
from wherry.web.well.risk_views import dates

VIEWS = {"review": "For a clinician", "fit": "Fit, nothing to review", "decided": "Decided"}
SHOWN = 50


@requires(Permission.SEE_WELL)
@require_GET
def results(request: Request) -> HttpResponse:
    """Questionnaires that were answered; those that a clinician must look at first."""
    if snapshots.current("care") is None:
        return render(request, "well/nothing.jinja", {"title": "Questionnaires answered"})
    view = request.GET.get("view", "review")
    view = view if view in VIEWS else "review"
    where = request.access.where(Permission.SEE_WELL)
    trust = request.GET.get("trust", "")
    trust = trust if trust in where else ""
    every = {name: form_selectors.results(request.access, name, trust) for name in VIEWS}
    page = paging.of(request.GET, len(every[view]), SHOWN, {"view": view, **({"trust": trust} if trust else {})})
    part = every[view][page.first : page.last]
    facts = patients.facts_of([form.pathway_key for form in part])
    names = names_of(patients.care())
    audit.record(
        access=request.access,
        action="questionnaire.results_listed",
        subject_kind="list",
        subject_key=view,
        detail={"rows": len(part), "page": page.number},
    )
    context = {
        "view": view,
        "views": [(name, words, len(every[name])) for name, words in VIEWS.items()],
        "lines": [(form, facts.get(form.pathway_key)) for form in part],
        "page": page,
        "names": names,
        "trust": trust,
        "trusts": [(code, names.trust(code), None) for code in sorted(where)],
    }
    return render(request, "well/results.jinja", context)


@requires(Permission.SEE_WELL)
@require_GET
def result(request: Request, pk: int) -> HttpResponse:
    """One result: its reasons, every answer, and what a clinician decided."""
    return _result(request, pk)


def _find(request: Request, pk: int, permission: Permission) -> HealthForm:
    form = HealthForm.objects.filter(
        pk=pk, state=FormState.SUBMITTED, organisation__in=request.access.where(permission)
    ).first()
    if form is None:
        raise Http404(str(pk))
    return form


def _result(
    request: Request, pk: int, errors: dict[str, str] | None = None, sent: QueryDict | None = None, status: int = 200
) -> HttpResponse:
    form = _find(request, pk, Permission.SEE_WELL)
    facts = patients.facts_for(form.pathway_key)
    audit.record(
        access=request.access,
        action="questionnaire.result_opened",
        subject_kind="questionnaire",
        subject_key=str(pk),
        organisation=form.organisation,
        detail={"pathway": form.pathway_key},
    )
    version = questionnaires.named(form.questionnaire)
    decisions = list(form.decisions.all())
    values = sent or QueryDict()
    context: dict[str, Any] = {
        "form": form,
        "facts": facts,
        "names": names_of(patients.care()),
        "outcomes": readiness.OUTCOMES,
        "said": form_selectors.said(version, form.answers),
        "decisions": [(row, any(other.undoes_id == row.pk for other in decisions)) for row in reversed(decisions)],
        "standing": acts.standing(decisions),
        "sequence": max((row.sequence for row in decisions), default=0),
        "tasks": Task.objects.filter(because_kind="fitness", because_id__in=[row.pk for row in decisions]),
        "kinds": [(kind.value, kind.label) for kind in Fitness if kind is not Fitness.UNDO],
        "may_decide": request.access.can_at(Permission.REVIEW_HARM, form.organisation),
        "errors": errors or {},
        "value": lambda name, default="": values.get(name, default),
        "today": snapshots.today(),
        "holds_until": readiness.valid_until(version, form.submitted_on) if form.submitted_on else None,
    }
    return render(request, "well/result.jinja", context, status=status)


@requires(Permission.REVIEW_HARM)
@require_POST
def decide(request: Request, pk: int) -> HttpResponse:
    """Record what a clinician decides after a questionnaire."""
    _find(request, pk, Permission.REVIEW_HARM)
    post = request.POST
    days, unread = dates(post, "due_on")
    judged = form_services.Judged(
        kind=post.get("kind", ""),
        reason=post.get("reason", ""),
        action=post.get("action", ""),
        owner=post.get("owner", ""),
        due_on=days["due_on"],
    )
    try:
        if unread:
            raise Refused(unread)
        form_services.decide(
            access=request.access,
            form_id=pk,
            judged=judged,
            expected_sequence=forms.whole(post.get("sequence", "")) or 0,
            today=snapshots.today(),
        )
    except Refused as refused:
        return _result(request, pk, refused.errors, post, 400)
    except ChangedMeanwhile as first:
        messages.error(request, str(first))
        return _result(request, pk, sent=post, status=409)
    messages.success(request, "The decision is recorded. The patient’s place on the list has not changed.")
    return redirect("well:result", pk)


@requires(Permission.REVIEW_HARM)
@require_POST
def undo(request: Request, pk: int) -> HttpResponse:
    """Undo the decision that stands."""
    _find(request, pk, Permission.REVIEW_HARM)
    try:
        form_services.undo(
            access=request.access, form_id=pk, reason=request.POST.get("undo", ""), today=snapshots.today()
        )
    except Refused as refused:
        return _result(request, pk, refused.errors, request.POST, 400)
    except ChangedMeanwhile as first:
        messages.error(request, str(first))
    else:
        messages.success(request, "Undone. The decision and its undoing both stay in the history.")
    return redirect("well:result", pk)
