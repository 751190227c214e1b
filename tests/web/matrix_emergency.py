"""Access lines of the emergency department, ambulances and the escalation level."""

from __future__ import annotations

from matrix_line import A, B, C, E, Line, P, T, U, V, W, X

_FLOW = frozenset({A, E, P, C, B, W, T, V, U, X})

EMERGENCY = (
    Line("emergency:now", _FLOW),
    Line("emergency:people", _FLOW),
    Line("emergency:ambulances", _FLOW),
    Line("emergency:trend", _FLOW),
    Line("emergency:escalation", _FLOW),
    Line("emergency:act", frozenset({B}), 400, "POST"),
    Line("emergency:versions", _FLOW),
)
