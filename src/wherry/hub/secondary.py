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

from wherry.errors import UserError
from wherry.hub.schema import IDENTIFYING_COLUMNS, TABLES
from wherry.hub.store import Store, make_dir, read_json, settle

#: Tables whose every row is about who somebody is, or quotes what a file said.
LEFT_OUT = frozenset({"person_identity", "link_review", "quarantined_row", "blanked_value", "refused_file"})
#: Columns replaced by a keyed hash of themselves.
KEYS = frozenset(
    {"person_key", "pathway_key", "event_key", "entry_key", "appointment_key", "start_event", "stop_event"}
)
#: Further columns that lead back to a person: organisations' own numbers, lines of files, free words.
TRACES = frozenset({"ppid", "event_id", "entry_id", "appointment_id", "source_row", "evidence", "opted_out"})
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
        for name, table in (("out_person", "person"), ("identity", "person_identity"), ("pathway", "pathway")):
            con.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{snapshot / table}.parquet')")
        con.execute("CREATE TABLE gone AS SELECT person_key FROM out_person WHERE opted_out")
        con.execute("CREATE TABLE gone_pathway AS SELECT pathway_key FROM pathway SEMI JOIN gone USING (person_key)")
        con.execute("CREATE TABLE gone_identity AS SELECT identity_key FROM identity SEMI JOIN gone USING (person_key)")
        for path in sorted(snapshot.glob("*.parquet")):
            if path.stem in TABLES and path.stem not in LEFT_OUT:
                con.execute(_copy(path, folder / path.name, key, census))


def _copy(source: Path, target: Path, key: str, census: str) -> str:
    shape = TABLES[source.stem]
    names = shape.schema.names
    columns = [_column(name, key, census) for name in names if shape.person_level]
    chosen = ", ".join(column for column in columns if column) or "*"
    where = []
    if shape.person_level:
        for name, gone in (("person_key", "gone"), ("pathway_key", "gone_pathway"), ("identity_key", "gone_identity")):
            if name in names:
                where.append(f"({name} IS NULL OR {name} NOT IN (SELECT {name} FROM {gone}))")
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
