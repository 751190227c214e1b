"""Whose figures a reader can ask for: the group, each organisation, each place."""

from __future__ import annotations

from datetime import date

from wherry.performance.measures.values import Scope
from wherry.reference.system import System

GROUP = "group"
_REPORTING = frozenset({"trust", "council", "voluntary"})


def scopes(system: System, on: date) -> tuple[Scope, ...]:
    """The group, then every organisation that reports, the group's trusts first, then every place by name.

    The group's figures are the sums of all that report; those of its boards, which answer for everybody, only where
    nobody else has any, and those of a board that has closed since too. A district council has the code of its place:
    that code is the place's, and the council's own figures are in the group's alone.
    """
    known = {
        row.code: row for row in system.organisations if row.from_date <= on and (not row.to_date or on <= row.to_date)
    }
    ours = [known[code] for code in system.trusts if code in known]
    others = [row for row in known.values() if row.kind in _REPORTING and row.code not in system.trusts]
    boards = tuple(dict.fromkeys((*system.icbs, *([system.commissioner] if system.commissioner else []))))
    reporting = tuple(row.code for row in (*ours, *others))
    group = Scope(GROUP, system.group_name, reporting, GROUP, otherwise=boards)
    districts = places(system)
    single = [
        Scope(row.code, row.short_name or row.name, (row.code,))
        for row in (*ours, *others)
        if row.code not in districts
    ]
    placed = [
        Scope(code, name, reporting, "place", place=code, otherwise=boards)
        for code, name in sorted(districts.items(), key=lambda row: row[1])
    ]
    return (group, *single, *placed)


def places(system: System) -> dict[str, str]:
    """Places by the code of their district."""
    if not (system.folder / "places.csv").is_file() or "district_code" not in system.places.column_names:
        return {}
    codes, names = system.places["district_code"].to_pylist(), system.places["district"].to_pylist()
    return {str(code): str(name) for code, name in zip(codes, names, strict=True)}
