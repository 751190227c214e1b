"""Reads of the published position: the trusts of the system, the group and England, beside one another."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

from wherry.errors import UserError
from wherry.hub import published
from wherry.hub.published import Published, RttPosition
from wherry.paths import systems_dir
from wherry.reference import standards
from wherry.reference import system as systems
from wherry.web import snapshot as snapshots

DATASET = "rtt"
ALL = "C_999"


@dataclass(frozen=True)
class Column:
    """One place of the comparison; `position` is blank where the publication does not have it."""

    code: str
    name: str
    position: RttPosition | None


@dataclass(frozen=True)
class Position:
    """The published page."""

    period: str
    last_day: date
    periods: tuple[str, ...]
    group_name: str
    function: str
    functions: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    chosen: Column
    target: standards.Standard | None
    standard: standards.Standard | None


_lock = threading.Lock()
_kept: dict[str, tuple[str, Published]] = {}


def current() -> Published | None:
    """The published statistics in use, opened once and kept until something is loaded; `None` if nothing ever was."""
    pointer = published.pointer()
    if pointer is None:
        return None
    from wherry.paths import hub_dir

    mark = f"{hub_dir()}:{pointer}"
    with _lock:
        kept = _kept.get("published")
        if kept is None or kept[0] != mark:
            kept = (mark, published.open())
            _kept["published"] = kept
    return kept[1]


def system() -> systems.System | None:
    """The system of the snapshot; without one, the only system there is."""
    found = snapshots.system()
    if found is not None:
        return found
    names = [path.parent.name for path in systems_dir().glob("*/system.toml")]
    return systems.load(names[0]) if len(names) == 1 else None


def position(period: str, function: str, who: str) -> Position | None:
    """The position of a month and treatment function; what is not known falls back to the newest, the total, the group.

    `None` when no RTT statistics are loaded, or no system says which trusts to show.
    """
    opened, of = current(), system()
    if opened is None or of is None:
        return None
    periods = opened.periods(DATASET)
    if not periods:
        return None
    month = period if period in periods else periods[-1]
    functions = opened.treatment_functions(month)
    code = function if function in functions else ALL
    columns = [Column(trust, of.short_name(trust), _try(opened, month, (trust,), code)) for trust in of.trusts]
    columns.append(Column("group", "Group", _try(opened, month, of.trusts, code)))
    columns.append(Column("england", "England", opened.rtt_england(month, code)))
    year, number = (int(part) for part in month.split("-"))
    last_day = date.fromordinal(date(year + number // 12, number % 12 + 1, 1).toordinal() - 1)
    return Position(
        period=month,
        last_day=last_day,
        periods=tuple(reversed(periods)),
        group_name=of.group_name,
        function=code,
        functions=tuple(sorted(functions.items(), key=lambda item: (item[0] != ALL, item[1]))),
        columns=tuple(columns),
        chosen=next((column for column in columns if column.code == who), columns[-2]),
        target=standards.in_force("rtt.18_weeks.target", last_day),
        standard=standards.in_force("rtt.18_weeks.share", last_day),
    )


def _try(opened: Published, period: str, trusts: tuple[str, ...], function: str) -> RttPosition | None:
    try:
        return opened.rtt_position(period, trusts, function)
    except UserError:
        return None
