"""What leaves on paper or as a file: the patient's letter with its code, and the transfer's data set."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.errors import UserError
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.offers import codes, context, my_views, patients, plain, presenters, services, transfers
from wherry.web.offers.models import Invitation, Transfer
from wherry.web.waiting.forms import whole


@requires(Permission.MAKE_OFFERS)
@require_POST
def letter(request: Request, offer_id: int) -> HttpResponse:
    """A letter with a new code, shown this once; the code before it dies."""
    found = context.opened(request, offer_id, "letter", look=False)
    try:
        telephone = context.telephone()
        code = codes.make(access=request.access, offer=found.offer)
    except UserError as error:
        messages.error(request, str(error))
        return redirect("offers:offer", offer_id)
    shown = {
        "code": codes.shown(code),
        "offer": found.offer,
        "facts": found.facts,
        "names": found.names,
        "care": presenters.care(found.offer),
        "far": f"about {presenters.far(found.offer)} from your home" if found.offer.miles is not None else "",
        "function": plain.function(found.offer.treatment_function, found.names),
        "home": my_views.home_of(found.offer, found.names),
        "place": plain.place(found.offer.to_site, found.names),
        "today": found.today,
        "large": bool(found.facts and "large print" in found.facts.needs),
        "telephone": telephone,
        "address": request.build_absolute_uri("/my/"),
    }
    return render(request, "offers/letter.jinja", shown)


@requires(Permission.MAKE_OFFERS)
@require_POST
def invitation_letter(request: Request, invitation_id: int) -> HttpResponse:
    """The letter of an invitation, with a new code."""
    made = Invitation.objects.filter(pk=invitation_id).first()
    if made is None or not request.access.can_at(Permission.MAKE_OFFERS, made.organisation):
        raise Http404(str(invitation_id))
    try:
        if made.state != Invitation.State.INVITED:
            raise UserError("This invitation has been answered or closed, so no code was made.")
        telephone = context.telephone()
        code = codes.make(access=request.access, invitation=made)
    except UserError as error:
        messages.error(request, str(error))
        return redirect("offers:long_waits")
    names = context.names()
    facts = patients.facts_for(made.pathway_key)
    shown = {
        "code": codes.shown(code),
        "made": made,
        "facts": facts,
        "names": names,
        "function": plain.function(made.treatment_function, names),
        "home": names.organisation(made.organisation),
        "today": snapshots.today(),
        "large": bool(facts and "large print" in facts.needs),
        "telephone": telephone,
        "address": request.build_absolute_uri("/my/"),
    }
    return render(request, "offers/invitation_letter.jinja", shown)


@requires(Permission.MAKE_OFFERS)
@require_POST
def transfer(request: Request, offer_id: int) -> HttpResponse:
    """Make the data set and mark the offer transferred."""
    context.opened(request, offer_id, "transfer", look=False)
    try:
        transfers.send(access=request.access, offer_id=offer_id, version=whole(request.POST.get("version", "")) or 0)
    except UserError as error:
        messages.error(request, str(error))
        return redirect("offers:offer", offer_id)
    messages.success(
        request,
        "Transferred. The data set is below: record the transfer with status 21 in your own system; the clock runs on.",
    )
    return redirect("offers:offer", offer_id)


@requires(Permission.MAKE_OFFERS)
@require_POST
def receive(request: Request, offer_id: int) -> HttpResponse:
    """Confirm receipt at the receiving trust."""
    context.opened(request, offer_id, "receipt", look=False)
    try:
        services.receive(access=request.access, offer_id=offer_id, version=whole(request.POST.get("version", "")) or 0)
    except UserError as error:
        messages.error(request, str(error))
        return redirect("offers:offer", offer_id)
    messages.success(request, "Receipt is confirmed. Book the patient in your own system with the clock start below.")
    return redirect("offers:offer", offer_id)


def _sent(request: Request, offer_id: int, why: str) -> Transfer:
    found = context.opened(request, offer_id, why)
    made = Transfer.objects.filter(offer_id=offer_id).first()
    at = {found.offer.from_organisation, found.offer.to_organisation}
    if made is None or not at & request.access.where(Permission.MAKE_OFFERS):
        raise Http404(str(offer_id))
    return made


@requires(Permission.MAKE_OFFERS)
@require_GET
def data_set(request: Request, offer_id: int) -> HttpResponse:
    """The data set as a page to print."""
    made = _sent(request, offer_id, "transfer data set, printed")
    return render(request, "offers/data_set.jinja", {"made": made, "offer": made.offer, "record": made.record})


@requires(Permission.MAKE_OFFERS)
@require_GET
def data_set_file(request: Request, offer_id: int) -> HttpResponse:
    """The data set as a file."""
    made = _sent(request, offer_id, "transfer data set, file")
    audit.record(
        access=request.access,
        action="offer.data_set_exported",
        subject_kind="offer",
        subject_key=str(offer_id),
        organisation=made.offer.from_organisation,
        detail={"sha256": made.sha256},
    )
    response = HttpResponse(transfers.as_json(made.record), content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="transfer-{offer_id}.json"'
    return response
