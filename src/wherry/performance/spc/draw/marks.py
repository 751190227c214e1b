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


_DOT = "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z"
_TRIANGLE = "m0-5.6l5.2 9.2h-10.4z"
_SQUARE = "m-4-4h8v8h-8z"
_DIAMOND = "m0-5.6l4.9 5.6l-4.9 5.6l-4.9-5.6z"
#: The same at about half the size.
_SMALL = {
    _DOT: "m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0z",
    _TRIANGLE: "m0-2.9l2.7 4.7h-5.4z",
    _SQUARE: "m-2-2h4v4h-4z",
    _DIAMOND: "m0-2.8l2.4 2.8l-2.4 2.8l-2.4-2.8z",
}

LOOKS = {
    COMMON: Look("#768692", "as usual", _DOT),
    IMPROVEMENT: Look("#005eb8", "better than usual", _TRIANGLE),
    CONCERN: Look("#ed8b00", "worse than usual", _SQUARE),
    NEUTRAL_HIGH: Look("#5c2d91", "higher than usual", _DIAMOND),
    NEUTRAL_LOW: Look("#5c2d91", "lower than usual", _DIAMOND),
}
INK = "#212b32"
QUIET = "#4c6272"


def paths(spots: Sequence[tuple[str, str]], small: bool = False) -> list[str]:
    """One path for all points of a type, from where they lie ("x y") and their types; the special ones on top."""
    by_type: dict[str, list[str]] = {}
    for spot, kind in spots:
        by_type.setdefault(kind, []).append(spot)
    drawn = []
    for kind, look in LOOKS.items():
        if kind in by_type:
            outline = _SMALL[look.outline] if small else look.outline
            edge = f' stroke="{INK if kind != COMMON else "#fff"}" stroke-width="1"' if not small else ""
            drawn.append(f'<path d="M{f"{outline}M".join(by_type[kind])}{outline}" fill="{look.fill}"{edge}/>')
    return drawn
