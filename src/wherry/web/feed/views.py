"""The feed page: who sends and who is late, and the queue of messages that a person works on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.beds.views import tabs
from wherry.web.components import formats, live
from wherry.web.feed import clock, plainly, presenters, selectors, services
from wherry.web.feed.models import Message, Sender
from wherry.web.feed.reading import codes
from wherry.web.waiting.forms import whole
from wherry.web.well import paging

#: Rows of a page of the queue.
SHOWN = 25
#: Lists of the queue, in order, with their names.
LISTS = {
    "waiting": "To work on",
    "merges": "Two numbers made one",
    "twice": "Numbers used twice",
    "doubts": "Visits that do not add up",
    "worked": "Decided",
}


@requires(Permission.SEE_FLOW)
@require_GET
def status(request: Request) -> HttpResponse:
    """Each sender: when it was last heard, whether it is late, what came today and what waits. No names."""

    def context() -> dict[str, Any]:
        now = clock.now()
        lines = selectors.senders(now)
        return {"lines": lines, "waiting": sum(line.waiting for line in lines), "today": sum(x.today for x in lines)}

    def around() -> dict[str, Any]:
        scope = request.access.where(Permission.WORK_FEED)
        watched = list(Sender.objects.filter(organisation__in=scope).order_by("code"))
        return tabs(request.access) | {"watched": watched}

    page, part = "feed/status.jinja", "feed/_senders.jinja"
    return live.show(request, page=page, part=part, scope="everyone", context=context, around=around)


@requires(Permission.WORK_FEED)
@require_http_methods(["GET", "POST"])
def queue(request: Request) -> HttpResponse:
    """One of the lists, with names: what waits, merges, numbers used twice, doubts, decisions. POST tries all again."""
    if request.method == "POST":
        tried, went = services.again_all(access=request.access)
        messages.success(request, f"{formats.plural(tried, 'message')} tried again: {formats.count(went)} applied.")
        return redirect("feed:queue")
    view = request.GET.get("view", "")
    view = view if view in LISTS else "waiting"
    now = clock.now()
    found, make = _list(request, view)
    page = paging.of(request.GET, _size(found), SHOWN, {} if view == "waiting" else {"view": view})
    rows = make(found[page.first : page.last])
    audit.record(
        access=request.access,
        action="feed.listed",
        subject_kind="list",
        subject_key=view,
        purpose="data quality",
        detail={"rows": len(rows), "page": page.number, "shown": [row.key for row in rows]},
    )
    context = tabs(request.access) | {
        "view": view,
        "lists": LISTS,
        "rows": rows,
        "page": page,
        "as_at_moment": now,
        "counts": selectors.counts(request.access),
    }
    return render(request, "feed/queue.jinja", context)


def _list(request: Request, view: str) -> tuple[Any, Callable[[Sequence[Any]], list[presenters.Line]]]:
    """The rows of a list (a query or a list, both can be cut), and what makes lines of them."""
    access, now = request.access, clock.now()
    if view == "merges":
        return selectors.merges(access), lambda rows: presenters.merges(access, rows)
    if view == "twice":
        return selectors.used_twice(access, now), lambda rows: presenters.twice(access, rows)
    if view == "doubts":
        return selectors.doubtful(access, now), presenters.doubts
    if view == "worked":
        return selectors.worked(access), lambda rows: presenters.worked(access, rows)
    return selectors.waiting(access), lambda rows: presenters.waiting(access, rows)


def _size(found: Any) -> int:
    return len(found) if isinstance(found, list) else int(found.count())


def _message(request: Request, pk: int, why: str) -> Message:
    found = selectors.message(request.access, pk)
    if found is None:
        raise Http404(str(pk))
    audit.record(
        access=request.access,
        action="feed.message_opened",
        subject_kind="message",
        subject_key=str(pk),
        organisation=found.sender.organisation,
        purpose="data quality",
        detail={"for": why, "patient": found.patient_key, "visit": found.visit_key},
    )
    return found


@requires(Permission.WORK_FEED)
@require_GET
def message(request: Request, pk: int) -> HttpResponse:
    """One message: why it waits, what it says, what was decided, and what can be done."""
    return _show(request, _message(request, pk, "page"))


def _show(request: Request, found: Message, errors: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    access = request.access
    readable = selectors.may_read(access, found)
    history = selectors.decisions(found)
    context = {
        "message": found,
        "readable": readable,
        "reading": plainly.of(found, codes().of(found.sender.code)) if readable else None,
        "merge": presenters.merges(access, [found])[0] if readable and found.trigger == "A40" else None,
        "history": history,
        "seen": services.seen(found, history),
        "acts": services.possible(access, found),
        "acts_words": services.ACTS,
        "done_words": services.DONE,
        "replaces": list(found.replaces.select_related("message")),
        "beside": presenters.beside(selectors.beside(access, found)) if readable else [],
        "errors": errors or {},
        "form": request.POST,
    }
    return render(request, "feed/message.jinja", context, status=status)


@requires(Permission.WORK_FEED)
@require_POST
def act(request: Request, pk: int) -> HttpResponse:
    """Do one act on a message, and come back to it."""
    found = _message(request, pk, "act")
    try:
        said = services.act(
            access=request.access,
            message=found,
            act=request.POST.get("act", ""),
            reason=request.POST.get("reason", ""),
            text=request.POST.get("text", ""),
            seen=request.POST.get("seen", ""),
        )
    except services.Refused as refused:
        return _show(request, found, refused.errors, 400)
    messages.success(request, said)
    return redirect("feed:message", pk)


@requires(Permission.WORK_FEED)
@require_POST
def watch(request: Request, pk: int) -> HttpResponse:
    """Say after how many minutes a sender is late."""
    try:
        said = services.watch(access=request.access, sender_id=pk, minutes=whole(request.POST.get("minutes", "")))
    except services.Refused as refused:
        messages.error(request, str(refused))
        return redirect("feed:status")
    if said is None:
        raise Http404(str(pk))
    messages.success(request, said)
    return redirect("feed:status")
