"""Keeping what has arrived: one transaction for all of it, in the one thread that has the listener's connection.

A commit is on disk before it counts: SQLite runs with `synchronous=FULL`, PostgreSQL with `synchronous_commit` on. If
the database fails, nothing of the transaction was kept and `DatabaseGone` says so; the next batch connects again. If
one message cannot be taken for another reason (a fault of ours), the others are taken without it, and it is kept
unread, waiting for a person: no message that came over a good line is ever thrown away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from wherry.web.feed import clock
from wherry.web.feed.arrived import Arrived, Outcome
from wherry.web.feed.models import Message, MessageState, Sender

log = logging.getLogger(__name__)
Take = Callable[[Sequence[Arrived]], list[Outcome]]


class DatabaseGone(Exception):
    """The database could not keep a batch. Nothing of it was kept."""


@dataclass(frozen=True)
class Parcel:
    """One message to be kept; `unreadable` says why it cannot be read at all, or is empty."""

    arrived: Arrived
    unreadable: str = ""


class Keeper:
    """Keeps parcels. All calls come from one thread."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._prepared: Any = None  # the connection that has its settings

    def keep(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        """Keep all, in order, and say what became of each; `DatabaseGone` if none was kept."""
        try:
            return self._keep(parcels)
        except (OperationalError, InterfaceError) as error:
            self.close()
            log.warning("The database did not keep %d messages (%s); trying once more", len(parcels), _first(error))
        try:  # a connection that had died of old age is made again; what was kept after all is known by its content
            return self._keep(parcels)
        except (OperationalError, InterfaceError) as error:
            self.close()
            raise DatabaseGone(_first(error)) from error

    def close(self) -> None:
        """Give the connection up."""
        self._prepared = None
        try:
            connection.close()
        except Exception:  # a connection that is broken may not close properly: it is dropped all the same
            connection.connection = None

    def _keep(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        self._prepare()
        try:
            return self._together(parcels)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if len(parcels) > 1:  # find the one that it is
                half = len(parcels) // 2
                return self._keep(parcels[:half]) + self._keep(parcels[half:])
            log.exception("A message could not be taken; it is kept unread for a person")
            why = "The message could not be taken in: a fault of this program, which is in its log"
            return self._together([Parcel(parcels[0].arrived, why)])

    def _together(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        with transaction.atomic():
            parcels = _at_played_time(parcels)
            taken = iter(self._take([parcel.arrived for parcel in parcels if not parcel.unreadable]))
            return [keep_unread(parcel) if parcel.unreadable else next(taken) for parcel in parcels]

    def _prepare(self) -> None:
        """Make sure that a commit on this connection means that it is on disk."""
        connection.ensure_connection()
        if connection.connection is self._prepared:
            return
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA synchronous=FULL")
            else:
                cursor.execute("SHOW synchronous_commit")
                if cursor.fetchone()[0] == "off":
                    cursor.execute("SET synchronous_commit = on")
        self._prepared = connection.connection


def _at_played_time(parcels: Sequence[Parcel]) -> Sequence[Parcel]:
    """In an artificial system whose day is played, what arrives arrives at the played time."""
    now = clock.now()
    if abs(now - datetime.now(UTC)) < timedelta(seconds=5):
        return parcels
    return [replace(parcel, arrived=replace(parcel.arrived, received_at=now)) for parcel in parcels]


def keep_unread(parcel: Parcel) -> Outcome:
    """Keep a message as it came, waiting for a person, without reading it."""
    arrived = parcel.arrived
    organisation = arrived.sender.partition("|")[0]
    sender, _ = Sender.objects.get_or_create(code=arrived.sender, defaults={"organisation": organisation})
    _, made = Message.objects.get_or_create(
        sender=sender,
        control_id=arrived.control_id,
        digest=sha256(arrived.raw).hexdigest(),
        defaults={
            "door": arrived.door,
            "received_at": arrived.received_at,
            "state": MessageState.WAITING,
            "reason": parcel.unreadable,
            "raw": arrived.raw,
        },
    )
    Sender.objects.filter(pk=sender.pk).update(last_received_at=arrived.received_at)
    return Outcome(control_id=arrived.control_id, repeated=not made, waiting=parcel.unreadable)


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
