"""A trust among its peers: every measure, one measure, the same as a file, and what the group's case said."""

from __future__ import annotations

import math
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.performance import spc
from wherry.performance.measures.model import FACTORS
from wherry.performance.measures.scopes import places
from wherry.performance.peers import Adjust, Room
from wherry.performance.peers import case as written
from wherry.performance.peers.show import figure
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components import export
from wherry.web.components.performance import tabs
from wherry.web.data import published_selectors
from wherry.web.peers import charts, presenters, selectors
from wherry.web.peers.selectors import Choice

_HEADER = (
    *("measure", "name", "unit", "better", "period", "trust", "own", "numerator", "denominator", "peer_group", "peers"),
    *("lower_quartile", "median", "upper_quartile", "best_quartile", "rank", "rank_low", "rank_high", "rank_of"),
    *("theoretical_gap", "gap_in", "formula", "source", "no_benchmark_because"),
)


def short(code: str, name: str) -> str:
    """A trust's name for charts and tables: the system's own short one where it is one of its trusts."""
    of = published_selectors.system()
    return of.short_name(code) if of is not None and code in of.trusts else name


def frame(request: Request, room: Room, chosen: Choice) -> dict[str, Any]:
    """What the form at the top of the pages needs."""
    ours = [code for code in selectors.own_trusts() if code in room.population.place]
    trusts = {one.code: one for one in room.trusts()}
    return tabs(request, "peers:choose") | {
        "chosen": chosen,
        "group": chosen.group,
        "name": short(chosen.group.trust.code, chosen.group.trust.name),
        "ours": [trusts[code] for code in ours],
        "others": [one for one in room.trusts() if one.code not in ours],
        "kinds": selectors.KINDS,
        "picks": selectors.picks(),
        "settings": room.settings,
        "may_keep": request.access.can(Permission.KEEP_MEASURES),
        "loaded": True,
    }


@requires(Permission.SEE_MEASURES)
@require_GET
def choose(request: Request) -> HttpResponse:
    """A trust, its peers and why they are, and every published measure beside theirs."""
    room = selectors.room()
    if room is None:
        return render(request, "peers/choose.jinja", tabs(request, "peers:choose") | {"loaded": False})
    chosen = selectors.choice(room, request.GET)
    context = frame(request, room, chosen)
    context["built"] = room.values is not None
    context["rows"] = presenters.rows(room, chosen.group, context["name"])
    context["likeness"] = presenters.likeness
    context["features"] = [f for f in room.settings.features if f.code in chosen.group.features]
    context["stopped"] = room.population.stopped
    context["absent"] = room.population.absent
    return render(request, "peers/choose.jinja", context)


@requires(Permission.SEE_MEASURES)
@require_GET
def measure(request: Request, code: str) -> HttpResponse:
    """One measure: the strip of peers, own figures over time in their band, the funnel, the theoretical gap."""
    room = selectors.room()
    if room is None:
        return render(request, "peers/choose.jinja", tabs(request, "peers:choose") | {"loaded": False})
    if code not in room.measures:
        raise Http404("No such published measure.")
    chosen = selectors.choice(room, request.GET)
    of = chosen.group
    context = frame(request, room, chosen)
    name, panel = context["name"], room.panel(code)
    row, band = room.compare(of, code), room.band(of, code)
    asked = request.GET.get("adjust", "")
    adjust = Adjust(asked) if asked in set(Adjust) else Adjust.ADD
    view = room.funnel(code, of, adjust)
    own = [None if math.isnan(value) else value for value in band.own]
    chart = spc.chart(band.periods, own, improvement=panel.measure.direction.value)
    of_all = {one.code: short(one.code, one.name) for one in room.trusts()}
    labels = {c: of_all[c] for c in {of.trust.code, *(c for c in selectors.own_trusts() if c in of_all)}}
    context |= {
        "measure": panel.measure,
        "row": row,
        "names": of_all,
        "figure": figure,
        "points": sorted((p for p in (row.own, *row.peers) if p), key=lambda p: p.value, reverse=True),
        "strip": charts.strip("strip", row, panel.measure, name, large=True),
        "band": band,
        "trend": charts.trend("trend", band, chart, panel.measure, name),
        "sentence": spc.words.sentence(chart, "", panel.measure.unit) if len(band.periods) > 1 else "",
        "adjust": adjust,
        "adjusts": {
            Adjust.ADD: "widened: trusts differ (additive)",
            Adjust.MULTIPLY: "widened: trusts differ (multiplicative)",
            Adjust.NONE: "chance alone",
        },
        "view": view,
        "funnel": charts.funnel("funnel", view, panel.measure, of.trust.code, of.codes, labels) if view else "",
        "factor": FACTORS.get(panel.measure.unit, 1.0),
        "gaps": [presenters.opportunity(one, panel.measure) for one in row.opportunities],
        "joined": panel.joined,
        "periods": list(zip(band.periods, band.own, band.lower, band.median, band.upper, band.counted, strict=True)),
        "direction": presenters.DIRECTIONS[panel.measure.direction],
    }
    return render(request, "peers/measure.jinja", context)


@requires(Permission.SEE_MEASURES)
@require_GET
def table(request: Request, form: str) -> HttpResponseBase:
    """The table of measures as CSV or Excel. Published figures leave as they were published."""
    room = selectors.room()
    if room is None or form not in ("csv", "xlsx"):
        raise Http404("No A&E statistics are loaded, or no such form.")
    chosen = selectors.choice(room, request.GET)
    of = chosen.group
    rows = []
    for one, row in room.table(of):
        gap = next((g for g in row.opportunities if g.to == "median"), None)
        rank, own = row.rank, row.own
        rows.append(
            [
                *(one.code, one.name, one.unit, one.direction.value, row.period, of.trust.code),
                *((own.value, own.numerator, own.denominator) if own else (None, None, None)),
                *(of.name, " ".join(p.code for p in row.peers)),
                *(row.lower_quartile, row.median, row.upper_quartile, row.best_quartile),
                *((rank.place, rank.low, rank.high, rank.of) if rank else (None, None, None, None)),
                *((gap.amount, f"{gap.things} (theoretical)", gap.formula, gap.source) if gap else ("", "", "", "")),
                row.why_not,
            ]
        )
    name = f"peers-{of.trust.code}-{chosen.kind}"
    if form == "csv":
        return export.stream_csv(name, _HEADER, rows)
    notes = [
        f"{of.trust.name} ({of.trust.code}) among its {of.name}: {', '.join(of.codes)}.",
        f"Figures: {'; '.join(of.vintages)}. Method of peers: version {of.settings_version}.",
        "Theoretical gaps are never added up. " + " ".join(room.settings.reasons),
    ]
    return export.xlsx(name, _HEADER, rows, notes=notes, sheet="Peers")


@requires(Permission.SEE_MEASURES)
@require_GET
def case(request: Request) -> HttpResponse:
    """What the group's case printed, beside what is counted here."""
    of, room = published_selectors.system(), selectors.room()
    found = written.read(of) if of is not None else ()
    names: dict[str, str] = {}
    if of is not None:
        names = {code: of.short_name(code) for code in of.trusts} | places(of) | {"group": "All together"}
    context = tabs(request, "peers:choose") | {"topics": presenters.said(found, request.access, names, room)}
    return render(request, "peers/case.jinja", context)
