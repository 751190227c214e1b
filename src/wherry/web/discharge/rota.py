"""Who is on duty: a small table that each organisation keeps for itself, so that an escalation reaches a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import Membership, User
from wherry.web.components.formats import moment as moment_words
from wherry.web.discharge import where
from wherry.web.discharge.models import Duty
from wherry.web.discharge.services import Refused
from wherry.web.feed import changes, clock

LONGEST = timedelta(days=92)


def may_keep(access: Access, organisation: str) -> bool:
    """Whether a person keeps an organisation's rota: who plans discharges there, or a team that does only its tasks."""
    plans = access.can_at(Permission.PLAN_DISCHARGE, organisation)
    own_team = access.can_at(Permission.DO_OWN_TASKS, organisation) and not access.can_at(
        Permission.SEE_DISCHARGE, organisation
    )
    return plans or own_team


def on_duty(organisation: str, role: str, at: datetime) -> Duty | None:
    """Who is on duty; of several, who came on last."""
    found = Duty.objects.filter(
        organisation=organisation, role=role, from_at__lte=at, to_at__gt=at, ended_at=None, person__is_active=True
    )
    return found.select_related("person").order_by("-from_at", "-pk").first()


def table(organisations: Iterable[str], at: datetime) -> list[Duty]:
    """Everybody on duty now or later at these organisations."""
    found = Duty.objects.filter(organisation__in=list(organisations), to_at__gt=at, ended_at=None)
    return list(found.select_related("person").order_by("organisation", "role", "from_at", "pk"))


def gone(organisations: Iterable[str], at: datetime) -> list[Duty]:
    """Those taken off a duty that would still be to come or to end: they may be put back."""
    found = Duty.objects.filter(organisation__in=list(organisations), to_at__gt=at).exclude(ended_at=None)
    return list(found.order_by("-ended_at", "-pk")[:20])


def people(organisation: str) -> list[User]:
    """Active people with a role at an organisation, by name."""
    members = Membership.objects.filter(organisation=organisation, user__is_active=True).select_related("user")
    found = {member.user_id: member.user for member in members}
    return sorted(found.values(), key=lambda user: user.display_name.casefold())


def put(
    *, access: Access, organisation: str, role: str, person_id: int | None, from_at: datetime | None,
    to_at: datetime | None,
) -> Duty:  # fmt: skip
    """Put somebody on duty. Two may overlap; whoever comes on last is asked."""
    if not may_keep(access, organisation):
        raise PermissionDenied(f"keep the rota of {organisation}")
    person = next((user for user in people(organisation) if user.pk == person_id), None)
    errors = {}
    if role not in where.settings().roles:
        errors["role"] = "Choose the duty"
    if person is None:
        errors["person"] = "Choose somebody with a role at this organisation"
    if from_at is None or to_at is None:
        errors["from"] = "Give both times as 3/4/2026 08:00"
    elif to_at <= from_at:
        errors["to"] = "The end must be after the beginning"
    elif to_at <= clock.now():
        errors["to"] = "The end has passed already"
    elif to_at - from_at > LONGEST:
        errors["to"] = "Give at most three months at a time"
    if errors or person is None or from_at is None or to_at is None:
        raise Refused(errors)
    with transaction.atomic():
        made = Duty.objects.create(
            organisation=organisation, role=role, person=person, person_name=person.display_name[:200],
            from_at=from_at, to_at=to_at, made_by_name=_name(access), made_at=clock.now(),
        )  # fmt: skip
        _line(access, made, "discharge.duty_given")
        changes.touch([organisation])
    return made


def take_off(*, access: Access, pk: int) -> Duty:
    """Take somebody off the rota; the line stays in the record."""
    with transaction.atomic():
        found = Duty.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        if found is None or not may_keep(access, found.organisation):
            raise PermissionDenied("take off a duty")
        if found.ended_at is not None:
            said = f"{found.ended_by_name} was first, {moment_words(found.ended_at)}"
            raise Refused({"person": f"{found.person_name} is off this duty already: {said}"})
        found.ended_at, found.ended_by_name = clock.now(), _name(access)
        found.save()
        _line(access, found, "discharge.duty_ended")
        changes.touch([found.organisation])
    return found


def put_back(*, access: Access, pk: int) -> Duty:
    """Undo taking somebody off."""
    with transaction.atomic():
        found = Duty.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        if found is None or not may_keep(access, found.organisation):
            raise PermissionDenied("put back a duty")
        found.ended_at, found.ended_by_name = None, ""
        found.save()
        _line(access, found, "discharge.duty_given")
        changes.touch([found.organisation])
    return found


def _name(access: Access) -> str:
    return access.user.display_name[:200] if access.user else ""


def _line(access: Access, duty: Duty, action: str) -> None:
    audit.record(
        access=access, action=action, subject_kind="duty", subject_key=str(duty.pk), organisation=duty.organisation,
        purpose="running the service", detail={"role": duty.role, "person": duty.person_id},
    )  # fmt: skip
