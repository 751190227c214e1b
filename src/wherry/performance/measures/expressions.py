"""Numerators, denominators and conditions: SQL aggregates, read, checked and made ready to count many in one pass.

A numerator or denominator adds rows up: `count(*)`, `count(x)` and `sum(...)`, each with its own `FILTER (WHERE ...)`
if need be, added, subtracted, and multiplied or divided by plain numbers. Nothing else adds up over organisations, so
averages, percentages, quotients of sums, distinct counts, subqueries and anything that reads files are refused. Inside
an aggregate a row's columns may be compared and reckoned with, in `CASE` and a few plain functions.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from wherry.errors import UserError
from wherry.performance.measures.fact import Fact, Type
from wherry.performance.measures.facts import TABLES
from wherry.performance.measures.model import Kind, Measure

#: Longer than any expression that a person can check.
LONGEST = 4_000
_SQL_TYPES = {Type.TEXT: "VARCHAR", Type.NUMBER: "DOUBLE", Type.FLAG: "BOOLEAN", Type.DATE: "DATE"}


@dataclass(frozen=True)
class Compiled:
    """A measure's expressions as DuckDB SQL over its fact table, its condition inside every aggregate.

    `denominator` is "" for a plain count; `rows` counts the rows that the condition leaves.
    """

    code: str
    table: str
    numerator: str
    denominator: str
    rows: str


def compiled(measure: Measure, where: str = "") -> Compiled:
    """A measure's expressions, checked. Raises UserError with `where` (the file), the key and what is wrong."""
    source = measure.source
    said = where or f"{measure.code}.toml"
    if source.kind is Kind.LOADED:
        raise UserError(f"{said}: a loaded measure counts nothing.")
    fact = TABLES.get(source.table)
    if fact is None or (fact.origin == "published") != (source.kind is Kind.PUBLISHED):
        known = [f.name for f in TABLES.values() if (f.origin == "published") == (source.kind is Kind.PUBLISHED)]
        close = difflib.get_close_matches(source.table, known, n=1)
        kind = "published" if source.kind is Kind.PUBLISHED else "fact"
        hint = f" Did you mean {close[0]!r}?" if close else f" There are {', '.join(known)}."
        raise UserError(f"{said}, source.table: there is no {kind} table {source.table!r}.{hint}")
    parts = []
    for key in ("where", "numerator", "denominator"):
        try:
            parts.append(_read(source.table, key, getattr(source, key), "" if key == "where" else source.where))
        except _Refused as error:
            raise UserError(
                f"{said}, source.{key}: {error}. See docs/measures.md for what an expression may say."
            ) from None
    condition, numerator, denominator = parts
    if not numerator:
        raise UserError(f"{said}, source.numerator: it is missing. It says what is counted.")
    rows = f"count(*) FILTER (WHERE {condition})" if condition else "count(*)"
    return Compiled(measure.code, source.table, numerator, denominator, rows)


class _Refused(Exception):
    """What is wrong with one expression, in words."""


@lru_cache(maxsize=4096)
def _read(table: str, key: str, text: str, where: str) -> str:
    if not text.strip():
        return ""
    fact = TABLES[table]
    tree = _parse(text)
    condition = _parse(where) if where.strip() else None
    if key == "where":
        _row(tree, fact)
    else:
        _total(tree, fact)
    _types(tree, fact, boolean=key == "where")
    if key == "where":
        return str(tree.sql(dialect="duckdb"))
    if condition is not None:
        _row(condition, fact)
    return str(_with(tree, condition).sql(dialect="duckdb"))


def _parse(text: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    if len(text) > LONGEST:
        raise _Refused(f"it is longer than {LONGEST:,} characters")
    if ";" in text or "--" in text or "/*" in text:
        raise _Refused("it may hold no ';' and no comment")
    try:
        found = sqlglot.parse(text, read="duckdb")
    except (SqlglotError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else "it is nested too deeply"
        raise _Refused(f"it cannot be read as SQL ({first.rstrip('.')})") from None
    if len(found) != 1 or found[0] is None:
        raise _Refused("it is not one expression")
    return found[0]


def _total(node: Any, fact: Fact) -> None:
    """Refuse what does not add up over rows: at this level only sums, counts and plain numbers."""
    from sqlglot import exp

    if isinstance(node, exp.Paren | exp.Neg):
        return _total(node.this, fact)
    if isinstance(node, exp.Add | exp.Sub):
        _total(node.left, fact)
        return _total(node.right, fact)
    if isinstance(node, exp.Mul | exp.Div):
        number = _is_number(node.right) or (isinstance(node, exp.Mul) and _is_number(node.left))
        if not number:
            raise _Refused(f"{_sql(node)} is not a sum: a total may be multiplied or divided by a plain number alone")
        return _total(node.left if _is_number(node.right) else node.right, fact)
    if isinstance(node, exp.Filter):
        _aggregate(node.this, fact)
        return _row(node.expression.this, fact)
    return _aggregate(node, fact)


def _aggregate(node: Any, fact: Fact) -> None:
    from sqlglot import exp

    if isinstance(node, exp.Avg):
        raise _Refused(f"{_sql(node)} is an average, and averages do not add up: give sum(x) and count(x) apart")
    if isinstance(node, exp.Count | exp.Sum):
        if node.expressions or isinstance(node.this, exp.Distinct):
            raise _Refused(f"{_sql(node)} counts distinct values, which do not add up over organisations")
        if isinstance(node.this, exp.Star) and isinstance(node, exp.Count):
            return None
        return _row(node.this, fact)
    if isinstance(node, exp.Column):
        _known(node, fact)
        raise _Refused(f"{_sql(node)} is one row's: put it into sum(...) or count(...)")
    if isinstance(node, exp.Literal):
        raise _Refused(f"{_sql(node)} alone counts nothing")
    raise _Refused(f"{_sql(node)} is neither sum nor count")


def _row(node: Any, fact: Fact) -> None:
    """Refuse, inside an aggregate or condition, anything but known columns, plain values and plain functions."""
    for one in node.walk():
        if type(one).__name__ not in _ALLOWED:
            raise _Refused(f"{_sql(one)} is not allowed in an expression")
        if type(one).__name__ == "Column":
            _known(one, fact)


#: What may stand inside an aggregate or a condition, as sqlglot names it.
_ALLOWED = frozenset(
    {
        *("Column", "Identifier", "Literal", "Boolean", "Null", "Paren", "Tuple"),
        *("Not", "And", "Or", "EQ", "NEQ", "GT", "GTE", "LT", "LTE", "Is", "Between", "In", "Like"),
        *("Neg", "Add", "Sub", "Mul", "Div", "IntDiv", "Mod", "Abs", "Floor", "Ceil", "Round", "Greatest", "Least"),
        *("Case", "If", "Coalesce", "Nullif", "Lower", "Upper", "StartsWith", "Length"),
        *("Interval", "Var", "DateDiff", "Extract", "Date", "Cast", "DataType"),
    }
)


def _known(node: Any, fact: Fact) -> None:
    name = node.name
    if node.table or name not in fact.types:
        close = difflib.get_close_matches(name, fact.types, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(fact.types)}"
        raise _Refused(f"{fact.name} has no column {_sql(node)!r}: {hint}")


def _is_number(node: Any) -> bool:
    from sqlglot import exp

    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    return isinstance(node, exp.Literal) and not node.is_string


def _sql(node: Any) -> str:
    text = str(node.sql(dialect="duckdb"))
    return text if len(text) <= 80 else text[:77] + "..."


def _with(tree: Any, condition: Any) -> Any:
    """The same totals over the rows of the condition; a sum over no rows is 0, one over rows that say nothing null."""
    from sqlglot import exp

    def narrowed(node: Any) -> Any:
        inner = node.this if isinstance(node, exp.Filter) else node
        own = node.expression.this if isinstance(node, exp.Filter) else None
        both = [exp.paren(one.copy()) for one in (condition, own) if one is not None]
        kept = exp.and_(*both) if both else None

        def over(aggregate: Any) -> Any:
            if kept is None:
                return aggregate
            return exp.Filter(this=aggregate, expression=exp.Where(this=kept.copy()))

        if isinstance(inner, exp.Count):
            return over(inner.copy())
        none = exp.EQ(this=over(exp.Count(this=exp.Star())), expression=exp.Literal.number(0))
        return exp.Case(ifs=[exp.If(this=none, true=exp.Literal.number(0))], default=over(inner.copy()))

    def made(node: Any) -> Any:
        if isinstance(node, exp.Filter | exp.Count | exp.Sum):
            return narrowed(node)
        copy = node.copy()
        for name in ("this", "expression"):
            child = node.args.get(name)
            if isinstance(child, exp.Expression):
                copy.set(name, made(child))
        return copy

    return made(tree)


def _types(tree: Any, fact: Fact, *, boolean: bool) -> None:
    """Refuse what compares text with numbers and the like: the database itself says so, over no rows."""
    import duckdb

    columns = ", ".join(f'NULL::{_SQL_TYPES[kind]} AS "{name}"' for name, kind in fact.types.items())
    expression = (
        f"sum(CASE WHEN ({tree.sql(dialect='duckdb')}) IS TRUE THEN 1 ELSE 0 END)" if boolean else tree.sql("duckdb")
    )
    with _database().cursor() as con:
        try:
            con.execute(f"SELECT ({expression})::DOUBLE FROM (SELECT {columns}) AS nothing WHERE false")
        except duckdb.Error as error:
            said = str(error).splitlines()[0].partition(": ")[2] or str(error)
            raise _Refused(f"it does not fit its columns ({said[:200].rstrip('.')})") from None


@lru_cache(maxsize=1)
def _database() -> Any:
    import duckdb

    return duckdb.connect(config={"enable_external_access": "false"})
