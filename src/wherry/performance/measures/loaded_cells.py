"""Cells of a file of figures: words, numbers, periods, each understood in the ways that people write them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from wherry.hub.published import cells
from wherry.performance.measures.model import Grain
from wherry.performance.measures.periods import APRIL, begin

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


class BadCell(Exception):
    """Why a row cannot be taken: a code and words."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def word(said: Any) -> str:
    if isinstance(said, float) and said.is_integer():
        said = int(said)
    return "" if said is None else " ".join(str(said).split())


def close(said: str, known: Any) -> str:
    close = difflib.get_close_matches(said, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def number(name: str, said: Any) -> float | None:
    if isinstance(said, bool):
        raise BadCell("bad_number", f"{name} {said} is no number")
    if isinstance(said, int | float):
        found = float(said)
    else:
        shown = word(said)
        if not shown:
            return None
        if cells.is_suppressed(shown):
            raise BadCell("suppressed", f"{name} {shown!r} was suppressed: the row stays out, it is not 0")
        plain = shown.replace(" ", "").removesuffix("%").lstrip("£")
        if not re.fullmatch(r"-?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?", plain) or not re.search(r"\d", plain):
            raise BadCell("bad_number", f"{name} {shown[:40]!r} is no number")
        found = float(plain.replace(",", ""))
    if not abs(found) < 1e15:
        raise BadCell("bad_number", f"{name} {found} is larger than anything that is counted")
    return found


def as_shown(cell: Any) -> Any:
    """What a workbook's cell holds; a number with a sign as people see it: 0.82 shown as 82% is "82%"."""
    value, form = cell.value, str(cell.number_format or "")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if "%" in form:
        return f"{100 * value:.10f}".rstrip("0").rstrip(".") + "%"
    return f"£{value}" if "£" in form else value


def decimals(said: Any) -> int:
    """How many decimals a figure was written with."""
    shown = word(said).removesuffix("%").strip()
    return len(shown.partition(".")[2])


Parser = Callable[[re.Match[str]], tuple[int, int, int]]


def _month(word: str) -> int:
    short = word[:3].lower()
    if short not in _MONTHS or not (len(word) == 3 or _NAMES[_MONTHS.index(short)].startswith(word.lower())):
        raise ValueError(word)
    return _MONTHS.index(short) + 1


def _year(said: str) -> int:
    return int(said) if len(said) == 4 else 2000 + int(said)


#: Ways to write a day (the last number is the day) or a month (day 0) or a year (month 0).
_FORMS: tuple[tuple[str, Parser], ...] = (
    (r"(\d{4})-(\d{1,2})-(\d{1,2})", lambda m: (int(m[1]), int(m[2]), int(m[3]))),
    (r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", lambda m: (int(m[3]), int(m[2]), int(m[1]))),
    (r"(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4}|\d{2})", lambda m: (_year(m[3]), _month(m[2]), int(m[1]))),
    (r"(\d{4})[-/](\d{1,2})", lambda m: (int(m[1]), int(m[2]), 0)),
    (r"(\d{1,2})/(\d{4})", lambda m: (int(m[2]), int(m[1]), 0)),
    (r"([A-Za-z]{3,9})[ .'-]*(\d{4}|\d{2})", lambda m: (_year(m[2]), _month(m[1]), 0)),
    (r"(\d{4})", lambda m: (int(m[1]), 0, 0)),
)


def period_of(said: Any, grain: Grain) -> date:
    """The first day of the period that a cell names. Any day within a period names it.

    >>> [str(period_of(said, Grain.MONTH)) for said in ("2026-01", "2026-01-31", "31/01/2026", "Jan-26")]
    ['2026-01-01', '2026-01-01', '2026-01-01', '2026-01-01']
    >>> str(period_of("14 March 2026", Grain.WEEK)), str(period_of("2026-05", Grain.QUARTER))
    ('2026-03-09', '2026-04-01')
    >>> [str(period_of(said, Grain.YEAR)) for said in ("2025", "2025/26", "March 2026", "2025-04-01")]
    ['2025-04-01', '2025-04-01', '2025-04-01', '2025-04-01']
    """
    if isinstance(said, datetime):
        said = said.date()
    if isinstance(said, date):
        return begin(said, grain)
    shown = re.sub(r"[T ]00:00(:00(\.0+)?)?$", "", word(said))
    if not shown:
        raise BadCell("bad_period", "period is blank")
    for form, parse in _FORMS:
        if found := re.fullmatch(form, shown):
            try:
                year, month, day = parse(found)
                if grain is Grain.YEAR and not day and month in (0, (year + 1) % 100):
                    month = APRIL  # 2025, or 2025/26
                whole = date(year, month or 1, day or 1)
            except ValueError:
                break
            if (day == 0 and grain in (Grain.DAY, Grain.WEEK)) or month == 0:
                needed = "a day" if grain in (Grain.DAY, Grain.WEEK) else "a month"
                raise BadCell("bad_period", f"period {shown[:40]!r} names no {needed[2:]}: write it as 2026-01-31")
            return begin(whole, grain)
    raise BadCell("bad_period", f"period {shown[:40]!r} is no date; write 2026-01, 2026-01-31, 31/01/2026 or Jan-26")
