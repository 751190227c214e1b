"""Views of inequalities: all measures by strength of their gap, one measure, and the three views beside them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wherry.performance.inequality import core20plus5, deaths, draw, life_course, loaded, printed, ranking
from wherry.performance.inequality.categories import SPLIT_NAMES
from wherry.performance.measures.model import Split
from wherry.performance.measures.values import Scope
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components import performance
from wherry.web.inequalities import course, one, presenters, selectors

_PAGES = (
    ("Gaps", "inequalities:overview"),
    ("Core20PLUS5", "inequalities:core20plus5"),
    ("Life course", "inequalities:life_course"),
    ("Life expectancy", "inequalities:life_expectancy"),
)


def context(request: Request, page: str) -> dict[str, Any]:
    """What every page here has: tabs of performance, links between these pages, scopes, whether there are values."""
    return performance.tabs(request, "inequalities:overview") | {
        "pages": [{"text": text, "href": reverse(name), "current": name == page} for text, name in _PAGES],
        "scopes": performance.scopes(),
        "built": performance.values() is not None,
        "split_names": SPLIT_NAMES,
    }


def scope_of(request: Request) -> Scope | None:
    """The scope of the address, the group where none is named. Raises Http404 for one that nobody knows."""
    found = performance.scope(request.GET.get("scope", ""))
    if found is None and (performance.scopes() or request.GET.get("scope")):
        raise Http404("There is no such organisation or place.")
    return found


def split_of(request: Request, otherwise: Split | None) -> Split | None:
    """The split of the address; None for "all". Raises Http404 for one that there is not."""
    said = request.GET.get("split", "")
    if not said:
        return otherwise
    if said == "every":
        return None
    try:
        found = Split(said)
    except ValueError:
        raise Http404("There is no such split.") from None
    if found is Split.ALL:
        raise Http404("There is no such split.")
    return found


@requires(Permission.SEE_MEASURES)
@require_GET
def overview(request: Request) -> HttpResponse:
    """All measures with splits, by the strength of the evidence of a gap."""
    scope, split = scope_of(request), split_of(request, Split.IMD_QUINTILE)
    more: dict[str, Any] = context(request, "inequalities:overview") | {"scope": scope, "split": split}
    system = snapshots.system()
    ratios = printed.ratios(system)
    more["printed"] = ratios
    more["printed_drawing"] = draw.intervals(
        presenters.printed_rows(ratios),
        id="printed",
        title="Ratios that plans print",
        description="How many times as likely each outcome is for the first group as for the second. No limits were "
        "printed, so every mark is hollow. The table has the numbers.",
        at=1.0,
        at_words="The same",
        ratio=True,
    ) if ratios else ""  # fmt: skip
    if scope is not None:
        rows = selectors.overview(scope, split, request.access)
        lines = [presenters.overview_row(row) for row in rows]
        drawn = presenters.ratio_rows(lines)
        more |= {
            "rows": lines,
            "lead": presenters.overview_lead(rows, split),
            "rule": ranking.RULE,
            "age_note": presenters.AGE_NOTE,
            "disclosure": next((row.breakdown.rule for row in rows if not row.breakdown.measure.national), ""),
            "drawing": draw.intervals(
                drawn,
                id="ratios",
                title="Ratio of most to least deprived fifth"
                if split is Split.IMD_QUINTILE
                else "Ratio of worst to best",
                description="Each measure's figure of the first group over that of the second, with its 95% interval; "
                "1 is the same. Points down: worse for the first; up: better; round: no clear gap. The table has the "
                "numbers.",
                at=1.0,
                at_words="The same",
                ratio=True,
            )
            if drawn
            else "",
        }
    return render(request, "inequalities/overview.jinja", more)


@requires(Permission.SEE_MEASURES)
@require_GET
def measure(request: Request, code: str) -> HttpResponseBase:
    """One measure by the categories of one split; `format=csv` gives the table as a file."""
    found = performance.definitions().get(code)
    if found is None:
        raise Http404("There is no such measure.")
    scope = scope_of(request)
    more = context(request, "inequalities:overview") | {"measure": found, "scope": scope}
    if scope is None:
        return render(request, "inequalities/measure.jinja", more | {"splits": ()})
    splits = selectors.splits(found, scope)
    split = split_of(request, splits[0] if splits else None)
    period = one.period_of(request.GET.get("period", ""))
    if request.GET.get("format") == "csv":
        return one.csv(found, scope, split, period)
    more |= {"splits": splits, "split": split} | one.page(found, scope, split, period, request.access)
    return render(request, "inequalities/measure.jinja", more)


@requires(Permission.SEE_MEASURES)
@require_GET
def core20(request: Request) -> HttpResponse:
    """Core20PLUS5: the most deprived fifth against the rest, by clinical area."""
    scope = scope_of(request)
    system = snapshots.system()
    plan = core20plus5.read(system)
    more = context(request, "inequalities:core20plus5") | {"scope": scope, "plan": plan}
    if plan is not None and scope is not None:
        lines = core20plus5.lines(
            plan,
            performance.definitions(),
            lambda it: selectors.newest(it, scope, Split.IMD_QUINTILE, request.access),
            lambda it: selectors.everybody(it, scope, request.access),
        )
        more["audiences"] = [
            (name, one.core_rows([line for line in lines if line.area.audience == code]))
            for code, name in core20plus5.AUDIENCES.items()
        ]
        more["compared"] = sum(line.state is core20plus5.State.COMPARED for line in lines)
        more["lines"] = len(lines)
    more["printed"] = [row for row in printed.ratios(system) if row.second == "Others"]
    return render(request, "inequalities/core20plus5.jinja", more)


@requires(Permission.SEE_MEASURES)
@require_GET
def life(request: Request) -> HttpResponse:
    """The life course against England, by stage of life."""
    every = loaded.indicators(snapshots.system())
    names = selectors.places()
    known = [code for code in dict.fromkeys(row.place for row in every) if code]
    place = request.GET.get("place", "")
    if place and place not in known:
        raise Http404("There is no such place.")
    stages = [
        (stage, [course.course_row(row) for row in some])
        for stage, some in life_course.by_stage([row for row in every if row.place == place])
    ]
    more = context(request, "inequalities:life_course") | {
        "places": sorted(((code, names.get(code, code)) for code in known), key=lambda row: row[1]),
        "place": place,
        "place_name": names.get(place, place),
        "stages": stages,
        "any": bool(every),
        "load": loaded.current(loaded.LIFE_COURSE),
        "drawing": course.course_drawing(stages),
    }
    return render(request, "inequalities/life_course.jinja", more)


@requires(Permission.SEE_MEASURES)
@require_GET
def life_expectancy(request: Request) -> HttpResponse:
    """The gap in life expectancy by cause of death and age."""
    rows = loaded.deaths_rows()
    rule = performance.rule(request.access)
    more = context(request, "inequalities:life_expectancy") | {
        "printed": printed.life_years(snapshots.system()),
        "sexes": deaths.SEXES,
        "views": [course.life_view(gap, rule) for gap in deaths.gaps(rows)],
        "periods": sorted({row.period for row in rows if row.period}),
        "sources": sorted({row.source for row in rows if row.source}),
        "load": loaded.current(loaded.DEATHS),
        "columns": deaths.NEEDED,
        "disclosure": rule.words(),
    }
    return render(request, "inequalities/life_expectancy.jinja", more)
