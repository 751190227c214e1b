"""What differs between two versions of the escalation table, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from wherry.flow.escalation.table import Table

_PLAIN = (
    *("words", "framework", "from_date", "to_date", "placeholder", "least_reviewed_percent", "source", "certainty"),
    "levels",
)


def differences(old: Table, new: Table) -> list[str]:
    """One sentence a difference, in the order of the file.

    >>> from dataclasses import replace
    >>> from wherry.flow.escalation.table import builtin
    >>> differences(builtin(), replace(builtin(), key="x", levels=(0, 7, 15, 21)))
    ['levels: 0, 7, 14, 21 → 0, 7, 15, 21']
    """
    found = [
        f"{name.replace('_', ' ')}: {_said(getattr(old, name))} → {_said(getattr(new, name))}"
        for name in _PLAIN
        if getattr(old, name) != getattr(new, name)
    ]
    found += _rows("parameter", old.parameters, new.parameters)
    found += _rows("pillar", old.pillars, new.pillars)
    found += _rows("action", old.actions, new.actions)
    if dict(old.sites) != dict(new.sites):
        found.append(f"sites: {_said(old.sites)} → {_said(new.sites)}")
    return found


def _rows(kind: str, old: Sequence[Any], new: Sequence[Any]) -> list[str]:
    before, after = {row.code: row for row in old}, {row.code: row for row in new}
    found = [f"{kind} {code}: taken away" for code in before if code not in after]
    found += [f"{kind} {code}: added" for code in after if code not in before]
    for code in before:
        if code in after:
            for field in fields(before[code]):
                was, is_now = getattr(before[code], field.name), getattr(after[code], field.name)
                if was != is_now:
                    found.append(f"{kind} {code}, {field.name.replace('_', ' ')}: {_said(was)} → {_said(is_now)}")
    return found


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_said(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_said(part)}" for key, part in value.items()) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
