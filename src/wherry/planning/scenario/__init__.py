"""A scenario: what is assumed about the years to come, each assumption with its source, in one readable file.

`read(text, system)` and `load(path_or_name, system)` give a `model.Scenario`; `check` says everything that is wrong
with a text; `write` makes a text of a scenario; `names` lists the system's own. `docs/scenarios.md` has every key.
"""

from wherry.planning.scenario.problems import Problem
from wherry.planning.scenario.reading import check, load, names, read
from wherry.planning.scenario.writing import write

__all__ = ["Problem", "check", "load", "names", "read", "write"]
