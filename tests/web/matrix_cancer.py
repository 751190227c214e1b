"""Access lines of cancer."""

from __future__ import annotations

from matrix_line import OPENS, Line

CANCER = (Line("cancer:list", OPENS),)
