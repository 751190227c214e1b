"""Values of measures: one row a measure, period, organisation and category, read back as series.

    performance/current                     id of the values in force, swapped by one rename
    performance/snapshots/<id>/             values.parquet, manifest.json

Numerators and denominators are kept; the value of several organisations together is the sum of the one over the sum of
the other. A figure that came without them (`value` alone) is shown for its organisation, or for everybody where a board
sent it; it is never added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub import one_table
from wherry.hub.store import Store, read_json
from wherry.paths import hub_dir
from wherry.performance.measures.model import Grain, Measure, Split

pc: Any = pyarrow_compute

#: `period` is the first day. `split` and `category` as in `model.Split`; a total has split "all" and category "".
#: `organisation` is an ODS code (never the group's). `numerator` and `denominator` are null where only `value` came.
#: `source` says where the row came from in words, `as_at` the day on which that source stood.
_FIELDS: list[tuple[str, pa.DataType]] = [
    ("measure", pa.string()),
    ("period", pa.date32()),
    ("organisation", pa.string()),
    ("split", pa.string()),
    ("category", pa.string()),
    ("numerator", pa.float64()),
    ("denominator", pa.float64()),
    ("value", pa.float64()),
    ("source", pa.string()),
    ("as_at", pa.date32()),
]
VALUES = pa.schema(_FIELDS)
BUILD_COMMAND = "wherry measures build"
_AGAIN = f"Build the values again: {BUILD_COMMAND}."
KEPT = "Nothing was changed."


@dataclass(frozen=True)
class Scope:
    """Whose figures: some organisations together, everybody or the residents of one place.

    `code` is what addresses and files say: an ODS code, `group`, or `E07000145` of a place. Where none of
    `organisations` has a figure, those of `otherwise` are taken: boards that answer for everybody. `kind` is group,
    organisation or place.
    """

    code: str
    name: str
    organisations: tuple[str, ...]
    kind: str = "organisation"
    place: str = ""
    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True)
class Series:
    """One measure of one scope over time, by period. Arrays of one length; NaN where nothing is known.

    `numerators` and `denominators` are NaN where only values came, `values` is in the measure's unit.
    """

    measure: str
    scope: str
    periods: tuple[date, ...]
    numerators: npt.NDArray[np.float64]
    denominators: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    sources: tuple[str, ...] = ()
    as_at: date | None = None

    def __len__(self) -> int:
        return len(self.periods)


class Values:
    """The values in force, held in memory. Opened again when the pointer moves (`current_id`)."""

    def __init__(self, folder: Path, manifest: dict[str, Any], table: pa.Table | None = None) -> None:
        self.folder = folder
        self.manifest = manifest
        self._given = table
        self._silences: dict[tuple[str, tuple[str, ...]], frozenset[date]] = {}

    @property
    def id(self) -> str:
        """Id of these values."""
        return str(self.manifest["load_id"])

    @cached_property
    def table(self) -> pa.Table:
        """Every row, sorted by measure, split, category, organisation, period."""
        found = self._given
        if found is None:
            found = one_table.read(self.folder / "values.parquet", _AGAIN)
        keys: Any = [(name, "ascending") for name in ("measure", "split", "category", "organisation", "period")]
        return found.cast(VALUES).sort_by(keys).combine_chunks()

    @cached_property
    def _slices(self) -> Mapping[tuple[str, str], tuple[int, int]]:
        """Where the rows of a measure and split stand."""
        names = pc.binary_join_element_wise(self.table["measure"], self.table["split"], "\x1f").combine_chunks()
        coded = names.dictionary_encode()
        codes = coded.indices.to_numpy(zero_copy_only=False)
        if not len(codes):
            return {}
        begins = np.flatnonzero(np.diff(codes, prepend=-1))
        ends = [*begins[1:].tolist(), len(codes)]
        words = coded.dictionary.to_pylist()
        found = {}
        for begin, end in zip(begins.tolist(), ends, strict=True):
            measure, _, split = words[codes[begin]].partition("\x1f")
            found[measure, split] = (begin, end)
        return found

    def rows(self, measure: str, split: Split | str = Split.ALL) -> pa.Table:
        """The rows of one measure and split; none where there are none."""
        begin, end = self._slices.get((measure, str(split)), (0, 0))
        return self.table.slice(begin, end - begin)

    def measures(self) -> frozenset[str]:
        """Codes of measures with any figure."""
        return frozenset(measure for measure, _ in self._slices)

    def splits(self, measure: str) -> tuple[Split, ...]:
        """What figures of this measure are split by, in the order of `Split`, `ALL` left out."""
        return tuple(s for s in Split if s is not Split.ALL and (measure, s.value) in self._slices)

    def categories(self, measure: str, split: Split) -> tuple[str, ...]:
        """The categories with figures, in order."""
        return tuple(sorted(pc.unique(self.rows(measure, split)["category"]).to_pylist()))

    def organisations(self, measure: str) -> tuple[str, ...]:
        """Organisations with figures of a measure."""
        return tuple(sorted(pc.unique(self.rows(measure)["organisation"]).to_pylist()))

    def series(self, measure: Measure, scope: Scope, split: Split = Split.ALL, category: str = "") -> Series:
        """One measure over time for a scope; nothing for a split of a place, which has none. `as_at` is the newest day
        of the sources.

        A share or mean of a period is of those that came. A plain number is missing where an organisation of several
        that reported before did not: it would fall because nobody sent it.
        """
        if scope.place and split is not Split.ALL:
            return _series(measure, scope, VALUES.empty_table(), frozenset(), several=False)
        if scope.place:
            split, category = Split.PLACE, scope.place
        rows = self.rows(measure.code, split)
        rows = rows.filter(pc.equal(rows["category"], category))
        for codes in (scope.organisations, scope.otherwise):
            found = rows.filter(pc.is_in(rows["organisation"], value_set=pa.array(list(codes), pa.string())))
            if found.num_rows:
                break
        several = codes is scope.organisations and len(codes) > 1
        adds_up = measure.unit == "number" and measure.grain is not Grain.DAY  # a day without an event has no row
        silent = self._silent(measure.code, codes) if several and adds_up else frozenset()
        return _series(measure, scope, found, silent, several=several)

    def _silent(self, measure: str, organisations: tuple[str, ...]) -> frozenset[date]:
        """Periods in which any of some organisations that had reported before did not."""
        key = (measure, organisations)
        if key not in self._silences:
            rows = self.rows(measure)
            rows = rows.filter(pc.is_in(rows["organisation"], value_set=pa.array(list(organisations), pa.string())))
            reported: dict[str, set[date]] = {}
            days: list[Any] = rows["period"].to_pylist()
            for organisation, day in zip(rows["organisation"].to_pylist(), days, strict=True):
                reported.setdefault(str(organisation), set()).add(day)
            begun = [(min(held), held) for held in reported.values()]
            self._silences[key] = frozenset(
                day for day in days if any(first < day and day not in held for first, held in begun)
            )
        return self._silences[key]


def _series(measure: Measure, scope: Scope, rows: pa.Table, silent: frozenset[date], *, several: bool) -> Series:
    """Rows added up by period. `silent` periods are missing; a value alone is no figure of `several` organisations."""
    periods: list[date] = sorted({one for one in rows["period"].to_pylist() if one is not None})
    place: dict[Any, int] = {period: at for at, period in enumerate(periods)}
    size = len(periods)
    top, below, alone = np.zeros(size), np.zeros(size), np.full(size, np.nan)
    whole = np.array([period not in silent for period in periods], dtype=bool)
    seen = np.zeros(size, dtype=int)
    sources: list[str] = []
    columns: list[list[Any]] = [
        rows[name].to_pylist() for name in ("period", "numerator", "denominator", "value", "source")
    ]
    for period, numerator, denominator, value, source in zip(*columns, strict=True):
        at = place[period]
        seen[at] += 1
        if source and source not in sources:
            sources.append(source)
        if numerator is None or (denominator is None and measure.unit != "number"):
            whole[at] = False
            alone[at] = np.nan if value is None or several else value
            continue
        top[at] += numerator
        below[at] += denominator or 0.0
    values = np.array(
        [
            _figure(measure, bool(whole[at]), float(top[at]), float(below[at]), int(seen[at]), float(alone[at]))
            for at in range(size)
        ],
        dtype=float,
    )
    as_at = pc.max(rows["as_at"]).as_py() if rows.num_rows else None
    return Series(
        measure.code,
        scope.code,
        tuple(periods),
        np.where(whole, top, np.nan),
        np.where(whole & (below != 0), below, np.nan),
        values,
        tuple(sources),
        as_at,
    )


def _figure(measure: Measure, whole: bool, top: float, below: float, seen: int, alone: float) -> float:
    if not whole:
        return alone if seen == 1 else float("nan")
    found = measure.value(top, below)
    return float("nan") if found is None else found


def current_id(hub: Path | None = None) -> str | None:
    """Id of the values in force, or None before the first build."""
    return _store(hub).current_id()


def open(hub: Path | None = None) -> Values:
    """The values in force. Raises UserError where none were built."""
    store = _store(hub)
    values_id = store.current_id()
    if values_id is None:
        raise UserError(f"No values of measures have been built in {store.root.parent}. Build them: {BUILD_COMMAND}.")
    folder = store.snapshot_dir(values_id)
    try:
        return Values(folder, read_json(folder / "manifest.json"))
    except (OSError, ValueError) as error:
        raise UserError(f"The values in {folder} cannot be read ({error}). {_AGAIN}") from None


def publish(rows: pa.Table, about: Mapping[str, Any], hub: Path | None = None) -> Values:
    """Make rows (in the shape of `VALUES`) the values in force; `about` joins the manifest (inputs, artificial)."""

    def manifest(load_id: str, sha256: str) -> dict[str, Any]:
        return {"schema_version": 1, "load_id": load_id, "sha256": sha256, "rows": rows.num_rows, **about}

    nothing = pa.schema([("reason", pa.string())]).empty_table()
    return Values(*one_table.publish(_store(hub), "values.parquet", rows.cast(VALUES), nothing, manifest, KEPT))


def together(rows: Sequence[pa.Table]) -> pa.Table:
    """Tables of values as one."""
    return pa.concat_tables([VALUES.empty_table(), *(one.cast(VALUES) for one in rows)])


def _store(hub: Path | None) -> Store:
    return Store((hub if hub is not None else hub_dir()) / "performance")
