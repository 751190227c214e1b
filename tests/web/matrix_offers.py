"""Access lines of offers."""

from __future__ import annotations

from matrix_line import C, H, Line, M

OFFERS = (Line("offers:worklist", frozenset({M, C, H})),)
