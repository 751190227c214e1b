"""The audit log's pen: one line for each act and each look, in the same transaction as the act, chained by hashes.

A line is refused without a known actor. The chain is safe with two writers at once: SQLite serialises immediate
transactions, PostgreSQL takes an advisory lock that lasts until the transaction ends (standards 6.6: tamper-evident).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from wherry.web.access.access import Access
from wherry.web.access.models import AuditEvent

GENESIS = "0" * 64
_LOCK = 0x77686572  # one advisory lock for the one chain
_FIELDS = [
    "sequence",
    "at",
    "actor",
    "roles",
    "organisations",
    "action",
    "subject_kind",
    "subject_key",
    "organisation",
    "purpose",
    "detail",
    "previous_hash",
]


class AnonymousActor(ValueError):
    """Somebody unknown cannot act: there would be nobody to ask."""


def record(
    *,
    access: Access,
    action: str,
    subject_kind: str,
    subject_key: str,
    organisation: str | None = None,
    purpose: str = "direct care",
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write one line for a signed-in person. `detail` must be JSON; it is stored in canonical form."""
    user = access.user
    if user is None or not user.is_authenticated or not user.username:
        raise AnonymousActor(f"{action} on {subject_kind} {subject_key}: an audit line needs a signed-in person")
    return _append(
        actor=user.username,
        roles=",".join(access.role_names),
        organisations=",".join(sorted(access.organisations)),
        action=action,
        subject_kind=subject_kind,
        subject_key=subject_key,
        organisation=organisation or "",
        purpose=purpose,
        detail=canonical(detail or {}),
    )


def record_system(
    *,
    actor: str,
    action: str,
    subject_kind: str,
    subject_key: str,
    organisation: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write one line for the system itself (`sign-in`, `command line`), which always says which part of it."""
    if not actor.strip():
        raise AnonymousActor(f"{action} on {subject_kind} {subject_key}: the system must say which part of it acts")
    return _append(
        actor=f"system: {actor}",
        roles="",
        organisations="",
        action=action,
        subject_kind=subject_kind,
        subject_key=subject_key,
        organisation=organisation or "",
        purpose="running the service",
        detail=canonical(detail or {}),
    )


def record_patient(
    *,
    of: str,
    action: str,
    subject_kind: str,
    subject_key: str,
    organisation: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write one line for a patient who proved who they are. `of` says by what (`offer 12`), never by name."""
    if not of.strip():
        raise AnonymousActor(f"{action} on {subject_kind} {subject_key}: a patient acts on something of theirs")
    return _append(
        actor=f"patient of {of}",
        roles="patient",
        organisations="",
        action=action,
        subject_kind=subject_kind,
        subject_key=subject_key,
        organisation=organisation or "",
        purpose="the patient's own choice",
        detail=canonical(detail or {}),
    )


def canonical(detail: Mapping[str, Any]) -> str:
    """JSON in one form only: sorted keys, no spaces.

    >>> canonical({"b": 1, "a": "é"})
    '{"a":"é","b":1}'
    """
    return json.dumps(detail, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def line_hash(event: AuditEvent) -> str:
    """SHA-256 of the whole line but its own hash; the moment counts to the microsecond, in UTC."""
    values = {name: getattr(event, name) for name in _FIELDS}
    values["at"] = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def _fit(name: str, text: str) -> str:
    """Text that every database can keep in a column: without zero bytes, and cut to the column's length."""
    field = AuditEvent._meta.get_field(name)
    return text.replace("\x00", "\ufffd")[: getattr(field, "max_length", None)]


def _append(**values: str) -> AuditEvent:
    values = {name: _fit(name, text) for name, text in values.items()}
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = AuditEvent.objects.order_by("-sequence").values_list("sequence", "hash").first()
        sequence, previous = last if last else (0, GENESIS)
        event = AuditEvent(sequence=sequence + 1, at=datetime.now(UTC), previous_hash=previous, **values)
        event.hash = line_hash(event)
        event.save(force_insert=True)
        return event


@dataclass(frozen=True)
class Verdict:
    """What a check of the chain found. `broken` is the sequence of the first line that does not fit."""

    lines: int
    head: str
    broken: int | None = None
    reason: str = ""

    @property
    def sound(self) -> bool:
        """Whether every line fits the one before it."""
        return self.broken is None


def verify(*, expected_head: str | None = None) -> Verdict:
    """Read the chain from its start and name the first broken line.

    Cutting lines off the end leaves a sound, shorter chain: keep the head elsewhere and pass it as `expected_head`.
    """
    previous, expected, seen_head = GENESIS, 1, expected_head in (None, GENESIS)
    for event in _lines():
        if event.sequence != expected:
            return Verdict(expected - 1, previous, expected, f"line {expected} is missing")
        if event.previous_hash != previous:
            return Verdict(expected - 1, previous, event.sequence, "it does not name the line before it")
        if event.hash != line_hash(event):
            return Verdict(expected - 1, previous, event.sequence, "its content does not fit its hash")
        previous, expected = event.hash, expected + 1
        seen_head = seen_head or previous == expected_head
    if not seen_head:
        return Verdict(
            expected - 1, previous, expected, "the head kept elsewhere is not in the log: lines were cut off"
        )
    return Verdict(expected - 1, previous)


def _lines() -> Iterator[AuditEvent]:
    return AuditEvent.objects.order_by("sequence").iterator(chunk_size=2000)
