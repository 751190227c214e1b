"""What measures of leaving hospital are counted from: stays with their spans over a period, in totals only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from django.db.models import Count, Model, Q, QuerySet

from wherry.flow.discharge.acts import Span as RuleSpan
from wherry.flow.discharge.due import LONDON, london_day
from wherry.flow.discharge.metrics import Stay
from wherry.flow.discharge.places import home_of
from wherry.web.discharge import where
from wherry.web.discharge.models import Span, Tracker
from wherry.web.feed.models import Patient, Visit
from wherry.web.feed.models import Stay as FeedStay

M = TypeVar("M", bound=Model)
#: The sitrep's moment of the day (London).
SNAPSHOT_AT = time(8)


@dataclass(frozen=True)
class Snapshot:
    """Patients who meet no criteria, and all patients, on adult general and acute wards at a moment, by site."""

    at: datetime
    nctr: dict[str, int]
    occupied: dict[str, int]

    @property
    def share(self) -> float | None:
        """NCTR of occupied: sums over sums. None when nobody is there."""
        occupied = sum(self.occupied.values())
        return sum(self.nctr.values()) / occupied if occupied else None


def snapshot(at: datetime) -> Snapshot:
    """The counts at any moment, derived from stays and from the spans of reviews."""
    there = FeedStay.objects.filter(from_at__lte=at).filter(Q(to_at=None) | Q(to_at__gt=at))
    held = Span.objects.filter(kind="nctr", from_at__lte=at).filter(Q(to_at=None) | Q(to_at__gt=at))
    ready = there.filter(visit_id__in=held.values("tracker__visit_key"))
    return Snapshot(at, _by_site(ready), _by_site(there))


def mornings(last: date, days: int, now: datetime) -> list[Snapshot]:
    """The counts at 08:00 on the days until `last`, those to come left out."""
    moments = [
        datetime.combine(last - timedelta(days=back), SNAPSHOT_AT, tzinfo=LONDON) for back in range(days - 1, -1, -1)
    ]
    return [snapshot(at) for at in moments if at <= now]


def stays(organisations: Iterable[str], first: date, last: date) -> list[Stay]:
    """Stays on adult general and acute wards that left in the period or were ready at some time in it.

    The site is that of the last place. Someone whose last place was no such ward is left out.
    """
    start = datetime.combine(first, time(), tzinfo=LONDON)
    end = datetime.combine(last + timedelta(days=1), time(), tzinfo=LONDON)
    ready = Span.objects.filter(kind="ready", from_at__lt=end).filter(Q(to_at=None) | Q(to_at__gt=start))
    left = Q(standing="left", left_at__gte=start, left_at__lt=end)
    still = Q(key__in=ready.values("tracker__visit_key")) & (Q(standing="in_bed") | Q(left_at__gte=start))
    visits = list(
        Visit.objects.filter(organisation__in=list(organisations)).filter(left | still).exclude(admitted_at=None)
    )
    keys = [visit.key for visit in visits]
    places = _last_places(keys)
    trackers = {row.visit_key: row for row in _chunked(Tracker, "visit_key", keys)}
    spans = _spans([row.pk for row in trackers.values()])
    people = {row.key: row for row in _chunked(Patient, "key", {visit.person_key for visit in visits})}
    settings = where.settings()
    found = []
    for visit in visits:
        site, ward = places.get(visit.key, ("", ""))
        if not where.general(site, ward) or visit.admitted_at is None:
            continue
        tracker, person = trackers.get(visit.key), people.get(visit.person_key)
        died = visit.destination in settings.died or (person is not None and _died(person, visit))
        found.append(
            Stay(
                visit_key=visit.key,
                site=site,
                place=home_of(person.postcode).place if person else "",
                admitted_at=visit.admitted_at,
                left_at=visit.left_at if visit.standing == "left" else None,
                ready_at=tracker.ready_at if tracker and tracker.meets is False else None,
                spans=spans.get(tracker.pk, ()) if tracker else (),
                age=_age(person.birth_date, visit.admitted_at) if person and person.birth_date else None,
                died=died,
                pathway=tracker.pathway if tracker else "",
            )
        )
    return found


# --- parts ----------------------------------------------------------------------------------------------------------


def _by_site(rows: QuerySet[FeedStay]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in rows.values("site", "ward").annotate(number=Count("pk")):
        if where.general(row["site"], row["ward"]):
            found[row["site"]] += row["number"]
    return dict(found)


def _last_places(keys: list[str]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[int, str, str]] = {}
    for row in _chunked(FeedStay, "visit_id", keys):
        before = found.get(row.visit_id)
        if before is None or row.position > before[0]:
            found[row.visit_id] = (row.position, row.site, row.ward)
    return {key: (site, ward) for key, (_, site, ward) in found.items()}


def _spans(ids: list[int]) -> dict[int, tuple[RuleSpan, ...]]:
    found: dict[int, list[RuleSpan]] = defaultdict(list)
    for row in sorted(_chunked(Span, "tracker_id", ids), key=lambda row: row.pk):
        found[row.tracker_id].append(RuleSpan(row.kind, row.code, row.from_at, row.to_at))
    return {key: tuple(rows) for key, rows in found.items()}


def _chunked(model: type[M], field: str, keys: Iterable[str | int]) -> Iterator[M]:
    """Rows by key, a few hundred keys at a time: databases limit how many values one question may have."""
    wanted = list(dict.fromkeys(keys))
    for begin in range(0, len(wanted), 500):
        yield from model._default_manager.filter(**{f"{field}__in": wanted[begin : begin + 500]})


def _died(person: Patient, visit: Visit) -> bool:
    return person.died_on is not None and visit.left_at is not None and person.died_on <= london_day(visit.left_at)


def _age(born: date, at: datetime) -> int:
    on = london_day(at)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
