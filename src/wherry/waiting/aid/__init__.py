"""Mutual aid: for everyone waiting, the site and week that treats the list best, and what that would change.

Clinical priority first, then the wait; within capacity, complexity and the distance that people will travel; P1, P2
and cancer never later than their own trust would treat them. `docs/mutual-aid.md` states the objective.

Three lines from a notebook: `problem = problem_of(snapshot, system, policy, today)`, `found = solve(problem, policy)`,
`effects(problem, found)`.
"""

from wherry.waiting.aid.effects import effects
from wherry.waiting.aid.moves import Move, moves_of
from wherry.waiting.aid.policy import Policy
from wherry.waiting.aid.problem import Problem
from wherry.waiting.aid.solve import Solution, Solutions, solve
from wherry.waiting.aid.tables import problem_of

__all__ = ["Move", "Policy", "Problem", "Solution", "Solutions", "effects", "moves_of", "problem_of", "solve"]
