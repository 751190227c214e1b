"""Access lines of the live feed."""

from __future__ import annotations

from matrix_line import A, B, C, E, Line, P, T, U, V, W, X

_SEE = frozenset({A, B, C, E, P, T, U, V, W, X})
_WORK = frozenset({B})

FEED = (
    Line("feed:status", _SEE),
    Line("feed:queue", _WORK),
    Line("feed:message", _WORK, needs="feed_message"),
    Line("feed:act", _WORK, 400, "POST", needs="feed_message"),
    Line("feed:watch", _WORK, 302, "POST", needs="feed_sender"),
)
