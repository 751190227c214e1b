"""Reads of virtual wards. Everything is scoped to providers at which the reader may see virtual wards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from wherry.flow.virtual.rules import rules
from wherry.flow.virtual.schedule import next_asked
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.access.selectors import in_order
from wherry.web.feed import clock
from wherry.web.virtual.common import capacity, staffed
from wherry.web.virtual.models import (
    Alert,
    BedRequest,
    Reading,
    ReadingState,
    Referral,
    ReferralState,
    StayState,
    WardStay,
)


def providers(access: Access) -> list[str]:
    """Providers whose virtual wards a person may see, in the system's order."""
    return in_order(access.where(Permission.SEE_VIRTUAL))


def stays(access: Access) -> QuerySet[WardStay]:
    """Stays that a person may see."""
    return WardStay.objects.filter(provider__in=access.where(Permission.SEE_VIRTUAL))


def referrals(access: Access) -> QuerySet[Referral]:
    """Referrals that a person may see: those to their providers, and those that they made."""
    own = Q(made_by=access.user) if access.user is not None else Q(pk=None)
    return Referral.objects.filter(Q(provider__in=access.where(Permission.SEE_VIRTUAL)) | own)


def waiting(access: Access) -> QuerySet[Referral]:
    """Referrals to a person's providers that wait, oldest first."""
    mine = access.where(Permission.SEE_VIRTUAL)
    return Referral.objects.filter(provider__in=mine, state=ReferralState.WAITING).order_by("made_at", "pk")


def unmatched(access: Access) -> QuerySet[Reading]:
    """Readings that a person at a provider must look at, newest first: whose they are, or what they mean."""
    mine = access.where(Permission.WORK_VIRTUAL)
    states = (ReadingState.WAITING, ReadingState.APART)
    return Reading.objects.filter(Q(provider__in=mine) | Q(provider=""), state__in=states).order_by(
        "-received_at", "-pk"
    )


def bed_requests(access: Access) -> QuerySet[BedRequest]:
    """Beds asked for: of one's own patients, or of one's own beds."""
    wards, beds = access.where(Permission.SEE_VIRTUAL), access.where(Permission.PLACE_PATIENTS)
    found = BedRequest.objects.filter(state="open").filter(Q(stay__provider__in=wards) | Q(organisation__in=beds))
    return found.select_related("stay").order_by("made_at")


@dataclass(frozen=True)
class Line:
    """One patient of the board: the stay with what is open and what is due."""

    stay: WardStay
    alerts: tuple[Alert, ...]
    now: datetime

    @property
    def missing(self) -> bool:
        """Whether sets that were asked for did not come, up to now."""
        return any(each["cause"] == "missing" for each in self.stay.ongoing)

    @property
    def wrong(self) -> list[str]:
        """What is outside limits now, in words."""
        return [each["words"] for each in self.stay.ongoing if each["cause"] != "missing"]

    @property
    def review_due(self) -> bool:
        """Whether a review is due."""
        return self.stay.next_review_at is not None and self.stay.next_review_at <= self.now

    @property
    def late(self) -> bool:
        """Whether an alert is past its time."""
        return any(each.due_at <= self.now for each in self.alerts)

    @property
    def next_asked(self) -> datetime | None:
        """When readings are asked for next."""
        return next_asked(self.stay.times, self.now)

    @property
    def days(self) -> int:
        """Days on the ward."""
        return ((self.stay.ended_at or self.now) - self.stay.began_at) // timedelta(days=1)

    @property
    def open_items(self) -> int:
        """How much of coming on to the ward is not done."""
        return len(rules().onboarding) - len(self.stay.onboarding)

    @property
    def rank(self) -> tuple[object, ...]:
        """The order of the board: answers that are late, then by urgency, then by time."""
        worst = max((rules().rank(each.level) for each in self.alerts), default=0)
        first = min((each.due_at for each in self.alerts), default=self.now)
        return (not self.late, -worst, first, self.stay.pk)


def line(stay: WardStay, now: datetime) -> Line:
    """One stay with its open alerts."""
    return Line(stay, tuple(stay.alerts.filter(is_open=True, merged_into=None).order_by("due_at", "pk")), now)


def board(access: Access, provider: str = "", pathway: str = "") -> list[Line]:
    """Everybody on the virtual wards that a person may see, the most pressing first."""
    now = clock.now()
    found = stays(access).filter(state=StayState.ON)
    found = found.filter(provider=provider) if provider else found
    found = found.filter(pathway=pathway) if pathway else found
    alerts = Alert.objects.filter(is_open=True, merged_into=None).order_by("due_at", "pk")
    lines = [
        Line(stay, tuple(stay.open_alerts), now)
        for stay in found.prefetch_related(Prefetch("alerts", alerts, to_attr="open_alerts"))
    ]
    return sorted(lines, key=lambda each: each.rank)


@dataclass(frozen=True)
class Waits:
    """How much waits for somebody who works on virtual wards."""

    alerts: int
    late: int
    reviews: int
    referrals: int
    readings: int


def waits(access: Access) -> Waits:
    """The counts of the control room."""
    mine, now = access.where(Permission.WORK_VIRTUAL), clock.now()
    alerts = Alert.objects.filter(stay__provider__in=mine, is_open=True, merged_into=None)
    on = WardStay.objects.filter(provider__in=mine, state=StayState.ON)
    asked = Referral.objects.filter(provider__in=mine, state=ReferralState.WAITING)
    return Waits(
        alerts.count(),
        alerts.filter(due_at__lte=now).count(),
        on.filter(next_review_at__lte=now).count(),
        asked.count(),
        unmatched(access).count(),
    )


@dataclass(frozen=True)
class Room:
    """Places of one provider on one pathway: in the file, staffed today, filled, and referred for."""

    provider: str
    pathway: str
    places: int
    staffed: int
    patients: int
    waiting: int

    @property
    def free(self) -> int:
        """Staffed places that nobody has; never below nothing."""
        return max(0, self.staffed - self.patients)

    @property
    def occupancy(self) -> float | None:
        """Patients of staffed places; None where none is staffed."""
        return self.patients / self.staffed if self.staffed else None


def rooms(codes: list[str]) -> list[Room]:
    """Places of some providers, by provider and pathway."""
    today = clock.today()
    on = list(WardStay.objects.filter(state=StayState.ON).values_list("provider", "pathway"))
    asked = list(Referral.objects.filter(state=ReferralState.WAITING).values_list("provider", "pathway"))
    return [
        Room(
            row.provider,
            row.pathway,
            row.places,
            staffed(row.provider, row.pathway, today),
            on.count(key),
            asked.count(key),
        )
        for row in capacity().rows
        if row.provider in codes
        for key in [(row.provider, row.pathway)]
    ]
