"""The list as a file: every row of a filter, with its as-at date, its filter and its source said first.

Rows leave in Arrow batches, so that 130,000 of them take a few seconds; text that a spreadsheet would run as a formula
gets an apostrophe, as `wherry.web.components.export.csv_safe` would give it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from wherry.web.waiting import filters as filtering
from wherry.web.waiting.filters import Filters
from wherry.web.waiting.frame import NO_DAY, Ints, pc
from wherry.web.waiting.naming import EVENT_KINDS, PRIORITY_TYPES, SEX, STAGES, Names
from wherry.web.waiting.panel import words
from wherry.web.waiting.presenters import age_band
from wherry.web.waiting.selectors import WaitingList

_CHUNK = 10_000
_DECIDED = ("", "Validated", "With a clinician", "Correction asked for", "Taken off", "New evidence", "Due again")
_FORMULA = r"^([\s\p{Z}\x{85}]*[=+\-@|%\t\r\n＝＋－＠])"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
Column = tuple[str, str, Callable[[Any], Any] | None]


def columns(names: Names, *, identified: bool) -> list[Column]:
    """Header, column of the frame, and what turns a value into words (applied once a distinct value)."""
    who: list[Column] = [
        ("Surname", "surname", None),
        ("Forename", "forename", None),
        ("NHS number", "nhs_number", None),
        ("Hospital number", "identity_key", _after_colon),
        ("Date of birth", "birth_date", None),
        ("Age", "age", None),
    ]
    coarse: list[Column] = [("Age", "age", age_band)]
    shared: list[Column] = [
        ("Sex", "sex", lambda v: SEX.get(v, "not known")),
        ("Trust code", "organisation", None),
        ("Trust", "organisation", names.trust),
        ("Site", "site", names.site),
        ("Treatment function code", "treatment_function", None),
        ("Treatment function", "treatment_function", names.function),
        ("Reporting group", "reporting_group", names.function),
        ("Clinical priority", "clinical_priority", None),
        ("Treatment due by", "priority_due_on", None),
        ("Referral priority", "priority_type", lambda v: PRIORITY_TYPES.get(v, v)),
        ("RTT clock start", "clock_start", None),
        ("Days waited", "days_waited", None),
        ("Weeks waited", "weeks_waited", None),
        ("Place held since", "list_order_date", None),
        ("Stage", "stage", lambda v: STAGES.get(v, v)),
        ("Decision to admit", "decision_to_admit_on", None),
        ("To come in", "tci_on", None),
        ("Next event", "next_event_on", None),
        ("Next event is", "next_event_kind", lambda v: EVENT_KINDS.get(v, v)),
        ("Last event", "last_event_on", None),
        ("Commissioner", "commissioner", names.organisation),
        ("Deprivation fifth (1 most deprived)", "imd_quintile", None),
        ("Doubtful", "findings", lambda v: "; ".join(names.rule(code).words for code in (v or "").split(";") if code)),
    ]
    numbers: list[Column] = [("Procedure", "procedure", None), ("Pathway", "pathway_key", None)] if identified else []
    return [("Place", "position", None), *(who if identified else coarse), *shared, *numbers]


def tables(listing: WaitingList, rows: Ints, names: Names) -> Iterator[pa.Table]:
    """The rows in batches, as columns of words, numbers and dates."""
    spec = columns(names, identified=listing.identified)
    words_of: dict[tuple[str, str], dict[Any, Any]] = {}
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        taken = listing.frame.table.take(pa.array(part))
        arrays: dict[str, Any] = {}
        for header, column, change in spec:
            values = taken[column]
            if pa.types.is_dictionary(values.type):
                values = pc.cast(values, values.type.value_type)
            arrays[header] = _worded(values, change, words_of.setdefault((header, column), {})) if change else values
        validated = listing.overlay.validated[part]
        arrays["Last validated"] = pc.cast(pa.array(validated, pa.int32(), mask=validated == NO_DAY), pa.date32())
        arrays["Decision here"] = pa.array(np.array(_DECIDED, dtype=object)[listing.overlay.states[part]], pa.string())
        arrays["Why here"] = taken["why"]
        yield pa.table(arrays)


def _worded(values: Any, change: Callable[[Any], Any], known: dict[Any, Any]) -> Any:
    encoded = (
        values.combine_chunks().dictionary_encode() if values.num_chunks != 1 else values.chunk(0).dictionary_encode()
    )
    for value in encoded.dictionary.to_pylist():
        if value not in known:
            known[value] = change(value)
    worded = pa.array([known[v] for v in encoded.dictionary.to_pylist()], pa.string())
    if values.null_count:
        worded = pa.concat_arrays([worded, pa.array([change(None)], pa.string())])
        return worded.take(pc.fill_null(encoded.indices, len(worded) - 1))
    return worded.take(encoded.indices)


def _after_colon(key: str | None) -> str | None:
    return key.partition(":")[2] if key else None


def about(listing: WaitingList, filters: Filters, rows: int, names: Names) -> list[str]:
    """What the file is, in sentences: as at, filter, order, source, who may use it."""
    trusts = ", ".join(sorted(names.trust(code) for code in listing.organisations))
    use = (
        "It names patients: keep it as you keep a record."
        if listing.identified
        else f"Without identities; {listing.opted_out_removed:,} rows of people who opted out were removed "
        f"({listing.opt_out_list})."
    )
    return [
        f"Waiting list as at {listing.snapshot.census:%-d %B %Y}: {rows:,} rows.",
        f"Filter: {words(filters, names)}",
        f"Source: wherry snapshot {listing.snapshot.id}, from the extracts of {trusts}.",
        use,
    ]


def csv_lines(listing: WaitingList, rows: Ints, names: Names, notes: list[str]) -> Iterator[bytes]:
    """The file as UTF-8 with a mark: notes, an empty line, the header, the rows."""
    head = io.StringIO()
    writer = csv.writer(head)
    for note in notes:
        writer.writerow([note])
    writer.writerow([])
    writer.writerow([header for header, _, _ in columns(names, identified=listing.identified)] + _LAST)
    yield ("\ufeff" + head.getvalue()).encode()
    options = pyarrow.csv.WriteOptions(include_header=False)
    for table in tables(listing, rows, names):
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(safe(table), sink, options)
        yield sink.getvalue().to_pybytes()


_LAST = ["Last validated", "Decision here", "Why here"]


def safe(table: pa.Table) -> pa.Table:
    """The table with no text that a spreadsheet would run."""
    made = {}
    for name in table.column_names:
        column: Any = table[name]
        if pa.types.is_string(column.type):
            column = pc.replace_substring_regex(column, _CONTROL, "")
            column = pc.replace_substring_regex(column, _FORMULA, r"'\1")
        made[name] = column
    return pa.table(made)


def excel_rows(listing: WaitingList, rows: Ints, names: Names) -> Iterator[tuple[Any, ...]]:
    """The rows for Excel, with dates as dates."""
    for table in tables(listing, rows, names):
        yield from zip(*(table[name].to_pylist() for name in table.column_names), strict=True)


def header(listing: WaitingList, names: Names) -> list[str]:
    """The header of either file."""
    return [name for name, _, _ in columns(names, identified=listing.identified)] + _LAST


def file_name(listing: WaitingList, filters: Filters) -> str:
    """A name that says what it is and of when; never a word searched for."""
    kind = {"off": "taken-off", "all": "with-taken-off"}.get(filters.show, "")
    parts = ["waiting-list", listing.snapshot.census.isoformat(), *sorted(filters.facets.get("trust", ()))]
    wait = filters.wait.replace("_", "-") if filters.wait in filtering.WAIT_WORDS else ""
    return "-".join(part for part in (*parts, wait, kind) if part)
