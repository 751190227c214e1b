"""A delimited text file cut into rows, each with the true number of its line, and the lines that are not rows.

Almost every line has no quote and the right number of fields: those are found with array arithmetic over the bytes and
parsed by Arrow in one go. The rest are read one by one: a quoted field may hold line ends, so a record may take several
lines, and a quote that is never closed costs its own line only. Every line ends up in exactly one place.
"""

from __future__ import annotations

import csv
import io
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv as pa_csv

#: Longer lines are not rows of any extract. Bytes.
LONGEST_LINE = 1_000_000
#: A quoted field may run over so many lines; beyond that its quote was never closed.
MOST_LINES = 200
#: Characters of a bad line that quarantine keeps.
RAW_KEPT = 2_000
_BLOCK = 1 << 26
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34

csv.field_size_limit(4 * LONGEST_LINE)


@dataclass(frozen=True)
class BadLine:
    """A line that is not a row: its number (the header is line 1), why, and its text."""

    line: int
    code: str
    reason: str
    raw: str


@dataclass
class Block:
    """Some of a file: `rows` (text columns in the file's order) with `lines` of the same length, and the bad lines.

    `padded` is False only where no value can have white space around it.
    """

    rows: pa.Table
    lines: npt.NDArray[np.int64]
    bad: list[BadLine] = field(default_factory=list)
    blank: int = 0
    padded: bool = True


def first_line(path: Path, limit: int = 1 << 16) -> bytes:
    """The first physical line of a file, without its line end; at most `limit` bytes of it."""
    with path.open("rb") as file:
        return file.readline(limit).rstrip(b"\r\n")


def scan(
    path: Path, header: Sequence[str], delimiter: str, encoding: str, *, block_bytes: int = _BLOCK
) -> Iterator[Block]:
    """Yield the file's rows after its header line, in order, as blocks of about `block_bytes` bytes.

    Blank lines are counted, not kept: they hold nothing. Everything else is a row or a `BadLine`.
    """
    size = path.stat().st_size
    if size == 0:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        start = view.find(b"\n") + 1 or size
        line, reach = 2, block_bytes
        while start < size:
            end = _block_end(view, start, size, reach)
            if end - start > 2 * max(reach, LONGEST_LINE):
                # One line longer than a block: it is not worth an array.
                raw = view[start : start + 4 * RAW_KEPT]
                yield Block(_empty(header), np.empty(0, np.int64), [_too_long(line, end - start, raw, encoding)])
                start, line = end, line + 1
                continue
            cutter = _Cutter(view[start:end], line, header, delimiter, encoding, last=end == size)
            block = cutter.cut()
            if cutter.used_bytes == 0:
                # One record fills the block and goes on: look further.
                reach *= 2
                continue
            reach = block_bytes
            yield block
            start, line = start + cutter.used_bytes, line + cutter.used_lines


def _block_end(view: mmap.mmap, start: int, size: int, block_bytes: int) -> int:
    if start + block_bytes >= size:
        return size
    end = view.rfind(b"\n", start, start + block_bytes) + 1
    return end or view.find(b"\n", start + block_bytes) + 1 or size


def _empty(header: Sequence[str]) -> pa.Table:
    return pa.table({name: pa.array([], pa.string()) for name in header})


def _too_long(line: int, length: int, raw: bytes, encoding: str) -> BadLine:
    words = f"The line is {length:,} bytes long; no row of an extract is longer than {LONGEST_LINE:,}."
    return BadLine(line, "line_too_long", words, _shown(raw, encoding))


def _shown(raw: bytes, encoding: str) -> str:
    """The text of a bad line as quarantine keeps it: cut, and with zero bytes made visible."""
    return raw[: 4 * RAW_KEPT].decode(encoding, errors="replace").rstrip("\r\n").replace("\0", "\u2400")[:RAW_KEPT]


class _Cutter:
    """Cuts one block of whole lines."""

    def __init__(
        self, data: bytes, first: int, header: Sequence[str], delimiter: str, encoding: str, *, last: bool
    ) -> None:
        self.data, self.first, self.header, self.encoding, self.last = data, first, list(header), encoding, last
        self.delimiter = delimiter
        buffer = np.frombuffer(data, np.uint8)
        newlines = np.flatnonzero(buffer == _NEWLINE)
        self.cut_off = last and (not len(newlines) or newlines[-1] != len(data) - 1)
        ends = np.append(newlines, len(data)) if self.cut_off else newlines
        starts = np.empty_like(ends)
        starts[0], starts[1:] = 0, ends[:-1] + 1
        self.buffer, self.starts, self.next_starts = buffer, starts, np.minimum(ends + 1, len(data))
        # The text of line i is data[starts[i]:ends[i]]; one carriage return before the line end belongs to the end.
        returned = (ends > starts) & (buffer[np.maximum(ends - 1, 0)] == _RETURN)
        self.ends = ends - returned
        self.returned = returned
        self.count = len(ends)
        self.used_lines, self.used_bytes = self.count, len(data)

    def _lines_with(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which lines hold any of these byte positions."""
        flags = np.zeros(self.count, np.bool_)
        flags[np.searchsorted(self.next_starts, positions, side="right").clip(max=self.count - 1)] = True
        return flags

    def _text(self, index: int) -> bytes:
        return self.data[self.starts[index] : self.ends[index]]

    def cut(self) -> Block:
        buffer, width = self.buffer, len(self.header)
        length = self.ends - self.starts
        delimiters = np.flatnonzero(buffer == ord(self.delimiter))
        fields = np.searchsorted(delimiters, self.next_starts) - np.searchsorted(delimiters, self.starts) + 1

        blank = length == 0
        too_long = length > LONGEST_LINE
        nul = self._lines_with(np.flatnonzero(buffer == 0))
        undecodable = self._undecodable()
        bad = too_long | nul | undecodable
        # Lines that need reading one by one: a quote, or a carriage return that is not part of a line end.
        odd = self._lines_with(np.flatnonzero(buffer == _QUOTE))
        returns = np.flatnonzero(buffer == _RETURN)
        if len(returns) != np.count_nonzero(self.returned):
            odd |= self._lines_with(np.setdiff1d(returns, self.ends[self.returned], assume_unique=True))
        plain = ~odd & ~bad & ~blank
        wrong = plain & (fields != width)
        plain &= ~wrong

        records, bad_records, consumed = self._read_one_by_one(np.flatnonzero(odd & ~bad), bad)
        taken = np.zeros(self.count, np.bool_)
        taken[consumed] = True
        keep = np.arange(self.count) < self.used_lines
        plain &= ~taken & keep
        bad &= ~taken & keep
        wrong &= ~taken & keep
        blank &= ~taken & keep

        found = [self._bad(int(i), bool(too_long[i]), bool(nul[i])) for i in np.flatnonzero(bad)]
        found += [self._wrong_width(int(i), int(fields[i])) for i in np.flatnonzero(wrong)]
        found += bad_records
        found.sort(key=lambda item: item.line)
        rows, lines = self._parse(plain), np.flatnonzero(plain) + self.first
        if records:
            extra = [[row[column] for _, row in records] for column in range(width)]
            more = pa.table([pa.array(values, pa.string()) for values in extra], names=self.header)
            lines = np.concatenate([lines, np.array([line for line, _ in records], np.int64)])
            order = np.argsort(lines, kind="stable")
            rows, lines = pa.concat_tables([rows, more]).take(order), lines[order]
        return Block(rows, lines.astype(np.int64), found, int(np.count_nonzero(blank)), self._padded())

    def _padded(self) -> bool:
        """Whether any value may have white space around it; a quote may hide some."""
        data, between = self.data, self.delimiter.encode()
        if data[:1] == b" " or data[-1:] == b" ":
            return True
        marks = [b'"', b"\v", b"\f", b" " + between, between + b" ", b" \n", b"\n ", b" \r"]
        return any(mark in data for mark in marks) or (self.delimiter != "\t" and b"\t" in data)

    def _undecodable(self) -> npt.NDArray[np.bool_]:
        """Lines with bytes that the encoding does not have."""
        flags = np.zeros(self.count, np.bool_)
        high = np.flatnonzero(self.buffer >= 0x80)
        if not len(high):
            return flags
        try:
            self.data.decode(self.encoding)
        except UnicodeDecodeError:
            for index in np.flatnonzero(self._lines_with(high)).tolist():
                try:
                    self._text(index).decode(self.encoding)
                except UnicodeDecodeError:
                    flags[index] = True
        return flags

    def _parse(self, plain: npt.NDArray[np.bool_]) -> pa.Table:
        """The plain lines as columns of text, by Arrow."""
        expected = int(np.count_nonzero(plain))
        if expected == 0:
            return _empty(self.header)
        if expected == self.count:
            data = self.data
        else:
            data = self.buffer[np.repeat(plain, self.next_starts - self.starts)].tobytes()
        if self.encoding not in ("utf-8", "ascii") and not data.isascii():
            data = data.decode(self.encoding).encode("utf-8")
        table = pa_csv.read_csv(
            io.BytesIO(data),
            pa_csv.ReadOptions(column_names=self.header, block_size=max(8 * LONGEST_LINE, 1 << 23)),
            pa_csv.ParseOptions(delimiter=self.delimiter, quote_char=False, ignore_empty_lines=False),
            pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in self.header}, null_values=[], strings_can_be_null=False
            ),
        )
        if table.num_rows != expected:
            raise AssertionError(f"{expected} lines were parsed into {table.num_rows} rows")
        return table

    # --- lines read one by one ------------------------------------------------------------------------------------

    def _read_one_by_one(
        self, candidates: npt.NDArray[np.int64], bad: npt.NDArray[np.bool_]
    ) -> tuple[list[tuple[int, list[str]]], list[BadLine], list[int]]:
        """Rows and bad lines among the candidates, and every line that they used up."""
        records: list[tuple[int, list[str]]] = []
        wrong: list[BadLine] = []
        used: list[int] = []
        beyond = 0
        for candidate in candidates.tolist():
            if candidate < beyond:
                continue
            row, after, fault = self._record(candidate, bad)
            if fault == "more":
                # The record runs over the end of this block: the next block begins with it.
                self.used_lines, self.used_bytes = candidate, int(self.starts[candidate])
                break
            beyond = after
            used.extend(range(candidate, after))
            if row is not None:
                records.append((candidate + self.first, row))
            else:
                wrong.append(self._fault(candidate, fault))
        return records, wrong, used

    def _record(self, index: int, bad: npt.NDArray[np.bool_]) -> tuple[list[str] | None, int, str]:
        """Read the record that begins at a line: its fields or None, the line after it, and what is wrong with it."""
        parts: list[str] = []
        width = len(self.header)
        stop = min(index + MOST_LINES, self.count)
        for at in range(index, stop):
            if bad[at]:
                return None, index + 1, "unclosed"
            parts.append(self._text(at).rstrip(b"\r").decode(self.encoding) + "\n")
            try:
                rows = list(csv.reader(parts, delimiter=self.delimiter, strict=True))
            except csv.Error as error:
                if "unexpected end" in str(error):
                    continue
                return None, index + 1, "unclosed" if at > index else str(error)
            row = rows[0] if rows else []
            if len(rows) == 1 and len(row) == width:
                return row, at + 1, ""
            return None, index + 1, "unclosed" if at > index else f"width {len(row)}"
        if not self.last and stop == self.count and stop - index < MOST_LINES:
            return None, index, "more"
        return None, index + 1, "unclosed"

    def _fault(self, index: int, fault: str) -> BadLine:
        line, raw = index + self.first, _shown(self._text(index), self.encoding)
        if fault.startswith("width "):
            return self._wrong_width(index, int(fault.removeprefix("width ")))
        if fault == "unclosed":
            words = "A quoted field begins on this line and its closing quote is never found."
            return BadLine(line, "unclosed_quote", words, raw)
        if "new-line character" in fault:
            words = "The line holds a carriage return in the middle of a field."
            return BadLine(line, "control_character", words, raw)
        return BadLine(line, "bad_quoting", "A quoted field is followed by something that is not the delimiter.", raw)

    def _bad(self, index: int, too_long: bool, nul: bool) -> BadLine:
        line, raw = index + self.first, self.data[self.starts[index] : self.starts[index] + 4 * RAW_KEPT]
        raw = raw[: int(self.ends[index] - self.starts[index])]
        if too_long:
            return _too_long(line, int(self.ends[index] - self.starts[index]), raw, self.encoding)
        if nul:
            return BadLine(line, "control_character", "The line holds zero bytes.", _shown(raw, self.encoding))
        words = f"The line holds bytes that are not {self.encoding}, the encoding agreed for this file."
        return BadLine(line, "bad_encoding", words, _shown(raw, self.encoding))

    def _wrong_width(self, index: int, fields: int) -> BadLine:
        line, width = index + self.first, len(self.header)
        if self.cut_off and index == self.count - 1 and fields < width:
            words = f"The file ends in the middle of this line: {fields} of {width} fields. It may have been cut off."
            return BadLine(line, "cut_short", words, _shown(self._text(index), self.encoding))
        words = f"The line has {fields} fields where the header has {width}."
        return BadLine(line, "field_count", words, _shown(self._text(index), self.encoding))
