"""One data-quality rule's worklist: every pathway it found doubtful, on the list or not, in the reader's scope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ibis
from django.core.exceptions import PermissionDenied

from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.data.selectors import PAGE, Page

HEADER = (
    "NHS number",
    "Surname",
    "Forename",
    "Hospital number",
    "Pathway",
    "Trust",
    "Treatment function",
    "Clock",
    "Why",
)


@dataclass(frozen=True)
class Worklist:
    """A rule in words, one page of its findings, and how many of all are not on the waiting list."""

    rule: dict[str, Any]
    page: Page
    off_list: int


def worklist(access: Access, rule: str, *, page: int) -> Worklist | None:
    """The findings of a rule, most recent snapshot; None if there is no such rule.

    Raises `PermissionDenied` for anybody who may not open pathways.
    """
    found = _found(access, rule)
    if found is None:
        return None
    about, rows = found
    counted = rows.aggregate(total=rows.count(), open=rows.on_open_clock.cast("int64").sum())
    (numbers,) = counted.to_pyarrow().to_pylist()
    total, off_list = numbers["total"], numbers["total"] - (numbers["open"] or 0)
    pages = max(1, -(-total // PAGE))
    number = min(max(1, page), pages)
    shown = rows.limit(PAGE, offset=(number - 1) * PAGE).to_pyarrow().to_pylist()
    return Worklist(about, Page(shown, total, number, pages), off_list)


def every_row(access: Access, rule: str) -> tuple[int, Iterator[tuple[Any, ...]]] | None:
    """The whole worklist for a file, in the order of `HEADER`, and how many rows there are."""
    found = _found(access, rule)
    if found is None:
        return None
    rows = found[1].to_pyarrow().to_pylist()
    return len(rows), (
        (
            *(row["nhs_number"], row["surname"], row["forename"], row["local_patient_id"], row["pathway_key"]),
            *(row["organisation"], row["treatment_function"]),
            "open" if row["on_open_clock"] else "not on the list",
            row["evidence"],
        )
        for row in rows
    )


def _found(access: Access, rule: str) -> tuple[dict[str, Any], Any] | None:
    scope = sorted(code for code in access.organisations if access.can_at(Permission.OPEN_PATHWAY, code))
    if not scope or not access.can(Permission.OPEN_PATHWAY):
        raise PermissionDenied(Permission.OPEN_PATHWAY.value)
    snapshot = snapshots.current()
    if snapshot is None:
        return None
    about = next((row for row in snapshot.arrow("quality_rule").to_pylist() if row["code"] == rule), None)
    if about is None:
        return None
    finding, pathway = snapshot.table("quality_finding"), snapshot.table("pathway")
    finding = finding.filter((finding.rule == rule) & finding.organisation.isin(scope))
    pathway = pathway.select("pathway_key", sent_for=pathway.identity_key)
    rows = finding.left_join(pathway, "pathway_key").drop("pathway_key_right")
    rows = rows.mutate(who=ibis.coalesce(rows.identity_key, rows.sent_for)).drop("identity_key")
    person = snapshot.table("person_identity")
    person = person.select("identity_key", "nhs_number", "surname", "forename", "local_patient_id", "nhs_number_valid")
    rows = rows.left_join(person, rows.who == person.identity_key)
    rows = rows.order_by([rows.on_open_clock, rows.organisation, rows.treatment_function, rows.subject_key])
    return about, rows
