"""Answers as flat tables, one column a thing: what the Parquet and CSV files hold. `low` and `high` are the 10th and
90th centile of the runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from wherry.planning.answers.model import Answers, Spread
from wherry.planning.answers.places import places_of
from wherry.planning.answers.runs import Measure, Runs
from wherry.planning.scenario.model import year_words

_SPREAD = ("low", "middle", "high", "mean")


def all_tables(answers: Answers) -> dict[str, pa.Table]:
    """Every table by its name: fans, gaps, waterfalls, returns, tornado, breakdowns, assumptions."""
    words = dict(answers.places)
    return {
        "fans": _table(
            ("measure", "words", "unit", "place", "place_words", "baseline", "financial_year", *_SPREAD),
            [
                (fan.measure, fan.words, fan.unit, fan.place, words[fan.place], fan.base, year_words(year), *_four(at))
                for fan in answers.fans
                for year, at in fan.points
            ],
        ),
        "gaps": _table(
            (
                "requirement", "words", "unit", "place", "place_words", "ward_group", "financial_year", "existing",
                *(f"needed_{part}" for part in _SPREAD), *(f"gap_{part}" for part in _SPREAD),
                "share_of_runs_enough",
            ),
            [
                (
                    gap.requirement, gap.words, gap.unit, gap.place, words[gap.place], gap.ward, year_words(gap.year),
                    gap.existing, *_four(gap.needed), *_four(gap.gap), gap.enough,
                )
                for gap in answers.gaps
            ],
        ),
        "waterfalls": _table(
            ("measure", "words", "unit", "place", "place_words", "step", "title", "driver", *_SPREAD),
            [row for waterfall in answers.waterfalls for row in _steps(waterfall, words)],
        ),
        "returns": _table(
            (
                "intervention", "title", "place", "place_words", *(f"beds_saved_{part}" for part in _SPREAD),
                "beds_saved_if_alone", *(f"nights_saved_{part}" for part in _SPREAD), "source",
            ),
            [
                (
                    one.name, one.title, one.place, words[one.place], *_four(one.beds), one.alone_beds,
                    *_four(one.nights), one.source,
                )
                for one in answers.returns
            ],
        ),
        "returns_activity": _table(
            ("intervention", "title", "place", "place_words", "activity", *(f"saved_{part}" for part in _SPREAD)),
            [
                (one.name, one.title, one.place, words[one.place], code, *_four(saved))
                for one in answers.returns
                for code, saved in one.activity
            ],
        ),
        "tornado": _table(
            (
                "assumption", "title", "place", "place_words", "centile_10", "centile_90",
                "beds_at_centile_10", "beds_at_centile_90", "beds_at_middle", "width_beds",
            ),
            [
                (
                    one.name, one.title, one.place, words[one.place], one.low_at, one.high_at, one.low_value,
                    one.high_value, one.middle_value, one.width,
                )
                for one in answers.tornado
            ],
        ),
        "breakdowns": _table(
            (
                "measure", "words", "unit", "place", "place_words", "by", "part", "baseline", "financial_year",
                *_SPREAD,
            ),
            [
                (
                    fan.measure, fan.words, fan.unit, fan.place, words[fan.place], fan.by, fan.label, fan.base,
                    year_words(year), *_four(at),
                )
                for fan in answers.breakdowns
                for year, at in fan.points
            ],
        ),
        "assumptions": _table(
            ("assumption", "title", "driver", "about", "amount", "when", "source"),
            [
                (one.name, one.title, one.driver, one.about, one.amount, one.when, one.source)
                for one in answers.assumptions
            ],
        ),
    }  # fmt: skip


def runs_table(runs: Runs, years: tuple[int, ...] | None = None) -> pa.Table:
    """Every run by year and site, a column a measure; `years` leaves out the others. Columns are named by measure."""
    kept = [at for at, year in enumerate(runs.years) if years is None or year in years]
    shape = (runs.number, len(kept), len(runs.sites))
    run, year, site = (axis.ravel() for axis in np.indices(shape))
    names = np.array([runs.years[at] for at in kept], dtype=np.int16)
    columns: dict[str, Any] = {
        "run": pa.array(run.astype(np.int32)),
        "financial_year": pa.array(names[year] if len(names) else np.zeros(0, dtype=np.int16)),
        "site": pa.array(np.array(runs.sites, dtype=object)[site], pa.string()),
        "trust": pa.array(np.array(runs.trust_of, dtype=object)[site], pa.string()),
    }
    for measure in runs.measures:
        columns[measure.code] = pa.array(np.ascontiguousarray(measure.values[:, kept]).ravel())
    table = pa.table(columns)
    told = {measure.code: f"{measure.words}|{measure.unit}" for measure in runs.measures}
    meta = {"scenario": runs.scenario, "seed": str(runs.seed)} | {f"measure:{code}": one for code, one in told.items()}
    return table.replace_schema_metadata(meta)


def runs_from(table: pa.Table) -> Runs:
    """The runs again from their table. Their baselines are not in it and are NaN."""
    meta = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    years = tuple(int(year) for year in np.unique(table["financial_year"].to_numpy()))
    pairs = zip(table["site"].to_pylist(), table["trust"].to_pylist(), strict=True)
    owner: dict[str, str] = {str(site): str(trust) for site, trust in pairs}
    shape = (-1, len(years), len(owner))
    measures = []
    for code in table.column_names[4:]:
        words, unit = meta.get(f"measure:{code}", f"{code}|").split("|", 1)
        values = table[code].to_numpy().reshape(shape)
        measures.append(Measure(code, words, unit, values, np.full(len(owner), np.nan)))
    return Runs(meta.get("scenario", ""), int(meta.get("seed", 0)), years, tuple(owner), tuple(owner.values()),
                tuple(measures))  # fmt: skip


def series(runs: Runs) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Every run's values by `measure|place`, [run, year], of places that ever have any."""
    places = places_of(runs.sites, runs.trust_of, None)
    made: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
    for measure in runs.measures:
        total = places.total(measure.values)
        made |= {
            f"{measure.code}|{code}": total[..., at] for at, code in enumerate(places.codes) if total[..., at].any()
        }
    return made


def _steps(waterfall: Any, words: dict[str, str]) -> list[tuple[Any, ...]]:
    begin = (waterfall.measure, waterfall.words, waterfall.unit, waterfall.place, words[waterfall.place])
    start = Spread(waterfall.start, waterfall.start, waterfall.start, waterfall.start)
    return [
        (*begin, "start", "Baseline", "", *_four(start)),
        *((*begin, step.name, step.title, step.driver, *_four(step.value)) for step in waterfall.steps),
        (*begin, "end", "Horizon", "", *_four(waterfall.end)),
    ]


def _four(value: Spread | None) -> tuple[float | None, ...]:
    return (None,) * 4 if value is None else (value.low, value.middle, value.high, value.mean)


def _table(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table({name: pa.array(column, _type(name, column)) for name, column in zip(names, columns, strict=True)})


_TEXT = frozenset({
    "measure", "words", "unit", "place", "place_words", "financial_year", "requirement", "ward_group", "step", "title",
    "driver", "intervention", "activity", "assumption", "about", "amount", "when", "source", "by", "part",
})  # fmt: skip


def _type(name: str, column: tuple[Any, ...]) -> pa.DataType:
    return pa.string() if name in _TEXT else pa.float64()
