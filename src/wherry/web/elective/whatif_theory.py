"""Waiting-list theory of the lists that a what-if question is about, each number with a plain sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wherry.reference import standards
from wherry.waiting import queueing
from wherry.waiting.forward.runner import MEASURES
from wherry.web.components.formats import count, percent
from wherry.web.elective.whatif_question import Question
from wherry.web.elective.whatif_selectors import WhatIf


@dataclass(frozen=True)
class Theory:
    """One number of waiting-list theory with a plain sentence."""

    name: str
    value: str
    words: str


def theory(seen: WhatIf, question: Question) -> list[Theory]:
    """Waiting-list theory of the chosen lists, whole pathways, against 18 weeks; empty where nobody comes or waits."""
    basis, rows = seen.basis, seen.chosen(question)
    if basis is None or not rows:
        return []
    window = int(basis["run"][2])
    arrivals = basis["arrivals"][rows].sum((0, 1))
    joined = (basis["capacity"][rows, 0] * basis["convert"][rows][:, None]).sum(0)
    gone = basis["capacity"][rows].sum((0, 1)) - joined + basis["left"][rows].sum((0, 1))
    size = int(basis["waiting"][0, rows].sum())
    if not arrivals.sum() or not size:
        return []
    limit = standards.standard("rtt.18_weeks.limit", seen.census)
    share = standards.standard("rtt.18_weeks.share", seen.census).value / 100
    target = queueing.days(limit.days)
    demand, capacity = queueing.per_week(float(arrivals.mean())), queueing.per_week(float(gone.mean()))
    mean_wait = queueing.weeks(float(basis["weeks_waited"][rows].sum()) / size)
    times = target / queueing.mean_wait_for_share(target, share)
    wanted = queueing.target_queue_size(demand, target, times)
    relief = queueing.relief_capacity(demand, size, wanted, queueing.weeks(52))
    keeps = queueing.target_capacity(demand, target, cv_demand=_cv(arrivals), cv_capacity=_cv(gone), times=times)
    load = queueing.load(demand, capacity)
    pressure = queueing.pressure(mean_wait, target)
    grows = "so the list grows without end" if load >= 1 else "so the list can settle"
    return [
        Theory(
            "Load",
            f"{load:.2f}",
            f"{demand.per_week:,.0f} people join a week and {capacity.per_week:,.0f} leave: {100 * load:.0f} join for "
            f"every 100 who leave, {grows}. Measured over {window} weeks.",
        ),
        Theory(
            "Size of a list that keeps the standard",
            count(round(wanted)),
            f"With waits as theory has them, {percent(share, 0)} are within {limit.value:g} weeks when the mean wait "
            f"is {(target / times).weeks:.1f} weeks: at {demand.per_week:,.0f} referrals a week that is a list of "
            f"{count(round(wanted))}. It is {count(size)}.",
        ),
        Theory(
            "Relief capacity",
            f"{relief.per_week:,.0f} a week",
            f"What would bring the list to that size in 52 weeks, beside {capacity.per_week:,.0f} a week lately: "
            f"{relief.per_week - capacity.per_week:+,.0f} a week.",
        ),
        Theory(
            "Capacity to stay there",
            f"{keeps.per_week:,.1f} a week",
            f"Referrals, and {keeps.per_week - demand.per_week:.1f} a week more for the ups and downs of both.",
        ),
        Theory(
            "Pressure",
            f"{pressure:.1f}",
            f"Twice the mean wait of those on the list, {mean_wait.weeks:.1f} weeks, over {limit.value:g} weeks. "
            "Above 1 the standard is missed.",
        ),
    ]


def _cv(counts: Any) -> float:
    """The coefficient of variation of the times between, from weekly counts (variance over mean); 1 if unknown."""
    mean = float(np.mean(counts))
    return float(np.sqrt(np.var(counts, ddof=1) / mean)) if mean and len(counts) > 3 else 1.0


def stages(seen: WhatIf, question: Question) -> list[dict[str, Any]]:
    """The two stages of the pathway: who waits, who comes and goes a week."""
    basis, rows = seen.basis, seen.chosen(question)
    if basis is None:
        return []
    out = []
    joins = float((basis["capacity"][rows, 0].mean(-1) * basis["convert"][rows]).sum())
    for stage, words in enumerate(("Before a decision to admit", "On the admitted list")):
        comes = float(basis["arrivals"][rows, stage].mean(-1).sum()) + (joins if stage else 0.0)
        goes = float((basis["capacity"][rows, stage] + basis["left"][rows, stage]).mean(-1).sum())
        out.append(
            {
                "words": words,
                "waiting": [int(basis["waiting"][n, rows, stage].sum()) for n in range(len(MEASURES))],
                "comes": comes,
                "goes": goes,
                "load": comes / goes if goes else None,
            }
        )
    return out
