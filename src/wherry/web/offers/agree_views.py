"""A clinician agrees, or does not: one at a time, or several that were looked at together."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.errors import UserError
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.offers import acts, context, presenters, selectors, services
from wherry.web.offers.models import Offer
from wherry.web.offers.patients import Facts
from wherry.web.offers.views import facts_of
from wherry.web.waiting.forms import whole

#: Most that go together: what one person can look at.
TOGETHER = 25


@requires(Permission.AGREE_MOVES)
@require_GET
def queue(request: Request) -> HttpResponse:
    """What waits for a clinician of one's own trusts; several may be ticked."""
    return _queue(request, {}, "")


def _queue(request: Request, errors: dict[str, str], note: str, status: int = 200) -> HttpResponse:
    today, names = snapshots.today(), context.names()
    offers = selectors.to_agree(request.access)
    function = request.GET.get("function", "")[:10]
    functions = sorted(set(offers.order_by().values_list("treatment_function", flat=True)) - {""})
    chosen = offers.filter(treatment_function=function) if function else offers
    total = chosen.count()
    first = list(chosen[:TOGETHER])
    facts = facts_of(first)
    _looked(request, first)
    lines = [
        (presenters.line(o, facts, request.access, names, today), clinical(facts.get(o.pathway_key))) for o in first
    ]
    shown = {
        "tabs": presenters.tabs(request.access, "offers:agree_queue"),
        "lines": lines,
        "total": total,
        "function": function,
        "functions": [(code, names.function(code)) for code in functions],
        "errors": errors,
        "note": note,
    }
    return render(request, "offers/agree_queue.jinja", shown, status=status)


def clinical(facts: Facts | None) -> dict[str, Any]:
    """What a clinician weighs, in words; what is not recorded is said to be."""
    row = (facts.row if facts else None) or {}
    return {
        "priority": row.get("clinical_priority") or "no priority recorded",
        "procedure": row.get("procedure") or "none recorded",
        "frailty": f"{facts.frailty:.0f} of 9" if facts and facts.frailty is not None else "not recorded",
        "asa": f"{facts.asa:.0f}" if facts and facts.asa is not None else "not recorded",
        "needs": ", ".join(facts.needs) if facts and facts.needs else "none recorded",
        "age": row.get("age"),
    }


def _looked(request: Request, offers: list[Offer]) -> None:
    if offers:
        audit.record(
            access=request.access,
            action="offer.listed_to_agree",
            subject_kind="offer",
            subject_key=f"{len(offers)} offers",
            detail={"offers": [offer.pk for offer in offers]},
        )


@requires(Permission.AGREE_MOVES)
@require_GET
def one(request: Request, offer_id: int) -> HttpResponse:
    """One proposal, with what a clinician weighs."""
    return _one(request, offer_id, {})


def _one(request: Request, offer_id: int, errors: dict[str, str], status: int = 200, **form: str) -> HttpResponse:
    found = context.opened(request, offer_id, "clinical agreement", look=status == 200)
    if not request.access.can_at(Permission.AGREE_MOVES, found.offer.from_organisation):
        raise Http404(str(offer_id))
    shown = context.page(request, found)
    shown |= {"weigh": clinical(found.facts), "errors": errors, "form": form, "row": found.facts and found.facts.row}
    return render(request, "offers/agree.jinja", shown, status=status)


@requires(Permission.AGREE_MOVES)
@require_POST
def decide(request: Request, offer_id: int) -> HttpResponse:
    """Agree, or refuse with the reason."""
    found = context.opened(request, offer_id, "clinical agreement", look=False)
    post, version = request.POST, whole(request.POST.get("version", "")) or 0
    try:
        if post.get("decision") == "agree":
            services.agree(access=request.access, offer_id=offer_id, version=version, note=post.get("note", ""))
            messages.success(request, "Agreed. It can be offered to the patient now.")
        elif post.get("decision") == "refuse":
            services.refuse(access=request.access, offer_id=offer_id, version=version, reason=post.get("reason", ""))
            messages.success(request, "Not agreed. Nothing is offered, and the patient keeps their place.")
        else:
            raise acts.Refused({"decision": "Choose whether you agree"})
    except acts.Refused as refused:
        form = {"note": post.get("note", ""), "reason": post.get("reason", ""), "decision": post.get("decision", "")}
        return _one(request, found.offer.pk, refused.errors, 400, **form)
    except UserError as error:
        messages.error(request, str(error))
        return redirect("offers:offer", offer_id)
    following = selectors.to_agree(request.access).first()
    return redirect("offers:agree_one", following.pk) if following else redirect("offers:agree_queue")


@requires(Permission.AGREE_MOVES)
@require_POST
def several(request: Request) -> HttpResponse:
    """Preview the ticked ones, then agree to all of them or none."""
    chosen = [pair for text in request.POST.getlist("offer")[:TOGETHER] if (pair := _pair(text)) is not None]
    note = request.POST.get("note", "")
    if not chosen:
        return _queue(request, {"offer": "Tick at least one"}, note, 400)
    mine = {o.pk: o for o in selectors.to_agree(request.access).filter(pk__in=[pk for pk, _ in chosen])}
    offers = [mine[pk] for pk, _ in chosen if pk in mine]
    errors: dict[str, str] = {}
    if request.POST.get("sure") == "yes":
        try:
            done = services.agree_several(access=request.access, chosen=chosen, note=note)
        except acts.Refused as refused:
            errors = refused.errors
        except UserError as error:
            messages.error(request, f"None was agreed. {error}")
            return redirect("offers:agree_queue")
        except Offer.DoesNotExist:
            messages.error(request, "None was agreed: one of them is not there any more.")
            return redirect("offers:agree_queue")
        else:
            messages.success(request, f"{len(done)} agreed. They can be offered now.")
            return redirect("offers:agree_queue")
    facts, names, today = facts_of(offers), context.names(), snapshots.today()
    lines = [presenters.line(offer, facts, request.access, names, today) for offer in offers]
    shown = {
        "lines": [(line, clinical(facts.get(line.offer.pathway_key))) for line in lines],
        "chosen": chosen,
        "note": note,
        "errors": errors,
        "tabs": presenters.tabs(request.access, "offers:agree_queue"),
    }
    return render(request, "offers/agree_several.jinja", shown, status=400 if errors else 200)


def _pair(text: str) -> tuple[int, int] | None:
    left, _, right = text.partition(":")
    pk, version = whole(left), whole(right)
    return (pk, version) if pk is not None and version is not None else None
