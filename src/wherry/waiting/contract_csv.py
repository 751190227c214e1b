"""Files of a contract: UTF-8 CSV, one header line, blanks for what is not there; what is wrong is said line by line.

A good file is read in bulk. A file with anything wrong in it is refused whole: it is then read again line by line to
say which line, column and value, and what was expected. What is written appears whole or not at all.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from wherry.errors import UserError

#: Longest value that a column may hold, in bytes.
LONGEST = 1_000

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BOM = b"\xef\xbb\xbf"
pc: Any = pyarrow.compute  # the stubs of both are narrower than they are
arrow_csv: Any = pyarrow.csv
arrow: Any = pa

#: Whether a value is good, and what was expected.
Expected = tuple[Callable[[str], bool], str]


def is_date(value: str) -> bool:
    """Whether text is a calendar date as YYYY-MM-DD.

    >>> is_date("2024-02-29"), is_date("2025-02-29"), is_date("20250101"), is_date("")
    (True, False, False, False)
    """
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_text(value: str) -> bool:
    """Whether text stays on one line and is not too long."""
    return not any(character in value for character in "\0\r\n") and len(value.encode()) <= LONGEST


def one_of(values: Sequence[str]) -> Expected:
    """One of some words; the empty one is "blank".

    >>> one_of(("yes", "no", ""))[1], one_of(("a", "b"))[1]
    ('yes, no or blank', 'one of a, b')
    """
    named = ", ".join(value for value in values if value)
    return frozenset(values).__contains__, f"{named} or blank" if "" in values else f"one of {named}"


NAME: Expected = (lambda value: bool(value) and is_text(value), f"1 to {LONGEST:,} characters on one line")
TEXT: Expected = (is_text, f"at most {LONGEST:,} characters on one line, or blank")
DATE: Expected = (is_date, "a date as YYYY-MM-DD")


@dataclass(frozen=True)
class Contract:
    """The columns of a file, in order, and what each may hold. The first is the key: text with many values."""

    expected: Mapping[str, Expected]

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(self.expected)


@dataclass(frozen=True)
class Read:
    """A good file: its rows (the key as text, other columns as dictionaries of text, "" for blank) and its bytes."""

    table: pa.Table
    data: bytes

    def lines(self, rows: Iterable[int]) -> list[int]:
        """The line of the file on which each row stands; the header is line 1, empty lines count."""
        written = [number for number, raw in enumerate(self.data.split(b"\n"), 1) if raw.removesuffix(b"\r")]
        return [written[row + 1] for row in rows]


def read(path: Path, contract: Contract) -> Read:
    """Read a file of a contract. Raises UserError naming the first bad line, its column and its value."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Nothing was written.") from error
    data = data.removeprefix(_BOM)
    table = _read_whole(data, contract)
    if table is None:
        _refuse(path, data, contract)
    return Read(table, data)


def _read_whole(data: bytes, contract: Contract) -> pa.Table | None:
    """The whole file at once, or None if there is anything wrong with it."""
    header = data[: data.find(b"\n") + 1] or data
    columns = contract.columns
    if _names(header.rstrip(b"\r\n").decode("utf-8", "replace")) != columns:
        return None
    if b"\0" in data or data.count(b"\r") != data.count(b"\r\n"):
        return None
    body = data[len(header) :]
    types: dict[str, Any] = {name: pa.dictionary(pa.int32(), pa.string()) for name in columns}
    types[columns[0]] = pa.string()
    if not body.strip(b"\r\n"):
        return pa.table({name: pa.array([], types[name]) for name in columns})
    try:
        table: pa.Table = arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(column_names=list(columns), block_size=4 << 20),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=b'"' in body),
            convert_options=arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=False),
        ).unify_dictionaries()
    except pa.ArrowInvalid:
        return None
    if not _keys_are_good(table.column(0)):
        return None
    for name in columns[1:]:
        if not all(map(contract.expected[name][0], words(table.column(name)))):
            return None
    return table


def words(column: Any) -> list[str]:
    """The distinct values of a column that was read as a dictionary."""
    return list(column.chunks[0].dictionary.to_pylist()) if column.num_chunks else []


def mapped(column: Any, change: Callable[[str], Any], kind: pa.DataType) -> Any:
    """A dictionary column as values of another type, each distinct word changed once."""

    def values(chunk: Any) -> Any:
        return pa.array([change(word) for word in chunk.dictionary.to_pylist()], kind).take(chunk.indices)

    chunks: Any = [values(chunk) for chunk in column.chunks]
    return arrow.chunked_array(chunks, kind)


def _names(header: str) -> tuple[str, ...]:
    """The column names of a header, in quotation marks or not."""
    return tuple(name[1:-1] if name[:1] == name[-1:] == '"' else name for name in header.split(","))


def _keys_are_good(keys: Any) -> bool:
    lengths = pc.min_max(pc.binary_length(keys)).as_py()
    if lengths["min"] < 1 or lengths["max"] > LONGEST:
        return False
    return not pc.any(pc.match_substring_regex(keys, "[\r\n]")).as_py()


# --- refusing -------------------------------------------------------------------------------------------------------


def shown(value: str, most: int = 60) -> str:
    """A value as a message shows it: quoted, and cut where it is very long."""
    if len(value) <= most:
        return repr(value)
    return f"{value[:most]!r}... ({len(value):,} characters)"


def _refuse(path: Path, data: bytes, contract: Contract) -> NoReturn:
    """Find the first thing wrong and raise a UserError that says it."""
    kept = "Nothing was written. Correct the file and run again."
    if not data.strip(b"\r\n"):
        raise UserError(f"{path}: the file is empty; expected the header {','.join(contract.columns)}. {kept}")
    lines = enumerate(data.split(b"\n"), 1)
    problem = next(filter(None, (_line(number, raw, contract) for number, raw in lines)), None)
    raise UserError(f"{path}: {problem or 'the file could not be read as comma-separated text.'} {kept}")


def _line(number: int, raw: bytes, contract: Contract) -> str | None:
    """What is wrong with one line, or None."""
    raw = raw.removesuffix(b"\r")
    columns = contract.columns
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
        expected = ",".join(columns)
        return None if _names(text) == columns else f"{where}: header {shown(text, 200)}; expected {expected}."
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    try:
        fields = next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        return f"{where}: {error}; expected {len(columns)} fields separated by commas, each on one line."
    if len(fields) != len(columns):
        return f"{where}: {len(fields)} fields; expected {len(columns)}: {','.join(columns)}."
    for name, value in zip(columns, fields, strict=True):
        good, expected = contract.expected[name]
        if not good(value):
            return f"{where}, column {name}: {shown(value)}; expected {expected}."
    return None


# --- writing --------------------------------------------------------------------------------------------------------


def write(table: pa.Table, path: Path) -> None:
    """Write a table with its column names as the header, without quotation marks unless a value needs them."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}). Nothing was written.") from error
    try:
        with os.fdopen(handle, "wb") as out:
            out.write((",".join(table.column_names) + "\n").encode())
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
