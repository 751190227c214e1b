"""Icons for variation and assurance: shape, colour and a letter that is drawn, so that no font is needed."""

from __future__ import annotations

from html import escape

from wherry.performance.spc.model import (
    COMMON,
    CONCERN,
    FAIL,
    IMPROVEMENT,
    INCONSISTENT,
    NEUTRAL_HIGH,
    NEUTRAL_LOW,
    PASS,
)

_CIRCLE = '<circle cx="16" cy="16" r="14" fill="{fill}" stroke="{ink}" stroke-width="2"/>'
_TRIANGLE = '<path d="M16 2l15 27h-30z" fill="{fill}" stroke="{ink}" stroke-width="2" stroke-linejoin="round"/>'
_SQUARE = '<path d="M3 3h26v26h-26z" fill="{fill}" stroke="{ink}" stroke-width="2" stroke-linejoin="round"/>'
_DIAMOND = '<path d="M16 1l15 15l-15 15l-15-15z" fill="{fill}" stroke="{ink}" stroke-width="2"/>'
_RING = '<circle cx="16" cy="16" r="13" fill="#fff" stroke="{fill}" stroke-width="4"/>'
#: Letters as strokes: Better, Worse, Higher, Lower, Usual, Pass, Fail; hit or miss is a question mark.
_B = "M12.5 14v11h4.5a2.9 2.9 0 0 0 0-5.8h-4.5h3.8a2.6 2.6 0 0 0 0-5.2z"
_W = "M9 10l3.5 12l3.5-9l3.5 9l3.5-12"
_H = "M12 10v12M20 10v12M12 16h8"
_L = "M12.5 10v12h7.5"
_U = "M11.5 10v7.5a4.5 4.5 0 0 0 9 0v-7.5"
_P = "M12.5 23v-13.5h4.5a3.8 3.8 0 0 1 0 7.6h-4.5"
_F = "M12.5 23v-13.5h8M12.5 16h6"
_ASK = "M12 12.5a4 4 0 1 1 6 3.4c-1.6.9-2 1.6-2 3.1M16 22.6v1.4"

_DRAWN = {
    COMMON: (_CIRCLE, "#768692", "#4c6272", _U, "#fff"),
    IMPROVEMENT: (_TRIANGLE, "#005eb8", "#003087", _B, "#fff"),
    CONCERN: (_SQUARE, "#ed8b00", "#212b32", _W, "#212b32"),
    NEUTRAL_HIGH: (_DIAMOND, "#5c2d91", "#330072", _H, "#fff"),
    NEUTRAL_LOW: (_DIAMOND, "#5c2d91", "#330072", _L, "#fff"),
    PASS: (_RING, "#005eb8", "#005eb8", _P, "#005eb8"),
    FAIL: (_RING, "#ed8b00", "#ed8b00", _F, "#212b32"),
    INCONSISTENT: (_RING, "#768692", "#768692", _ASK, "#4c6272"),
}
_NOTHING = '<path d="M10 16h12" stroke="#4c6272" stroke-width="2" fill="none"/>'


def icon(variation_or_assurance: str | None, *, title: str, size: int = 32) -> str:
    """A small SVG for a variation (a type of point), an assurance, or nothing to say (a dash).

    >>> '<title>Worse than usual</title>' in icon("special_cause_concern", title="Worse than usual")
    True
    """
    drawn = _DRAWN.get(variation_or_assurance or "")
    if drawn is None:
        inside = _NOTHING
    else:
        shape, fill, ink, letter, pen = drawn
        inside = (
            f"{shape.format(fill=fill, ink=ink)}"
            f'<path d="{letter}" fill="none" stroke="{pen}" stroke-width="2.4" stroke-linecap="round"'
            f' stroke-linejoin="round"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="{size}" height="{size}" role="img">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )
