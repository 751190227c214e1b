"""Activity of every year, with its uncertainty: growth, then what interventions take away, drawn cell by cell.

    from wherry.planning import activity

    outcome = activity.simulate(scenario, baseline, projection)             # every run, year, site, kind, band of age
    mean = activity.expected(scenario, baseline, projection, activity.middle(scenario), 0)

`docs/plan-method.md` says what is drawn, why lumping is exact, and what is left out.
"""

from __future__ import annotations

from wherry.planning.activity.draws import draw, intervals, middle
from wherry.planning.activity.means import cell_factors, expected
from wherry.planning.activity.outcome import AGE_BANDS, Breakdown, CellFactors, Expected, Outcome, Parameters
from wherry.planning.activity.simulating import simulate

__all__ = [
    "AGE_BANDS",
    "Breakdown",
    "CellFactors",
    "Expected",
    "Outcome",
    "Parameters",
    "cell_factors",
    "draw",
    "expected",
    "intervals",
    "middle",
    "simulate",
]
