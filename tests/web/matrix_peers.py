"""Access lines of peers."""

from __future__ import annotations

from matrix_line import ALL, Line

PEERS = (Line("peers:choose", ALL),)
