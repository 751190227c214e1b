"""Patients beyond 40 weeks without a date: where in the group there is room earlier, and inviting them to say."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wherry.errors import UserError
from wherry.waiting.offer_rules import rules_on
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.offers import acts, agree_views, context, earlier, invitations, patients, presenters, services
from wherry.web.offers.models import Invitation, Origin
from wherry.web.waiting.forms import whole
from wherry.web.waiting.keys import to_address


@requires(Permission.MAKE_OFFERS)
@require_GET
def long_waits(request: Request) -> HttpResponse:
    """Who may ask to move, longest first, with where there is room earlier; and invitations that stand."""
    today, names = snapshots.today(), context.names()
    query = request.GET
    asked = {name: query.get(name, "")[:10] for name in ("trust", "function", "show")}
    found = (
        earlier.waiters(
            request.access,
            today,
            trust=asked["trust"],
            function=asked["function"],
            show=asked["show"],
            page=whole(query.get("page", "1")) or 1,
        )
        if snapshots.current("care")
        else None
    )
    mine = Invitation.objects.filter(organisation__in=request.access.where(Permission.MAKE_OFFERS))
    standing = mine.exclude(state=Invitation.State.CLOSED).select_related("offer").order_by("-pk")
    wishes = list(standing[:50])
    people = patients.facts_of([made.pathway_key for made in wishes]) if wishes else {}
    shown = {
        "tabs": presenters.tabs(request.access, "offers:long_waits"),
        "found": found,
        "asked": asked,
        "rules": rules_on(today),
        "people": [
            (facts, earlier.options(facts, today), names.function((facts.row or {}).get("treatment_function")))
            for facts in (found.facts if found else [])
        ],
        "functions": [
            (code, names.function(code), n) for code, n in sorted((found.functions if found else {}).items())
        ],
        "trusts": [(code, names.trust(code), n) for code, n in sorted((found.trusts if found else {}).items())],
        "names": names,
        "wishes": [(made, people.get(made.pathway_key)) for made in wishes],
        "today": today,
        "to_address": to_address,
        "next_date": earlier.next_date,
    }
    return render(request, "offers/long_waits.jinja", shown)


@requires(Permission.MAKE_OFFERS)
@require_http_methods(["GET", "POST"])
def by_hand(request: Request, key: str) -> HttpResponse:
    """Propose one patient by hand to a place that a site has: still for a clinician to agree."""
    today, names = snapshots.today(), context.names()
    facts = patients.facts_for(key) if snapshots.current("care") else None
    row = facts.row if facts else None
    if facts is None or row is None or not request.access.can_at(Permission.MAKE_OFFERS, row["organisation"]):
        raise Http404(key)
    found = earlier.options(facts, today)
    errors: dict[str, str] = {}
    if request.method == "POST":
        option = next((o for o in found if o.capacity_key == request.POST.get("place")), None)
        words = acts.plain(request.POST.get("why", ""))[: acts.WORDS_AT_MOST]
        if option is None:
            errors["place"] = "Choose where, among the places that there are now"
        if not words:
            errors["why"] = "Say why, for the clinician who is to agree"
        if option is not None and not errors:
            done = services.propose(
                access=request.access,
                run_label="",
                moves=[earlier.move_to(option, facts, today, words)],
                snapshot_id=patients.care().id,
                origin=Origin.HAND,
            )
            if done.made:
                messages.success(request, "Proposed. A clinician of this trust is asked to agree.")
                return redirect("offers:offer", done.made[0].pk)
            errors["place"] = f"{done.left_out[0][1]}. Nothing was proposed."
    if not errors:
        audit.record(
            access=request.access,
            action="pathway.opened",
            subject_kind="pathway",
            subject_key=key[:200],
            organisation=row["organisation"],
            detail={"for": "propose a move by hand", "person": row["person_key"], "snapshot": patients.care().id},
        )
    shown = {
        "facts": facts,
        "row": row,
        "weigh": agree_views.clinical(facts),
        "options": found,
        "names": names,
        "errors": errors,
        "post": request.POST,
        "tabs": presenters.tabs(request.access, ""),
        "today": today,
    }
    return render(request, "offers/by_hand.jinja", shown, status=400 if errors else 200)


@requires(Permission.MAKE_OFFERS)
@require_POST
def invite(request: Request) -> HttpResponse:
    """Invite one patient to say whether they would move."""
    key = request.POST.get("pathway", "")
    if not key or snapshots.current("care") is None:
        messages.error(request, "Nobody was invited: choose somebody.")
        return redirect("offers:long_waits")
    try:
        invitations.invite(access=request.access, pathway_key=key)
    except UserError as error:
        messages.error(request, str(error))
    except PermissionDenied as error:
        raise Http404(key) from error
    else:
        messages.success(request, "Invited. Print the letter with the patient’s code below.")
    return redirect("offers:long_waits")


@requires(Permission.MAKE_OFFERS)
@require_POST
def close_invitation(request: Request, invitation_id: int) -> HttpResponse:
    """Close an invitation, with the reason."""
    try:
        reason = request.POST.get("reason", "")
        invitations.close(access=request.access, invitation_id=invitation_id, reason=reason)
    except (Invitation.DoesNotExist, PermissionDenied) as error:
        raise Http404(str(invitation_id)) from error
    except UserError as error:
        messages.error(request, str(error))
        return redirect("offers:invitation", invitation_id)
    messages.success(request, "Closed. The patient keeps their place on the list.")
    return redirect("offers:long_waits")
