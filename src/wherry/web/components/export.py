"""Tables that leave the screen: CSV row by row and Excel, neither of which lets a cell run as a formula.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, even when it
is somebody's surname. In CSV such text gets an apostrophe before it (OWASP, CSV injection); in Excel it is stored as
text.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse

from wherry.web.components.formats import LONDON

_FORMULA = re.compile(r"^\s*[=+\-@|%\t\r\n＝＋－＠]")
_EXCEL_ROWS = 1_048_575
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def csv_safe(value: Any) -> Any:
    """A value that a spreadsheet will show and not run. Numbers stay numbers, dates become ISO text, `None` is empty.

    >>> csv_safe("=HYPERLINK(A1)"), csv_safe("O'Brien"), csv_safe(-3), csv_safe("-3"), csv_safe(None)
    ("'=HYPERLINK(A1)", "O'Brien", -3, "'-3", '')
    >>> csv_safe(" @SUM(A1)"), csv_safe(date(2026, 4, 3)), csv_safe(True)
    ("' @SUM(A1)", '2026-04-03', 'yes')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return _local(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    text = _CONTROL.sub("", str(value))
    return "'" + text if _FORMULA.match(text) else text


def stream_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV download, sent as the rows are read. UTF-8 with a mark, so that Excel shows every letter."""
    response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{_file_name(name)}.csv"'
    return response


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The text of a CSV file in pieces of about 500 rows; every cell is safe.

    >>> "".join(csv_lines(["name", "days"], [["=1+1", 7]]))
    "\\ufeffname,days\\r\\n'=1+1,7\\r\\n"
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([csv_safe(cell) for cell in header])
    for number, row in enumerate(rows, 1):
        writer.writerow([csv_safe(cell) for cell in row])
        if number % 500 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def xlsx(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, notes: Sequence[str] = (), sheet: str = "List"
) -> FileResponse:
    """An Excel download: one sheet of rows with a frozen header, and one with `notes` (source, as at, filter)."""
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - closed by the response
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "d mmm yyyy",
        },
    )
    bold = book.add_format({"bold": True})
    moment = book.add_format({"num_format": "d mmm yyyy hh:mm"})
    page = book.add_worksheet(sheet)
    page.freeze_panes(1, 0)
    for column, cell in enumerate(header):
        page.write_string(0, column, cell, bold)
    page.set_column(0, max(0, len(header) - 1), 16)
    last = 0
    for last, row in enumerate(rows, 1):
        if last > _EXCEL_ROWS:
            notes = (*notes, f"Only the first {_EXCEL_ROWS:,} rows fit an Excel sheet: take the CSV for all of them.")
            last = _EXCEL_ROWS
            break
        for column, value in enumerate(row):
            _write(page, last, column, value, moment)
    page.autofilter(0, 0, last, max(0, len(header) - 1))
    if notes:
        about = book.add_worksheet("About")
        about.set_column(0, 0, 100)
        for number, sentence in enumerate(notes):
            about.write_string(number, 0, sentence)
    book.close()
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{_file_name(name)}.xlsx",
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


def _write(page: Any, row: int, column: int, value: Any, moment: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_string(row, column, "yes" if value else "no")
    elif isinstance(value, int | float):
        page.write_number(row, column, value)
    elif isinstance(value, datetime):
        page.write_datetime(row, column, _local(value).replace(tzinfo=None), moment)
    elif isinstance(value, date):
        page.write_datetime(row, column, datetime(value.year, value.month, value.day, tzinfo=UTC).replace(tzinfo=None))
    else:
        page.write_string(row, column, _CONTROL.sub("", str(value))[:32_767])


def _local(value: datetime) -> datetime:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(LONDON)


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-") or "export"
