"""The trusts' own layouts: source templates turned round, so that what is written is what the hub expects to read.

A template maps a file's headers and codes onto a feed; here the feed's columns are mapped back. Values are handed over
as typed columns (`Words`, `Days`, `Codes`, `Flags`, `Numbers`) and come out as text in the trust's own way.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeAlias

import numpy as np

from wherry.errors import UserError
from wherry.synthetic.arrow import Text, either, figures, holds, joined, words
from wherry.synthetic.settings import assumptions
from wherry.synthetic.streams import Ints, Mask, Reals

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class Words:
    """Free text, already as it should stand."""

    values: Text


@dataclass(frozen=True)
class Days:
    """Day numbers from 1 January 1970; anything before 1880 is blank."""

    values: Ints


@dataclass(frozen=True)
class Codes:
    """Places in a list of the hub's own words; below 0 is blank."""

    values: Ints
    words: tuple[str, ...]


@dataclass(frozen=True)
class Flags:
    """1 yes, 0 no, below 0 blank."""

    values: Ints


@dataclass(frozen=True)
class Numbers:
    """Whole numbers, or tenths; blank where `known` says no."""

    values: Ints | Reals
    known: Mask


Value: TypeAlias = Words | Days | Codes | Flags | Numbers


@dataclass(frozen=True)
class Layout:
    """How one source writes one feed. `columns` are (feed column, the source's header), in the order of the file."""

    source: str
    feed: str
    template: str
    name_pattern: str
    name_date: str
    columns: tuple[tuple[str, str], ...]
    delimiter: str
    encoding: str
    byte_order_mark: bool
    date_style: str
    yes: str
    no: str
    codes: dict[str, dict[str, tuple[str, ...]]]

    def file_name(self, day: date) -> str:
        """The name of the file of an extract made on a day. Raises UserError if the template's name cannot be made."""
        written = re.sub(r"\(\?P<date>[^()]*\)", day.strftime(self.name_date), self.name_pattern).replace("\\.", ".")
        if not re.fullmatch(self.name_pattern, written):
            raise UserError(f"The file name of template {self.template} cannot be filled in: {self.name_pattern}.")
        return written

    def header(self) -> str:
        """The header line, without its end."""
        return self.delimiter.join(header for _, header in self.columns)

    def local(self, column: str, word: str) -> str:
        """The source's first code for one of the hub's words; a word without a code stands for itself."""
        known = self.codes.get(column, {}).get(word)
        return known[0] if known else word

    def text(self, column: str, value: Value) -> Text:
        """One column as the source writes it."""
        if isinstance(value, Days):
            return self._days(value.values)
        if isinstance(value, Flags):
            return words([self.no, self.yes], value.values)
        if isinstance(value, Numbers):
            return figures(value.values, value.known)
        if isinstance(value, Codes):
            return words([self.local(column, word) for word in value.words], value.values)
        return value.values

    def _days(self, days: Ints) -> Text:
        known = days > -32_872
        if not known.any():
            return words([], np.full(len(days), -1))
        low, high = int(days[known].min()), int(days[known].max())
        every = [self.day(date.fromordinal(719_163 + number)) for number in range(low, high + 1)]
        return words(every, np.where(known, days - low, -1))

    def day(self, day: date) -> str:
        """One date as the source writes it."""
        parts = {
            "YYYY": f"{day.year:04d}",
            "MON": _MONTHS[day.month - 1],
            "MM": f"{day.month:02d}",
            "DD": f"{day.day:02d}",
        }
        written = self.date_style
        for token, value in parts.items():
            written = written.replace(token, value)
        return written

    def lines(self, columns: dict[str, Value]) -> Text:
        """Whole lines, each with its end. Raises KeyError where a column of the layout is not given."""
        texts = [self._safe(self.text(name, columns[name])) for name, _ in self.columns]
        return joined("", joined(self.delimiter, *texts), "\n")

    def _safe(self, text: Text) -> Text:
        """Text in double quotes where it holds the delimiter."""
        found = holds(text, self.delimiter)
        return either(found, joined("", '"', text, '"'), text) if found.any() else text

    def encode(self, text: str) -> bytes:
        """Text in the source's encoding."""
        return text.encode(self.encoding)


def read_layouts(folder: Path) -> dict[tuple[str, str], Layout]:
    """Every template of a folder as a layout, by (source, feed)."""
    marked = assumptions()["marks"]["byte_order_mark"]
    found: dict[tuple[str, str], Layout] = {}
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        file, values = data["file"], data["values"]
        codes: dict[str, dict[str, tuple[str, ...]]] = {}
        for column, table in data.get("codes", {}).items():
            turned: dict[str, tuple[str, ...]] = {}
            for local, word in table.items():
                turned[word] = (*turned.get(word, ()), local)
            codes[column] = turned
        layout = Layout(
            source=data["source"],
            feed=data["feed"],
            template=path.name,
            name_pattern=file["name"],
            name_date=file["name_date"],
            columns=tuple(data["columns"].items()),
            delimiter=file["delimiter"],
            encoding=file["encoding"],
            byte_order_mark=data["source"] in marked,
            date_style=values["date"],
            yes=values["true"],
            no=values["false"],
            codes=codes,
        )
        found[layout.source, layout.feed] = layout
    if not found:
        raise UserError(
            f"No source templates in {folder}. An artificial system writes what they describe. Nothing was written."
        )
    return found
