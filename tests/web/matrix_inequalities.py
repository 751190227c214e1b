"""Access lines of inequalities."""

from __future__ import annotations

from matrix_line import ALL, Line

INEQUALITIES = (
    Line("inequalities:overview", ALL),
    Line("inequalities:core20plus5", ALL),
    Line("inequalities:life_course", ALL),
    Line("inequalities:life_expectancy", ALL),
    Line("inequalities:measure", ALL, needs="performance_measure"),
)
