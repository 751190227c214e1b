"""Access lines of inequalities."""

from __future__ import annotations

from matrix_line import ALL, Line

INEQUALITIES = (Line("inequalities:overview", ALL),)
