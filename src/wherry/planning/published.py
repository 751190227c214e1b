"""What the sources published held against ours: beside each other, in or out of our 80% range, and if out, why.

    from wherry.planning import published

    lines = published.check(system, outcomes, projection, baseline)   # outcomes by scenario
    published.unexplained(lines)                                      # those that need somebody's attention

A published number lies inside if any number that rounds to it does. An item outside needs a `why` in `published.toml`;
one that has come inside must lose it. Either is a problem that the check says in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from wherry.errors import UserError
from wherry.planning import capacity
from wherry.planning.activity.outcome import Outcome
from wherry.planning.answers.model import GROUP, Spread
from wherry.planning.answers.runs import runs_of
from wherry.planning.answers.spreads import spread
from wherry.planning.baseline import Baseline
from wherry.planning.population import Projection
from wherry.planning.published_file import BASE, NOT_MODELLED, Item, read
from wherry.planning.published_measures import HOW, Given, Ran
from wherry.planning.scenario.model import year_words
from wherry.reference.system import System
from wherry.reference.system import load as load_system

#: Ways to compare that are about people, whose years are calendar years.
_PEOPLE = ("people_growth", "people_more", "people_share")


@dataclass(frozen=True)
class Line:
    """One item against one scenario (`base`: the base year, or people alone).

    `published` and `ours` in `unit` (a share, or the noun that follows the number); `ours` None for what is not
    modelled. `inside`: published lies in our 80% range, as far as it was rounded. `problem` in words, blank if none.
    """

    name: str
    words: str
    source: str
    scenario: str
    measure: str
    place: str
    years: str
    unit: str
    published: float | None
    rounding: float
    at_least: bool
    ours: Spread | None
    inside: bool | None
    why: str
    note: str
    problem: str


def items(system: System | str) -> tuple[Item, ...]:
    """What `published.toml` of a system holds, checked.

    >>> len(items("norfolk-waveney")) > 20
    True
    """
    from wherry.planning import scenario

    held = load_system(system) if isinstance(system, str) else system
    return read(held.folder / "published.toml", held, tuple(scenario.names(held)))


def check(
    system: System | str,
    outcomes: Mapping[str, Outcome],
    projection: Projection,
    baseline: Baseline,
    *,
    held: tuple[Item, ...] | None = None,
) -> tuple[Line, ...]:
    """Every item against each of its scenarios, in the order of the file.

    UserError where an item names a scenario that was not run.
    """
    place = load_system(system) if isinstance(system, str) else system
    found = items(place) if held is None else held
    ran = {name: _ran(outcome, place, baseline) for name, outcome in outcomes.items()}
    lines: list[Line] = []
    for item in found:
        if item.how == NOT_MODELLED:
            lines.append(_line(item, BASE, None))
            continue
        for name in item.scenarios or (BASE,):
            if name != BASE and name not in ran:
                raise UserError(f"published.toml ({item.name}): {name} was not run. Run it, or leave it out.")
            given = Given(baseline, projection, ran.get(name))
            values = np.asarray(HOW[item.how][0](item, given), dtype=np.float64)
            lines.append(_line(item, name, spread(values)))
    return tuple(lines)


def work_out(
    system: System | str,
    baseline: Baseline,
    projection: Projection,
    *,
    runs: int | None = None,
    workers: int = 1,
    say: Callable[[str], None] | None = None,
) -> tuple[Line, ...]:
    """Run every scenario that an item names, and check."""
    from wherry.planning import activity, scenario

    place = load_system(system) if isinstance(system, str) else system
    held = items(place)
    outcomes: dict[str, Outcome] = {}
    for name in scenario_names(held):
        read_one = scenario.load(name, place)
        if say is not None:
            say(read_one.title)
        outcomes[name] = activity.simulate(read_one, baseline, projection, runs=runs, workers=workers)
    return check(place, outcomes, projection, baseline, held=held)


def scenario_names(held: tuple[Item, ...]) -> tuple[str, ...]:
    """Scenarios that items name, each once."""
    return tuple(dict.fromkeys(name for item in held for name in item.scenarios))


def unexplained(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Lines with a problem: outside without a why, or a why that no longer holds."""
    return tuple(line for line in lines if line.problem)


def value_words(value: float, unit: str) -> str:
    """A number of a unit as people write it.

    >>> value_words(0.2213, "share"), value_words(1234.6, "beds"), value_words(9.84, "nights")
    ('22.1%', '1,235 beds', '9.8 nights')
    """
    if unit == "share":
        return f"{100 * value:.1f}%"
    return f"{value:,.{1 if abs(value) < 100 else 0}f} {unit}"


def span_words(low: float, high: float, unit: str) -> str:
    """A range of a unit, the unit once.

    >>> span_words(12.0, 34.56, "beds"), span_words(0.1, 0.2, "share")
    ('12.0 to 34.6 beds', '10.0% to 20.0%')
    """
    first, last = value_words(low, unit), value_words(high, unit)
    return f"{first.removesuffix(unit).rstrip()} to {last}"


def _ran(outcome: Outcome, system: System, baseline: Baseline) -> Ran:
    assumptions = capacity.load(system, outcome.scenario.capacity)
    needed = capacity.requirements(outcome, assumptions, baseline)
    return Ran(outcome, runs_of(outcome, needed), needed)


def _line(item: Item, scenario: str, ours: Spread | None) -> Line:
    why = item.why.get(scenario, "")
    inside = None
    problem = ""
    if ours is not None:
        high = float("inf") if item.at_least else item.value + item.rounding
        tiny = 1e-9 * max(1.0, abs(item.value))
        inside = ours.low <= high + tiny and item.value - item.rounding <= ours.high + tiny
        unit = HOW[item.how][1]
        range_words = span_words(ours.low, ours.high, unit)
        if not inside and not why:
            problem = (
                f"{item.name} against {scenario}: published {value_words(item.value, unit)} lies outside ours "
                f"({range_words}) and nobody says why. Find out what drives it, and write why.{scenario} in "
                "published.toml, or mend what is wrong."
            )
        if inside and why:
            problem = (
                f"{item.name} against {scenario}: published {value_words(item.value, unit)} now lies inside ours "
                f"({range_words}), so its why is stale. Take why.{scenario} out of published.toml."
            )
    people = item.how in _PEOPLE
    years = ""
    if item.how in ("growth", "more_a_day", "more_a_month", "people_growth", "people_more"):
        years = f"{item.first if people else year_words(item.first)} to "
    if item.how != NOT_MODELLED:
        years += str(item.last) if people else year_words(item.last if item.scenarios else item.first)
    return Line(
        name=item.name,
        words=item.words,
        source=item.source,
        scenario=scenario,
        measure=", ".join(item.measures) or item.how,
        place=item.place or GROUP,
        years=years,
        unit="" if ours is None else HOW[item.how][1],
        published=None if ours is None else item.value,
        rounding=item.rounding,
        at_least=item.at_least,
        ours=ours,
        inside=inside,
        why=why,
        note=item.note,
        problem=problem,
    )
