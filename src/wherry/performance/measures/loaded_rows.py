"""Reads a file of figures: every cell understood or its row refused, with line and reason; nothing is guessed.

Columns: measure, organisation, period, and numerator, denominator, value, split, category as they are needed. CSV, or
an Excel workbook (.xlsx) whose first sheet has the same columns.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.hub.published.files import KEPT, Content, contents, refuse_cut, text
from wherry.hub.published.parsed import Quarantined
from wherry.performance.measures.loaded_cells import BadCell, as_shown, close, decimals, number, period_of, word
from wherry.performance.measures.model import AGE_BANDS, Kind, Measure, Split
from wherry.performance.measures.periods import last_day
from wherry.performance.measures.scopes import places
from wherry.reference.people_codes import SEXES
from wherry.reference.system import System

COLUMNS = ("measure", "organisation", "period", "numerator", "denominator", "value", "split", "category")
REQUIRED = ("measure", "organisation", "period")
ETHNICITIES = ("White", "Mixed", "Asian", "Black", "Other", "Not known")
#: More rows than any system sends of its measures in one file.
MOST_ROWS = 500_000
#: More than anybody reads.
MOST_HINTS = 200
_SHARES = ("percent",)
_NEVER_BELOW_NOTHING = ("percent", "per_1000", "per_100000", "days", "hours", "minutes")


@dataclass(frozen=True)
class Row:
    """One figure. `period` is the first day of the measure's period."""

    line: int
    measure: str
    period: date
    organisation: str
    split: str
    category: str
    numerator: float | None
    denominator: float | None
    value: float | None

    @property
    def key(self) -> tuple[str, date, str, str, str]:
        """What the figure is of: two rows of one key cannot both hold."""
        return (self.measure, self.period, self.organisation, self.split, self.category)

    def agrees_with(self, other: Row) -> bool:
        """Whether another row of the same figure says the same, as far as both say it."""
        pairs = (
            (self.numerator, other.numerator),
            (self.denominator, other.denominator),
            (self.value, other.value),
        )
        return all(mine is None or theirs is None or mine == theirs for mine, theirs in pairs)


@dataclass
class File:
    """One file, read: the rows that can be taken, and those that cannot, with line and reason."""

    name: str
    sha256: str
    rows: list[Row] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)

    @property
    def rows_read(self) -> int:
        """Rows of the file, taken or not."""
        return len(self.rows) + len(self.quarantined)


def read(path: Path, system: System, measures: Mapping[str, Measure], today: date, name: str = "") -> File:
    """One file. Raises UserError where the file as a whole will not do: nothing of it is then taken."""
    found = contents(path)
    if len(found) != 1:
        raise UserError(f"{path.name} holds several files. {KEPT} Load them one at a time.")
    content = found[0]
    shown = (name or path.name)[:200]
    lines = _workbook(content) if content.workbook else _csv(content)
    header_line, header = next(lines, (0, []))
    if not header:
        raise UserError(f"{shown} holds nothing. {KEPT} Its first line must name the columns: {', '.join(COLUMNS)}.")
    at = _header(shown, header_line, [str(cell or "") for cell in header])
    file = File(shown, content.sha256)
    first: dict[tuple[str, date, str, str, str], tuple[Row, str]] = {}
    reader = _Reader(system, measures, today)
    for line, row in lines:
        if file.rows_read >= MOST_ROWS:
            raise UserError(f"{shown} has more than {MOST_ROWS:,} rows. {KEPT} Load it in parts.")
        try:
            if len(row) != len(header) and any(cell not in ("", None) for cell in row[len(header) :]):
                raise BadCell("too_many_cells", f"it has {len(row)} cells and the heading has {len(header)}")
            given = {column: row[place] if place < len(row) else "" for column, place in at.items()}
            one = reader.row(line, given)
        except BadCell as error:
            file.quarantined.append(Quarantined(line, error.code, str(error), _as_it_came(row)))
            continue
        if one.key not in first:
            first[one.key] = (one, _as_it_came(row))
            file.rows.append(one)
            continue
        before, said_before = first[one.key]
        if one.agrees_with(before):
            reason = f"it is of the same figure as line {before.line}; leave one of them out"
        else:  # which of two contradictory figures is right, nobody but the sender knows
            reason = f"line {before.line} says otherwise of the same figure: neither is taken"
            if before in file.rows:
                file.rows.remove(before)
                against = f"line {line} says otherwise of the same figure: neither is taken"
                file.quarantined.append(Quarantined(before.line, "duplicate", against, said_before))
        file.quarantined.append(Quarantined(line, "duplicate", reason, _as_it_came(row)))
    file.quarantined.sort(key=lambda bad: bad.line)
    return file


def _as_it_came(row: list[Any]) -> str:
    return ",".join("" if cell is None else str(cell) for cell in row)[:2_000]


def _csv(content: Content) -> Iterator[tuple[int, list[Any]]]:
    body, _ = text(content)
    if "\0" in body:
        raise UserError(f"{content.name} holds a NUL character: it is no CSV. {KEPT}")
    heading = body.lstrip("\r\n").partition("\n")[0]
    refuse_cut(content, body.encode(), heading.count(",") + 1)
    separator = ";" if heading.count(";") > heading.count(",") else ","
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise UserError(f"{content.name} line {reader.line_num} is no CSV ({error}). {KEPT}") from None


def _workbook(content: Content) -> Iterator[tuple[int, list[Any]]]:
    import warnings

    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content.data), read_only=True, data_only=True)
            rows = [[as_shown(cell) for cell in row] for row in book.worksheets[0].iter_rows(max_col=64)]
            book.close()
    except Exception as error:  # whatever a damaged workbook makes of the library
        raise UserError(f"{content.name} cannot be read as a workbook ({str(error)[:200]}). {KEPT}") from None
    for line, row in enumerate(rows, start=1):
        filled = [at for at, cell in enumerate(row) if cell not in (None, "")]
        if filled:
            yield line, row[: filled[-1] + 1]


def _header(name: str, line: int, header: Sequence[str]) -> dict[str, int]:
    at: dict[str, int] = {}
    for place, said in enumerate(header):
        column = said.strip().lower()
        if not column:
            continue
        if column not in COLUMNS:
            close = difflib.get_close_matches(column, COLUMNS, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(COLUMNS)}."
            raise UserError(f"{name} line {line}: {said.strip()[:60]!r} is no column of figures. {hint} {KEPT}")
        if column in at:
            raise UserError(f"{name} line {line}: the column {column} is there twice. {KEPT}")
        at[column] = place
    if missing := [column for column in REQUIRED if column not in at]:
        raise UserError(
            f"{name} line {line}: the column {missing[0]} is missing. {KEPT} Start from an empty file to fill."
        )
    if "numerator" not in at and "value" not in at:
        raise UserError(f"{name} line {line}: there is neither a numerator nor a value. {KEPT}")
    return at


class _Reader:
    """Understands rows, with what it needs to know of the system at hand."""

    def __init__(self, system: System, measures: Mapping[str, Measure], today: date) -> None:
        self.system = system
        self.measures = measures
        self.today = today
        self.hints = 0
        self.organisations: dict[str, list[tuple[date, date | None]]] = {}
        for row in system.organisations:
            if row.kind != "group":
                self.organisations.setdefault(row.code, []).append((row.from_date, row.to_date))
        self.categories: dict[Split, tuple[str, ...]] = {
            Split.IMD_QUINTILE: ("1", "2", "3", "4", "5", ""),
            Split.AGE_BAND: (*AGE_BANDS, ""),
            Split.SEX: tuple(SEXES),
            Split.ETHNICITY: ETHNICITIES,
            Split.PLACE: (*places(system), ""),
        }

    def row(self, line: int, given: Mapping[str, Any]) -> Row:
        measure = self._measure(word(given.get("measure")))
        period = self._period(given.get("period"), measure)
        organisation = self._organisation(word(given.get("organisation")).upper(), period, measure)
        split, category = self._split(word(given.get("split")), word(given.get("category")), measure)
        for name in ("numerator", "denominator", "value"):
            _signs(name, word(given.get(name)), measure)
        numerator, denominator, value = (
            number(name, given.get(name)) for name in ("numerator", "denominator", "value")
        )
        _agree(measure, numerator, denominator, value, decimals(given.get("value")))
        if measure.unit == "number" and numerator is None:  # a plain number adds up, and may be too small to show
            numerator, value = value, None
        return Row(line, measure.code, period, organisation, split, category, numerator, denominator, value)

    def _close(self, said: str, known: Iterable[str]) -> str:
        """The nearest word, for the first refusals: to look for it takes time, and nobody reads it a thousand times."""
        self.hints += 1
        return close(said, known) if self.hints <= MOST_HINTS else ""

    def _measure(self, said: str) -> Measure:
        found = self.measures.get(said.lower())
        if found is None:
            loaded = [code for code, one in self.measures.items() if one.source.kind is Kind.LOADED]
            raise BadCell("unknown_measure", f"there is no measure {said[:60]!r}{self._close(said.lower(), loaded)}")
        if found.source.kind is not Kind.LOADED:
            raise BadCell("counted_measure", f"{found.code} is counted from {found.source.table}, not sent in files")
        return found

    def _period(self, said: Any, measure: Measure) -> date:
        period = period_of(said, measure.grain)
        last = last_day(period, measure.grain)
        if last > self.today:
            raise BadCell("future_period", f"the {measure.grain} of {period} ends on {last}, after today {self.today}")
        if period.year < 1990:
            raise BadCell("bad_period", f"{period} is before 1990")
        return period

    def _organisation(self, said: str, period: date, measure: Measure) -> str:
        if said not in self.organisations:
            hint = self._close(said, self.organisations)
            raise BadCell("unknown_organisation", f"{self.system.name} has no organisation {said[:20]!r}{hint}")
        held, last = self.organisations[said], last_day(period, measure.grain)
        if not any(since <= last and (until is None or period <= until) for since, until in held):
            raise BadCell("closed_organisation", f"{said} was not open on {period}")
        return said

    def _split(self, said: str, category: str, measure: Measure) -> tuple[str, str]:
        if said.lower() in ("", Split.ALL.value):
            if category:
                raise BadCell("bad_split", f"category {category[:40]!r} is given and split is blank")
            return Split.ALL.value, ""
        if said.lower() not in [split.value for split in Split]:
            raise BadCell("bad_split", f"split {said[:40]!r} is none of {', '.join(split.value for split in Split)}")
        split = Split(said.lower())
        if split not in measure.splits:
            there = ", ".join(measure.splits) or "nothing"
            raise BadCell("bad_split", f"{measure.code} is not split by {split}; its definition says {there}")
        if category not in self.categories[split]:
            shown = ", ".join(one or "blank" for one in self.categories[split])
            raise BadCell("bad_category", f"category {category[:40]!r} of {split} is none of {shown}")
        return split.value, category


def _signs(name: str, said: str, measure: Measure) -> None:
    """Refuse a figure whose sign says another unit than the measure's."""
    if said.endswith("%") and (name != "value" or measure.unit not in _SHARES):
        raise BadCell("bad_unit", f"{name} {said[:40]!r} is a percentage; {measure.code} is in {measure.unit}")
    if "£" in said and measure.unit == "pence" and name != "denominator":
        raise BadCell("bad_unit", f"{name} {said[:40]!r} is in pounds; {measure.code} is in pence: write it in pence")


def _agree(
    measure: Measure, numerator: float | None, denominator: float | None, value: float | None, decimals: int
) -> None:
    """Refuse figures that cannot be, or that contradict each other."""
    if numerator is None and value is None:
        raise BadCell("no_figure", "it has neither numerator nor value: leave a missing figure out")
    if denominator is not None and denominator <= 0:
        raise BadCell(
            "bad_denominator", f"denominator {denominator:,.12g} is not above 0: nothing can be divided by it"
        )
    below = measure.unit in _NEVER_BELOW_NOTHING
    if below and any(one is not None and one < 0 for one in (numerator, value)):
        raise BadCell("below_nothing", f"a figure in {measure.unit} cannot be below 0")
    if measure.unit in _SHARES:
        if numerator is not None and denominator is not None and numerator > denominator:
            raise BadCell("over_all", f"numerator {numerator:,.12g} is more than denominator {denominator:,.12g}")
        if value is not None and value > 100:
            raise BadCell("over_all", f"value {value:,.12g} is more than 100 per cent")
    if numerator is None:
        return
    if denominator is None and measure.unit != "number" and value is None:
        raise BadCell("no_denominator", f"a figure in {measure.unit} needs a denominator, or a value alone")
    made = measure.value(numerator, denominator)
    if value is not None and made is not None and abs(made - value) > 0.5 * 10.0**-decimals + 1e-9:
        raise BadCell("contradiction", f"value {value:,.12g} is not what numerator and denominator give, {made:,.6g}")
