"""What follows from decisions: corrections for the trusts' own systems, and many confirmations at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from wherry.web.access import audit
from wherry.web.access.access import Access
from wherry.web.waiting import rules, services
from wherry.web.waiting.models import Kind, State, ValidationCase
from wherry.web.waiting.overlay import CORRECTED, NEWS, OFF
from wherry.web.waiting.pathway import clock_of
from wherry.web.waiting.queue import Queue

#: Most rows that are confirmed together: as many as somebody can read through.
BULK_AT_MOST = 50
HEADER = (
    "Trust",
    "Pathway",
    "Clock",
    "Hospital number",
    "NHS number",
    "Surname",
    "Forename",
    "Clock start in the record",
    "What the record should say",
    "Status",
    "Date",
    "Evidence",
    "Reason",
    "Decided by",
    "Role",
    "Decided on",
    "New evidence since",
)


def _open_corrections(found: Queue) -> list[tuple[dict[str, Any], ValidationCase]]:
    wanted = (State.CORRECTED, State.TAKEN_OFF)
    cases = ValidationCase.objects.filter(state__in=wanted)
    by_key = {case.pathway_key: case for case in cases.select_related("standing")}
    rows = [
        number
        for number, case in found.listing.overlay.cases.items()
        if case.pathway_key in by_key and case.state in (CORRECTED, OFF, NEWS) and found.scope[number]
    ]
    return [(row, by_key[row["pathway_key"]]) for row in map(found.listing.frame.take_one, sorted(rows))]


def counts(found: Queue) -> dict[str, int]:
    """Corrections still to be made, by trust. One that the trust has made closes in its next extract and is gone."""
    return dict(sorted(Counter(row["organisation"] for row, _ in _open_corrections(found)).items()))


def rows(found: Queue, trusts: Sequence[str]) -> list[list[Any]]:
    """The worklist of some trusts, one row a correction."""
    out = []
    for row, case in _open_corrections(found):
        d = case.standing
        if row["organisation"] not in trusts or d is None:
            continue
        news = found.listing.overlay.cases[found.listing.frame.find(row["pathway_key"]) or 0].news
        out.append(
            [
                row["organisation"],
                row["pathway_key"].partition(":")[2],
                row["period"],
                row["identity_key"].partition(":")[2],
                row["nhs_number"],
                row["surname"],
                row["forename"],
                row["clock_start"],
                rules.correction_words(d.correction, d.stop_status, d.stop_on, d.start_on),
                d.stop_status,
                d.stop_on or d.start_on,
                d.evidence,
                d.reason,
                d.made_by_name,
                d.made_by_roles.replace("_", " "),
                d.made_on,
                bool(news),
            ]
        )
    return out


def record_export(access: Access, trusts: Sequence[str], count: int) -> None:
    """Log that a worklist was taken out."""
    audit.record(
        access=access,
        action="corrections.exported",
        subject_kind="list",
        subject_key=",".join(trusts),
        detail={"rows": count, "identified": True},
    )


def reasons(keys: Sequence[str]) -> dict[str, str]:
    """What was asked of the clinicians, by pathway."""
    cases = ValidationCase.objects.filter(pathway_key__in=list(keys), state=State.ASKED).select_related("standing")
    return {case.pathway_key: case.standing.reason for case in cases if case.standing}


def versions(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The version of the case of each row's open clock; 0 where nobody has decided."""
    found = {row["pathway_key"]: 0 for row in rows}
    periods = {row["pathway_key"]: row["period"] for row in rows}
    for case in ValidationCase.objects.filter(pathway_key__in=list(found)):
        if case.period == periods[case.pathway_key]:
            found[case.pathway_key] = case.version
    return found


@transaction.atomic
def confirm_many(*, access: Access, found: Queue, ticked: Sequence[str], reason: str, weeks: int | None) -> int:
    """Confirm each ticked `version:pathway` that is still in the queue: all, or none if one was decided meanwhile."""
    if not ticked:
        raise services.Refused({"pathway": "Tick at least one pathway"})
    if len(ticked) > BULK_AT_MOST:
        raise services.Refused({"pathway": f"Confirm at most {BULK_AT_MOST} together"})
    answer = services.Answer(kind=Kind.CONFIRM, reason=reason, weeks=weeks)
    done = 0
    for item in ticked:
        version, _, key = item.partition(":")
        row = found.listing.row(key)
        if (
            row is None
            or not version.isascii()
            or not version.isdigit()
            or row["organisation"] not in found.organisations
        ):
            raise services.Refused(
                {"pathway": "One of the pathways is not on the list any more: look at the list again"}
            )
        services.decide(
            access=access,
            clock=clock_of(found.listing, row),
            expected_version=int(version),
            answer=answer,
            today=found.listing.today,
            bulk=True,
        )
        done += 1
    return done
