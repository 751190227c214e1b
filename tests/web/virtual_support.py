"""Virtual wards made by hand for tests: people who work there, referrals that meet every criterion, stays, readings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts_support import account
from beds_now_support import NOW

from wherry.flow.virtual.incoming import Incoming
from wherry.flow.virtual.rules import rules
from wherry.web.access import Role
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import User
from wherry.web.feed import clock
from wherry.web.virtual import services, taking
from wherry.web.virtual.models import Reading, Referral, WardStay

WELL = {
    **{"respiratory_rate": 16, "oxygen_saturation": 97, "oxygen": "air", "systolic": 125, "pulse": 76},
    **{"consciousness": "A", "temperature": 36.8},
}
UNITS = {
    **{"respiratory_rate": "/min", "oxygen_saturation": "%", "systolic": "mm[Hg]", "pulse": "/min"},
    **{"temperature": "Cel", "weight": "kg"},
}
BORN = date(1942, 5, 4)


def worker(name: str = "vera", organisations: tuple[str, ...] = ("RM1",)) -> User:
    """A virtual ward clinician."""
    return User.objects.filter(username=name).first() or account(Role.VIRTUAL_WARD_CLINICIAN, organisations, name)


def access(name: str = "vera", organisations: tuple[str, ...] = ("RM1",)) -> Access:
    """What such a clinician may do."""
    return access_of(worker(name, organisations))


def suited(pathway: str) -> dict[str, str]:
    """Answers with which every criterion of a pathway is met."""
    return {each.code: "yes" if each.kind == "must" else "no" for each in rules().criteria_of(pathway)}


def number(place: int) -> str:
    """A synthetic NHS number."""
    from wherry.reference.nhs_number import synthetic

    return str(synthetic([place])[0])


def referral(place: int = 1, provider: str = "RM1", pathway: str = "frailty", **more: Any) -> Referral:
    """A step-up referral by a GP that waits, for the person of a number."""
    person = services.Person(f"Patient{place}", "Jo", number(place), BORN, postcode="NR1 1AA", gp_practice="D82000")
    given: dict[str, Any] = {"source": "gp", "reason": "Would be in a bed otherwise", "person": person} | more
    by = given.pop("access", None) or access("vera", (provider,) if provider != "RM1" else ("RM1",))
    return services.refer(access=by, provider=provider, pathway=pathway, **given)


def stay(place: int = 1, provider: str = "RM1", pathway: str = "frailty", at: datetime | None = None) -> WardStay:
    """A stay that began (two days before NOW, unless said)."""
    name = "vera" if provider == "RM1" else f"vera-{provider.lower()}"
    mine = access(name, (provider,))
    made = referral(place, provider, pathway, access=mine)
    began = at or NOW - timedelta(days=2)
    found = services.accept(
        access=mine, referral_id=made.pk, answers=suited(pathway), clinician_id=None, version=made.version, now=began
    )
    return WardStay.objects.get(pk=found.pk)


def incoming(of: WardStay, taken_at: datetime, **values: float | str) -> list[Incoming]:
    """One set of readings as a device sends it, by NHS number and birth date."""
    return [
        Incoming(
            "RM1|KIT", kind, value, UNITS.get(kind, ""), taken_at, taken_at,
            nhs_number=of.nhs_number, birth_date=of.birth_date,
        )
        for kind, value in values.items()
    ]  # fmt: skip


def send(of: WardStay, taken_at: datetime, **values: float | str) -> taking.Taken:
    """Send a well patient's set with some values changed."""
    return taking.take(incoming(of, taken_at, **{**WELL, **values}), door="fhir", received_at=taken_at.astimezone(UTC))


def matrix_needs() -> dict[str, tuple[dict[str, object], str]]:
    """A referral, a patient and a reading that waits, of one provider: for the access matrix."""
    made = clock.now() - timedelta(hours=2)
    on = stay(1, at=made)
    asked = referral(2)
    taking.take([Incoming("RM1|KIT", "pulse", 80, "/min", made, made, nhs_number=on.nhs_number)], door="fhir")
    waiting = Reading.objects.get(state="waiting", provider="RM1")
    return {
        "virtual_patient": ({"pk": on.pk}, ""),
        "virtual_referral": ({"pk": asked.pk}, ""),
        "virtual_reading": ({"pk": waiting.pk}, ""),
    }
