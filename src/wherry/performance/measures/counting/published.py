"""Published statistics as fact tables: every provider, every month, the newest vintage that is not partial.

Columns are found by what they count, whatever the layout of the file was, for that is how they were loaded. A figure
that was suppressed stays missing, and so does every sum that it would be part of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from wherry.hub.published import Published
from wherry.hub.published.ae import KINDS, MEASURES
from wherry.hub.published.bands import Band
from wherry.hub.published.store import Vintage
from wherry.performance.measures.counting.given import Given, Made
from wherry.performance.measures.facts_other import RTT_LIMITS
from wherry.performance.measures.model import Grain
from wherry.performance.measures.periods import last_day

NAMES = {
    "ae": "NHS England, A&E attendances and emergency admissions",
    "rtt": "NHS England, referral to treatment waiting times",
    "cancer": "NHS England, cancer waiting times",
}


def dataset(given: Given, name: str) -> Made:
    """One dataset as a fact table: a row a provider and what the publication has a row for, with its month."""
    assert given.published is not None  # noqa: S101 - asked for only where something was published
    rows = {"ae": _ae, "rtt": _rtt, "cancer": _cancer}[name]
    parts = []
    last = date.min
    for vintage in _newest(given.published, name):
        month = date.fromisoformat(f"{vintage.period}-01")
        last = max(last, last_day(month, Grain.MONTH))
        folder = given.published.root / vintage.folder
        parts.append(rows(given, vintage, folder).replace("SELECT", f"SELECT DATE '{month}' AS period,", 1))
    sql = " UNION ALL BY NAME ".join(parts)
    return Made(lambda wanted: sql, NAMES[name], last)


def _newest(published: Published, name: str) -> Iterator[Vintage]:
    for period in published.periods(name):
        yield published.index.of(name, period)[-1]


def _columns(given: Given, path: str) -> set[str]:
    return {row[0] for row in given.fetch(f"DESCRIBE SELECT * FROM read_parquet('{path}')")}


def _file(folder: Path, name: str) -> str:
    return str(folder / f"{name}.parquet").replace("'", "''")


def _ae(given: Given, vintage: Vintage, folder: Path) -> str:
    path = _file(folder, "rows")
    there = _columns(given, path)

    def total(names: Sequence[str]) -> str:
        """Sum of those that are given; null where none is, or where one was suppressed."""
        known = [name for name in names if name in there]
        if not known:
            return "NULL::DOUBLE"
        hidden = " OR ".join(f"list_contains(string_split(suppressed, ';'), '{name}')" for name in known)
        added = " + ".join(f"coalesce({name}, 0)" for name in known)
        return f"CASE WHEN coalesce({hidden}, false) OR coalesce({', '.join(known)}) IS NULL THEN NULL ELSE {added} END"

    def both(ending: str, kinds: Sequence[str] = KINDS) -> str:
        start = "over_4_hours" if ending == "over_4_hours" else "attendances"
        booked = "booked_over_4_hours" if ending == "over_4_hours" else "booked"
        return total([f"{kind}_{one}" for one in (start, booked) for kind in kinds])

    through = [f"{kind}_emergency_admissions" for kind in KINDS]
    made = {
        "attendances": both("attendances"),
        "over_4_hours": both("over_4_hours"),
        "within_4_hours": f"({both('attendances')}) - ({both('over_4_hours')})",
        "type1_all": both("attendances", ("type1",)),
        "type1_all_over_4_hours": both("over_4_hours", ("type1",)),
        "emergency_admissions": total([*through, "not_ae_emergency_admissions"]),
        "admissions_through_ae": total(through),
        **{name: f'"{name}"::DOUBLE' if name in there else "NULL::DOUBLE" for name in MEASURES},
    }
    listed = ", ".join(f'({sql})::DOUBLE AS "{name}"' for name, sql in made.items())
    return f"SELECT provider AS organisation, {listed} FROM read_parquet('{path}') WHERE kind = 'provider'"


def _rtt(given: Given, vintage: Vintage, folder: Path) -> str:
    path = _file(folder, "summary")
    there = _columns(given, path)
    bands = [Band(lower, upper) for lower, upper in vintage.layout["bands"]]  # type: ignore[attr-defined]
    columns = [band.column for band in bands]
    any_band = f"coalesce({', '.join(columns)}) IS NOT NULL AND withheld = 0"

    def added(wanted: Sequence[Band]) -> str:
        if not wanted:
            return "NULL"
        return f"CASE WHEN {any_band} THEN {' + '.join(f'coalesce({band.column}, 0)' for band in wanted)} END"

    def over(weeks: int) -> str:
        edge = any(band.lower == weeks for band in bands)
        return added([band for band in bands if band.lower >= weeks]) if edge else "NULL"

    plain = {name: name if name in there else "NULL" for name in ("total", "unknown_start", "total_all")}
    made = {
        "known": f"CASE WHEN withheld = 0 THEN coalesce({plain['total']}, {added(bands)}) END",
        "unknown_start": f"CASE WHEN withheld = 0 THEN {plain['unknown_start']} END",
        "every": f"CASE WHEN withheld = 0 THEN coalesce({plain['total_all']}, {plain['total']}) END",
        "within_18": added([band for band in bands if band.upper is not None and band.upper <= 18]),
        **{f"over_{weeks}": over(weeks) for weeks in RTT_LIMITS},
    }
    listed = ", ".join(f'({sql})::DOUBLE AS "{name}"' for name, sql in made.items())
    return f"SELECT provider AS organisation, part, treatment_function, {listed} FROM read_parquet('{path}')"


def _cancer(given: Given, vintage: Vintage, folder: Path) -> str:
    path = _file(folder, "rows")
    there = _columns(given, path)
    words = ("route", "stage", "modality", "cancer_type", "sheet", "part")
    named = ", ".join(f"coalesce({name}, '') AS {name}" if name in there else f"'' AS {name}" for name in words)
    all_of = " AND ".join(f"({name} = '' OR lower({name}) LIKE 'all %')" for name in words[:4])
    figures = ", ".join(
        f'"{name}"::DOUBLE AS {name}' if name in there else f"NULL::DOUBLE AS {name}"
        for name in ("total", "within_standard")
    )
    inner = f"""(SELECT provider, standard, source_row, {named}, {figures} FROM read_parquet('{path}')
                 WHERE kind = 'provider') AS given_rows"""
    first = "row_number() OVER (PARTITION BY provider, standard, all_of ORDER BY total DESC NULLS LAST, source_row)"
    return f"""SELECT provider AS organisation, standard, {", ".join(words)}, total, within_standard,
            all_of AND {first} = 1 AS whole
        FROM (SELECT *, {all_of} AS all_of FROM {inner}) AS marked"""
