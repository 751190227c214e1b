"""What services of virtual wards share: refusals, names, places, and the stamp of who did something when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied

from wherry.errors import UserError
from wherry.flow.virtual.places import Capacity, load
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import Membership, User
from wherry.web.access.permissions import Role
from wherry.web.feed import changes, clock
from wherry.web.virtual.models import Staffed, WardStay

#: Longest text that somebody may write.
WORDS_AT_MOST = 4000


class Refused(UserError):
    """An act that cannot be recorded as it was sent. `errors` says why, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def capacity() -> Capacity:
    """The places of the system that is shown."""
    from wherry.web.planning.scenario_selectors import system_name

    return load(system_name())


def staffed(provider: str, pathway: str, on: date) -> int:
    """How many places a provider can staff on a pathway on a day."""
    row = Staffed.objects.filter(provider=provider, pathway=pathway, from_on__lte=on).last()
    return capacity().of(provider, pathway) if row is None else row.places


def plain(text: str, at_most: int = WORDS_AT_MOST) -> str:
    """Text that every database can keep, cut to a length."""
    return text.replace("\x00", "").strip()[:at_most]


def needed(text: str, field: str, missing: str) -> dict[str, str]:
    """An error where nothing was written, or too much."""
    if not plain(text):
        return {field: missing}
    return {field: f"Keep it under {WORDS_AT_MOST:,} characters"} if len(text.strip()) > WORDS_AT_MOST else {}


def refuse(errors: Mapping[str, str]) -> None:
    """Raise what was found, if anything was."""
    if errors:
        raise Refused(errors)


def may(access: Access, permission: Permission, organisation: str) -> User:
    """The person who acts; PermissionDenied where they may not."""
    if access.user is None or not access.can_at(permission, organisation):
        raise PermissionDenied(f"{permission.value} at {organisation}")
    return access.user


def stamp(user: User) -> dict[str, Any]:
    """Who did it, and when."""
    return {"made_by": user, "made_by_name": user.display_name[:200], "made_at": clock.now()}


def clinicians(provider: str, permission: Permission = Permission.WORK_VIRTUAL) -> list[User]:
    """Active people whose role at a provider allows something, by name."""
    roles = [role.value for role in Role if permission in role.permissions]
    members = Membership.objects.filter(organisation=provider, role__in=roles, user__is_active=True)
    found = {member.user_id: member.user for member in members.select_related("user")}
    return sorted(found.values(), key=lambda user: user.display_name.casefold())


def locked(pk: int, version: int | None = None) -> WardStay:
    """The stay, locked for the rest of the transaction. Refused if it changed since `version` was read."""
    stay = WardStay.objects.select_for_update(of=("self",)).get(pk=pk)
    if version is not None and version != stay.version:
        last = stay.acts.order_by("-pk").first()
        who = f" {last.made_by_name} did: {last.kind.replace('_', ' ')}." if last else ""
        raise Refused(
            {"version": f"This patient changed while you were writing.{who} Nothing was recorded: look again"}
        )
    return stay


def told(access: Access, action: str, kind: str, key: object, organisation: str, /, **detail: Any) -> None:
    """Write the audit line of an act and wake the pages that show it."""
    audit.record(
        access=access,
        action=f"virtual.{action}",
        subject_kind=kind,
        subject_key=str(key),
        organisation=organisation,
        detail=detail,
    )
    changes.touch([organisation])
