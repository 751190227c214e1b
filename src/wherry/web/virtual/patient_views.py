"""One patient on a virtual ward. Every opening is in the audit log before anything is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.flow.virtual import alerts as rule
from wherry.flow.virtual.criteria import judge
from wherry.flow.virtual.episodes import scale_at
from wherry.flow.virtual.readings import holding, sets
from wherry.flow.virtual.rules import rules
from wherry.web.access import Permission, audit, requires
from wherry.web.access.http import Request
from wherry.web.feed import clock
from wherry.web.virtual import charts, leave_services, patient_acts, presenters, selectors, watch
from wherry.web.virtual.common import Refused, clinicians
from wherry.web.virtual.models import Outcome, ReadingState, StayState, WardStay

LONDON = ZoneInfo("Europe/London")
#: So many sets of readings are in the table.
SETS_SHOWN = 40


def _opened(request: Request, pk: int, why: str) -> WardStay:
    """The stay, logged as opened by this person for direct care; 404 outside their scope."""
    stay = selectors.stays(request.access).select_related("referral").filter(pk=pk).first()
    if stay is None:
        raise Http404(str(pk))
    audit.record(
        access=request.access,
        action="virtual.opened",
        subject_kind="virtual_stay",
        subject_key=str(pk),
        organisation=stay.provider,
        detail={"for": why, "nhs_number": stay.nhs_number},
    )
    return stay


@requires(Permission.SEE_VIRTUAL)
@require_GET
def show(request: Request, pk: int) -> HttpResponse:
    """The page."""
    stay = _opened(request, pk, "virtual ward page")
    now = clock.now()
    if stay.state == StayState.ON:
        with transaction.atomic():
            locked = WardStay.objects.select_for_update(of=("self",)).get(pk=pk)
            watch.look(locked, now)
        stay.refresh_from_db()
    return render(request, "virtual/patient.jinja", context(request, stay, now))


def context(
    request: Request, stay: WardStay, now: datetime, errors: dict[str, str] | None = None, post: QueryDict | None = None
) -> dict[str, Any]:
    """What the page shows."""
    known = watch.watched(stay)
    readings = holding(known.readings)
    found = sets(readings)
    scale_sets = [(each, each.score(scale_at(known.scales, each.at))) for each in found]
    line = selectors.line(stay, now)
    return {
        "here": "patient",
        "stay": stay,
        "row": presenters.row(line),
        "line": line,
        "now": now,
        "names": presenters.names(),
        "pathway": rules().pathways[stay.pathway],
        "levels": rules().levels,
        "level_tag": presenters.LEVEL_TAG,
        "risk_tag": presenters.RISK_TAG,
        "vitals": rules().vitals,
        "sets": list(reversed(scale_sets[-SETS_SHOWN:])),
        "set_count": len(scale_sets),
        "in_order": presenters.in_order,
        "charts": charts.charts(readings, list(stay.limits.all()), now),
        "groups": _groups(line),
        "past_alerts": list(stay.alerts.filter(is_open=False, merged_into=None)[:20]),
        "limits": list(stay.limits.filter(to_at=None)),
        "old_limits": list(stay.limits.exclude(to_at=None)),
        "onboarding": presenters.onboarding(stay),
        "devices": list(stay.devices.order_by("given_at")),
        "reviews": list(stay.reviews.order_by("-turn")),
        "acts": list(stay.acts.order_by("-made_at", "-pk")[:60]),
        "bed_request": stay.bed_requests.filter(live_stay=stay.pk).first(),
        "apart": list(stay.readings.filter(state=ReadingState.APART).order_by("-received_at")[:20]),
        "used": list(stay.readings.filter(state=ReadingState.USED).order_by("-taken_at", "kind")[:30]),
        "dropped": list(stay.readings.filter(state=ReadingState.DROPPED).order_by("-decided_at")[:20]),
        "verdict": judge(stay.pathway, stay.referral.answers),
        "readmissions": leave_services.readmissions(stay),
        "trusts": [(code, presenters.names().get(code, code)) for code in leave_services.trusts()],
        "clinicians": clinicians(stay.provider),
        "outcomes": Outcome.choices,
        "may_work": request.access.can_at(Permission.WORK_VIRTUAL, stay.provider),
        "may_place": request.access.can(Permission.PLACE_PATIENTS),
        "rota": watch.rota(stay.provider, now),
        "token": uuid4().hex,
        "here_now": f"{now.astimezone(LONDON):%H:%M}",
        "today": f"{now.astimezone(LONDON):%-d/%-m/%Y}",
        "errors": errors or {},
        "post": post or {},
        "opened": post.get("act", "") if post else "",
    }


def _groups(line: selectors.Line) -> list[dict[str, Any]]:
    by_id = {each.pk: each for each in line.alerts}
    grouped = rule.groups((each.pk, each.started_at) for each in line.alerts)
    return [
        {"alerts": [by_id[pk] for pk in group.ids], "due_at": min(by_id[pk].due_at for pk in group.ids)}
        for group in grouped
    ]


@requires(Permission.SEE_VIRTUAL)
@require_POST
def act(request: Request, pk: int) -> HttpResponse:
    """Whatever is done about the patient, by the field `act`."""
    stay = _opened(request, pk, "act")
    errors: dict[str, str] = {}
    try:
        done = patient_acts.acts(request.access, pk, request.POST, errors).get(request.POST.get("act", ""))
        if done is None:
            raise Refused({"act": "Choose what you do"})
        with transaction.atomic():
            done()
            if errors:
                raise Refused(errors)
    except Refused as refused:
        stay.refresh_from_db()
        page = context(request, stay, clock.now(), {**refused.errors, **errors}, request.POST)
        return render(request, "virtual/patient.jinja", page, status=400)
    messages.success(request, "Recorded.")
    return redirect("virtual:patient", pk)
