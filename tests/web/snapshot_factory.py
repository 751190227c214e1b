"""A complete small snapshot made by hand, for tests of screens: every table, no hub needed, the same every time.

`write_snapshot(hub)` writes about 200 open pathways over three trusts (and some closed ones) with people, events,
bookings, findings and lineage that agree with each other. Names are invented and unlike any word of a page, so that a
test can look for leaks. Every NHS number is in the 999 range.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import snapshot_cancer
import snapshot_elective
import snapshot_parts as parts

from wherry.hub.schema import TABLES

CENSUS = date(2026, 1, 31)
Row = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """Where the snapshot is and what a test may want to look for."""

    hub: Path
    snapshot_id: str
    surnames: tuple[str, ...]
    opted_out: frozenset[str]
    rows: Mapping[str, int]


class _Tables:
    """Rows of every table while they are made."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {name: [] for name in TABLES}

    def add(self, table: str, **row: Any) -> None:
        self.rows[table].append(row)

    def arrow(self, table: str) -> pa.Table:
        schema = TABLES[table].schema
        rows = self.rows[table]
        columns = {f.name: pa.array([row.get(f.name) for row in rows], f.type) for f in schema}
        return pa.table(columns, schema=schema)


def lineage(source: str, feed: str, row: int) -> Row:
    """The lineage columns of a row that came in with one of the handmade loads."""
    return {"source": source, "load_id": parts.load_id(source, feed), "source_row": row, "valid_at": CENSUS}


def write_snapshot(
    hub: Path,
    *,
    open_pathways: int = 200,
    closed_pathways: int = 40,
    seed: int = 1,
    census: date = CENSUS,
    snapshot_id: str | None = None,
    without: Collection[str] = (),
    evidence: Mapping[tuple[str, str], str] | None = None,
    later_event: Collection[str] = (),
    nasty_names: bool = False,
) -> Made:
    """Write one snapshot and point `hub/current` at it.

    `without` leaves pathways off the list, as when the trust has closed their clock. `evidence` replaces the evidence
    of findings, by rule and pathway. `later_event` gives pathways one more event, on the census. `nasty_names` gives
    one person a surname that a spreadsheet would run as a formula.
    """
    rng = np.random.default_rng(seed)
    tables = _Tables()
    parts.organisations(tables.add)
    parts.loads(tables.add, census)
    people = parts.people(tables.add, rng, max(20, int(open_pathways * 0.85)), census, nasty=nasty_names)
    _pathways(tables, rng, people, open_pathways, closed_pathways, census, frozenset(without), frozenset(later_event))
    parts.rank(tables.rows["waiting_list"])
    for row in tables.rows["quality_finding"]:
        row["evidence"] = (evidence or {}).get((row["rule"], row["subject_key"]), row["evidence"])
    snapshot_elective.tell(tables.add, tables.rows, census, seed, lineage)
    snapshot_cancer.tell(tables.add, tables.rows, census, lineage)
    _bits(tables)
    surnames = tuple(sorted({p.surname for p in people}))
    opted_out = frozenset(p.person_key for p in people if p.opted_out)
    name = snapshot_id or f"handmade-{open_pathways}-{seed}"
    rows = _write(tables, hub, name, census, len(opted_out))
    return Made(hub, name, surnames, opted_out, rows)


def _pathways(
    tables: _Tables,
    rng: np.random.Generator,
    people: list[parts.Person],
    opened: int,
    closed: int,
    census: date,
    without: frozenset[str],
    later_event: frozenset[str],
) -> None:
    total = opened + closed
    waits = np.minimum(rng.gamma(1.15, 125.0, total).astype(int), 900)
    who = rng.integers(0, len(people), total)
    who[0] = 1  # the person of the nasty name waits for something
    trusts = rng.choice(3, total, p=[0.5, 0.27, 0.23])
    functions = rng.integers(0, len(parts.FUNCTIONS), total)
    priorities = rng.choice(len(parts.PRIORITIES), total, p=parts.PRIORITY_SHARES)
    stories = rng.choice(len(parts.STORIES), total, p=parts.STORY_SHARES)
    dice = rng.random((total, 6))
    done_identities: set[str] = set()
    for n in range(total):
        trust = parts.TRUSTS[trusts[n]]
        person = people[who[n]]
        identity_key = parts.identity(tables.add, person, trust, done_identities, lineage)
        function, group = parts.FUNCTIONS[functions[n]]
        ppid = f"{trust}{n:017d}"
        key = f"{trust}:{ppid}"
        story = parts.Story(
            key=key,
            ppid=ppid,
            trust=trust,
            identity_key=identity_key,
            person=person,
            function=function,
            group=group,
            priority=parts.PRIORITIES[priorities[n]],
            kind="closed" if n >= opened else parts.STORIES[stories[n]],
            days=int(waits[n]),
            dice=tuple(float(x) for x in dice[n]),
            census=census,
            number=n,
            later_event=key in later_event,
        )
        if key in without:
            story = story.closed_by_the_trust()
        parts.tell(tables.add, story, lineage)


def _bits(tables: _Tables) -> None:
    """What the rest of the platform shows: quarantine, refused files, clerical reviews, freshness."""
    for n in range(5):
        tables.add(
            "quarantined_row",
            load_id=parts.load_id("RGP", "event"),
            source="RGP",
            feed="event",
            file_name="RGP_event.csv",
            source_row=900 + n,
            reason_code="bad_date",
            reason=f"The column EVENT_DATE holds '31/02/202{n}', which is not a date.",
            raw=f"x{n},31/02/202{n},ATTEND",
        )
    tables.add(
        "refused_file",
        file_name="budget.xlsx",
        sha256="0" * 64,
        received_at=datetime(2026, 2, 1, 6, 0, tzinfo=UTC),
        reason="No template has a file of this name. Expected one of the 15 names of the three trusts.",
    )
    identities = [r["identity_key"] for r in tables.rows["person_identity"]]
    for left, right in zip(identities[0:6:2], identities[1:6:2], strict=True):
        tables.add(
            "link_review",
            left_identity=min(left, right),
            right_identity=max(left, right),
            match_probability=0.82,
            match_weight=2.2,
            reason="Surname and date of birth agree; NHS number is missing on one side; postcode differs.",
        )


def _write(tables: _Tables, hub: Path, name: str, census: date, opted_out: int) -> dict[str, int]:
    folder = hub / "snapshots" / name
    folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    for table in TABLES:
        frame = tables.arrow(table)
        rows[table] = frame.num_rows
        pq.write_table(frame, folder / f"{table}.parquet")
    manifest = {
        "schema_version": 1,
        "snapshot_id": name,
        "built_at": datetime.combine(census + timedelta(days=1), datetime.min.time(), UTC).isoformat(),
        "census": census.isoformat(),
        "system": "norfolk-waveney",
        "engine": "duckdb",
        "artificial": True,
        "rows": rows,
        "opt_out": {"list_version": "OPTOUT_20260125", "applied_at": "2026-02-01T00:00:00+00:00", "people": opted_out},
        "inputs": hashlib.sha256(name.encode()).hexdigest(),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    (hub / "current").write_text(name, encoding="utf-8")
    return rows
