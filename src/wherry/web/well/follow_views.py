"""Follow-ups: late ones in order of risk, those that policy would leave to the patient, and windows that end."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.waiting import follow_ups as rules_of
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.components.export import stream_csv
from wherry.web.components.formats import person_name
from wherry.web.waiting import forms
from wherry.web.waiting.selectors import NothingYet
from wherry.web.well import follow_services, paging
from wherry.web.well.acts import ChangedMeanwhile, Refused
from wherry.web.well.follow_selectors import VIEWS, FollowUps, subject
from wherry.web.well.models import Agreement, SeeRequest
from wherry.web.well.risk_views import dates
from wherry.web.well.selectors import FILES

SHOWN = 50
#: Views whose rows are late or would be.
LATE_HEADER = (
    "Trust",
    "Treatment function",
    "Surname",
    "Forename",
    "NHS number",
    "Hospital number",
    "Pathway",
    "Reason",
    "Latest date",
    "Days late",
    "Booked for",
    "Last seen",
    "State",
    "Why here",
)
RECORD_HEADER = (
    "Trust",
    "Hospital number",
    "NHS number",
    "Surname",
    "Forename",
    "Pathway",
    "Treatment function",
    "What the record should say",
    "Open until",
    "Reason",
    "Agreed by",
    "Agreed on",
)


def _chosen(query: QueryDict, found: FollowUps) -> tuple[str, dict[str, str]]:
    view = query.get("view", "late")
    trust, function, reason = (query.get(name, "") for name in ("trust", "function", "reason"))
    return view if view in VIEWS else "late", {
        "trust": trust if trust in found.organisations else "",
        "function": function if function in found.frame.function.values else "",
        "reason": reason if reason in found.frame.reason.values else "",
    }


@requires(Permission.SEE_WELL)
@require_GET
def follow_ups(request: Request) -> HttpResponse:
    """One view of the follow-ups, with how many and how late by trust and service."""
    try:
        found = FollowUps(request.access)
    except NothingYet:
        return render(request, "well/nothing.jinja", {"title": "Follow-ups"})
    view, chosen = _chosen(request.GET, found)
    rows = found.select(view, **chosen)
    address = {"view": view, **{name: value for name, value in chosen.items() if value}}
    page = paging.of(request.GET, len(rows), SHOWN, address)
    lines = found.lines(rows[page.first : page.last])
    audit.record(
        access=request.access,
        action="follow_up.listed",
        subject_kind="list",
        subject_key=urlencode(address),
        detail={"rows": len(lines), "page": page.number, "snapshot": found.snapshot.id},
    )
    groups = found.by_trust_and_function(view, **chosen)
    totals = {name: int(found.mask(name).sum()) for name in VIEWS}
    context = {
        "view": view,
        "title": VIEWS[view][0],
        "views": [(name, words, totals[name]) for name, (words, _) in VIEWS.items()],
        "chosen": chosen,
        "count": len(rows),
        "page": page,
        "lines": lines,
        "groups": groups,
        "freed": rules_of.freed(len(rows), found.rules),
        "names": found.names,
        "rules": found.rules,
        "query": urlencode(address),
        "to_record": len(found.to_record()),
        "trusts": [(code, found.names.trust(code), None) for code in sorted(found.organisations)],
        "functions": sorted(
            ((code, found.names.function(code), None) for code in found.frame.function.values if code),
            key=lambda item: item[1],
        ),
        "reasons": [(reason.code, reason.words, None) for reason in found.rules.reasons.values()],
        "having": lambda **more: urlencode({k: v for k, v in {**address, **more}.items() if v}),
    }
    return render(request, "well/follow_ups.jinja", context)


@requires(FILES)
@require_GET
def export(request: Request) -> HttpResponseBase:
    """One view of the follow-ups as CSV, logged."""
    found = FollowUps(request.access, taking=True)
    view, chosen = _chosen(request.GET, found)
    rows = found.select(view, **chosen)
    audit.record(
        access=request.access,
        action="follow_up.exported",
        subject_kind="list",
        subject_key=view,
        detail={"rows": len(rows), "identified": True, **chosen},
    )
    return stream_csv(f"follow-ups-{view}-{found.snapshot.census.isoformat()}", LATE_HEADER, _late(found, rows))


def _late(found: FollowUps, rows: Any) -> Any:
    for start in range(0, len(rows), 1000):
        for row in found.lines(rows[start : start + 1000]):
            who = row["who"]
            yield (
                row["source"],
                found.names.function(row["treatment_function"]),
                who.get("surname"),
                who.get("forename"),
                who.get("nhs_number"),
                who.get("local_patient_id"),
                row["pathway_key"],
                row["reason_words"],
                row["latest_on"],
                row["late"],
                row["booked_for"],
                row["last_seen_on"],
                row["state"].words,
                row["why"],
            )


@requires(FILES)
@require_GET
def to_record(request: Request) -> HttpResponseBase:
    """Follow-ups agreed to be patient-initiated that the trust's own system does not show yet, as CSV, logged."""
    found = FollowUps(request.access, taking=True)
    trust = request.GET.get("trust", "")
    rows = found.to_record(trust if trust in found.organisations else "")
    audit.record(
        access=request.access,
        action="follow_up.to_record_exported",
        subject_kind="list",
        subject_key=trust or ",".join(sorted(found.organisations)),
        detail={"rows": len(rows), "identified": True},
    )
    return stream_csv(f"follow-ups-to-record-{found.snapshot.census.isoformat()}", RECORD_HEADER, _records(found, rows))


def _records(found: FollowUps, rows: list[tuple[dict[str, Any], Agreement]]) -> Any:
    for row, agreed in rows:
        who = row["who"]
        yield (
            row["source"],
            who.get("local_patient_id"),
            who.get("nhs_number"),
            who.get("surname"),
            who.get("forename"),
            row["pathway_key"],
            found.names.function(row["treatment_function"]),
            "Follow-up is patient-initiated",
            agreed.open_until,
            agreed.reason,
            agreed.made_by_name,
            agreed.made_on,
        )


@requires(Permission.SEE_WELL)
@require_GET
def follow_up(request: Request, key: str) -> HttpResponse:
    """One follow-up: where it stands, whether it may be left to the patient, what the patient asked."""
    return _one(request, key)


def _row(request: Request, key: str, permission: Permission) -> tuple[FollowUps, dict[str, Any]]:
    try:
        found = FollowUps(request.access, permission)
    except NothingYet as nothing:
        raise Http404(str(nothing)) from nothing
    row = found.one(key)
    if row is None:
        raise Http404(key)
    return found, row


def _one(
    request: Request,
    key: str,
    errors: dict[str, str] | None = None,
    sent: QueryDict | None = None,
    status: int = 200,
) -> HttpResponse:
    found, row = _row(request, key, Permission.SEE_WELL)
    audit.record(
        access=request.access,
        action="follow_up.opened",
        subject_kind="follow_up",
        subject_key=key[:200],
        organisation=row["source"],
        detail={"pathway": row["pathway_key"], "person": row["person_key"]},
    )
    history = list(Agreement.objects.filter(follow_up_key=key).order_by("-sequence"))
    values = sent or QueryDict()
    context = {
        "key": key,
        "row": row,
        "name": person_name(row["who"].get("surname"), row["who"].get("forename")),
        "names": found.names,
        "rules": found.rules,
        "history": [(a, any(other.undoes_id == a.pk for other in history)) for a in history],
        "sequence": history[0].sequence if history else 0,
        "requests": SeeRequest.objects.filter(follow_up_key=key).order_by("-id"),
        "may_agree": request.access.can_at(Permission.REVIEW_HARM, row["source"]),
        "may_ask": request.access.can_at(Permission.ASK_HEALTH, row["source"]),
        "never": row["reason"] in rules_of.NEVER_PATIENT,
        "patient": row["state"] in rules_of.PATIENT,
        "errors": errors or {},
        "value": lambda name, default="": values.get(name, default),
    }
    return render(request, "well/follow_up.jinja", context, status=status)


@requires(Permission.REVIEW_HARM)
@require_POST
def agree(request: Request, key: str) -> HttpResponse:
    """Agree that a follow-up is left to the patient."""
    found, row = _row(request, key, Permission.REVIEW_HARM)
    days, unread = dates(request.POST, "open_until")
    try:
        if unread:
            raise Refused(unread)
        if row["reason"] in rules_of.NEVER_PATIENT:
            raise Refused({"open_until": f"{row['reason_words']} is never left to the patient"})
        follow_services.agree(
            access=request.access,
            follow_up=subject(row),
            open_until=days["open_until"],
            reason=request.POST.get("reason", ""),
            expected_sequence=forms.whole(request.POST.get("sequence", "")) or 0,
            today=found.today,
        )
    except Refused as refused:
        return _one(request, key, refused.errors, request.POST, 400)
    except ChangedMeanwhile as first:
        messages.error(request, str(first))
        return redirect("well:follow_up", key)
    messages.success(
        request, "Agreed. It is on the worklist from which the trust mends its own system. You can undo it."
    )
    return redirect("well:follow_up", key)


@requires(Permission.REVIEW_HARM)
@require_POST
def undo_agreement(request: Request, key: str) -> HttpResponse:
    """Give a follow-up back to the clinic."""
    found, row = _row(request, key, Permission.REVIEW_HARM)
    try:
        follow_services.undo_agreement(
            access=request.access,
            follow_up=subject(row),
            reason=request.POST.get("undo", ""),
            expected_sequence=forms.whole(request.POST.get("sequence", "")) or 0,
            today=found.today,
        )
    except Refused as refused:
        return _one(request, key, refused.errors, request.POST, 400)
    except ChangedMeanwhile as first:
        messages.error(request, str(first))
    else:
        messages.success(request, "Undone: the clinic keeps this follow-up.")
    return redirect("well:follow_up", key)
