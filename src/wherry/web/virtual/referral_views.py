"""Referrals to virtual wards: the queue, one referral with its criteria, and the form by which one is made."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wherry.flow.virtual.criteria import judge
from wherry.flow.virtual.rules import rules
from wherry.reference import nhs_number
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.feed import clock
from wherry.web.feed.models import Visit
from wherry.web.virtual import presenters, selectors, services
from wherry.web.virtual.common import Refused, capacity, clinicians, staffed
from wherry.web.virtual.models import Referral, ReferralState, Source
from wherry.web.waiting.forms import day, whole

#: So many decided referrals are shown under those that wait.
DECIDED = 50


@requires(Permission.SEE_VIRTUAL)
@require_GET
def queue(request: Request) -> HttpResponse:
    """Referrals that wait, oldest first, and those decided lately."""
    mine = selectors.providers(request.access)
    waiting = list(selectors.waiting(request.access))
    decided = list(
        Referral.objects.filter(provider__in=mine)
        .exclude(state=ReferralState.WAITING)
        .order_by("-decided_at")[:DECIDED]
    )
    live.log_shown(
        request.access, "virtual.referrals_listed", "list", "virtual ward referrals", mine[0],
        keys=[f"referral {each.pk}" for each in [*waiting, *decided]],
    )  # fmt: skip
    now = clock.now()
    context = {
        "here": "referrals",
        "waiting": [(each, now - each.made_at, judge(each.pathway, each.answers)) for each in waiting],
        "decided": decided,
        "rooms": {(room.provider, room.pathway): room for room in selectors.rooms(mine)},
        "names": presenters.names(),
        "pathways": rules().pathways,
        "may_refer": request.access.can(Permission.REFER_VIRTUAL),
        "now": now,
    }
    return render(request, "virtual/referrals.jinja", context)


def _opened(request: Request, pk: int, why: str) -> Referral:
    """One referral, logged as opened; 404 outside the person's scope."""
    found = selectors.referrals(request.access).filter(pk=pk).first()
    if found is None:
        raise Http404(str(pk))
    audit.record(
        access=request.access,
        action="virtual.referral_opened",
        subject_kind="virtual_referral",
        subject_key=str(pk),
        organisation=found.provider,
        detail={"for": why, "nhs_number": found.nhs_number},
    )
    return found


@requires(Permission.SEE_VIRTUAL)
@require_GET
def show(request: Request, pk: int) -> HttpResponse:
    """One referral."""
    return render(request, "virtual/referral.jinja", _context(request, _opened(request, pk, "referral")))


@requires(Permission.SEE_VIRTUAL)
@require_POST
def act(request: Request, pk: int) -> HttpResponse:
    """Accept, refuse, withdraw, or let it wait again."""
    found = _opened(request, pk, "decision")
    post = request.POST
    version = whole(post.get("version", "")) or 0
    reason = post.get("reason", "")
    given: dict[str, Any] = {"access": request.access, "referral_id": pk, "version": version}
    try:
        kind = post.get("act", "")
        if kind == "accept":
            stay = services.accept(answers=_answers(post), clinician_id=whole(post.get("clinician", "")), **given)
            messages.success(request, f"Accepted, place {stay.place}. Now bring the patient on to the ward.")
            return redirect("virtual:patient", stay.pk)
        if kind == "refuse":
            services.refuse_referral(reason=reason, **given)
        elif kind == "withdraw":
            services.withdraw(reason=reason, **given)
        elif kind == "reopen":
            services.reopen(reason=reason, **given)
        else:
            raise Refused({"act": "Choose what you decide"})
    except Refused as refused:
        found.refresh_from_db()
        context = _context(request, found, refused.errors, post)
        return render(request, "virtual/referral.jinja", context, status=400)
    messages.success(request, "Recorded.")
    return redirect("virtual:referral", pk)


def _context(
    request: Request, found: Referral, errors: dict[str, str] | None = None, post: QueryDict | None = None
) -> dict[str, Any]:
    answers = {**found.answers, **(_answers(post) if post else {})}
    room = next((each for each in selectors.rooms([found.provider]) if each.pathway == found.pathway), None)
    return {
        "here": "referrals",
        "found": found,
        "stay": getattr(found, "stay", None),
        "answers": answers,
        "criteria": rules().criteria_of(found.pathway),
        "verdict": judge(found.pathway, answers),
        "room": room,
        "names": presenters.names(),
        "pathways": rules().pathways,
        "errors": errors or {},
        "post": post or {},
        "clinicians": clinicians(found.provider),
        "may_decide": request.access.can_at(Permission.WORK_VIRTUAL, found.provider),
        "waited": clock.now() - found.made_at,
        "visit": Visit.objects.filter(pk=found.visit_key).first() if found.visit_key else None,
    }


@requires(Permission.REFER_VIRTUAL)
@require_http_methods(["GET", "POST"])
def refer(request: Request) -> HttpResponse:
    """The form by which somebody is referred: from a visit (`visit`), from a call (`call`), or anybody."""
    visit = _visit(request)
    call = _call(request)
    data = request.POST if request.method == "POST" else request.GET
    errors: dict[str, str] = {}
    if request.method == "POST":
        born = data.get("birth_date", "")
        person = services.Person(
            surname=data.get("surname", ""),
            forename=data.get("forename", ""),
            nhs_number=nhs_number.compact(data.get("nhs_number", "")),
            birth_date=day(born),
            sex=data.get("sex", ""),
            address=data.get("address", ""),
            postcode=data.get("postcode", ""),
            gp_practice=data.get("gp_practice", ""),
            telephone=data.get("telephone", ""),
        )
        provider, _, pathway = data.get("ward", "").partition("|")
        try:
            if visit is None and (not born.strip() or person.birth_date is None):
                raise Refused({"birth_date": "Write the birth date as 3/4/1942: readings are matched by it"})
            made = services.refer(
                access=request.access,
                provider=provider,
                pathway=pathway,
                source=data.get("source", ""),
                reason=data.get("reason", ""),
                answers=_answers(request.POST),
                visit_key=visit.key if visit else "",
                person=None if visit else person,
            )
            messages.success(
                request,
                f"Referred to {presenters.names().get(made.provider, made.provider)}. It waits for a clinician’s "
                "answer; until then the patient is yours.",
            )
            if made.provider in request.access.where(Permission.SEE_VIRTUAL):
                return redirect("virtual:referral", made.pk)
            return redirect("virtual:refer")
        except Refused as refused:
            errors = refused.errors
    context = {
        "here": "refer",
        "visit": visit,
        "person": services.person_of(visit) if visit else None,
        "call": call,
        "data": data,
        "errors": errors,
        "answers": _answers(request.POST) if request.method == "POST" else {},
        "criteria": rules().criteria,
        "wards": _wards(),
        "sources": _sources(visit),
        "pathways": rules().pathways,
        "mine": list(Referral.objects.filter(made_by=request.access.user).order_by("-made_at")[:10]),
        "names": presenters.names(),
        "may_see": request.access.can(Permission.SEE_VIRTUAL),
    }
    return render(request, "virtual/refer.jinja", context, status=400 if errors else 200)


def _visit(request: Request) -> Visit | None:
    key = request.POST.get("visit") or request.GET.get("visit", "")
    if not key:
        return None
    mine = request.access.where(Permission.REFER_VIRTUAL)
    found = Visit.objects.filter(pk=key[:120], organisation__in=mine).first()
    if found is None:
        raise Http404(key[:120])
    live.log_shown(
        request.access, "virtual.refer_opened", "visit", found.key, found.organisation, keys=[f"visit {found.key}"]
    )
    return found


def _call(request: Request) -> Any:
    """The call of the unplanned care hub that a referral comes from, if the reader may see it."""
    pk = whole(request.GET.get("call", ""))
    if pk is None or not request.access.can(Permission.SEE_CALLS):
        return None
    from wherry.web.unplanned.selectors import scoped

    found = scoped(request.access).filter(pk=pk).first()
    if found is not None:
        live.log_shown(
            request.access, "virtual.refer_opened", "call", str(pk), found.to_organisation, keys=[f"call {pk}"]
        )
    return found


def _answers(post: QueryDict | dict[str, str]) -> dict[str, str]:
    return {each.code: str(post[f"c-{each.code}"]) for each in rules().criteria if post.get(f"c-{each.code}")}


def _wards() -> list[tuple[str, str]]:
    names, today = presenters.names(), clock.today()
    rooms = {(room.provider, room.pathway): room for room in selectors.rooms(list(capacity().providers))}
    return [
        (
            f"{row.provider}|{row.pathway}",
            f"{names.get(row.provider, row.provider)}: {rules().pathways[row.pathway].words} "
            f"({rooms[row.provider, row.pathway].free} of {staffed(row.provider, row.pathway, today)} places free)",
        )
        for row in capacity().rows
        if row.places
    ]


def _sources(visit: Visit | None) -> list[tuple[str, str]]:
    if visit is not None:
        wanted = Source.WARD if visit.standing == "in_bed" else Source.DEPARTMENT
        return [(wanted.value, str(wanted.label))]
    return [(each.value, str(each.label)) for each in Source if each != Source.WARD]
