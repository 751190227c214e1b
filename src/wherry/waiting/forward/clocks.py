"""Every clock of a snapshot as a few columns: when it started, when it joined the admitted list, when and how it ended.

From these columns the list can be seen as it stood on any day, which is how the model is checked against what
happened. A clock without a start is left out and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from wherry.reference import priorities
from wherry.waiting.facts import priority_rank

pc: Any = pyarrow.compute  # the stubs of both are narrower than they are
Ints = npt.NDArray[np.int32]

EPOCH = date(1970, 1, 1)
#: A day that has not come.
NEVER = np.int32(np.iinfo(np.int32).max)

#: How a clock ended: it is open; by a treatment or an appointment, which takes a place; otherwise.
OPEN, TREATED, LEFT = 0, 1, 2
#: Classes of clinical priority, first treated first: P1, P2, P3, P4 with P5 and none recorded, P6.
RANKS = ("P1", "P2", "P3", "P4", "P6")
ROUTINE = RANKS.index("P4")
_CLASS_OF_RANK = {1: 0, 2: 0, 3: 1, 4: 2, 5: 3, 6: 3, 7: 4}


@dataclass(frozen=True)
class Cell:
    """One list: a treatment function at a site of a trust. `site` is the trust's code where no event names a site."""

    function: str
    organisation: str
    site: str


@dataclass(frozen=True)
class Clocks:
    """Clocks as arrays of one length; days are since 1970, `NEVER` where there is none.

    `cell` is a place in `cells`; `listed` the day of the decision to admit; `how` OPEN, TREATED or LEFT; `rank` a
    place in `RANKS`. `without_start` open clocks had no start and are not here.
    """

    cells: tuple[Cell, ...]
    cell: Ints
    start: Ints
    listed: Ints
    stop: Ints
    how: npt.NDArray[np.int8]
    rank: npt.NDArray[np.int8]
    census: date
    without_start: int

    def __len__(self) -> int:
        return len(self.cell)


def read(tables: Mapping[str, Any], census: date) -> Clocks:
    """Clocks from `rtt_period`, `pathway_event`, `list_entry` and `waiting_list`, as Ibis tables."""
    period = tables["rtt_period"]
    key = ["pathway_key", "period"]
    clock = period.filter(period["clock_start"].notnull() & (period["clock_start"] <= census)).select(
        *key, "clock_start", "clock_stop", "stop_status", "outcome", "organisation", "treatment_function", "stop_event"
    )
    clock = clock.left_join(_stop_kind(tables["pathway_event"]), "stop_event").drop("stop_event_right")
    clock = clock.left_join(_last_site(tables["pathway_event"]), "pathway_key").drop("pathway_key_right")
    clock = clock.left_join(_decision(clock, tables["list_entry"], census), key).drop(
        "pathway_key_right", "period_right"
    )
    listed = tables["waiting_list"]
    now = listed.select(*key, list_site=listed["site"], stage=listed["stage"])
    clock = clock.left_join(now, key).drop("pathway_key_right", "period_right")
    clock = clock.mutate(
        site=ibis.coalesce(clock["list_site"], clock["stop_site"], clock["last_site"], clock["organisation"])
    ).order_by(key)
    found: pa.Table = clock.select(
        *("organisation", "treatment_function", "site", "clock_start", "clock_stop", "outcome", "stop_status"),
        *("stop_kind", "listed_on", "rank", "stage"),
    ).to_pyarrow()
    unknown = period.filter(period["clock_start"].isnull() & (period["outcome"] == "open")).count()
    return _arrays(found, census, int(unknown.to_pyarrow().as_py()))


def _stop_kind(event: Any) -> Any:
    return event.select(
        stop_event=event["event_key"], stop_kind=event["event_type"], stop_site=event["site"].nullif("")
    )


def _last_site(event: Any) -> Any:
    """The site of the last event of each pathway that names one; of one day's events the last by key."""
    named = event.filter(event["site"].notnull() & (event["site"] != ""))
    text = named["event_on"].cast("string") + "|" + named["event_key"] + "|" + named["site"]
    last = named.group_by("pathway_key").aggregate(last=text.max())
    return last.select("pathway_key", last_site=last["last"].re_extract(r"([^|]*)$", 1))


def _decision(clock: Any, entry: Any, census: date) -> Any:
    """For each clock the first day on an admitted list and the most urgent priority there."""
    rows = entry.filter(entry["list_type"] == "admitted")
    rows = rows.select(
        "pathway_key", "added_on", "removed_on", rank=priority_rank(rows["clinical_priority"].nullif(""))
    )
    both = clock.select("pathway_key", "period", "clock_start", "clock_stop").inner_join(rows, "pathway_key")
    end = both["clock_stop"]
    gone = both["removed_on"]
    here = (
        both["added_on"].notnull()
        & ((end.notnull() & (both["added_on"] <= end)) | (end.isnull() & (both["added_on"] <= census)))
        & (gone.isnull() | (gone >= both["clock_start"]))
        & (end.notnull() | gone.isnull() | (gone > census))
    )
    kept = both.filter(here)
    return kept.group_by(["pathway_key", "period"]).aggregate(listed_on=kept["added_on"].min(), rank=kept["rank"].min())


def _arrays(found: pa.Table, census: date, without_start: int) -> Clocks:
    where = [_text(found.column(name)) for name in ("treatment_function", "organisation", "site")]
    coded: Any = pc.binary_join_element_wise(*where, "|").dictionary_encode()
    names = [Cell(*text.split("|")) for text in coded.dictionary.to_pylist()]
    order = sorted(range(len(names)), key=lambda n: (names[n].function, names[n].organisation, names[n].site))
    place = np.empty(len(names), dtype=np.int32)
    place[order] = np.arange(len(names), dtype=np.int32)
    start, stop, listed = (_days(found.column(name)) for name in ("clock_start", "clock_stop", "listed_on"))
    outcome = np.asarray(_text(found.column("outcome")).to_pylist(), dtype=object)
    is_open = outcome == "open"
    kind = np.asarray(_text(found.column("stop_kind")).to_pylist(), dtype=object)
    status = np.asarray(_text(found.column("stop_status")).to_pylist(), dtype=object)
    on_list = listed != NEVER
    # A place of a clinic or theatre is used by an admission, an attendance, or any treatment. On the admitted list
    # only an admission uses one: who is treated in clinic after all, or is taken off, leaves it.
    used = (outcome == "stopped") & np.where(on_list, kind == "admission", (kind == "attendance") | (status == "30"))
    rank = pc.fill_null(found.column("rank"), priorities.RANK_NOT_RECORDED).to_numpy()
    classes = np.array([_CLASS_OF_RANK.get(n, ROUTINE) for n in range(max(_CLASS_OF_RANK) + 1)], dtype=np.int8)
    return Clocks(
        cells=tuple(names[n] for n in order),
        cell=place[coded.indices.to_numpy()] if len(names) else np.zeros(0, dtype=np.int32),
        start=start,
        listed=np.where(on_list, np.maximum(listed, start), NEVER).astype(np.int32),
        stop=np.where(is_open, NEVER, stop).astype(np.int32),
        how=np.where(is_open, OPEN, np.where(used, TREATED, LEFT)).astype(np.int8),
        rank=classes[np.clip(rank.astype(np.int64), 0, len(classes) - 1)],
        census=census,
        without_start=without_start,
    )


def _text(column: Any) -> Any:
    text = pc.fill_null(column.cast(pa.string()), "")
    return pa.concat_arrays(text.chunks) if text.num_chunks else pa.array([], pa.string())


def _days(column: Any) -> Ints:
    days: Ints = pc.fill_null(column.cast(pa.int32()), int(NEVER)).to_numpy().astype(np.int32)
    return days
