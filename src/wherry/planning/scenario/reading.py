"""A scenario from its text: read it, or check it and say everything that is wrong with it at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from wherry.errors import UserError
from wherry.planning import projection
from wherry.planning.scenario import assumptions, rules
from wherry.planning.scenario.assumptions import DRIVERS, SAY_WHO
from wherry.planning.scenario.limits import LONGEST_TEXT, MOST_RUNS
from wherry.planning.scenario.model import Scenario, year_words
from wherry.planning.scenario.parts import Reader
from wherry.planning.scenario.problems import Path, Problem, Problems, line_numbers, nearest
from wherry.planning.scenario.table import Table, is_number
from wherry.reference.system import System

KEYS = (
    "name",
    "title",
    "question",
    "base_year",
    "horizon_year",
    "runs",
    "seed",
    "notes",
    "population",
    "health_status",
    "growth",
    "baseline",
    "repatriation",
    "expatriation",
    "waiting_list",
    "interventions",
    "capacity",
)
FOLDER = "scenarios"

#: Runs and seed of a scenario that does not say: 256 as the national model has it; the seed is any number.
RUNS, SEED = 256, 1
_MOST_SEED = 2**63 - 1


def read(text: str, system: System, *, source: str = "the scenario") -> Scenario:
    """The scenario of a text. Raises UserError that lists everything wrong with it, each with its line and key.

    `source` is what the text is called in that message: a file's name, usually.
    """
    scenario, problems = _read(text, system)
    if scenario is None or problems:
        many = f"{len(problems)} things" if len(problems) > 1 else "one thing"
        told = "\n".join(f"- {problem}" for problem in problems)
        raise UserError(f"{source}: {many} to put right; nothing was run or kept.\n{told}")
    return scenario


def check(text: str, system: System) -> list[Problem]:
    """Everything that is wrong with a text, in the order of its lines; empty if it can be read."""
    return _read(text, system)[1]


def folder(system: System) -> FilePath:
    """Where a system's own scenarios are."""
    return system.folder / FOLDER


def names(system: System) -> tuple[str, ...]:
    """Names of the system's own scenarios, in order."""
    return tuple(sorted(path.stem for path in folder(system).glob("*.toml")))


def load(path_or_name: str | FilePath, system: System) -> Scenario:
    """The scenario of a file, or one of the system's own by its name. Raises UserError as `read` does."""
    path = _path(path_or_name, system)
    try:
        if path.stat().st_size > LONGEST_TEXT:
            raise UserError(f"{path}: {_too_long(path.stat().st_size)} Nothing was read.")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8; nothing was read.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}. Nothing was run.") from None
    found = read(text, system, source=str(path))
    if path.parent == folder(system) and found.name != path.stem:
        raise UserError(
            f'{path}: the name is {found.name!r} and the file is called {path.stem!r}. Write name = "{path.stem}".'
        )
    return found


def _path(path_or_name: str | FilePath, system: System) -> FilePath:
    given = str(path_or_name)
    if isinstance(path_or_name, FilePath) or given.endswith(".toml") or "/" in given:
        return FilePath(path_or_name)
    if given not in names(system):
        hint = nearest(given, names(system), "Scenarios")
        raise UserError(
            f"{system.title} has no scenario called {given!r}. {hint} A file of your own is named with its .toml."
        )
    return folder(system) / f"{given}.toml"


def _too_long(size: int) -> str:
    return f"{size:,} bytes are too many for a scenario; {LONGEST_TEXT:,} is the most. Take out what is no assumption."


def _read(text: str, system: System) -> tuple[Scenario | None, list[Problem]]:
    size = len(text.encode("utf-8", "replace"))
    if size > LONGEST_TEXT:
        return None, [Problem("", _too_long(size))]
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [_no_toml(str(error))]
    except ValueError:  # a number with thousands of digits
        return None, [Problem("", "A number in it has thousands of digits.", "Write fewer.")]
    except RecursionError:
        return None, [
            Problem("", "Brackets lie too deep inside one another.", "A scenario needs three levels at most.")
        ]
    problems = Problems(line_numbers(text))
    scenario = _scenario(data, system, problems, text)
    return scenario, sorted(problems.found, key=lambda problem: problem.line or 1_000_000)


def _no_toml(told: str) -> Problem:
    place = re.search(r"\s*\(at line (\d+), column (\d+)\)", told)
    message = f"This is not TOML: {told[: place.start()] if place else told}"
    column = f"column {place[2]}" if place else ""
    return Problem(
        column,
        f"{message}.",
        'Text goes in quotes, years like "2023/24", and every table\'s name in brackets.',
        int(place[1]) if place else 0,
    )


def _scenario(data: Mapping[str, Any], system: System, problems: Problems, text: str) -> Scenario | None:
    top = Table(data, (), problems, KEYS)
    name = top.name()
    title = top.text("title", needed='Say what it is in a few words: title = "...".', most=200)
    question = top.text("question", needed="Say what question it answers.", most=1_000)
    base = top.year("base_year", needed='Write base_year = "2023/24", the year of activity that it starts from.')
    horizon = top.year("horizon_year", needed='Write horizon_year = "2033/34", the last year that it looks at.')
    runs = top.whole("runs", 1, MOST_RUNS, RUNS)
    seed = top.whole("seed", 0, _MOST_SEED, SEED)
    notes = top.text("notes", most=50_000)
    reader = Reader(system, base if base is not None else 0, problems)
    rules.years(top, base, horizon)
    weights, told = _population(reader, data, base, horizon)
    healthy = assumptions.health_status(reader, data["health_status"]) if "health_status" in data else None
    growth = reader.tables(data, "growth", partial(assumptions.growth, reader))
    factors = [
        made for driver in DRIVERS for made in reader.tables(data, driver, partial(assumptions.factor, reader, driver))
    ]
    done = reader.tables(data, "interventions", partial(assumptions.intervention, reader))
    capacity, capacity_source = rules.capacity(reader, data)
    rules.names(data, problems)
    rules.population_once(growth, system, problems, data)
    if problems.found or base is None or horizon is None:
        return None
    return Scenario(
        name=name,
        title=title,
        question=question,
        base_year=base,
        horizon_year=horizon,
        runs=runs,
        seed=seed,
        population=weights,
        population_source=told,
        health_status=healthy,
        growth=tuple(growth),
        factors=tuple(factors),
        interventions=tuple(done),
        capacity=capacity,
        capacity_source=capacity_source,
        notes=notes,
        text=text,
    )


def _population(
    reader: Reader, data: Mapping[str, Any], base: int | None, horizon: int | None
) -> tuple[tuple[tuple[str, float], ...], str]:
    path: Path = ("population",)
    try:
        known, years = projection.known(reader.system)
    except UserError as error:
        reader.problems.add(path, f"the people of {reader.system.title} cannot be read. {error}")
        return (), ""
    if "population" not in data:
        hint = f"Write [population] with weights = {{ {known[0]} = 1.0 }} and a source."
        reader.problems.add(path, "the table [population] is missing.", hint)
        return (), ""
    table = reader.table(data["population"], path, ("weights", "source"))
    if table is None:
        return (), ""
    for key, year in (("base_year", base), ("horizon_year", horizon)):
        if year is not None and not years[0] <= year <= years[-1]:
            reader.problems.add(
                (key,),
                f"the projection of {reader.system.title} has no people for {year_words(year)}.",
                f"It goes from {year_words(years[0])} to {year_words(years[-1])}.",
            )
    source = table.text("source", needed=SAY_WHO)
    if not table.has("weights"):
        table.missing("weights", f"Write weights = {{ {known[0]} = 1.0 }}, or several that add up to 1.")
        return (), source
    inner = reader.table(table.data["weights"], (*path, "weights"), known)
    if inner is None:
        return (), source
    before = len(reader.problems.found)
    weights: list[tuple[str, float]] = []
    for variant, weight in inner.data.items():
        if not is_number(weight) or not 0 <= weight <= 1:
            inner.wrong(variant, f"{weight!r} is not a weight from 0 to 1.", "Even odds of two variants are 0.5 each.")
        else:
            weights.append((variant, float(weight)))
    total = sum(weight for _, weight in weights)
    if len(reader.problems.found) == before and abs(total - 1) > 1e-6:
        table.wrong("weights", f"the weights add up to {total:g}, not to 1.", "Change them so that they add up to 1.")
    return tuple(weights), source
