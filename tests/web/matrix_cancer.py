"""Access lines of cancer."""

from __future__ import annotations

from matrix_line import ALL, OPENS, C, Line, M, N

_TRACK = frozenset({M, N})

CANCER = (
    Line("cancer:list", OPENS),
    Line("cancer:export_csv", _TRACK),
    Line("cancer:performance", ALL),
    Line("cancer:patient", OPENS, needs="cancer"),
    Line("cancer:comment", OPENS, 400, "POST", needs="cancer"),
    Line("cancer:plan", _TRACK, 400, "POST", needs="cancer"),
    Line("cancer:done", _TRACK, 400, "POST", needs="cancer"),
    Line("cancer:chase", _TRACK, 400, "POST", needs="cancer"),
    Line("cancer:escalate", _TRACK, 400, "POST", needs="cancer"),
    Line("cancer:transfer", _TRACK, 400, "POST", needs="cancer"),
    Line("cancer:review_harm", frozenset({C}), 400, "POST", needs="cancer"),
    Line("cancer:undo", OPENS, 400, "POST", needs="cancer"),
)
