"""Access lines of bed state."""

from __future__ import annotations

from matrix_line import A, B, C, E, Line, P, T, U, V, W, X

_FLOW = frozenset({A, B, C, E, P, T, U, V, W, X})

BEDS_NOW = (
    Line("beds:state", _FLOW),
    Line("beds:export", _FLOW),
    Line("beds:history", _FLOW),
    Line("beds:place", frozenset({B})),
    Line("beds:hold", frozenset({B}), 400, "POST"),
    Line("beds:act", frozenset({B, W}), 400, "POST"),
    Line("beds:ward", _FLOW, needs="ward"),
    Line("beds:bed", _FLOW, needs="bed"),
)
