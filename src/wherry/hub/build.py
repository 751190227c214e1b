"""One build: land, check, link, common tables, derivations, publish.

`build` is what `wherry hub build` runs. Every row that was read is published or in quarantine when it ends: the build
counts both, in what it made and again in what it wrote, and stops, publishing nothing, if the sum is ever wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wherry.errors import UserError
from wherry.hub import about, inputs
from wherry.hub import tables as common
from wherry.hub.backends import Backend, connect
from wherry.hub.check import Checked, check
from wherry.hub.decisions_file import read_decisions
from wherry.hub.derivation import Derivation, DeriveContext
from wherry.hub.landing import Arrivals, Load, Refusal, fits, land_all, loads, newest
from wherry.hub.publish import SCHEMA_VERSION, new_id, swap, write_tables
from wherry.hub.schema import TABLES
from wherry.hub.store import Store, is_full, make_dir, read_json
from wherry.hub.tables_capacity import capacity
from wherry.hub.tables_lists import lists as on_lists
from wherry.hub.tables_people import hang
from wherry.hub.templates import Template, read_templates
from wherry.paths import hub_dir
from wherry.progress import Steps, steps
from wherry.reference import nhs_number
from wherry.reference import system as systems

#: Links identities to people: `wherry.hub.linkage.link`, or another function of the same shape.
Link = Callable[..., Any]
#: The feed whose newest extract sets the census date.
CENSUS_FEED = "event"


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

    `link` stands in for `wherry.hub.linkage.link` where a test wants a simpler one. Raises `UserError`, and leaves the
    last snapshot in force, when the folder or a template cannot be read, another build runs, the disk is full, or there
    is nothing at all to build from.
    """
    store = Store(Path(hub) if hub is not None else hub_dir())
    described = systems.load(system)
    templates = read_templates(described.folder / "templates")
    with store.lock(), steps("Build", 7, quiet=quiet) as progress:
        try:
            store.tidy()
            run = _Build(store, described, templates, engine, derivations, link, progress)
            return run.run(Path(extracts), census)
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
        self.by_feed = {(template.source, template.feed): template for template in templates}
        self.notes: list[str] = []
        self.previous = self._previous()

    def _previous(self) -> Path | None:
        """The folder of the current snapshot, if this version can read it."""
        current = self.store.current_id()
        if current is None:
            return None
        folder = self.store.snapshot_dir(current)
        if not (folder / "manifest.json").is_file():
            self.notes.append(f"The last snapshot, {current}, is not there: nothing could be carried forward from it.")
            return None
        if read_json(folder / "manifest.json")["schema_version"] != SCHEMA_VERSION:
            self.notes.append(f"The last snapshot, {current}, is of another version: nothing was carried forward.")
            return None
        return folder

    def run(self, extracts: Path, census: date | None) -> BuildResult:
        self.progress.step("landing files")
        arrivals = land_all(extracts, self.store, self.templates)
        self.notes += [f"{item.shown} was passed by: {item.reason}." for item in arrivals.ignored]
        everything = loads(self.store)
        usable = [load for load in everything if fits(load, self.by_feed.get((load.source, load.feed)))]
        used = newest(usable)
        if not used:
            raise UserError(_nothing(extracts, arrivals))
        if len(usable) < len(everything):
            self.notes.append(
                f"{len(everything) - len(usable)} files taken in before no longer fit their template and are not used."
            )
        census = census or _census(used)
        digest = self._digest(used, everything, arrivals, census)
        if self.previous is not None and read_json(self.previous / "manifest.json")["inputs"] == digest:
            rows = read_json(self.previous / "manifest.json")["rows"]
            return self._result(self.previous.name, False, census, rows, arrivals)
        self.notes += about.shrunk(used, self.previous)
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

    def _digest(
        self, used: Mapping[tuple[str, str], Load], everything: Sequence[Load], arrivals: Arrivals, census: date
    ) -> str:
        words = [f"schema {SCHEMA_VERSION}", f"census {census}", f"system {self.system.name}", f"engine {self.engine}"]
        words += [f"load {load.sha256} {load.extract_on} {load.received_at}" for load in everything]
        words += [f"used {load.load_id}" for load in used.values()]
        words += sorted(f"refused {item.file_name} {item.sha256} {item.reason}" for item in arrivals.refused)
        words += [f"derivation {d.__module__}.{getattr(d, '__qualname__', d)}" for d in self.derivations]
        system_files = sorted(path for path in self.system.folder.rglob("*") if path.is_file())
        return inputs.digest(words, [*system_files, self.store.decisions])

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
        """Make every table, write and publish them; the snapshot's id and its rows by table."""
        self.progress.step("checking rows")
        checked = [self._check(load, backend) for load in used.values()]
        self.progress.step("bringing pathways together")
        ways = common.pathways(checked, self.previous, backend)
        lists = on_lists(checked, ways.pathway, self.previous, backend)
        ways = replace(ways, pathway=lists.pathway)
        identity, stubs = common.identities(checked, [ways.pathway, lists.request], self.previous, backend)
        self.notes += about.kept(ways.carried, stubs, lists)
        self.progress.step("linking people")
        tables, artificial = self._people(checked, identity, ways, backend)
        hanging, orphans = hang(checked, ways, lists, tables["pathway"], tables["person_identity"], backend)
        room, of_sessions = capacity(checked, backend)
        tables |= hanging | room
        ways = replace(ways, orphans=[*ways.orphans, *lists.orphans, *orphans, *of_sessions])
        counts = self._counts(checked, ways, everything, backend)
        tables |= about.tables(
            checked,
            ways,
            counts,
            loose=lists.loose,
            used=used,
            everything=everything,
            refused=arrivals.refused,
            templates=self.templates,
            census=census,
        )
        self.progress.step("deriving clocks and lists")
        tables = self._derive(tables, census, backend)
        self.progress.step("publishing")
        now = datetime.now(UTC)
        snapshot_id = new_id(self.store, digest, now)
        temporary = self.store.snapshots / f".tmp-{snapshot_id}"
        rows = write_tables(tables, temporary, backend)
        about.reconcile(checked, ways, counts, temporary)
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "snapshot_id": snapshot_id,
            "built_at": now.isoformat(timespec="seconds"),
            "census": census.isoformat(),
            "system": self.system.name,
            "engine": self.engine,
            "artificial": artificial,
            "rows": rows,
            "opt_out": about.opt_out(used, temporary, now),
            "inputs": digest,
            "notes": self.notes,
        }
        swap(self.store, temporary, snapshot_id, manifest)
        self.progress.step("done")
        return snapshot_id, rows

    def _check(self, load: Load, backend: Backend) -> Checked:
        raw = backend.read(load.rows(self.store))
        return check(load, self.by_feed[load.source, load.feed], raw, pq.read_table(load.bad(self.store)), backend)

    def _people(
        self, checked: Sequence[Checked], identity: ibis.Table, ways: common.Pathways, backend: Backend
    ) -> tuple[dict[str, Any], bool]:
        """The tables about people, and whether every valid NHS number is artificial."""
        rows = backend.arrow(identity)
        valid = nhs_number.valid_mask(rows["nhs_number"])
        rows = rows.append_column("nhs_number_valid", pa.array(valid)).append_column("organisation", rows["source"])
        link, options = self._link(backend)
        linked = link(rows, read_decisions(self.store.decisions), **options)
        keyed = backend.give(rows.drop_columns(["organisation"]), "identity_rows")
        keyed = backend.keep(keyed.inner_join(backend.give(linked.assignments, "assignments"), "identity_key"), "keyed")
        opt_out = common.good_rows(checked, "opt_out", backend)
        deciles = backend.give(self.system.places.select(["lsoa", "imd_decile"]), "deciles")
        pathway = ways.pathway.inner_join(keyed.select("identity_key", "person_key"), "identity_key")
        tables: dict[str, Any] = {
            "person": common.persons(keyed, opt_out, deciles, backend),
            "person_identity": keyed,
            "pathway": backend.keep(pathway, "pathways"),
            "link_review": linked.reviews,
            "organisation": self.system.organisation_table(),
            "site": self.system.site_table(),
        }
        return tables, _artificial(rows["nhs_number"], valid)

    def _link(self, backend: Backend) -> tuple[Link, dict[str, Any]]:
        options = {"backend": backend.name, "spark": getattr(backend, "session", None)}
        if self.link is not None:
            return self.link, options
        from wherry.hub.linkage import link

        return link, options

    def _counts(
        self, checked: Sequence[Checked], ways: common.Pathways, everything: Sequence[Load], backend: Backend
    ) -> dict[str, about.Counts]:
        """Counts of every load. One no longer in use keeps those of when it was; one never in use is checked alone."""
        counts = about.count(checked, ways)
        before = about.counts_before(self.previous)
        for load in everything:
            if load.load_id in counts:
                continue
            if load.load_id in before:
                counts[load.load_id] = before[load.load_id]
            elif fits(load, self.by_feed.get((load.source, load.feed))):
                alone = self._check(load, backend)
                counts[load.load_id] = about.Counts(alone.good_rows, alone.bad.num_rows)
            else:
                counts[load.load_id] = about.Counts(0, load.rows_read)
            about.check_sum(load, counts[load.load_id])
        return counts

    def _derive(
        self, tables: Mapping[str, ibis.Table | pa.Table], census: date, backend: Backend
    ) -> dict[str, ibis.Table | pa.Table]:
        """The common tables and those that derivations make of them; each derivation sees the tables before it."""
        given = dict(tables)
        if self.derivations:
            kept = {table for table, _, _ in common.ON_PATHWAY.values()}
            given = {name: _given(name, table, name in kept, backend) for name, table in tables.items()}
        context = DeriveContext(census, self.system, backend)
        derived: dict[str, ibis.Table | pa.Table] = {}
        for derivation in self.derivations:
            result = derivation({name: _given(name, table, False, backend) for name, table in given.items()}, context)
            if unknown := set(result) - set(TABLES):
                raise AssertionError(f"{derivation} gave tables that the schema does not have: {sorted(unknown)}")
            derived |= result
            given |= result
        return given | derived


def _given(name: str, table: ibis.Table | pa.Table, keep: bool, backend: Backend) -> ibis.Table:
    """A table as a derivation gets it: with the engine, and with exactly its published columns."""
    if isinstance(table, pa.Table):
        return backend.give(table.select(TABLES[name].schema.names).cast(about.nullable(name)), f"given_{name}")
    shaped = backend.shaped(table, name)
    return backend.keep(shaped, f"common_{name}") if keep else shaped


def _nothing(extracts: Path, arrivals: Arrivals) -> str:
    if not arrivals.refused:
        return (
            f"There are no extracts in {extracts}, and none was taken in before. Nothing was changed. Put files there."
        )
    shown = "".join(f"\n  {item.file_name}: {item.reason}" for item in arrivals.refused[:5])
    return f"No file in {extracts} could be taken in, and none was before. Nothing was changed.{shown}"


def _census(used: Mapping[tuple[str, str], Load]) -> date:
    """The newest extract among the event feeds; among all feeds if no event feed ever came."""
    events = [load.extract_on for (_, feed), load in used.items() if feed == CENSUS_FEED]
    return max(events or [load.extract_on for load in used.values()])


def _artificial(numbers: pa.ChunkedArray[Any], valid: npt.NDArray[np.bool_]) -> bool:
    """Whether there are valid NHS numbers and every one lies in the range that no real person has."""
    sure = numbers.filter(pa.array(valid))
    return len(sure) > 0 and bool(pc.all(pc.starts_with(sure, nhs_number.SYNTHETIC_PREFIX)).as_py())
