"""Access lines of waiting well. A patient's own pages are for everybody; without a code they are closed."""

from __future__ import annotations

from matrix_line import ALL, IDENTIFIED, C, H, Line, M

ASKS = frozenset({M, H})
JUDGES = frozenset({C})
FILES = frozenset({M})

WELL = (
    Line("well:risks", IDENTIFIED),
    Line("well:risks_csv", FILES),
    Line("well:person", IDENTIFIED, needs="pathway"),
    Line("well:review", JUDGES, 400, "POST", needs="pathway"),
    Line("well:undo_review", JUDGES, 404, "POST", needs="pathway"),
    Line("well:due", IDENTIFIED),
    Line("well:tasks", IDENTIFIED),
    Line("well:finish", IDENTIFIED, 302, "POST", needs="well_task"),
    Line("well:ask", ASKS),
    Line("well:invite", ASKS, 400, "POST"),
    Line("well:form", ASKS, needs="well_form"),
    Line("well:topic", ASKS, needs="well_topic"),
    Line("well:submit", ASKS, 400, "POST", needs="well_form"),
    Line("well:close", ASKS, 400, "POST", needs="well_form"),
    Line("well:code", ASKS, 200, "POST", needs="well_form"),
    Line("well:results", IDENTIFIED),
    Line("well:result", IDENTIFIED, needs="well_result"),
    Line("well:decide", JUDGES, 400, "POST", needs="well_result"),
    Line("well:undo", JUDGES, 302, "POST", needs="well_result"),
    Line("well:follow_ups", IDENTIFIED),
    Line("well:follow_ups_csv", FILES),
    Line("well:to_record", FILES),
    Line("well:follow_up", IDENTIFIED, needs="well_follow_up"),
    Line("well:agree", JUDGES, 400, "POST", needs="well_follow_up"),
    Line("well:undo_agreement", JUDGES, 400, "POST", needs="well_follow_up"),
    Line("well:requests", IDENTIFIED),
    Line("well:request", IDENTIFIED, needs="well_request"),
    Line("well:answer", JUDGES, 400, "POST", needs="well_request"),
    Line("well:undo_answer", JUDGES, 302, "POST", needs="well_request"),
    Line("well:find", ASKS),
    Line("well:record", ASKS, needs="well_follow_up"),
    Line("well:follow_up_code", ASKS, 200, "POST", needs="well_follow_up"),
    # a patient's own pages
    Line("my_health:start", ALL, stranger=200),
    Line("my_health:leave", ALL, 200, "POST", stranger=200),
    Line("my_health:topic", ALL, 403, stranger=403, needs="well_my_topic"),
    *(Line(f"my_health:{name}", ALL, 403, stranger=403) for name in ("topics", "check", "done", "follow_up")),
)
