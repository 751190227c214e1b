"""Alerts: exactly one for each episode, whatever order readings came in, and to whom one goes that nobody answers.

An alert is never closed by itself. It is open until somebody has said what they did; it opens again when its episode
becomes more urgent than what was answered. An alert whose readings were corrected away stays, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wherry.flow.virtual.episodes import Episode
from wherry.flow.virtual.rules import rules


@dataclass(frozen=True)
class Kept:
    """An alert as it was kept before: `answered` is the level that somebody answered, empty while nobody has."""

    id: int
    cause: str
    keys: frozenset[str]
    level: str
    answered: str = ""


@dataclass(frozen=True)
class Match:
    """What becomes of alerts: `alert` is None for a new one, `episode` is None where nothing bears the alert out.

    `merged` are alerts that turned out to be about the same episode: their case goes on in `alert`.
    """

    alert: Kept | None
    episode: Episode | None
    merged: tuple[Kept, ...] = ()

    @property
    def opens(self) -> bool:
        """Whether it is new, or has become more urgent than what was answered."""
        if self.episode is None:
            return False
        if self.alert is None:
            return True
        return bool(self.alert.answered) and rules().rank(self.episode.level) > rules().rank(self.alert.answered)


def reconcile(kept: Sequence[Kept], found: Sequence[Episode]) -> list[Match]:
    """Which alert is about which episode. Each episode gets one; each alert kept is in the result once.

    Of several alerts about one episode an unanswered one stays, else the oldest.
    """
    matches: list[Match] = []
    free = {alert.id: alert for alert in kept}
    for episode in sorted(found, key=lambda each: (each.started_at, each.cause)):
        about = [a for a in free.values() if a.cause == episode.cause and a.keys & episode.keys]
        about.sort(key=lambda alert: (bool(alert.answered), alert.id))
        for alert in about:
            del free[alert.id]
        matches.append(Match(about[0] if about else None, episode, tuple(about[1:])))
    return matches + [Match(alert, None) for alert in free.values()]


def due_at(level: str, opened_at: datetime) -> datetime:
    """By when an alert of that level must be answered."""
    return opened_at + timedelta(minutes=rules().levels[level].within_minutes)


def passed_on(due: datetime, now: datetime, people: int) -> int:
    """To how many further people of the rota an unanswered alert has gone by now: none until it is due.

    >>> from datetime import UTC
    >>> due = datetime(2026, 6, 1, 12, tzinfo=UTC)
    >>> [passed_on(due, due + timedelta(minutes=m), 3) for m in (-1, 0, 14, 15, 600)]
    [0, 1, 1, 2, 2]
    >>> passed_on(due, due + timedelta(hours=1), 1)
    0
    """
    if now < due or people < 2:
        return 0
    steps = 1 + int((now - due) / timedelta(minutes=rules().escalate_every_minutes))
    return min(steps, people - 1)


@dataclass(frozen=True)
class Group:
    """Alerts of one patient that began together: answered together unless somebody wishes otherwise."""

    started_at: datetime
    ids: tuple[int, ...]


def groups(alerts: Iterable[tuple[int, datetime]]) -> list[Group]:
    """Open alerts (id and when their episode began) of one patient by what began within one set of readings.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    >>> [g.ids for g in groups([(1, noon), (3, noon + timedelta(hours=4)), (2, noon + timedelta(minutes=10))])]
    [(1, 2), (3,)]
    """
    within = timedelta(minutes=rules().set_minutes)
    found: list[tuple[datetime, list[int]]] = []
    for number, at in sorted(alerts, key=lambda each: (each[1], each[0])):
        if found and at - found[-1][0] <= within:
            found[-1][1].append(number)
        else:
            found.append((at, [number]))
    return [Group(at, tuple(ids)) for at, ids in found]
