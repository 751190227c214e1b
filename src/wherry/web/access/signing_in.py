"""Signing in, with a limit on guesses for one account from one address.

Five wrong passwords in 15 minutes close that account to that address for 15 minutes. A ward that shares one address can
go on signing in to every other account, and the account's owner can sign in from elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest

from wherry.web.access import audit
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import SignInFailure, User

LIMIT = 5
WINDOW = timedelta(minutes=15)
_KEEP = timedelta(days=1)


@dataclass(frozen=True)
class Refusal:
    """Why somebody is not signed in, in words."""

    words: str


def sign_in(*, request: HttpRequest, username: str, password: str, now: datetime | None = None) -> User | Refusal:
    """Sign in, or say why not. Each attempt at a known account leaves an audit line."""
    now = now or datetime.now(UTC)
    username, address = username.replace("\x00", "").strip()[:150], address_of(request)
    account = _account(username)
    until = _closed_until(account, address, now)
    if until is not None:
        minutes = max(1, -(-int((until - now).total_seconds()) // 60))
        return Refusal(
            f"There were {LIMIT} wrong passwords for this account from here. Try again in {minutes} "
            f"{'minute' if minutes == 1 else 'minutes'}, or ask an administrator to set a new password. "
            "Other accounts are not affected."
        )
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        _count_failure(username, account, address, now)
        return Refusal("The user name or the password is wrong, or the account is closed.")
    with transaction.atomic():
        SignInFailure.objects.filter(account=account, address=address).delete()
        login(request, user)
        audit.record(
            access=access_of(user),
            action="account.signed_in",
            subject_kind="account",
            subject_key=user.username,
            purpose="running the service",
            detail={"address": address},
        )
    return user


def sign_out(*, request: HttpRequest, by: Access) -> None:
    """End the session."""
    if by.user is not None:
        audit.record(
            access=by,
            action="account.signed_out",
            subject_kind="account",
            subject_key=by.user.username,
            purpose="running the service",
        )
    logout(request)


def address_of(request: HttpRequest) -> str:
    """Where the request comes from. `WHERRY_TRUSTED_PROXY=1` believes the last address that a proxy added."""
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    if os.environ.get("WHERRY_TRUSTED_PROXY") == "1" and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()[:45]
    return str(request.META.get("REMOTE_ADDR", "") or "local")[:45]


def _account(username: str) -> str:
    return hashlib.sha256(username.lower().encode()).hexdigest()


def _closed_until(account: str, address: str, now: datetime) -> datetime | None:
    """The moment the account opens again to this address; blank when it is open."""
    failures = SignInFailure.objects.filter(account=account, address=address, at__gt=now - 2 * WINDOW).order_by("-at")
    recent = list(failures.values_list("at", flat=True)[:LIMIT])
    if len(recent) < LIMIT or recent[0] - recent[-1] > WINDOW or recent[0] + WINDOW <= now:
        return None
    return recent[0] + WINDOW


def _count_failure(username: str, account: str, address: str, now: datetime) -> None:
    with transaction.atomic():
        SignInFailure.objects.filter(at__lt=now - _KEEP).delete()
        SignInFailure.objects.create(account=account, address=address, at=now)
        known = User.objects.filter(username__iexact=username).first()
        if known is not None:
            closed = _closed_until(account, address, now) is not None
            audit.record_system(
                actor="sign-in",
                action="account.closed_for_a_while" if closed else "account.sign_in_refused",
                subject_kind="account",
                subject_key=known.username,
                detail={"address": address},
            )
