"""Measures of leaving hospital, in totals for the whole group: no patient is named here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.flow.discharge import metrics as rules
from wherry.flow.discharge.due import london_day
from wherry.flow.discharge.metrics import Cost, Lost, Ready, Stay
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.components.charts import Histogram, Tick, histogram
from wherry.web.discharge import measures, where
from wherry.web.feed import clock, lateness

PERIODS = {"7": 7, "28": 28, "91": 91, "365": 365}
#: How many mornings the share of those who meet no criteria is shown for.
MORNINGS = 14


@dataclass(frozen=True)
class Line:
    """A group's measures: what it is called and what it comes to."""

    words: str
    ready: Ready


@dataclass(frozen=True)
class Group:
    """Lost bed days by one thing: rows of words, days, and beds."""

    title: str
    rows: tuple[tuple[str, Cost], ...]


@requires(Permission.SEE_FLOW)
@require_GET
def metrics(request: Request) -> HttpResponse:
    """The page, for a period of days that ends yesterday, and a hospital."""
    settings, now = where.settings(), clock.now()
    chosen = request.GET.get("days", "28")
    length = PERIODS.get(chosen, 28)
    last = london_day(now) - timedelta(days=1)
    first = last - timedelta(days=length - 1)
    site = request.GET.get("site", "")
    sites = [(code, where.site_words(code)) for code in dict.fromkeys(w.site for w in where.wards().values())]
    site = site if site in dict(sites) else ""
    organisations = where.system().trusts
    everybody = measures.stays(organisations, first, last)
    mine = [stay for stay in everybody if not site or stay.site == site]
    left = [stay for stay in mine if stay.left_at is not None and first <= london_day(stay.left_at) <= last]
    nights = rules.lost_nights(mine, first, last, now)
    going = rules.leaving([stay.left_at for stay in left if stay.left_at and not stay.died], first, last, settings)
    ready = rules.ready_measures(left, settings)
    mornings = measures.mornings(london_day(now), MORNINGS, now)
    context = {
        "tab": "metrics",
        "now": now,
        "late": lateness.sentences(organisations),
        "settings": settings,
        "where": where,
        "days": str(length),
        "periods": [(key, f"last {value} days") for key, value in PERIODS.items()],
        "site": site,
        "sites": sites,
        "first": first,
        "last": last,
        "length": length,
        "current": measures.snapshot(now),
        "mornings": mornings,
        "ready": ready,
        "lines": _lines(left, site, dict(sites)),
        "cost": Cost(len(nights), length, settings.year_days),
        "groups": _groups(nights, length),
        "going": going,
        "mix": rules.pathway_mix(left, settings),
        "mix_65": rules.pathway_mix([stay for stay in left if stay.age is not None and stay.age >= 65], settings),
        "by_hour": histogram(list(going.by_hour), [f"{hour:02d}:00" for hour in range(24)], x_every=2, height=240),
        "bands": _labelled([n for _, n in ready.bands], [words for words, _ in ready.bands]),
        "a_day": _a_day(nights, first, length),
    }
    return render(request, "discharge/metrics.jinja", context)


def _lines(left: Sequence[Stay], site: str, sites: dict[str, str]) -> list[Line]:
    settings = where.settings()
    found = []
    if not site:
        found += [
            Line(words, rules.ready_measures([stay for stay in left if stay.site == code], settings))
            for code, words in sites.items()
        ]
    for code, row in settings.pathways.items():
        mine = [stay for stay in left if stay.pathway == code]
        found.append(Line(f"Pathway {code}: {row.words}", rules.ready_measures(mine, settings)))
    none = [stay for stay in left if not stay.pathway]
    return [*found, Line("No pathway recorded", rules.ready_measures(none, settings))]


def _groups(nights: Sequence[Lost], length: int) -> list[Group]:
    settings = where.settings()

    def cause(code: str) -> str:
        return settings.causes[code].words if code in settings.causes else "No cause recorded"

    def pathway(code: str) -> str:
        return f"{code}: {settings.pathways[code].words}" if code in settings.pathways else "No pathway recorded"

    def family(code: str) -> str:
        return settings.causes[code].group if code in settings.causes else "No cause recorded"

    kinds: list[tuple[str, Callable[[Lost], str]]] = [
        ("cause", lambda night: cause(night.code)),
        ("group of causes", lambda night: family(night.code)),
        ("pathway", lambda night: pathway(night.pathway)),
        ("hospital", lambda night: where.site_words(night.site)),
        ("place", lambda night: night.place or "Place not known"),
    ]
    return [
        Group(
            title,
            tuple((words, Cost(days, length, settings.year_days)) for words, days in rules.by(nights, key).items()),
        )
        for title, key in kinds
    ]


def _labelled(values: Sequence[int], labels: Sequence[str]) -> Histogram:
    """A histogram whose bars carry their own names below."""
    chart = histogram(list(values), list(labels), x_every=1, height=240)
    ticks = tuple(Tick(bar.x + bar.width / 2, bar.label) for bar in chart.bars)
    return replace(chart, x_ticks=ticks)


def _a_day(nights: Sequence[Lost], first: date, length: int) -> Histogram:
    days = [first + timedelta(days=n) for n in range(length)]
    counts = dict.fromkeys(days, 0)
    for night in nights:
        counts[night.day] += 1
    every = max(1, length // 10)
    chart = histogram([counts[day] for day in days], [f"{day.day} {day:%b}" for day in days], x_every=every, height=240)
    ticks = tuple(Tick(chart.bars[n].x, chart.bars[n].label) for n in range(0, length, every))
    return replace(chart, x_ticks=ticks)
