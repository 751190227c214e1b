"""How patients flow in a system: `beds.toml`, read strictly. What is not known is refused with a suggestion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.planning.beds.spec import Change, Pathway, Ward
from wherry.planning.capacity._reading import document, refuse_unknown
from wherry.planning.capacity.wards import wards as ward_groups
from wherry.reference.system import System
from wherry.reference.system import load as load_system

#: Sections and their keys; every leaf is a table of value, source and certainty.
_KEYS: dict[str, tuple[str, ...]] = {
    "hours": ("emergency", "maternity", "elective", "leaving"),
    "leaving": ("weekend_share", "same_day_hours", "delay_factor"),
    "rules": (
        "cleaning_hours", "planned_outlie", "cancel_hour", "rebook_days", "first_limit_hours", "second_limit_hours",
        "pooling", "pooling_hours", "transfer_hours",
    ),
    "run": ("measure", "half_width", "least", "most", "settled_within", "pilot_runs", "risk", "seed"),
}  # fmt: skip
_PATHWAY = ("words", "share", "mean_days")
_WARD = ("outliers_to", "general", "transfers")
_CHANGE = ("site", "ward", "months", "beds", "why", "source")
_WORDS = {bool: "true or false", str: "text", list: "a list", float: "a number"}


@dataclass(frozen=True)
class Settings:
    """The file, checked. `rules` and `run` by name; `hours` are 24 weights; `log` rows of path, value and source."""

    system: str
    hours: Mapping[str, tuple[float, ...]] = field(repr=False)
    leaving: Mapping[str, Any]
    rules: Mapping[str, Any]
    run: Mapping[str, Any]
    pathways: tuple[Pathway, ...]
    wards: tuple[Ward, ...]
    changes: tuple[Change, ...]
    log: tuple[tuple[str, str, str], ...] = field(repr=False)


def load(system: System | str) -> Settings:
    """The settings of a system. UserError says which key of the file is wrong and why.

    >>> load("norfolk-waveney").rules["rebook_days"], load("norfolk-waveney").wards[2].outlie_to
    (14, ('medicine', 'surgery'))
    """
    held = load_system(system) if isinstance(system, str) else system
    return read(held.folder / "beds.toml", held)


def read(path: Path, system: System) -> Settings:
    """The same from any file."""
    found = document(path)
    refuse_unknown(found, (*_KEYS, "pathway", "ward", "change"), str(path))
    log: list[tuple[str, str, str]] = []
    parts = {section: _section(found, section, keys, path, log) for section, keys in _KEYS.items()}
    pathways = []
    for code, table in found.get("pathway", {}).items():
        values = _table(table, _PATHWAY, f"pathway.{code}", path, log, bare=("words",))
        pathways.append(Pathway(code, str(values["words"]), float(values["share"]), float(values["mean_days"])))
    groups = ward_groups(system)
    given = found.get("ward", {})
    refuse_unknown(given, [group.code for group in groups], f"{path} [ward]", "ward group")
    wards = []
    for group in groups:
        if group.code not in given:
            raise UserError(f"{path}: [ward.{group.code}] is missing. Write where its outliers may lie.")
        values = _table(given[group.code], _WARD, f"ward.{group.code}", path, log)
        refuse_unknown(values["outliers_to"], [one.code for one in groups], f"{path} [ward.{group.code}]", "ward group")
        wards.append(
            Ward(group.code, group.words, tuple(values["outliers_to"]), values["general"], values["transfers"])
        )
    return Settings(
        system=system.name,
        hours={kind: _weights(values, f"{path} [hours] {kind}") for kind, values in parts["hours"].items()},
        leaving=parts["leaving"],
        rules=parts["rules"],
        run=parts["run"],
        pathways=tuple(pathways),
        wards=tuple(wards),
        changes=tuple(_change(row, f"{path} [[change]] number {n}", log) for n, row in _rows(found, path)),
        log=tuple(log),
    )


def _section(
    found: Mapping[str, Any], section: str, keys: tuple[str, ...], path: Path, log: list[tuple[str, str, str]]
) -> dict[str, Any]:
    if not isinstance(found.get(section), dict):
        raise UserError(f"{path}: [{section}] is missing. Write it, with {', '.join(keys)}.")
    return _table(found[section], keys, section, path, log)


def _table(
    table: Any, keys: tuple[str, ...], name: str, path: Path, log: list[tuple[str, str, str]],
    bare: tuple[str, ...] = (),
) -> dict[str, Any]:  # fmt: skip
    where = f"{path} [{name}]"
    if not isinstance(table, dict):
        raise UserError(f"{where} must be a table, not {table!r}.")
    refuse_unknown(table, keys, where)
    values: dict[str, Any] = {}
    for key in keys:
        if key not in table:
            raise UserError(f"{where}: {key!r} is missing. Write it, with its source.")
        if key in bare:
            values[key] = table[key]
            continue
        leaf = table[key]
        if not isinstance(leaf, dict) or "value" not in leaf:
            raise UserError(f'{where}: {key!r} must be a table {{ value = ..., source = "..." }}, not {leaf!r}.')
        refuse_unknown(leaf, ("value", "source", "certainty"), f"{where} {key}")
        if not isinstance(leaf.get("source"), str) or not leaf["source"].strip():
            raise UserError(f"{where}: {key!r} has no source. Say who says so, or that it is your own default.")
        values[key] = _value(key, leaf["value"], f"{where}: {key!r}")
        shown = ", ".join(f"{one}" for one in leaf["value"]) if isinstance(leaf["value"], list) else str(leaf["value"])
        log.append((f"{name}.{key}", shown, leaf["source"]))
    return values


def _value(key: str, value: Any, where: str) -> Any:
    """A value of the right kind and between the right ends."""
    kinds: dict[str, type] = {
        "planned_outlie": bool, "general": bool, "transfers": bool, "pooling": str, "measure": str,
        "outliers_to": list, "same_day_hours": list,
        "emergency": list, "maternity": list, "elective": list, "leaving": list,
    }  # fmt: skip
    kind = kinds.get(key, float)
    right = isinstance(value, int | float) and not isinstance(value, bool) if kind is float else type(value) is kind
    if not right:
        raise UserError(f"{where} must be {_WORDS[kind]}, not {value!r}.")
    if kind is float:
        share = key in ("share", "weekend_share", "half_width", "risk", "settled_within")
        if value < 0 or (share and value > 1):
            raise UserError(f"{where} must be {'between 0 and 1' if share else '0 or more'}, not {value!r}.")
        if key in ("least", "most", "pilot_runs", "seed", "cancel_hour", "rebook_days") and value != int(value):
            raise UserError(f"{where} must be a whole number, not {value!r}.")
    if key == "pooling" and value not in ("none", "after", "full"):
        raise UserError(f"{where} must be none, after or full, not {value!r}.")
    if key == "same_day_hours" and not (len(value) == 2 and 0 <= value[0] <= value[1] <= 24):
        raise UserError(f"{where} must be two hours from 0 to 24, the fewer first, not {value!r}.")
    return value


def _weights(values: list[Any], where: str) -> tuple[float, ...]:
    numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool) and one >= 0]
    if len(values) != 24 or len(numbers) != 24 or sum(numbers) == 0:
        raise UserError(f"{where} must be 24 weights of 0 or more, midnight first, not {values!r}.")
    return tuple(float(one) for one in numbers)


def _rows(found: Mapping[str, Any], path: Path) -> list[tuple[int, Any]]:
    rows = found.get("change", [])
    if not isinstance(rows, list):
        raise UserError(f"{path}: 'change' must be written as [[change]].")
    return list(enumerate(rows, 1))


def _change(row: Any, where: str, log: list[tuple[str, str, str]]) -> Change:
    refuse_unknown(row, _CHANGE, where)
    for key in _CHANGE:
        if key not in row:
            raise UserError(f"{where}: {key!r} is missing. A change of beds has {', '.join(_CHANGE)}.")
    log.append((f"change at {row['site']}, {row['ward']}", f"{row['beds']:+} beds: {row['why']}", row["source"]))
    return Change(row["site"], row["ward"], tuple(row["months"]), int(row["beds"]), row["why"])
