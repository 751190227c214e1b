"""Access lines of reports."""

from __future__ import annotations

from matrix_line import ALL, A, E, Line, S

REPORTS = (
    Line("reports:list", ALL),
    Line("reports:act", ALL, 302, "POST"),
    Line("reports:edition", ALL, needs="report"),
    Line("reports:file", ALL, needs="report_file"),
    Line("reports:write", frozenset({A, E, S}), needs="report_draft"),
)
