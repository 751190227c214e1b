"""Who may come on to a virtual ward: each criterion answered yes, no or unknown. An unknown is not a yes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from wherry.flow.virtual.rules import Criterion, rules

Answer = Literal["yes", "no", "unknown"]
ANSWERS: tuple[str, ...] = get_args(Answer)


@dataclass(frozen=True)
class Verdict:
    """What the answers say: criteria met, those that stand against it, and those that nobody has answered."""

    met: tuple[Criterion, ...]
    against: tuple[Criterion, ...]
    unknown: tuple[Criterion, ...]

    @property
    def suited(self) -> bool:
        """Whether everything is answered and nothing stands against it."""
        return not self.against and not self.unknown

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        if self.against:
            return "Does not meet: " + "; ".join(_said(each) for each in self.against) + "."
        if self.unknown:
            return f"{len(self.unknown)} of {len(self.met) + len(self.unknown)} criteria are not answered yet."
        return "Meets every criterion."


def judge(pathway: str, answers: Mapping[str, str]) -> Verdict:
    """Judge answers by criterion code; what is not there, or not an answer, is unknown.

    >>> all_well = {c.code: "yes" if c.kind == "must" else "no" for c in rules().criteria_of("frailty")}
    >>> judge("frailty", all_well).suited
    True
    >>> judge("frailty", all_well | {"agrees": "unknown"}).suited
    False
    >>> judge("frailty", all_well | {"opat_only": "yes"}).words[:40]
    'Does not meet: Is only for antibiotics i'
    """
    met, against, unknown = [], [], []
    for criterion in rules().criteria_of(pathway):
        answer = answers.get(criterion.code, "unknown")
        wanted = "yes" if criterion.kind == "must" else "no"
        if answer not in ("yes", "no"):
            unknown.append(criterion)
        elif answer == wanted:
            met.append(criterion)
        else:
            against.append(criterion)
    return Verdict(tuple(met), tuple(against), tuple(unknown))


def _said(criterion: Criterion) -> str:
    return criterion.words if criterion.kind == "must_not" else f"not: {criterion.words}"
