"""Access lines of plans."""

from __future__ import annotations

from matrix_line import A, E, Line, P

SEES = frozenset({A, E, P})
MAKES = frozenset({A, P})

PLANNING = (
    Line("planning:scenarios", SEES),
    Line("planning:scenario", SEES, needs="plan_scenario"),
    Line("planning:text", SEES, needs="plan_scenario"),
    Line("planning:changes", SEES, needs="plan_scenario"),
    Line("planning:edit", MAKES, needs="plan_scenario"),
    Line("planning:save", MAKES, 422, "POST", needs="plan_scenario"),
    Line("planning:run", SEES, needs="plan_run"),
    Line("planning:run_status", SEES, needs="plan_run"),
    Line("planning:run_start", MAKES, 302, "POST", needs="plan_scenario"),
    Line("planning:run_workbook", SEES, needs="plan_run"),
    Line("planning:run_tables", SEES, needs="plan_run"),
    Line("planning:run_table", SEES, needs="plan_run"),
    Line("planning:baseline", SEES),
    Line("planning:published", SEES),
    Line("planning:published_compare", MAKES, 302, "POST"),
    Line("planning:published_status", SEES, 302),
    Line("planning:beds", SEES),
    Line("planning:beds_ask", MAKES, 422, "POST"),
    Line("planning:beds_run", SEES, needs="beds_run"),
    Line("planning:beds_status", SEES, 302, needs="beds_run"),
    Line("planning:compare", SEES),
)
