"""How many places a provider staffs on a pathway, and who answers its alerts. The latest that was set holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.feed import clock
from wherry.web.virtual.common import Refused, capacity, clinicians, may, needed, plain, refuse, told
from wherry.web.virtual.models import Duty, Staffed


def set_staffed(
    *, access: Access, provider: str, pathway: str, places: int | None, from_on: date | None, reason: str
) -> Staffed:
    """Say how many places are staffed from a day on. Setting it again undoes it; nobody loses their place."""
    user = may(access, Permission.WORK_VIRTUAL, provider) if provider else None
    errors = needed(reason, "reason", "Say why")
    most = capacity().of(provider, pathway)
    if user is None or not most:
        errors["ward"] = "Choose the ward"
    elif places is None or not 0 <= places <= most:
        errors["places"] = f"Give a number of places from 0 to {most}"
    if from_on is None or from_on < clock.today():
        errors["from_on"] = "Give the day from which, today or later"
    refuse(errors)
    if user is None or places is None or from_on is None:
        raise Refused({"ward": "Choose the ward"})
    with transaction.atomic():
        made = Staffed.objects.create(
            provider=provider, pathway=pathway, places=places, from_on=from_on, reason=plain(reason, 300),
            set_by_name=user.display_name[:200], set_at=clock.now(),
        )  # fmt: skip
        told(
            access,
            "staffed_set",
            "virtual_ward",
            f"{provider}|{pathway}",
            provider,
            places=places,
            on=from_on.isoformat(),
        )
    return made


def set_duty(*, access: Access, provider: str, people: Sequence[int | None], from_at: datetime | None) -> list[Duty]:
    """Name who answers alerts from a moment on, in order. Those before them end then; naming them again undoes it."""
    if not provider:
        raise Refused({"provider": "Choose the provider"})
    user = may(access, Permission.WORK_VIRTUAL, provider)
    known = {each.pk: each for each in clinicians(provider)}
    chosen = [known[pk] for pk in dict.fromkeys(people) if pk in known]
    errors = {} if chosen else {"person": "Choose at least one clinician of the provider"}
    if from_at is None:
        errors["from_at"] = "Say from when, as a day and a time"
    refuse(errors)
    begin = from_at or clock.now()
    with transaction.atomic():
        Duty.objects.filter(provider=provider, from_at__gte=begin).delete()
        Duty.objects.filter(provider=provider, to_at=None).update(to_at=begin)
        made = [
            Duty.objects.create(
                provider=provider, position=position, person=each, person_name=each.display_name[:200], from_at=begin,
                set_by_name=user.display_name[:200],
            )
            for position, each in enumerate(chosen, start=1)
        ]  # fmt: skip
        told(access, "rota_set", "virtual_ward", provider, provider, people=[each.pk for each in chosen])
    return made


def people() -> int | None:
    """People whom the system serves."""
    from wherry.reference.system import load
    from wherry.web.planning.scenario_selectors import system_name

    return load(system_name()).population
