"""From activity to what must exist: beds, theatre sessions, clinic rooms, emergency cubicles, scanner hours.

    assumptions = capacity.load("norfolk-waveney", scenario.capacity)
    needed = capacity.requirements(outcome, assumptions, baseline)

The figures, each with its source, are in the system's `capacity.toml`; docs/plan-capacity.md explains them.
"""

from wherry.planning.capacity.assumptions import Assumptions, Figure, days_of, load
from wherry.planning.capacity.requirements import of_base_year, requirements
from wherry.planning.capacity.wards import ward_of, wards

__all__ = ["Assumptions", "Figure", "days_of", "load", "of_base_year", "requirements", "ward_of", "wards"]
