"""What came of earlier forecasts: each is scored once the hour that it spoke of has gone by, from what the feed shows.

A forecast is scored at some hours ahead (`AHEAD`), beside two naive ones: as many as at issue, and as many as a week
before that hour plus what has changed since a week before issue. Scores are added up once an hour and kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction

from wherry.flow.forecast import score as scores
from wherry.flow.forecast.clock import LONDON
from wherry.flow.forecast.outlook import ALL, GENERAL
from wherry.reference.wards import GENERAL_AND_ACUTE
from wherry.web.feed import lateness
from wherry.web.feed.models import Stay, Visit
from wherry.web.outlook import packing
from wherry.web.outlook.models import ExpectedDate, Forecast, ForecastState, Quality, Score, UnitForecast
from wherry.web.outlook.reading import occupied

#: Hours ahead at which forecasts are scored.
AHEAD = (4, 12, 24, 48, 72)
LIVE = "live"
#: Live scores are looked back at for so long; fewer issues than this are too few to judge by.
LOOK_BACK = timedelta(days=28)
ENOUGH_ISSUES = 48
Counts = dict[tuple[str, str], int]


def of_unit(counts: Counts, site: str, group: str) -> int:
    """Patients in the beds of a unit."""
    groups = GENERAL_AND_ACUTE if group == GENERAL else (group,)
    return sum(n for (place, of), n in counts.items() if of in groups and site in (place, ALL))


def score(now: datetime) -> int:
    """Score whatever spoke of `now` or of an hour before it that has not been scored; gives how many were.

    While a sender is late nothing after its newest word is scored: what happened since is not known yet.
    """
    now = min([now, *(one.since for one in lateness.late(now=now))])
    due = Forecast.objects.filter(state=ForecastState.DONE, as_at__lt=now, as_at__gte=now - timedelta(days=8))
    known: dict[datetime, Counts] = {}

    def at(moment: datetime) -> Counts:
        if moment not in known:
            known[moment] = occupied(moment)
        return known[moment]

    since = Stay.objects.order_by("from_at").values_list("from_at", flat=True).first()
    made: list[Score] = []
    for forecast in due:
        done = set(Score.objects.filter(as_at=forecast.as_at).values_list("ahead", flat=True))
        hours = [n for n in AHEAD if n not in done and forecast.as_at + timedelta(hours=n) <= now]
        if not hours:
            continue
        for unit in UnitForecast.objects.filter(forecast=forecast):
            if unit.chances:
                made += _scores(forecast.as_at, unit, hours, at, since)
    with transaction.atomic():
        Score.objects.bulk_create(made, ignore_conflicts=True)
        old = now - timedelta(hours=max(AHEAD) + 24)
        UnitForecast.objects.filter(forecast__as_at__lt=old).exclude(chances=None).update(chances=None)
    settle_dates(now)
    if made:
        add_up(now)
    return len(made)


def _scores(as_at: datetime, unit: UnitForecast, hours: list[int], at: Any, since: datetime | None) -> list[Score]:
    chances = packing.unpack(bytes(unit.chances or b""))
    place = {row["ahead"]: n for n, row in enumerate(unit.rows)}
    found = []
    for ahead in hours:
        if ahead not in place:
            continue
        moment = as_at + timedelta(hours=ahead)
        one = scores.score(chances[place[ahead]], of_unit(at(moment), unit.site, unit.group))
        before = of_unit(at(as_at), unit.site, unit.group)
        week = None
        if since is not None and as_at - timedelta(days=7) > since + timedelta(days=1):
            then = of_unit(at(moment - timedelta(days=7)), unit.site, unit.group)
            week = before + then - of_unit(at(as_at - timedelta(days=7)), unit.site, unit.group)
        found.append(
            Score(
                as_at=as_at, site=unit.site, group=unit.group, ahead=ahead, happened=one.happened, below=one.below,
                upto=one.upto, crps=one.crps, error=one.error, median=unit.rows[place[ahead]]["levels"][3],
                width=one.width, inside=list(one.inside), promised=list(one.promised), naive_now=before,
                naive_week=week,
            )
        )  # fmt: skip
    return found


def settle_dates(now: datetime) -> None:
    """Say of each expected date of a day that has ended whether the patient left on it."""
    today = now.astimezone(LONDON).date()
    rows = list(ExpectedDate.objects.filter(left=None, stated_on__lt=today))
    left = dict(Visit.objects.filter(pk__in=[row.visit_key for row in rows]).values_list("pk", "left_at"))
    for row in rows:
        gone = left.get(row.visit_key)
        row.left = gone is not None and gone.astimezone(LONDON).date() <= row.stated_on
    ExpectedDate.objects.bulk_update(rows, ["left"])


def expected_dates(borrowed: float) -> tuple[npt.NDArray[np.float64], list[str]]:
    """What an expected date does to the rate of leaving (5,), by how dates came true; and that in a sentence.

    It is who left over who would have without it, mixed with `borrowed` patients of no effect: untried dates do
    nothing.
    """
    gone, hoped = np.zeros(5), np.zeros(5)
    for ahead, chance, left in ExpectedDate.objects.exclude(left=None).values_list("ahead", "chance", "left"):
        place = 0 if ahead < 0 else 1 if ahead == 0 else 2 if ahead == 1 else 3 if ahead <= 3 else 4
        gone[place] += bool(left)
        hoped[place] += -np.log(max(1e-6, 1 - min(chance, 0.999)))
    factor = (gone + 0.2 * borrowed) / (hoped + 0.2 * borrowed)
    if not hoped.sum():
        return np.ones(5), [
            "Expected dates of leaving have not been held against what happened yet: they weigh nothing."
        ]
    return np.clip(factor, 0.05, 8.0), []


def add_up(now: datetime) -> None:
    """Add the live scores of the last weeks up and keep it for the page."""
    rows = list(Score.objects.filter(as_at__gte=now - LOOK_BACK, as_at__lte=now))
    issues = len({row.as_at for row in rows})
    result = {"issues": issues, "since": min(row.as_at for row in rows).isoformat(), "ahead": {}}
    for ahead in AHEAD:
        mine = [row for row in rows if row.ahead == ahead and row.group != GENERAL]
        if mine:
            result["ahead"][str(ahead)] = summary(mine)  # type: ignore[index]
    Quality.objects.update_or_create(
        kind=LIVE, defaults={"made_at": now, "of": f"{issues} forecasts"[:200], "result": result}
    )


def summary(rows: list[Score]) -> dict[str, Any]:
    """Calibration, coverage, sharpness, bias and errors of some scores together."""
    week = [row for row in rows if row.naive_week is not None]
    return {
        "count": len(rows),
        "histogram": [round(float(x), 4) for x in scores.histogram((row.below, row.upto) for row in rows)],
        "inside": [float(np.mean([row.inside[n] for row in rows])) for n in range(len(scores.INTERVALS))],
        "promised": [float(np.mean([row.promised[n] for row in rows])) for n in range(len(scores.INTERVALS))],
        "width": float(np.mean([row.width for row in rows])),
        "bias": float(np.mean([row.error for row in rows])),
        "crps": float(np.mean([row.crps for row in rows])),
        "error": float(np.mean([abs(row.median - row.happened) for row in rows])),
        "error_now": float(np.mean([abs((row.naive_now or 0) - row.happened) for row in rows])),
        "error_week": float(np.mean([abs((row.naive_week or 0) - row.happened) for row in week])) if week else None,
    }
