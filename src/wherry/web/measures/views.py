"""The summary of measures: what changed or misses its target first, then every measure, or the matrix."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.performance.measures.model import DASHBOARDS, DOMAINS, THEMES
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.components import performance
from wherry.web.measures import catalogue, lines

#: How many exceptions come first; the rest are a link away.
FIRST = 8


@requires(Permission.SEE_MEASURES)
@require_GET
def summary(request: Request) -> HttpResponse:
    """Measures of a scope: exceptions, then all by domain; or the matrix; or organisations side by side."""
    scopes = performance.scopes()
    choice = catalogue.read(request.GET, [one.code for one in scopes])
    context: dict[str, Any] = performance.tabs(request, "measures:summary") | {
        "choice": choice,
        "scopes": scopes,
        "built": performance.values() is not None,
    }
    if not scopes:
        return render(request, "measures/summary.jinja", context)
    scope = next(one for one in scopes if one.code == choice.scope)
    every = lines.lines(scope, request.access)
    chosen = [line for line in every.values() if choice.takes(line)]
    first = catalogue.exceptions(chosen)
    context |= {
        "scope": scope,
        "exceptions": first[:FIRST],
        "left": len(first) - FIRST,
        "better": [line for line in chosen if "better" in line.states],
        "counts": {state: sum(state in line.states for line in chosen) for state in lines.STATES},
        "total": len(chosen),
        "domains": catalogue.by_domain(chosen),
        "pages": [*DOMAINS.items(), *((code, f"Dashboard: {name}") for code, name in DASHBOARDS.items())],
        "states": lines.STATES,
        "themes": [(code, f"{theme}: {name}") for code, (theme, name) in THEMES.items()],
        "objectives": catalogue.objectives_of(performance.definitions()),
        "views": catalogue.VIEWS,
        "columns": catalogue.MATRIX_COLUMNS,
        "matrix": catalogue.matrix(chosen) if choice.view == "matrix" else [],
        "beside": _beside(request, choice) if choice.view == "beside" else None,
        "rule": performance.rule(request.access),
    }
    return render(request, "measures/summary.jinja", context)


def _beside(request: Request, choice: catalogue.Choice) -> dict[str, Any]:
    """Organisations that have any of the chosen figures, and a row a measure with a line each."""
    wanted = [one for one in performance.scopes() if one.kind == "organisation" or one.code == "group"]
    every = {one.code: lines.lines(one, request.access) for one in wanted}
    codes = [code for code, line in every[wanted[0].code].items() if choice.takes(line)]
    shown = [one for one in wanted if any(every[one.code][code].has_data for code in codes)]
    rows = [[every[one.code][code] for one in shown] for code in codes]
    known = [row for row in rows if any(line.has_data for line in row)]
    return {"scopes": shown, "rows": known, "without": len(codes) - len(known)}
