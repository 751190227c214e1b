"""The files of a year of activity, and the table of cells that they become.

Files are CSV (comma, UTF-8, a header; order of columns free). Admitted care has a row a spell, or rows with a count;
the others have counts. A spell that is no kind of ours, or lacks a column, is quarantined with its line and reason.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

#: Columns of each file. Those in `OPTIONAL` may be missing or blank.
FILES: dict[str, tuple[str, ...]] = {
    "admitted": (
        "organisation",
        "site",
        "financial_year",
        "kind",
        "treatment_function",
        "age",
        "sex",
        "imd_quintile",
        "nights",
        "theatre_minutes",
        "markers",
        "count",
    ),
    "outpatient": (
        "organisation",
        "site",
        "financial_year",
        "kind",
        "treatment_function",
        "age",
        "sex",
        "imd_quintile",
        "count",
    ),
    "attendance": ("organisation", "site", "financial_year", "kind", "age", "sex", "imd_quintile", "count"),
    "diagnostic": ("organisation", "site", "financial_year", "test", "age", "sex", "imd_quintile", "count"),
}
OPTIONAL = frozenset({"imd_quintile", "theatre_minutes", "markers", "count"})

_FIELDS: list[pa.Field[Any]] = [
    pa.field("financial_year", pa.int16(), nullable=False),
    pa.field("organisation", pa.string(), nullable=False),
    pa.field("site", pa.string(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("what", pa.string(), nullable=False),
    pa.field("age", pa.int8(), nullable=False),
    pa.field("sex", pa.int8(), nullable=False),
    pa.field("imd_quintile", pa.int8(), nullable=False),
    pa.field("nights", pa.int16(), nullable=False),
    pa.field("theatre_minutes", pa.int16(), nullable=False),
    pa.field("markers", pa.int16(), nullable=False),
    pa.field("count", pa.int64(), nullable=False),
]

#: A row of the published table: people alike in everything that planning asks, and how many of them.
#: `financial_year` is the first calendar year (2023 is 2023/24). `what` is the treatment function of admitted care and
#: outpatients, the test of diagnostics, blank for attendances. `age` 0 to 90, 90 and older together. `sex` 1, 2, or 9.
#: `imd_quintile` 1 (most deprived) to 5, 0 not known. `nights` is discharge date less admission date.
#: `theatre_minutes` is rounded to 15. `markers` are bits of `reference.activity.MARKERS`.
CELL = pa.schema(_FIELDS)
