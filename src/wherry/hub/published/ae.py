"""Reads NHS England's monthly A&E attendances and emergency admissions: one row a provider, and a row of totals.

Headings have changed over the years ("Number of A&E attendances Type 1", "A&E attendances Type 1"), columns of booked
appointments came in 2020, and one file carries six columns of junk: each column is recognised by what it counts. The
row of totals is kept as such, so that it can be checked against the sum of the providers, and is never taken for a
provider.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

from wherry.errors import UserError
from wherry.hub.published import cells
from wherry.hub.published.files import KEPT, Content, refuse_cut, text
from wherry.hub.published.parsed import RAW_LENGTH, Parsed, Quarantined

KINDS = ("type1", "type2", "other")
#: Every measure that is recognised, in the order of the publication.
MEASURES = (
    *(f"{kind}_attendances" for kind in KINDS),
    *(f"{kind}_booked" for kind in KINDS),
    *(f"{kind}_over_4_hours" for kind in KINDS),
    *(f"{kind}_booked_over_4_hours" for kind in KINDS),
    "dta_4_to_12_hours",
    "dta_over_12_hours",
    "dta_over_4_hours",
    *(f"{kind}_emergency_admissions" for kind in KINDS),
    "not_ae_emergency_admissions",
)
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "period": ("period", "month"),
    "provider": ("org code", "organisation code", "provider code", "provider org code", "code"),
    "provider_parent_name": ("parent org", "parent organisation", "parent org name", "region", "sha", "system"),
    "provider_name": ("org name", "organisation name", "provider name", "name"),
}
_TOTALS = {"total", "totals", "england", "all providers"}
#: A name or code longer than this is no name.
LONGEST = 500


def measure(words: str) -> str | None:
    """The measure that a heading names, or None.

    >>> measure("Number of attendances over 4hrs Other A&E Department")
    'other_over_4_hours'
    >>> measure("Attendances over 4hrs Booked Appointments Type 1"), measure("A&E attendances Type 2")
    ('type1_booked_over_4_hours', 'type2_attendances')
    >>> measure("Patients who have waited 12+ hrs from DTA to admission"), measure("Other emergency admissions")
    ('dta_over_12_hours', 'not_ae_emergency_admissions')
    >>> measure("Percentage in 4 hours or less (type 1)"), measure("a"), measure("Total attendances")
    (None, None, None)
    """
    said = cells.heading(words.replace(">", " over ").replace("<", " under ").replace("%", " percentage "))
    said = re.sub(r"\b(\d+) (h(ou)?rs?|hs)\b", r"\1hrs", re.sub(r"\b(\d+)\+? ?(hours?|hrs?|hs)\b", r"\1hrs", said))
    if re.search(r"\b(percentage|total|within|under|less|performance)\b", said):
        return None
    if re.search(r"\b(dta|decision to admit)\b", said):
        if re.search(r"\b4( to)? 12(hrs)?\b", said):
            return "dta_4_to_12_hours"
        if re.search(r"\b12(hrs|\+)|\b12\b", said):
            return "dta_over_12_hours"
        return "dta_over_4_hours" if re.search(r"\b4hrs\b", said) else None
    if re.search(r"\badmissions?\b", said):
        if re.match(r"(number of )?other emergency admissions", said):
            return "not_ae_emergency_admissions"
        kind = _kind(said)
        return f"{kind}_emergency_admissions" if kind and "emergency" in said else None
    kind = _kind(said)
    if kind is None or not re.search(r"attend|over 4hrs|booked", said):
        return None
    booked = "_booked" if "booked" in said else ""
    if re.search(r"\b(over|more than) 4hrs\b", said):
        return f"{kind}{booked}_over_4_hours"
    if re.search(r"\d+hrs", said):
        return None
    return f"{kind}{booked or '_attendances'}"


def _kind(said: str) -> str | None:
    found = re.search(r"\btype ([123])\b", said)
    if found:
        return KINDS[int(found.group(1)) - 1]
    return "other" if re.search(r"\bother\b", said) else None


def fits(headings: Sequence[str]) -> bool:
    """Whether a heading line is that of a monthly A&E file."""
    said = {cells.heading(words) for words in headings}
    named = any(words in said for words in DIMENSIONS["provider"])
    return named and any((measure(words) or "").endswith("_attendances") for words in headings)


def read(content: Content, headings: Sequence[str], heading_line: int) -> Parsed:
    """Read the file, whose headings stand on `heading_line` (from 1)."""
    body, findings = text(content)
    refuse_cut(content, content.data, len(headings))
    places: dict[str, int] = {}
    extra: list[int] = []
    named = {words: name for name, many in DIMENSIONS.items() for words in many}
    for index, words in enumerate(headings):
        name = named.get(cells.heading(words)) or measure(words)
        if name is None or name in places:
            extra.append(index)
        else:
            places[name] = index
    fallback = None
    if "period" not in places:
        fallback = cells.period(content.name)
        if fallback is None:
            raise UserError(f"{content.name} has no column Period, and its name gives no month. {KEPT}")
        findings.append(f"No column Period: the month {fallback} is that of the file's name.")
    rows, bad, count = _rows(body, len(headings), heading_line, places, extra, fallback)
    measures = [name for name in MEASURES if name in places]
    tables = {}
    for period in sorted({str(row["period"]) for row in rows}):
        of_period = [row for row in rows if row["period"] == period]
        findings += _reconcile(of_period, measures)
        tables[period] = pa.Table.from_pylist(of_period, schema=_schema(measures)).drop_columns(["period"])
    return Parsed(
        dataset="ae",
        tables=tables,
        rows_read=count,
        quarantined=bad,
        layout={"measures": measures},
        extra_columns=[headings[index].strip() or f"(unnamed, column {index + 1})" for index in extra],
        findings=findings,
    )


def _schema(measures: Sequence[str]) -> pa.Schema:
    words = ("period", "kind", "provider", "provider_name", "provider_parent", "provider_parent_name")
    fields: list[tuple[str, pa.DataType]] = [(name, pa.string()) for name in words]
    fields += [(name, pa.int32()) for name in measures]
    return pa.schema([*fields, ("suppressed", pa.string()), ("extra", pa.string()), ("source_row", pa.int64())])


def lines(body: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV with their lines. A row is one line: a quotation mark that is never closed spoils only its
    own."""
    csv.field_size_limit(1 << 30)
    for number, line in enumerate(io.StringIO(body), start=1):
        try:
            yield number, next(csv.reader([line.rstrip("\r\n")], strict=False), [])
        except csv.Error as error:
            yield number, [f"(not CSV: {error})"]


def _rows(
    body: str, width: int, heading_line: int, places: dict[str, int], extra: list[int], fallback: str | None
) -> tuple[list[dict[str, object]], list[Quarantined], int]:
    rows: list[dict[str, object]] = []
    bad: list[Quarantined] = []
    count = 0
    needed = max(places.values()) + 1
    seen: dict[tuple[object, object], int] = {}
    for line, cells_here in lines(body):
        if line <= heading_line or not any(cell.strip() for cell in cells_here):
            continue
        count += 1
        raw = ",".join(cells_here)[:RAW_LENGTH]
        if len(cells_here) < needed or any(cell.strip() for cell in cells_here[width:]):
            words = f"has {len(cells_here)} columns, not {width}"
            bad.append(Quarantined(line, "wrong_width", words, raw))
            continue
        try:
            row = _row(cells_here, places, extra, fallback)
        except cells.BadCellError as error:
            code = "bad_number" if ": " in str(error) else "bad_row"
            bad.append(Quarantined(line, code, str(error), raw))
            continue
        key = (row["period"], row["provider"] if row["kind"] == "provider" else None)
        if row["period"] is not None and key in seen:
            bad.append(Quarantined(line, "repeated_row", f"repeats the provider of line {seen[key]}", raw))
            continue
        if row["period"] is not None:
            seen[key] = line
        rows.append({**row, "source_row": line})
    months = {str(row["period"]) for row in rows if row["period"] is not None}
    for row in [row for row in rows if row["period"] is None]:
        month = next(iter(months)) if len(months) == 1 else None
        if month is not None and (month, None) not in seen:
            row["period"] = month
            seen[(month, None)] = int(str(row["source_row"]))
        else:
            rows.remove(row)
            line = int(str(row["source_row"]))
            bad.append(Quarantined(line, "no_period", "the totals of a file of several months name no month", "TOTAL"))
    return rows, sorted(bad, key=lambda one: one.line), count


def _row(row: Sequence[str], places: dict[str, int], extra: Sequence[int], fallback: str | None) -> dict[str, object]:
    said = {name: " ".join(row[places[name]].split()) for name in DIMENSIONS if name in places}
    if any(len(words) > LONGEST for words in said.values()):
        raise cells.BadCellError(f"a name has more than {LONGEST} characters")
    total = any(words.lower() in _TOTALS for words in said.values())
    period = fallback or cells.period(said["period"])
    if period is None and not (total and said["period"].lower() in _TOTALS | {""}):
        raise cells.BadCellError(f"the period is not a month ({said['period'][:60]!r})")
    if period is not None and period > cells.this_month():
        raise cells.BadCellError(f"the period {period} lies in the future")
    if not total and not re.fullmatch(r"[A-Za-z0-9]{2,12}", said["provider"]):
        raise cells.BadCellError(f"the provider's code is missing or is none ({said['provider'][:60]!r})")
    found: dict[str, object] = {
        "period": period,
        "kind": "total" if total else "provider",
        "provider": None if total else said["provider"].upper(),
        "provider_name": said.get("provider_name") or None,
        "provider_parent": None,
        "provider_parent_name": None if total else said.get("provider_parent_name") or None,
    }
    withheld = []
    for name in MEASURES:
        if name not in places:
            continue
        cell = row[places[name]]
        try:
            found[name] = cells.number(cell)
        except cells.BadCellError as error:
            raise cells.BadCellError(f"{name} {error}: {cell[:60]!r}") from None
        if cells.is_suppressed(cell):
            withheld.append(name)
    kept = [f"column {index + 1}={row[index].strip()}" for index in extra if index < len(row) and row[index].strip()]
    return {**found, "suppressed": ";".join(withheld) or None, "extra": ";".join(kept)[:RAW_LENGTH] or None}


def _reconcile(rows: Sequence[dict[str, object]], measures: Sequence[str]) -> list[str]:
    """Findings where the row of totals is not the sum of the providers; nothing is changed."""
    totals = [row for row in rows if row["kind"] == "total"]
    if not totals:
        return ["There is no row of totals to check the providers against."]
    findings = []
    for name in measures:
        apart = [int(str(row[name])) for row in rows if row["kind"] == "provider" and row[name] is not None]
        said = totals[0][name]
        if said is not None and sum(apart) != said:
            findings.append(f"{name}: the totals say {int(str(said)):,}, the providers add up to {sum(apart):,}.")
    return findings
