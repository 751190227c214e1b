"""Access lines of plans."""

from __future__ import annotations

from matrix_line import A, E, Line, P

SEES = frozenset({A, E, P})
MAKES = frozenset({A, P})

PLANNING = (Line("planning:scenarios", SEES),)
