"""Reads of what-if: the lists that a reader may see, what was measured of them, and what runs said, added up.

The group here is the trusts for which the reader may see capacity. Every total is the sum of its lists in each run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.waiting.forward.answers import Fan, Goal, Reached, fan, goals, reached_of
from wherry.waiting.forward.clocks import Cell
from wherry.waiting.forward.runner import MEASURES
from wherry.waiting.forward.scenario import Scenario
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.elective import whatif_jobs as jobs
from wherry.web.elective import whatif_store as store
from wherry.web.elective.whatif_question import Question
from wherry.web.elective.whatif_store import BASIS, Unit
from wherry.web.waiting.naming import Names, names_of
from wherry.web.waiting.selectors import NothingYet

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Answer:
    """What one scenario does to the chosen lists: `waiting` (4 measures, runs, 2 stages, weeks + 1)."""

    scenario: Scenario
    waiting: Array
    moved: float
    reached: tuple[Reached, ...]

    def series(self, over: int) -> Array:
        """People (runs, weeks + 1), both stages."""
        return np.asarray(self.waiting[MEASURES.index(over)].sum(1))

    def fan(self, over: int) -> Fan:
        """Their fan."""
        return fan(self.series(over))


class WhatIf:
    """What one reader may ask of the current snapshot. Raises NothingYet without one."""

    def __init__(self, access: Access) -> None:
        snapshot = snapshots.current()
        if snapshot is None:
            raise NothingYet
        self.snapshot = snapshot
        self.trusts_seen = access.where(Permission.SEE_CAPACITY)
        self.names: Names = names_of(snapshot)
        self.census: date = snapshot.census

    @cached_property
    def basis(self) -> dict[str, Array] | None:
        """What was measured of the list; None while it is being worked out."""
        try:
            return store.read(self.snapshot.id, BASIS)
        except KeyError:
            return None

    @property
    def measured(self) -> dict[str, Array]:
        """The same where it must be there; LookupError otherwise."""
        if self.basis is None:
            raise LookupError("the list has not been measured yet")
        return self.basis

    @cached_property
    def cells(self) -> list[Cell]:
        """Every list of the snapshot, in the order of the arrays."""
        return [] if self.basis is None else [Cell(*row) for row in self.basis["cells"].tolist()]

    @cached_property
    def seen(self) -> list[Cell]:
        """The lists of the trusts that the reader may see."""
        return [cell for cell in self.cells if cell.organisation in self.trusts_seen]

    def choices(self) -> dict[str, dict[str, str]]:
        """Functions, trusts and sites that can be chosen, with their names."""
        functions = {cell.function: self.names.function(cell.function) for cell in self.seen}
        return {
            "function": dict(sorted(functions.items(), key=lambda pair: pair[1])),
            "trust": {code: self.names.trust(code) for code in sorted({cell.organisation for cell in self.seen})},
            "site": {code: self.names.site(code) for code in sorted({cell.site for cell in self.seen})},
        }

    def chosen(self, question: Question) -> list[int]:
        """The places of the lists that a question is about."""
        wanted = (question.function, question.trust, question.site)
        return [
            n
            for n, cell in enumerate(self.cells)
            if cell.organisation in self.trusts_seen
            and all(w in ("", v) for w, v in zip(wanted, (cell.function, cell.organisation, cell.site), strict=True))
        ]

    def functions_of(self, question: Question) -> list[str]:
        """The treatment functions that have to be run for a question, largest list first."""
        size = {} if self.basis is None else dict.fromkeys((self.cells[n].function for n in self.chosen(question)), 0)
        for n in self.chosen(question):
            size[self.cells[n].function] += int(self.basis["waiting"][0, n].sum()) if self.basis is not None else 0
        return sorted(size, key=lambda function: (-size[function], function))

    def ask(self, scenarios: list[Scenario], question: Question) -> None:
        """Ask for what is missing to answer a question."""
        jobs.ask(self.snapshot.id, scenarios, self.functions_of(question))

    def missing(self, scenarios: list[Scenario], question: Question) -> tuple[int, int]:
        """How many runs of a function are still to come, and how many there are in all."""
        units = {Unit(f, s).key for s in scenarios for f in self.functions_of(question)}
        return sum(not store.has(self.snapshot.id, key) for key in units), len(units)

    @property
    def waited(self) -> float:
        """Seconds since the work was asked for that comes before all other."""
        return store.asked_for(self.snapshot.id, BASIS) or 0.0

    @cached_property
    def goals(self) -> tuple[Goal, ...]:
        """The lines to reach."""
        weeks = int(self.basis["run"][1]) if self.basis is not None else 0
        return goals(self.census, self.day(weeks))

    def day(self, week: int) -> date:
        """The last day of a week ahead."""
        return self.census + timedelta(weeks=week)

    def answer(self, scenario: Scenario, question: Question) -> Answer:
        """What a scenario does to the lists of a question. Its runs must be there: KeyError otherwise."""
        rows = set(self.chosen(question))
        total: Array | None = None
        moved = 0.0
        for function in self.functions_of(question):
            found = store.read(self.snapshot.id, Unit(function, scenario).key)
            keep = [place for place, n in enumerate(self._own[function]) if n in rows]
            part = found["waiting"][:, :, keep].sum(2, dtype=np.int64)
            total = part if total is None else total + part
            moved += float(found["moved"][:, keep].sum() / found["moved"].shape[0])
        if total is None:
            runs, weeks = int(self.measured["run"][0]), int(self.measured["run"][1])
            total = np.zeros((len(MEASURES), runs, 2, weeks + 1), dtype=np.int64)
        together = total.sum(2)
        reached = tuple(
            reached_of(goal, together[0], together[MEASURES.index(goal.over)], self.census) for goal in self.goals
        )
        return Answer(scenario, total, moved, reached)

    def by(self, scenario: Scenario, question: Question, facet: str) -> dict[str, Answer]:
        """The same for each `function`, `trust` or `site` of the question's lists."""
        column = "organisation" if facet == "trust" else facet
        values = dict.fromkeys(str(getattr(self.cells[n], column)) for n in self.chosen(question))
        whole = Question(question.function, question.trust, question.site)
        return {value: self.answer(scenario, replace(whole, **{facet: value})) for value in values}  # type: ignore[arg-type]

    @cached_property
    def _own(self) -> dict[str, list[int]]:
        """The lists of each function."""
        own: dict[str, list[int]] = {}
        for n, cell in enumerate(self.cells):
            own.setdefault(cell.function, []).append(n)
        return own

    @cached_property
    def check(self) -> dict[str, Array] | None:
        """The run from the past and what happened; None while it is being worked out."""
        try:
            return store.read(self.snapshot.id, jobs.CHECK)
        except KeyError:
            return None
