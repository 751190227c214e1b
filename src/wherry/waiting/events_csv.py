"""The events file in and the periods file out, by the file contract: UTF-8 CSV, one header line, blanks for what is
not there.

A good file is read in bulk. A file with anything wrong in it is refused whole: it is then read again line by line to
say which line, column and value, and what was expected.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from wherry.errors import UserError
from wherry.hub.schema import EVENT_TYPES
from wherry.waiting.codes import EVENT_COLUMNS, PERIOD_COLUMNS

#: Longest value that a column may hold, in bytes.
LONGEST = 1_000

_TEXT = frozenset({"pathway_id", "provider", "treatment_function"})
_STATUS = re.compile(r"(?:[0-9]{2})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
pc: Any = pyarrow.compute  # the stubs of both are narrower than they are
arrow_csv: Any = pyarrow.csv
_BOM = b"\xef\xbb\xbf"


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_text(value: str) -> bool:
    return not any(character in value for character in "\0\r\n") and len(value.encode()) <= LONGEST


#: Column -> (whether a value is good, what was expected).
EXPECTED: dict[str, tuple[Callable[[str], bool], str]] = {
    "pathway_id": (lambda value: bool(value) and _is_text(value), f"1 to {LONGEST:,} characters on one line"),
    "event_date": (_is_date, "a date as YYYY-MM-DD"),
    "event_type": (EVENT_TYPES.__contains__, f"one of {', '.join(EVENT_TYPES)}"),
    "rtt_status": (lambda value: bool(_STATUS.fullmatch(value)), "two digits, or blank"),
    "provider": (_is_text, f"at most {LONGEST:,} characters on one line, or blank"),
    "treatment_function": (_is_text, f"at most {LONGEST:,} characters on one line, or blank"),
    "first_activity": (("yes", "no", "").__contains__, "yes, no or blank"),
    "dna_communicated": (("yes", "no", "").__contains__, "yes, no or blank"),
}


def read(path: Path) -> pa.Table:
    """Read an events file into the table that `clocks.derive` takes. Raises UserError naming the first bad line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Nothing was written.") from error
    data = data.removeprefix(_BOM)
    table = _read_whole(data)
    if table is None:
        _refuse(path, data)
    return table


def _read_whole(data: bytes) -> pa.Table | None:
    """The whole file at once, or None if there is anything wrong with it."""
    header = data[: data.find(b"\n") + 1] or data
    if _names(header.rstrip(b"\r\n").decode("utf-8", "replace")) != EVENT_COLUMNS:
        return None
    if b"\0" in data or data.count(b"\r") != data.count(b"\r\n"):
        return None
    body = data[len(header) :]
    if not body.strip(b"\r\n"):
        return pa.table({name: pa.array([], pa.string()) for name in EVENT_COLUMNS}).set_column(
            1, "event_date", pa.array([], pa.date32())
        )
    types: dict[str, Any] = {name: pa.dictionary(pa.int32(), pa.string()) for name in EVENT_COLUMNS}
    types["pathway_id"] = pa.string()
    try:
        table: pa.Table = arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(column_names=list(EVENT_COLUMNS), block_size=4 << 20),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=b'"' in body),
            convert_options=arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=False),
        ).unify_dictionaries()
    except pa.ArrowInvalid:
        return None
    if not _ids_are_good(table.column("pathway_id")):
        return None
    for name in EVENT_COLUMNS[1:]:
        chunks: Any = table.column(name).chunks
        words = chunks[0].dictionary.to_pylist() if chunks else []
        if not all(map(EXPECTED[name][0], words)):
            return None
    position = table.schema.get_field_index("event_date")
    return table.set_column(position, "event_date", _as_dates(table.column("event_date")))


def _names(header: str) -> tuple[str, ...]:
    """The column names of a header, in quotation marks or not."""
    return tuple(name[1:-1] if name[:1] == name[-1:] == '"' else name for name in header.split(","))


def _ids_are_good(ids: Any) -> bool:
    lengths = pc.min_max(pc.binary_length(ids)).as_py()
    if lengths["min"] < 1 or lengths["max"] > LONGEST:
        return False
    return not pc.any(pc.match_substring_regex(ids, "[\r\n]")).as_py()


def _as_dates(column: Any) -> Any:
    def dates(chunk: Any) -> Any:
        days = pa.array([date.fromisoformat(word) for word in chunk.dictionary.to_pylist()], pa.date32())
        return days.take(chunk.indices)

    return pa.chunked_array([dates(chunk) for chunk in column.chunks], pa.date32())


# --- refusing -------------------------------------------------------------------------------------------------------


def _shown(value: str, most: int = 60) -> str:
    """A value as a message shows it: quoted, and cut where it is very long."""
    if len(value) <= most:
        return repr(value)
    return f"{value[:most]!r}... ({len(value):,} characters)"


def _refuse(path: Path, data: bytes) -> NoReturn:
    """Find the first thing wrong and raise a UserError that says it."""
    kept = "Nothing was written. Correct the file and run again."
    if not data.strip(b"\r\n"):
        raise UserError(f"{path}: the file is empty; expected the header {','.join(EVENT_COLUMNS)}. {kept}")
    problem = next(filter(None, (_line(number, raw) for number, raw in enumerate(data.split(b"\n"), 1))), None)
    raise UserError(f"{path}: {problem or 'the file could not be read as comma-separated text.'} {kept}")


def _line(number: int, raw: bytes) -> str | None:
    """What is wrong with one line, or None."""
    raw = raw.removesuffix(b"\r")
    where = f"line {number}"
    if not raw and number > 1:
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"{where}, byte {error.start + 1}: {raw[error.start : error.start + 1]!r} is not UTF-8; expected UTF-8."
    for character, called in (("\0", "a NUL character"), ("\r", "a carriage return inside the line")):
        if character in text:
            byte = raw.index(character.encode()) + 1
            return f"{where}, byte {byte}: {called}; expected text, and lines that end with a line feed."
    if number == 1:
        expected = ",".join(EVENT_COLUMNS)
        return None if _names(text) == EVENT_COLUMNS else f"{where}: header {_shown(text, 200)}; expected {expected}."
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    try:
        fields = next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        return f"{where}: {error}; expected {len(EVENT_COLUMNS)} fields separated by commas, each on one line."
    if len(fields) != len(EVENT_COLUMNS):
        return f"{where}: {len(fields)} fields; expected {len(EVENT_COLUMNS)}: {','.join(EVENT_COLUMNS)}."
    for name, value in zip(EVENT_COLUMNS, fields, strict=True):
        good, expected = EXPECTED[name]
        if not good(value):
            return f"{where}, column {name}: {_shown(value)}; expected {expected}."
    return None


# --- writing --------------------------------------------------------------------------------------------------------


def write(periods: pa.Table, path: Path) -> None:
    """Write periods by the file contract. The file appears whole or not at all."""
    columns = {name: periods.column(name) for name in PERIOD_COLUMNS}
    columns["admitted"] = pc.if_else(columns["admitted"], "yes", "no")
    table = pa.table(columns)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}). Nothing was written.") from error
    try:
        with os.fdopen(handle, "wb") as out:
            out.write((",".join(PERIOD_COLUMNS) + "\n").encode())
            out.write(_body(table))
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}). Nothing was written.") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def _body(table: pa.Table) -> bytes:
    try:
        buffer = pa.BufferOutputStream()
        options = arrow_csv.WriteOptions(include_header=False, quoting_style="none")
        arrow_csv.write_csv(table, buffer, options)
        return buffer.getvalue().to_pybytes()
    except pa.ArrowInvalid:  # a value holds a comma or a quotation mark, so it needs quotation marks
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(zip(*(c.to_pylist() for c in table.columns), strict=True))
        return text.getvalue().encode()
