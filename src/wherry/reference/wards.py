"""Wards, bays and beds of a system's hospitals: `systems/<name>/wards.toml`, read and checked.

A bed's key is `SITE|WARD|BAY|NUMBER`, for instance `RM102|M1|A|3`. Kinds of ward say what counts: occupancy is of
`ward` and `assessment` beds, with `escalation` beds when they are open; critical care is apart; places of an emergency
department or a discharge lounge are no beds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from wherry.errors import UserError

Kind = Literal["ward", "assessment", "critical", "escalation", "emergency", "lounge"]
Who = Literal["female", "male", "any", "single"]
KINDS: tuple[str, ...] = get_args(Kind)
WHO: tuple[str, ...] = get_args(Who)
#: Ward groups of adult general and acute beds: what the 92% is about. Children, maternity and critical care are apart.
GENERAL_AND_ACUTE = ("older", "surgery", "medicine")
_KEYS = ("site", "code", "words", "kind", "group", "takes", "bays", "source")


@dataclass(frozen=True)
class Bed:
    """One place where a patient may lie. `who` is whom its bay is for; a `single` room takes anybody."""

    key: str
    site: str
    ward: str
    bay: str
    number: int
    who: Who


@dataclass(frozen=True)
class Ward:
    """One ward: its beds in order, its ward group, and the treatment functions that it is for, its own first."""

    site: str
    code: str
    words: str
    kind: Kind
    group: str
    takes: tuple[str, ...]
    beds: tuple[Bed, ...]
    source: str

    @property
    def key(self) -> str:
        """`SITE|WARD`."""
        return f"{self.site}|{self.code}"

    @property
    def general_and_acute(self) -> bool:
        """Whether its beds are adult general and acute ones."""
        return self.group in GENERAL_AND_ACUTE and self.kind in ("ward", "assessment", "escalation")


@cache
def load(system: str) -> tuple[Ward, ...]:
    """The wards of a system, in the order of its file. UserError, with the ward's place in the file, if it is wrong."""
    from wherry.paths import system_dir

    return read(system_dir(system) / "wards.toml")


def read(path: Path) -> tuple[Ward, ...]:
    """The wards of one file."""
    if not path.is_file():
        raise UserError(f"{path} is missing: without it no bed is known. See docs/beds-now.md for how to write it.")
    wards: list[Ward] = []
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("ward", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from None
    for number, row in enumerate(rows, start=1):
        wards.append(_ward(row, f"{path.name}, ward {number} ({row.get('site', '?')} {row.get('code', '?')})"))
    keys = [ward.key for ward in wards]
    for key in keys:
        if keys.count(key) > 1:
            raise UserError(f"{path.name}: ward {key.replace('|', ' ')} is there twice. Give each ward its own code.")
    return tuple(wards)


def _ward(row: Mapping[str, Any], where: str) -> Ward:
    if strange := sorted(set(row) - set(_KEYS)):
        raise UserError(f"{where}: {strange[0]!r} is not known here. Known: {', '.join(_KEYS)}.")
    if missing := [key for key in _KEYS if key not in row]:
        raise UserError(f"{where}: {missing[0]!r} is missing.")
    if row["kind"] not in KINDS:
        raise UserError(f"{where}: kind {row['kind']!r} is none of {', '.join(KINDS)}.")
    for name in ("site", "code"):
        if not row[name] or set(row[name]) & set("|^~&: "):
            raise UserError(f"{where}: {name} {row[name]!r} must be a short code without | ^ ~ & : or a space.")
    beds: list[Bed] = []
    for text in row["bays"]:
        bay, count, who = _bay(text, where)
        if any(bed.bay == bay for bed in beds):
            raise UserError(f"{where}: bay {bay!r} is there twice.")
        prefix = f"{row['site']}|{row['code']}|{bay}"
        beds += [Bed(f"{prefix}|{n}", row["site"], row["code"], bay, n, who) for n in range(1, count + 1)]
    return Ward(
        row["site"],
        row["code"],
        row["words"],
        row["kind"],
        row["group"],
        tuple(row["takes"]),
        tuple(beds),
        row["source"],
    )


def _bay(text: str, where: str) -> tuple[str, int, Who]:
    parts = str(text).split(":")
    if len(parts) != 3 or not parts[0] or not parts[1].isdigit() or not 0 < int(parts[1]) < 200:
        raise UserError(f"{where}: bay {text!r} is not name:beds:who, for instance A:6:female.")
    for who in get_args(Who):
        if parts[2] == who:
            return parts[0], int(parts[1]), who
    raise UserError(f"{where}: bay {text!r} is for none of {', '.join(WHO)}.")
