"""One measure: its chart and what it says, organisations beside each other, for whom it is worst, its definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.performance.inequality import categories
from wherry.performance.measures import periods
from wherry.performance.measures.model import DOMAINS, THEMES, Measure, Split
from wherry.performance.measures.values import Scope
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components import performance
from wherry.web.components.export import stream_csv, xlsx
from wherry.web.measures import lines, selectors, services, splits, tables, words
from wherry.web.measures.behind import behind
from wherry.web.measures.models import Baseline, Note

SOURCES = {
    "table": "Counted from the hub or from what people did",
    "published": "A published series of NHS England",
    "loaded": "Sent by whoever answers for it",
}


@dataclass(frozen=True)
class Asked:
    """What the address of a measure asks for."""

    measure: Measure
    scope: Scope
    split: Split
    category: str
    rules: str


def asked(request: Request, code: str) -> Asked:
    """Read the address. Raises `Http404` for a measure that nobody defined; what else is wrong is left out."""
    measure = performance.definitions().get(code)
    if measure is None:
        raise Http404(code)
    scope = performance.scope(request.GET.get("scope", "")) or performance.scope("") or Scope("group", "The group", ())
    said, values = request.GET.get("split", ""), performance.values()
    split, category = Split.ALL, ""
    if said in list(Split) and values is not None and not scope.place and said != Split.ALL:
        wanted = request.GET.get("category", "")
        if wanted in values.categories(code, Split(said)):
            split, category = Split(said), wanted
    rules = request.GET.get("rules", "")
    return Asked(measure, scope, split, category, rules if rules in selectors.RULES else "default")


@requires(Permission.SEE_MEASURES)
@require_GET
def measure(request: Request, code: str) -> HttpResponse:
    """The page of one measure."""
    return page(request, asked(request, code))


def page(request: Request, wanted: Asked, *, form: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    """The page, with what was written in a form that could not be taken."""
    one, scope = wanted.measure, wanted.scope
    view = selectors.chart_for(one, scope, wanted.split, wanted.category, request.access, wanted.rules)
    whole = wanted.split is Split.ALL
    named = performance.series(one, scope).series.periods  # what is written on one stands there for everybody
    context: dict[str, Any] = performance.tabs(request, "measures:summary") | {
        "measure": one,
        "scope": scope,
        "scopes": performance.scopes(),
        "wanted": wanted,
        "category": _category(wanted),
        "view": view,
        "line": lines.line_of(view),
        "rows": tables.rows(view),
        "rules": selectors.RULES,
        "several": _several(request, one) if whole else [],
        "breakdowns": splits.breakdowns(one, scope, request.access) if whole else [],
        "behind": behind(one, scope, request.access),
        "domain": DOMAINS[one.domain],
        "theme": ": ".join(THEMES[one.theme]) if one.theme else "",
        "objective": words.objectives().get(one.objective, ""),
        "source": SOURCES[one.source.kind.value],
        "missing": words.missing(one),
        "periods": [(day.isoformat(), periods.words(day, one.grain)) for day in reversed(named)],
        "taken_back": _taken_back(one, scope),
        "newest": services.newest(one.code, scope.code),
        "may_rebase": whole and len(named) > 1 and request.access.can(Permission.KEEP_MEASURES),
        "may_write": whole and request.access.can(Permission.WRITE_COMMENTARY),
        "form": form or {},
        "period_words": {day: periods.words(day, one.grain) for day in view.series.periods},
        "amount": words.amount,
    }
    return render(request, "measures/measure.jinja", context, status=status)


def _category(wanted: Asked) -> str:
    if wanted.split is Split.ALL:
        return ""
    places = {one.place: one.name for one in performance.scopes() if one.place}
    return f"{categories.SPLIT_NAMES[wanted.split]}: {categories.name(wanted.split, wanted.category, places)}"


def _several(request: Request, one: Measure) -> list[tuple[Scope, lines.Line]]:
    """Every organisation of the system with figures, each with its small chart."""
    found = []
    for scope in performance.scopes():
        if scope.kind == "organisation":
            view = selectors.chart_with(
                one,
                scope,
                access=request.access,
                baselines=tuple(Baseline.objects.filter(measure=one.code, scope=scope.code, undone_at=None)),
            )
            if view.has_data:
                found.append((scope, lines.line_of(view, wide=True)))
    return found


def _taken_back(one: Measure, scope: Scope) -> list[Baseline | Note]:
    gone: list[Baseline | Note] = []
    for kind in (Baseline, Note):
        gone += kind.objects.filter(measure=one.code, scope=scope.code, undone_at__isnull=False)
    return gone


@requires(Permission.SEE_MEASURES)
@require_GET
def download(request: Request, code: str, kind: str) -> HttpResponseBase:
    """The figures of a measure and scope as CSV or Excel, by every split: controlled, whoever takes them."""
    wanted = asked(request, code)
    name = f"{code}-{wanted.scope.code}"
    found = tables.export(wanted.measure, wanted.scope)
    if kind == "csv":
        return stream_csv(name, tables.HEADER, found)
    if kind == "xlsx":
        return xlsx(name, tables.HEADER, found, notes=tables.notes(wanted.measure, wanted.scope), sheet="Figures")
    raise Http404(kind)
