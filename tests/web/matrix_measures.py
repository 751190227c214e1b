"""Access lines of measures."""

from __future__ import annotations

from matrix_line import ALL, Line

MEASURES = (Line("measures:summary", ALL),)
