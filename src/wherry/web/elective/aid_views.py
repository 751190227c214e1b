"""Views of mutual aid: proposals, a new one, what one would do, and the moves of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wherry.errors import UserError
from wherry.reference import treatment_functions
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components.export import stream_csv
from wherry.web.elective import aid_forms, aid_jobs, aid_moves, aid_presenters, aid_selectors, services
from wherry.web.elective.models import AidRun, RunState
from wherry.web.waiting.naming import Names, names_of

#: A run that has waited this long for a worker says that there may be none.
_LONG = timedelta(minutes=2)
TAGS = {"done": "nhsuk-tag--green", "failed": "nhsuk-tag--red", "running": "", "waiting": "nhsuk-tag--grey"}


def _names() -> Names | None:
    snapshot = snapshots.current()
    return names_of(snapshot) if snapshot else None


def _stands(run: AidRun) -> dict[str, Any]:
    state, failure = aid_jobs.standing(run)
    waiting = state == RunState.WAITING and datetime.now(UTC) - run.asked_at > _LONG
    return {
        "run": run,
        "state": state,
        "state_words": RunState(state).label,
        "failure": failure,
        "tag": TAGS[state],
        "no_worker": waiting,
        "going": state in (RunState.WAITING, RunState.RUNNING),
        "steps": len(aid_jobs.STEPS),
        "seconds": (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None,
    }


@requires(Permission.SEE_AID)
@require_GET
def runs(request: Request) -> HttpResponse:
    """Every proposal, newest first."""
    snapshot = snapshots.current()
    found = [_stands(run) for run in aid_selectors.runs(request.access)[:100]]
    newest = next((item["run"] for item in found if item["state"] == RunState.DONE), None)
    headline = None
    if newest is not None:
        counter = aid_presenters.Counter(exact=request.access.can(Permission.PLAN_AID))
        result = aid_selectors.run_of(request.access, newest.pk).result or {}
        headline = {"run": newest, "policies": aid_presenters.policies(result, counter)}
    context = {
        "runs": found,
        "headline": headline,
        "limits": aid_presenters.LIMIT_WORDS,
        "ready": snapshot is not None,
        "may_plan": request.access.can(Permission.PLAN_AID),
    }
    return render(request, "elective/aid_runs.jinja", context)


@requires(Permission.PLAN_AID)
@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """Ask for a proposal under a policy."""
    functions = _functions()
    asked = aid_forms.read(request.POST, functions) if request.method == "POST" else aid_forms.blank()
    if asked.policy is not None:
        try:
            run = services.ask(access=request.access, policy=asked.policy, label=asked.values["label"])
        except UserError as error:
            asked.errors["label"] = str(error)
        else:
            messages.success(request, "Your proposal is being worked out. You can leave this page and come back.")
            return redirect("elective:aid_run", run_id=run.pk)
    context = {"asked": asked, "numbers": aid_forms.NUMBERS, "functions": functions}
    return render(request, "elective/aid_new.jinja", context, status=422 if asked.errors else 200)


def _functions() -> dict[str, str]:
    """Treatment functions that have both people waiting and capacity, by name."""
    snapshot = snapshots.current()
    if snapshot is None:
        return {}
    capacity = set(snapshot.arrow("capacity_week", ["treatment_function"])["treatment_function"].unique().to_pylist())
    waiting = set(snapshot.arrow("waiting_list", ["treatment_function"])["treatment_function"].unique().to_pylist())
    named = {str(code): treatment_functions.name(code) or str(code) for code in (capacity & waiting) - {"", None}}
    return dict(sorted(named.items(), key=lambda item: item[1]))


@requires(Permission.SEE_AID)
@require_GET
def run_page(request: Request, run_id: int) -> HttpResponse:
    """What one proposal would do, in totals."""
    run, names = aid_selectors.run_of(request.access, run_id), _names()
    context = _stands(run) | {"may_plan": request.access.can(Permission.PLAN_AID)}
    if names is not None:
        context["policy"] = aid_presenters.limits_in_words(run.policy, names)
    snapshot = snapshots.current()
    context["older"] = snapshot is not None and snapshot.id != run.snapshot_id
    if run.state == RunState.DONE and run.result and names is not None:
        counter = aid_presenters.Counter(exact=context["may_plan"])
        whole, parts = aid_presenters.pairs(run.result, names, counter)
        context |= {
            "result": run.result,
            "counter": counter,
            "policies": aid_presenters.policies(run.result, counter),
            "limits": aid_presenters.LIMIT_WORDS,
            "proof": aid_presenters.proof(run.result),
            "groups": aid_presenters.groups(run.result, names, counter),
            "pairs": whole,
            "parts": parts,
            "charts": [
                (limit, words, aid_presenters.chart(run.result, limit, exact=counter.exact))
                for limit, words in aid_presenters.LIMIT_WORDS.items()
            ],
            "week_rows": _week_rows(run, counter),
        }
    return render(request, "elective/aid_run.jinja", context)


def _week_rows(run: AidRun, counter: aid_presenters.Counter) -> list[tuple[int, list[str]]]:
    weeks = (run.result or {})["weeks"]
    length = len(weeks["aid"]["waiting"])
    chosen = [week for week in range(length) if week % 4 == 0 or week == length - 1]
    shown = [(code, limit) for limit in aid_presenters.LIMITS for code in ("nothing", "trusts", "aid")]
    return [(week, [counter(weeks[code][limit][week]) for code, limit in shown]) for week in chosen]


@requires(Permission.SEE_AID)
@require_GET
def status(request: Request, run_id: int) -> HttpResponse:
    """Where a run stands, for the page that waits for it."""
    run = aid_selectors.run_of(request.access, run_id)
    stands = _stands(run)
    response = render(request, "elective/aid_status.jinja", stands)
    if not stands["going"]:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.PLAN_AID)
@require_POST
def again(request: Request, run_id: int) -> HttpResponse:
    """Work out the same policy once more."""
    run = aid_selectors.run_of(request.access, run_id)
    try:
        made = services.again(access=request.access, run=run)
    except UserError as error:
        messages.error(request, str(error))
        return redirect("elective:aid_run", run_id=run.pk)
    messages.success(request, "The same proposal is being worked out on the current list.")
    return redirect("elective:aid_run", run_id=made.pk)


@requires(Permission.PLAN_AID)
@require_GET
def moves(request: Request, run_id: int) -> HttpResponse:
    """Who would move, a page at a time."""
    run, names = aid_selectors.run_of(request.access, run_id), _names()
    if names is None:
        return redirect("elective:aid_run", run_id=run.pk)
    page = aid_selectors.page_of(request.access, run, aid_selectors.read(request.GET))
    lines = aid_moves.lines(run, page.rows, names)
    if page.rows:
        audit.record(
            access=request.access,
            action="aid.moves_seen",
            subject_kind="aid_run",
            subject_key=str(run.pk),
            detail={"page": page.filters.page, "shown": [move.pathway_key for move in page.rows]},
        )
    snapshot = snapshots.current()
    context = {
        "run": run,
        "page": page,
        "lines": lines,
        "older": snapshot is not None and snapshot.id != run.snapshot_id,
        "shows": aid_selectors.SHOWS,
        "options": {
            "left": [(code, aid_presenters.place(code, names), n) for code, n in page.options["left"]],
            "to": [(code, aid_presenters.place(code, names), n) for code, n in page.options["to"]],
            "function": [(code, names.function(code), n) for code, n in page.options["function"]],
        },
    }
    return render(request, "elective/aid_moves.jinja", context)


@requires(Permission.PLAN_AID)
@require_POST
def send(request: Request, run_id: int) -> HttpResponse:
    """Send chosen moves to the clinicians who must agree."""
    run = aid_selectors.run_of(request.access, run_id)
    there = f"{reverse('elective:aid_moves', args=[run.pk])}?{aid_selectors.read(request.POST).query()}"
    chosen = [int(text) for text in request.POST.getlist("move") if text.isascii() and text.isdigit() and len(text) < 9]
    try:
        sent = services.send(access=request.access, run=run, numbers=chosen)
    except UserError as error:
        messages.error(request, str(error))
        return redirect(there)
    if sent.made:
        noun = "move is" if sent.made == 1 else "moves are"
        messages.success(request, f"{sent.made} {noun} with the clinicians. Nothing is offered until they agree.")
    for move, reason in sent.left_out[:10]:
        messages.warning(request, f"Move {move.number} was left out. {reason}.")
    if len(sent.left_out) > 10:
        messages.warning(request, f"{len(sent.left_out) - 10} more were left out; each says why on the list.")
    return redirect(there)


@requires(Permission.PLAN_AID)
@require_GET
def moves_csv(request: Request, run_id: int) -> HttpResponseBase:
    """Every move of the filter as CSV."""
    run, names = aid_selectors.run_of(request.access, run_id), _names()
    filters = aid_selectors.read(request.GET)
    rows = list(aid_selectors.select(aid_selectors.moves(request.access, run), filters))
    audit.record(
        access=request.access,
        action="aid.moves_exported",
        subject_kind="aid_run",
        subject_key=str(run.pk),
        detail={"rows": len(rows), "filter": filters.query(), "snapshot": run.snapshot_id},
    )
    return stream_csv(f"mutual-aid-{run.pk}", aid_moves.HEADER, aid_moves.csv_rows(rows, names))
