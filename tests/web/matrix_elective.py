"""Access lines of elective work."""

from __future__ import annotations

from matrix_line import OPENS, A, C, E, Line, M, N

TOTALS = frozenset({M, C, A, E})

ELECTIVE = (
    Line("elective:aid", TOTALS),
    Line("elective:diagnostics", OPENS),
    Line("elective:capacity", frozenset({*TOTALS, N})),
)
