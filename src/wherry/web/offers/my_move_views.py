"""A patient who has waited long says whether they would move, where to and how far. One question a page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from wherry.errors import UserError
from wherry.waiting.offer_rules import rules_on
from wherry.web import snapshot as snapshots
from wherry.web.offers import context, earlier, invitations, my_session, patients, plain
from wherry.web.offers.acts import Actor
from wherry.web.offers.models import AnswerCode, Invitation
from wherry.web.offers.my_session import mine, show

ANY = "any"


def _told(made: Invitation) -> dict[str, Any]:
    names = context.names()
    return {
        "made": made,
        "State": Invitation.State,
        "home": names.organisation(made.organisation),
        "function": plain.function(made.treatment_function, names),
        "chosen_sites": [plain.place(code, names) for code in made.sites.split(";") if code],
    }


def _hospitals(made: Invitation) -> list[earlier.Hospital]:
    facts = patients.facts_for(made.pathway_key)
    return earlier.hospitals(facts, snapshots.today()) if facts else []


@mine("invitation")
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, code: AnswerCode) -> HttpResponse:
    """Would you go to another hospital?"""
    made, chosen = _of(code), request.POST.get("answer", "")
    if made.state != Invitation.State.INVITED:
        return redirect("my:move_done")
    if request.method == "POST" and chosen in ("move", "stay", "call"):
        my_session.say(request, answer=chosen)
        return redirect("my:where" if chosen == "move" else "my:check")
    errors = {"answer": "Choose one of the three answers"} if request.method == "POST" else {}
    before = my_session.said(request).get("answer", "")
    return show(request, "move", errors=errors, chosen=before, status=400 if errors else 200, **_told(made))


@mine("invitation")
@require_http_methods(["GET", "POST"])
def where(request: HttpRequest, code: AnswerCode) -> HttpResponse:
    """Which hospitals?"""
    made, found = _of(code), _hospitals(_of(code))
    known = {hospital.code for hospital in found}
    chosen = [site for site in request.POST.getlist("sites") if site in known]
    if request.method == "POST" and chosen:
        my_session.say(request, sites=chosen)
        return redirect("my:far")
    errors = {"sites": "Choose at least one hospital"} if request.method == "POST" else {}
    before = my_session.said(request).get("sites", [])
    shown = _told(made) | {"hospitals": found, "chosen": before, "errors": errors}
    return show(request, "where", status=400 if errors else 200, **shown)


@mine("invitation")
@require_http_methods(["GET", "POST"])
def far(request: HttpRequest, code: AnswerCode) -> HttpResponse:
    """How far?"""
    made, chosen = _of(code), request.POST.get("miles", "")
    choices = [str(miles) for miles in rules_on(snapshots.today()).miles_asked]
    if request.method == "POST" and chosen in (*choices, ANY):
        my_session.say(request, miles=chosen)
        return redirect("my:check")
    errors = {"miles": "Choose how far you would go"} if request.method == "POST" else {}
    before = my_session.said(request).get("miles", "")
    shown = _told(made) | {"choices": choices, "chosen": before, "errors": errors}
    return show(request, "far", status=400 if errors else 200, **shown)


@mine("invitation")
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, code: AnswerCode) -> HttpResponse:
    """Look once more, then send."""
    made, said = _of(code), my_session.said(request)
    answer, sites, miles = said.get("answer", ""), said.get("sites", []), said.get("miles", "")
    if answer not in ("move", "stay", "call") or (answer == "move" and not (sites and miles)):
        return redirect("my:move")
    if request.method == "GET":
        names = context.names()
        shown = _told(made) | {"answer": answer, "sites": [plain.place(site, names) for site in sites], "miles": miles}
        return show(request, "check", **shown)
    actor = Actor(patient_of=f"invitation {made.pk}")
    try:
        if answer == "move":
            limit = None if miles == ANY else int(miles)
            invitations.ask(actor=actor, invitation_id=made.pk, sites=sites, miles=limit)
        elif answer == "stay":
            invitations.stay(actor=actor, invitation_id=made.pk)
        else:
            invitations.ask_call(actor=actor, invitation_id=made.pk)
    except UserError:  # it was answered meanwhile: the next page says how it stands
        return redirect("my:move_done")
    return redirect("my:move_done")


@mine("invitation")
@require_GET
def done(request: HttpRequest, code: AnswerCode) -> HttpResponse:
    """What was said, and what happens next."""
    made = _of(code)
    if made.state == Invitation.State.INVITED and not made.call_wanted:
        return redirect("my:move")
    return show(request, "move_done", **_told(made))


def _of(code: AnswerCode) -> Invitation:
    if code.invitation is None:
        raise ValueError("this code is for an offer")
    return code.invitation
