"""Access lines of leaving hospital."""

from __future__ import annotations

from matrix_line import ALL, A, B, C, E, K, Line, P, T, U, V, W, X

_SEES = frozenset({C, B, W, T})
_OWN = frozenset({W, T, K})
_TOTALS = frozenset({A, B, C, E, P, T, U, V, W, X})

DISCHARGE = (
    Line("discharge:list", _SEES),
    Line("discharge:export", frozenset({T})),
    Line("discharge:rules", ALL),
    Line("discharge:round", _SEES),
    Line("discharge:reviews", _SEES),
    Line("discharge:metrics", _TOTALS),
    Line("discharge:rota", _OWN),
    Line("discharge:escalations", ALL),
    Line("discharge:mine", _OWN),
    Line("discharge:mine_export", _OWN),
    Line("discharge:mine_patient", _OWN, needs="discharge_own"),
    Line("discharge:patient", _SEES, needs="discharge_patient"),
)
