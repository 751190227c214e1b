"""What must hold between the parts of a scenario: its years, names, growths that meet, and overrides of capacity."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from wherry.planning.scenario.assumptions import DRIVERS, SAY_WHO
from wherry.planning.scenario.limits import MOST_YEARS
from wherry.planning.scenario.model import Growth, Where, year_words
from wherry.planning.scenario.parts import Reader
from wherry.planning.scenario.problems import Path, Problems
from wherry.planning.scenario.table import Table, is_number
from wherry.reference.system import System


def years(top: Table, base: int | None, horizon: int | None) -> None:
    """The horizon is not before the base year, nor too far from it."""
    if base is None or horizon is None:
        return
    if horizon < base:
        top.wrong(
            "horizon_year", f"{year_words(horizon)} is before the base year, {year_words(base)}.", "Turn them round."
        )
    elif horizon - base > MOST_YEARS:
        top.wrong(
            "horizon_year",
            f"{year_words(horizon)} is {horizon - base} years after the base year; {MOST_YEARS} is the most.",
            f"Write {year_words(base + MOST_YEARS)!r} or earlier.",
        )


def names(data: Mapping[str, Any], problems: Problems) -> None:
    """Every assumption has a name of its own, whatever list it is in."""
    seen: dict[str, Path] = {}
    for key in ("growth", *DRIVERS, "interventions"):
        listed = data.get(key)
        for place, one in enumerate(listed if isinstance(listed, list) else []):
            name = one.get("name") if isinstance(one, Mapping) else None
            if not isinstance(name, str) or not name.strip():
                continue
            name = name.strip()
            if name in seen:
                first = problems.line(seen[name])
                problems.add(
                    (key, place, "name"),
                    f"{name!r} is the name of another assumption{f', on line {first}' if first else ''}.",
                    "Give each a name of its own.",
                )
            seen.setdefault(name, (key, place, "name"))


def population_once(growth: list[Growth], system: System, problems: Problems, data: Mapping[str, Any]) -> None:
    """Two growths that include population may not meet: the people would be taken off twice."""
    if not growth:
        return
    places = {one["name"].strip(): place for place, one in enumerate(data["growth"]) if _named(one)}
    published = [one for one in growth if one.includes_population and one.name]
    for one, other in combinations(published, 2):
        if one.first <= other.last and other.first <= one.last and _meet(one.where, other.where, system):
            problems.add(
                ("growth", places[other.name]),
                f"includes population, as {one.name!r} does for some of the same activity in the same years.",
                "Let each kind at each site have one growth that includes population.",
            )


def _named(one: object) -> bool:
    return isinstance(one, Mapping) and isinstance(one.get("name"), str)


def _meet(one: Where, other: Where, system: System) -> bool:
    def sites(where: Where) -> set[str]:
        wanted = where.sites or system.trusts
        return {site.code for site in system.sites if site.code in wanted or site.organisation in wanted}

    def apart(mine: tuple[object, ...], others: tuple[object, ...]) -> bool:
        return bool(mine) and bool(others) and not set(mine) & set(others)

    if one.ages[0] > other.ages[1] or other.ages[0] > one.ages[1]:
        return False
    if any(apart(getattr(one, key), getattr(other, key)) for key in ("kinds", "whats", "sexes", "quintiles")):
        return False
    return bool(sites(one) & sites(other))


def capacity(reader: Reader, data: Mapping[str, Any]) -> tuple[tuple[tuple[str, object], ...], str]:
    """Overrides as pairs of dotted key and value; lists become tuples. They need a source, as every assumption does."""
    if "capacity" not in data:
        return (), ""
    given = data["capacity"]
    if not isinstance(given, Mapping):
        reader.problems.add(("capacity",), "must be a table of keys.", "Write [capacity].")
        return (), ""
    rest = {key: value for key, value in given.items() if key != "source"}
    table = Table({"source": given["source"]} if "source" in given else {}, ("capacity",), reader.problems, ("source",))
    source = table.text("source", needed=SAY_WHO if rest else "")
    pairs: list[tuple[str, object]] = []

    def flatten(inside: Mapping[str, Any], path: tuple[str, ...]) -> None:
        for key, value in inside.items():
            here = (*path, key)
            if isinstance(value, Mapping):
                flatten(value, here)
            elif isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
                reader.problems.add(
                    ("capacity", *here), "must be one value or a plain list.", "Give it a key of its own."
                )
            elif "." in key:
                reader.problems.add(("capacity", *here), "has a dot in its name.", "Leave out the quotes.")
            elif isinstance(value, int | float) and not isinstance(value, bool) and not is_number(value):
                reader.problems.add(("capacity", *here), f"{value!r} is not a number that can be used.", "")
            elif not isinstance(value, str | int | float | list):
                reader.problems.add(("capacity", *here), "must be a number, text, true or false.", "")
            else:
                pairs.append((".".join(here), tuple(value) if isinstance(value, list) else value))

    flatten(rest, ())
    return tuple(pairs), source
