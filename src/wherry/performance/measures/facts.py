"""The tables that measures are counted from: every column in words, and what one row is.

An expression of a definition may use the columns of its table and nothing else (`expressions`). Every table has
`organisation` (ODS code) and, where it is known, the columns of `model.Split`. A *stock* has a row for everybody who is
there at the end of each period; a *flow* has a row for each event, on the day it happened. `docs/measures.md` prints
this list; `counted` makes the tables.
"""

from __future__ import annotations

from wherry.performance.measures.fact import Column, Fact, Origin, Type
from wherry.performance.measures.facts_hub import FLOW, SNAPSHOT
from wherry.performance.measures.facts_other import ACTIONS, PUBLISHED

__all__ = ["TABLES", "Column", "Fact", "Origin", "Type"]

#: Every table by name.
TABLES: dict[str, Fact] = {fact.name: fact for fact in (*SNAPSHOT, *FLOW, *ACTIONS, *PUBLISHED)}


def page() -> str:
    """Every table and column as Markdown, as `docs/measures.md` prints it."""
    parts = []
    for fact in TABLES.values():
        when = "at the end of each period" if fact.stock else fact.moment
        lines = [f"### `{fact.name}`", "", f"One row: {fact.row}. Counted: {when}.", "", "| column | type | what |"]
        lines.append("|---|---|---|")
        lines += [f"| `{one.name}` | {one.type} | {one.words} |" for one in fact.columns]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
