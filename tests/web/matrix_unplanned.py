"""Access lines of the unplanned care hub."""

from __future__ import annotations

from matrix_line import A, B, C, E, Line, P, T, U, V, W, X

_CALLS = frozenset({U, X})
_FLOW = frozenset({A, E, P, C, B, W, T, V, U, X})

UNPLANNED = (
    Line("unplanned:board", _CALLS),
    Line("unplanned:new", frozenset({X})),
    Line("unplanned:call", _CALLS, needs="call"),
    Line("unplanned:act", _CALLS, 400, "POST", needs="call_act"),
    Line("unplanned:measures", _FLOW),
)
