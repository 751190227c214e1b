"""Text that people wrote, made fit for paper: long words may break, and what no font can draw is said in words.

PDF/UA forbids a sign that no font has. Marks that turn the direction of writing are left out: on paper they could make
a sentence read as another one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

_ZERO_WIDTH = "\u200b"
_LONG = re.compile(r"\S{28,}")
#: Signs that steer and are not seen: bidirectional marks, isolates, tags, joiners of emoji.
_DROPPED = re.compile("[\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]")

#: Values of these keys are not read by people as text.
_LEFT = frozenset({"svg", "chart", "key", "variation", "assurance"})


def safe(text: str) -> str:
    """A text for paper.

    >>> safe("a\\u202eb"), safe("well \\U0001f600"), len(safe("x" * 60)) > 60
    ('ab', 'well [grinning face]', True)
    """
    if text.isascii() and text.isprintable() and not _LONG.search(text):
        return text
    text = _DROPPED.sub("", unicodedata.normalize("NFC", text))
    odd = {char for char in text if not char.isascii() and char != _ZERO_WIDTH}
    known = _drawn(frozenset(odd))
    made = "".join(char if char in known or _plain(char) else _said(char) for char in text)
    return _LONG.sub(lambda found: _ZERO_WIDTH.join(_pieces(found.group())), made)


def everywhere(value: Any) -> Any:
    """The same for every text in a JSON value; drawings and the names of signs are left alone."""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, dict):
        return {key: one if key in _LEFT else everywhere(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [everywhere(one) for one in value]
    return value


def _plain(char: str) -> bool:
    return char == "\n" or char == _ZERO_WIDTH or (char.isascii() and char.isprintable())


def _said(char: str) -> str:
    if char in "\t\r\v\f" or unicodedata.category(char) == "Zs":
        return " "
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn", "Co"):
        return ""
    return f"[{unicodedata.name(char, 'sign').lower()}]"


def _pieces(word: str) -> list[str]:
    return [word[at : at + 12] for at in range(0, len(word), 12)]


@lru_cache(maxsize=64)
def _drawn(signs: frozenset[str]) -> frozenset[str]:
    """Those of the signs that the fonts of the report can draw."""
    if not signs or _draws("".join(sorted(signs))):
        return signs
    return frozenset(sign for sign in signs if _one(sign))


@lru_cache(maxsize=4096)
def _one(sign: str) -> bool:
    return _draws(sign)


def _draws(text: str) -> bool:
    from wherry.performance.report.pdf import FONTS, compiled

    source = '#set document(title: "t")\n#set text(font: (' + FONTS + '))\n#sys.inputs.at("report")'
    import typst

    try:
        compiled(source, text)
    except typst.TypstError:
        return False
    return True
