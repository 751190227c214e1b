"""What changed between two texts, line by line, so that nobody is asked to trust a summary."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

#: Unchanged lines that are shown around a change.
AROUND = 3


@dataclass(frozen=True)
class Line:
    """One line: `kind` is in, out, same or place (how far down the texts one is)."""

    kind: str
    text: str

    @property
    def words(self) -> str:
        """What became of it."""
        return {"in": "+ added", "out": "− taken out", "same": "", "place": "…"}[self.kind]


def difference(before: str, after: str) -> list[Line]:
    """The lines that differ, with some around them; nothing if the texts are alike.

    >>> [(line.kind, line.text) for line in difference("a\\nb", "a\\nc")]
    [('place', 'line 1'), ('same', 'a'), ('out', 'b'), ('in', 'c')]
    >>> difference("a", "a\\n")
    []
    """
    found = []
    rows = difflib.unified_diff(before.rstrip().split("\n"), after.rstrip().split("\n"), n=AROUND, lineterm="")
    for number, row in enumerate(rows):
        if number < 2:
            continue
        mark, text = row[:1], row[1:]
        if row.startswith("@@"):
            line = row.split("+")[1].split(" ")[0].split(",")[0]
            found.append(Line("place", f"line {line}"))
        else:
            found.append(Line({"+": "in", "-": "out"}.get(mark, "same"), text))
    return found


def counted(lines: list[Line]) -> str:
    """How many lines were added and taken out, in words.

    >>> counted(difference("a\\nb", "a\\nc"))
    '1 line added, 1 taken out'
    """
    more, fewer = (sum(line.kind == kind for line in lines) for kind in ("in", "out"))
    return f"{more} line{'' if more == 1 else 's'} added, {fewer} taken out"
