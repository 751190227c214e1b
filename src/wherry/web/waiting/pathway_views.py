"""One pathway's page. Every opening is in the audit log before anything is shown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.hub.schema import TABLES
from wherry.reference import rtt_codes
from wherry.waiting.explain import Explanation, explain
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.components.formats import person_name
from wherry.web.waiting import forms, naming, overlay, pathway, presenters, rules, services, timeline
from wherry.web.waiting.beside import beside
from wherry.web.waiting.models import ValidationDecision
from wherry.web.waiting.naming import Names, names_of
from wherry.web.waiting.pathway import OpenedPathway
from wherry.web.waiting.selectors import NothingYet, WaitingList


def opened(request: Request, key: str, why: str) -> tuple[WaitingList, OpenedPathway]:
    """The pathway, logged as opened by this person for direct care; 404 outside their scope."""
    try:
        listing = WaitingList(request.access)
    except NothingYet as nothing:
        raise Http404(str(nothing)) from nothing
    found = pathway.find(listing, key)
    if found is None:
        raise Http404(key)
    audit.record(
        access=request.access,
        action="pathway.opened",
        subject_kind="pathway",
        subject_key=key[:200],
        organisation=found.organisation,
        detail={"for": why, "person": found.pathway["person_key"], "snapshot": listing.snapshot.id},
    )
    return listing, found


@requires(Permission.OPEN_PATHWAY)
@require_GET
def show(request: Request, key: str) -> HttpResponse:
    """The page."""
    listing, found = opened(request, key, "pathway page")
    return render(request, "waiting/pathway.jinja", context(request, listing, found))


def context(request: Request, listing: WaitingList, found: OpenedPathway) -> dict[str, Any]:
    """What the pathway page and the decision pages show of a pathway."""
    names = names_of(listing.snapshot)
    census = listing.snapshot.census
    booked = _booked(found, census)
    told = _explanation(found, census)
    return {
        "found": found,
        "name": person_name(found.identity.get("surname"), found.identity.get("forename")),
        "names": names,
        "sentence": sentence(listing, found, names),
        "told": told,
        "beside": beside(request.access, listing.snapshot, found.key, listing.today),
        "steps": {step.row: step for step in told.steps} if told else {},
        "booked": booked,
        "line": timeline.draw(found.events, found.periods, booked, census, naming.EVENT_TYPES),
        "event_types": naming.EVENT_TYPES,
        "event_kinds": naming.EVENT_KINDS,
        "status_words": rtt_codes.words,
        "sex": naming.SEX,
        "standing": found.standing,
        "history_rows": [(decision, *_said(decision, found)) for decision in reversed(found.decisions)],
        "may_validate": request.access.can_at(Permission.VALIDATE, found.organisation),
        "may_review": request.access.can_at(Permission.REVIEW_CLINICALLY, found.organisation),
        "may_undo": found.standing is not None
        and rules.may_undo(request.access, found.standing.made_by_id, found.standing.kind, found.organisation),
        "off": found.row is not None and found.row["state"] == overlay.OFF,
        "news": found.row["case"].news if found.row and found.row["case"] else (),
        "tag": presenters.TAG,
        "to_day": listing.today,
    }


def sentence(listing: WaitingList, found: OpenedPathway, names: Names) -> str:
    """Where the person stands, in one sentence."""
    if found.row is not None:
        return presenters.place_sentence(found.row, names, listing.frame.size)
    last = found.periods[-1] if found.periods else None
    service = f"{names.function(found.pathway['treatment_function'])} at {names.trust(found.organisation)}"
    if last is None:
        return f"No clock has ever started on this pathway, for {service}."
    stopped = f"{last['clock_stop']:%-d %B %Y}" if last["clock_stop"] else "an unknown date"
    return f"Not waiting: the last clock, for {service}, was {last['outcome']} on {stopped}."


def _explanation(found: OpenedPathway, census: date) -> Explanation | None:
    """The clock event by event, or None where no event has been sent."""
    if not found.events:
        return None
    return explain(pa.Table.from_pylist(found.events, schema=TABLES["pathway_event"].schema), census)


def _booked(found: OpenedPathway, census: date) -> list[tuple[date, str]]:
    booked = [
        (a["booked_for"], naming.EVENT_KINDS.get(a["kind"], "appointment"))
        for a in found.appointments
        if a["status"] == "booked" and a["booked_for"] >= census
    ]
    booked += [
        (e["tci_on"], "admission")
        for e in found.entries
        if e["tci_on"] and e["tci_on"] >= census and not e["removed_on"]
    ]
    return sorted(booked)


def _said(decision: ValidationDecision, found: OpenedPathway) -> tuple[str, bool]:
    """What a decision says of the record, and whether it has been undone."""
    undone = any(d.undoes_id == decision.pk for d in found.decisions)
    if decision.ends_clock or decision.correction:
        words = rules.correction_words(decision.correction, decision.stop_status, decision.stop_on, decision.start_on)
        return words, undone
    return "", undone


@requires(Permission.OPEN_PATHWAY)
@require_POST
def add_note(request: Request, key: str) -> HttpResponse:
    """Write a note."""
    listing, found = opened(request, key, "note")
    try:
        services.add_note(
            access=request.access, pathway_key=key, organisation=found.organisation, text=request.POST.get("text", "")
        )
    except services.Refused as refused:
        shown = context(request, listing, found)
        shown |= {"errors": refused.errors, "text": request.POST.get("text", "")}
        return render(request, "waiting/pathway.jinja", shown, status=400)
    messages.success(request, "The note is saved.")
    return redirect("waiting:pathway", key)


@requires(Permission.OPEN_PATHWAY)
@require_POST
def undo(request: Request, key: str) -> HttpResponse:
    """Undo the decision that stands."""
    listing, found = opened(request, key, "undo")
    number = forms.whole(request.POST.get("decision", ""))
    if found.clock is None or number is None:
        messages.error(request, "There is no decision to undo: the trust has closed this clock.")
        return redirect("waiting:pathway", key)
    try:
        services.undo(
            access=request.access,
            clock=found.clock,
            decision_id=number,
            reason=request.POST.get("reason", ""),
            today=listing.today,
        )
    except services.DecidedAlready as first:
        messages.error(request, f"Nothing was undone. {first}")
        return redirect("waiting:pathway", key)
    except services.Refused as refused:
        shown = context(request, listing, found)
        shown |= {"errors": {"undo-reason": refused.errors["reason"]}, "undo_error": True}
        return render(request, "waiting/pathway.jinja", shown, status=400)
    messages.success(request, "Undone. The decision and its undoing both stay in the history.")
    return redirect("waiting:pathway", key)
