"""What an expression of a measure may say, and how it is told what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import duckdb
import pytest
from counting_support import definition
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.performance.measures import build, definitions, expressions
from wherry.performance.measures.facts import TABLES, Origin
from wherry.performance.measures.model import Kind, Measure, Source
from wherry.reference import system as systems

DATABASE = duckdb.connect()


def measure(table: str, numerator: str, denominator: str = "", where: str = "", kind: Kind = Kind.TABLE) -> Measure:
    """A measure with these expressions."""
    import tomllib

    made = definitions.measure_of(
        tomllib.loads(definition("test", unit="number", table="rtt_waiting", numerator="count(*)")), "test"
    )
    return replace(made, source=Source(kind, table, numerator, denominator, where))


@pytest.mark.parametrize(
    ("numerator", "words"),
    [
        ("avg(days_waited)", "AVG(days_waited) is an average, and averages do not add up"),
        ("sum(days_waited) / count(*)", "is not a sum: a total may be multiplied or divided by a plain number alone"),
        ("count(*) * count(*)", "is not a sum"),
        ("1 / count(*)", "is not a sum"),
        ("count(DISTINCT site)", "counts distinct values, which do not add up"),
        ("max(days_waited)", "MAX(days_waited) is neither sum nor count"),
        ("median(days_waited)", "is neither sum nor count"),
        ("days_waited", "days_waited is one row's: put it into sum(...) or count(...)"),
        ("7", "7 alone counts nothing"),
        ("coalesce(sum(days_waited), 0)", "is neither sum nor count"),
        ("sum(days_wated)", "rtt_waiting has no column 'days_wated': did you mean 'days_waited'?"),
        ("sum(rtt_waiting.days_waited)", "rtt_waiting has no column"),
        ("count(*) FILTER (WHERE person_key = 'x')", "rtt_waiting has no column 'person_key'"),
        ("sum((SELECT count(*) FROM facts))", "is not allowed in an expression"),
        ("count(*) FILTER (WHERE site IN (SELECT site FROM allowed))", "is not allowed in an expression"),
        ("sum(getenv('HOME'))", "is not allowed in an expression"),
        ("sum(length(read_text('/etc/passwd')))", "is not allowed in an expression"),
        ("count(*) FROM read_csv('/etc/passwd')", "cannot be read as SQL"),
        ("count(*); DROP TABLE people", "may hold no ';'"),
        ("count(*) -- all", "no comment"),
        ("sum(days_waited) OVER ()", "is neither sum nor count"),
        ("sum(count(*))", "COUNT(*) is not allowed in an expression"),
        ("count(*) FILTER (WHERE site > 3)", "does not fit its columns"),
        ("sum(site)", "does not fit its columns"),
        ("sum(CASE WHEN (", "cannot be read as SQL"),
        ("SELECT count(*)", "SELECT COUNT(*) is neither sum nor count"),
        ("count(*) + " * 2_000 + "count(*)", "longer than 4,000"),
        ("sum(random())", "is not allowed"),
        ("sum(days_waited ORDER BY age)", "is not allowed"),
        ("count(*) FILTER (WHERE $1)", "is not allowed"),
    ],
)
def test_what_does_not_add_up_or_reaches_elsewhere_is_refused(numerator: str, words: str) -> None:
    with pytest.raises(UserError) as told:
        expressions.compiled(measure("rtt_waiting", numerator), "waits.toml")
    assert words in str(told.value)
    assert str(told.value).startswith("waits.toml, source.numerator: ")


def test_the_wrong_key_is_named() -> None:
    with pytest.raises(UserError, match=r"source\.where: rtt_waiting has no column 'plaice': did you mean 'place'"):
        expressions.compiled(measure("rtt_waiting", "count(*)", where="plaice = ''"))
    with pytest.raises(UserError, match=r"source\.where: SUM\(age\) is not allowed"):
        expressions.compiled(measure("rtt_waiting", "count(*)", where="sum(age) > 3"))
    with pytest.raises(UserError, match=r"source\.denominator: "):
        expressions.compiled(measure("rtt_waiting", "count(*)", "avg(age)"))
    with pytest.raises(
        UserError, match=r"source\.table: there is no fact table 'rtt_wating'. Did you mean 'rtt_waiting'"
    ):
        expressions.compiled(measure("rtt_wating", "count(*)"))
    with pytest.raises(UserError, match=r"there is no published table 'rtt_waiting'"):
        expressions.compiled(measure("rtt_waiting", "count(*)", kind=Kind.PUBLISHED))
    with pytest.raises(UserError, match="numerator: it is missing"):
        expressions.compiled(measure("rtt_waiting", " "))


def run(table: str, rows: list[Mapping[str, Any]], numerator: str, where: str = "") -> Any:
    """What a compiled numerator comes to over some rows."""
    made = expressions.compiled(measure(table, numerator, where=where))
    kinds = {"text": "VARCHAR", "number": "DOUBLE", "flag": "BOOLEAN", "date": "DATE"}
    names = TABLES[table].types
    values = ", ".join("(" + ", ".join("?" for _ in names) + ")" for _ in rows)
    listed = ", ".join(f'"{name}"::{kinds[kind]} AS "{name}"' for name, kind in names.items())
    called = ", ".join(f'"{name}"' for name in names)
    with DATABASE.cursor() as con:
        found = con.execute(
            f"SELECT {made.numerator} FROM (SELECT {listed} FROM (VALUES {values}) AS v({called}))",
            [row.get(name) for row in rows for name in names],
        ).fetchone()
    return found[0] if found else None


def test_nothing_that_fits_is_nothing_and_nothing_known_is_missing() -> None:
    rows = [{"days_waited": 10, "site": "A"}, {"days_waited": None, "site": "B"}]
    assert run("rtt_waiting", rows, "sum(days_waited)") == 10
    assert run("rtt_waiting", rows, "sum(days_waited) FILTER (WHERE site = 'C')") == 0  # nobody is there
    assert run("rtt_waiting", rows, "sum(days_waited) FILTER (WHERE site = 'B')") is None  # somebody, and not known
    assert run("rtt_waiting", rows, "sum(days_waited)", "site = 'C'") == 0
    assert run("rtt_waiting", rows, "count(days_waited)", "site = 'B'") == 0


def test_a_condition_holds_in_every_part_of_a_total() -> None:
    rows = [{"days_waited": n, "site": "A" if n % 2 else "B", "admitted": n > 5} for n in range(10)]
    where = "site = 'A' OR site = 'Z'"
    assert run(
        "rtt_waiting", rows, "count(*) FILTER (WHERE admitted OR days_waited = 1) + sum(days_waited) * 2", where
    ) == (3 + 1 - 1 + 2 * (1 + 3 + 5 + 7 + 9))
    assert run("rtt_waiting", rows, "-(count(*) - 2 * count(*)) / 2.0", where) == 2.5


@settings(max_examples=12)
@given(
    st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 900)), st.booleans(), st.sampled_from("AB")), min_size=1),
    st.integers(0, 900),
)
def test_totals_of_parts_are_totals_of_the_whole(rows: list[tuple[int | None, bool, str]], limit: int) -> None:
    numerator = f"count(*) FILTER (WHERE days_waited <= {limit}) + 3 * sum(CASE WHEN admitted THEN 1 ELSE 0 END)"
    given_rows = [{"days_waited": days, "admitted": admitted, "site": site} for days, admitted, site in rows]
    whole = run("rtt_waiting", given_rows, numerator)
    parts = [run("rtt_waiting", given_rows, numerator, f"site = '{site}'") for site in "AB"]
    assert whole == sum(parts)
    assert whole == sum(days is not None and days <= limit for days, _, _ in rows) + 3 * sum(yes for _, yes, _ in rows)


def test_every_definition_that_comes_with_wherry_is_right() -> None:
    system = systems.load("norfolk-waveney")
    found = definitions.read(system)
    assert found.problems == ()
    for one in found.measures.values():
        if one.source.kind is not Kind.LOADED:
            expressions.compiled(one)
            build.check_fit(one)


def test_every_fact_table_says_what_its_columns_are() -> None:
    for fact in TABLES.values():
        assert fact.row
        assert fact.moment
        names = [column.name for column in fact.columns]
        assert len(names) == len(set(names))
        assert all(column.words for column in fact.columns)
        kind = Kind.PUBLISHED if fact.origin is Origin.PUBLISHED else Kind.TABLE
        every, there = (f"count({name})" for name in names), (f"{name} IS NOT NULL" for name in names)
        expressions.compiled(measure(fact.name, " + ".join(every), where=" OR ".join(there), kind=kind))
