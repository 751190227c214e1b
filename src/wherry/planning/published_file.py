"""What the sources published, item by item: `published.toml`, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.planning.answers.model import GROUP
from wherry.planning.capacity._reading import document, refuse_unknown
from wherry.planning.published_measures import HOW, MEASURES
from wherry.reference.system import System

_KEYS = (
    "name", "words", "source", "how", "value", "rounding", "at_least", "measures", "place", "ages", "from", "to",
    "scenarios", "intervention", "occupancy", "why", "note",
)  # fmt: skip
_NEEDED = ("name", "words", "source", "how")
#: How an item is not held against anything: `why` says why.
NOT_MODELLED = "not_modelled"
#: A comparison with the base year itself, or with people alone, needs no scenario; `why` of it is under this name.
BASE = "base"


@dataclass(frozen=True)
class Item:
    """One published result. `value` and `rounding` (half of its last digit) are in the unit of `how`.

    Years are first calendar years. `scenarios` it is held against; `why` by scenario (or `base`): why ours is not it.
    `at_least`: the source says so much or more. `places`: sites or trusts, blank for the group.
    """

    name: str
    words: str
    source: str
    how: str
    value: float
    rounding: float
    at_least: bool
    measures: tuple[str, ...]
    place: str
    ages: tuple[int, int]
    first: int
    last: int
    scenarios: tuple[str, ...]
    intervention: str
    occupancy: float
    why: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def read(path: Path, system: System, scenarios: tuple[str, ...]) -> tuple[Item, ...]:
    """The items of a file, in its order. UserError says which item and key is wrong and what to do."""
    if not path.is_file():
        raise UserError(
            f"{path} is missing, so there is nothing to hold plans against. See docs/beds.md for its shape."
        )
    found = document(path)
    refuse_unknown(found, ("item",), str(path))
    rows = found.get("item", [])
    if not isinstance(rows, list) or not rows:
        raise UserError(f"{path}: there is no [[item]]. Write at least one published result.")
    items = tuple(
        _item(row, f"{path} [[item]] number {number}", system, scenarios) for number, row in enumerate(rows, 1)
    )
    names = [item.name for item in items]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"{path}: two items are called {', '.join(twice)}. Give each a name of its own.")
    return items


def _item(row: Mapping[str, Any], where: str, system: System, scenarios: tuple[str, ...]) -> Item:
    if not isinstance(row, dict):
        raise UserError(f"{where} is not a table. Write [[item]] and its keys below it.")
    refuse_unknown(row, _KEYS, where)
    for key in _NEEDED:
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise UserError(f"{where}: {key!r} is missing or blank. Write it as text.")
    where = f"{where} ({row['name']})"
    refuse_unknown([row["how"]], (*HOW, NOT_MODELLED), where, "way to compare (how)")
    why = row.get("why", {})
    if row["how"] == NOT_MODELLED:
        why = {BASE: why} if isinstance(why, str) else why
        if not isinstance(why, dict) or not str(why.get(BASE, "")).strip():
            raise UserError(f"{where}: what is not modelled needs a 'why'. Say why nothing here is held against it.")
        return Item(
            name=row["name"], words=row["words"], source=row["source"], how=NOT_MODELLED, value=0.0, rounding=0.0,
            at_least=False, measures=(), place=GROUP, ages=(0, 200), first=0, last=0, scenarios=(), intervention="",
            occupancy=1.0, why=why, note=str(row.get("note", "")),
        )  # fmt: skip
    if not isinstance(why, dict) or not all(isinstance(one, str) and one.strip() for one in why.values()):
        raise UserError(f"{where}: 'why' is a table of words by scenario, as why = {{ no-change = \"...\" }}.")
    of_scenarios = tuple(row.get("scenarios", ()))
    refuse_unknown(of_scenarios, scenarios, where, "scenario of the system")
    refuse_unknown(why, of_scenarios or (BASE,), where, "scenario that this item is held against")
    measures = tuple(row.get("measures", ()))
    refuse_unknown(measures, MEASURES, where, "measure")
    place = str(row.get("place", GROUP))
    refuse_unknown([place], (GROUP, *system.trusts, *(site.code for site in system.sites)), where, "place")
    return Item(
        name=row["name"],
        words=row["words"],
        source=row["source"],
        how=row["how"],
        value=_number(row, "value", where),
        rounding=_number(row, "rounding", where),
        at_least=row.get("at_least", False) is True,
        measures=measures,
        place=place,
        ages=_ages(row.get("ages", [0, 200]), where),
        first=_year(row.get("from", "2023/24"), where),
        last=_year(row.get("to", "2033/34"), where),
        scenarios=of_scenarios,
        intervention=str(row.get("intervention", "")),
        occupancy=float(row.get("occupancy", 1.0)),
        why=why,
        note=str(row.get("note", "")),
    )


def _number(row: Mapping[str, Any], key: str, where: str) -> float:
    value = row.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise UserError(f"{where}: {key!r} must be a number, not {value!r}.")
    return float(value)


def _ages(value: Any, where: str) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or not 0 <= value[0] <= value[1]:
        raise UserError(f"{where}: 'ages' must be two whole years, the younger first, not {value!r}.")
    return (int(value[0]), int(value[1]))


def _year(text: Any, where: str) -> int:
    found = re.fullmatch(r"([0-9]{4})(/[0-9]{2})?", str(text))
    if not found:
        raise UserError(f"{where}: {text!r} is not a year such as 2033/34, or 2033 for people.")
    return int(found[1])
