"""Writes about people and roles: keyword-only, atomic, each with its audit line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from wherry.errors import UserError
from wherry.web.access import audit
from wherry.web.access.access import Access
from wherry.web.access.models import Membership, User
from wherry.web.access.permissions import Permission, Role


@dataclass(frozen=True)
class SystemActor:
    """A part of the system that acts without a signed-in person, such as the command line."""

    name: str


COMMAND_LINE = SystemActor("command line")
Actor = Access | SystemActor


def _log(by: Actor, action: str, user: User, organisation: str | None = None, **detail: Any) -> None:
    if isinstance(by, SystemActor):
        audit.record_system(
            actor=by.name,
            action=action,
            subject_kind="account",
            subject_key=user.username,
            organisation=organisation,
            detail=detail,
        )
    else:
        audit.record(
            access=by,
            action=action,
            subject_kind="account",
            subject_key=user.username,
            organisation=organisation,
            purpose="running the service",
            detail=detail,
        )


def _name(by: Actor) -> str:
    if isinstance(by, SystemActor):
        return f"system: {by.name}"
    if by.user is None:
        raise audit.AnonymousActor("somebody unknown cannot change an account")
    return by.user.username


def _check_may_manage(by: Actor, organisation: str | None = None) -> None:
    if isinstance(by, SystemActor):
        return
    allowed = (
        by.can(Permission.MANAGE_ACCESS) if organisation is None else by.can_at(Permission.MANAGE_ACCESS, organisation)
    )
    if not allowed:
        where = f" at {organisation}" if organisation else ""
        raise UserError(f"You do not administer accounts{where}. Nothing was changed.")


def _reason(text: str, missing: str) -> str:
    """The reason that was given, at most 500 characters; `UserError` with the words for a missing one."""
    reason = text.replace("\x00", "").strip()[:500]
    if not reason:
        raise UserError(missing)
    return reason


@transaction.atomic
def create_account(*, by: Actor, username: str, forename: str, surname: str, password: str, email: str = "") -> User:
    """Make an account without any role. The password must pass the rules."""
    _check_may_manage(by)
    username, forename, surname, email = (
        text.replace("\x00", "").strip()[:150] for text in (username, forename, surname, email)
    )
    try:
        User.username_validator(username)
    except ValidationError as error:
        raise UserError("A user name has letters, digits and @ . + - _ only. No account was made.") from error
    if User.objects.filter(username__iexact=username).exists():
        raise UserError(f"There is already an account called {username}. No account was made.")
    user = User(username=username, first_name=forename, last_name=surname, email=email)
    _check_password(password, user)
    user.set_password(password)
    user.save()
    _log(by, "account.created", user)
    return user


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise UserError(" ".join(error.messages) + " The password was not changed.") from error


@transaction.atomic
def set_password(*, by: Actor, user: User, password: str) -> None:
    """Set a password for somebody (administrators), which ends their sessions."""
    _check_may_manage(by)
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    _log(by, "account.password_set", user)


@transaction.atomic
def change_own_password(*, by: Access, old: str, new: str) -> None:
    """Change one's own password; the old one must be right."""
    if by.user is None:
        raise audit.AnonymousActor("somebody unknown has no password to change")
    if not by.user.check_password(old):
        raise UserError("The old password is wrong. The password was not changed.")
    _check_password(new, by.user)
    by.user.set_password(new)
    by.user.save(update_fields=["password"])
    _log(by, "account.password_changed", by.user)


@transaction.atomic
def grant(*, by: Actor, user: User, organisation: str, role: Role, reason: str) -> Membership:
    """Give a role at an organisation. Giving it twice changes nothing. Nobody gives a role to themselves."""
    _check_may_manage(by, organisation)
    reason = _reason(reason, "A role is given for a reason: write why. Nothing was changed.")
    if not isinstance(by, SystemActor) and by.user == user:
        raise UserError("You cannot give yourself a role: ask another administrator. Nothing was changed.")
    membership, made = Membership.objects.get_or_create(
        user=user,
        organisation=organisation,
        role=role.value,
        defaults={"reason": reason, "granted_by": _name(by)},
    )
    if made:
        _log(by, "role.granted", user, organisation, role=role.value, reason=reason)
    return membership


@transaction.atomic
def revoke(*, by: Actor, user: User, organisation: str, role: Role, reason: str) -> None:
    """Take a role away. Another administrator must do it for an administrator's own role."""
    _check_may_manage(by, organisation)
    reason = _reason(reason, "A role is taken away for a reason: write why. Nothing was changed.")
    if not isinstance(by, SystemActor) and by.user == user:
        raise UserError("You cannot take away your own role: ask another administrator. Nothing was changed.")
    gone, _ = Membership.objects.filter(user=user, organisation=organisation, role=role.value).delete()
    if gone:
        _log(by, "role.revoked", user, organisation, role=role.value, reason=reason)


@transaction.atomic
def set_active(*, by: Actor, user: User, active: bool, reason: str) -> None:
    """Deactivate or reactivate an account. What it did stays in the audit log."""
    _check_may_manage(by)
    reason = _reason(reason, "Write why. Nothing was changed.")
    if not isinstance(by, SystemActor) and by.user == user:
        raise UserError("You cannot deactivate your own account: ask another administrator. Nothing was changed.")
    if user.is_active != active:
        user.is_active = active
        user.save(update_fields=["is_active"])
        _log(by, "account.reactivated" if active else "account.deactivated", user, reason=reason)
