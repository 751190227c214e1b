"""Access lines of the next days."""

from __future__ import annotations

from matrix_line import A, B, C, E, Line, P, T, U, V, W, X

SEES_FLOW = frozenset({C, A, E, P, B, W, T, V, U, X})

OUTLOOK = (
    Line("outlook:next_days", SEES_FLOW),
    Line("outlook:months", SEES_FLOW),
    Line("outlook:ask", SEES_FLOW, 302, "POST"),
)
