"""Access lines of reports."""

from __future__ import annotations

from matrix_line import ALL, Line

REPORTS = (Line("reports:list", ALL),)
