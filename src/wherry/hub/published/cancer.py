"""Reads NHS England's cancer waiting times workbook by provider: every table of every sheet, found by its headings.

A table begins where a row names a column of ODS codes and one of providers; the sheet's title says which standard it
is about, and the line above ("PART B: FIRST TREATMENTS") which part. Columns are found by their words: a pair "within n
days" and "after n days" is the standard, everything else in days is a band. Figures are people, and halves of people
where two providers share one, so they are not whole numbers.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from wherry.errors import UserError
from wherry.hub.published import cells
from wherry.hub.published.files import KEPT, Content
from wherry.hub.published.parsed import RAW_LENGTH, Parsed, Quarantined

#: The standards and other counts that the workbooks have held, by the words of their titles; the first that fits holds.
STANDARDS: tuple[tuple[str, str], ...] = (
    ("fha", r"first hospital assess|\bfha\b"),
    ("foa", r"first outpatient|\bfoa\b"),
    ("fds", r"\bfds\b|faster diagnosis|28[- ]day|four week|\(28 days?\)"),
    ("62", r"62[- ]?days?|two month"),
    ("31", r"31[- ]?days?|one month"),
    ("2ww", r"two week|14[- ]?days?|\b2ww\b"),
)
#: Dimensions, by words of their headings (as `cells.heading` gives them).
DIMENSIONS: tuple[tuple[str, str], ...] = (
    ("provider", r"^(ods|org|provider|organisation) code"),
    ("provider_name", r"^(accountable )?provider( name)?( \d+)?$|^(trust|organisation) name"),
    ("route", r"referral route|^route"),
    ("stage", r"treatment stage|^stage"),
    ("modality", r"modality|treatment type"),
    ("cancer_type", r"cancer|referral reason|tumour|suspected"),
)
_WIDEST = 64
_TEXT_COLUMNS = (
    *("standard", "sheet", "part", "kind", "provider", "provider_name", "provider_parent", "provider_parent_name"),
    *("route", "stage", "modality", "cancer_type"),
)


@dataclass
class _Table:
    """A table being read: where its columns are."""

    sheet: str
    standard: str
    part: str
    dimensions: dict[str, int]
    measures: dict[str, int]
    extra: dict[int, str] = field(default_factory=dict)


def fits(content: Content) -> bool:
    """Whether it is a workbook at all; whether it holds cancer tables is known once it is read."""
    return content.workbook


def read(content: Content) -> Parsed:
    """Read every table of the workbook. Raises `UserError` where there is none, or where it names no single month."""
    from openpyxl import load_workbook

    sheets: list[tuple[str, list[tuple[object, ...]]]] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content.data), read_only=True, data_only=True)
            for sheet in book.worksheets:
                sheets.append((sheet.title, list(sheet.iter_rows(max_col=_WIDEST, values_only=True))))
            book.close()
    except Exception as error:  # whatever a damaged workbook makes of the library
        raise UserError(f"{content.name} cannot be read as a workbook ({str(error)[:200]}). {KEPT}") from None
    rows: list[dict[str, object]] = []
    bad: list[Quarantined] = []
    measures: dict[str, None] = {}
    tables: list[_Table] = []
    periods: set[str] = set()
    for title, lines in sheets:
        found = _sheet(title, lines, rows, bad)
        tables += found
        if found:
            periods |= _periods(lines)
    for table in tables:
        measures |= dict.fromkeys(table.measures)
    if not tables:
        raise UserError(
            f"{content.name} holds no table of cancer waiting times: no sheet has a row of headings with an ODS code, "
            f"a provider and days. Its sheets: {', '.join(title for title, _ in sheets)[:300]}. {KEPT}"
        )
    findings = []
    if not periods and (named := cells.period(content.name.replace("-", " "))):
        periods = {named}
        findings.append("No sheet names its month: it is taken from the file's name.")
    if len(periods) != 1:
        said = ", ".join(sorted(periods)) or "none"
        raise UserError(f"{content.name} should be about one month; its sheets name {said}. {KEPT}")
    period = periods.pop()
    if period > cells.this_month():
        raise UserError(f"{content.name} says that it is about {period}, which lies in the future. {KEPT}")
    names = sorted(measures, key=_order)
    return Parsed(
        dataset="cancer",
        tables={period: pa.Table.from_pylist(rows, schema=_schema(names))},
        rows_read=len(rows) + len(bad),
        quarantined=bad,
        layout={
            "measures": names,
            "tables": [[t.sheet, t.standard, t.part, sorted(t.measures, key=_order)] for t in tables],
        },
        extra_columns=sorted({words for table in tables for words in table.extra.values()}),
        findings=findings + _reconcile(rows),
    )


def _order(name: str) -> tuple[int, str]:
    first = ("total", "within_standard", "after_standard", "percent_within")
    return (first.index(name) if name in first else len(first), name)


def _schema(measures: Sequence[str]) -> pa.Schema:
    fields: list[tuple[str, pa.DataType]] = [(name, pa.string()) for name in _TEXT_COLUMNS]
    fields += [(name, pa.float64()) for name in measures]
    return pa.schema([*fields, ("suppressed", pa.string()), ("extra", pa.string()), ("source_row", pa.int64())])


def _periods(lines: Sequence[Sequence[object]]) -> set[str]:
    """Months that stand alone in a cell above the first table."""
    found: set[str] = set()
    for line in lines[:20]:
        if _headings(line):
            break
        for cell in line:
            month = cells.period(cell) if not isinstance(cell, str) or len(cell.strip()) <= 30 else None
            if month:
                found.add(month)
    return found


def _sheet(
    title: str, lines: Sequence[Sequence[object]], rows: list[dict[str, object]], bad: list[Quarantined]
) -> list[_Table]:
    found: list[_Table] = []
    heading, part = "", ""
    seen: dict[tuple[object, ...], int] = {}
    for number, line in enumerate(lines, start=1):
        filled = [cell for cell in line if cell is not None and str(cell).strip()]
        if not filled:
            continue
        if _headings(line):
            found.append(_columns(title, heading, part, line))
            continue
        if len(filled) == 1 and isinstance(filled[0], str):
            words = filled[0].strip()
            heading = heading or words
            part = words if re.match(r"part\s+\w+\s*:", words, re.IGNORECASE) else part
            continue
        if not found:
            continue
        table = found[-1]
        figures = [line[index] for index in table.measures.values() if index < len(line)]
        name = line[table.dimensions["provider_name"]]
        if not _words(name) or not any(value is not None and str(value).strip() for value in figures):
            continue
        raw = ",".join("" if cell is None else str(cell) for cell in line).rstrip(",")[:RAW_LENGTH]
        try:
            row = _row(table, line, number)
        except cells.BadCellError as error:
            bad.append(Quarantined(number, "bad_number", str(error), raw, title))
            continue
        key = tuple(row[column] for column in _TEXT_COLUMNS)
        if key in seen:
            bad.append(Quarantined(number, "repeated_row", f"repeats line {seen[key]}", raw, title))
            continue
        seen[key] = number
        rows.append(row)
    return found


def _words(cell: object) -> str:
    return " ".join(str(cell).split()) if cell is not None else ""


def _headings(line: Sequence[object]) -> bool:
    said = [cells.heading(cell) for cell in line if isinstance(cell, str)]
    code = any(re.match(DIMENSIONS[0][1], words) for words in said)
    name = any(re.search(DIMENSIONS[1][1], words) for words in said)
    return code and name and any(words == "total" or "days" in words for words in said)


def _columns(sheet: str, title: str, part: str, line: Sequence[object]) -> _Table:
    said = [cells.heading(cell) if isinstance(cell, str) else "" for cell in line]
    dimensions: dict[str, int] = {}
    measures: dict[str, int] = {}
    extra: dict[int, str] = {}
    for index, words in enumerate(said):
        if not words:
            continue
        name = _measure(words, said[index + 1] if index + 1 < len(said) else "", measures)
        if name is not None:
            measures.setdefault(name, index)
            continue
        dimension = next((n for n, p in DIMENSIONS if n not in dimensions and re.search(p, words)), None)
        if dimension is not None:
            dimensions[dimension] = index
        else:
            extra[index] = _words(line[index])
    about = f"{sheet} {title}".lower()
    standard = next((name for name, pattern in STANDARDS if re.search(pattern, about)), cells.heading(sheet))
    return _Table(
        sheet, standard, re.sub(r"^part\s+\w+\s*:\s*", "", part, flags=re.IGNORECASE), dimensions, measures, extra
    )


def _measure(words: str, after: str, known: Iterable[str]) -> str | None:
    """The measure of a heading, given the heading to its right and the measures already found."""
    if re.match(r"total\b", words):
        return "total"
    within = re.fullmatch(r"(?:number )?(?:within|in) (\d+) days?(?: or less)?", words)
    if within:
        if "within_standard" not in known and re.fullmatch(rf"after {within.group(1)} days?", after):
            return "within_standard"
        return f"days_000_{int(within.group(1)):03d}"
    beyond = re.fullmatch(r"(?:after|over|more than) (\d+) days?", words)
    if beyond:
        if "within_standard" in known and "after_standard" not in known:
            return "after_standard"
        return f"days_{int(beyond.group(1)) + 1:03d}_plus"
    between = re.fullmatch(r"(?:in |within )?(\d+) to (\d+) days?", words)
    if between:
        return f"days_{int(between.group(1)):03d}_{int(between.group(2)):03d}"
    if re.search(r"within \d+ days?|percentage|performance", words):
        return "percent_within"
    return None


def _row(table: _Table, line: Sequence[object], number: int) -> dict[str, object]:
    said = {name: _words(line[index]) or None for name, index in table.dimensions.items() if index < len(line)}
    code = said.get("provider")
    if code is not None and not re.fullmatch(r"[A-Za-z0-9]{2,12}", code):
        raise cells.BadCellError(f"the provider's code is none: {code[:60]!r}")
    row: dict[str, object] = dict.fromkeys(_TEXT_COLUMNS)
    row |= said
    row |= {"standard": table.standard, "sheet": table.sheet, "part": table.part or None}
    name = (said.get("provider_name") or "").lower()
    everyone = bool(re.search(r"\ball (english )?providers\b|^england$|^total$|national total", name))
    row["kind"] = "provider" if code else "total" if everyone else "other"
    row["provider"] = code.upper() if code else None
    withheld = []
    for measure, index in table.measures.items():
        cell = line[index] if index < len(line) else None
        try:
            row[measure] = cells.number(cell, whole=False)
        except cells.BadCellError as error:
            raise cells.BadCellError(f"{measure} {error}: {str(cell)[:60]!r}") from None
        if isinstance(cell, str) and cells.is_suppressed(cell):
            withheld.append(measure)
    kept = [f"{words}={_words(line[index])}" for index, words in table.extra.items() if _words(line[index])]
    return {
        **row,
        "suppressed": ";".join(withheld) or None,
        "extra": ";".join(kept)[:RAW_LENGTH] or None,
        "source_row": number,
    }


def _reconcile(rows: Sequence[dict[str, object]]) -> list[str]:
    """Findings where a table's totals are not the sum of its providers; halves of people may leave one half over."""
    sums: dict[tuple[object, ...], list[float]] = {}
    for row in rows:
        if row.get("total") is None or row["kind"] == "other":
            continue
        key = tuple(row[name] for name in ("sheet", "part", "route", "stage", "modality", "cancer_type"))
        pair = sums.setdefault(key, [0.0, -1.0])
        figure = float(str(row["total"]))
        if row["kind"] == "total":
            pair[1] = figure
        else:
            pair[0] += figure
    differing = sum(1 for apart, said in sums.values() if said >= 0 and abs(apart - said) > 1)
    if not differing:
        return []
    return [
        f"In {differing} of {len(sums)} groups the providers do not add up to the published total of all providers."
    ]
