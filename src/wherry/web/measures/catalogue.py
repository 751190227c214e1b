"""The list of measures as its address has it: scope, filters and view, each a parameter, so that it can be sent on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

from wherry.performance.measures.model import DASHBOARDS, DOMAINS, THEMES, Measure
from wherry.performance.measures.scopes import GROUP
from wherry.web.measures import words
from wherry.web.measures.lines import STATES, Line

#: How the list is laid out.
VIEWS = {"list": "List", "matrix": "Matrix", "beside": "Organisations side by side"}


@dataclass(frozen=True)
class Choice:
    """What an address asks for. A blank is everything; `page` is a domain or a dashboard."""

    scope: str = GROUP
    page: str = ""
    state: str = ""
    theme: str = ""
    objective: str = ""
    view: str = "list"

    def query(self, **changes: str) -> str:
        """This choice, changed, as the part of an address after the question mark."""
        now = replace(self, **changes)
        default = Choice()
        pairs = [(name, value) for name, value in vars(now).items() if value and value != getattr(default, name)]
        return urlencode(pairs)

    @property
    def narrowed(self) -> bool:
        """Whether any filter is set."""
        return bool(self.page or self.state or self.theme or self.objective)

    def takes(self, line: Line) -> bool:
        """Whether a measure is asked for."""
        measure = line.measure
        return (
            (not self.page or self.page == measure.domain or self.page in measure.dashboards)
            and (not self.state or self.state in line.states)
            and (not self.theme or self.theme == measure.theme)
            and (not self.objective or self.objective == measure.objective)
        )


def read(query: QueryDict, scopes: Iterable[str]) -> Choice:
    """The choice of an address; what is not understood is left out."""

    def one(name: str, known: Iterable[str], default: str = "") -> str:
        said = query.get(name, "")
        return said if said in known else default

    objective = query.get("objective", "")
    return Choice(
        scope=one("scope", scopes, GROUP),
        page=one("page", (*DOMAINS, *DASHBOARDS)),
        state=one("state", STATES),
        theme=one("theme", THEMES),
        objective=objective if len(objective) <= 4 and objective.isalnum() else "",
        view=one("view", VIEWS, "list"),
    )


def objectives_of(defined: Mapping[str, Measure]) -> list[tuple[str, str]]:
    """Objectives that any measure belongs to, with their words."""
    known = words.objectives()
    return [(code, known.get(code, "")) for code in sorted({m.objective for m in defined.values() if m.objective})]


def by_domain(lines: Iterable[Line]) -> list[tuple[str, str, list[Line]]]:
    """Lines by domain: code, name and lines; domains without any are left out."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.measure.domain, []).append(line)
    return [(code, name, found[code]) for code, name in DOMAINS.items() if code in found]


#: Rows of the matrix, and its columns: what the last point says against what the limits say of the target.
MATRIX_ROWS = {
    "special_cause_improvement": "Better than usual",
    "common_cause": "No change",
    "special_cause_concern": "Worse than usual",
    "neutral": "Higher or lower, neither better nor worse",
    "": "Too little to say",
}
MATRIX_COLUMNS = {
    "consistent_pass": "Will meet its target",
    "inconsistent": "Hit or miss",
    "consistent_fail": "Will miss its target",
    "": "No target to judge by",
}


def matrix(lines: Iterable[Line]) -> list[tuple[str, list[list[Line]]]]:
    """Rows of the matrix: name, and for each column its lines. Measures without data are not in it."""
    cells: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.has_data:
            row = "neutral" if "neutral" in line.variation else line.variation
            cells.setdefault((row, line.assurance or ""), []).append(line)
    return [(name, [cells.get((row, column), []) for column in MATRIX_COLUMNS]) for row, name in MATRIX_ROWS.items()]


def exceptions(lines: Iterable[Line]) -> list[Line]:
    """What a board must look at first: worse and will miss, then worse, then will miss, headlines before others."""

    def rank(line: Line) -> tuple[int, bool]:
        both = {"worse", "miss"} & line.states
        return (0 if len(both) == 2 else 1 if "worse" in both else 2, not line.measure.headline)

    return sorted((line for line in lines if {"worse", "miss"} & line.states), key=rank)
