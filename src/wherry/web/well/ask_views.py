"""Asking people about their health: whom next, by letter or online with a code, or by telephone topic by topic."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wherry.errors import UserError
from wherry.waiting import questionnaire as questionnaires
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.offers import patients
from wherry.web.offers.acts import Actor
from wherry.web.offers.answers import PROOFS
from wherry.web.offers.codes import shown
from wherry.web.waiting import forms, presenters
from wherry.web.waiting.naming import names_of
from wherry.web.waiting.selectors import NothingYet
from wherry.web.well import codes, form_selectors, form_services, paging
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.form_selectors import AskList
from wherry.web.well.models import Channel, HealthForm

#: Rows of a page; as many as can be asked at once.
SHOWN = 25


@requires(Permission.ASK_HEALTH)
@require_GET
def ask(request: Request) -> HttpResponse:
    """Whom to ask next, and which questionnaires stand open."""
    return _ask(request)


def _ask(request: Request, errors: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    try:
        found = AskList(request.access)
    except NothingYet:
        return render(request, "well/nothing.jinja", {"title": "Ask about health"})
    trust, function = request.GET.get("trust", ""), request.GET.get("function", "")
    trust = trust if trust in found.organisations else ""
    function = function if function in found.functions.values else ""
    view = "open" if request.GET.get("view") == "open" else "next"
    rows = found.to_ask(trust=trust, function=function)
    standing = found.open_forms(trust)
    chosen = {k: v for k, v in {"trust": trust, "function": function, "view": view}.items() if v and v != "next"}
    page = paging.of(request.GET, len(standing) if view == "open" else len(rows), SHOWN, chosen)
    lines: list[Any] = []
    if view == "open":
        part = standing[page.first : page.last]
        facts = patients.facts_of([form.pathway_key for form in part], found.snapshot)
        lines = [(form, facts.get(form.pathway_key)) for form in part]
    else:
        taken = found.lines(rows[page.first : page.last])
        lines = [(row, presenters.line(row, found.names, identified=True)) for row in taken]
    keys = [row.pathway_key if view == "open" else row["pathway_key"] for row, _ in lines]
    audit.record(
        access=request.access,
        action="questionnaire.listed",
        subject_kind="list",
        subject_key=urlencode(chosen) or "next",
        detail={"rows": len(keys), "page": page.number, "snapshot": found.snapshot.id},
    )
    counts = found.counts(trust)
    context = {
        "here": "ask",
        "view": view,
        "lines": lines,
        "page": page,
        "to_ask": len(rows),
        "standing": len(standing),
        "trusts": [(code, found.names.trust(code), None) for code in sorted(found.organisations)],
        "functions": sorted(
            ((code, found.names.function(code), n) for code, n in counts.items() if code), key=lambda i: i[1]
        ),
        "trust": trust,
        "function": function,
        "names": found.names,
        "asked_version": found.version,
        "channels": [(value, label) for value, label in Channel.choices],
        "errors": errors or {},
        "having": lambda **more: urlencode({k: v for k, v in {**chosen, **more}.items() if v}),
        "today": found.today,
    }
    return render(request, "well/ask.jinja", context, status=status)


@requires(Permission.ASK_HEALTH)
@require_POST
def invite(request: Request) -> HttpResponse:
    """Open a questionnaire for everybody ticked; codes are shown once."""
    found = AskList(request.access)
    channel = request.POST.get("channel", "")
    rows = found.asked(request.POST.getlist("pathway")[:SHOWN])
    people = [
        form_services.Asked(
            pathway_key=row["pathway_key"],
            period=row["period"],
            person_key=row["person_key"],
            organisation=row["organisation"],
            treatment_function=row["treatment_function"] or "",
        )
        for row in rows
    ]
    try:
        made = form_services.invite(access=request.access, people=people, channel=channel, today=found.today)
    except Refused as refused:
        return _ask(request, refused.errors, 400)
    if channel == Channel.TELEPHONE:
        if len(made) == 1:
            return redirect("well:form", made[0].pk)
        messages.success(request, f"{len(made)} questionnaires are open. They are asked by telephone from here.")
        return redirect(f"{reverse('well:ask')}?view=open")
    return _codes(request, made)


def _codes(request: Request, made: list[HealthForm]) -> HttpResponse:
    """The page that shows new codes, once."""
    facts = patients.facts_of([form.pathway_key for form in made])
    lines = []
    for form in made:
        try:
            lines.append((form, facts.get(form.pathway_key), shown(codes.make(access=request.access, form=form)), ""))
        except UserError as why:
            lines.append((form, facts.get(form.pathway_key), "", str(why)))
    return render(request, "well/codes.jinja", {"here": "ask", "lines": lines})


def _form(request: Request, pk: int, why: str) -> tuple[HealthForm, patients.Facts]:
    form = HealthForm.objects.filter(pk=pk, organisation__in=request.access.where(Permission.ASK_HEALTH)).first()
    facts = patients.facts_for(form.pathway_key) if form else None
    if form is None or facts is None:
        raise Http404(str(pk))
    audit.record(
        access=request.access,
        action="questionnaire.opened",
        subject_kind="questionnaire",
        subject_key=str(pk),
        organisation=form.organisation,
        detail={"for": why, "pathway": form.pathway_key},
    )
    return form, facts


@requires(Permission.ASK_HEALTH)
@require_GET
def form(request: Request, pk: int) -> HttpResponse:
    """One questionnaire: what is answered, what is missing, and how to go on."""
    return _overview(request, pk)


def _overview(request: Request, pk: int, errors: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    found, facts = _form(request, pk, "questionnaire")
    version = questionnaires.named(found.questionnaire)
    topics = form_selectors.topics(version, found.answers)
    context = {
        "here": "ask",
        "form": found,
        "facts": facts,
        "names": names_of(patients.care()),
        "topics": topics,
        "next_topic": next((topic for topic in topics if topic.missing), None),
        "complete": not any(topic.missing for topic in topics),
        "said": form_selectors.said(version, found.answers),
        "errors": errors or {},
        "proofs": PROOFS,
        "ticked": set(request.POST.getlist("proof")),
        "link": lambda name: reverse("well:topic", args=[pk, name]),
        "closing": request.POST.get("close", ""),
    }
    return render(request, "well/form.jinja", context, status=status)


@requires(Permission.ASK_HEALTH)
@require_http_methods(["GET", "POST"])
def topic(request: Request, pk: int, code: str) -> HttpResponse:
    """One topic, asked by telephone."""
    found, facts = _form(request, pk, "telephone questionnaire")
    version = questionnaires.named(found.questionnaire)
    if code not in {t.code for t in version.topics}:
        raise Http404(code)
    if not found.is_open:
        messages.error(request, "This questionnaire is closed: its answers cannot be changed.")
        return redirect("well:form", pk)
    errors: dict[str, str] = {}
    answers = dict(found.answers)
    status = 200
    if request.method == "POST":
        sent = form_selectors.read_answers(version, code, request.POST)
        seen = forms.whole(request.POST.get("version", ""))
        try:
            found, errors = form_services.save(
                actor=Actor(request.access),
                form_id=pk,
                topic=code,
                answers=sent,
                expected_version=-1 if seen is None else seen,
            )
        except ChangedMeanwhile as first:
            messages.error(request, str(first))
            return redirect("well:topic", pk, code)
        left = next(t for t in form_selectors.topics(version, found.answers) if t.code == code).missing
        if not errors and not (left and request.POST.get("go") == "next" and _newly_asked(version, code, sent, found)):
            onward = form_selectors.after(version, code) if request.POST.get("go") == "next" else None
            return redirect("well:topic", pk, onward) if onward else redirect("well:form", pk)
        answers, status = {**found.answers, **sent}, 400 if errors else 200
    context = {
        "here": "ask",
        "form": found,
        "facts": facts,
        "topic": next(t for t in version.topics if t.code == code),
        "questions": form_selectors.shown_questions(version, code, answers),
        "answers": answers,
        "errors": errors,
        "at": [t.code for t in version.topics].index(code) + 1,
        "of": len(version.topics),
    }
    return render(request, "well/topic.jinja", context, status=status)


def _newly_asked(version: questionnaires.Questionnaire, code: str, sent: dict[str, Any], found: HealthForm) -> bool:
    return form_selectors.newly_asked(version, code, sent, found.answers)


@requires(Permission.ASK_HEALTH)
@require_POST
def submit(request: Request, pk: int) -> HttpResponse:
    """Send the answers that were given by telephone."""
    _form(request, pk, "sending answers")
    if set(request.POST.getlist("proof")) != set(PROOFS):
        return _overview(request, pk, {"proof": "Tick all three checks of who answered"}, 400)
    try:
        done = form_services.submit(
            actor=Actor(request.access),
            form_id=pk,
            expected_version=forms.whole(request.POST.get("version", "")) or 0,
            today=AskList(request.access).today,
        )
    except Refused as refused:
        messages.error(request, f"Nothing was sent: {len(refused.errors)} questions have no answer yet.")
        return _overview(request, pk, status=400)
    except ChangedMeanwhile as first:
        messages.error(request, str(first))
        return redirect("well:form", pk)
    outcome = {"fit": "fit", "review": "fit after review", "not_fit": "not fit now"}[done.outcome]
    messages.success(request, f"The answers are sent. Result: {outcome}. A clinician sees every result but “fit”.")
    return redirect("well:form", pk)


@requires(Permission.ASK_HEALTH)
@require_POST
def close(request: Request, pk: int) -> HttpResponse:
    """Close a questionnaire that will not be answered."""
    _form(request, pk, "closing")
    try:
        form_services.close(access=request.access, form_id=pk, reason=request.POST.get("close", ""))
    except Refused as refused:
        return _overview(request, pk, refused.errors, 400)
    except ChangedMeanwhile as first:
        messages.error(request, str(first))
        return redirect("well:form", pk)
    messages.success(request, "Closed. The patient stays on the list and can be asked again.")
    return redirect("well:ask")


@requires(Permission.ASK_HEALTH)
@require_POST
def code(request: Request, pk: int) -> HttpResponse:
    """A new code for one questionnaire; the old one dies."""
    found, _ = _form(request, pk, "code")
    return _codes(request, [found])
