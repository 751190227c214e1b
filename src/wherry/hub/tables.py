"""Common tables: the checked rows of every source under one key a person, a pathway, an event.

Two things here keep people on the list. A pathway whose clock was open in the last snapshot and which the newest
extracts no longer have is carried forward with its rows and their lineage. And a pathway whose patient was not sent, or
whose patient row is in quarantine, is published under an identity that has nothing but its number. Cancers and tests
are in `tables_lists`, what hangs on a person in `tables_people`, sessions in `tables_capacity`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import pyarrow as pa

from wherry.hub.backends import Backend, union
from wherry.hub.check import BAD, Checked
from wherry.hub.schema import FEEDS, TABLES

LINEAGE = ("source", "load_id", "source_row", "valid_at")
#: Feeds whose rows hang on a pathway, the table each becomes, and that table's key.
ON_PATHWAY = {
    "event": ("pathway_event", "event_key", "event_id"),
    "list_entry": ("list_entry", "entry_key", "entry_id"),
    "appointment": ("appointment", "appointment_key", "appointment_id"),
    "follow_up": ("follow_up", "follow_up_key", "follow_up_id"),
}
#: The table that the rows of each feed are published in; the opt-out list is published as a mark on people.
HOMES = {
    "patient": "person_identity",
    "referral": "pathway",
    **{feed: table for feed, (table, _, _) in ON_PATHWAY.items()},
    "session": "capacity_session",
    **{name: name for name in ("theatre_case", "contact_detail", "observation", "emergency_attendance")},
    **{name: name for name in ("diagnostic_request", "cancer_pathway", "cancer_event")},
}
#: The identity attributes of a person, in the order of the `person` table.
ATTRIBUTES = ("birth_date", "sex", "ethnic_category", "lsoa", "gp_practice", "death_date")


@dataclass(frozen=True)
class Orphans:
    """Rows of one load that name a pathway, patient, session or cancer that nobody sent: they go to quarantine."""

    load_id: str
    bad: pa.Table


@dataclass(frozen=True)
class Pathways:
    """The pathway tables before persons are known: `pathway` still lacks `person_key`."""

    pathway: ibis.Table
    others: Mapping[str, ibis.Table]
    orphans: Sequence[Orphans]
    merged: Mapping[str, int]
    carried: int


def good_rows(checked: Sequence[Checked], feed: str, backend: Backend) -> ibis.Table:
    """The good rows of every load in use of one feed."""
    parts = [item.good for item in checked if item.load.feed == feed]
    lineage = [(f.name, f.type) for f in TABLES["pathway"].schema if f.name in LINEAGE]
    schema = pa.schema([*((f.name, f.type) for f in FEEDS[feed].schema), *lineage])
    return union(parts, schema, backend, feed)


def nothing_sent(checked: Sequence[Checked], feed: str) -> bool:
    """Whether no organisation ever sent a feed: then its table is empty, and no engine need be asked."""
    return all(item.load.feed != feed for item in checked)


def key_of(left: ibis.Value, right: ibis.Value) -> ibis.expr.types.StringValue:
    """A key made of two parts: the source (or issuer), and its own number. Null if either is."""
    return left.cast("string") + ibis.literal(":") + right.cast("string")


# --- pathways and what hangs on them --------------------------------------------------------------------------------


def pathways(checked: Sequence[Checked], previous: Path | None, backend: Backend) -> Pathways:
    """Pathways under one key, with what hangs on them; rows of unknown pathways apart."""
    referral, merged = _one_row_each(good_rows(checked, "referral", backend), backend)
    hanging = {feed: _with_keys(good_rows(checked, feed, backend), feed) for feed in ON_PATHWAY}
    lost = _lost(previous, referral, hanging["event"], backend)
    carried = 0
    if lost is not None:
        referral, carried = _carry_pathways(referral, lost, previous, backend)
    keys = backend.keep(referral.select("pathway_key"), "pathway_keys")
    others: dict[str, ibis.Table] = {}
    orphans: list[Orphans] = []
    for feed, (table, key, _) in ON_PATHWAY.items():
        said = ("pathway ", " is in no referral feed; the row is published once a referral for it arrives")
        rows, apart = without_orphans(
            checked, hanging[feed], keys, "pathway_key", feed, backend, code="unknown_pathway", said=said
        )
        orphans += apart
        if lost is not None and previous is not None:
            rows = _carry(rows, table, key, lost, previous, backend)
        others[table] = rows
    return Pathways(referral, others, orphans, merged, carried)


def _one_row_each(referral: ibis.Table, backend: Backend) -> tuple[ibis.Table, dict[str, int]]:
    """One row a pathway where two organisations sent it, and how many rows of each load stood back.

    The row kept is the one of an organisation that has not closed the referral, then of the issuer of the pathway's
    number, then of the earliest referral date, then the first by source: the pathway is shown where it is open.
    """
    rows = referral.mutate(
        pathway_key=key_of(referral["ppid_issuer"], referral["ppid"]),
        identity_key=key_of(referral["source"], referral["local_patient_id"]),
    )
    order = [
        rows["referral_closed_on"].notnull().cast("int8"),
        (rows["source"] != rows["ppid_issuer"]).cast("int8"),
        rows["referral_received_on"].fill_null(ibis.date("9999-12-31")),
        rows["source"],
    ]
    ranked = rows.mutate(__place=ibis.row_number().over(group_by=rows["pathway_key"], order_by=order))
    ranked = backend.keep(ranked.mutate(carried_forward=ibis.literal(False)), "referral_ranked")
    stood_back = ranked.filter(ranked["__place"] > 0).group_by("load_id").aggregate(rows=lambda t: t.count())
    merged = {row["load_id"]: int(row["rows"]) for row in backend.arrow(stood_back).to_pylist()}
    return ranked.filter(ranked["__place"] == 0).drop("__place", "local_patient_id"), merged


def _with_keys(rows: ibis.Table, feed: str) -> ibis.Table:
    _, key, local = ON_PATHWAY[feed]
    keys = {key: key_of(rows["source"], rows[local]), "pathway_key": key_of(rows["ppid_issuer"], rows["ppid"])}
    if feed == "event":
        keys["organisation"] = rows["source"]
    return rows.mutate(**keys)


def without_orphans(
    checked: Sequence[Checked],
    rows: ibis.Table,
    known: ibis.Table,
    key: str,
    feed: str,
    backend: Backend,
    *,
    code: str,
    said: tuple[str, str],
) -> tuple[ibis.Table, list[Orphans]]:
    """Rows of a feed whose `key` is in `known`, and the others load by load, with their reason: said, key, said."""
    orphan = rows.anti_join(known, key).select("load_id", "source_row", key)
    found = set(backend.arrow(orphan.select("load_id").distinct())["load_id"].to_pylist())
    result = []
    for item in checked:
        if item.load.feed != feed or item.load.load_id not in found:
            continue
        mine = orphan.filter(orphan["load_id"] == item.load.load_id).inner_join(item.came, "source_row")
        bad = mine.select(
            "source_row",
            reason_code=ibis.literal(code),
            reason=ibis.literal(said[0]) + mine[key] + ibis.literal(said[1]),
            raw=mine["raw"],
        )
        result.append(Orphans(item.load.load_id, backend.arrow(bad).select(BAD.names).cast(BAD)))
    return rows.semi_join(known, key), result


# --- what the last snapshot had open --------------------------------------------------------------------------------


def names_of(table: str) -> list[str]:
    """The columns of a table before people are known."""
    return [column.name for column in TABLES[table].columns if column.name != "person_key"]


def last_rows(previous: Path, table: str, backend: Backend) -> ibis.Table:
    """The last snapshot's rows of a table; none if that snapshot is from before the table was."""
    path = previous / f"{table}.parquet"
    return backend.read(path) if path.is_file() else backend.give(TABLES[table].schema.empty_table(), f"no_{table}")


def _lost(previous: Path | None, referral: ibis.Table, event: ibis.Table, backend: Backend) -> ibis.Table | None:
    """Keys of pathways with an open clock in the last snapshot that the newest extracts lack, or have no event of."""
    if previous is None:
        return None
    period = backend.read(previous / "rtt_period.parquet")
    was_open = period.filter(period["outcome"] == "open").select("pathway_key").distinct()
    still_sent = referral.select("pathway_key").inner_join(event.select("pathway_key").distinct(), "pathway_key")
    lost = backend.keep(was_open.anti_join(still_sent, "pathway_key"), "lost")
    return lost if backend.count(lost) else None


def _carry_pathways(
    referral: ibis.Table, lost: ibis.Table, previous: Path | None, backend: Backend
) -> tuple[ibis.Table, int]:
    assert previous is not None  # noqa: S101  (lost is only ever made from a previous snapshot)
    old = backend.read(previous / "pathway.parquet").semi_join(lost, "pathway_key")
    old = old.anti_join(referral.select("pathway_key"), "pathway_key")
    columns = [name for name in referral.columns if name != "carried_forward"]
    kept = old.select(*columns, carried_forward=ibis.literal(True))
    flagged = lost.select("pathway_key", __lost=ibis.literal(True))
    sent = referral.left_join(flagged, "pathway_key")
    sent = sent.select(*columns, carried_forward=sent["__lost"].fill_null(False))
    result = backend.keep(ibis.union(sent, kept), "referral_carried")
    return result, backend.count(result.filter(result["carried_forward"]))


def _carry(rows: ibis.Table, table: str, key: str, lost: ibis.Table, previous: Path, backend: Backend) -> ibis.Table:
    """Add the last snapshot's rows of lost pathways, but for those that the newest extract has."""
    names = names_of(table)
    old = last_rows(previous, table, backend).semi_join(lost, "pathway_key").select(*names)
    return ibis.union(rows.select(*names), old.anti_join(rows.select(key), key))


# --- people ---------------------------------------------------------------------------------------------------------


def identities(
    checked: Sequence[Checked], holders: Sequence[ibis.Table], previous: Path | None, backend: Backend
) -> tuple[ibis.Table, int]:
    """Every identity: those sent, those carried forward, and stubs; with `identity_key`. Also how many are stubs.

    `holders` are tables whose `identity_key` must be somebody's, sent or not: pathways and tests.
    """
    sent = good_rows(checked, "patient", backend)
    sent = sent.mutate(identity_key=key_of(sent["source"], sent["local_patient_id"]))
    names = ["identity_key", *(column.name for column in FEEDS["patient"].columns), *LINEAGE]
    sent = sent.select(*names)
    holder = ibis.union(*(table.select("identity_key", *LINEAGE) for table in holders))
    wanted = holder.anti_join(sent.select("identity_key"), "identity_key")
    wanted = wanted.group_by("identity_key").aggregate(
        source=wanted["source"].min(),
        load_id=wanted["load_id"].min(),
        source_row=wanted["source_row"].min(),
        valid_at=wanted["valid_at"].min(),
    )
    wanted = backend.keep(wanted, "identities_wanted")
    parts = [sent]
    if previous is not None:
        old = backend.read(previous / "person_identity.parquet")
        old = old.semi_join(wanted.select("identity_key"), "identity_key").select(*names)
        parts.append(old)
        wanted = wanted.anti_join(old.select("identity_key"), "identity_key")
    kinds = ibis.Schema.from_pyarrow(FEEDS["patient"].schema)
    blank = {name: ibis.null(kinds[name].copy(nullable=True)) for name in kinds if name != "local_patient_id"}
    local = wanted["identity_key"].substr(wanted["source"].length() + 1)
    stubs = backend.keep(wanted.mutate(local_patient_id=local, **blank).select(*names), "identities_stubs")
    parts.append(stubs)
    return backend.keep(ibis.union(*parts), "identities"), backend.count(stubs)


def persons(identity: ibis.Table, opt_out: ibis.Table, deciles: ibis.Table, backend: Backend) -> ibis.Table:
    """One row a person. Each attribute on its own is the first that is not blank among the person's identities, in
    this order: NHS number verified (01), newest extract, source, local number.

    `deciles` has lsoa and imd_decile. Opted out: any identity's NHS number is on the list.
    """
    order = [
        (identity["nhs_number_status"].fill_null("") != "01").cast("int8"),
        identity["valid_at"].desc(),
        identity["source"],
        identity["local_patient_id"],
    ]
    place = ibis.row_number().over(group_by=identity["person_key"], order_by=order)
    ranked = identity.mutate(__place=place.cast("string").lpad(6, "0"))
    listed = opt_out.select("nhs_number").distinct().mutate(__listed=ibis.literal(1))
    ranked = ranked.left_join(listed, "nhs_number")
    firsts = {}
    for name in ATTRIBUTES:
        # The place goes before the value, so that the smallest text of the person is the first value that is not blank.
        text = ranked["__place"] + ranked[name].cast("string")
        firsts[name] = text.min().substr(6)
    grouped = ranked.group_by("person_key").aggregate(
        **firsts, opted_out=ranked["__listed"].fill_null(0).max() > 0, identities=ranked.count()
    )
    dates = {name: grouped[name].try_cast("date") for name in ("birth_date", "death_date")}
    return backend.keep(grouped.mutate(**dates).left_join(deciles, "lsoa"), "persons")
