"""The tables of a snapshot that are about the build: what came in, what could not, what was blanked, how fresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wherry.hub.check import Checked
from wherry.hub.freshness import freshness
from wherry.hub.landing import Load, Refusal
from wherry.hub.schema import TABLES
from wherry.hub.tables import HOMES, Pathways
from wherry.hub.tables_lists import Lists, Loose
from wherry.hub.templates import Template

#: An extract with less than this share of the rows of the one before it is worth a word.
SHRUNK = 0.5


@dataclass(frozen=True)
class Counts:
    """What became of one load's rows: in a common table, or in quarantine."""

    published: int
    quarantined: int


def count(checked: Sequence[Checked], ways: Pathways) -> dict[str, Counts]:
    """Counts of every load in use. `AssertionError` if they do not add up to what was read."""
    orphans = {item.load_id: item.bad.num_rows for item in ways.orphans}
    counts = {}
    for item in checked:
        lost = orphans.get(item.load.load_id, 0)
        counts[item.load.load_id] = Counts(item.good_rows - lost, item.bad.num_rows + lost)
        check_sum(item.load, counts[item.load.load_id])
    return counts


def check_sum(load: Load, counts: Counts) -> None:
    """Rows read = rows published + rows quarantined, or the build stops."""
    if counts.published + counts.quarantined != load.rows_read:
        raise AssertionError(
            f"{load.file_name}: {load.rows_read} rows read, {counts.published} published, "
            f"{counts.quarantined} in quarantine. Nothing was published."
        )


def reconcile(checked: Sequence[Checked], ways: Pathways, counts: Mapping[str, Counts], folder: Path) -> None:
    """Count what was written against what was read, load by load. A row lost between the two stops the build."""
    for feed, table in HOMES.items():
        written = pq.read_table(folder / f"{table}.parquet", columns=["load_id"])["load_id"]
        values, numbers = pc.value_counts(written).flatten()
        found = dict(zip(values.to_pylist(), numbers.to_pylist(), strict=True))
        for load in (item.load for item in checked if item.load.feed == feed):
            merged = ways.merged.get(load.load_id, 0) if feed == "referral" else 0
            if found.get(load.load_id, 0) != counts[load.load_id].published - merged:
                raise AssertionError(
                    f"{load.file_name}: {counts[load.load_id].published - merged} rows should be in {table}, but "
                    f"{found.get(load.load_id, 0)} are. Nothing was published."
                )


def opt_out(used: Mapping[tuple[str, str], Load], folder: Path, now: datetime) -> dict[str, Any]:
    """What the manifest says of the opt-out: which list, when it was applied, and to how many people; never to whom."""
    load = next((load for (_, feed), load in used.items() if feed == "opt_out"), None)
    people = pc.sum(pq.read_table(folder / "person.parquet", columns=["opted_out"])["opted_out"]).as_py() or 0
    return {
        "list_version": f"{load.file_name} ({load.extract_on})" if load else None,
        "applied_at": now.isoformat(timespec="seconds") if load else None,
        "people": people,
    }


def counts_before(previous: Path | None) -> dict[str, Counts]:
    """The counts that the last snapshot has, by load."""
    if previous is None:
        return {}
    table = pq.read_table(previous / "load.parquet", columns=["load_id", "rows_published", "rows_quarantined"])
    return {row["load_id"]: Counts(row["rows_published"], row["rows_quarantined"]) for row in table.to_pylist()}


def shrunk(used: Mapping[tuple[str, str], Load], previous: Path | None) -> list[str]:
    """A sentence for each feed whose extract has far fewer rows than the one that the last snapshot used."""
    if previous is None:
        return []
    before = pq.read_table(previous / "load.parquet").to_pylist()
    rows = {(row["source"], row["feed"]): row for row in before if row["current"]}
    words = []
    for key, load in used.items():
        old = rows.get(key)
        if old and old["load_id"] != load.load_id and load.rows_read < SHRUNK * old["rows_read"]:
            words.append(
                f"{load.file_name} has {load.rows_read:,} rows where the last {load.feed} extract of {load.source} had "
                f"{old['rows_read']:,}. Ask whether it is whole."
            )
    return words


def kept(carried: int, stubs: int, lists: Lists) -> list[str]:
    """A sentence for each way in which somebody was kept on a list whom the newest extracts would have lost."""
    words = []
    if carried:
        words.append(f"{carried:,} pathways with an open clock are missing from the newest extracts: carried forward.")
    if stubs:
        words.append(
            f"{stubs:,} patients have a pathway or a test but no readable row in a patient feed; they are on the list "
            f"by their local number alone."
        )
    words += [
        f"{count:,} open {what} are missing from the newest extracts: carried forward."
        for what, count in lists.carried.items()
        if count
    ]
    if lists.bare:
        words.append(
            f"{lists.bare:,} pathways of cancers are in no referral feed; they are known by their number alone."
        )
    return words


def tables(
    checked: Sequence[Checked],
    ways: Pathways,
    counts: Mapping[str, Counts],
    *,
    loose: Sequence[Loose],
    used: Mapping[tuple[str, str], Load],
    everything: Sequence[Load],
    refused: Sequence[Refusal],
    templates: Sequence[Template],
    census: date,
) -> dict[str, pa.Table]:
    """`load`, `refused_file`, `source_freshness`, `quarantined_row` and `blanked_value`."""
    current = {load.load_id for load in used.values()}
    labels = {(template.source, template.feed): template.label for template in templates}
    load_rows = []
    for load in everything:
        mine = counts[load.load_id]
        row = asdict(load) | {"rows_published": mine.published, "rows_quarantined": mine.quarantined}
        row["current"] = load.load_id in current
        if row["current"]:
            row["template"] = labels[load.source, load.feed]
        load_rows.append(row)
    by_id = {item.load.load_id: item.load for item in checked}
    bad = [(item.load, item.bad) for item in checked] + [(by_id[item.load_id], item.bad) for item in ways.orphans]
    published = {load_id: item.published for load_id, item in counts.items()}
    return {
        "load": _rows("load", load_rows),
        "refused_file": _rows("refused_file", [asdict(item) for item in refused]),
        "source_freshness": _rows("source_freshness", freshness(templates, used, published, census)),
        "quarantined_row": _with_load("quarantined_row", bad),
        "blanked_value": _with_load(
            "blanked_value",
            [(item.load, item.blanked) for item in checked] + [(by_id[item.load_id], item.blanked) for item in loose],
        ),
    }


def nullable(name: str) -> pa.Schema:
    """The columns of a table without the rule that some are never blank, as engines give them."""
    return pa.schema([(f.name, f.type) for f in TABLES[name].schema])


def _rows(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = nullable(name)
    return pa.Table.from_pylist([{key: row[key] for key in schema.names} for row in rows], schema=schema)


def _with_load(name: str, parts: Sequence[tuple[Load, pa.Table]]) -> pa.Table:
    """Rows of each load with the columns that say which load it was."""
    schema = nullable(name)
    done = [schema.empty_table()]
    for load, table in parts:
        said = {"load_id": load.load_id, "source": load.source, "feed": load.feed, "file_name": load.file_name}
        for key, value in said.items():
            table = table.append_column(key, pa.array([value] * table.num_rows, pa.string()))
        done.append(table.select(schema.names).cast(schema))
    return pa.concat_tables(done)
