"""Times over hours, days and weeks, with the line that each is held against."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.flow.emergency import department
from wherry.flow.emergency.windows import day_of
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.emergency import charts, figures, trends
from wherry.web.emergency.figures import GROUP
from wherry.web.emergency.places import places, trusts
from wherry.web.feed import clock, lateness


@requires(Permission.SEE_FLOW)
@require_GET
def trend(request: Request) -> HttpResponse:
    """One measure over time, by site and for the group."""
    code = request.GET.get("measure", "four_hours")
    code = code if code in trends.MEASURES else "four_hours"
    span = request.GET.get("by", "days")
    span = span if span in trends.SPANS else "days"
    now = clock.now()
    found = trends.read(now, code, span)
    asked = figures.line(department.BY_CODE[code], day_of(now)) if code in department.BY_CODE else None
    names = {GROUP: "Together", **{place.site: place.name for place in places()}}
    labels = [point.label for point in found.points]
    drawn: list[tuple[str, str, Any]] = []
    for site, name in names.items():
        values = [point.values.get(site) for point in found.points]
        picture = charts.series(
            values,
            labels,
            line=asked.value if asked else None,
            line_words=figures.should(asked),
            high_is_bad=asked is not None and asked.better != "at_least",
            highest=100 if found.unit == "percent" else None,
        )
        drawn.append((site or "group", name, picture))
    context = {
        "trend": found,
        "charts": drawn,
        "names": names,
        "asked": asked,
        "should": figures.should(asked),
        "code": code,
        "span": span,
        "measures": trends.MEASURES,
        "spans": trends.SPANS,
        "definition": department.BY_CODE[code].definition if code in department.BY_CODE else _OTHERS[code],
        "now": now,
        "late": lateness.sentences(trusts()),
    }
    return render(request, "emergency/trend.jinja", context)


_OTHERS = {
    trends.HANDOVER: "Ambulance’s arrival to clinical handover. Of those handed over within 15 minutes, and those who "
    "passed 15 minutes, whether or not they are handed over.",
    trends.LOST: "The sum of what each handover took beyond 15 minutes, counted when it ended.",
    trends.HERE: "People in the department at the end of each hour, day or week.",
}
