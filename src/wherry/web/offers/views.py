"""The worklist of offers and one offer's page: thin, over `selectors`, `context` and `services`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.errors import UserError
from wherry.waiting.offer_rules import rules_on, usual_answer_by
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.offers import acts, answers, context, patients, presenters, selectors, services, shortfall
from wherry.web.offers.models import Method, Offer, Origin, State
from wherry.web.waiting.forms import day, whole


@requires(Permission.SEE_OFFERS)
@require_GET
def worklist(request: Request) -> HttpResponse:
    """Offers by state, with their counts; the filter is in the address."""
    today, asked = snapshots.today(), selectors.read(request.GET)
    found = selectors.worklist(request.access, asked, today)
    facts = facts_of(found.offers)
    names = context.names()
    shown = {
        "tabs": presenters.tabs(request.access, "offers:worklist"),
        "asked": asked,
        "found": found,
        "lines": [presenters.line(offer, facts, request.access, names, today) for offer in found.offers],
        "states": [(state, state.label, found.counts[state], asked.query(state=state.value)) for state in State],
        "trusts": [(code, names.trust(code)) for code in trusts(request)],
        "functions": [(code, names.function(code)) for code in _functions(request)],
        "origins": Origin.choices,
        "tag": presenters.TAG,
        "short": shortfall.shortfalls(request.access, today) if request.access.can(Permission.MAKE_OFFERS) else [],
        "names": names,
    }
    return render(request, "offers/worklist.jinja", shown)


def facts_of(offers: list[Offer]) -> dict[str, patients.Facts]:
    """The people of one page; nobody before the first build."""
    if snapshots.current("care") is None:
        return {}
    return patients.facts_of([offer.pathway_key for offer in offers])


def trusts(request: Request) -> list[str]:
    """The trusts of the system, for a filter."""
    system = snapshots.system()
    return list(system.trusts) if system else sorted(request.access.organisations)


def _functions(request: Request) -> list[str]:
    found = selectors.scoped(request.access).order_by().values_list("treatment_function", flat=True).distinct()
    return sorted(code for code in found if code)


@requires(Permission.SEE_OFFERS)
@require_GET
def offer(request: Request, offer_id: int) -> HttpResponse:
    """One offer: where it stands, who it is for, what may be done, its history."""
    found = context.opened(request, offer_id, "offer page")
    return render(request, "offers/offer.jinja", page(request, found))


def page(request: Request, found: context.Opened, **more: Any) -> dict[str, Any]:
    """The context of the offer's page, with what its forms suggest."""
    shown = context.page(request, found)
    suggested = found.offer.treat_on or found.offer.week_start
    contact = found.facts.contact_by if found.facts else Method.LETTER
    form = {
        "treat_on": f"{suggested.day}/{suggested.month}/{suggested.year}",
        "method": contact,
        "agreed_sooner": False,
        "note": "",
    }
    by = usual_answer_by(found.today, suggested)
    form["answer_by"] = f"{by.day}/{by.month}/{by.year}"
    rules = rules_on(found.today)
    return shown | {"form": form, "methods": Method.choices, "rules": rules, "errors": {}} | more


@requires(Permission.MAKE_OFFERS)
@require_POST
def make(request: Request, offer_id: int) -> HttpResponse:
    """Offer it to the patient."""
    found = context.opened(request, offer_id, "offer", look=False)
    post = request.POST
    form = {name: post.get(name, "") for name in ("treat_on", "answer_by", "method", "note")}
    try:
        services.make_offer(
            access=request.access,
            offer_id=offer_id,
            version=whole(post.get("version", "")) or 0,
            treat_on=day(form["treat_on"]),
            answer_by=day(form["answer_by"]),
            method=form["method"],
            agreed_sooner=post.get("agreed_sooner") == "yes",
            note=form["note"],
        )
    except acts.Refused as refused:
        again = form | {"agreed_sooner": post.get("agreed_sooner") == "yes"}
        return render(
            request, "offers/offer.jinja", page(request, found, form=again, errors=refused.errors), status=400
        )
    except UserError as error:
        messages.error(request, str(error))
        return redirect("offers:offer", offer_id)
    messages.success(request, "Offered, and a place is held. Print the letter with the patient’s code below.")
    return redirect("offers:offer", offer_id)


@requires(Permission.MAKE_OFFERS)
@require_POST
def withdraw(request: Request, offer_id: int) -> HttpResponse:
    """Take it back."""
    found = context.opened(request, offer_id, "withdraw", look=False)
    words = request.POST.get("withdraw_reason", "")
    version = whole(request.POST.get("version", "")) or 0
    try:
        services.withdraw(access=request.access, offer_id=offer_id, version=version, reason=words)
    except acts.Refused as refused:
        return render(request, "offers/offer.jinja", page(request, found, errors=refused.errors), status=400)
    except UserError as error:
        messages.error(request, str(error))
        return redirect("offers:offer", offer_id)
    messages.success(request, "Withdrawn. The patient stays where they are, in their place on the list.")
    return redirect("offers:offer", offer_id)


@requires(Permission.TAKE_CALLS)
@require_POST
def correct(request: Request, offer_id: int) -> HttpResponse:
    """Take back an answer that was recorded by mistake."""
    found = context.opened(request, offer_id, "correct an answer", look=False)
    words = request.POST.get("correct_reason", "")
    version = whole(request.POST.get("version", "")) or 0
    try:
        answers.correct(access=request.access, offer_id=offer_id, version=version, reason=words)
    except acts.Refused as refused:
        return render(request, "offers/offer.jinja", page(request, found, errors=refused.errors), status=400)
    except UserError as error:
        messages.error(request, str(error))
        return redirect("offers:offer", offer_id)
    messages.success(request, "The answer is taken back. The offer stands again; both stay in the history.")
    return redirect("offers:offer", offer_id)
