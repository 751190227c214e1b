"""The side feeds of a played day, each given to the service that takes it when it becomes known."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherry.synthetic.flow import side
    from wherry.synthetic.flow.story import Story

#: The organisation that tells of incidents and calls; a system without it gets neither.
AMBULANCE = "RYC"
_HOUR = 3600


class Sides:
    """Rows of the side feeds from a moment on, handed over as played time goes."""

    def __init__(self, begin: int) -> None:
        self.made = begin
        self.held: list[side.Any_] = []
        self.counts: Counter[str] = Counter()
        self.left_out: list[str] = []

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
        if known:
            self.held = self.held[len(known) :]
            self._deliver(known, at)

    def _deliver(self, rows: list[side.Any_], at: datetime) -> None:
        from wherry.synthetic.flow import side
        from wherry.web.emergency import loading as emergency
        from wherry.web.unplanned import loading as unplanned
        from wherry.web.unplanned import services
        from wherry.web.virtual import loading as virtual

        incidents = [row for row in rows if isinstance(row, side.AmbulanceIncident)]
        if incidents:
            content = "".join(side.as_line(row) + "\n" for row in incidents).encode()
            name = f"played-{incidents[0].known_at:%Y%m%d%H%M%S}-{len(incidents)}.jsonl"
            emergency.load(content=content, name=name, by="artificial day")
            self.counts["lines of incidents"] += len(incidents)
        for row in rows:
            if isinstance(row, side.Call):
                try:
                    self.counts["calls"] += unplanned.take(row, AMBULANCE)
                except services.Refused as refused:
                    self.left_out.append(f"{row.reference}: {refused}")
        referrals = [row for row in rows if isinstance(row, side.VirtualReferral)]
        if referrals:
            done = virtual.take_referrals(referrals, at)
            self.counts["referrals to virtual wards"] += done.referred
            self.left_out += done.left_out
        readings = [row for row in rows if isinstance(row, side.VirtualReading)]
        if readings:
            virtual.take_readings(readings, at)
            self.counts["sets of readings"] += len(readings)

    def words(self) -> str:
        """What was handed over, in words."""
        given = ", ".join(f"{count:,} {what}" for what, count in sorted(self.counts.items()) if count)
        left = f"; {len(self.left_out):,} lines left out (the last: {self.left_out[-1]})" if self.left_out else ""
        return f"{given or 'nothing'}{left}"
