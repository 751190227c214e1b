"""Reviews that are owed: criteria to reside by ward, and stays of 7, 14, 21 days and more."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wherry.flow.discharge.due import london_day
from wherry.flow.discharge.reviews import answered, windows
from wherry.flow.discharge.settings import LongStay
from wherry.web.access import Permission, requires
from wherry.web.access.http import Request
from wherry.web.components import live
from wherry.web.discharge import selectors, where
from wherry.web.discharge.models import Act
from wherry.web.discharge.selectors import Row
from wherry.web.feed import clock, lateness

#: Over how many days reviews are counted as done or missed.
DAYS = 7


@requires(Permission.SEE_DISCHARGE)
@require_GET
def reviews(request: Request) -> HttpResponse:
    """Overdue reviews by ward, then long stays by how long."""
    organisations = request.access.where(Permission.SEE_DISCHARGE)
    rows = [row for row in selectors.rows(selectors.here(organisations)) if row.general]
    site = request.GET.get("site", "")
    rows = [row for row in rows if not site or row.visit.site == site]
    late = [row for row in rows if row.review_overdue_since is not None]
    long = [row for row in rows if row.long_stay_due is not None]
    done = [row for row in rows if row.position.long_stay_at is not None and row.long_stay_due is None]
    settings, now = where.settings(), clock.now()
    live.log_shown(
        request.access, "discharge.reviews_seen", "list", f"reviews {site}".strip()[:40], "",
        keys=[row.key for row in [*late, *long]],
    )  # fmt: skip
    by_ward: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in late:
        by_ward[(where.site_words(row.visit.site), row.ward)].append(row)
    context = {
        "tab": "reviews",
        "now": now,
        "late": lateness.sentences(organisations),
        "site": site,
        "sites": [(code, where.site_words(code)) for code in dict.fromkeys(w.site for w in where.wards().values())],
        "wards": [(key, sorted(found, key=_longest)) for key, found in sorted(by_ward.items())],
        "overdue": len(late),
        "patients": len(rows),
        "lengths": [
            (
                row,
                sum((one.stay_days or 0) >= row.days for one in rows),
                sum(one.long_stay_due == row for one in long),
                sum(_reached(one) == row for one in done),
            )
            for row in settings.long_stays
        ],
        "long": sorted(long, key=lambda row: -(row.stay_days or 0)),
        "done": len(done),
        "kept": _kept(rows, now),
        "days": DAYS,
        "settings": settings,
        "where": where,
    }
    return render(request, "discharge/reviews.jinja", context)


def _longest(row: Row) -> tuple[datetime | None, str]:
    return (row.review_overdue_since, row.key)


def _reached(row: Row) -> LongStay | None:
    """The longest length that a stay has reached."""
    return max(
        (one for one in where.settings().long_stays if one.days <= (row.stay_days or 0)),
        key=lambda one: one.days, default=None,
    )  # fmt: skip


def _kept(rows: list[Row], now: datetime) -> tuple[int, int]:
    """Reviews made of reviews owed in the last days, for those who are here now."""
    settings, today = where.settings(), london_day(now)
    owed = windows(today - timedelta(days=DAYS), today, settings)
    first = owed[0].from_at
    made: dict[str, list[datetime]] = defaultdict(list)
    undone = set(Act.objects.filter(kind="undo", at__gte=first).values_list("tracker__visit_key", "undoes"))
    acts = Act.objects.filter(kind="review", at__gte=first, tracker__visit_key__in=[row.key for row in rows])
    for key, number, at in acts.values_list("tracker__visit_key", "number", "at"):
        if (key, number) not in undone:
            made[key].append(at)
    counts = [
        answered(made[row.key], owed, here_from=row.visit.admitted_at, here_to=now)
        for row in rows
        if row.visit.admitted_at is not None
    ]
    return sum(done for done, _ in counts), sum(of for _, of in counts)
