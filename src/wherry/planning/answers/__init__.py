"""From what came out of a scenario to what a board asks: ranges, gaps, what drives them, and on what most depends.

    found = answers.answer(scenario, outcome, baseline, projection, assumptions, system)
    both = answers.compare(found, other, runs, other_runs)

Shapes are in `model`; `files.write` keeps them as JSON, Excel and Parquet; docs/plan-answers.md explains each.
"""

from wherry.planning.answers.answer import all_runs, answer
from wherry.planning.answers.compare import compare, largest
from wherry.planning.answers.runs import Runs, runs_of
from wherry.planning.answers.tables import series

__all__ = ["Runs", "all_runs", "answer", "compare", "largest", "runs_of", "series"]
