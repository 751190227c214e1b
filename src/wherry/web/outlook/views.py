"""Views of the next days: the outlook, asking for it anew, and the months."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wherry.flow.forecast import settings
from wherry.flow.forecast.months_data import WORDS
from wherry.flow.forecast.outlook import ALL, GENERAL
from wherry.web.access import Permission
from wherry.web.access.http import Request
from wherry.web.access.requires import requires
from wherry.web.beds.views import tabs
from wherry.web.components import live
from wherry.web.feed import clock, lateness
from wherry.web.outlook import jobs, months_presenters, scoring, selectors
from wherry.web.outlook import presenters as present
from wherry.web.outlook.models import Forecast, ForecastState, UnitForecast


@requires(Permission.SEE_FLOW)
@require_GET
def next_days(request: Request) -> HttpResponse:
    """Will we have beds tonight and tomorrow morning, and the days after, by site and ward group."""
    if not Forecast.objects.filter(as_at=jobs.whole_hour(clock.now())).exists():
        jobs.ask()
    site, group = request.GET.get("site", ALL), request.GET.get("group", GENERAL)
    return live.show(
        request,
        page="outlook/next_days.jinja",
        part="outlook/_next_days.jinja",
        scope=(site, group),
        context=lambda: _context(site, group),
        around=lambda: tabs(request.access),
        organisations=(jobs.OUTLOOK,),
    )


def _context(site: str, group: str) -> dict[str, Any]:
    now = clock.now()
    row = selectors.newest(now)
    asked = Forecast.objects.filter(as_at=jobs.whole_hour(now)).first()
    state, failure = jobs.standing(asked) if asked is not None else ("", "")
    context: dict[str, Any] = {
        "late": lateness.sentences(),
        "row": row,
        "asked": asked,
        "state": state,
        "failure": failure,
        "going": state in (ForecastState.WAITING, ForecastState.RUNNING),
        "figures": settings.figures(),
        "stale": row is not None and now - row.as_at > selectors.STALE,
        "sources": present.SOURCE_WORDS,
        "chance": present.chance,
        "signed": present.signed,
    }
    context |= _quality()
    if row is None:
        return context
    units = selectors.units(row)
    unit = _chosen(units, site, group)
    rows = present.free_rows(row, units)
    night, morning = present.moments(row.as_at)
    context |= {
        "rows": rows,
        "headlines": present.headlines(row, rows),
        "night": present.hour_words(night, row.as_at),
        "morning": present.hour_words(morning, row.as_at),
    }
    if unit is None:
        return context
    mine = [one for one in unit.rows if one["ahead"] <= 72]
    return context | {
        "unit": unit,
        "unit_words": f"{selectors.scope_words(unit.site)}: {selectors.group_words(unit.group).lower()}",
        "choices": [
            (one.site, selectors.scope_words(one.site), one.group, selectors.group_words(one.group)) for one in units
        ],
        "hours": present.hours_fan(row, unit),
        "hour_rows": present.table(row, unit, mine),
        "days": present.days_fan(row, unit),
        "day_rows": present.table(row, unit, present.day_rows(row, unit)),
        "source_rows": present.source_rows(row, unit),
    }


def _chosen(units: list[UnitForecast], site: str, group: str) -> UnitForecast | None:
    for unit in units:
        if (unit.site, unit.group) == (site, group):
            return unit
    return next((unit for unit in units if (unit.site, unit.group) == (ALL, GENERAL)), units[0] if units else None)


def _quality() -> dict[str, Any]:
    """How good: live scores where there are enough, else those of held-back weeks; which of them is said."""
    kept = selectors.quality()
    found = kept.get(scoring.LIVE)
    if found is not None and found.result.get("issues", 0) >= scoring.ENOUGH_ISSUES and found.result.get("ahead"):
        return {"quality": present.quality_block(found.result, True), "quality_of": found}
    back = kept.get("backtest")
    if back is not None and back.result.get("ahead"):
        few = found.result.get("issues", 0) if found is not None else 0
        return {"quality": present.quality_block(back.result, False), "quality_of": back, "few": few}
    return {"quality": None, "few": found.result.get("issues", 0) if found is not None else 0}


@requires(Permission.SEE_FLOW)
@require_POST
def ask(request: Request) -> HttpResponse:
    """Ask again for the forecast of this hour, where it failed or nobody worked on it."""
    row, made = jobs.ask(again=True)
    if made:
        messages.success(request, "It is being worked out. This page shows it when it is there.")
    elif row.state == ForecastState.DONE:
        messages.info(request, "The forecast of this hour is already there: it is made once an hour.")
    else:
        messages.info(request, "The forecast of this hour is being worked out already.")
    return redirect("outlook:next_days")


@requires(Permission.SEE_FLOW)
@require_GET
def months(request: Request) -> HttpResponse:
    """A&E by trust and month: the next six, and how good such forecasts were."""
    measure = request.GET.get("measure", "attendances")
    measure = measure if measure in WORDS else "attendances"
    kept = selectors.kept(f"months_{measure}")
    context = tabs(request.access) | {"measure": measure, "words": WORDS, "kept": kept}
    if kept is not None:
        context |= months_presenters.page(kept)
    return render(request, "outlook/months.jinja", context)
