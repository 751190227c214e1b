"""The scenarios of the system: all of them, one with its whole argument, its text, and what changed between two."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from wherry.planning.scenario.model import year_words
from wherry.web.access import Permission, audit
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.planning import jobs
from wherry.web.planning import scenario_selectors as selectors
from wherry.web.planning.edit_differences import counted, difference
from wherry.web.planning.models import PlanRun, RunState
from wherry.web.planning.scenario_reading import argument, read

TAGS = {"done": "nhsuk-tag--green", "failed": "nhsuk-tag--red", "running": "", "waiting": "nhsuk-tag--grey"}


def stands(run: PlanRun | None) -> dict[str, Any] | None:
    """Where a run stands, for a cell of a table."""
    if run is None:
        return None
    state, failure = jobs.standing(run)
    headline = run.headline if state == RunState.DONE else ""
    words = RunState(state).label
    return {"run": run, "state": state, "words": words, "tag": TAGS[state], "failure": failure, "headline": headline}


@requires(Permission.SEE_PLANS)
@require_GET
def scenarios(request: Request) -> HttpResponse:
    """Every scenario: its question, its last answer, who changed it last and why."""
    done, last = selectors.last_done(), selectors.last_runs()
    lines = [
        {"version": one, "done": stands(done.get(one.slug)), "last": stands(last.get(one.slug))}
        for one in selectors.newest()
    ]
    context = {
        "lines": lines,
        "first": done.get(selectors.FIRST),
        "activity": selectors.activity(),
        "may_plan": request.access.can(Permission.MAKE_PLANS),
    }
    return render(request, "planning/scenarios.jinja", context)


@requires(Permission.SEE_PLANS)
@require_GET
def scenario(request: Request, slug: str) -> HttpResponse:
    """One version of a scenario: the whole argument, its versions and its runs."""
    version = selectors.asked_version(slug, request.GET.get("version", ""))
    every = selectors.versions(slug)
    found = read(version.text)
    context = {
        "plan": version,
        "newest": every[0],
        "versions": every,
        "runs": [stands(run) for run in selectors.runs_of(slug)],
        "scenario": found.scenario,
        "problems": found.problems,
        "parts": argument(found.scenario) if found.scenario else [],
        "years": [year_words(found.scenario.base_year), year_words(found.scenario.horizon_year)]
        if found.scenario
        else [],
        "activity": selectors.activity(),
        "may_plan": request.access.can(Permission.MAKE_PLANS),
    }
    return render(request, "planning/scenario.jinja", context)


@requires(Permission.SEE_PLANS)
@require_GET
def text(request: Request, slug: str) -> HttpResponse:
    """The text of a version, to take away."""
    version = selectors.asked_version(slug, request.GET.get("version", ""))
    audit.record(
        access=request.access,
        action="plan.text_taken",
        subject_kind="scenario",
        subject_key=version.key,
        purpose="planning",
    )
    response = HttpResponse(version.text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(slug)}.toml"'
    return response


@requires(Permission.SEE_PLANS)
@require_GET
def changes(request: Request, slug: str) -> HttpResponse:
    """What changed between two versions of a scenario (`?from=0&to=2`): by themselves the newest and the one before."""
    every = selectors.versions(slug)
    after = selectors.asked_version(slug, request.GET.get("to", ""))
    asked = request.GET.get("from", "")
    older = next((one for one in every if one.number < after.number), None)
    before = selectors.asked_version(slug, asked) if asked or older is None else older
    lines = difference(before.text, after.text)
    context = {
        "slug": slug,
        "before": before,
        "after": after,
        "versions": every,
        "lines": lines,
        "counted": counted(lines),
        "alone": len(every) == 1,
    }
    return render(request, "planning/scenario_changes.jinja", context)
