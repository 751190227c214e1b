"""Views of beds: ask the simulation, follow it, read what it answers."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.errors import UserError
from wherry.planning.beds.answers import BedsAnswers
from wherry.planning.beds.answers import read as read_answers
from wherry.planning.scenario.model import year_words
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.planning import beds_jobs, beds_questions
from wherry.web.planning import beds_presenters as present
from wherry.web.planning import scenario_selectors as selectors
from wherry.web.planning.models import PlanRun, RunState
from wherry.web.planning.run_views import run_of, stands

SHOWN = 50


@requires(Permission.SEE_PLANS)
@require_GET
def beds(request: Request) -> HttpResponse:
    """The form of a question, and what was asked before."""
    return _page(request, beds_questions.blank())


@requires(Permission.MAKE_PLANS)
@require_POST
def ask(request: Request) -> HttpResponse:
    """Ask the simulation."""
    form = beds_questions.read_form(request.POST)
    if form.asked is not None:
        try:
            run = beds_jobs.ask(access=request.access, asked=form.asked, version=form.version)
        except UserError as error:
            form.errors["question"] = str(error)
        else:
            messages.success(request, "It is being worked out. You can leave this page and come back.")
            return redirect("planning:beds_run", pk=run.pk)
    return _page(request, form, status=422)


def _page(request: Request, form: beds_questions.Form, status: int = 200) -> HttpResponse:
    found = PlanRun.objects.filter(kind=beds_jobs.KIND).defer("text", "result")[:SHOWN]
    context: dict[str, Any] = {
        "form": form,
        "questions": beds_questions.QUESTIONS,
        "scenarios": {one.slug: f"{one.title} ({one.words})" for one in selectors.newest()},
        "runs": [stands(run) | {"of": of_words(run)} for run in found],
        "activity": selectors.activity(),
        "may_plan": request.access.can(Permission.MAKE_PLANS),
    }
    return render(request, "planning/beds.jinja", context, status=status)


def of_words(run: PlanRun) -> str:
    """Which year a run is about, in words."""
    if not run.slug:
        return "the year of activity as it was"
    version = f"version {run.number}" if run.number else selectors.OF_THE_SYSTEM
    return f"{run.slug} ({version}) in {year_words(int(run.asked.get('year', 0)))}"


@requires(Permission.SEE_PLANS)
@require_GET
def status(request: Request, pk: int) -> HttpResponse:
    """Where a run stands: a part of the page that waits for it, or a page of its own where there is no JavaScript."""
    run = run_of(pk, kind=beds_jobs.KIND)
    context = stands(run)
    if not request.htmx:
        return redirect("planning:beds_run", pk=run.pk)
    response = render(request, "planning/run_status.jinja", context)
    if not context["going"]:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.SEE_PLANS)
@require_GET
def run(request: Request, pk: int) -> HttpResponse:
    """What a question was answered."""
    found = run_of(pk, kind=beds_jobs.KIND)
    context = stands(found) | {
        "of": of_words(found),
        "asked": found.asked,
        "question": beds_questions.QUESTIONS.get(found.asked.get("question", ""), found.title),
        "may_make": request.access.can(Permission.MAKE_PLANS),
        "again": {name: str(value) for name, value in _again(found).items()},
    }
    if context["state"] == RunState.DONE and found.result:
        context |= _answered([read_answers(one) for one in found.result["answers"]])
    return render(request, "planning/beds_run.jinja", context)


def _again(run: PlanRun) -> dict[str, object]:
    """The form that asks the same once more."""
    asked = json.loads(json.dumps(run.asked))
    year = int(asked.get("year", 0))
    return {
        "question": asked.get("question", ""),
        "scenario": run.slug,
        "year": year_words(year) if year else "",
        "occupancy": f"{100 * asked.get('occupancy', 0.92):g}",
        "risk": f"{100 * asked.get('risk', 0.01):g}",
    }


def _answered(answers: list[BedsAnswers]) -> dict[str, Any]:
    first = answers[0]
    places = dict(first.places)
    context: dict[str, Any] = {"answers": answers, "places": places}
    outcome = first.outcome
    if outcome is not None:
        wards = {row.ward: row.words for row in outcome.wards}
        context |= {
            "outcome": outcome,
            "columns": present.SITE_COLUMNS,
            "sites": present.site_rows(outcome),
            "wards": present.ward_rows(outcome, places),
            "months": present.group_months(outcome),
            "month_names": present.MONTHS,
            "month_chart": present.month_chart(outcome),
            "hours": present.hour_rows(outcome),
            "hour_chart": present.hour_chart(outcome),
            "warm_up_chart": present.warm_up_chart(outcome.warm_up),
            "cell": present.cell,
        }
    else:
        wards = {}
    searched = [one.beds_for for one in answers if one.beds_for is not None]
    if len(searched) == 2:
        context["enough"] = present.enough_rows(searched[0], searched[1])
        context["enough_wards"] = present.enough_wards(searched, places, wards)
        context["searched"] = searched
    if first.pooling is not None:
        context |= {"pooling": first.pooling, "pooling_rows": present.pooling_rows(first.pooling)}
    if first.winter is not None:
        context |= {
            "winter": first.winter,
            "winter_rows": present.winter_rows(first.winter),
            "winter_chart": present.winter_chart(first.winter),
        }
    if first.more is not None:
        context |= {"more": first.more, "more_rows": present.more_rows(first.more)}
    return context
