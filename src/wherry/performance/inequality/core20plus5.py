"""Core20PLUS5: the most deprived fifth of England against the rest, in five clinical areas for adults and for children.

The areas, the groups chosen here, and which measure stands for what are data
(`systems/<name>/performance/core20plus5.toml`). An area without a measure, without figures or without figures by
deprivation says which of these it is and who has the data; nothing is ever shown as well without figures.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from wherry.errors import UserError
from wherry.performance.inequality.breakdown import Breakdown
from wherry.performance.inequality.categories import MOST
from wherry.performance.inequality.gaps import Gap, gap
from wherry.performance.inequality.parts import Part, together
from wherry.performance.measures.model import Measure, Split
from wherry.reference.system import System

FILE = "core20plus5.toml"
AUDIENCES = {"adults": "Adults", "children": "Children and young people"}
CERTAINTIES = ("sourced", "general knowledge", "own default")
REST = "Everybody else whose deprivation is known"
_T = TypeVar("_T", "Group", "Area")
_LEFT = "Nothing of Core20PLUS5 is shown until it is mended."


@dataclass(frozen=True)
class Group:
    """A group of people: the most deprived fifth, or one chosen here. `people` None where nobody counted them."""

    name: str
    source: str
    certainty: str
    code: str = "core20"
    what: str = ""
    people: int | None = None


@dataclass(frozen=True)
class Area:
    """A clinical area: what is wanted, the codes of its measures, and who has the data where there is no measure."""

    audience: str
    code: str
    name: str
    aim: str
    measures: tuple[str, ...]
    who_has: str
    source: str
    certainty: str
    who_has_certainty: str = "general knowledge"


@dataclass(frozen=True)
class Plan:
    """The whole file."""

    core20: Group
    plus: tuple[Group, ...]
    areas: tuple[Area, ...]


class State(StrEnum):
    """What can be said of one measure."""

    NO_MEASURE = "no measure"
    NO_DATA = "no data"
    NO_SPLIT = "not split by deprivation"
    COUNT = "a plain count"
    WITHHELD = "withheld"
    COMPARED = "compared"


@dataclass(frozen=True)
class Line:
    """One measure of an area (or none): `core` against `rest`, and the figure of everybody."""

    area: Area
    code: str
    measure: Measure | None
    state: State
    breakdown: Breakdown | None = None
    total: Part | None = None
    core: Part | None = None
    rest: Part | None = None
    gap: Gap | None = None

    @property
    def words(self) -> str:
        """What a reader is told first.

        >>> Line(Area("adults", "a", "A", "", (), "General practices", "", "sourced"), "", None, State.NO_MEASURE).words
        'No data. Who has it: General practices'
        """
        if self.state in (State.NO_MEASURE, State.NO_DATA):
            return f"No data. Who has it: {self.area.who_has}"
        if self.state is State.NO_SPLIT:
            return "There are figures, but not by deprivation"
        if self.state is State.COUNT:
            return "A plain count: the groups differ in size, so nothing is compared"
        if self.state is State.WITHHELD or self.gap is None:
            return "Too few people to show"
        if self.gap.clear is None:
            return "Compared, but no interval can be made"
        if not self.gap.clear:
            return "No clear difference"
        if self.gap.worse is None:
            return "Different"
        return "Worse for Core20" if self.gap.worse else "Better for Core20"


def read(system: System | None) -> Plan | None:
    """The system's file; None where it has none. Raises UserError that names the file and the key."""
    path = system.folder / "performance" / FILE if system is not None else None
    return _read(path) if path is not None and path.is_file() else None


def _read(path: Path) -> Plan:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML ({error}). {_LEFT}") from None
    strange = sorted(set(found) - {"core20", "plus", "area"})
    if strange or "core20" not in found:
        raise UserError(f"{path}: " + (f"no {strange[0]} is known" if strange else "core20 is missing") + f". {_LEFT}")
    core = _made(path, Group, "core20", found["core20"])
    plus = tuple(_made(path, Group, "plus", row) for row in found.get("plus", []))
    areas = tuple(_made(path, Area, "area", row) for row in found.get("area", []))
    for area in areas:
        if area.audience not in AUDIENCES:
            raise UserError(f"{path}: {area.code} is for {area.audience!r}, none of {', '.join(AUDIENCES)}. {_LEFT}")
    return Plan(core, plus, areas)


def _made(path: Path, kind: type[_T], where: str, row: Mapping[str, Any]) -> _T:
    known = {field.name for field in fields(kind)}
    strange = sorted(set(row) - known)
    if strange:
        raise UserError(f"{path}: {where} knows no {strange[0]}. It has {', '.join(sorted(known))}. {_LEFT}")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    try:
        made = kind(**values)
    except TypeError as error:
        raise UserError(f"{path}: {where} {row.get('name', '')!r} lacks something ({error}). {_LEFT}") from None
    if row.get("certainty") not in CERTAINTIES:
        raise UserError(f"{path}: {where} {row.get('name')!r} needs a certainty: {', '.join(CERTAINTIES)}. {_LEFT}")
    return made


def lines(
    plan: Plan,
    measures: Mapping[str, Measure],
    newest: Callable[[Measure], Breakdown | None],
    everybody: Callable[[Measure], Part | None],
) -> list[Line]:
    """Every area with each of its measures, or one line that says there is none.

    `newest` gives a measure by deprivation, `everybody` its newest figure; both as the reader may see them.
    """
    made: list[Line] = []
    for area in plan.areas:
        known = [measures[code] for code in area.measures if code in measures]
        if not known:
            made.append(Line(area, "", None, State.NO_MEASURE))
        made.extend(_line(area, one, newest(one), everybody(one)) for one in known)
    return made


def _line(area: Area, measure: Measure, one: Breakdown | None, total: Part | None) -> Line:
    if one is None or one.split is not Split.IMD_QUINTILE:
        state = State.NO_DATA if total is None else State.NO_SPLIT
        return Line(area, measure.code, measure, state, total=total)
    core, rest, apart = against_rest(measure, one)
    if measure.unit == "number":
        return Line(area, measure.code, measure, State.COUNT, one, total, core)
    state = State.COMPARED if apart is not None else State.WITHHELD
    return Line(area, measure.code, measure, state, one, total, core, rest, apart)


def against_rest(measure: Measure, one: Breakdown) -> tuple[Part | None, Part | None, Gap | None]:
    """The most deprived fifth, everybody else whose deprivation is known as sums over sums, and the gap."""
    core = next((part for part in one.parts if part.code == MOST and part.known), None)
    others = [part for part in one.parts if part.known and part.code != MOST]
    if core is None or core.withheld or any(part.withheld for part in others) or measure.unit == "number":
        return core, None, None
    rest = together(measure, others, REST)
    return core, rest, gap(measure, core, rest) if rest is not None else None
