"""Views of runs: start one, follow it, read what it answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.planning.answers.kept import from_dict as answers_of
from wherry.planning.scenario.model import year_words
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.planning import gap_presenters as gaps
from wherry.web.planning import jobs, plan_charts, plan_rows, plan_words, services, store
from wherry.web.planning import run_presenters as present
from wherry.web.planning.models import PlanRun, RunState
from wherry.web.planning.scenario_selectors import asked_version

#: A run that has waited this long for a worker says that there may be none.
_LONG = timedelta(minutes=2)
TAGS = {"done": "nhsuk-tag--green", "failed": "nhsuk-tag--red", "running": "", "waiting": "nhsuk-tag--grey"}


def run_of(pk: int, *, kind: str = "plan") -> PlanRun:
    """One run of a kind. Raises `Http404`."""
    run = PlanRun.objects.filter(pk=pk, kind=kind).first()
    if run is None:
        raise Http404
    return run


def stands(run: PlanRun) -> dict[str, Any]:
    """Where a run stands, for `planning/run_status.jinja`."""
    state, failure = jobs.standing(run)
    return {
        "run": run,
        "state": state,
        "state_words": RunState(state).label,
        "failure": failure,
        "tag": TAGS[state],
        "no_worker": state == RunState.WAITING and datetime.now(UTC) - run.asked_at > _LONG,
        "going": state in (RunState.WAITING, RunState.RUNNING),
        "percent": round(100 * run.done_share),
    }


@requires(Permission.MAKE_PLANS)
@require_POST
def start(request: Request, slug: str) -> HttpResponse:
    """Start a run of a scenario: of the version that the form names, or the newest."""
    version = asked_version(slug, request.POST.get("version", ""))
    started = services.start(access=request.access, version=version)
    if started.shared:
        messages.info(
            request,
            f"{started.run.asked_by_name} started the same run a moment ago and it is still going: this is it.",
        )
    else:
        messages.success(request, "It is being worked out. You can leave this page and come back.")
    return redirect("planning:run", pk=started.run.pk)


@requires(Permission.SEE_PLANS)
@require_GET
def status(request: Request, pk: int) -> HttpResponse:
    """Where a run stands: a part of the page that waits for it, or a page of its own where there is no JavaScript."""
    run = run_of(pk)
    context = stands(run)
    if not request.htmx:
        return render(request, "planning/run_status_page.jinja", context)
    response = render(request, "planning/run_status.jinja", context)
    if not context["going"]:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.SEE_PLANS)
@require_GET
def run(request: Request, pk: int) -> HttpResponse:
    """What a run answers."""
    found = run_of(pk)
    context = stands(found) | {"may_make": request.access.can(Permission.MAKE_PLANS)}
    if context["state"] == RunState.DONE and found.result:
        context |= _answered(found, request)
    return render(request, "planning/run.jinja", context)


def _answered(found: PlanRun, request: Request) -> dict[str, Any]:
    answers = answers_of(found.result or {})
    chosen = present.choice(answers, request.GET)
    fan = present.fan_of(answers, chosen.measure, chosen.place)
    level = present.existing(answers, chosen.measure, chosen.place)
    waterfall = present.waterfall_of(answers, chosen.measure, chosen.place)
    tornado = present.tornado_at(answers, chosen.place)
    factors = present.factor_names(answers)
    words = f"today: {plan_words.whole(level)}"
    return {
        "answers": answers,
        "chosen": chosen,
        "beds": gaps.bed_rows(answers),
        "beds_said": gaps.beds_said(answers),
        "at_risk": gaps.bed_rows(answers, "beds_at_risk"),
        "wards": gaps.ward_rows(answers, chosen.place, gaps.ward_words()),
        "others": gaps.other_rows(answers, chosen.place),
        "fan": fan,
        "fan_said": present.fan_said(fan, chosen.place_words) if fan else "",
        "fan_rows": present.year_rows(fan) if fan else [],
        "fan_chart": plan_charts.fan_chart([(fan.words, fan)], level=level, level_words=words) if fan else None,
        "waterfall": waterfall,
        "waterfall_chart": plan_rows.waterfall_chart(
            waterfall, year_words(answers.base_year), year_words(answers.horizon_year)
        )
        if waterfall
        else None,
        "returns": present.returns_at(answers, chosen.place),
        "tornado": tornado,
        "tornado_chart": plan_rows.tornado_chart(tornado, "beds", factors) if tornado else None,
        "factors": factors,
        "splits": present.splits(answers, present.split_measure(chosen.measure), chosen.place),
        "split_words": dict(chosen.measures).get(present.split_measure(chosen.measure), chosen.measure_words),
        "groups": present.assumption_groups(answers.assumptions),
        "opened": request.GET.get("open") == "all",
        "range_means": plan_words.RANGE_MEANS,
        "say": plan_words,
        "end_words": plan_rows.end_words,
        "year_words": year_words,
        "workbook": store.workbook(found.pk) is not None,
        "tables": bool(store.tables(found.pk)),
    }
