"""What the sources published beside ours: in our range, or why not, and from when the comparison is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.errors import UserError
from wherry.planning.answers.model import GROUP
from wherry.planning.published import Line, value_words
from wherry.planning.published_file import BASE
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.planning import published_jobs
from wherry.web.planning import scenario_selectors as selectors
from wherry.web.planning.models import PlanRun, RunState
from wherry.web.planning.run_views import stands
from wherry.web.planning.scenario_reading import places


@dataclass(frozen=True)
class Row:
    """One published result against one scenario, in words."""

    line: Line
    published: str
    ours: str
    range: str
    against: str
    place: str
    verdict: str


@requires(Permission.SEE_PLANS)
@require_GET
def published(request: Request) -> HttpResponse:
    """The newest comparison."""
    runs = PlanRun.objects.filter(kind=published_jobs.KIND)
    done, last = runs.filter(state=RunState.DONE).first(), runs.defer("result").first()
    activity = selectors.activity()
    context: dict[str, Any] = {
        "activity": activity,
        "there": published_jobs.there(),
        "done": done,
        "last": stands(last) if last is not None and (done is None or last.pk != done.pk) else None,
        "may_plan": request.access.can(Permission.MAKE_PLANS),
    }
    if done is not None and done.result:
        rows = rows_of(published_jobs.lines_of(done.result))
        context |= {
            "compared": [row for row in rows if row.line.inside is not None],
            "left": [row for row in rows if row.line.inside is None],
            "problems": [row.line.problem for row in rows if row.line.problem],
            "outside": sum(row.line.inside is False for row in rows),
            "stale": activity is not None and done.asked.get("standing_on") != published_jobs.standing_on(),
        }
    return render(request, "planning/published.jinja", context)


def rows_of(lines: list[Line]) -> list[Row]:
    """Lines as the page has them."""
    titles = {one.slug: one.title for one in selectors.newest()}
    known = {GROUP: "the group"} | places()
    return [_row(line, titles, known) for line in lines]


def _row(line: Line, titles: dict[str, str], known: dict[str, str]) -> Row:
    against = "people and the base year" if line.scenario == BASE else titles.get(line.scenario, line.scenario)
    place = known.get(line.place, line.place).removesuffix(": the whole trust")
    if line.ours is None or line.published is None:
        return Row(line, "", "", "", against, place, "Not modelled")
    least = "at least " if line.at_least else ""
    low, high = value_words(line.ours.low, line.unit), value_words(line.ours.high, line.unit)
    return Row(
        line,
        f"{least}{value_words(line.published, line.unit)}",
        value_words(line.ours.middle, line.unit),
        "" if low == high else f"{low} to {high}",
        against,
        place,
        "In our range" if line.inside else "Outside",
    )


@requires(Permission.MAKE_PLANS)
@require_POST
def compare(request: Request) -> HttpResponse:
    """Work the comparison out."""
    try:
        _, shared = published_jobs.ask(access=request.access)
    except UserError as error:
        messages.error(request, str(error))
        return redirect("planning:published")
    said = "is being worked out already" if shared else "is being worked out: some minutes, in the background"
    messages.success(request, f"The comparison {said}. You can leave this page and come back.")
    return redirect("planning:published")


@requires(Permission.SEE_PLANS)
@require_GET
def status(request: Request) -> HttpResponse:
    """Where the newest comparison stands, for the page that waits for it."""
    last = PlanRun.objects.filter(kind=published_jobs.KIND).defer("result").first()
    if last is None or not request.htmx:
        return redirect("planning:published")
    context = stands(last)
    response = render(request, "planning/run_status.jinja", context)
    if not context["going"]:
        response["HX-Refresh"] = "true"
    return response
