"""Reads delimited text as columns of text, with the line of every row and the rows that are too wide or too narrow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pyarrow_compute
import pyarrow.csv as pacsv

from wherry.errors import UserError
from wherry.hub.published.files import KEPT, Content
from wherry.hub.published.parsed import RAW_LENGTH, Quarantined

#: The stubs of pyarrow know fewer of its functions' forms than there are.
pc: Any = pyarrow_compute


def columns(
    content: Content,
    data: bytes,
    names: Sequence[str],
    heading_line: int,
    bad: list[Quarantined],
    *,
    delimiter: str = ",",
) -> tuple[pa.Table, Any]:
    """All cells below the headings as text, and the line of each row; rows of another width go to `bad`.

    Blank lines are passed over. Raises `UserError` where a quotation mark is never closed, for then nobody can say
    where the rows end.
    """
    skipped: list[int] = []
    unclosed: list[int] = []

    def wrong_width(row: pacsv.InvalidRow) -> Literal["skip", "error"]:
        number = int(row.number or 0)
        skipped.append(number)
        if "\n" in row.text.strip():
            unclosed.append(number)
        elif row.text.strip():
            words = f"has {row.actual_columns} columns, not {row.expected_columns}"
            bad.append(Quarantined(number, "wrong_width", words, row.text[:RAW_LENGTH]))
        return "skip"

    try:
        table = pacsv.read_csv(
            io.BytesIO(data),
            read_options=pacsv.ReadOptions(
                column_names=list(names), skip_rows=heading_line, use_threads=False, block_size=max(len(data), 1 << 20)
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter,
                invalid_row_handler=wrong_width,
                newlines_in_values=b'"' in data,
                ignore_empty_lines=False,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise UserError(f"{content.name} cannot be read as CSV ({str(error)[:200]}). {KEPT}") from None
    if unclosed:
        raise UserError(f"{content.name}: a quotation mark on line {unclosed[0]:,} is never closed. {KEPT} Mend it.")
    first = heading_line + 1
    lines: Any = pa.array(range(first, table.num_rows + first + len(skipped)), pa.int64())
    if skipped:
        lines = lines.filter(pc.invert(pc.is_in(lines, value_set=pa.array(skipped, pa.int64()))))
    return table, lines
