"""Reading a CSV file of a known shape, each cell checked: a wrong one is refused with its file, line and column."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from wherry.errors import UserError

NOTHING_KEPT = "Nothing was loaded; what was in force before still is."
#: Files larger than this are not tables of totals.
LARGEST = 50_000_000
#: Numbers larger than this are mistakes: more than there are people, pennies or minutes to count.
LARGEST_NUMBER = 1e15
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?([eE][+-]?\d{1,3})?|[+-]?\.\d+")


def rows(
    path: Path, needed: Sequence[str], optional: Sequence[str], also: Mapping[str, str] | None = None
) -> list[tuple[int, dict[str, str]]]:
    """Rows as text with their line numbers, missing optional columns blank. `also` maps other headings to ours.

    Columns that are in neither are not read. Raises UserError where a needed column is missing, a column comes twice, a
    row has cells beyond the heading's, or the file is no CSV text.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path} has more than {LARGEST:,} bytes: it is no table of totals. {NOTHING_KEPT}")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read as UTF-8 text ({error}). {NOTHING_KEPT} Save it as CSV UTF-8."
        ) from None
    if "\0" in text:
        raise UserError(f"{path} has NUL bytes: it is no CSV text. {NOTHING_KEPT} Save it as CSV UTF-8.")
    try:
        return _parsed(path, text, needed, optional, also or {})
    except csv.Error as error:
        raise UserError(f"{path} is no CSV text ({error}). {NOTHING_KEPT}") from None


def _parsed(
    path: Path, text: str, needed: Sequence[str], optional: Sequence[str], also: Mapping[str, str]
) -> list[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = [also.get((name or "").strip(), (name or "").strip()) for name in reader.fieldnames or ()]
    lacking = [name for name in needed if name not in header]
    if lacking:
        raise UserError(
            f"{path} lacks {', '.join(lacking)}. {NOTHING_KEPT} It needs the columns {', '.join(needed)}"
            + (f", and may have {', '.join(optional)}." if optional else ".")
        )
    keep = (*needed, *optional)
    twice = [name for name in keep if header.count(name) > 1]
    if twice:
        raise UserError(f"{path} has the column {twice[0]} twice. {NOTHING_KEPT} Leave one.")
    reader.fieldnames = header
    found = []
    for row in reader:
        beyond = row.pop(None, None)
        if beyond and any(cell.strip() for cell in beyond):
            raise UserError(
                f"{path}, line {reader.line_num}: more cells than the heading has columns. {NOTHING_KEPT} "
                "Put a cell that has a comma in it between quotation marks."
            )
        if any((cell or "").strip() for cell in row.values()):
            found.append((reader.line_num, {name: (row.get(name) or "").strip() for name in keep}))
    return found


def number(path: Path, line: int, name: str, text: str, *, low: float | None = None) -> float | None:
    """A cell as a number; None where it is blank. Raises UserError where it is neither, or below `low`.

    Commas may stand between thousands and nowhere else: "1,5" is refused, for it may be meant as one and a half.
    """
    if not text:
        return None
    found = float(text.replace(",", "")) if _NUMBER.fullmatch(text) else math.nan
    if math.isnan(found) or abs(found) > LARGEST_NUMBER or (low is not None and found < low):
        least = f" of {low:g} or more" if low is not None else ""
        raise UserError(f"{path}, line {line}: {name} is {text!r}, not a number{least}. {NOTHING_KEPT} Mend the cell.")
    return found


def choice(path: Path, line: int, name: str, text: str, allowed: Sequence[str]) -> str:
    """A cell that must be one of some words, whatever its case. Raises UserError otherwise."""
    for word in allowed:
        if text.lower() == word.lower():
            return word
    raise UserError(
        f"{path}, line {line}: {name} is {text!r}. {NOTHING_KEPT} It may be {', '.join(w or 'blank' for w in allowed)}."
    )
