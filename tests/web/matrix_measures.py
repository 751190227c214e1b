"""Access lines of measures."""

from __future__ import annotations

from matrix_line import ALL, A, E, Line, S

MEASURES = (
    Line("measures:summary", ALL),
    Line("measures:measure", ALL, needs="performance_measure"),
    Line("measures:download", ALL, needs="performance_file"),
    Line("measures:note", frozenset({A, E, S}), 422, "POST", needs="performance_measure"),
    Line("measures:baseline", frozenset({A}), 422, "POST", needs="performance_measure"),
    Line("measures:load", frozenset({A})),
)
