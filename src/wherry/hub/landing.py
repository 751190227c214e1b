"""Landing: each file taken in once, as it came, so that nothing has to be asked for twice.

A landed file is a folder named by its hash: its rows as text with the number of each row's line, the lines that are not
rows, and `load.json`, which says what it is. The folder appears by one rename when it is whole. A file with the same
hash is not landed again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from wherry.hub.inbox import Found, Ignored, Unreadable, look
from wherry.hub.scan import BadLine, first_line, scan
from wherry.hub.store import Store, make_dir, read_json, settle, write_json
from wherry.hub.templates import Template, match

#: The landed column that holds a row's line in its file; no header of a template may be called this.
LINE = "__line"


def text_schema(number: str, *texts: str) -> pa.Schema:
    """A schema of one whole number and then columns of text."""
    fields: list[pa.Field[Any]] = [pa.field(number, pa.int64()), *(pa.field(name, pa.string()) for name in texts)]
    return pa.schema(fields)


#: Lines and rows in quarantine, before it is said which load they are of.
BAD_LINES = text_schema("source_row", "reason_code", "reason", "raw")


@dataclass(frozen=True)
class Load:
    """One landed file. Counts are of records: `rows_read` = rows landed + bad lines; blank lines are neither.

    `padded` is False only where no value can have white space around it, so that none need be looked for.
    """

    load_id: str
    source: str
    feed: str
    template: str
    file_name: str
    sha256: str
    byte_count: int
    extract_on: date
    received_at: datetime
    header: tuple[str, ...]
    rows_read: int
    bad_lines: int
    blank_lines: int
    padded: bool = True

    def rows(self, store: Store) -> Path:
        """The Parquet file of its rows as text."""
        return store.landing / self.load_id / "rows.parquet"

    def bad(self, store: Store) -> Path:
        """The Parquet file of its lines that are not rows."""
        return store.landing / self.load_id / "bad.parquet"


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken in, and why."""

    file_name: str
    sha256: str
    received_at: datetime
    reason: str


@dataclass(frozen=True)
class Arrivals:
    """What one look at the folder of extracts brought."""

    landed: tuple[Load, ...]
    known: tuple[Load, ...]
    refused: tuple[Refusal, ...]
    ignored: tuple[Ignored, ...]


def land_all(
    folder: Path, store: Store, templates: Sequence[Template], *, tell: Callable[[str], None] = lambda words: None
) -> Arrivals:
    """Land every file of a folder that fits a template and is not landed yet. Bad files never stop the others."""
    make_dir(store.landing)
    landed: list[Load] = []
    known: list[Load] = []
    refused: list[Refusal] = []
    ignored: list[Ignored] = []
    first_refused = _refused_before(store)
    for item in look(folder, store.work / "unzipped"):
        if isinstance(item, Ignored):
            ignored.append(item)
            continue
        if isinstance(item, Unreadable):
            refused.append(_refusal(item.shown, item.sha256, item.reason, first_refused))
            continue
        tell(item.shown)
        if (store.landing / item.sha256[:16] / "load.json").is_file():
            known.append(_known(item, store, templates))
            continue
        outcome = _land(item, store, templates)
        if isinstance(outcome, Load):
            landed.append(outcome)
        else:
            refused.append(_refusal(item.shown, item.sha256, outcome, first_refused))
    _remember(store, refused)
    return Arrivals(tuple(landed), tuple(known), tuple(refused), tuple(ignored))


def _known(found: Found, store: Store, templates: Sequence[Template]) -> Load:
    """A file that was landed before. Sent again under a later date, it says that nothing has changed since."""
    load = read_load(store, found.sha256[:16])
    result = match(found.name, first_line(found.path), templates)
    if result.extract_on is not None and result.extract_on > load.extract_on:
        load = replace(load, extract_on=result.extract_on, file_name=found.shown)
        write_json(store.landing / load.load_id / "load.json", asdict(load))
    return load


def _land(found: Found, store: Store, templates: Sequence[Template]) -> Load | str:
    """Land one file; a string is the reason it was refused."""
    if found.byte_count == 0:
        return "The file is empty: not even a header. Ask for it to be sent again."
    result = match(found.name, first_line(found.path), templates)
    if result.template is None or result.extract_on is None:
        return result.reason
    template, header = result.template, result.header
    load_id = found.sha256[:16]
    part = store.landing / f".tmp-{load_id}"
    shutil.rmtree(part, ignore_errors=True)
    make_dir(part)
    counts, padded = _write(found.path, part, header, template)
    load = Load(
        load_id=load_id,
        source=template.source,
        feed=template.feed,
        template=template.label,
        file_name=found.shown,
        sha256=found.sha256,
        byte_count=found.byte_count,
        extract_on=result.extract_on,
        received_at=datetime.now(UTC).replace(microsecond=0),
        header=header,
        rows_read=counts[0] + counts[1],
        bad_lines=counts[1],
        blank_lines=counts[2],
        padded=padded,
    )
    write_json(part / "load.json", asdict(load))
    settle(part, store.landing / load_id)
    return load


def _write(path: Path, folder: Path, header: Sequence[str], template: Template) -> tuple[tuple[int, int, int], bool]:
    """Write rows.parquet and bad.parquet; how many rows, bad lines and blank lines there were; if values are padded."""
    schema = text_schema(LINE, *header)
    bad: list[BadLine] = []
    rows = blank = 0
    padded = False
    with pq.ParquetWriter(folder / "rows.parquet", schema, compression="lz4") as writer:
        for block in scan(path, header, template.delimiter, template.encoding):
            rows += block.rows.num_rows
            blank += block.blank
            bad += block.bad
            padded |= block.padded
            writer.write_table(block.rows.add_column(0, LINE, pa.array(block.lines)), row_group_size=1 << 18)
    table = pa.table([[b.line for b in bad], [b.code for b in bad], [b.reason for b in bad], [b.raw for b in bad]],
                     schema=BAD_LINES)  # fmt: skip
    pq.write_table(table, folder / "bad.parquet")
    return (rows, len(bad), blank), padded


def read_load(store: Store, load_id: str) -> Load:
    """What `load.json` says of a landed file."""
    data = read_json(store.landing / load_id / "load.json")
    data["extract_on"] = date.fromisoformat(data["extract_on"])
    data["received_at"] = datetime.fromisoformat(data["received_at"])
    data["header"] = tuple(data["header"])
    return Load(**data)


def loads(store: Store) -> list[Load]:
    """Every landed file, oldest extract first."""
    found = [read_load(store, path.parent.name) for path in store.landing.glob("[!.]*/load.json")]
    return sorted(found, key=lambda load: (load.extract_on, load.received_at, load.load_id))


def fits(load: Load, template: Template | None) -> bool:
    """Whether a landed file can still be read by its template: codes may have changed since, headers may not."""
    return template is not None and frozenset(load.header) == template.headers


def newest(all_loads: Sequence[Load]) -> dict[tuple[str, str], Load]:
    """The load in use for each (source, feed): the newest extract; of one date, the one that came last."""
    return {(load.source, load.feed): load for load in sorted(all_loads, key=_age)}


def _age(load: Load) -> tuple[date, datetime, str]:
    return load.extract_on, load.received_at, load.load_id


# --- refusals -------------------------------------------------------------------------------------------------------


def _refused_before(store: Store) -> dict[str, datetime]:
    if not store.refused.is_file():
        return {}
    return {key: datetime.fromisoformat(at) for key, at in read_json(store.refused).items()}


def _refusal(shown: str, sha256: str, reason: str, before: dict[str, datetime]) -> Refusal:
    now = datetime.now(UTC).replace(microsecond=0)
    return Refusal(shown, sha256, before.get(f"{shown}:{sha256}", now), reason)


def _remember(store: Store, refused: Sequence[Refusal]) -> None:
    """Keep the moment each present refusal was first made, so that building again changes nothing."""
    moments = {f"{item.file_name}:{item.sha256}": item.received_at.isoformat() for item in refused}
    if moments != {key: at.isoformat() for key, at in _refused_before(store).items()}:
        write_json(store.refused, moments)
