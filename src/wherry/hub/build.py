"""One build: land, check, link, common tables, derivations, publish.

`build` is what `wherry hub build` runs. Every row that was read is published or in quarantine when it ends: the build
counts both and stops, publishing nothing, if the sum is ever wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import wherry
from wherry.errors import UserError
from wherry.hub import tables as common
from wherry.hub.backends import Backend, connect
from wherry.hub.check import Checked, check
from wherry.hub.decisions_file import read_decisions
from wherry.hub.derivation import Derivation, DeriveContext
from wherry.hub.freshness import freshness
from wherry.hub.landing import Arrivals, Load, Refusal, land_all, loads, newest
from wherry.hub.publish import SCHEMA_VERSION, new_id, swap, write_tables
from wherry.hub.schema import TABLES
from wherry.hub.store import Store, is_full, make_dir, read_json
from wherry.hub.templates import Template, read_templates
from wherry.paths import hub_dir
from wherry.progress import Steps, steps
from wherry.reference import nhs_number
from wherry.reference import system as systems

#: Links identities to people: `wherry.hub.linkage.link`, or another function of the same shape.
Link = Callable[..., Any]
#: Feeds whose newest extract sets the census date.
EVENT_FEEDS = ("event",)


@dataclass(frozen=True)
class BuildResult:
    """What a build did. `published` is False when nothing had changed and the snapshot is the one there was."""

    snapshot_id: str
    published: bool
    census: date
    rows: Mapping[str, int]
    landed: tuple[Load, ...]
    known: tuple[Load, ...]
    refused: tuple[Refusal, ...]
    notes: tuple[str, ...] = field(default=())


def build(
    extracts: Path | str,
    *,
    hub: Path | str | None = None,
    system: str = "norfolk-waveney",
    engine: str = "duckdb",
    census: date | None = None,
    derivations: Sequence[Derivation] = (),
    quiet: bool = False,
    link: Link | None = None,
) -> BuildResult:
    """Build one snapshot from a folder of extracts and everything landed before.

    Raises `UserError`, and leaves the last snapshot in force, when the folder or a template cannot be read, another
    build runs, the disk is full, or there is nothing at all to build from.
    """
    store = Store(Path(hub) if hub is not None else hub_dir())
    described = systems.load(system)
    templates = read_templates(described.folder / "templates")
    with store.lock(), steps("Build", 7, quiet=quiet) as progress:
        try:
            store.tidy()
            return _Build(store, described, templates, engine, derivations, link, progress).run(Path(extracts), census)
        except UserError:
            raise
        except Exception as error:
            if is_full(error):
                raise UserError(
                    f"There is no room left to write in {store.root}. The last snapshot stands and nothing landed is "
                    f"lost. Free some space, then build again."
                ) from error
            raise
        finally:
            store.tidy()


class _Build:
    """One run of `build`, step by step."""

    def __init__(
        self,
        store: Store,
        system: systems.System,
        templates: Sequence[Template],
        engine: str,
        derivations: Sequence[Derivation],
        link: Link | None,
        progress: Steps,
    ) -> None:
        self.store, self.system, self.templates, self.engine = store, system, templates, engine
        self.derivations, self.link, self.progress = derivations, link, progress
        self.notes: list[str] = []
        current = store.current_id()
        self.previous = store.snapshot_dir(current) if current else None

    def run(self, extracts: Path, census: date | None) -> BuildResult:
        self.progress.step("landing files")
        arrivals = land_all(extracts, self.store, self.templates)
        self.notes += [f"{item.shown} was passed by: {item.reason}." for item in arrivals.ignored]
        everything = loads(self.store)
        used = newest(everything)
        if not used:
            raise UserError(_nothing(extracts, arrivals))
        census = census or _census(used)
        digest = self._digest(used, everything, arrivals, census)
        if self.previous is not None and read_json(self.previous / "manifest.json").get("inputs") == digest:
            manifest = read_json(self.previous / "manifest.json")
            return self._result(self.previous.name, False, census, manifest["rows"], arrivals)
        make_dir(self.store.work)
        backend = connect(self.engine, self.store.work)
        try:
            snapshot_id, rows = self._make(used, everything, arrivals, census, digest, backend)
        finally:
            backend.close()
        self.store.prune()
        return self._result(snapshot_id, True, census, rows, arrivals)

    def _result(
        self, snapshot_id: str, published: bool, census: date, rows: Mapping[str, int], arrivals: Arrivals
    ) -> BuildResult:
        return BuildResult(
            snapshot_id, published, census, rows, arrivals.landed, arrivals.known, arrivals.refused, tuple(self.notes)
        )

    # --- the steps ------------------------------------------------------------------------------------------------

    def _make(
        self,
        used: Mapping[tuple[str, str], Load],
        everything: Sequence[Load],
        arrivals: Arrivals,
        census: date,
        digest: str,
        backend: Backend,
    ) -> tuple[str, dict[str, int]]:
        self.progress.step("checking rows")
        by_feed = {(template.source, template.feed): template for template in self.templates}
        checked = [self._check(load, by_feed[key], backend) for key, load in used.items() if key in by_feed]
        self.progress.step("bringing pathways together")
        ways = common.pathways(checked, self.previous, backend)
        identity, stubs = common.identities(checked, ways.pathway, self.previous, backend)
        self.progress.step("linking people")
        tables, artificial, list_version = self._people(checked, identity, ways, backend)
        tables |= dict(ways.others)
        self._note(ways.carried, stubs)
        counts = self._counts(checked, ways)
        tables |= self._about(checked, ways, counts, used, everything, arrivals, census)
        self.progress.step("deriving clocks and lists")
        tables |= self._derive(tables, census, backend)
        self.progress.step("publishing")
        now = datetime.now(UTC)
        snapshot_id = new_id(self.store, digest, now)
        temporary = self.store.snapshots / f".tmp-{snapshot_id}"
        rows = write_tables(tables, temporary, backend)
        self._reconcile(checked, ways, counts, tables, temporary, backend)
        person = backend.read(temporary / "person.parquet")
        opted = int(backend.arrow(person.filter(person["opted_out"]).aggregate(n=lambda t: t.count()))["n"][0].as_py())
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "snapshot_id": snapshot_id,
            "built_at": now.isoformat(timespec="seconds"),
            "census": census.isoformat(),
            "system": self.system.name,
            "engine": self.engine,
            "artificial": artificial,
            "rows": rows,
            "opt_out": {
                "list_version": list_version,
                "applied_at": now.isoformat(timespec="seconds") if list_version else None,
                "people": opted,
            },
            "inputs": digest,
            "notes": self.notes,
        }
        swap(self.store, temporary, snapshot_id, manifest)
        self.progress.step("done")
        return snapshot_id, rows

    def _check(self, load: Load, template: Template, backend: Backend) -> Checked:
        raw = backend.read(load.rows(self.store))
        return check(load, template, raw, pq.read_table(load.bad(self.store)), backend)

    def _people(
        self, checked: Sequence[Checked], identity: ibis.Table, ways: common.Pathways, backend: Backend
    ) -> tuple[dict[str, ibis.Table | pa.Table], bool, str | None]:
        """The tables about people, whether every valid NHS number is artificial, and the opt-out list used."""
        rows = backend.arrow(identity)
        numbers = rows["nhs_number"]
        valid = nhs_number.valid_mask(numbers)
        rows = rows.append_column("nhs_number_valid", pa.array(valid)).append_column("organisation", rows["source"])
        artificial = _artificial(numbers, valid)
        linked = self._link()(rows, read_decisions(self.store.decisions), **self._link_options(backend))
        keyed = backend.give(rows.drop_columns(["organisation"]), "identity_rows")
        keyed = backend.keep(keyed.inner_join(backend.give(linked.assignments, "assignments"), "identity_key"), "keyed")
        opt_out = common.good_rows(checked, "opt_out", backend)
        version = next((item.load for item in checked if item.load.feed == "opt_out"), None)
        deciles = backend.give(self.system.places.select(["lsoa", "imd_decile"]), "deciles")
        person = common.persons(keyed, opt_out, deciles, backend)
        pathway = ways.pathway.inner_join(keyed.select("identity_key", "person_key"), "identity_key")
        tables: dict[str, ibis.Table | pa.Table] = {
            "person": person,
            "person_identity": keyed,
            "pathway": backend.keep(pathway, "pathways"),
            "link_review": linked.reviews,
            "organisation": self.system.organisation_table(),
            "site": self.system.site_table(),
        }
        return tables, artificial, f"{version.file_name} ({version.extract_on})" if version else None

    def _link(self) -> Link:
        if self.link is not None:
            return self.link
        from wherry.hub.linkage import link

        return link

    def _link_options(self, backend: Backend) -> dict[str, Any]:
        return {"backend": backend.name, "spark": getattr(backend, "session", None)}

    def _derive(
        self, tables: Mapping[str, ibis.Table | pa.Table], census: date, backend: Backend
    ) -> dict[str, ibis.Table | pa.Table]:
        derived: dict[str, ibis.Table | pa.Table] = {}
        given = {
            name: backend.give(table.select(TABLES[name].schema.names).cast(_nullable(name)), f"given_{name}")
            if isinstance(table, pa.Table)
            else table
            for name, table in tables.items()
        }
        for name in common.ON_PATHWAY.values():
            given[name[0]] = backend.keep(given[name[0]], f"common_{name[0]}")
        context = DeriveContext(census, self.system, backend.con)
        for derivation in self.derivations:
            result = derivation(given, context)
            if unknown := set(result) - set(TABLES):
                raise AssertionError(f"{derivation} gave tables that the schema does not have: {sorted(unknown)}")
            derived |= result
            given |= {
                name: backend.give(table, f"given_{name}") if isinstance(table, pa.Table) else table
                for name, table in result.items()
            }
        # What was kept for the derivations is also what is published.
        return {name: given[name] for name in given if name not in derived} | derived

    # --- counts, and tables about the build itself ----------------------------------------------------------------

    def _counts(self, checked: Sequence[Checked], ways: common.Pathways) -> dict[str, tuple[int, int]]:
        """Rows published and quarantined, by load."""
        orphans = {item.load_id: item.bad.num_rows for item in ways.orphans}
        counts = {}
        for item in checked:
            lost = orphans.get(item.load.load_id, 0)
            published, quarantined = item.good_rows - lost, item.bad.num_rows + lost
            if published + quarantined != item.load.rows_read:
                raise AssertionError(
                    f"{item.load.file_name}: {item.load.rows_read} rows read, {published} published, "
                    f"{quarantined} in quarantine"
                )
            counts[item.load.load_id] = (published, quarantined)
        return counts

    def _about(
        self,
        checked: Sequence[Checked],
        ways: common.Pathways,
        counts: Mapping[str, tuple[int, int]],
        used: Mapping[tuple[str, str], Load],
        everything: Sequence[Load],
        arrivals: Arrivals,
        census: date,
    ) -> dict[str, ibis.Table | pa.Table]:
        current = {load.load_id for load in used.values()}
        before = self._counts_before()
        load_rows = []
        for load in everything:
            # A superseded extract keeps the counts of when it was in use.
            published, quarantined = counts.get(load.load_id) or before.get(load.load_id) or (0, load.rows_read)
            row = asdict(load) | {"rows_published": published, "rows_quarantined": quarantined}
            load_rows.append(row | {"current": load.load_id in current})
        published_rows = {load_id: count[0] for load_id, count in counts.items()}
        fresh = freshness(self.templates, used, published_rows, census)
        refused = {(item.file_name, item.sha256): asdict(item) for item in arrivals.refused}
        return {
            "load": _rows("load", load_rows),
            "refused_file": _rows("refused_file", list(refused.values())),
            "source_freshness": _rows("source_freshness", fresh),
            "quarantined_row": _with_load("quarantined_row", [(item.load, item.bad) for item in checked]
                                          + [(_load(checked, item.load_id), item.bad) for item in ways.orphans]),
            "blanked_value": _with_load("blanked_value", [(item.load, item.blanked) for item in checked]),
        }  # fmt: skip

    def _counts_before(self) -> dict[str, tuple[int, int]]:
        if self.previous is None:
            return {}
        table = pq.read_table(self.previous / "load.parquet", columns=["load_id", "rows_published", "rows_quarantined"])
        return {row["load_id"]: (row["rows_published"], row["rows_quarantined"]) for row in table.to_pylist()}

    def _reconcile(
        self,
        checked: Sequence[Checked],
        ways: common.Pathways,
        counts: Mapping[str, tuple[int, int]],
        tables: Mapping[str, ibis.Table | pa.Table],
        folder: Path,
        backend: Backend,
    ) -> None:
        """Count what was written against what was read, load by load. A row lost between the two stops the build."""
        homes = {"patient": "person_identity", "referral": "pathway"}
        homes |= {feed: table for feed, (table, _, _) in common.ON_PATHWAY.items()}
        for feed, table in homes.items():
            mine = [item for item in checked if item.load.feed == feed]
            if not mine:
                continue
            rows = backend.read(folder / f"{table}.parquet")
            found = backend.arrow(rows.group_by("load_id").aggregate(rows=lambda t: t.count()))
            written = dict(zip(found["load_id"].to_pylist(), found["rows"].to_pylist(), strict=True))
            for item in mine:
                load = item.load
                expected = counts[load.load_id][0] - (ways.merged.get(load.load_id, 0) if feed == "referral" else 0)
                if written.get(load.load_id, 0) != expected:
                    raise AssertionError(
                        f"{load.file_name}: {expected} rows should be in {table}, but "
                        f"{written.get(load.load_id, 0)} are. Nothing was published."
                    )

    def _note(self, carried: int, stubs: int) -> None:
        if carried:
            self.notes.append(
                f"{carried:,} pathways with an open clock are missing from the newest extracts: carried forward."
            )
        if stubs:
            self.notes.append(
                f"{stubs:,} patients have a pathway but no readable row in a patient feed; they are on the list by "
                f"their local number alone."
            )

    # --- what the snapshot depends on -----------------------------------------------------------------------------

    def _digest(
        self,
        used: Mapping[tuple[str, str], Load],
        everything: Sequence[Load],
        arrivals: Arrivals,
        census: date,
    ) -> str:
        """One hash of everything that a snapshot is made from: if it is the same, so is the snapshot."""
        sha = hashlib.sha256()
        parts = [f"schema {SCHEMA_VERSION}", f"census {census}", f"system {self.system.name}", f"engine {self.engine}"]
        parts += [f"load {load.sha256} {load.received_at}" for load in everything]
        parts += [f"used {load.load_id}" for load in used.values()]
        parts += sorted(f"refused {item.file_name} {item.sha256} {item.reason}" for item in arrivals.refused)
        parts += [f"derivation {d.__module__}.{getattr(d, '__qualname__', d)}" for d in self.derivations]
        for part in parts:
            sha.update(part.encode() + b"\n")
        files = [path for path in sorted(self.system.folder.rglob("*")) if path.is_file()]
        package = Path(wherry.__file__).parent
        for room in ("hub", "reference", "waiting"):
            files += [path for path in sorted((package / room).rglob("*")) if path.suffix in (".py", ".csv", ".toml")]
        if self.store.decisions.is_file():
            files.append(self.store.decisions)
        for path in files:
            sha.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return sha.hexdigest()


def _nothing(extracts: Path, arrivals: Arrivals) -> str:
    if not arrivals.refused:
        return (
            f"There are no extracts in {extracts}, and none was taken in before. Nothing was changed. Put files there."
        )
    shown = "".join(f"\n  {item.file_name}: {item.reason}" for item in arrivals.refused[:5])
    return f"No file in {extracts} could be taken in, and none was before. Nothing was changed.{shown}"


def _census(used: Mapping[tuple[str, str], Load]) -> date:
    """The newest extract among the event feeds; among all feeds if no event feed ever came."""
    events = [load.extract_on for (_, feed), load in used.items() if feed in EVENT_FEEDS]
    return max(events or [load.extract_on for load in used.values()])


def _artificial(numbers: pa.ChunkedArray[Any], valid: npt.NDArray[np.bool_]) -> bool:
    """Whether there are valid NHS numbers and every one lies in the range that no real person has."""
    sure = numbers.filter(pa.array(valid))
    return len(sure) > 0 and bool(pc.all(pc.starts_with(sure, nhs_number.SYNTHETIC_PREFIX)).as_py())


def _nullable(name: str) -> pa.Schema:
    return pa.schema([(f.name, f.type) for f in TABLES[name].schema])


def _rows(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = _nullable(name)
    return pa.Table.from_pylist([{key: row[key] for key in schema.names} for row in rows], schema=schema)


def _load(checked: Sequence[Checked], load_id: str) -> Load:
    return next(item.load for item in checked if item.load.load_id == load_id)


def _with_load(name: str, parts: Sequence[tuple[Load, pa.Table]]) -> pa.Table:
    """Rows of each load with the columns that say which load it was."""
    schema = _nullable(name)
    tables = [schema.empty_table()]
    for load, table in parts:
        said = {"load_id": load.load_id, "source": load.source, "feed": load.feed, "file_name": load.file_name}
        for key, value in said.items():
            table = table.append_column(key, pa.array([value] * table.num_rows, pa.string()))
        tables.append(table.select(schema.names).cast(schema))
    return pa.concat_tables(tables)
