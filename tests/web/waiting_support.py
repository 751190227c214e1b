"""What the tests of the waiting list share: an access without an account, rows of the snapshot, the first of a kind."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from snapshot_factory import Made

from wherry.web.access.access import Access, access_of
from wherry.web.access.models import User
from wherry.web.access.permissions import Role
from wherry.web.waiting import pathway
from wherry.web.waiting.selectors import WaitingList
from wherry.web.waiting.services import Answer, Clock

TRUSTS = ("RM1", "RGP", "RCX")
TODAY = date(2026, 1, 31)
CONFIRM = Answer(kind="confirm", reason="Checked against the letter of 3 January.", weeks=12)


def person(role: Role, *trusts: str) -> Access:
    """Somebody's access without an account."""
    return Access(user=None, roles=frozenset((trust, role) for trust in trusts or TRUSTS))


def rows(made: Made, table: str = "waiting_list") -> list[dict[str, Any]]:
    """A table of the snapshot as rows, read by itself."""
    out: list[dict[str, Any]] = pq.read_table(folder(made) / f"{table}.parquet").to_pylist()
    return out


def folder(made: Made) -> Path:
    """The snapshot's folder."""
    return made.hub / "snapshots" / made.snapshot_id


def clock(user: User, key: str) -> Clock:
    """The open clock of a pathway, as the person sees it."""
    listing = WaitingList(access_of(user))
    row = listing.row(key)
    assert row is not None
    return pathway.clock_of(listing, row)


def doubtful(made: Made, rule: str, trust: str | None = None) -> str:
    """The pathway of the first place on the list that a rule finds doubtful."""
    for row in rows(made):
        if rule in row["findings"].split(";") and trust in (None, row["organisation"]):
            return str(row["pathway_key"])
    raise LookupError(f"no open pathway with {rule} at {trust}")
