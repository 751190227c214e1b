"""One patient's cancer pathway. Every opening is in the audit log before anything is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.waiting.cancer import waits
from wherry.waiting.cancer.rules import allocation
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.cancer import patient, presenters, rules, services
from wherry.web.cancer.kept import kept_of
from wherry.web.cancer.models import Act, Harm, Kind, Level
from wherry.web.cancer.patient import Patient
from wherry.web.cancer.selectors import CancerList
from wherry.web.components.formats import person_name
from wherry.web.waiting.forms import day, whole
from wherry.web.waiting.naming import SEX, names_of
from wherry.web.waiting.selectors import NothingYet


def opened(request: Request, key: str, why: str) -> tuple[CancerList, Patient]:
    """The patient, logged as opened by this person for direct care; 404 outside their scope."""
    try:
        listing = CancerList(request.access)
    except NothingYet as nothing:
        raise Http404(str(nothing)) from nothing
    found = patient.find(listing, key)
    if found is None:
        raise Http404(key)
    audit.record(
        access=request.access,
        action="cancer.opened",
        subject_kind="cancer_pathway",
        subject_key=key[:200],
        organisation=found.row["organisation"],
        detail={"for": why, "person": found.row["person_key"], "snapshot": listing.snapshot.id},
    )
    return listing, found


@requires(Permission.SEE_CANCER)
@require_GET
def show(request: Request, key: str) -> HttpResponse:
    """The page."""
    listing, found = opened(request, key, "cancer page")
    return render(request, "cancer/patient.jinja", context(request, listing, found))


def context(request: Request, listing: CancerList, found: Patient) -> dict[str, Any]:
    """What the page shows."""
    names = names_of(listing.snapshot)
    organisation = found.row["organisation"]
    census = listing.snapshot.census
    start = found.row["start_on"]
    limits = {c: waits.limit(c, census) for c in ("fds", "d62") if found.row[f"{c}_status"] != "not_applicable"}
    standing = rules.standing(found.acts)
    return {
        "found": found,
        "row": found.row,
        "name": person_name(found.row["surname"], found.row["forename"]),
        "names": names,
        "sex": SEX,
        "routes": presenters.ROUTES,
        "tag": presenters.TAG,
        "to_day": listing.today,
        "picture": presenters.picture(found.journey, found.timed, limits, census) if start else None,
        "history": [
            (act, act.pk in found.undone, rules.may_undo(request.access, act, organisation))
            for act in reversed(found.acts)
        ],
        "transfers": [act for act in standing if act.kind == Kind.TRANSFER],
        "is_late": services.is_late,
        "transfer_by": allocation(census).transfer_by,
        "may_track": rules.may_act(request.access, Kind.CHASE, organisation),
        "may_review": rules.may_act(request.access, Kind.HARM, organisation),
        "may_open_pathway": request.access.can_at(Permission.OPEN_PATHWAY, organisation),
        "trackers": services.people(organisation, Permission.SEE_CANCER),
        "everybody": services.people(organisation, Permission.SEE_CONTROL_ROOM),
        "trusts": {code: names.trust(code) for code in kept_of(listing.snapshot).system.trusts if code != organisation},
        "levels": Level.choices,
        "harms": Harm.choices,
        "people_of": lambda people: [(user.pk, user.display_name) for user in people],
        "steps_to_chase": lambda found: [
            (step.code, presenters.step_words(step.code, found.timed))
            for step in found.journey.steps
            if not step.done_on
        ],
        "step_words": lambda code: presenters.step_words(code, found.timed),
        "form": {},
        "errors": {},
        "opened": "",
    }


Write = Callable[[Request, CancerList, Patient, QueryDict, dict[str, str]], Act]


def _act(request: Request, key: str, kind: str, write: Write, said: str) -> HttpResponse:
    """Do one act and come back to the page; what cannot be recorded stays in its form with the reason."""
    listing, found = opened(request, key, kind)
    errors: dict[str, str] = {}
    try:
        act = write(request, listing, found, request.POST, errors)
    except services.Refused as refused:
        shown = context(request, listing, found)
        fields = {f"{kind}-{name}": words for name, words in {**refused.errors, **errors}.items()}
        shown |= {"errors": fields, "form": request.POST, "opened": kind}
        return render(request, "cancer/patient.jinja", shown, status=400)
    if act.kind == Kind.TRANSFER and services.is_late(act):
        said = f"{said} It left after day {allocation(listing.today).transfer_by}."
    messages.success(request, said)
    return redirect("cancer:patient", key)


def _date(post: QueryDict, name: str, errors: dict[str, str]) -> date | None:
    text = post.get(name, "").strip()
    found = day(text)
    if text and found is None:
        errors[name] = f"“{text[:30]}” is not a date: write it as 3/4/2026"
    return found


@requires(Permission.SEE_CANCER)
@require_POST
def comment(request: Request, key: str) -> HttpResponse:
    """Write a comment."""

    def write(request: Request, listing: CancerList, found: Patient, post: QueryDict, _: dict[str, str]) -> Act:
        return services.comment(
            access=request.access, subject=found.subject, text=post.get("text", ""), today=listing.today
        )

    return _act(request, key, "comment", write, "The comment is saved.")


@requires(Permission.TRACK_CANCER)
@require_POST
def plan(request: Request, key: str) -> HttpResponse:
    """Give the next action an owner and a day."""

    def write(request: Request, listing: CancerList, found: Patient, post: QueryDict, errors: dict[str, str]) -> Act:
        return services.plan(
            access=request.access,
            subject=found.subject,
            text=post.get("text", ""),
            owner_id=whole(post.get("owner", "")),
            due_on=_date(post, "due_on", errors),
            today=listing.today,
        )

    return _act(request, key, "action", write, "The next action is recorded.")


@requires(Permission.TRACK_CANCER)
@require_POST
def done(request: Request, key: str) -> HttpResponse:
    """Say that the next action is done."""

    def write(request: Request, listing: CancerList, found: Patient, post: QueryDict, _: dict[str, str]) -> Act:
        return services.done(
            access=request.access, subject=found.subject, text=post.get("text", ""), today=listing.today
        )

    return _act(request, key, "done", write, "The action is done. Give the next one, so that nobody waits for nothing.")


@requires(Permission.TRACK_CANCER)
@require_POST
def chase(request: Request, key: str) -> HttpResponse:
    """Record that somebody was chased."""

    def write(request: Request, listing: CancerList, found: Patient, post: QueryDict, errors: dict[str, str]) -> Act:
        return services.chase(
            access=request.access,
            subject=found.subject,
            milestone=post.get("milestone", ""),
            asked=post.get("asked", ""),
            due_on=_date(post, "due_on", errors),
            text=post.get("text", ""),
            today=listing.today,
        )

    return _act(request, key, "chase", write, "The chase is recorded.")


@requires(Permission.TRACK_CANCER)
@require_POST
def escalate(request: Request, key: str) -> HttpResponse:
    """Take it to a named person."""

    def write(request: Request, listing: CancerList, found: Patient, post: QueryDict, _: dict[str, str]) -> Act:
        return services.escalate(
            access=request.access,
            subject=found.subject,
            level=whole(post.get("level", "")),
            person_id=whole(post.get("person", "")),
            reason=post.get("text", ""),
            today=listing.today,
        )

    return _act(request, key, "escalate", write, "The escalation is recorded.")


@requires(Permission.TRACK_CANCER)
@require_POST
def transfer(request: Request, key: str) -> HttpResponse:
    """Record a transfer to another trust."""

    def write(request: Request, listing: CancerList, found: Patient, post: QueryDict, errors: dict[str, str]) -> Act:
        system = kept_of(listing.snapshot).system
        return services.transfer(
            access=request.access,
            subject=found.subject,
            to_organisation=post.get("to_organisation", ""),
            sent_on=_date(post, "sent_on", errors),
            data_set_sent=post.get("data_set_sent") == "yes",
            text=post.get("text", ""),
            trusts={code: system.short_name(code) for code in system.trusts},
            today=listing.today,
        )

    return _act(request, key, "transfer", write, "The transfer is recorded.")


@requires(Permission.REVIEW_HARM)
@require_POST
def review_harm(request: Request, key: str) -> HttpResponse:
    """Record a harm review."""

    def write(request: Request, listing: CancerList, found: Patient, post: QueryDict, errors: dict[str, str]) -> Act:
        return services.review_harm(
            access=request.access,
            subject=found.subject,
            harm=post.get("harm", ""),
            text=post.get("text", ""),
            reviewed_on=_date(post, "reviewed_on", errors),
            today=listing.today,
        )

    return _act(request, key, "harm", write, "The harm review is recorded.")


@requires(Permission.SEE_CANCER)
@require_POST
def undo(request: Request, key: str) -> HttpResponse:
    """Take an entry back."""

    def write(request: Request, listing: CancerList, found: Patient, post: QueryDict, _: dict[str, str]) -> Act:
        return services.undo(
            access=request.access,
            subject=found.subject,
            act_id=whole(post.get("act", "")) or 0,
            reason=post.get("reason", ""),
            today=listing.today,
        )

    return _act(request, key, "undo", write, "Undone. The entry and its undoing both stay in the history.")
