"""One patient's leaving: everything on one page, and every act. Opening it is an audit line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from wherry.flow.discharge.acts import KINDS, national_code
from wherry.flow.discharge.settings import UNKNOWN
from wherry.web.access import Permission, requires
from wherry.web.access.access import Access
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.discharge import derive, escalations, rota, selectors, services, tasks, where
from wherry.web.discharge.forms import day, moment, seen, whole
from wherry.web.discharge.models import Escalation, Task
from wherry.web.discharge.selectors import Row
from wherry.web.discharge.services import Refused
from wherry.web.feed import clock, lateness
from wherry.web.feed.models import Visit


@requires(Permission.SEE_DISCHARGE)
@require_http_methods(["GET", "POST"])
def patient(request: Request, key: str) -> HttpResponse:
    """The page (GET), or one act (POST, `act` says which)."""
    organisations = request.access.where(Permission.SEE_DISCHARGE)
    row = selectors.find(organisations, key)
    if row is None:
        raise Http404(key)
    live.log_shown(
        request.access, "discharge.opened", "visit", row.key, row.visit.organisation, keys=[row.visit.person_key]
    )
    if request.method == "GET":
        return render(request, "discharge/patient.jinja", context(request, row))
    name = request.POST.get("act", "")
    act = _ACTS.get(name)
    try:
        if act is None:
            raise Refused({"act": "That act is not known: choose one of the page’s"})
        said = act(request.access, row, request.POST)
    except Refused as refused:
        shown = context(request, row) | {"errors": refused.errors, "form": request.POST}
        return render(request, "discharge/patient.jinja", shown, status=400)
    messages.success(request, said)
    part = request.POST.get("part", "")
    return redirect(reverse("discharge:patient", args=[key]) + (f"#{part}" if part.isalnum() else ""))


def context(request: Request, row: Row) -> dict[str, Any]:
    """What the page shows."""
    settings, access = where.settings(), request.access
    organisation = row.visit.organisation
    acts = list(row.tracker.acts.all()) if row.tracker else []
    full = derive.replayed(row.tracker, settings) if row.tracker else row.position
    code = national_code(row.position, settings) if row.position.nctr else ""
    history = Escalation.objects.filter(tracker=row.tracker).order_by("-pk") if row.tracker else []
    return {
        "tab": "list",
        "now": row.now,
        "late": lateness.sentences([organisation]),
        "row": row,
        "settings": settings,
        "where": where,
        "full": full,
        "code": code,
        "code_words": settings.causes[code].words if code in settings.causes else "No cause recorded",
        "unknown": UNKNOWN,
        "acts": [
            (act, act.number in full.undone, services.may_undo(access, act, row.visit) and act.kind != "undo")
            for act in reversed(acts)
        ],
        "kinds": KINDS,
        "days": sorted(full.colours.items(), reverse=True)[:14],
        "spans": [span for span in reversed(full.spans) if span.kind in ("nctr", "ready")],
        "pathways": [act for act in acts if act.kind == "pathway" and act.number not in full.undone],
        "expected": [act for act in acts if act.kind == "expected" and act.number not in full.undone],
        "all_tasks": sorted(row.tasks, key=lambda task: (task not in row.open_tasks, task.due_at is None, task.due_at)),
        "escalated": list(history),
        "may_review": access.can_at(Permission.REVIEW_STAY, organisation) and row.visit.standing != "left",
        "may_plan": access.can_at(Permission.PLAN_DISCHARGE, organisation),
        "may_do": access.where(Permission.DO_OWN_TASKS),
        "may_virtual": access.can_at(Permission.REFER_VIRTUAL, organisation) and row.visit.standing == "in_bed",
        "virtual_href": _virtual(row.visit),
        "version": row.tracker.version if row.tracker else 0,
        "on_duty": [
            (level, rota.on_duty(organisation, level.role, row.now) if level.organisation == "trust" else None)
            for level in settings.levels
        ],
        "owners": [(code, where.organisation_words(code)) for code in where.owners()],
        "blocks": list(tasks.BLOCKS.items()),
        "errors": {},
        "form": {},
    }


def own_task(row: Row, post: QueryDict) -> Task:
    """The task that a form names, of this patient."""
    number = whole(post.get("task", ""))
    found = next((task for task in row.tasks if task.number == number), None)
    if found is None:
        raise Refused({"task": "There is no such task any more"})
    return found


def task_act(access: Access, row: Row, post: QueryDict) -> str:
    """Something done with a task: shared by the hospital's page and a team's own page."""
    task, visit, version, text = own_task(row, post), row.visit, seen(post), post.get("text", "")
    words = where.settings().tasks[task.code].words if task.code in where.settings().tasks else task.code
    match post.get("act", ""):
        case "task_take":
            tasks.take(access=access, visit=visit, task=task, seen=version)
            return f"{words}: taken by you."
        case "task_block":
            kind, by = post.get("blocked_kind", ""), post.get("by", "")
            tasks.block(access=access, visit=visit, task=task, kind=kind, by=by, seen=version)
            return f"{words}: what blocks it is recorded."
        case "task_offer":
            to = post.get("to", "")
            tasks.offer(access=access, visit=visit, task=task, to=to, text=text, seen=version)
            return f"{words}: offered to {where.organisation_words(to)}. It stays yours until they accept."
        case "task_withdraw":
            tasks.withdraw(access=access, visit=visit, task=task, seen=version)
            return f"{words}: the offer is taken back."
        case "task_done":
            tasks.done(access=access, visit=visit, task=task, text=text, seen=version)
            return f"{words}: done. Put it back if that was a mistake."
        case "task_back":
            tasks.put_back(access=access, visit=visit, task=task, text=text, seen=version)
            return f"{words}: put back."
        case "task_accept" | "task_refuse" as answer:
            accept = answer == "task_accept"
            tasks.answer(access=access, visit=visit, task=task, accept=accept, text=text, seen=version)
            return f"{words}: {'accepted, it is yours now' if accept else 'refused'}."
    raise Refused({"act": "That act is not known: choose one of the page’s"})


def _virtual(visit: Visit) -> str:
    from django.urls import NoReverseMatch

    try:
        return f"{reverse('virtual:refer')}?visit={visit.key}"
    except NoReverseMatch:  # virtual wards have no referral form of their own here
        return ""


# --- acts of the hospital -------------------------------------------------------------------------------------------


def _review(access: Access, row: Row, post: QueryDict) -> str:
    codes = [code for code in post.getlist("codes") if code]
    none = post.get("none") == "yes"
    if none == bool(codes):
        raise Refused({"codes": "Choose the criteria that are met, or say that none is: one of the two"})
    services.review(access=access, visit=row.visit, codes=codes, seen=seen(post))
    return "Recorded: no criterion is met. The patient is ready to leave." if none else "The review is recorded."


def _ready(access: Access, row: Row, post: QueryDict) -> str:
    text = post.get("on", "").strip()
    on = moment(text)
    if text and on is None:
        raise Refused({"on": f"“{text[:30]}” is not a date: write it as 3/4/2026, with a time if you know it"})
    services.set_ready(access=access, visit=row.visit, on=on, reason=post.get("reason", ""), seen=seen(post))
    return "The discharge-ready date is set." if on else "The discharge-ready date is taken away."


def _pathway(access: Access, row: Row, post: QueryDict) -> str:
    code = post.get("pathway", "")
    services.choose_pathway(access=access, visit=row.visit, code=code, reason=post.get("reason", ""), seen=seen(post))
    if post.get("with_tasks") == "yes":
        made = services.add_tasks(access=access, visit=row.visit)
        return f"Pathway {code} is chosen and {len(made)} tasks are made."
    return f"Pathway {code} is chosen."


def _expected(access: Access, row: Row, post: QueryDict) -> str:
    services.expect(
        access=access, visit=row.visit, on=day(post.get("expected_on", "")), confidence=post.get("confidence", ""),
        seen=seen(post),
    )  # fmt: skip
    return "The expected day is recorded."


def _cause(access: Access, row: Row, post: QueryDict) -> str:
    services.cause(
        access=access, visit=row.visit, code=post.get("code", ""), primary=post.get("primary") == "yes",
        text=post.get("text", ""), seen=seen(post),
    )  # fmt: skip
    return "The cause is recorded."


def _uncause(access: Access, row: Row, post: QueryDict) -> str:
    services.end_cause(access=access, visit=row.visit, code=post.get("code", ""), seen=seen(post))
    return "The cause has ended."


def _primary(access: Access, row: Row, post: QueryDict) -> str:
    services.primary(access=access, visit=row.visit, code=post.get("code", ""), seen=seen(post))
    return "The primary cause is chosen."


def _tasks(access: Access, row: Row, post: QueryDict) -> str:
    codes = [code for code in post.getlist("task_code") if code]
    made = services.add_tasks(access=access, visit=row.visit, codes=codes, text=post.get("text", ""))
    return f"{len(made)} {'task is' if len(made) == 1 else 'tasks are'} made."


def _not_needed(access: Access, row: Row, post: QueryDict) -> str:
    task = own_task(row, post)
    entry = services.Entry("task_not_needed", task=task.number, text=post.get("text", ""))
    services.record(access=access, visit=row.visit, entries=[entry], seen=seen(post))
    return "The task is said not to be needed. Undo it below if that was a mistake."


def _due(access: Access, row: Row, post: QueryDict) -> str:
    task, at = own_task(row, post), moment(post.get("due", ""))
    if at is None or at < clock.now():
        raise Refused({"due": "Give a time to come, as 3/4/2026 10:00"})
    entry = services.Entry("task_due", task=task.number, moment=at)
    services.record(access=access, visit=row.visit, entries=[entry], seen=seen(post))
    return "The task has another time."


def _senior(access: Access, row: Row, post: QueryDict) -> str:
    services.record(access=access, visit=row.visit, entries=[services.Entry("senior")], seen=seen(post))
    return "The senior review is recorded."


def _colour(access: Access, row: Row, post: QueryDict) -> str:
    reason = post.get("reason", "")
    known = where.settings().reasons.get(reason)
    entry = services.colour_entry(known.colour if known else "", reason, clock.today())
    services.record(access=access, visit=row.visit, entries=[entry], seen=seen(post))
    return f"Today is a {entry.code} day."


def _written(kind: str, said: str) -> Callable[[Access, Row, QueryDict], str]:
    def write(access: Access, row: Row, post: QueryDict) -> str:
        services.note(access=access, visit=row.visit, text=post.get("text", ""), kind=kind, seen=seen(post))
        return said

    return write


def _escalate(access: Access, row: Row, post: QueryDict) -> str:
    made = escalations.by_hand(
        access=access, row=row, level=whole(post.get("level", "")) or 0, reason=post.get("reason", "")
    )
    who = made.person_name or "nobody, for nobody is on duty: put somebody on the rota"
    return f"Escalated at level {made.level} to {who}."


def _undo(access: Access, row: Row, post: QueryDict) -> str:
    number = whole(post.get("number", "")) or 0
    services.undo(access=access, visit=row.visit, number=number, reason=post.get("reason", ""))
    return "Undone. The entry and its undoing both stay in the history."


_ACTS: dict[str, Callable[[Access, Row, QueryDict], str]] = {
    "review": _review,
    "ready": _ready,
    "pathway": _pathway,
    "expected": _expected,
    "cause": _cause,
    "uncause": _uncause,
    "primary": _primary,
    "tasks": _tasks,
    "task_not_needed": _not_needed,
    "task_due": _due,
    "senior": _senior,
    "colour": _colour,
    "criteria": _written("criteria", "The criteria for discharge are recorded."),
    "long_stay": _written("long_stay", "The review of the long stay is recorded."),
    "note": _written("note", "The note is saved."),
    "escalate": _escalate,
    "undo": _undo,
    **dict.fromkeys(
        (
            "task_take",
            "task_block",
            "task_offer",
            "task_withdraw",
            "task_done",
            "task_back",
            "task_accept",
            "task_refuse",
        ),
        task_act,
    ),
}
