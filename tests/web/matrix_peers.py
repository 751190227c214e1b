"""Access lines of peers."""

from __future__ import annotations

from matrix_line import ALL, Line

from wherry.web.access import Permission, Role

_KEEP = frozenset(role for role in Role if Permission.KEEP_MEASURES in role.permissions)

PEERS = (
    Line("peers:choose", ALL),
    Line("peers:measure", ALL, needs="peers_measure"),
    Line("peers:table", ALL, 404, needs="peers_table"),
    Line("peers:case", ALL),
    Line("peers:choices", ALL),
    Line("peers:act", _KEEP, 400, "POST"),
)
