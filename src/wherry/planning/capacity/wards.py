"""Ward groups of a system, from its `capacity.toml`: which beds a spell fills."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.planning.capacity._reading import document, refuse_unknown
from wherry.planning.capacity.model import WardGroup
from wherry.reference.activity import KINDS
from wherry.reference.system import System
from wherry.reference.system import load as load_system
from wherry.reference.treatment_functions import all_functions

_KEYS = ("code", "words", "kinds", "whats", "ages", "source", "certainty")


def path_of(system: System | str) -> Path:
    """The capacity file of a system, by the system or its name."""
    held = load_system(system) if isinstance(system, str) else system
    return held.folder / "capacity.toml"


def wards(system: System | str) -> tuple[WardGroup, ...]:
    """The ward groups in the order in which their rules are tried. `UserError` says which rule is wrong and why.

    >>> [ward.code for ward in wards("norfolk-waveney")]
    ['maternity', 'children', 'older', 'surgery', 'medicine']
    """
    path = path_of(system)
    return read_wards(document(path), path)


def ward_of(groups: tuple[WardGroup, ...], kind: str, what: str, age: int) -> int:
    """The place in `groups` of the first whose rule fits a spell; -1 for one that fills no bed at night.

    >>> groups = wards("norfolk-waveney")
    >>> [groups[ward_of(groups, "emergency", what, age)].code for what, age in (("430", 88), ("110", 50), ("300", 9))]
    ['older', 'surgery', 'children']
    >>> ward_of(groups, "day_case", "110", 50)
    -1
    """
    if not KINDS[kind].nights:
        return -1
    for place, group in enumerate(groups):
        if (
            (not group.kinds or kind in group.kinds)
            and (not group.whats or what in group.whats)
            and group.ages[0] <= age <= group.ages[1]
        ):
            return place
    return -1


def read_wards(found: dict[str, Any], path: Path) -> tuple[WardGroup, ...]:
    """The ward groups of a document that has been read."""
    rows = found.get("ward", [])
    if not isinstance(rows, list) or not rows:
        raise UserError(f"{path}: there is no [[ward]]. Write at least one group of wards, with code and words.")
    made = tuple(_ward(row, f"{path} [[ward]] number {number}") for number, row in enumerate(rows, 1))
    codes = [ward.code for ward in made]
    if len(set(codes)) < len(codes):
        raise UserError(f"{path}: two groups of wards have one code ({', '.join(codes)}). Give each its own.")
    return made


def _ward(row: Any, where: str) -> WardGroup:
    if not isinstance(row, dict):
        raise UserError(f"{where} is not a table. Write [[ward]] and its keys below it.")
    refuse_unknown(row, _KEYS, where)
    for key in ("code", "words", "source"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise UserError(f"{where}: {key!r} is missing or blank. Write it as text.")
    lists: dict[str, tuple[str, ...]] = {}
    for key in ("kinds", "whats"):
        given = row.get(key, [])
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise UserError(f"{where}: {key!r} must be a list of codes as text, not {given!r}.")
        lists[key] = tuple(given)
    with_nights = [code for code, kind in KINDS.items() if kind.nights]
    refuse_unknown(lists["kinds"], with_nights, where, "kind of activity that fills beds at night")
    refuse_unknown(lists["whats"], list(all_functions()), where, "treatment function")
    return WardGroup(row["code"], row["words"], lists["kinds"], lists["whats"], _ages(row.get("ages"), where))


def _ages(given: Any, where: str) -> tuple[int, int]:
    if given is None:
        return (0, 200)
    whole = isinstance(given, list) and len(given) == 2 and all(type(age) is int for age in given)
    if not whole or not 0 <= given[0] <= given[1]:
        raise UserError(f"{where}: 'ages' must be two whole years, the younger first, not {given!r}.")
    return (given[0], given[1])
