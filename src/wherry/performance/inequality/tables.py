"""Reading a CSV file of a known shape, each cell checked: a wrong one is refused with its file, line and column."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from wherry.errors import UserError

NOTHING_KEPT = "Nothing was loaded; what was in force before still is."
#: Files larger than this are not tables of totals.
LARGEST = 50_000_000


def rows(
    path: Path, needed: Sequence[str], optional: Sequence[str], also: Mapping[str, str] | None = None
) -> list[tuple[int, dict[str, str]]]:
    """Rows as text with their line numbers, missing optional columns blank. `also` maps other headings to ours.

    Raises UserError where a needed column is missing, a column is unknown to both, or the file is no CSV text.
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
    reader = csv.DictReader(text.splitlines())
    header = [(also or {}).get((name or "").strip(), (name or "").strip()) for name in reader.fieldnames or ()]
    lacking = [name for name in needed if name not in header]
    if lacking:
        raise UserError(
            f"{path} lacks {', '.join(lacking)}. {NOTHING_KEPT} It needs the columns {', '.join(needed)}"
            + (f", and may have {', '.join(optional)}." if optional else ".")
        )
    reader.fieldnames = header
    keep = (*needed, *optional)
    return [
        (reader.line_num, {name: (found.get(name) or "").strip() for name in keep})
        for found in reader
        if any((cell or "").strip() for cell in found.values() if not isinstance(cell, list))
    ]


def number(path: Path, line: int, name: str, text: str, *, low: float | None = None) -> float | None:
    """A cell as a number; None where it is blank. Raises UserError where it is neither, or below `low`."""
    if not text:
        return None
    try:
        found = float(text.replace(",", ""))
    except ValueError:
        found = float("nan")
    if found != found or found in (float("inf"), float("-inf")) or (low is not None and found < low):
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
