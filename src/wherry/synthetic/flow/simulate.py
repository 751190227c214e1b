"""A run of artificial hospital life: visits drawn day by day, then the hospitals at work on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from wherry.synthetic.flow.arrivals import LONGEST_LEAD_DAYS, day_of, planned
from wherry.synthetic.flow.calendar import Calendar, midnight
from wherry.synthetic.flow.draws import ATTENDANCE, Chunk, Draws, join
from wherry.synthetic.flow.hospital import Hospital, Life
from wherry.synthetic.flow.places import Places
from wherry.synthetic.flow.settings import Flow
from wherry.synthetic.flow.stays import scale_to_beds
from wherry.synthetic.streams import Streams

#: Days that are lived before anything is told, so that the beds are full, and days that are booked ahead: as many as
#: somebody is booked at most, so that it makes no difference how long a run is.
WARM_UP_DAYS = 42
BOOKED_AHEAD_DAYS = LONGEST_LEAD_DAYS


@dataclass(frozen=True)
class Run:
    """One run: who came (`visits`, one row each) and what happened (`life`), from `begin` to before `until`."""

    flow: Flow
    seed: int
    begin: int
    until: int
    specs: tuple[str, ...]
    places: Places
    calendar: Calendar
    visits: Chunk
    life: Life
    #: How much longer acute stays are than drawn, by site and group.
    scale: npt.NDArray[np.float64]


def simulate(flow: Flow, *, seed: int, first: date, last: date) -> Run:
    """Live from the morning of `first` to the end of `last` in London; warm up before it, book ahead after it.

    The same seed and `first` give the same life, however late `last` is.
    """
    streams = Streams(seed)
    draws = Draws(flow, streams)
    places = Places.of(flow)
    scale_to_beds(draws, places)
    begins = first - timedelta(days=WARM_UP_DAYS)
    days = [begins + timedelta(days=n) for n in range((last - begins).days + 1)]
    ahead = [last + timedelta(days=n) for n in range(1, BOOKED_AHEAD_DAYS + 1)]
    visits = join([*(day_of(draws, day) for day in days), *(planned(draws, day) for day in ahead)])
    calendar = Calendar(begins, len(days) + 200)
    until = midnight(last + timedelta(days=1))
    ill = np.flatnonzero(visits["kind"] != ATTENDANCE)
    found = Hospital(draws, places, {name: values[ill] for name, values in visits.items()}, calendar)
    life = _of_all(found.run(midnight(begins), until), ill.tolist(), len(visits["uid"]))
    return Run(flow, seed, midnight(first), until, draws.specs, places, calendar, visits, life, draws.scale)


def _of_all(life: Life, rows: list[int], size: int) -> Life:
    """Life of some rows as that of all of them; nothing happened to the others in a bed."""
    whole = Life([(rows[row], place, at) for row, place, at in life.stays], life.beds)
    for name in ("admitted", "ready", "left", "sent_home"):
        values = np.full(size, -1, dtype=np.int64)
        values[rows] = getattr(life, name)
        setattr(whole, name, values.tolist())
    return whole
