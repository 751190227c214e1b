"""The day on which somebody is expected to leave: a guess without delays, and a new one when it has passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from wherry.synthetic.flow.calendar import DAY, HOUR, LONDON, midnight, moment
from wherry.synthetic.flow.draws import ELECTIVE
from wherry.synthetic.flow.people import chance
from wherry.synthetic.flow.simulate import Run


def on(run: Run, row: int, at: int) -> date | None:
    """The expected day as it is known at a moment (seconds since 1970); None where nobody has said one."""
    today = moment(at).astimezone(LONDON).date()
    return next((day for day in _days(run, row) if day >= today), None)


def revised(run: Run, row: int, begin: int, end: int) -> Iterator[tuple[int, date]]:
    """(moment, day) of each new expected day between two moments: set in the morning after one has passed."""
    before: date | None = None
    for day in _days(run, row):
        if before is not None:
            at = midnight(before + timedelta(days=1)) + 9 * HOUR + int(run.visits["uid"][row]) * 37 % (2 * HOUR)
            if at >= end:
                return
            if at >= begin:
                yield at, day
        before = day


def _days(run: Run, row: int) -> Iterator[date]:
    """Every expected day in turn; none where nobody says any."""
    visits, admitted = run.visits, run.life.admitted[row]
    key = int(visits["uid"][row])
    if admitted < 0 or chance(key, 38, run.seed) >= run.flow.of("messages.expected_day"):
        return
    scale = 1.0 if visits["kind"][row] == ELECTIVE else float(run.scale[visits["site"][row], visits["group"][row]])
    stay = int(visits["zero"][row] or visits["critical"][row] + visits["acute"][row] * scale)
    slip = int(chance(key, 37, run.seed) * 4) - 1
    day = moment(max(admitted + stay + slip * DAY, admitted)).astimezone(LONDON).date()
    number = 0
    while True:
        yield day
        day += timedelta(days=1 + int(chance(key * 64 + number, 39, run.seed) * 5))
        number += 1
