"""What an assumption's number may be: the ends that a draw is cut to, and what may be written.

Repatriation is cut to 1 to 5, avoidance, efficiency and expatriation to 0 to 1, baseline adjustments, waiting lists and
growth to 0 to 5 (NHS England's demand model, version 5.2; a growth of 0.02 a year is a factor of 1.02 there, so growth
is cut to -1 to 4 here). What may be written is narrower for growth: own default, because 2.3 is 2.3% gone wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.planning.scenario.model import Interval


@dataclass(frozen=True)
class Limit:
    """Ends of a kind of number; `what` it is and, if it lies outside, what to `do`."""

    least: float
    most: float
    what: str
    do: str
    written_most: float

    def interval(self, low: float, high: float) -> Interval:
        """An interval that is cut to these ends."""
        return Interval(float(low), float(high), self.least, self.most)


_SHARE = Limit(0.0, 1.0, "a share from 0 to 1", "A share of 12% is written 0.12.", 1.0)
_FACTOR = Limit(0.0, 5.0, "a factor from 0 to 5", "Twelve per cent more is written 1.12.", 5.0)

#: By what the number is of: a driver, an effect's share, health status, or a weight.
LIMITS: dict[str, Limit] = {
    "share": _SHARE,
    "growth": Limit(-1.0, 4.0, "growth a year from -1 to 1", "Growth of 2.3% a year is written 0.023.", 1.0),
    "baseline": _FACTOR,
    "waiting_list": _FACTOR,
    "repatriation": Limit(
        1.0,
        5.0,
        "a factor from 1 to 5",
        "People who come back make a factor of 1 or more; write [[expatriation]] for people who go elsewhere.",
        5.0,
    ),
    "expatriation": Limit(
        0.0,
        1.0,
        "a factor from 0 to 1",
        "Going elsewhere makes a factor below 1: 0.9, or share = 0.1, if a tenth goes elsewhere.",
        1.0,
    ),
}

#: Of all runs and years together: own default, so that a run fits a laptop.
MOST_RUNS = 10_000
MOST_YEARS = 40
#: Assumptions in one list.
MOST_IN_A_LIST = 200
#: Bytes of one scenario.
LONGEST_TEXT = 200_000
