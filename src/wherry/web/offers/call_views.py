"""The call handler's screen: whom to telephone, oldest first; what to say; what came of it."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.errors import UserError
from wherry.waiting.offer_rules import rules_on
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.offers import acts, answers, context, invitations, patients, presenters, selectors
from wherry.web.offers.acts import Actor
from wherry.web.offers.models import Call, Invitation, Offer
from wherry.web.offers.views import facts_of
from wherry.web.waiting.forms import whole
from wherry.web.waiting.naming import Names


@requires(Permission.TAKE_CALLS)
@require_GET
def queue(request: Request) -> HttpResponse:
    """Whom to call."""
    today, names = snapshots.today(), context.names()
    offers = selectors.to_call(request.access, today)
    total, first = offers.count(), list(offers.prefetch_related("calls")[: selectors.PAGE])
    facts = facts_of(first)
    asked = list(_to_talk(request).order_by("invited_on", "pk")[: selectors.PAGE])
    talk = patients.facts_of([made.pathway_key for made in asked]) if asked else {}
    shown = {
        "tabs": presenters.tabs(request.access, "offers:calls"),
        "total": total,
        "lines": [
            {
                "line": presenters.line(offer, facts, request.access, names, today),
                "why": why_call(offer, facts.get(offer.pathway_key)),
                "needs": facts[offer.pathway_key].needs if offer.pathway_key in facts else (),
                "calls": list(offer.calls.all()),
            }
            for offer in first
        ],
        "asked": [(made, talk.get(made.pathway_key)) for made in asked],
    }
    return render(request, "offers/calls.jinja", shown)


def _to_talk(request: Request) -> QuerySet[Invitation]:
    mine = Invitation.objects.filter(organisation__in=request.access.where(Permission.TAKE_CALLS))
    return mine.filter(state=Invitation.State.INVITED, call_wanted=True)


def why_call(offer: Offer, facts: patients.Facts | None) -> str:
    """Why somebody is in the queue."""
    today = snapshots.today()
    if offer.call_wanted:
        return "Asked for a call"
    if offer.answer_by is not None and offer.answer_by < today:
        return "Has not answered"
    return "Is to be told by telephone" if offer.method == "telephone" else "Had a letter"


@requires(Permission.TAKE_CALLS)
@require_GET
def call(request: Request, offer_id: int) -> HttpResponse:
    """One patient: telephone, needs, what to check, what to say, what they answer."""
    return _call(request, offer_id, {})


def _call(request: Request, offer_id: int, errors: dict[str, str], status: int = 200) -> HttpResponse:
    found = context.opened(request, offer_id, "call", look=status == 200)
    if not request.access.can_at(Permission.TAKE_CALLS, found.offer.from_organisation):
        raise Http404(str(offer_id))
    shown = context.page(request, found) | {
        "proofs": answers.PROOFS,
        "outcomes": [choice for choice in Call.Outcome.choices if choice[0] != Call.Outcome.ANSWERED],
        "errors": errors,
        "post": request.POST,
        "ticked": request.POST.getlist("proof"),
        "contact": found.facts.contact if found.facts else {},
        "identity": found.facts.identity if found.facts else {},
        "why": why_call(found.offer, found.facts),
    }
    return render(request, "offers/call.jinja", shown, status=status)


@requires(Permission.TAKE_CALLS)
@require_POST
def record(request: Request, offer_id: int) -> HttpResponse:
    """What came of the call."""
    context.opened(request, offer_id, "call", look=False)
    post = request.POST
    try:
        _, answered = answers.record_call(
            access=request.access,
            offer_id=offer_id,
            version=whole(post.get("version", "")) or 0,
            outcome=post.get("outcome", ""),
            proofs=frozenset(post.getlist("proof")),
            answer=post.get("answer", ""),
            note=post.get("note", ""),
        )
    except acts.Refused as refused:
        return _call(request, offer_id, refused.errors, 400)
    except UserError as error:
        messages.error(request, str(error))
        return redirect("offers:call", offer_id)
    if answered is None:
        messages.success(request, "The call is recorded.")
    elif answered.gone:
        messages.error(
            request,
            "The place has gone, so nothing was changed: say that we are sorry, that they keep their place on the list "
            "of their own hospital, and that we will tell them if another place comes.",
        )
        return redirect("offers:call", offer_id)
    else:
        messages.success(request, f"Recorded: {answered.offer.get_state_display()}.")
    return redirect("offers:calls")


@requires(Permission.TAKE_CALLS)
@require_GET
def invitation(request: Request, invitation_id: int) -> HttpResponse:
    """Somebody who may ask to move, and would rather talk."""
    return _invitation(request, invitation_id, {})


def _invitation(request: Request, invitation_id: int, errors: dict[str, str], status: int = 200) -> HttpResponse:
    made = _mine(request, invitation_id)
    names: Names = context.names()
    facts = patients.facts_for(made.pathway_key)
    audit.record(
        access=request.access,
        action="invitation.opened",
        subject_kind="invitation",
        subject_key=str(made.pk),
        organisation=made.organisation,
        detail={"pathway": made.pathway_key},
    )
    system = snapshots.system()
    here = (facts.row or {}).get("site") if facts else None
    shown = {
        "made": made,
        "facts": facts,
        "names": names,
        "sites": [(site.code, site.name) for site in system.sites if site.code != here] if system else [],
        "asked_sites": [names.site(code) for code in made.sites.split(";") if code],
        "miles": rules_on(snapshots.today()).miles_asked,
        "errors": errors,
        "post": request.POST,
        "ticked": request.POST.getlist("sites"),
        "proofs": answers.PROOFS,
        "proved": request.POST.getlist("proof"),
        "tabs": presenters.tabs(request.access, ""),
        "may_close": request.access.can_at(Permission.MAKE_OFFERS, made.organisation),
    }
    return render(request, "offers/invitation.jinja", shown, status=status)


def _mine(request: Request, invitation_id: int) -> Invitation:
    made = Invitation.objects.filter(pk=invitation_id).first()
    if made is None or not request.access.can_at(Permission.TAKE_CALLS, made.organisation):
        raise Http404(str(invitation_id))
    return made


@requires(Permission.TAKE_CALLS)
@require_POST
def invitation_answer(request: Request, invitation_id: int) -> HttpResponse:
    """What they said by telephone."""
    made = _mine(request, invitation_id)
    post, actor = request.POST, Actor(request.access)
    errors = {}
    if frozenset(post.getlist("proof")) != frozenset(answers.PROOFS):
        errors["proof"] = "Tick all three checks first"
    if post.get("answer") not in ("move", "stay"):
        errors["answer"] = "Choose what the patient said"
    if errors:
        return _invitation(request, made.pk, errors, 400)
    try:
        if post.get("answer") == "stay":
            invitations.stay(actor=actor, invitation_id=made.pk)
            messages.success(request, "Recorded: they stay where they are.")
        else:
            miles = whole(post.get("miles", ""))
            asked = invitations.ask(actor=actor, invitation_id=made.pk, sites=post.getlist("sites"), miles=miles)
            words = "A clinician is asked now." if asked.offer else "No place fits now; it stays on the list of wishes."
            messages.success(request, f"Recorded: they would move. {words}")
    except acts.Refused as refused:
        return _invitation(request, made.pk, refused.errors, 400)
    except UserError as error:
        messages.error(request, str(error))
    return redirect("offers:calls")
