"""What the measures need, read from the live feed and the ambulance incidents: attendances, handovers and calls.

Everything is as it stood at `now`: what is said to happen later has not happened yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q

from wherry.flow.emergency.limits import Limits, limits
from wherry.flow.emergency.model import Attendance, Call, Handover, as_known, plain_type
from wherry.flow.emergency.windows import day_of
from wherry.web.emergency.models import AmbulanceIncident
from wherry.web.emergency.places import Place, places
from wherry.web.feed.models import Stay, Visit

#: Nobody is in a department for longer than this without the feed being wrong; older arrivals still here are kept.
_LONGEST = timedelta(days=4)
_MOMENTS = (
    *("ambulance_arrived_at", "handed_over_at", "assessed_at", "seen_at", "referred_at", "decided_at", "ready_at"),
)
_FIELDS = (
    *("key", "organisation", "standing", "arrived_at", "admitted_at", "left_at", "ed_type", "acuity", "disposition"),
    *("ambulance_incident", "site", "ward", "bed_key", *_MOMENTS),
)


@dataclass(frozen=True)
class Position:
    """All of it at one moment. Incidents of the ambulance service that name no known site are calls alone."""

    now: datetime
    since: datetime
    attendances: tuple[Attendance, ...]
    handovers: tuple[Handover, ...]
    calls: tuple[Call, ...]
    incidents_known_at: datetime | None

    @property
    def limits(self) -> Limits:
        """The limits in force at that moment."""
        return limits(day_of(self.now))

    def attended(self, site: str) -> list[Attendance]:
        """Attendances at one site."""
        return [one for one in self.attendances if one.site == site]

    def handed(self, site: str) -> list[Handover]:
        """Handovers at one site."""
        return [one for one in self.handovers if one.site == site]

    @property
    def ambulances_late(self) -> bool:
        """Whether nothing has come from the ambulance service for too long, or ever."""
        return self.incidents_known_at is None or self.now - self.incidents_known_at > self.limits.feed_late


def read(now: datetime, since: datetime) -> Position:
    """Everything that ended, or was still going on, since a moment."""
    known = places()
    incidents = _incidents(now, since)
    attendances = _with_ambulances(read_attendances(known, now, since), incidents, now)
    newest = (
        AmbulanceIncident.objects.filter(known_at__lte=now)
        .order_by("-known_at")
        .values_list("known_at", flat=True)
        .first()
    )
    return Position(
        now=now,
        since=since,
        attendances=tuple(attendances),
        handovers=tuple(_handovers(known, attendances, incidents, now)),
        calls=tuple(_calls(incidents, now)),
        incidents_known_at=newest,
    )


# --- attendances


def read_attendances(known: Sequence[Place], now: datetime, since: datetime) -> list[Attendance]:
    """Attendances whose stay in the department ended since a moment, or has not ended."""
    sites = {place.organisation: place for place in reversed(known)}
    by_ward = _ByWard(known)
    wanted = (
        Visit.objects.filter(organisation__in=sites, arrived_at__isnull=False, arrived_at__lte=now)
        .exclude(standing__in=("booked", "cancelled"))
        .filter(Q(standing="in_department") | Q(arrived_at__gte=since - _LONGEST))
        .order_by("arrived_at", "key")
    )
    stays = _department_stays(by_ward, now, since)
    found = []
    for row in wanted.values(*_FIELDS):
        mine = [stay for stay in stays.get(row["key"], []) if stay[2] is None or stay[2] >= row["arrived_at"]]
        place = by_ward.of(mine[-1][0], mine[-1][1]) if mine else by_ward.of(row["site"], row["ward"])
        place = place or sites[row["organisation"]]
        departed = _departed(row, mine)
        one = as_known(_attendance(row, place, departed, mine), now)
        if one.departed_at is None or one.departed_at >= since:
            found.append(one)
    return found


class _ByWard:
    """Which place a ward belongs to: a department's wards by name, everything at a minor site."""

    def __init__(self, known: Sequence[Place]) -> None:
        self._wards = {(place.site, ward): place for place in known for ward in place.wards}
        self._minor = {place.site: place for place in known if place.minor}

    def of(self, site: str, ward: str) -> Place | None:
        return self._wards.get((site, ward)) or self._minor.get(site)

    @property
    def stays(self) -> Q:
        """Stays that may be in one of them."""
        wards = Q(site__in={site for site, _ in self._wards}, ward__in={ward for _, ward in self._wards})
        return wards | Q(site__in=set(self._minor))


_Stay = tuple[str, str, datetime | None, str, str]


def _department_stays(by_ward: _ByWard, now: datetime, since: datetime) -> dict[str, list[_Stay]]:
    """Stays in departments by visit, in order: site, ward, end, area and place."""
    rows = Stay.objects.filter(by_ward.stays, from_at__lte=now).filter(
        Q(to_at__isnull=True) | Q(to_at__gte=since - _LONGEST)
    )
    found: dict[str, list[_Stay]] = {}
    ordered = rows.order_by("visit_id", "position")
    for visit, site, ward, to_at, bay, bed in ordered.values_list("visit_id", "site", "ward", "to_at", "bay", "bed"):
        if by_ward.of(site, ward) is not None:
            found.setdefault(visit, []).append((site, ward, to_at, bay, bed))
    return found


def _departed(row: dict[str, object], stays: Sequence[_Stay]) -> datetime | None:
    """When the stay in the department ended: its last place there; without places, on admission or leaving."""
    if row["standing"] == "in_department":
        return None
    if stays:
        ends = [stay[2] for stay in stays]
        return None if any(end is None for end in ends) else max(end for end in ends if end is not None)
    gone = [at for at in (row["admitted_at"], row["left_at"]) if isinstance(at, datetime)]
    return min(gone, default=None)


def _attendance(row: dict[str, object], place: Place, departed: datetime | None, stays: Sequence[_Stay]) -> Attendance:
    moments = {name: row[name] for name in _MOMENTS}
    last = stays[-1] if stays else None
    return Attendance(
        key=str(row["key"]),
        site=place.site,
        organisation=str(row["organisation"]),
        ed_type=plain_type(str(row["ed_type"])),
        arrived_at=row["arrived_at"],  # type: ignore[arg-type]
        departed_at=departed,
        admitted=departed is not None and row["admitted_at"] is not None,
        disposition=str(row["disposition"]),
        area=last[3] if last and departed is None else "",
        place=last[4] if last and departed is None else "",
        acuity=str(row["acuity"]),
        incident=str(row["ambulance_incident"]),
        **moments,  # type: ignore[arg-type]
    )


# --- ambulances


def _incidents(now: datetime, since: datetime) -> list[AmbulanceIncident]:
    wide = since - timedelta(days=2)
    return list(
        AmbulanceIncident.objects.filter(called_at__lte=now)
        .filter(Q(called_at__gte=wide) | Q(arrived_hospital_at__gte=wide))
        .order_by("called_at", "number")
    )


def _with_ambulances(
    attendances: Iterable[Attendance], incidents: Iterable[AmbulanceIncident], now: datetime
) -> list[Attendance]:
    """Attendances with the ambulance service's own times where it has told them."""
    numbered = {row.number: row for row in incidents if row.arrived_hospital_at is not None}
    by_visit = {row.visit_key: row for row in numbered.values() if row.visit_key}
    found = []
    for one in attendances:
        row = numbered.get(one.incident) or by_visit.get(one.key)
        if row is not None:
            one = replace(
                one,
                incident=row.number,
                ambulance_arrived_at=_past(row.arrived_hospital_at, now) or one.ambulance_arrived_at,
                handed_over_at=_past(row.handed_over_at, now) or one.handed_over_at,
            )
        found.append(one)
    return found


def _past(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and at <= now else None


def _handovers(
    known: Sequence[Place], attendances: Iterable[Attendance], incidents: Iterable[AmbulanceIncident], now: datetime
) -> list[Handover]:
    """One handover an incident or attendance: where both tell of it, the ambulance service's times hold, and the
    department's fill what it has not told. A patient who was treated or has gone on is no longer outside."""
    sites = {place.site for place in known}
    by_incident = {one.incident: one for one in attendances if one.incident}
    by_visit = {one.key: one for one in attendances}
    found: list[Handover] = []
    taken: set[str] = set()
    for row in incidents:
        visit = by_incident.get(row.number) or by_visit.get(row.visit_key)
        if visit is not None:
            taken.add(visit.key)
        site = row.site if row.site in sites else visit.site if visit is not None else ""
        arrived = _past(row.arrived_hospital_at, now) or (visit.ambulance_arrived_at if visit else None)
        if not site or arrived is None:
            continue
        handed = _past(row.handed_over_at, now) or (visit.handed_over_at if visit else None)
        found.append(Handover(row.number, site, arrived, handed, _past(row.closed_at, now) or _over(visit)))
    for visit in by_visit.values():
        if visit.key not in taken and visit.ambulance_arrived_at is not None:
            found.append(
                Handover(visit.key, visit.site, visit.ambulance_arrived_at, visit.handed_over_at, _over(visit))
            )
    return found


def _over(visit: Attendance | None) -> datetime | None:
    """When a handover must have been over: the patient is being treated, or has left."""
    if visit is None:
        return None
    return min((at for at in (visit.seen_at, visit.departed_at) if at is not None), default=None)


def _calls(incidents: Iterable[AmbulanceIncident], now: datetime) -> list[Call]:
    return [
        Call(
            row.number,
            row.category,
            row.called_at,
            _past(row.arrived_on_scene_at, now),
            _past(row.closed_at, now),
            row.site,
        )
        for row in incidents
    ]
