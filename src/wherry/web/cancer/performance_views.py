"""The group's cancer performance: totals, so that executives see it too; nobody is named."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wherry.waiting.cancer.reporting import ENDS, GROUP
from wherry.waiting.cancer.rules import allocation, timed_pathways
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.cancer import performance as made
from wherry.web.cancer.kept import kept_of
from wherry.web.waiting.naming import names_of


@requires(Permission.SEE_CONTROL_ROOM)
@require_GET
def performance(request: Request) -> HttpResponse:
    """28, 31 and 62 days by trust and by tumour group, of one month or of all that are here."""
    snapshot = snapshots.current("care")
    if snapshot is None:
        return render(request, "cancer/nothing.jinja", {"title": "Cancer performance"})
    kept = kept_of(snapshot)
    found = kept.tallies
    names = names_of(snapshot)
    months = made.months_of(found)
    trusts = [(code, names.trust(code)) for code in kept.system.trusts]
    month = _month(request.GET.get("month", ""), months)
    trust = request.GET.get("trust", "")
    trust = trust if trust in dict(trusts) else GROUP
    chosen = [month] if month else months
    timed = timed_pathways(kept.system.folder)
    groups = list({row.tumour_group: row.words for row in timed.rows if row.holds(snapshot.census)}.items())
    address = reverse("cancer:list")
    by_trust = made.rows_by_trust(found, chosen, trusts, address) if chosen else []
    by_tumour = made.rows_by_tumour(found, chosen, groups, trust, address) if chosen else []
    on = max(chosen) if chosen else snapshot.census
    context = {
        "months": months,
        "month": month,
        "trust": trust,
        "trusts": trusts,
        "by_trust": by_trust,
        "by_tumour": by_tumour,
        "clocks": made.CLOCK_WORDS,
        "sentences": {clock: made.standard_sentence(clock, on) for clock in ENDS},
        "charts": [(clock, made.chart(by_trust, number)) for number, clock in enumerate(ENDS)] if by_trust else [],
        "policy": allocation(on),
        "may_see_list": request.access.can(Permission.SEE_CANCER),
        "whose": names.trust(trust) if trust else "the group",
    }
    return render(request, "cancer/performance.jinja", context)


def _month(text: str, months: list[date]) -> date | None:
    """A month of an address (2026-01); None for all of them, or for one that is not here."""
    return next((month for month in months if month.isoformat()[:7] == text), None)
