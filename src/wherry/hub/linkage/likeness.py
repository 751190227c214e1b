"""When two names, two dates of birth or two numbers are nearly the same: SQL macros used by every rung of the ladder.

They run in the embedded DuckDB whatever engine scores the pairs, so that a rule has one meaning.
"""

from __future__ import annotations

import duckdb

_MACROS = """
CREATE OR REPLACE MACRO near_name(a, b) AS (
  a = b
  OR (length(a) >= 3 AND length(b) >= 3 AND damerau_levenshtein(a, b) <= 1)
  OR (length(a) >= 6 AND length(b) >= 6 AND damerau_levenshtein(a, b) <= 2)
  OR (length(least(a, b)) <= 4 AND (starts_with(a, b) OR starts_with(b, a))));
CREATE OR REPLACE MACRO near_date(a, b) AS (
  damerau_levenshtein(a, b) <= 1 OR (a[1:4] = b[1:4] AND a[5:6] = b[7:8] AND a[7:8] = b[5:6]));
CREATE OR REPLACE MACRO near_number(a, b) AS (damerau_levenshtein(a, b) <= 2);
"""


def define_likeness(db: duckdb.DuckDBPyConnection) -> None:
    """Define `near_name`, `near_date` (YYYYMMDD) and `near_number` on a connection; each is null where a side is null.

    >>> db = duckdb.connect()
    >>> define_likeness(db)
    >>> db.execute("SELECT near_name('SMITH', 'SMYTH'), near_name('J', 'JOHN'), near_name('ANN', 'MARY')").fetchone()
    (True, True, False)
    >>> db.execute("SELECT near_date('19510304', '19510403'), near_date('19510304', '19520405')").fetchone()
    (True, False)
    """
    db.execute(_MACROS)
