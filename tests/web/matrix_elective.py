"""Access lines of elective work."""

from __future__ import annotations

from matrix_line import OPENS, A, C, E, Line, M, N, P

TOTALS = frozenset({M, C, A, E, P})
SEES_CAPACITY = frozenset({*TOTALS, N})

ELECTIVE = (
    Line("elective:aid", TOTALS),
    Line("elective:aid_new", frozenset({M})),
    Line("elective:aid_run", TOTALS, needs="aid_run"),
    Line("elective:aid_status", TOTALS, needs="aid_run"),
    Line("elective:aid_again", frozenset({M}), 302, "POST", needs="aid_run"),
    Line("elective:aid_moves", frozenset({M}), needs="aid_run"),
    Line("elective:aid_moves_csv", frozenset({M}), needs="aid_run"),
    Line("elective:aid_send", frozenset({M}), 302, "POST", needs="aid_run"),
    Line("elective:diagnostics", OPENS),
    Line("elective:diagnostics_people", OPENS),
    Line("elective:diagnostics_csv", frozenset({M})),
    Line("elective:capacity", SEES_CAPACITY),
    Line("elective:capacity_weeks_csv", SEES_CAPACITY),
    Line("elective:capacity_use", SEES_CAPACITY),
    Line("elective:capacity_use_csv", SEES_CAPACITY),
    Line("elective:capacity_sessions", SEES_CAPACITY),
    Line("elective:what_if", SEES_CAPACITY),
    Line("elective:what_if_status", SEES_CAPACITY),
    Line("elective:what_if_csv", SEES_CAPACITY),
)
