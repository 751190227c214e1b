"""What one cell of a published table says: a number, a blank, or that its number was withheld.

NHS England's publications use a handful of marks for the last two. A blank, a dash or "n/a" means that nothing was
published there; a star or "c" means that there is a number and it was suppressed. Neither is ever zero.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NoReturn

#: Marks that mean "nothing was published here".
BLANK_MARKS = frozenset(
    {"", "-", "--", "–", "—", ":", "..", "...", ".", "n/a", "na", "#n/a", "null", "none", "nan", "[x]", "[z]"}
)

#: Marks that mean "there is a number, and it was withheld".
SUPPRESSED_MARKS = frozenset({"*", "**", "c", "[c]", "s", "supp", "suppressed", "<5", "<6", "<7", "<8", "<10"})

_NUMBER = re.compile(r"^\d{1,3}(,\d{3})+(\.\d+)?$|^\d+(\.\d+)?$|^\.\d+$")
_SPACE = re.compile(r"[^a-z0-9+#]+")


class BadCellError(ValueError):
    """A cell that is neither a number, a blank nor a suppression mark; its words say which."""


def heading(text: object) -> str:
    """A column heading as compared: lower case, letters and digits, single spaces.

    >>> heading(" Org  name"), heading("A&E attendances Type 1"), heading("12+ hrs (DTA)")
    ('org name', 'a e attendances type 1', '12+ hrs dta')
    """
    return _SPACE.sub(" ", str(text or "").lower()).strip()


def is_blank(text: str) -> bool:
    """Whether the cell says that nothing was published.

    >>> is_blank(" - "), is_blank("0")
    (True, False)
    """
    return text.strip().lower() in BLANK_MARKS


def is_suppressed(text: str) -> bool:
    """Whether the cell says that its number was withheld.

    >>> is_suppressed("*"), is_suppressed("")
    (True, False)
    """
    return text.strip().lower() in SUPPRESSED_MARKS


def number(value: object, *, whole: bool = True) -> float | int | None:
    """The number in a cell: None for a blank or suppressed one. Raises `BadCellError` with the reason otherwise.

    >>> number("1,204"), number(" 7.0 "), number("-"), number("*"), number(4.5, whole=False)
    (1204, 7, None, None, 4.5)
    >>> number("-3")
    Traceback (most recent call last):
    wherry.hub.published.cells.BadCellError: is negative
    """
    if value is None or isinstance(value, bool):
        return None if value is None else _refuse("is not a number")
    if isinstance(value, int | float):
        found = float(value)
    elif isinstance(value, str):
        text = value.strip()
        if is_blank(text) or is_suppressed(text):
            return None
        if text.startswith("-") and _NUMBER.match(text[1:]):
            _refuse("is negative")
        percent = text.endswith("%")
        if not _NUMBER.match(text.rstrip("%").strip()):
            _refuse("is not a number")
        found = float(text.rstrip("%").strip().replace(",", "")) / (100 if percent else 1)
    else:
        _refuse("is not a number")
    if found != found or found in {float("inf"), float("-inf")}:
        _refuse("is not a number")
    if found < 0:
        _refuse("is negative")
    if not whole:
        return found
    if found != int(found):
        _refuse("is not a whole number")
    if found > 2**31 - 1:
        _refuse("is too large to be a count")
    return int(found)


def _refuse(words: str) -> NoReturn:
    raise BadCellError(words)


_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WORDS = re.compile(r"\b([a-z]{3,9})[\s\-_/.,]*((?:19|20)\d{2}|\d{2})\b")
_NUMERIC = re.compile(r"\b((?:19|20)\d{2})[-/]?(0[1-9]|1[0-2])(?:[-/]?\d{2})?\b")
_DMY = re.compile(r"\b\d{1,2}[-/](0?[1-9]|1[0-2])[-/]((?:19|20)\d{2})\b")


def period(value: object) -> str | None:
    """The month that a period says, as `YYYY-MM`; None if it says none.

    >>> [period(t) for t in ("RTT-January-2026", "MSitAE-APRIL-2021", "Apr-25", "2019-04-01", "April 2025 (revised)")]
    ['2026-01', '2021-04', '2025-04', '2019-04', '2025-04']
    >>> period(dt.date(2025, 4, 1)), period("31/03/2020"), period("TOTAL"), period("")
    ('2025-04', '2020-03', None, None)
    """
    if isinstance(value, dt.date):
        return f"{value.year:04d}-{value.month:02d}"
    text = str(value or "").strip().lower()
    for found in _WORDS.finditer(text):
        word, year = found.group(1), found.group(2)
        for index, month in enumerate(_MONTHS, start=1):
            if word == month or (len(word) <= 4 and month.startswith(word)):
                return f"{year if len(year) == 4 else '20' + year}-{index:02d}"
    if dmy := _DMY.search(text):
        return f"{dmy.group(2)}-{int(dmy.group(1)):02d}"
    if numeric := _NUMERIC.search(text):
        return f"{numeric.group(1)}-{numeric.group(2)}"
    return None


def this_month() -> str:
    """The month it is now, as `YYYY-MM`: nothing can have been published about a later one."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m")
