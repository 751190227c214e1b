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
from wherry.web.discharge.models import Act, Span, Tracker
from wherry.web.feed.models import Patient, Visit
from wherry.web.feed.models import Stay as FeedStay

M = TypeVar("M", bound=Model)
K = TypeVar("K", str, int)
#: The sitrep's moment of the day (London).
SNAPSHOT_AT = time(8)


@dataclass(frozen=True)
class Snapshot:
    """Patients on adult general and acute wards at a moment by site: no criteria met, reviewed by then, and all."""

    at: datetime
    nctr: dict[str, int]
    reviewed: dict[str, int]
    occupied: dict[str, int]

    @property
    def share(self) -> float | None:
        """NCTR of occupied: sums over sums. None when nobody is there, or nobody there has ever been reviewed."""
        return _share(sum(self.nctr.values()), sum(self.reviewed.values()), sum(self.occupied.values()))

    @property
    def not_reviewed(self) -> int:
        """How many had not been reviewed by then: they count as meeting criteria only in the share's denominator."""
        return sum(self.occupied.values()) - sum(self.reviewed.values())

    def share_of(self, site: str) -> float | None:
        """The same for one site."""
        return _share(self.nctr.get(site, 0), self.reviewed.get(site, 0), self.occupied.get(site, 0))


def _share(nctr: int, reviewed: int, occupied: int) -> float | None:
    return nctr / occupied if occupied and reviewed else None


def snapshot(at: datetime) -> Snapshot:
    """The counts at any moment, derived from stays and from the spans of reviews."""
    there = FeedStay.objects.filter(from_at__lte=at).filter(Q(to_at=None) | Q(to_at__gt=at))
    held = Span.objects.filter(kind="nctr", from_at__lte=at).filter(Q(to_at=None) | Q(to_at__gt=at))
    ready = there.filter(visit_id__in=held.values("tracker__visit_key"))
    looked = Act.objects.filter(kind="review", at__lte=at)
    reviewed = there.filter(visit_id__in=looked.values("tracker__visit_key"))
    return Snapshot(at, _by_site(ready), _by_site(reviewed), _by_site(there))


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
        Visit.objects.filter(organisation__in=list(organisations))
        .filter(left | still)
        .exclude(admitted_at=None)
        .only("key", "person_key", "standing", "admitted_at", "left_at", "destination")
    )
    places = _last_places([visit.key for visit in visits])
    visits = [visit for visit in visits if where.general(*places.get(visit.key, ("", "")))]
    keys = [visit.key for visit in visits]
    trackers = {row.visit_key: row for row in _chunked(Tracker, "visit_key", keys)}
    spans = _spans([row.pk for row in trackers.values()])
    people = {row[0]: row[1:] for row in _people({visit.person_key for visit in visits})}
    settings = where.settings()
    found = []
    for visit in visits:
        site, _ = places[visit.key]
        tracker = trackers.get(visit.key)
        postcode, born, died_on = people.get(visit.person_key, ("", None, None))
        if visit.admitted_at is None:
            continue
        found.append(
            Stay(
                visit_key=visit.key,
                site=site,
                place=home_of(postcode).place,
                admitted_at=visit.admitted_at,
                left_at=visit.left_at if visit.standing == "left" else None,
                ready_at=tracker.ready_at if tracker and tracker.meets is False else None,
                spans=spans.get(tracker.pk, ()) if tracker else (),
                age=_age(born, visit.admitted_at) if born else None,
                died=visit.destination in settings.died or _died(died_on, visit),
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
    for part in _parts(keys):
        rows = FeedStay.objects.filter(visit_id__in=part).values_list("visit_id", "position", "site", "ward")
        for key, position, site, ward in rows:
            if key not in found or position > found[key][0]:
                found[key] = (position, site, ward)
    return {key: (site, ward) for key, (_, site, ward) in found.items()}


def _people(keys: Iterable[str]) -> Iterator[tuple[str, str, date | None, date | None]]:
    for part in _parts(keys):
        yield from Patient.objects.filter(key__in=part).values_list("key", "postcode", "birth_date", "died_on")


def _spans(ids: list[int]) -> dict[int, tuple[RuleSpan, ...]]:
    found: dict[int, list[RuleSpan]] = defaultdict(list)
    for part in _parts(ids):
        rows = Span.objects.filter(tracker_id__in=part).order_by("pk")
        for tracker, kind, code, from_at, to_at in rows.values_list("tracker_id", "kind", "code", "from_at", "to_at"):
            found[tracker].append(RuleSpan(kind, code, from_at, to_at))
    return {key: tuple(rows) for key, rows in found.items()}


def _chunked(model: type[M], field: str, keys: Iterable[str]) -> Iterator[M]:
    """Rows by key, part by part."""
    for part in _parts(keys):
        yield from model._default_manager.filter(**{f"{field}__in": part})


def _parts(keys: Iterable[K]) -> Iterator[list[K]]:
    """Keys a few hundred at a time: databases limit how many values one question may have."""
    wanted = list(dict.fromkeys(keys))
    for begin in range(0, len(wanted), 500):
        yield wanted[begin : begin + 500]


def _died(died_on: date | None, visit: Visit) -> bool:
    return died_on is not None and visit.left_at is not None and died_on <= london_day(visit.left_at)


def _age(born: date, at: datetime) -> int:
    on = london_day(at)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
