"""The measures of virtual wards from what is kept: facts of a period, for all providers and by provider and pathway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from wherry.flow.virtual.measures import (
    AlertFacts,
    Facts,
    PlaceFacts,
    Ratio,
    ReferralFacts,
    StayFacts,
    measures,
    place_days,
)
from wherry.web.virtual.common import capacity
from wherry.web.virtual.models import AlertAct, Referral, ReferralState, Staffed, WardStay

LONDON = ZoneInfo("Europe/London")
#: The periods that the page offers, in days up to now.
PERIODS = (7, 28, 91, 365)


@dataclass(frozen=True)
class Period:
    """From one moment to another; `days` is what was asked for."""

    days: int
    since: datetime
    until: datetime


def period(days: int, now: datetime) -> Period:
    """The last so many days up to now, from a midnight in London."""
    first = now.astimezone(LONDON).date() - timedelta(days=days - 1)
    return Period(days, _midnight(first), now)


def facts(providers: Iterable[str], over: Period) -> Facts:
    """What is kept about some providers in a period."""
    codes = list(providers)
    stays = WardStay.objects.filter(provider__in=codes, began_at__lt=over.until)
    stays = stays.filter(Q(ended_at=None) | Q(ended_at__gte=over.since))
    decided = Referral.objects.filter(
        provider__in=codes, decided_at__gte=over.since, decided_at__lt=over.until,
        state__in=(ReferralState.ACCEPTED, ReferralState.REFUSED),
    )  # fmt: skip
    return Facts(
        stays=[
            StayFacts(
                each.provider, each.pathway, each.direction, each.began_at, each.ended_at, each.outcome,
                bool(each.readmitted_visit_key), each.asked_sets, each.missed_sets,
            )
            for each in stays
        ],
        alerts=_alerts(codes, over),
        referrals=[
            ReferralFacts(provider, pathway, at, state == ReferralState.ACCEPTED)
            for provider, pathway, at, state in decided.values_list("provider", "pathway", "decided_at", "state")
            if at is not None
        ],
        places=_places(codes, over),
    )  # fmt: skip


def table(found: Facts, over: Period, keys: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, Ratio]]:
    """Measures by name of row; a row is a provider and a pathway, either empty for all."""
    rows = {}
    for name, (provider, pathway) in keys.items():
        mine = found.of(lambda p, w, provider=provider, pathway=pathway: p in (provider or p,) and w in (pathway or w,))  # type: ignore[misc]
        rows[name] = measures(mine, over.since, over.until, over.until)
    return rows


def _alerts(codes: list[str], over: Period) -> list[AlertFacts]:
    """Each raising with the answer that followed it. A raising that a more urgent one overtook counts with that one."""
    acts = AlertAct.objects.filter(
        alert__stay__provider__in=codes,
        alert__raised_at__lt=over.until,
        act__in=("raised", "reopened", "answered", "merged"),
    )
    by_alert: dict[int, list[AlertAct]] = defaultdict(list)
    for act in acts.select_related("alert__stay").order_by("alert_id", "at", "pk"):
        by_alert[act.alert_id].append(act)
    found = []
    for done in by_alert.values():
        stay, due = done[0].alert.stay, None
        for act in done:
            if act.act in ("raised", "reopened"):
                due = act.due_at
            elif act.act == "merged":
                due = None
            elif due is not None:
                found.append(AlertFacts(stay.provider, stay.pathway, due, act.at))
                due = None
        if due is not None:
            found.append(AlertFacts(stay.provider, stay.pathway, due, None))
    return found


def _places(codes: list[str], over: Period) -> list[PlaceFacts]:
    changes: dict[tuple[str, str], list[tuple[datetime, int]]] = defaultdict(list)
    for row in Staffed.objects.filter(provider__in=codes).order_by("from_on", "pk"):
        changes[row.provider, row.pathway].append((_midnight(row.from_on), row.places))
    found = []
    for given in capacity().rows:
        if given.provider in codes:
            mine = changes[given.provider, given.pathway]
            first = [places for at, places in mine if at <= over.since]
            later = [(at, places) for at, places in mine if at > over.since]
            days = place_days(later, first[-1] if first else given.places, over.since, over.until)
            found.append(PlaceFacts(given.provider, given.pathway, days))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)
