"""The shapes and colours of points: each type has its own shape, so that a grey print reads as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wherry.performance.spc.model import COMMON, CONCERN, IMPROVEMENT, NEUTRAL_HIGH, NEUTRAL_LOW


class Look(NamedTuple):
    """Fill and words of a type of point, and its outline as a path relative to its middle, for a size of 1."""

    fill: str
    words: str
    outline: str


_DOT = "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"
_TRIANGLE = "m0-6l5.6 10h-11.2z"
_SQUARE = "m-4.5-4.5h9v9h-9z"
_DIAMOND = "m0-6.2l5.4 6.2l-5.4 6.2l-5.4-6.2z"

LOOKS = {
    COMMON: Look("#768692", "as usual", _DOT),
    IMPROVEMENT: Look("#005eb8", "better than usual", _TRIANGLE),
    CONCERN: Look("#ed8b00", "worse than usual", _SQUARE),
    NEUTRAL_HIGH: Look("#5c2d91", "higher than usual", _DIAMOND),
    NEUTRAL_LOW: Look("#5c2d91", "lower than usual", _DIAMOND),
}
INK = "#212b32"
QUIET = "#4c6272"


def paths(places: Sequence[tuple[float, float, str]]) -> list[str]:
    """One path for all points of a type, from their places (x, y, type); the special ones lie over the others."""
    by_type: dict[str, list[str]] = {}
    for x, y, kind in places:
        by_type.setdefault(kind, []).append(f"M{x:.1f} {y:.1f}{LOOKS[kind].outline}")
    return [
        f'<path d="{"".join(by_type[kind])}" fill="{look.fill}" stroke="{INK if kind != COMMON else "#fff"}" '
        f'stroke-width="1"/>'
        for kind, look in LOOKS.items()
        if kind in by_type
    ]
