"""The view of a snapshot for everything that is not one person's care.

Made once a snapshot, when it is first asked for, and kept beside the snapshots. People on the national data opt-out
list are in no person-level table of it. Columns that tell who somebody is are gone; so are line numbers, organisations'
own numbers and free words, which lead back to a person. Keys are keyed hashes (SHA-256) under a secret that only this
hub has, so they still join within the hub and mean nothing outside. A date of birth becomes an age, 90 and over as one;
a date of death becomes the first day of its month.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

import duckdb
import pyarrow as pa

from wherry.errors import UserError
from wherry.hub.schema import IDENTIFYING_COLUMNS, TABLES
from wherry.hub.shape import Shape
from wherry.hub.store import Store, make_dir, read_json, settle

#: Tables whose every row is about who somebody is, or quotes what a file said.
LEFT_OUT = frozenset({"person_identity", "link_review", "quarantined_row", "blanked_value", "refused_file"})
#: Columns replaced by a keyed hash of themselves.
KEYS = frozenset(
    {
        *("person_key", "pathway_key", "event_key", "entry_key", "appointment_key", "start_event", "stop_event"),
        *("cancer_key", "request_key", "follow_up_key", "observation_key", "attendance_key"),
    }
)
#: Further columns that lead back to a person: organisations' own numbers, lines of files, free words, rare needs.
TRACES = frozenset(
    {
        *("ppid", "event_id", "entry_id", "appointment_id", "source_row", "evidence", "opted_out"),
        *("cancer_id", "request_id", "follow_up_id", "observation_id", "attendance_id", "owner", "needs"),
    }
)
#: Keys by which rows without a person of their own hang on one, and the table that says whose each is.
HOLDERS = {"pathway_key": "pathway", "identity_key": "person_identity", "cancer_key": "cancer_pathway"}
#: Ages from here on are one.
OLDEST = 90


def secret(store: Store) -> str:
    """This hub's own secret, made on first use in a file that only its owner can read."""
    path = store.root / "pseudonym.key"
    if not path.is_file():
        make_dir(store.root)
        temporary = store.root / f"pseudonym.key.{os.getpid()}.tmp"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, not a rename: of two that begin at once, the first one's secret stands.
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()


def secondary_folder(store: Store, snapshot: Path) -> Path:
    """The folder of the secondary view of a snapshot, made if it is not there yet."""
    final = store.secondary / snapshot.name
    if final.is_dir():
        return final
    key = secret(store)
    make_dir(final.parent)
    part = final.parent / f".tmp-{snapshot.name}-{os.getpid()}"
    shutil.rmtree(part, ignore_errors=True)
    make_dir(part)
    try:
        _write(snapshot, part, key)
        try:
            settle(part, final)
        except OSError:
            if not final.is_dir():
                raise
    except (OSError, duckdb.Error) as error:
        raise UserError(
            f"The secondary view of {snapshot.name} could not be written: {error}. Nothing was changed."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return final


def _write(snapshot: Path, folder: Path, key: str) -> None:
    census = read_json(snapshot / "manifest.json")["census"]
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        person = f"SELECT person_key FROM read_parquet('{snapshot / 'person'}.parquet') WHERE opted_out"
        con.execute(f"CREATE TABLE gone_person_key AS {person}")
        for name, table in HOLDERS.items():
            path = snapshot / f"{table}.parquet"
            if not path.is_file():  # a snapshot from before that table was: nobody hangs on it
                con.execute(f"CREATE TABLE gone_{name} ({name} VARCHAR)")
                continue
            mine = f"SELECT {name} FROM read_parquet('{path}') SEMI JOIN gone_person_key USING (person_key)"
            con.execute(f"CREATE TABLE gone_{name} AS {mine}")
        for path in sorted(snapshot.glob("*.parquet")):
            if path.stem in TABLES and path.stem not in LEFT_OUT:
                con.execute(_copy(path, folder / path.name, key, census))


def empty(name: str) -> pa.Table:
    """No rows of a table with the columns that this view has; for a table that a snapshot is too old to have."""
    with duckdb.connect() as con:
        con.register("nobody", TABLES[name].schema.empty_table())
        sql = f"SELECT {_chosen(TABLES[name], '', '2000-01-01')} FROM nobody"
        table: pa.Table = con.sql(sql).to_arrow_table()
        return table


def _chosen(shape: Shape, key: str, census: str) -> str:
    """The columns of a table in this view, as SQL."""
    columns = [_column(name, key, census) for name in shape.schema.names if shape.person_level]
    return ", ".join(column for column in columns if column) or "*"


def _copy(source: Path, target: Path, key: str, census: str) -> str:
    shape = TABLES[source.stem]
    names = shape.schema.names
    chosen = _chosen(shape, key, census)
    where = []
    if shape.person_level:
        for name in ("person_key", *HOLDERS):
            if name in names:
                where.append(f"({name} IS NULL OR {name} NOT IN (SELECT {name} FROM gone_{name}))")
    clause = f" WHERE {' AND '.join(where)}" if where else ""
    order = " ORDER BY 1" if "position" not in names else " ORDER BY position"
    rows = f"SELECT {chosen} FROM read_parquet('{source}'){clause}{order}"
    return f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"


def _column(name: str, key: str, census: str) -> str:
    """One column of the view as SQL; nothing for a column that is left out."""
    if name == "birth_date":
        age = f"date_diff('year', birth_date, DATE '{census}')"
        whole = f"{age} - (strftime(birth_date, '%m%d') > strftime(DATE '{census}', '%m%d'))::INTEGER"
        return f"least({whole}, {OLDEST})::INTEGER AS age_at_census"
    if name in IDENTIFYING_COLUMNS or name in TRACES:
        return ""
    if name in KEYS:
        return (
            f"CASE WHEN {name} IS NULL THEN NULL ELSE substr(sha256('{key}' || {name} || '{key}'), 1, 20) END AS {name}"
        )
    if name == "age":
        return f"least(age, {OLDEST})::INTEGER AS age"
    if name == "death_date":
        return "date_trunc('month', death_date)::DATE AS death_date"
    return name
