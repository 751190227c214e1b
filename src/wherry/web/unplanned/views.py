"""Pages of the unplanned care hub: the board, a call, a new call, and how it goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast, get_args

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wherry.flow.unplanned.screen import is_open
from wherry.flow.unplanned.standing import Act
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.feed import clock
from wherry.web.unplanned import figure_presenters, forms, presenters, rules, selectors, services
from wherry.web.unplanned.models import Call
from wherry.web.unplanned.selectors import Line
from wherry.web.unplanned.services import SOURCES, WORDS, Refused
from wherry.web.waiting.forms import whole


@requires(Permission.SEE_CALLS)
@require_GET
def board(request: Request) -> HttpResponse:
    """What is to be done next, by list; the most pressing first."""
    access = request.access
    mine = access.where(Permission.SEE_CALLS)

    def part() -> dict[str, Any]:
        now, known = clock.now(), selectors.settings()
        lists = presenters.lists(selectors.board(access, now), access, now)
        return {
            "now": now,
            "lists": lists,
            "closed": [hub for hub in known.hubs.values() if not is_open(hub, now)],
            "shown": [str(row.pk) for one in lists for row in one.rows],
        }

    def around() -> dict[str, Any]:
        minutes = selectors.settings().minutes(clock.today())
        return {"may_enter": access.can(Permission.OFFER_CALLS), "minutes": minutes}

    return live.show(
        request,
        page="unplanned/board.jinja",
        part="unplanned/board_lists.jinja",
        scope=(access.where(Permission.ANSWER_CALLS), access.where(Permission.OFFER_CALLS)),
        context=part,
        organisations=mine,
        around=around,
        audited=("call.shown", "list", "calls", sorted(mine)[0]),
    )


def opened(request: Request, pk: int, why: str, now: datetime) -> Line:
    """A call, logged as opened; 404 outside the person's scope."""
    call = selectors.scoped(request.access).filter(pk=pk).first()
    if call is None:
        raise Http404(str(pk))
    found = selectors.line(call, now)
    audit.record(
        access=request.access,
        action="call.opened",
        subject_kind="call",
        subject_key=str(pk),
        organisation=call.from_organisation,
        detail={"for": why, "incident": call.incident, "nhs_number": call.nhs_number},
    )
    return found


@requires(Permission.SEE_CALLS)
@require_GET
def call(request: Request, pk: int) -> HttpResponse:
    """One call."""
    now = clock.now()
    return render(request, "unplanned/call.jinja", _context(request, opened(request, pk, "call page", now), now))


def _context(request: Request, found: Line, now: datetime) -> dict[str, Any]:
    known = selectors.settings()
    last = services.last_standing(found.acts)
    undo_side = rules.undo_side(last)
    return {
        "now": now,
        "line": found,
        "call": found.call,
        "at": found.at,
        "banner": presenters.banner(found, now),
        "clock": presenters.two_hour_clock(found, known, now),
        "age": selectors.age(found.call, now.date()),
        "acts": rules.open_acts(request.access, found.call, found.at),
        "may_undo": undo_side is not None and rules.may(request.access, found.call, undo_side),
        "last_words": WORDS.get(last, ""),
        "known": known,
        "condition": known.conditions.get(found.call.condition),
        "history": presenters.history(found, known),
        "refusal": known.refusals.get(found.at.refusal, ""),
        "outcome": known.outcomes.get(found.at.outcome),
        "may_refer": request.access.can(Permission.REFER_VIRTUAL) and found.at.service == "virtual_ward",
        "given": {code: {True: "yes", False: "no"}.get(found.call.signs.get(code), "") for code in known.signs},
        "form": {},
        "errors": {},
        "opened": "",
    }


@requires(Permission.SEE_CALLS)
@require_POST
def act(request: Request, pk: int, act: str) -> HttpResponse:
    """Do one act and come back; what cannot be done stays in its form with the reason."""
    now = clock.now()
    found = opened(request, pk, act, now)
    if act not in get_args(Act):
        raise Http404(act)
    known = selectors.settings()
    post = request.POST
    errors: dict[str, str] = {}
    text = post.get("happened_at", "").strip()
    happened = forms.time_of_day(text, now) if text else None
    if text and happened is None:
        errors["happened_at"] = f"“{text[:20]}” is not a time: write it as 14:05"
    try:
        if errors:
            raise Refused(errors)
        services.do(
            access=request.access,
            call_id=found.call.pk,
            act=cast(Act, act),
            version=whole(post.get("version", "")) or 0,
            code=post.get("code", ""),
            words=post.get("words", ""),
            happened_at=happened,
            signs=forms.signs(post, known) if act == "offer" else None,
            overrule=post.get("overrule") == "yes",
        )
    except Refused as refused:
        fresh = selectors.line(selectors.scoped(request.access).get(pk=pk), now, known)
        shown = _context(request, fresh, now)
        shown |= {
            "errors": {f"{act}-{name}": words for name, words in refused.errors.items()},
            "form": post,
            "opened": act,
        }
        if act == "offer":
            shown["given"] = {code: post.get(f"sign_{code}", "") for code in known.signs}
        return render(request, "unplanned/call.jinja", shown, status=400)
    messages.success(request, f"{WORDS[act]}.")
    return redirect("unplanned:call", pk)


@requires(Permission.OFFER_CALLS)
@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    """Enter a call of one's own ambulance service."""
    now = clock.now()
    known = selectors.settings()
    mine = sorted(request.access.where(Permission.OFFER_CALLS))
    organisations = [(code, code) for code in mine]
    context: dict[str, Any] = {
        "now": now,
        "known": known,
        "organisations": organisations,
        "sources": SOURCES.items(),
        "form": {},
        "errors": {},
    }
    context["given"] = {code: request.POST.get(f"sign_{code}", "") for code in known.signs}
    if request.method == "GET":
        return render(request, "unplanned/new.jinja", context)
    made, errors = forms.new_call(request.POST, known, now)
    organisation = request.POST.get("organisation", "") if len(mine) > 1 else mine[0]
    try:
        if organisation not in mine:
            raise Refused({"organisation": "Choose whose call it is"} | errors)
        if errors:
            raise Refused(errors)
        entered = services.enter(access=request.access, organisation=organisation, new=made)
    except Refused as refused:
        context |= {"form": request.POST, "errors": refused.errors}
        return render(request, "unplanned/new.jinja", context, status=400)
    messages.success(request, "The call is in your stack. It has not been offered to anybody yet.")
    return redirect("unplanned:call", entered.pk)


#: Periods that the page of figures offers, in days.
PERIODS = (1, 7, 28, 91, 365)


@requires(Permission.SEE_FLOW)
@require_GET
def measures(request: Request) -> HttpResponse:
    """How it goes, in totals: nobody's name is on this page."""
    now = clock.now()
    days = whole(request.GET.get("days", ""))
    days = days if days in PERIODS else 28
    since = now - timedelta(days=days)
    known = selectors.settings()
    found = selectors.measured(since, now, now)
    context = {
        "now": now,
        "since": since,
        "days": days,
        "periods": PERIODS,
        "found": found,
        "known": known,
        "any": Call.objects.exists(),
        "lines": [
            *(figure_presenters.figure_lines(found, known, now) if found.calls else ()),
            figure_presenters.category_2(selectors.category_2(since, now), now),
        ],
    }
    return render(request, "unplanned/measures.jinja", context)
