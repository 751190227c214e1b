"""Cutting a file into rows: every line is a row, part of a row, bad or blank; and each row knows its line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.hub.reasons import REASONS
from wherry.hub.scan import LONGEST_LINE, MOST_LINES, BadLine, scan

HEADER = ("a", "b", "c")


def cut(
    tmp_path: Path, data: bytes, *, delimiter: str = ",", encoding: str = "utf-8", block: int = 1 << 20
) -> tuple[dict[int, list[str]], list[BadLine], int]:
    """Rows by line, bad lines and blank lines of a file with these bytes."""
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    rows: dict[int, list[str]] = {}
    bad: list[BadLine] = []
    blank = 0
    for part in scan(path, HEADER, delimiter, encoding, block_bytes=block):
        values = zip(*[column.to_pylist() for column in part.rows.columns], strict=True)
        for line, row in zip(part.lines.tolist(), values, strict=True):
            assert line not in rows
            rows[line] = list(row)
        bad += part.bad
        blank += part.blank
    return rows, bad, blank


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scan")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_plain_rows_keep_their_line(folder: Path, end: str, last: bool) -> None:
    text = end.join(["a,b,c", "1,2,3", "", "4,,6"]) + (end if last else "")
    rows, bad, blank = cut(folder, text.encode())
    assert rows == {2: ["1", "2", "3"], 4: ["4", "", "6"]}
    assert (bad, blank) == ([], 1)


def test_a_quoted_field_may_hold_delimiters_quotes_and_line_ends(folder: Path) -> None:
    rows, bad, _ = cut(folder, b'a,b,c\n1,"Mill, ""Old"" Lane\nNorwich",3\n4,5,6\n')
    assert rows == {2: ["1", 'Mill, "Old" Lane\nNorwich', "3"], 4: ["4", "5", "6"]}
    assert bad == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"1,2", "field_count"),
        (b"1,2,3,4", "field_count"),
        (b"1,\0,3", "control_character"),
        (b"1,2\r3,4", "control_character"),
        (b"1,caf\xe9,3", "bad_encoding"),
        (b'1,"2,3', "unclosed_quote"),
        (b'1,"2"x,3', "bad_quoting"),
        (b"1," + b"x" * (LONGEST_LINE + 1) + b",3", "line_too_long"),
        (b'1,"' + b"x" * (10 * LONGEST_LINE) + b'",3', "line_too_long"),
    ],
)
def test_a_bad_line_costs_itself_alone(folder: Path, line: bytes, code: str) -> None:
    assert code in REASONS
    data = b'a,b,c\n0,0,0\n%s\n4,"5",6\n7,8,9\n' % line
    for block in (64, 1 << 24):
        rows, bad, blank = cut(folder, data, block=block)
        assert rows == {2: ["0", "0", "0"], 4: ["4", "5", "6"], 5: ["7", "8", "9"]}
        assert [(item.line, item.code) for item in bad] == [(3, code)]
        assert len(bad[0].raw) <= 2000
        assert "\0" not in bad[0].raw
        assert blank == 0


def test_half_a_line_at_the_end_says_that_the_file_was_cut_off(folder: Path) -> None:
    rows, bad, _ = cut(folder, b"a,b,c\n1,2,3\n4,5")
    assert list(rows) == [2]
    assert [(item.line, item.code, item.raw) for item in bad] == [(3, "cut_short", "4,5")]


def test_a_quote_open_for_too_many_lines_was_never_closed(folder: Path) -> None:
    opened, rest = b'a,b,c\n1,"2,3\n', b"4,5,6\n"
    rows, bad, _ = cut(folder, opened + rest * MOST_LINES + b'7,"8",9\n')
    assert len(rows) == MOST_LINES + 1
    assert [(item.line, item.code) for item in bad] == [(2, "unclosed_quote")]
    rows, bad, _ = cut(folder, opened + rest * (MOST_LINES - 2) + b'7",9\n')
    assert list(rows) == [2]
    assert bad == []


def test_windows_1252_is_read_as_it_was_written(folder: Path) -> None:
    data = "a|b|c\nZoë|O’Brien|£3\nplain|x|y\n".encode("windows-1252")
    rows, bad, _ = cut(folder, data, delimiter="|", encoding="windows-1252")
    assert rows == {2: ["Zoë", "O’Brien", "£3"], 3: ["plain", "x", "y"]}
    assert bad == []
    _, bad, _ = cut(folder, b"a|b|c\nx\x81|y|z\n", delimiter="|", encoding="windows-1252")
    assert [item.code for item in bad] == ["bad_encoding"]


def test_a_header_alone_has_no_rows(folder: Path) -> None:
    for data in (b"a,b,c", b"a,b,c\n", b"a,b,c\r\n\r\n"):
        rows, bad, _ = cut(folder, data)
        assert (rows, bad) == ({}, [])


field = st.text(st.sampled_from('ab ,"\n;é'), max_size=6)


@given(
    rows=st.lists(st.tuples(field, field, field), max_size=12),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block=st.sampled_from([16, 50, 1 << 20]),
)
def test_what_a_csv_writer_writes_is_read_back(
    folder: Path, rows: list[tuple[str, str, str]], end: str, quoting: int, block: int
) -> None:
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator=end, quoting=quoting)
    writer.writerow(HEADER)
    expected: dict[int, list[str]] = {}
    for row in rows:
        line = sink.getvalue().count("\n") + 1
        writer.writerow(row)
        expected[line] = list(row)
    found, bad, blank = cut(folder, sink.getvalue().encode(), block=block)
    assert bad == []
    assert blank == 0
    assert found == expected


soup = st.lists(
    st.sampled_from([b"a", b",", b",", b'"', b"\n", b"\n", b"\r", b"\0", b"\xc3\xa9", b"\xff"]), max_size=60
)


@given(pieces=soup)
def test_any_bytes_are_accounted_for_whatever_the_block_size(folder: Path, pieces: list[bytes]) -> None:
    data = b"a,b,c\n" + b"".join(pieces)
    rows, bad, blank = cut(folder, data)
    for block in (1, 7, 23):
        assert cut(folder, data, block=block) == (rows, bad, blank)
    lines = data.split(b"\n")[1:]
    if lines and not lines[-1]:
        lines.pop()
    covered = dict.fromkeys((item.line for item in bad), 1)
    assert len(covered) == len(bad)
    assert not covered.keys() & rows.keys()
    # A row covers its own line and one more for each line end inside it.
    covered |= {line: 1 + sum(value.count("\n") for value in row) for line, row in rows.items()}
    assert sum(covered.values()) + blank == len(lines)
    for line, row in rows.items():
        assert len(row) == len(HEADER)
        assert lines[line - 2].strip(b"\r")
