"""Access lines of did it work."""

from __future__ import annotations

from matrix_line import ALL, A, Line, P

JUDGES = frozenset({A, P})

EVALUATION = (
    Line("evaluation:list", ALL),
    Line("evaluation:new", JUDGES),
    Line("evaluation:one", ALL, needs="evaluation"),
    Line("evaluation:edit", JUDGES, needs="evaluation"),
    Line("evaluation:act", JUDGES, 302, "POST", needs="evaluation"),
    Line("evaluation:export", ALL, needs="evaluation_file"),
)
