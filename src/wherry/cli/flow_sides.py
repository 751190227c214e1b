"""The side feeds of a played day, each given to the service that takes it when it becomes known."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wherry.synthetic.flow import side
    from wherry.synthetic.flow.story import Story

#: The organisation that tells of incidents and calls; a system without it gets neither.
AMBULANCE = "RYC"
_HOUR = 3600
_TRIES = 2

log = logging.getLogger(__name__)


class Sides:
    """Rows of the side feeds from a moment on, handed over as played time goes."""

    def __init__(self, begin: int) -> None:
        self.made = begin
        self.held: list[side.Any_] = []
        self.counts: Counter[str] = Counter()
        self.left_out: list[str] = []
        self.failed: Counter[str] = Counter()

    def opening(self, story: Story) -> None:
        """Incidents of those who are in a department at the opening, as far as they were known."""
        from wherry.synthetic.flow import ambulance

        before = ambulance.incidents(story.facts, story.opening - 12 * _HOUR, story.opening)
        self.held += [one for one in before if one.visit_key or one.outcome == "conveyed"]

    def give(self, story: Story, now: int) -> None:
        """Hand over everything that is known at `now`; what comes in the next hour is made ready with it."""
        from wherry.synthetic.flow.folder import sides

        if now >= self.made:
            until = min(now + _HOUR, story.run.until)
            rows = [row for some in sides(story, self.made, until).values() for row in some]
            self.held = sorted([*self.held, *rows], key=lambda row: row.known_at)
            self.made = max(until, self.made)
        at = datetime.fromtimestamp(now, UTC)
        known = [row for row in self.held if row.known_at <= at]
        self.held = self.held[len(known) :]
        for kind, deliver in self._services().items():
            rows = [row for row in known if isinstance(row, kind)]
            if rows:
                self._try(kind.__name__, deliver, rows, at)

    def _try(self, name: str, deliver: Callable[[list[Any], datetime], None], rows: list[Any], at: datetime) -> None:
        """Hand rows to a service. What it fails on comes again with the next, twice; the messages go on in any case."""
        try:
            deliver(rows, at)
            self.failed[name] = 0
        except Exception as error:
            log.warning("%s: %d rows were not taken (%s: %s)", name, len(rows), type(error).__name__, error)
            self.failed[name] += 1
            if self.failed[name] <= _TRIES:
                self.held = [*rows, *self.held]
            else:
                self.left_out += [
                    f"{row.reference if hasattr(row, 'reference') else row.incident}: {error}" for row in rows
                ]

    def _services(self) -> dict[type[Any], Callable[[list[Any], datetime], None]]:
        from wherry.synthetic.flow import side

        return {
            side.AmbulanceIncident: self._incidents,
            side.Call: self._calls,
            side.VirtualReferral: self._referrals,
            side.VirtualReading: self._readings,
        }

    def _incidents(self, rows: list[Any], at: datetime) -> None:
        from wherry.synthetic.flow import side
        from wherry.web.emergency import loading

        content = "".join(side.as_line(row) + "\n" for row in rows).encode()
        name = f"played-{rows[0].known_at:%Y%m%d%H%M%S}-{len(rows)}.jsonl"
        loading.load(content=content, name=name, by="artificial day")
        self.counts["lines of incidents"] += len(rows)

    def _calls(self, rows: list[Any], at: datetime) -> None:
        from wherry.web.unplanned import loading, services

        for row in rows:
            try:
                self.counts["calls"] += loading.take(row, AMBULANCE)
            except services.Refused as refused:
                self.left_out.append(f"{row.reference}: {refused}")

    def _referrals(self, rows: list[Any], at: datetime) -> None:
        from wherry.web.virtual import loading

        done = loading.take_referrals(rows, at)
        self.counts["referrals to virtual wards"] += done.referred
        self.left_out += done.left_out

    def _readings(self, rows: list[Any], at: datetime) -> None:
        from wherry.web.virtual import loading

        loading.take_readings(rows, at)
        self.counts["sets of readings"] += len(rows)

    def words(self) -> str:
        """What was handed over, in words."""
        given = ", ".join(f"{count:,} {what}" for what, count in sorted(self.counts.items()) if count)
        left = f"; {len(self.left_out):,} lines left out (the last: {self.left_out[-1]})" if self.left_out else ""
        return f"{given or 'nothing'}{left}"
