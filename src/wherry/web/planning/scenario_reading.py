"""A scenario's text read for pages: the scenario or what is wrong with it, its words, and what it is about by name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wherry.errors import UserError
from wherry.planning import projection
from wherry.planning.answers.model import Assumption
from wherry.planning.scenario.log import assumptions
from wherry.planning.scenario.model import Scenario
from wherry.planning.scenario.problems import Problem
from wherry.planning.scenario.reading import check as check_text
from wherry.planning.scenario.reading import read as read_text
from wherry.reference import system as systems
from wherry.reference.system import System
from wherry.web.planning.scenario_selectors import system_name

#: Drivers in the order that the page tells the argument, with their headings.
DRIVERS = {
    "population": "Population",
    "health_status": "Health status",
    "growth": "Growth",
    "baseline": "Changes to the baseline",
    "repatriation": "Patients who come back",
    "expatriation": "Patients who go elsewhere",
    "waiting_list": "Clearing waiting lists",
    "intervention": "Interventions: what is done",
    "capacity": "Capacity",
}


@dataclass(frozen=True)
class Found:
    """A scenario, or what is wrong with its text."""

    scenario: Scenario | None
    problems: tuple[Problem, ...]


def system() -> System:
    """The system that scenarios are checked against."""
    return systems.load(system_name())


def read(text: str) -> Found:
    """The scenario of a text, or everything that is wrong with it."""
    place = system()
    problems = check_text(text, place)
    return Found(None, tuple(problems)) if problems else Found(read_text(text, place), ())


def argument(scenario: Scenario) -> list[tuple[str, list[Assumption]]]:
    """The assumptions in words, by what drives demand: the whole argument in the order that one tells it."""
    parts: dict[str, list[Assumption]] = {}
    for one in assumptions(scenario, system()):
        parts.setdefault(one.driver, []).append(one)
    order = [driver for driver in DRIVERS if driver in parts]
    rest = [driver for driver in parts if driver not in DRIVERS]
    return [(DRIVERS.get(driver, driver.replace("_", " ").capitalize()), parts[driver]) for driver in [*order, *rest]]


def about(text: str) -> Mapping[str, str]:
    """What activity each assumption of a text is about, by its name; empty for a text that cannot be read."""
    found = read(text).scenario
    return {} if found is None else {one.name: one.about for one in assumptions(found, system())}


def variants() -> tuple[str, ...]:
    """Variants of the population's projection."""
    try:
        return tuple(projection.known(system())[0])
    except UserError:
        return ()


def name_of(text: str) -> str:
    """The name that a text gives itself; blank if it has none."""
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""
    return str(found.get("name", ""))


def places() -> dict[str, str]:
    """Trusts and sites that an assumption may be about, in words."""
    place = system()
    found = {}
    for trust in place.trusts:
        found[trust] = f"{place.short_name(trust)}: the whole trust"
        found |= {site.code: site.short_name for site in place.sites_of(trust)}
    return found
