"""When people leave: what is delayed by pathway, weekends, the hours of discharges, and stays scaled to the beds."""

from __future__ import annotations

import math
from bisect import bisect_right
from datetime import date, timedelta

import numpy as np

from wherry.synthetic.flow.arrivals import day_of
from wherry.synthetic.flow.calendar import DAY, HOUR, Calendar, midnight
from wherry.synthetic.flow.draws import A_DAY, ELECTIVE, GROUPS, SAME_DAY, TRANSFER, Draws, join
from wherry.synthetic.flow.places import Places
from wherry.synthetic.flow.settings import Flow

#: Stays are scaled on a year's worth of patients that belong to no run: so many days, from this one on.
_SAMPLE_FROM, _SAMPLE_DAYS, _SAMPLE_STEP = date(2001, 4, 2), 52, 7


class Leaving:
    """Moments of leaving."""

    def __init__(self, flow: Flow, calendar: Calendar) -> None:
        self.calendar = calendar
        self.hours = np.cumsum(flow.shares("discharge.hours")).tolist()
        self.rounds = np.cumsum(flow.shares("discharge.round_hours")).tolist()
        self.moved: list[float] = flow.of("discharge.weekend_moved")
        self.pressure: float = flow.of("discharge.pressure")
        self.lounge_share: float = flow.of("discharge.lounge")
        self.lounge_minutes: dict[str, float] = flow.of("discharge.lounge_minutes")

    def rounded(self, at: int, chance: float) -> int:
        """The moment of that day at which a round finds it."""
        return self._hour(self.calendar.place(at), self.rounds, chance)

    def _hour(self, day: int, edges: list[float], chance: float) -> int:
        hour = min(bisect_right(edges, chance), 23)
        below = edges[hour - 1] if hour else 0.0
        within = (chance - below) / max(edges[hour] - below, 1e-9)
        return self.calendar.midnights[day] + int((hour + min(max(within, 0.0), 1.0)) * HOUR)

    def moment(self, ready: int, pathway: int, delay: int, queue: float, chance: float, weekend: float) -> int:
        """When somebody leaves who was ready at `ready`; `queue` is people who wait for a bed by bed."""
        factor = min(max(1.15 - self.pressure * queue / 0.03, 0.5), 1.15)
        day = self.calendar.place(int(ready + delay * factor))
        if day >= len(self.calendar.days) - 4:
            return ready + int(delay * factor)  # beyond what is looked at
        if self.calendar.weekdays[day] >= 5 and weekend < self.moved[pathway]:
            while self.calendar.weekdays[day] >= 5:
                day += 1
        return max(self._hour(day, self.hours, chance), ready + int(HOUR * (0.7 + 2.5 * chance)))

    def lounge(self, pathway: int, leave: int, chance: float, how_long: float) -> int:
        """Seconds in the discharge lounge before leaving, or 0."""
        if pathway > 1 or chance >= self.lounge_share or not 10 <= self.calendar.hour(leave) < 19:
            return 0
        spread = self.lounge_minutes["spread"] * (how_long * 3.4 - 1.7)
        return int(60 * self.lounge_minutes["median"] * math.exp(spread))


def scale_to_beds(draws: Draws, places: Places) -> None:
    """Set `draws.scale` so that a mean day needs the wanted share of each group's beds, hospital by hospital.

    Nights that are needed anyway (delays, hours of leaving, weekends, planned stays, cleaning) stay as they are; the
    acute days of emergencies and mothers are stretched or shortened.
    """
    days = [_SAMPLE_FROM + timedelta(days=_SAMPLE_STEP * n + n % 7) for n in range(_SAMPLE_DAYS)]
    sample = join([day_of(draws, day) for day in days])
    leaving = Leaving(draws.flow, Calendar(_SAMPLE_FROM, _SAMPLE_STEP * _SAMPLE_DAYS + 500))
    chance = draws.streams("flow", "scale").random((len(sample["uid"]), 3))
    wanted: dict[str, float] = draws.flow.of("stay.occupancy")
    fixed = np.zeros(draws.scale.shape)
    acute = np.zeros(draws.scale.shape)
    for row in np.flatnonzero((sample["request"] >= 0) | (sample["kind"] == TRANSFER)).tolist():
        kind, site, group = (int(sample[name][row]) for name in ("kind", "site", "group"))
        if kind == SAME_DAY:
            continue
        zero = int(sample["zero"][row])
        if zero:
            fixed[site, group] += zero + 3 * HOUR
            continue
        noon = midnight(date.fromordinal(int(sample["uid"][row]) // A_DAY)) + 12 * HOUR
        middle = leaving.rounded(noon, chance[row, 2])
        leave = middle
        if not sample["dies"][row] and not sample["virtual"][row] and sample["partner"][row] < 0:
            leave = leaving.moment(
                middle, int(sample["pathway"][row]), int(sample["delay"][row]), 0.012, *chance[row, :2]
            )
        fixed[site, group] += leave - middle + 1.2 * HOUR
        if kind == ELECTIVE or sample["partner"][row] >= 0:
            fixed[site, group] += sample["acute"][row]
        else:
            acute[site, group] += sample["acute"][row]
    for site in range(len(fixed)):
        for group, name in enumerate(GROUPS):
            beds = places.count(site, name)
            if beds and acute[site, group]:
                room = wanted[name] * beds * DAY * len(days) - fixed[site, group]
                draws.scale[site, group] = max(room / acute[site, group], 0.15)
