"""The emergency page: what is outside its limits now, who is in the departments, ambulances, and their lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.flow.emergency import responses
from wherry.flow.emergency.clocks import Window
from wherry.flow.emergency.department import STAGES
from wherry.flow.emergency.responses import Responses
from wherry.flow.emergency.windows import day_of
from wherry.reference import standards
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.emergency import current, figures, handover_figures, kept, people
from wherry.web.emergency.figures import GROUP, WINDOWS, Now, Row
from wherry.web.emergency.models import AmbulanceBadLine, AmbulanceLoad
from wherry.web.emergency.places import Place, place, places, trusts
from wherry.web.emergency.position import Position
from wherry.web.feed import lateness

#: The longest stays shown on the page itself; the list behind has all.
_LONGEST_SHOWN = 12
_SHOWN_AT_MOST = 500


def names_at(request: Request) -> frozenset[str]:
    """Where the reader may see names."""
    return request.access.where(Permission.SEE_BED_PATIENTS)


@requires(Permission.SEE_FLOW)
@require_GET
def now(request: Request) -> HttpResponse:
    """The page, or only its changing part."""
    named = names_at(request)
    wanted = request.GET.get("window", "today")
    window = wanted if wanted in WINDOWS else "today"
    return live.show(
        request,
        page="emergency/now.jinja",
        part="emergency/now_part.jinja",
        scope=(named, window),
        context=lambda: now_context(named, window),
        organisations=trusts(),
        audited=("emergency.shown", "department", "now", ""),
    )


def now_context(named: frozenset[str], window_name: str) -> dict[str, Any]:
    """What the changing part shows."""
    found = current.read()
    read, level = found.position, found.levels
    sites = places()
    window = figures.window_of(read, window_name)
    nows = [figures.now_of(read, one, window) for one in sites]
    nows.append(figures.together(read, nows))
    rows = [*figures.period_rows(read, sites, window), *handover_figures.handover_rows(read, nows)]
    kept.keep_quietly(level)
    longest = people.present(read, sites, people.chosen(read, sites, "here", window)[:_LONGEST_SHOWN], named)
    outside = people.outside_now(read, sites, named)
    shown = [row.attendance.key for row in longest if row.who] + [row.who.visit_key for row in outside if row.who]
    return {
        "shown": shown,
        "position": read,
        "sites": sites,
        "nows": nows,
        "rows": rows,
        "beyond": [(one, level.find(one.site), _beyond(one, rows, read)) for one in nows if one.site != GROUP],
        "levels": level,
        "longest": longest,
        "outside": outside[:_LONGEST_SHOWN],
        "outside_total": len(outside),
        "categories": response_rows(read, window),
        "stages": STAGES,
        "window": window_name,
        "windows": WINDOWS,
        "figures": figures,
        "forty_five": _limit("ambulance.handover.longest", read),
    }


def _limit(code: str, read: Position) -> float:
    found = standards.in_force(code, day_of(read.now))
    return found.value if found else read.limits.handover_steps[2].total_seconds() / 60


def _beyond(one: Now, rows: Sequence[Row], read: Position) -> list[tuple[str, str, str]]:
    """What is outside its limits at a site: words, number and list. Most pressing first."""
    found: list[tuple[str, str, str]] = []
    longest = _limit("ambulance.handover.longest", read)
    late = one.outside_over(longest)
    if late:
        found.append((f"ambulances outside for over {longest:g} minutes", str(late), figures.ambulances_href(one.site)))
    if one.here.over_twelve:
        found.append(("in the department for over 12 hours", str(one.here.over_twelve),
                      figures.people_href(one.site, "over_12")))  # fmt: skip
    crowded = one.here.corridor + one.here.beyond
    if crowded:
        found.append(("in a corridor or beyond the places of their area", str(crowded),
                      figures.people_href(one.site, "here")))  # fmt: skip
    for row in figures.outside_of(rows, one.site):
        cell = row.cells[one.site]
        text = cell.beside.split("\n")[-1] if row.code in figures.BY_MEDIAN else cell.text
        found.append((f"{row.words} (should be {row.should})" if row.should else row.words, text, cell.href))
    return found


def response_rows(read: Position, window: Window) -> list[dict[str, Any]]:
    """Response times by category, with what they should be."""
    on = day_of(read.now)
    found, strange = responses.by_category(read.calls, read.limits, window, read.now)
    rows: list[dict[str, Any]] = []
    for category, counted in found.items():
        mean = standards.in_force(f"ambulance.category_{category}.mean", on) if category in "12" else None
        target = standards.in_force("ambulance.category_2.target", on) if category == "2" else None
        ninetieth = standards.in_force(f"ambulance.category_{category}.ninetieth", on)
        asked = target or mean
        rows.append(
            {
                "category": category,
                "counted": counted,
                "mean": asked,
                "standard": mean,
                "ninetieth": ninetieth,
                "mean_outside": _beyond_line(asked, counted.mean, counted.mean_at_least),
                "ninetieth_outside": _beyond_line(ninetieth, counted.ninetieth, None),
            }
        )
    if strange:
        rows.append({"category": "", "counted": Responses(missing=strange)})
    return rows


def _beyond_line(line: standards.Standard | None, value: float | None, at_least: float | None) -> bool | None:
    """Whether a time is beyond its line, or must become so whatever happens to those who still wait."""
    if line is None or (value is None and at_least is None):
        return None
    return any(time is not None and not line.met(time) for time in (value, at_least))


def sites_of(request: Request) -> tuple[tuple[Place, ...], str]:
    """The site asked for, or all of them; 404 for one that there is not."""
    wanted = request.GET.get("site", "")
    if not wanted:
        return places(), ""
    found = place(wanted)
    if found is None:
        raise Http404(wanted)
    return (found,), wanted


@requires(Permission.SEE_FLOW)
@require_GET
def people_list(request: Request) -> HttpResponse:
    """The people behind a number: names where the reader may see them."""
    sites, wanted = sites_of(request)
    show = request.GET.get("show", "here")
    heading = people.words_of(show)
    if heading is None:
        raise Http404(show)
    window_name = request.GET.get("window", "today")
    window_name = window_name if window_name in WINDOWS else "today"
    read = current.read().position
    window = figures.window_of(read, window_name)
    every = people.chosen(read, sites, show, window)
    rows = people.present(read, sites, every[:_SHOWN_AT_MOST], names_at(request))
    named = [row.attendance.key for row in rows if row.who]
    if named:
        live.log_shown(request.access, "emergency.shown", "department", wanted or "group", "", keys=named)
    context: Mapping[str, Any] = {
        "rows": rows,
        "total": len(every),
        "heading": heading,
        "show": show,
        "site": wanted,
        "sites": places(),
        "lists": {code: words for code, (words, _) in people.HERE.items()},
        "window": window_name if show not in people.HERE else "",
        "windows": WINDOWS,
        "position": read,
        "late": lateness.sentences(trusts()),
        "some_named": bool(named),
    }
    return render(request, "emergency/people.jinja", context)


@requires(Permission.SEE_FLOW)
@require_GET
def ambulances(request: Request) -> HttpResponse:
    """Ambulances: who waits outside, handovers, calls not answered yet, and the feed they come by."""
    sites, wanted = sites_of(request)
    window_name = request.GET.get("window", "today")
    window_name = window_name if window_name in WINDOWS else "today"
    read = current.read().position
    window = figures.window_of(read, window_name)
    nows = [figures.now_of(read, one, window) for one in places()]
    nows.append(figures.together(read, nows))
    outside = people.outside_now(read, sites, names_at(request))
    named = [row.who.visit_key for row in outside if row.who]
    if named:
        live.log_shown(request.access, "emergency.shown", "ambulances", wanted or "group", "", keys=named)
    waiting = [call for call in read.calls if responses.waits(call, read.limits, read.now)]
    context = {
        "position": read,
        "sites": places(),
        "site": wanted,
        "outside": outside,
        "rows": handover_figures.handover_rows(read, nows),
        "nows": nows,
        "categories": response_rows(read, window),
        "waiting": sorted(waiting, key=lambda call: (call.category or "9", call.started_at))[:_SHOWN_AT_MOST],
        "waiting_total": len(waiting),
        "window": window_name,
        "windows": WINDOWS,
        "loads": AmbulanceLoad.objects.order_by("-pk")[:5],
        "bad": AmbulanceBadLine.objects.select_related("load").order_by("-pk")[:20],
        "bad_total": AmbulanceBadLine.objects.count(),
        "figures": figures,
        "late": lateness.sentences(trusts()),
        "forty_five": _limit("ambulance.handover.longest", read),
    }
    return render(request, "emergency/ambulances.jinja", context)
