"""From a specification to an outcome and its verdict: the one way in for pages and the command line."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wherry.errors import UserError
from wherry.performance.evaluation import ready, work_did, work_its, work_synthetic
from wherry.performance.evaluation.outcome import Outcome
from wherry.performance.evaluation.panel import not_reported
from wherry.performance.evaluation.ready import Ready
from wherry.performance.evaluation.settings import METHODS, number
from wherry.performance.evaluation.spec import Other, Spec
from wherry.performance.evaluation.verdict import Balance, Facts, Verdict, evidence, verdict
from wherry.performance.evaluation.words import chance, signed

_WORK = {"its": work_its.work, "did": work_did.work, "synthetic_control": work_synthetic.work}


@dataclass(frozen=True)
class Judged:
    """What was found, of the measure and of those that must not worsen, and the verdict."""

    outcome: Outcome
    balance: tuple[tuple[Balance, Outcome], ...]
    verdict: Verdict


def judge(spec: Spec) -> Judged:
    """Work a specification out. What cannot be worked out is an outcome with a problem, never an error."""
    outcome = work(spec)
    balance = tuple(_other(spec, one) for one in spec.balance)
    return Judged(outcome, balance, verdict(facts(spec, outcome, tuple(row for row, _ in balance))))


def work(spec: Spec) -> Outcome:
    """The outcome of a specification, without a verdict."""
    made = ready.make(spec)
    problem = _no_figures(made) or _not_reported(made) or ready.too_few(made) or _nobody(made)
    if problem:
        return ready.empty(made, problem)
    try:
        return _WORK[spec.method](made)
    except UserError as error:
        return ready.empty(made, str(error))


def facts(spec: Spec, outcome: Outcome, balance: tuple[Balance, ...]) -> Facts:
    """What the verdict looks at."""
    return Facts(
        start=spec.start,
        fixed_on=spec.fixed_on,
        baseline_from=spec.baseline_from,
        baseline_to=spec.baseline_to,
        comparators=len(outcome.comparators),
        charted=outcome.drawable,
        direction=spec.direction,
        effect=outcome.effect,
        lower=outcome.lower,
        upper=outcome.upper,
        p=outcome.p,
        alpha=number("alpha"),
        expected=spec.expected,
        problem=outcome.problem,
        can_be_shown=outcome.can_be_shown,
        checks=outcome.checks,
        balance=balance,
        claimed_on=spec.claimed_on,
        claimed_by=spec.claimed_by,
    )


def _other(spec: Spec, other: Other) -> tuple[Balance, Outcome]:
    """Another measure, with the same method, trusts and dates: did it worsen by more than chance does?"""
    asked = replace(spec, panel=other.panel, direction=other.direction, expected=None, balance=())
    outcome = work(asked)
    if outcome.problem or not outcome.can_be_shown or outcome.effect is None:
        return Balance(other.name, None, outcome.problem or "There are too few comparators."), outcome
    worse = evidence(facts(asked, outcome, ())) == "worse"
    said = f"Changed by {signed(outcome.effect, outcome.unit)} against the comparators (p {chance(outcome.p)})."
    return Balance(other.name, worse, said), outcome


def _no_figures(made: Ready) -> str:
    missing = [unit for unit in made.spec.treated if unit not in made.panel.units]
    if missing:
        return f"There are no figures of {', '.join(made.spec.name(unit) for unit in missing)}."
    return ""


def _not_reported(made: Ready) -> str:
    for unit in made.spec.treated:
        if said := not_reported(made.panel, unit, made.used):
            return f"{made.spec.name(unit)} has {said}: leave those periods out of the baseline."
    return ""


def _nobody(made: Ready) -> str:
    needed = {"did": 1, "synthetic_control": 2}.get(made.spec.method, 0)
    if len(made.comparators) < needed:
        return f"{METHODS[made.spec.method]} needs {needed} or more comparators; {len(made.comparators)} can be used."
    return ""
