"""Access lines of virtual wards."""

from __future__ import annotations

from matrix_line import B, C, Line, T, U, V, W

_SEE = frozenset({C, B, T, V})

VIRTUAL = (
    Line("virtual:board", _SEE),
    Line("virtual:referrals", _SEE),
    Line("virtual:refer", frozenset({C, B, W, T, V, U})),
    Line("virtual:referral", _SEE, needs="virtual_referral"),
    Line("virtual:referral_act", _SEE, 400, "POST", needs="virtual_referral"),
    Line("virtual:patient", _SEE, needs="virtual_patient"),
    Line("virtual:act", _SEE, 400, "POST", needs="virtual_patient"),
    Line("virtual:readings", frozenset({V})),
    Line("virtual:reading_act", frozenset({V}), 400, "POST", needs="virtual_reading"),
    Line("virtual:measures", _SEE),
    Line("virtual:set_up", frozenset({V}), 400, "POST"),
)
