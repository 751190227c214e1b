"""What tests of the unplanned care hub share: a call, and people who answer and offer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from accounts_support import account

from wherry.web.access import Role
from wherry.web.access.access import Access, access_of
from wherry.web.feed.models import PlayedTime
from wherry.web.unplanned import services
from wherry.web.unplanned.models import Call

#: Tuesday 14 July 2026, 14:20 in London.
NOW = datetime(2026, 7, 14, 13, 20, tzinfo=UTC)
ASKED = dict.fromkeys(("chest_pain", "breathing", "consciousness", "stroke", "bleeding", "deformity"), False)


def stop_clock(at: datetime = NOW) -> None:
    """Let live pages speak of one moment."""
    PlayedTime.objects.all().delete()
    PlayedTime.objects.create(started_at=at, from_at=at, speed=1, stopped_at=at)


def minutes(after: float) -> datetime:
    """So many minutes after `NOW`."""
    return NOW + timedelta(minutes=after)


def ambulance(name: str = "crew", organisation: str = "RYC") -> Access:
    """Somebody of an ambulance service."""
    return access_of(account(Role.AMBULANCE_CLINICIAN, (organisation,), name))


def hub(name: str = "hubber", organisation: str = "RY3") -> Access:
    """Somebody of the hub."""
    return access_of(account(Role.HUB_CLINICIAN, (organisation,), name))


def call(access: Access, incident: str = "I1", **more: object) -> Call:
    """A call that may be offered, entered now."""
    values: dict[str, object] = {
        "source": "999",
        "incident": incident,
        "category": "3",
        "condition": "fall",
        "surname": "Overstrand",
        "forename": "John",
        "birth_date": date(1942, 3, 9),
        "sex": "male",
        "nhs_number": "9990000018",
        "postcode": "NR27 0AA",
        "story": "Fell in the kitchen, cannot get up, no pain.",
        "signs": ASKED,
    }
    organisation = sorted(access.organisations)[0]
    return services.enter(access=access, organisation=organisation, new=services.NewCall(**(values | more)))  # type: ignore[arg-type]


def matrix_call() -> Call:
    """A call of the trusts of the access matrix, where everybody stands at the trusts: offered by one to itself."""
    return Call.objects.create(
        source="999",
        incident="M1",
        from_organisation="RM1",
        to_organisation="RM1",
        called_at=datetime.now(UTC),
        surname="Overstrand",
        nhs_number="9990000018",
        ever_offered=True,
        version=3,
        changed_at=datetime.now(UTC),
    )
