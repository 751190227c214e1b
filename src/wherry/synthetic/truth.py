"""What is true: who is whom, which rows are dirty, and when each clock really started and stopped. For tests only.

Written as Parquet beside the extracts, never inside them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from wherry.reference import nhs_number
from wherry.synthetic.arrow import Text, days, either, joined, words
from wherry.synthetic.arrow import rows as rows_of
from wherry.synthetic.events import EVENT_DIRT, monitoring
from wherry.synthetic.feeds import World
from wherry.synthetic.journeys import KINDS, NULLIFIED, OPEN, PLANNED
from wherry.synthetic.people import ETHNIC_CODES
from wherry.synthetic.streams import NEVER, Ints
from wherry.synthetic.timeline import CLOSED, DEAD, DUPLICATE, FLAWS, REBOOKED, TOO_EARLY, TREATED

_TEXT_FIELDS: list[pa.Field[Any]] = [pa.field(name, pa.string()) for name in ("kind", "source", "feed", "key")]
SCHEMA_DIRTY = pa.schema([*_TEXT_FIELDS, pa.field("line", pa.int64())])


class DirtLog:
    """Collects dirty rows: kind, source, feed, key, and the line of the file where the row is the dirt (else blank)."""

    def __init__(self) -> None:
        self._parts: list[pa.Table] = []
        self.counts: dict[str, int] = {}

    def add(self, kind: str, source: str, feed: str, keys: Text, lines: Ints | None = None) -> None:
        """Add one kind of dirt of one source and feed."""
        n = len(keys)
        if n == 0:
            return
        self.counts[kind] = self.counts.get(kind, 0) + n
        line = pa.array(lines, pa.int64()) if lines is not None else pa.nulls(n, pa.int64())
        columns = [pa.array([word] * n, pa.string()) for word in (kind, source, feed)]
        self._parts.append(pa.Table.from_arrays([*columns, keys, line], schema=SCHEMA_DIRTY))

    def table(self) -> pa.Table:
        """Everything that was logged."""
        return pa.concat_tables(self._parts) if self._parts else SCHEMA_DIRTY.empty_table()


def _day(numbers: npt.NDArray[Any]) -> pa.Array[Any]:
    return days(numbers, NEVER)


def people_table(world: World) -> pa.Table:
    """One row a person of the whole population, in hospital care or not."""
    people, inputs = world.people, world.inputs
    known = world.nhs_index >= 0
    numbers = np.full(len(people), "", dtype="U10")
    numbers[known] = nhs_number.synthetic(world.nhs_index[known])
    found = world.identities
    return pa.table(
        {
            "person_id": pa.array(np.arange(len(people)), pa.int32()),
            "nhs_number": pa.array(numbers, pa.string(), mask=~known),
            "surname": words(found.surnames, people.surname),
            "forename": words(found.forenames, people.forename),
            "birth_date": _day(people.birth_day),
            "sex": words(("1", "2"), people.women.astype(np.int64)),
            "ethnic_category": words(ETHNIC_CODES, people.ethnic),
            "lsoa": words(inputs.lsoa, people.place),
            "imd_decile": pa.array(inputs.place_decile[people.place], pa.int8()),
            "gp_practice": words(inputs.practices, people.practice),
            "death_date": _day(people.death_day),
        }
    )


def identities_table(world: World) -> pa.Table:
    """Which person each identity is."""
    found = world.identities
    source = words(world.inputs.trusts, found.trust)
    key = joined(":", source, world.local)
    return pa.table(
        {
            "identity_key": key,
            "source": source,
            "local_patient_id": world.local,
            "person_id": pa.array(found.person, pa.int32()),
        }
    )


def keys_of(world: World) -> Text:
    """`issuer:ppid` of every journey."""
    return joined(":", world.issuer, world.ppid)


def pathways_table(world: World, keys: Text) -> pa.Table:
    """One row a pathway: whose it is, who is responsible, its flaw and the pathway that it repeats."""
    journeys, line = world.journeys, world.line
    return pa.table(
        {
            "pathway_key": keys,
            "person_id": pa.array(line.person, pa.int32()),
            "organisation": words(world.inputs.trusts, journeys.trust),
            "treatment_function": words(world.inputs.functions, journeys.function),
            "kind": words(KINDS, journeys.kind),
            "recorded_open": pa.array(journeys.kind == OPEN),
            "truly_open": pa.array(truly_open(world)),
            "referral_received_on": _day(world.referrals.received),
            "began_at": words(world.inputs.trusts, line.sender),
            "flaw": words(FLAWS, np.where(line.flaw > 0, line.flaw, -1)),
            "duplicate_of": either(line.duplicate_of >= 0, rows_of(keys, np.maximum(line.duplicate_of, 0)), None),
        }
    )


def truly_open(world: World) -> npt.NDArray[np.bool_]:
    """Journeys whose clock is open and should be."""
    open_ = world.journeys.kind == OPEN
    return np.asarray(open_ & ~np.isin(world.line.flaw, (TREATED, TOO_EARLY, CLOSED, DEAD, DUPLICATE)))


def clocks_table(world: World, keys: Text) -> pa.Table:
    """The true clocks. A pathway entered twice has its clock once; planned pathways have none."""
    journeys, line = world.journeys, world.line
    real = (journeys.kind != PLANNED) & (line.flaw != DUPLICATE)
    prior = np.flatnonzero(line.prior > 0)
    main = np.flatnonzero(real)
    stop = np.where(np.isin(line.flaw, (TREATED, TOO_EARLY, CLOSED, DEAD)), line.true_stop, journeys.stop)
    status = np.select(
        [np.isin(line.flaw, (TREATED, TOO_EARLY)), line.flaw == CLOSED, line.flaw == DEAD],
        [30, 34, 36],
        journeys.status,
    )
    rows = np.concatenate([prior, main])
    period = np.concatenate([np.ones(len(prior)), 1 + (line.prior[main] > 0)]).astype(np.int32)
    start = np.concatenate([line.prior_start[prior], journeys.start[main]])
    ended = np.concatenate([line.prior_stop[prior], stop[main]])
    code = np.concatenate([line.prior_status[prior], np.where(stop[main] > NEVER, status[main], -1)])
    nullified = np.concatenate([line.prior[prior] == REBOOKED, journeys.kind[main] == NULLIFIED])
    outcome = np.where(nullified, 2, np.where(ended > NEVER, 1, 0))
    order = np.lexsort((period, rows))
    rows = rows[order]
    return pa.table(
        {
            "pathway_key": rows_of(keys, rows),
            "period": pa.array(period[order], pa.int32()),
            "clock_start": _day(start[order]),
            "clock_stop": _day(ended[order]),
            "stop_status": words([f"{number:02d}" for number in range(100)], code[order]),
            "outcome": words(("open", "stopped", "nullified"), outcome[order]),
            "organisation": words(world.inputs.trusts, journeys.trust[rows]),
            "treatment_function": words(world.inputs.functions, journeys.function[rows]),
        }
    )


def log_dirt(world: World, keys: Text, log: DirtLog) -> None:
    """Log the dirt of people, pathways and list entries; events and unreadable rows are logged as they are written."""
    trusts = world.inputs.trusts
    found = world.identities
    for kind, rows in found.dirt:
        for index, source in enumerate(trusts):
            mine = rows[found.trust[rows] == index]
            log.add(kind, source, "patient", rows_of(world.local, mine))
    flawed = [(kind, np.flatnonzero(world.line.flaw == number)) for number, kind in enumerate(FLAWS) if number]
    _, forgotten = monitoring(world.journeys, world.line, world.census)
    flawed += [("inactive_function", world.inactive), ("unreviewed_monitoring", np.flatnonzero(forgotten))]
    for kind, rows in world.entries.dirt:
        # rows below zero are journeys that should have an entry and have none
        flawed.append((kind, np.where(rows < 0, -1 - rows, world.entries.journey[np.maximum(rows, 0)])))
    for kind, rows in flawed:
        feed = "list_entry" if kind in {name for name, _ in world.entries.dirt} else "referral"
        for index, source in enumerate(trusts):
            mine = rows[world.journeys.trust[rows] == index]
            log.add(kind, source, feed, rows_of(keys, mine))


def log_events(world: World, trust: int, keys: Text, log: DirtLog) -> None:
    """Log the dirt of one trust's events by event number."""
    low, high = np.searchsorted(world.events.trust, [trust, trust + 1])
    dirt = world.events.dirt[low:high]
    for number, kind in enumerate(EVENT_DIRT):
        if number:
            log.add(kind, world.inputs.trusts[trust], "event", rows_of(keys, np.flatnonzero(dirt == number)))


def pairs_table(world: World) -> pa.Table:
    """People who are easily taken for each other and are not the same: twins, and father and son."""
    kinds = [kind for kind, one, _ in world.pairs for _ in range(len(one))]
    left = np.concatenate([one for _, one, _ in world.pairs]) if world.pairs else np.zeros(0)
    right = np.concatenate([two for _, _, two in world.pairs]) if world.pairs else np.zeros(0)
    return pa.table(
        {
            "kind": pa.array(kinds, pa.string()),
            "person_id": pa.array(left, pa.int32()),
            "other_person_id": pa.array(right, pa.int32()),
        }
    )


def write(table: pa.Table, path: Path) -> None:
    """Write one table; the same table gives the same bytes."""
    pq.write_table(table, path, compression="zstd", row_group_size=262_144)
