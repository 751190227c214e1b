"""What decisions asked for: the list of tasks, and marking one as done."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.waiting.selectors import NothingYet
from wherry.web.well import selectors, services
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.models import Task
from wherry.web.well.selectors import RiskList


@requires(Permission.SEE_WELL)
@require_GET
def tasks(request: Request) -> HttpResponse:
    """What decisions asked for and nobody has done yet, the soonest due first."""
    try:
        found = RiskList(request.access)
    except NothingYet:
        return render(request, "well/nothing.jinja", {"title": "To do"})
    trust = request.GET.get("trust", "")
    trust = trust if trust in found.organisations else ""
    rows = selectors.open_tasks(request.access, trust)
    done = Task.objects.filter(organisation__in=found.organisations).exclude(done_on=None).order_by("-done_on", "-id")
    context = {
        "tasks": rows,
        "done": done[:10],
        "late": sum(task.due_on < found.today for task in rows),
        "names": found.names,
        "today": found.today,
        "trust": trust,
        "trusts": [(code, found.names.trust(code)) for code in sorted(found.organisations)],
    }
    return render(request, "well/tasks.jinja", context)


@requires(Permission.SEE_WELL)
@require_POST
def finish(request: Request, pk: int) -> HttpResponse:
    """Mark a task as done, or open it again."""
    task = Task.objects.filter(pk=pk, organisation__in=request.access.where(Permission.SEE_WELL)).first()
    if task is None:
        raise Http404(str(pk))
    done = request.POST.get("done", "1") == "1"
    try:
        services.finish_task(access=request.access, task_id=pk, done=done, today=RiskList(request.access).today)
    except (Refused, ChangedMeanwhile) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Marked as done. It can be opened again below." if done else "Opened again.")
    back = reverse("well:person", args=[task.pathway_key]) if request.POST.get("back") == "person" else ""
    return redirect(back or "well:tasks")
