"""Groups of procedures that are planned and compared as one: their OPCS-4 codes, how hard they are, usual minutes.

The groups, complexities and minutes are our own defaults, for a system without cases of its own yet; a hospital's own
case lengths come from its theatre cases. Codes: OPCS-4, without the point.
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.reference._data import csv_rows


@dataclass(frozen=True)
class ProcedureGroup:
    """One group. `treatment_function` is where it usually belongs (blank: any); `minutes` is the usual case length."""

    code: str
    words: str
    treatment_function: str
    procedures: tuple[str, ...]
    complexity: str
    minutes: int


#: Every group by its code.
GROUPS: dict[str, ProcedureGroup] = {
    row["code"]: ProcedureGroup(
        row["code"],
        row["words"],
        row["treatment_function"],
        tuple(row["procedures"].split()),
        row["complexity"],
        int(row["minutes"]),
    )
    for row in csv_rows("procedure_groups.csv")
}

#: The group that holds every procedure that no other names.
OTHER = "other_procedure"

_GROUP_OF = {procedure: group.code for group in GROUPS.values() for procedure in group.procedures}


def group_of(procedure: str | None) -> str:
    """The group of an OPCS-4 code; `OTHER` for a blank or unlisted one.

    >>> group_of("C712"), group_of("W381"), group_of(None)
    ('cataract', 'hip_knee_replacement', 'other_procedure')
    """
    return _GROUP_OF.get((procedure or "").replace(".", "").strip().upper(), OTHER)
