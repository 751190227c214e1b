"""Reads NHS England's referral-to-treatment full extract: one row a provider, commissioner, part and treatment
function.

Columns are found by what they are called, never by where they stand, and week bands by the weeks they name, so
extracts that stop at 52 weeks (to March 2021) and at 104 weeks read alike. The file's traps: `Total` is blank for
Part_2, Part_2A and Part_3; `Total All` of Part_1A and Part_1B also counts pathways whose clock start is not known;
Part_3 has no bands. Blanks stay blank.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub.published import cells, delimited
from wherry.hub.published.bands import Band, check, from_heading
from wherry.hub.published.files import KEPT, Content, refuse_cut, text
from wherry.hub.published.parsed import RAW_LENGTH, Parsed, Quarantined

#: The stubs of pyarrow know fewer of its functions' forms than there are.
pc: Any = pyarrow_compute
Column = Any

#: The parts of the monthly return, with what each counts.
PARTS = {
    "Part_1A": "completed pathways for admitted patients",
    "Part_1B": "completed pathways for non-admitted patients",
    "Part_2": "incomplete pathways",
    "Part_2A": "incomplete pathways with a decision to admit",
    "Part_3": "new periods",
}

#: Headings (as `cells.heading` gives them) of each dimension.
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "period": ("period",),
    "provider_parent": ("provider parent org code", "provider parent code"),
    "provider_parent_name": ("provider parent name", "provider parent org name"),
    "provider": ("provider org code", "provider code"),
    "provider_name": ("provider org name", "provider name"),
    "commissioner_parent": ("commissioner parent org code", "commissioner parent code"),
    "commissioner_parent_name": ("commissioner parent name", "commissioner parent org name"),
    "commissioner": ("commissioner org code", "commissioner code"),
    "commissioner_name": ("commissioner org name", "commissioner name"),
    "part": ("rtt part type", "part type"),
    "part_name": ("rtt part description", "part description"),
    "treatment_function": ("treatment function code",),
    "treatment_function_name": ("treatment function name", "treatment function"),
}
REQUIRED = ("period", "provider", "part", "treatment_function")

#: Headings of the three totals.
TOTALS: dict[str, tuple[str, ...]] = {
    "total": ("total",),
    "unknown_start": ("patients with unknown clock start date", "unknown clock start date", "unknown clock start"),
    "total_all": ("total all",),
}
#: A name or code longer than this is no name.
LONGEST = 500
KEY = ("period", "provider", "commissioner", "part", "treatment_function")


def fits(headings: Sequence[str]) -> bool:
    """Whether a heading line is that of an RTT extract."""
    found = {cells.heading(text) for text in headings}
    return bool({"rtt part type", "part type"} & found) and any(from_heading(text) for text in headings)


def read(content: Content, headings: Sequence[str], heading_line: int) -> Parsed:
    """Read the extract, whose headings stand on `heading_line` (from 1). Raises `UserError` for a file that is cut off
    or lacks a column that it cannot do without."""
    body, findings = text(content) if not _is_utf8(content.data) else (None, [])
    data = content.data.removeprefix(b"\xef\xbb\xbf") if body is None else body.encode()
    refuse_cut(content, data, len(headings))
    places, bands, extra = _columns(content, headings)
    names = _names(headings, places, bands, extra)
    bad: list[Quarantined] = []
    raw, lines = delimited.columns(content, data, names, heading_line, bad)
    rows_read = raw.num_rows + len(bad)
    measures = [band.column for band in bands] + [name for name in TOTALS if name in places]
    typed, keep, suppressed = _numbers(raw, measures, lines, bad)
    table = _assemble(raw, typed, measures, suppressed, lines, [name for name in names if name.startswith("extra:")])
    table = table.filter(keep)
    table = _check_rows(table, bad)
    totals_named = [name for name in TOTALS if name in places]
    findings += _reconcile(table, bands, totals_named)
    periods = pc.unique(table["period"]).to_pylist()
    tables = {str(p): table.filter(pc.equal(table["period"], p)).drop_columns(["period"]) for p in sorted(periods)}
    return Parsed(
        dataset="rtt",
        tables=tables,
        rows_read=rows_read,
        quarantined=sorted(bad, key=lambda row: row.line),
        layout={"bands": [[band.lower, band.upper] for band in bands], "measures": measures},
        extra_columns=[
            headings[int(name.split(":")[1])] or f"(unnamed, column {int(name.split(':')[1]) + 1})" for name in extra
        ],
        findings=findings,
    )


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\x00" not in data[:4096]


def _columns(content: Content, headings: Sequence[str]) -> tuple[dict[str, int], list[Band], list[str]]:
    places: dict[str, int] = {}
    banded: list[tuple[Band, int]] = []
    wanted = {words: name for name, many in {**DIMENSIONS, **TOTALS}.items() for words in many}
    extra = []
    for index, words in enumerate(headings):
        band = from_heading(words)
        name = wanted.get(cells.heading(words))
        if band is not None:
            banded.append((band, index))
        elif name is not None and name not in places:
            places[name] = index
        else:
            extra.append(f"extra:{index}")
    missing = [DIMENSIONS[name][0] for name in REQUIRED if name not in places]
    if missing or ("total_all" not in places and "total" not in places):
        missing += [] if "total_all" in places or "total" in places else ["total all"]
        raise UserError(f"{content.name} looks like an RTT extract but has no column {', '.join(missing)}. {KEPT}")
    banded.sort(key=lambda pair: pair[0].lower)
    bands = [band for band, _ in banded]
    try:
        check(bands)
    except UserError as error:
        raise UserError(f"{content.name}: {error} {KEPT}") from None
    places |= {band.column: index for band, index in banded}
    return places, bands, extra


def _names(headings: Sequence[str], places: dict[str, int], bands: Sequence[Band], extra: Sequence[str]) -> list[str]:
    names = [""] * len(headings)
    for name, index in places.items():
        names[index] = name
    for name in extra:
        names[int(name.split(":")[1])] = name
    return names


_DIGITS = r"^[0-9]{1,9}$"


def _numbers(
    raw: pa.Table, measures: list[str], lines: Column, bad: list[Quarantined]
) -> tuple[dict[str, Column], Column, dict[int, list[str]]]:
    """Measures as whole numbers; which rows have only good ones; and the suppressed cells by row."""
    typed: dict[str, Column] = {}
    refused: dict[int, str] = {}
    suppressed: dict[int, list[str]] = {}
    for name in measures:
        column = raw[name]
        plain = pc.or_(pc.equal(column, ""), pc.match_substring_regex(column, _DIGITS))
        if pc.all(plain).as_py() is not False:
            typed[name] = pc.cast(pc.if_else(pc.equal(column, ""), None, column), pa.int32())
            continue
        places = pc.indices_nonzero(pc.invert(plain))
        odd = dict(zip(places.to_pylist(), column.take(places).to_pylist(), strict=True))
        mended: dict[int, int | None] = {}
        for index, value in odd.items():
            try:
                found = cells.number(value)
                mended[index] = None if found is None else int(found)
                if cells.is_suppressed(value):
                    suppressed.setdefault(index, []).append(name)
            except cells.BadCellError as error:
                mended[index] = None
                refused.setdefault(index, f"{name} {error}: {value[:60]!r}")
        values = column.to_pylist()
        typed[name] = pa.chunked_array(
            [
                pa.array(
                    [mended[i] if i in mended else (int(v) if v else None) for i, v in enumerate(values)], pa.int32()
                )
            ]
        )
    keep = [True] * raw.num_rows
    for index, reason in refused.items():
        keep[index] = False
        bad.append(Quarantined(lines[index].as_py(), "bad_number", reason, _raw_row(raw, index)))
    return typed, pa.array(keep, pa.bool_()), suppressed


def _raw_row(raw: pa.Table, index: int) -> str:
    return ",".join(str(column[index].as_py()) for column in raw.columns)[:RAW_LENGTH]


def _assemble(
    raw: pa.Table,
    typed: dict[str, Column],
    measures: list[str],
    suppressed: dict[int, list[str]],
    lines: Column,
    extra: list[str],
) -> pa.Table:
    columns: dict[str, Column] = {}
    for name in DIMENSIONS:
        found = (
            pc.utf8_trim_whitespace(raw[name])
            if name in raw.column_names
            else pa.chunked_array([pa.nulls(raw.num_rows, pa.string())])
        )
        if name == "period":
            columns[name] = _mapped(found, cells.period)
        elif name == "part":
            columns[name] = _mapped(found, part)
        elif name in {"provider", "commissioner", "provider_parent", "commissioner_parent", "treatment_function"}:
            columns[name] = pc.utf8_upper(_blank_to_null(found))
        else:
            columns[name] = _blank_to_null(found)
    columns |= {name: typed[name] for name in measures}
    withheld = (
        [";".join(suppressed[i]) if i in suppressed else None for i in range(raw.num_rows)] if suppressed else None
    )
    columns["suppressed"] = pa.array(withheld, pa.string()) if withheld else pa.nulls(raw.num_rows, pa.string())
    columns["extra"] = _extra(raw, extra)
    columns["source_row"] = lines
    return pa.table(columns)


def _blank_to_null(column: Column) -> Column:
    return pc.if_else(pc.equal(column, ""), None, column)


def _mapped(column: Column, function: Callable[[str | None], str | None]) -> Column:
    encoded = column.combine_chunks().dictionary_encode()
    words = pa.array([function(word) for word in encoded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([pc.take(words, encoded.indices)])


def _extra(raw: pa.Table, extra: list[str]) -> Column:
    """Cells of columns that are not known, as `column 23=a;...`; blank where they are all blank."""
    filled = [name for name in extra if not pc.all(pc.equal(raw[name], "")).as_py()]
    if not filled:
        return pa.nulls(raw.num_rows, pa.string())
    values = [raw[name].to_pylist() for name in filled]
    places = [int(name.split(":")[1]) + 1 for name in filled]
    joined = [
        ";".join(f"column {p}={v}" for p, v in zip(places, row, strict=True) if v) for row in zip(*values, strict=True)
    ]
    return pa.array([words or None for words in joined], pa.string())


def part(words: str | None) -> str | None:
    """A part type as this project writes it, or None if it is not one.

    >>> part("PART_1A"), part("Part 2"), part("Part_9")
    ('Part_1A', 'Part_2', None)
    """
    found = re.fullmatch(r"part[\s_\-]*(1a|1b|2a|2|3)", (words or "").strip().lower())
    return f"Part_{found.group(1).upper()}" if found else None


def _check_rows(table: pa.Table, bad: list[Quarantined]) -> pa.Table:
    """Send rows without a usable key, of a month to come, or that repeat an earlier row, to quarantine."""
    today = cells.this_month()
    longest = pc.max_element_wise(*(pc.utf8_length(pc.fill_null(table[name], "")) for name in DIMENSIONS))
    checks = [
        ("too_long", pc.greater(longest, LONGEST), f"a code or name has more than {LONGEST} characters"),
        ("no_period", pc.is_null(table["period"]), "the period is missing or is not a month"),
        ("future_period", pc.fill_null(pc.greater(table["period"], today), False), "the period lies in the future"),
        ("no_provider", pc.is_null(table["provider"]), "the provider's code is missing"),
        ("unknown_part", pc.is_null(table["part"]), f"the part is none of {', '.join(PARTS)}"),
        ("no_treatment_function", pc.is_null(table["treatment_function"]), "the treatment function's code is missing"),
    ]
    for code, failed, words in checks:
        if not pc.any(failed).as_py():
            continue
        for row in table.filter(failed).to_pylist():
            bad.append(Quarantined(row["source_row"], code, words, _raw_typed(row)))
        table = table.filter(pc.invert(failed))
        return _check_rows(table, bad)
    return _without_repeats(table, bad)


def _without_repeats(table: pa.Table, bad: list[Quarantined]) -> pa.Table:
    grouped = table.group_by(list(KEY)).aggregate([("source_row", "count"), ("source_row", "min")])
    repeated = grouped.filter(pc.greater(grouped["source_row_count"], 1))
    if repeated.num_rows == 0:
        return table
    first = {tuple(row[name] for name in KEY): row["source_row_min"] for row in repeated.to_pylist()}
    keep = []
    for row in table.select([*KEY, "source_row"]).to_pylist():
        line = first.get(tuple(row[name] for name in KEY))
        keep.append(line is None or row["source_row"] == line)
        if not keep[-1]:
            words = f"repeats the provider, commissioner, part and treatment function of line {line}"
            bad.append(Quarantined(row["source_row"], "repeated_row", words, _raw_typed(row)))
    return table.filter(pa.array(keep, pa.bool_()))


def _raw_typed(row: dict[str, object]) -> str:
    return ",".join("" if value is None else str(value) for name, value in row.items() if name != "source_row")[
        :RAW_LENGTH
    ]


def _reconcile(table: pa.Table, bands: list[Band], totals: list[str]) -> list[str]:
    """Findings where the file's own figures do not add up; nothing is changed."""
    findings = []
    banded = table.select([band.column for band in bands])
    known: Column = pa.array([0] * table.num_rows, pa.int64())
    blank: Column = pa.array([True] * table.num_rows, pa.bool_())
    for column in banded.columns:
        known = pc.add(known, pc.cast(pc.fill_null(column, 0), pa.int64()))
        blank = pc.and_(blank, pc.is_null(column))
    clear = pc.and_(pc.invert(blank), pc.is_null(table["suppressed"]))
    if "total_all" in totals:
        unknown = pc.fill_null(table["unknown_start"], 0) if "unknown_start" in totals else 0
        differs = pc.and_(clear, pc.not_equal(pc.add(known, unknown), pc.cast(table["total_all"], pa.int64())))
        if count := pc.sum(pc.cast(differs, pa.int64())).as_py():
            findings.append(f"In {count:,} rows the bands and unknown starts do not add up to Total All.")
    measure = "total_all" if "total_all" in totals else "total"
    whole = pc.equal(table["treatment_function"], "C_999")
    for name in PARTS:
        of_part = pc.equal(table["part"], name)
        every = pc.sum(table.filter(pc.and_(of_part, whole))[measure]).as_py()
        parts = pc.sum(table.filter(pc.and_(of_part, pc.invert(whole)))[measure]).as_py()
        if every is not None and parts is not None and every != parts:
            findings.append(f"{name}: C_999 counts {every:,}, its treatment functions together {parts:,}.")
    return findings
