"""Parts that every assumption has: which activity it is about, and when it comes in.

Each reader returns None where a problem was noted; the caller goes on, so that every problem is found at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wherry.planning.scenario.limits import MOST_IN_A_LIST
from wherry.planning.scenario.model import Phase, Where, year_words
from wherry.planning.scenario.problems import Path, Problems
from wherry.planning.scenario.table import Table, is_number, read_year
from wherry.reference import diagnostic_tests, treatment_functions
from wherry.reference.activity import KINDS, MARKER_WORDS
from wherry.reference.system import System

WHERE_KEYS = ("kinds", "sites", "whats", "ages", "sexes", "quintiles", "markers", "nights_at_least")
#: Sexes as a file writes them, and their codes.
SEXES = {"men": 1, "women": 2}
MOST_NIGHTS = 365


@dataclass(frozen=True)
class Reader:
    """What readers of parts need: the system, the base year, and where problems go."""

    system: System
    base_year: int
    problems: Problems

    def table(self, data: object, path: Path, known: tuple[str, ...]) -> Table | None:
        """A table of the text; None if it is something else."""
        if not isinstance(data, Mapping):
            self.problems.add(path, "must be a table of keys.", "See docs/scenarios.md for its keys.")
            return None
        if isinstance(path[-1], int) and isinstance(name := data.get("name"), str) and name.strip():
            self.problems.name_of(path, name.strip())
        return Table(data, path, self.problems, known)

    def tables(self, data: Mapping[str, Any], key: str, read: Callable[[object, Path], Any]) -> list[Any]:
        """Every [[key]] of the text, those that could be read."""
        found = data.get(key, [])
        if not isinstance(found, list):
            self.problems.add((key,), "must be a list of tables.", f"Write [[{key}]] in two brackets, once for each.")
            return []
        if len(found) > MOST_IN_A_LIST:
            self.problems.add(
                (key,), f"has {len(found)} tables; {MOST_IN_A_LIST} is the most.", "Put like ones together."
            )
            return []
        made = [read(one, (key, place)) for place, one in enumerate(found)]
        return [one for one in made if one is not None]

    def codes(self) -> dict[str, str]:
        """Sites and trusts of the system, in words."""
        known = {code: self.system.short_name(code) for code in self.system.trusts}
        return known | {site.code: site.short_name for site in self.system.sites if site.organisation in known}


def what_codes() -> dict[str, str]:
    """Treatment functions and tests, in words."""
    known = {code: function.name for code, function in treatment_functions.all_functions().items()}
    return known | {code: test.words for code, test in diagnostic_tests.TESTS.items()}


def where(reader: Reader, table: Table) -> Where:
    """The activity that an assumption is about."""
    codes = reader.codes()
    sexes = table.names("sexes", SEXES, "a sex that is counted")
    return Where(
        kinds=table.names("kinds", KINDS, "a kind of activity"),
        sites=table.names("sites", codes, f"a site or trust of {reader.system.title}", "Its own"),
        whats=table.names("whats", what_codes(), "a treatment function or a test"),
        ages=table.ages(),
        sexes=tuple(SEXES[word] for word in sexes),
        quintiles=table.numbers("quintiles", range(1, 6), "a fifth of deprivation (1 is the most deprived)"),
        markers=table.names("markers", MARKER_WORDS, "a marker of a spell"),
        nights_at_least=table.whole("nights_at_least", 0, MOST_NIGHTS, 0),
    )


def phase(reader: Reader, table: Table, *, needed: bool) -> Phase | None:
    """When it comes in: `phase = { start, full }`, or `steps = { year = share }`, not both."""
    if table.has("phase") and table.has("steps"):
        table.wrong("steps", "there are both phase and steps.", "Keep one of them.")
        return None
    if table.has("steps"):
        return _steps(reader, table)
    if not table.has("phase"):
        if not needed:
            return Phase(reader.base_year, reader.base_year)
        first = year_words(reader.base_year + 1)
        table.missing("phase", f'Write phase = {{ start = "{first}", full = "{first}" }}, or steps by year.')
        return None
    inner = reader.table(table.data["phase"], (*table.path, "phase"), ("start", "full"))
    if inner is None:
        return None
    start = inner.year("start", needed='Write start = "2024/25", the first year in which any of it is in force.')
    full = inner.year("full", needed='Write full = "2026/27", the first year in which all of it is in force.')
    if start is None or full is None:
        return None
    if full < start:
        inner.wrong(
            "full",
            f"{year_words(full)} is before the start, {year_words(start)}.",
            "It cannot be fully in force before it starts: put the later year into full.",
        )
        return None
    if start < reader.base_year:
        inner.wrong(
            "start",
            f"{year_words(start)} is before the base year, {year_words(reader.base_year)}.",
            "What was in force by then is in the baseline already.",
        )
        return None
    return Phase(start, full)


def _steps(reader: Reader, table: Table) -> Phase | None:
    path = (*table.path, "steps")
    data = table.data["steps"]
    if not isinstance(data, Mapping) or not data:
        table.wrong(
            "steps", "must say how much is in force by year.", 'Write steps = { "2024/25" = 0.3, "2025/26" = 1 }.'
        )
        return None
    steps: list[tuple[int, float]] = []
    before = len(reader.problems.found)
    for key, value in data.items():
        year = read_year(key, (*path, key), reader.problems)
        if not is_number(value) or not 0 <= value <= 1:
            reader.problems.add((*path, key), f"{value!r} is not a share from 0 to 1.", "All of it is 1, a third 0.33.")
        elif year is not None and year < reader.base_year:
            reader.problems.add((*path, key), "is before the base year.", "Start with the base year or later.")
        elif year is not None:
            steps.append((year, float(value)))
    if len(reader.problems.found) > before:
        return None
    steps.sort()
    return Phase(steps[0][0], steps[-1][0], tuple(steps))
