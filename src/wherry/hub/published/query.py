"""Reads published statistics back: positions, periods, providers, vintages. What a page, a command or a notebook asks.

import wherry.hub.published as published
published.open().rtt_position("2026-01", ["RM1"], "C_999").total
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import duckdb
import pyarrow as pa
import pyarrow.compute as pyarrow_compute
import pyarrow.parquet as pq

from wherry.errors import UserError
from wherry.hub.published import store
from wherry.hub.published.activity import AePosition
from wherry.hub.published.bands import Band
from wherry.hub.published.parsed import QUARANTINE_SCHEMA
from wherry.hub.published.positions import PartCounts, Provider, RttPosition, Source
from wherry.hub.published.rtt import PARTS
from wherry.hub.published.waits import CancerGroup, CancerPosition, standard_name

#: The stubs of pyarrow know fewer of its functions' forms than there are.
pc: Any = pyarrow_compute
#: RTT summaries held in memory at once, about 25 MB each.
SUMMARIES = 4


class Published:
    """The published statistics of one index: what is loaded later is seen by opening again."""

    def __init__(self, root: Path, index: store.Index) -> None:
        self.root = root
        self.index = index
        self._con = duckdb.connect()
        self._lock = threading.Lock()
        self._position = lru_cache(maxsize=2_048)(self._rtt_position)
        self._summary = lru_cache(maxsize=SUMMARIES)(self._read_summary)
        self._providers = lru_cache(maxsize=256)(self._read_providers)
        self._functions = lru_cache(maxsize=256)(self._read_functions)

    def __enter__(self) -> Published:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._con.close()

    # --- what there is

    def periods(self, dataset: str) -> list[str]:
        """Months loaded of a dataset (`rtt`, `ae`, `cancer`), oldest first, as `YYYY-MM`."""
        return sorted({v.period for v in self.index.vintages if v.dataset == dataset})

    def vintages(self, dataset: str, period: str) -> list[Source]:
        """Every publication of a month, oldest first; the last is the default."""
        found = self.index.of(dataset, period)
        return [
            Source(
                dataset=dataset,
                period=period,
                vintage=v.vintage,
                number=number,
                of=len(found),
                published_on=v.published_on,
                revised=v.revised,
                partial=self.index.is_partial(v),
                loaded_at=v.loaded_at,
                file_name=v.file_name,
                sha256=v.sha256,
            )
            for number, v in enumerate(found, start=1)
        ]

    def loads(self) -> tuple[store.Load, ...]:
        """Every file taken in, in the order of loading."""
        return self.index.loads

    def quarantine(self, load_id: str) -> pa.Table:
        """The rows of a load that could not be published, with file, line and reason."""
        if all(load.load_id != load_id for load in self.index.loads):
            raise UserError(f"No load {load_id!r} of published statistics.")
        path = self.root / "loads" / load_id / "quarantine.parquet"
        if not path.exists():
            return QUARANTINE_SCHEMA.empty_table()
        return self._run("SELECT * FROM read_parquet(?)", [str(path)])

    def source(self, dataset: str, period: str | None = None, vintage: str | None = None) -> Source:
        """One vintage: the newest of the newest period by default. `vintage` is an id, its beginning, a number, first
        or newest."""
        periods = self.periods(dataset)
        if not periods:
            raise UserError(f"No {dataset} statistics are loaded. Load some: wherry published load FILE...")
        month = period or periods[-1]
        found = self.vintages(dataset, month)
        if not found:
            raise UserError(f"No {dataset} statistics for {month}. Loaded: {', '.join(periods)}.")
        if vintage in (None, "newest"):
            return found[-1]
        wanted = str(vintage)
        chosen = [s for s in found if wanted == "first" and s.number == 1] or [
            s for s in found if (wanted.isdigit() and len(wanted) < 4 and s.number == int(wanted))
        ]
        chosen = chosen or [s for s in found if s.vintage.startswith(wanted.lower())]
        if len(chosen) != 1:
            raise UserError(
                f"No one vintage {wanted!r} of {dataset} {month}. There are: "
                + ", ".join(f"{s.number} ({s.vintage}, {s.file_name})" for s in found)
            )
        return chosen[0]

    def providers(self, dataset: str, period: str | None = None, vintage: str | None = None) -> list[Provider]:
        """Providers of a publication by code, with the parent it gives them."""
        return list(self._providers(self.source(dataset, period, vintage)))

    def _read_providers(self, source: Source) -> tuple[Provider, ...]:
        rows = self._run(
            """SELECT provider, any_value(provider_name) AS name, any_value(provider_parent) AS parent,
                      any_value(provider_parent_name) AS parent_name
               FROM read_parquet(?) WHERE provider IS NOT NULL GROUP BY provider ORDER BY provider""",
            [self._file(source, "summary" if source.dataset == "rtt" else "rows")],
        ).to_pylist()
        return tuple(
            Provider(row["provider"], row["name"] or row["provider"], row["parent"], row["parent_name"]) for row in rows
        )

    def treatment_functions(self, period: str | None = None, vintage: str | None = None) -> dict[str, str]:
        """Treatment functions of an RTT publication: code to name, in order of code (C_999 is the total)."""
        return dict(self._functions(self.source("rtt", period, vintage)))

    def _read_functions(self, source: Source) -> tuple[tuple[str, str], ...]:
        rows = self._run(
            """SELECT treatment_function AS code, any_value(treatment_function_name) AS name
               FROM read_parquet(?) GROUP BY 1 ORDER BY 1""",
            [self._file(source, "summary")],
        ).to_pylist()
        return tuple((row["code"], row["name"] or row["code"]) for row in rows)

    def _read_summary(self, source: Source) -> pa.Table:
        return pq.read_table(self._file(source, "summary"))

    # --- referral to treatment

    def rtt_position(
        self,
        period: str | None = None,
        providers: Iterable[str] | str = (),
        treatment_function: str = "C_999",
        vintage: str | None = None,
    ) -> RttPosition:
        """The position of some providers together (sums); none named means none found. Raises `UserError` if none is
        known."""
        codes = (providers,) if isinstance(providers, str) else tuple(providers)
        wanted = tuple(dict.fromkeys(code.strip().upper() for code in codes))
        if not wanted:
            raise UserError("No provider is named. Ask for some, or for England.")
        return self._position(self.source("rtt", period, vintage), wanted, treatment_function_code(treatment_function))

    def rtt_england(
        self, period: str | None = None, treatment_function: str = "C_999", vintage: str | None = None
    ) -> RttPosition:
        """All providers of the publication together, whoever commissioned; see `not_english` for those England did
        not."""
        return self._position(self.source("rtt", period, vintage), None, treatment_function_code(treatment_function))

    def _rtt_position(self, source: Source, providers: tuple[str, ...] | None, function: str) -> RttPosition:
        layout = self._layout(source)
        bands = tuple(Band(lower, upper) for lower, upper in cast(list[tuple[int, int | None]], layout["bands"]))
        measures = cast(list[str], layout["measures"])
        found, missing = self._named(source, providers or ())
        functions = self.treatment_functions(source.period, source.vintage)
        if function not in functions:
            raise UserError(
                f"No treatment function {function} in RTT {source.period}. There are: {', '.join(functions)}."
            )
        rows = self._summary(source)
        wanted = pc.equal(rows["treatment_function"], function)
        if providers is not None:
            wanted = pc.and_(wanted, pc.is_in(rows["provider"], value_set=pa.array([p.code for p in found])))
        rows = rows.filter(wanted)
        by_part = {}
        for name in pc.unique(rows["part"]).to_pylist():
            of_part = rows.filter(pc.equal(rows["part"], name))
            columns = [*measures, "withheld", "not_english"]
            by_part[name] = {column: pc.sum(of_part[column]).as_py() for column in columns}
        return RttPosition(
            source=source,
            providers=found,
            missing=missing,
            everyone=providers is None,
            treatment_function=function,
            treatment_function_name=functions[function],
            parts={name: _part(name, bands, by_part.get(name)) for name in PARTS},
        )

    def rtt_table(
        self,
        period: str | None = None,
        part: str = "Part_2",
        treatment_function: str | None = None,
        vintage: str | None = None,
    ) -> pa.Table:
        """One part, a row a provider and treatment function, added up over commissioners: for tables and charts."""
        source = self.source("rtt", period, vintage)
        code = treatment_function_code(treatment_function) if treatment_function else None
        return self._run(
            "SELECT * FROM read_parquet(?) WHERE part = ? AND (? IS NULL OR treatment_function = ?) "
            "ORDER BY provider, treatment_function",
            [self._file(source, "summary"), part, code, code],
        )

    # --- A&E and cancer

    def ae(
        self, period: str | None = None, providers: Iterable[str] | str = (), vintage: str | None = None
    ) -> AePosition:
        """A&E of some providers together; none named means all. Raises `UserError` if none of those named is known."""
        source = self.source("ae", period, vintage)
        measures = cast(list[str], self._layout(source)["measures"])
        found, missing = self._named(source, providers)
        sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in measures)
        rows = self._run(
            f"""SELECT {sums}, sum(coalesce(len(string_split(suppressed, ';')), 0))::BIGINT AS withheld
                FROM read_parquet(?) WHERE kind = 'provider' AND list_contains(?, provider)""",
            [self._file(source, "rows"), [p.code for p in found]],
        ).to_pylist()
        totals = self._run(
            f"SELECT {', '.join(measures)} FROM read_parquet(?) WHERE kind = 'total'", [self._file(source, "rows")]
        ).to_pylist()
        withheld = int(rows[0].pop("withheld") or 0)
        return AePosition(source, found, missing, not providers, rows[0], totals[0] if totals else None, withheld)

    def cancer(
        self,
        period: str | None = None,
        providers: Iterable[str] | str = (),
        standard: str | None = None,
        vintage: str | None = None,
    ) -> CancerPosition:
        """Cancer waits of some providers together (sums), every group of every table; none named means all."""
        source = self.source("cancer", period, vintage)
        measures = [name for name in cast(list[str], self._layout(source)["measures"]) if name != "percent_within"]
        found, missing = self._named(source, providers)
        sums = ", ".join(f'sum("{name}") AS "{name}"' for name in measures)
        rows = self._run(
            f"""SELECT standard, sheet, part, route, stage, modality, cancer_type, {sums},
                       sum(coalesce(len(string_split(suppressed, ';')), 0))::BIGINT AS withheld
                FROM read_parquet(?)
                WHERE kind = 'provider' AND list_contains(?, provider) AND (? IS NULL OR standard = ?)
                GROUP BY ALL ORDER BY min(source_row), sheet""",
            [
                self._file(source, "rows"),
                [p.code for p in found],
                standard and standard_name(standard),
                standard and standard_name(standard),
            ],
        ).to_pylist()
        groups = [
            CancerGroup(
                **{
                    name: row[name]
                    for name in ("standard", "sheet", "part", "route", "stage", "modality", "cancer_type")
                },
                measures={name: row[name] for name in measures},
                withheld=int(row["withheld"] or 0),
            )
            for row in rows
        ]
        order = {
            sheet: place for place, (sheet, *_) in enumerate(cast(list[list[str]], self._layout(source)["tables"]))
        }
        groups.sort(key=lambda group: order.get(group.sheet, 0))
        return CancerPosition(source, found, missing, not providers, tuple(groups))

    def _named(self, source: Source, providers: Iterable[str] | str) -> tuple[tuple[Provider, ...], tuple[str, ...]]:
        """The providers named (all if none is), and the codes that the publication does not know."""
        known = {p.code: p for p in self.providers(source.dataset, source.period, source.vintage)}
        codes = [providers] if isinstance(providers, str) and providers else list(providers)
        if not codes:
            return tuple(known.values()), ()
        wanted = list(dict.fromkeys(code.strip().upper() for code in codes))
        found = tuple(known[code] for code in wanted if code in known)
        if not found:
            raise UserError(
                f"No provider {', '.join(wanted)} in {source.dataset} {source.period} ({len(known)} providers; "
                f"see wherry published list --providers {source.dataset} --period {source.period})."
            )
        return found, tuple(code for code in wanted if code not in known)

    # --- any dataset

    def rows(self, dataset: str, period: str | None = None, vintage: str | None = None) -> pa.Table:
        """A publication as it was published: its rows, each measure a column, blanks blank; `source_row` is its
        line."""
        return self._run("SELECT * FROM read_parquet(?)", [self._file(self.source(dataset, period, vintage), "rows")])

    def values(
        self, dataset: str, period: str | None = None, vintage: str | None = None, providers: Iterable[str] = ()
    ) -> pa.Table:
        """The long table `published_value`: one row a figure, for all providers or some.

        Columns: dataset, vintage, period, organisation (blank for totals), source_row, the dataset's dimensions,
        measure, value, state (`value`, `suppressed`, `blank`). A zero is a `value`; the other two have none. It is
        made on reading: the RTT extract alone would be 19.8 million rows, so name providers there.
        """
        source = self.source(dataset, period, vintage)
        measures = cast(list[str], self._layout(source)["measures"])
        named = [code.strip().upper() for code in providers]
        listed = ", ".join(f'"{name}"' for name in measures)
        cast_all = ", ".join(f'"{name}"::DOUBLE AS "{name}"' for name in measures)
        return self._run(
            f"""SELECT ? AS dataset, ? AS vintage, ? AS period, provider AS organisation,
                       * EXCLUDE (provider, suppressed, extra, measure, value), measure, value,
                       CASE WHEN value IS NOT NULL THEN 'value'
                            WHEN list_contains(string_split(suppressed, ';'), measure) THEN 'suppressed'
                            ELSE 'blank' END AS state
                FROM (SELECT * EXCLUDE ({listed}), {cast_all} FROM read_parquet(?)
                      WHERE ? OR list_contains(?, provider))
                UNPIVOT INCLUDE NULLS (value FOR measure IN ({listed}))""",
            [dataset, source.vintage, source.period, self._file(source, "rows"), not named, named],
        )

    def _layout(self, source: Source) -> dict[str, object]:
        return next(v.layout for v in self.index.of(source.dataset, source.period) if v.vintage == source.vintage)

    def _file(self, source: Source, name: str) -> str:
        return str(self.root / "data" / source.dataset / source.period / source.vintage / f"{name}.parquet")

    def _run(self, sql: str, values: list[object]) -> pa.Table:
        with self._lock:
            cursor = self._con.cursor()
        try:
            found: pa.Table = cursor.sql(sql, params=values).to_arrow_table()
            return found
        finally:
            cursor.close()


def treatment_function_code(words: str) -> str:
    """A treatment function as RTT publications write it.

    >>> [treatment_function_code(words) for words in ("100", "c_999", "X02", " C_502 ")]
    ['C_100', 'C_999', 'X02', 'C_502']
    """
    code = words.strip().upper()
    return f"C_{code}" if code.isdigit() else code


def _part(name: str, bands: tuple[Band, ...], row: dict[str, int | None] | None) -> PartCounts:
    if row is None:
        return PartCounts(name, bands, (), None, None, None, 0, 0)
    cells = [row[band.column] for band in bands]
    counts = tuple(cell or 0 for cell in cells) if any(cell is not None for cell in cells) else ()
    unknown = row.get("unknown_start")
    every = row.get("total_all")
    known = row.get("total")
    if known is None:
        known = sum(counts) if counts else (every - (unknown or 0) if every is not None else None)
    if every is None and known is not None:
        every = known + (unknown or 0)
    return PartCounts(
        name, bands, counts, known, unknown, every, int(row["withheld"] or 0), int(row["not_english"] or 0)
    )
