"""Access lines of plans."""

from __future__ import annotations

from matrix_line import A, E, Line, P

SEES = frozenset({A, E, P})
MAKES = frozenset({A, P})

PLANNING = (
    Line("planning:scenarios", SEES),
    Line("planning:run", SEES, needs="plan_run"),
    Line("planning:run_status", SEES, needs="plan_run"),
    Line("planning:run_start", MAKES, 302, "POST", needs="plan_scenario"),
    Line("planning:run_workbook", SEES, needs="plan_run"),
    Line("planning:run_tables", SEES, needs="plan_run"),
    Line("planning:run_table", SEES, needs="plan_run"),
    Line("planning:compare", SEES),
)
