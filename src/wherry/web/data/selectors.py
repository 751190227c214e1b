"""Reads about what came in: freshness, loads, findings, quarantine, refused files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import ibis
import numpy as np

from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.access.selectors import in_order, organisation_names
from wherry.web.home.selectors import list_frame

PAGE = 100


@dataclass(frozen=True)
class Feed:
    """One feed of one source: how old, and what became of its rows. Blank counts mean that it never came."""

    source: str
    feed: str
    extract_on: date | None
    received_at: datetime | None
    days_old: int | None
    stale_after_days: int
    late: bool
    read: int | None
    published: int | None
    quarantined: int | None
    load_id: str | None


@dataclass(frozen=True)
class Finding:
    """One quality rule: how many pathways on the list have it, by trust and together, and how many rows in all."""

    code: str
    words: str
    action: str
    severity: str
    about: str
    on_list: dict[str, int]
    total: int
    everywhere: int


@dataclass(frozen=True)
class Sources:
    """The quality page."""

    feeds: tuple[tuple[str, str, tuple[Feed, ...]], ...]
    findings: tuple[Finding, ...]
    trusts: tuple[tuple[str, str], ...]
    refused: tuple[dict[str, Any], ...]
    quarantined: int
    reviews: int

    @property
    def late(self) -> int:
        """How many feeds are late."""
        return sum(feed.late for _, _, feeds in self.feeds for feed in feeds)

    @property
    def count(self) -> int:
        """How many feeds there should be."""
        return sum(len(feeds) for _, _, feeds in self.feeds)


_SEVERITIES = {"high": 0, "medium": 1, "low": 2}


def scope_of(access: Access) -> list[str]:
    """Sources whose quality one reader may see: their organisations, and sources that are no trust (opt-out list)."""
    own = access.where(Permission.SEE_QUALITY)
    system = snapshots.system()
    snapshot = snapshots.current()
    if snapshot is None:
        return sorted(own)
    trusts = set(system.trusts) if system else set()
    every: set[Any] = set(snapshot.arrow("source_freshness", columns=["source"])["source"].to_pylist())
    return sorted(own | (every - trusts)) if own else []


def sources(access: Access) -> Sources | None:
    """Everything the quality page shows, or `None` before the first snapshot."""
    snapshot = snapshots.current()
    if snapshot is None:
        return None
    scope = scope_of(access)
    names = organisation_names()
    loads = {row["load_id"]: row for row in snapshot.arrow("load").to_pylist()}
    rows = [row for row in snapshot.freshness() if row["source"] in scope]
    feeds: dict[str, list[Feed]] = {}
    for row in sorted(rows, key=lambda r: (in_order(scope).index(r["source"]), r["feed"])):
        feeds.setdefault(row["source"], []).append(_feed(row, loads.get(row["load_id"])))
    trusts = tuple((code, names.get(code, code)) for code in in_order(access.where(Permission.SEE_QUALITY)))
    quarantine = snapshot.arrow("quarantined_row", columns=["source"])["source"].to_pylist()
    return Sources(
        feeds=tuple((code, names.get(code, code), tuple(found)) for code, found in feeds.items()),
        findings=_findings(access, [code for code, _ in trusts]),
        trusts=trusts,
        refused=tuple(sorted(snapshot.arrow("refused_file").to_pylist(), key=lambda r: r["received_at"], reverse=True)),
        quarantined=sum(source in scope for source in quarantine),
        reviews=snapshot.arrow("link_review", columns=["left_identity"]).num_rows,
    )


def _feed(row: dict[str, Any], load: dict[str, Any] | None) -> Feed:
    return Feed(
        source=row["source"],
        feed=row["feed"],
        extract_on=row["extract_on"],
        received_at=row["received_at"],
        days_old=row["days_old"],
        stale_after_days=row["stale_after_days"],
        late=row["late"],
        read=load["rows_read"] if load else None,
        published=load["rows_published"] if load else None,
        quarantined=load["rows_quarantined"] if load else None,
        load_id=row["load_id"],
    )


def _findings(access: Access, scope: list[str]) -> tuple[Finding, ...]:
    snapshot, listed = snapshots.current(), list_frame(access)
    if snapshot is None or listed is None:
        return ()
    frame, overlay = listed
    everywhere: dict[str, int] = {}
    table = snapshot.table("quality_finding")
    counted = table.group_by("rule", "organisation").aggregate(n=table.count()).to_pyarrow().to_pylist()
    for row in counted:
        if row["organisation"] in scope:
            everywhere[row["rule"]] = everywhere.get(row["rule"], 0) + row["n"]
    organisation = frame.facets["organisation"]
    inside = {code: organisation.mask([code]) & ~overlay.off for code in scope}
    found = []
    for rule in snapshot.arrow("quality_rule").to_pylist():
        mask = frame.rule_mask(rule["code"])
        on_list = {code: int(np.count_nonzero(mask & here)) for code, here in inside.items()}
        total = sum(on_list.values())
        found.append(
            Finding(
                code=rule["code"],
                words=rule["words"],
                action=rule["action"],
                severity=rule["severity"],
                about=rule["about"],
                on_list=on_list,
                total=total,
                everywhere=everywhere.get(rule["code"], 0),
            )
        )
    return tuple(sorted(found, key=lambda f: (_SEVERITIES.get(f.severity, 3), -f.total, f.code)))


@dataclass(frozen=True)
class Page:
    """Some rows of many."""

    rows: list[dict[str, Any]]
    total: int
    number: int
    pages: int


def quarantine(access: Access, *, source: str, feed: str, reason: str, page: int) -> tuple[Page, list[dict[str, Any]]]:
    """Rows that could not be published, by source, feed and reason, and the counts of all reasons.

    The row as it came is left out for those who may not see it, and so are values quoted in the reason.
    """
    snapshot = snapshots.current()
    if snapshot is None:
        return Page([], 0, 1, 1), []
    table = snapshot.table("quarantined_row")
    table = table.filter(table.source.isin(scope_of(access) or [""]))
    by = table.group_by("source", "feed", "reason_code").aggregate(n=table.count())
    reasons = sorted(by.to_pyarrow().to_pylist(), key=lambda r: (-r["n"], r["source"], r["feed"], r["reason_code"]))
    for column, value in (("source", source), ("feed", feed), ("reason_code", reason)):
        if value:
            table = table.filter(table[column] == value)
    total = int(table.count().to_pyarrow().as_py())
    pages = max(1, -(-total // PAGE))
    number = min(max(1, page), pages)
    ordered = table.order_by([ibis.asc("source"), ibis.asc("file_name"), ibis.asc("source_row")])
    rows = ordered.limit(PAGE, offset=(number - 1) * PAGE).to_pyarrow().to_pylist()
    for row in rows:
        if not access.can_at(Permission.SEE_RAW_ROWS, row["source"]):
            row["raw"] = None
            row["reason"] = None
    return Page(rows, total, number, pages), reasons


def loads(access: Access) -> list[dict[str, Any]]:
    """Every file taken in, the newest first."""
    snapshot = snapshots.current()
    if snapshot is None:
        return []
    scope = scope_of(access)
    rows = [row for row in snapshot.arrow("load").to_pylist() if row["source"] in scope]
    return sorted(rows, key=lambda row: (row["extract_on"], row["source"], row["feed"]), reverse=True)
