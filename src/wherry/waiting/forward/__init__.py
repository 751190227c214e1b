"""Run the waiting list forward, week by week: when are 65, 52 and 18 weeks reached, and how sure is that?

    from wherry.waiting import forward

    clocks = forward.read(tables, census)               # every clock of a snapshot
    start = forward.measure(clocks, census)             # the list as it stands, and the rates it runs on
    outcome = forward.run(start, forward.Scenario("Aid", aid=True))
    forward.reached(outcome, forward.chosen(outcome, lambda cell: cell.function == "110"), goal)

`docs/what-if.md` says what is modelled and what is not.
"""

from __future__ import annotations

from wherry.waiting.forward.answers import (
    HOLD,
    Fan,
    Goal,
    Reached,
    chosen,
    fan,
    goals,
    reached,
    series,
    share_within,
)
from wherry.waiting.forward.clocks import Cell, Clocks, read
from wherry.waiting.forward.past import Check, Coverage, as_it_was, check
from wherry.waiting.forward.plan import with_plan
from wherry.waiting.forward.runner import MEASURES, Outcome, run
from wherry.waiting.forward.scenario import NO_CHANGE, Extra, Referrals, Scenario
from wherry.waiting.forward.start import ADMITTED, OUTPATIENT, STAGES, Start, measure

__all__ = [
    "ADMITTED",
    "HOLD",
    "MEASURES",
    "NO_CHANGE",
    "OUTPATIENT",
    "STAGES",
    "Cell",
    "Check",
    "Clocks",
    "Coverage",
    "Extra",
    "Fan",
    "Goal",
    "Outcome",
    "Reached",
    "Referrals",
    "Scenario",
    "Start",
    "as_it_was",
    "check",
    "chosen",
    "fan",
    "goals",
    "measure",
    "reached",
    "read",
    "run",
    "series",
    "share_within",
    "with_plan",
]
