"""Access lines of did it work."""

from __future__ import annotations

from matrix_line import ALL, Line

EVALUATION = (Line("evaluation:list", ALL),)
