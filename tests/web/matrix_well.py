"""Access lines of waiting well."""

from __future__ import annotations

from matrix_line import IDENTIFIED, Line

WELL = (Line("well:risks", IDENTIFIED),)
