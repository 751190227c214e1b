"""Lists that nobody falls off by a missing row: cancers being tracked, and tests waited for.

A cancer that was neither treated nor closed in the last snapshot, and a test that was neither done nor removed, stays
with its rows and their lineage when the newest extract no longer has it. A cancer whose pathway nobody sent keeps the
pathway of the last snapshot, or hangs on one that has nothing but its number; a test whose patient nobody sent is of an
identity that has nothing but its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from wherry.hub.backends import Backend
from wherry.hub.check import BLANKED, Checked
from wherry.hub.tables import LINEAGE, Orphans, good_rows, key_of, last_rows, names_of, without_orphans

#: What the local number of a patient begins with whom a cancer names by its pathway alone.
NO_REFERRAL = "no-referral-"
#: Columns that end a row's place on its list: it is open while all are blank.
ENDS = {"cancer_pathway": ("treatment_date", "closed_on"), "diagnostic_request": ("performed_on", "removed_on")}
_UNKNOWN = "is in no referral feed"


@dataclass(frozen=True)
class Loose:
    """Values of one load that were left blank because they name nothing that was sent."""

    load_id: str
    blanked: pa.Table


@dataclass(frozen=True)
class Lists:
    """Cancers, their milestones and tests, before people are known, and every pathway that they hang on.

    `carried` counts cancers and tests that the newest extracts lack, `bare` the pathways that cancers alone name.
    """

    cancer: ibis.Table
    event: ibis.Table
    request: ibis.Table
    pathway: ibis.Table
    orphans: Sequence[Orphans]
    loose: Sequence[Loose]
    carried: dict[str, int]
    bare: int


def lists(checked: Sequence[Checked], pathway: ibis.Table, previous: Path | None, backend: Backend) -> Lists:
    """Cancers and tests of the newest extracts with those that the last snapshot had open; see the module."""
    sent = good_rows(checked, "cancer_pathway", backend)
    sent = sent.mutate(
        cancer_key=key_of(sent["source"], sent["cancer_id"]),
        pathway_key=key_of(sent["ppid_issuer"], sent["ppid"]),
    )
    cancer, cancers_kept = _with_open(sent, "cancer_pathway", "cancer_key", previous, backend)
    pathway, bare = _with_pathways(pathway, cancer, sent, previous, backend)
    event, orphans = _milestones(checked, cancer, cancers_kept, previous, backend)
    request, tests_kept, loose = _requests(checked, pathway, previous, backend)
    carried = {
        name: backend.count(kept)
        for name, kept in (("cancer pathways", cancers_kept), ("tests", tests_kept))
        if kept is not None
    }
    return Lists(cancer, event, request, pathway, orphans, loose, carried, bare)


def _with_open(
    sent: ibis.Table, table: str, key: str, previous: Path | None, backend: Backend
) -> tuple[ibis.Table, ibis.Table | None]:
    """Rows sent with those that the last snapshot had open and the newest extracts lack; and the latter's keys."""
    names = names_of(table)
    if previous is None:
        return backend.keep(sent.select(*names), f"list_{table}"), None
    old = last_rows(previous, table, backend)
    for end in ENDS[table]:
        old = old.filter(old[end].isnull())
    kept = backend.keep(old.anti_join(sent.select(key), key).select(*names), f"kept_{table}")
    return backend.keep(ibis.union(sent.select(*names), kept), f"list_{table}"), kept.select(key)


def _with_pathways(
    pathway: ibis.Table, cancer: ibis.Table, sent: ibis.Table, previous: Path | None, backend: Backend
) -> tuple[ibis.Table, int]:
    """Pathways with those that only cancers name: as the last snapshot had them, or bare. Also how many are bare."""
    columns = pathway.columns
    keys = pathway.select("pathway_key")
    wanted = backend.keep(cancer.anti_join(keys, "pathway_key").select("pathway_key").distinct(), "pathways_wanted")
    if not backend.count(wanted):
        return pathway, 0
    parts = [pathway]
    if previous is not None:
        old = last_rows(previous, "pathway", backend).semi_join(wanted, "pathway_key")
        bare = old["identity_key"].contains(":" + NO_REFERRAL)
        old = backend.keep(old.mutate(carried_forward=~bare).select(*columns), "pathways_of_last")
        parts.append(old)
        wanted = wanted.anti_join(old.select("pathway_key"), "pathway_key")
    rows = sent.semi_join(wanted, "pathway_key")
    first = ibis.row_number().over(group_by=rows["pathway_key"], order_by=[rows["source"], rows["source_row"]])
    rows = rows.mutate(__place=first)
    rows = rows.filter(rows["__place"] == 0)
    known = {name: rows[name] for name in ("pathway_key", "ppid", "ppid_issuer", *LINEAGE)}
    known["identity_key"] = key_of(rows["source"], ibis.literal(NO_REFERRAL) + rows["pathway_key"])
    known["carried_forward"] = ibis.literal(False)
    kinds = pathway.schema()
    blank = {name: ibis.null(kinds[name].copy(nullable=True)) for name in columns if name not in known}
    made = backend.keep(rows.select(**known, **blank).select(*columns), "pathways_bare")
    return backend.keep(ibis.union(*parts, made), "pathways_with_bare"), backend.count(made)


def _milestones(
    checked: Sequence[Checked],
    cancer: ibis.Table,
    kept: ibis.Table | None,
    previous: Path | None,
    backend: Backend,
) -> tuple[ibis.Table, list[Orphans]]:
    rows = good_rows(checked, "cancer_event", backend)
    rows = rows.mutate(
        event_key=key_of(rows["source"], rows["event_id"]), cancer_key=key_of(rows["source"], rows["cancer_id"])
    )
    said = ("cancer pathway ", " is in no cancer feed; the row is published once it arrives")
    rows, orphans = without_orphans(
        checked, rows, cancer.select("cancer_key"), "cancer_key", "cancer_event", backend,
        code="unknown_cancer", said=said,
    )  # fmt: skip
    names = names_of("cancer_event")
    rows = rows.select(*names)
    if kept is not None and previous is not None:
        old = last_rows(previous, "cancer_event", backend).semi_join(kept, "cancer_key").select(*names)
        rows = ibis.union(rows, old.anti_join(rows.select("event_key"), "event_key"))
    return backend.keep(rows, "list_cancer_event"), orphans


def _requests(
    checked: Sequence[Checked], pathway: ibis.Table, previous: Path | None, backend: Backend
) -> tuple[ibis.Table, ibis.Table | None, list[Loose]]:
    sent = good_rows(checked, "diagnostic_request", backend)
    sent = sent.mutate(
        request_key=key_of(sent["source"], sent["request_id"]),
        identity_key=key_of(sent["source"], sent["local_patient_id"]),
        pathway_key=key_of(sent["ppid_issuer"], sent["ppid"]),
    )
    rows, kept = _with_open(sent, "diagnostic_request", "request_key", previous, backend)
    known = pathway.select("pathway_key").mutate(__known=ibis.literal(True))
    loose = _loose(checked, sent.anti_join(known, "pathway_key"), backend)
    joined = rows.left_join(known, "pathway_key")
    cut = ibis.ifelse(joined["__known"].fill_null(False), joined["pathway_key"], ibis.null("string"))
    names = names_of("diagnostic_request")
    return backend.keep(joined.mutate(pathway_key=cut).select(*names), "list_tests"), kept, loose


def _loose(checked: Sequence[Checked], unknown: ibis.Table, backend: Backend) -> list[Loose]:
    """Tests that name a pathway nobody sent: they are published without it."""
    unknown = unknown.filter(unknown["pathway_key"].notnull())
    said = unknown.select(
        "load_id",
        "source_row",
        column_name=ibis.literal("ppid"),
        raw=unknown["ppid"],
        reason_code=ibis.literal("unknown_pathway"),
        reason=ibis.literal("pathway ") + unknown["pathway_key"] + ibis.literal(f" {_UNKNOWN}; the test is published"),
    )
    found = backend.arrow(said)
    parts = []
    for item in checked:
        if item.load.feed == "diagnostic_request":
            mine = found.filter(pc.equal(found["load_id"], pa.scalar(item.load.load_id)))
            if mine.num_rows:
                parts.append(Loose(item.load.load_id, mine.select(BLANKED.names).cast(BLANKED)))
    return parts
