"""Turns fields of hospital episode statistics into typed columns, value by distinct value."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.hub.hes.shapes import AGE, ARROW, DATE, MINUTES, OLDEST, PLACEHOLDERS, REAL, TEXT, WHOLE, Dataset
from wherry.hub.published import cells

#: The stubs of pyarrow know fewer of its functions' forms than there are.
pc: Any = pyarrow_compute

#: Rows that cannot be published, by their place: a short code and the words.
Problems = dict[int, tuple[str, str]]


def typed(dataset: Dataset, raw: pa.Table, types: Mapping[str, str]) -> tuple[pa.Table, Problems, list[str]]:
    """The named columns, the lists and the rest; rows with a bad value; and what was found on the way."""
    problems: Problems = {}
    findings: list[str] = []
    columns: dict[str, Any] = {}
    stood: dict[int, list[str]] = {}
    used = {source for _, source, _ in dataset.columns}
    for name, source, kind in dataset.columns:
        if source not in raw.column_names:
            columns[name] = pa.array([None] * raw.num_rows, ARROW[kind])
            findings.append(f"there is no field {source}: {name} is blank.")
            continue
        columns[name] = _column(raw[source], kind, f"{name} ({source})", problems, stood, findings)
    for name, stem in dataset.lists:
        sources = sorted(field for field in raw.column_names if re.fullmatch(rf"{stem}\d+", field))
        used |= {*sources, f"{stem}CONCAT"}
        columns[name] = _codes([raw[source] for source in sources], raw.num_rows)
    if dataset.name == "ae":
        columns |= _moments(columns)
    for source in raw.column_names:
        blank = pc.all(pc.equal(pc.utf8_trim_whitespace(raw[source]), "")).as_py()
        if source in used or blank:
            continue
        kind, name = types.get(source, TEXT), f"hes_{source.lower()}"
        spoiled: Problems = {}
        made = _column(raw[source], kind, source, spoiled, {}, [])
        if spoiled:
            findings.append(f"{source} is not always {kind}, as the metadata says: it is kept as text.")
            made = _column(raw[source], TEXT, source, {}, {}, [])
        columns[name] = made
    words = [";".join(stood[index]) if index in stood else None for index in range(raw.num_rows)]
    columns["placeholders"] = pa.array(words, pa.string())
    return pa.table(columns), problems, findings


def _column(
    column: Any, kind: str, words: str, problems: Problems, stood: dict[int, list[str]], findings: list[str]
) -> Any:
    """One field, converted value by distinct value; rows of bad values go to `problems`, of placeholders to `stood`."""
    said = pc.utf8_trim_whitespace(column).combine_chunks()
    if kind == TEXT:
        return pc.if_else(pc.equal(said, ""), None, said)
    coded = said.dictionary_encode()
    values: list[Any] = []
    bad: dict[int, str] = {}
    placeholders: dict[int, str] = {}
    for place, value in enumerate(coded.dictionary.to_pylist()):
        try:
            found = _PARSE[kind](value)
        except ValueError as error:
            bad[place] = str(error)
            found = None
        if isinstance(found, dt.date) and found in PLACEHOLDERS:
            placeholders[place] = value
            found = None
        values.append(found)
    if bad or placeholders:
        counted: Counter[str] = Counter()
        for index, place in enumerate(coded.indices.to_pylist()):
            if place in bad:
                problems.setdefault(index, ("bad_value", f"{words} {bad[place]}"))
            elif place in placeholders:
                stood.setdefault(index, []).append(f"{words.partition(' ')[0]}={placeholders[place]}")
                counted[placeholders[place][:10]] += 1
        for day, count in sorted(counted.items()):
            findings.append(f"{words} is {day} ({PLACEHOLDERS[dt.date.fromisoformat(day)]}) in {count:,} rows: blank.")
    return pc.take(pa.array(values, ARROW[kind]), coded.indices)


def _date(words: str) -> dt.date | None:
    if cells.is_blank(words):
        return None
    found = re.fullmatch(r"(\d{4})-?(\d\d)-?(\d\d)(?:[ T]00:00(?::00)?(?:\.0+)?)?", words)
    if not found:
        raise ValueError(f"is no date: {words[:60]!r}")
    try:
        day = dt.date(*(int(part) for part in found.groups()))
    except ValueError:
        raise ValueError(f"is no day of the calendar: {words[:60]!r}") from None
    if day > dt.datetime.now(dt.UTC).date():
        raise ValueError(f"lies in the future: {words[:60]!r}")
    return day


def _whole(words: str) -> int | None:
    try:
        found = cells.number(words)
    except cells.BadCellError as error:
        raise ValueError(f"{error}: {words[:60]!r}") from None
    return None if found is None else int(found)


def _real(words: str) -> float | None:
    try:
        found = cells.number(words, whole=False)
    except cells.BadCellError as error:
        raise ValueError(f"{error}: {words[:60]!r}") from None
    return None if found is None else float(found)


def _age(words: str) -> int | None:
    """Age in whole years; 7001 to 7007 are babies of days to months.

    >>> [_age(words) for words in ("42", "42.0", "7001", "")]
    [42, 42, 0, None]
    """
    found = _whole(words)
    if found is not None and 7001 <= found <= 7007:
        return 0
    if found is not None and found > OLDEST:
        raise ValueError(f"is more than {OLDEST} years: {words[:60]!r}")
    return found


_PARSE: dict[str, Callable[[str], Any]] = {DATE: _date, WHOLE: _whole, REAL: _real, AGE: _age, MINUTES: _whole}


def _codes(columns: Sequence[Any], size: int) -> Any:
    """Codes of a row as a list, in their order, without blanks, "-" (none) and "&" (not known)."""
    if not columns:
        return pa.nulls(size, pa.list_(pa.string()))
    none = {"", "-", "&"}
    rows = zip(*(pc.utf8_trim_whitespace(column).to_pylist() for column in columns), strict=True)
    return pa.array([[code for code in row if code not in none] for row in rows], pa.list_(pa.string()))


def _moments(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Moments of an attendance in UTC: the arrival, and what came so many minutes after it."""
    times = columns["arrival_time"]
    known = pc.fill_null(pc.match_substring_regex(times, r"^([01]\d|2[0-3])[0-5]\d$"), False)
    days = pc.cast(columns["arrived_on"], pa.timestamp("us"))
    clock = pc.if_else(known, times, None)
    minutes = pc.add(
        pc.multiply(pc.cast(pc.utf8_slice_codeunits(clock, 0, 2), pa.int64()), 60),
        pc.cast(pc.utf8_slice_codeunits(clock, 2, 4), pa.int64()),
    )
    local = pc.add(days, pc.cast(pc.multiply(minutes, 60_000_000), pa.duration("us")))
    london = pc.assume_timezone(local, "Europe/London", ambiguous="earliest", nonexistent="latest")
    arrived = pc.cast(london, pa.timestamp("us", tz="UTC"))
    found = {"arrived_at": arrived}
    for name in ("assessment", "treatment", "conclusion", "departure"):
        after = pc.cast(columns[f"minutes_to_{name}"], pa.int64())
        found[f"{name}_at"] = pc.add(arrived, pc.cast(pc.multiply(after, 60_000_000), pa.duration("us")))
    return found
