"""Everything about one pathway, for somebody who may open it: the snapshot's rows and what people have decided."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied

from wherry.web.access import Permission
from wherry.web.waiting import rules
from wherry.web.waiting.lookup import Lookup, Scan, lookup_of
from wherry.web.waiting.models import Note, ValidationCase, ValidationDecision
from wherry.web.waiting.overlay import findings_of
from wherry.web.waiting.selectors import WaitingList
from wherry.web.waiting.services import Clock

#: Other pathways of a person that a page looks up; somebody with more is shown the first ones and told so.
OTHERS_AT_MOST = 20
Row = dict[str, Any]


@dataclass(frozen=True)
class Other:
    """Another pathway of the same person, at an organisation in scope."""

    key: str
    organisation: str
    treatment_function: str | None
    referral_received_on: date | None
    is_open: bool
    clock_start: date | None


@dataclass(frozen=True)
class OpenedPathway:
    """One pathway as its page needs it. `row` is its place on the list, or None if no clock is open."""

    key: str
    organisation: str
    pathway: Row
    row: Row | None
    identity: Row
    person: Row
    events: list[Row]
    periods: list[Row]
    entries: list[Row]
    appointments: list[Row]
    findings: list[Row]
    others: list[Other]
    elsewhere: dict[str, int]
    clock: Clock | None
    case: ValidationCase | None
    decisions: list[ValidationDecision] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def version(self) -> int:
        """The version of the case that a decision must name."""
        return self.case.version if self.case else 0

    @property
    def standing(self) -> ValidationDecision | None:
        """The decision that stands."""
        return rules.standing(self.decisions)


def find(listing: WaitingList, key: str) -> OpenedPathway | None:
    """The pathway, or None if there is none of that key in the person's scope.

    Raises `PermissionDenied` for anybody who may not open pathways at all.
    """
    access = listing.access
    if not listing.identified or not access.can(Permission.OPEN_PATHWAY):
        raise PermissionDenied(Permission.OPEN_PATHWAY.value)
    look = lookup_of(listing.snapshot)
    found = look.rows("pathway", "pathway_key", key)
    if not found:
        return None
    pathway = found[0]
    row = listing.row(key)
    periods = sorted(look.rows("rtt_period", "pathway_key", key), key=lambda p: p["period"])
    organisation = _responsible(row, periods, pathway)
    if not access.can_at(Permission.OPEN_PATHWAY, organisation) or organisation not in listing.organisations:
        return None
    identities = look.rows("person_identity", "person_key", pathway["person_key"])
    identity = next((i for i in identities if i["identity_key"] == pathway["identity_key"]), None)
    people = look.rows("person", "person_key", pathway["person_key"])
    findings = _findings(look, key, pathway["identity_key"])
    others, elsewhere = _others(listing, look, pathway)
    case = None
    decisions: list[ValidationDecision] = []
    clock = clock_of(listing, row, organisation) if row else None
    if clock is not None:
        case = ValidationCase.objects.filter(pathway_key=key, period=clock.period).first()
        decisions = list(case.decisions.select_related("asked_of", "undoes")) if case else []
    return OpenedPathway(
        key=key,
        organisation=organisation,
        pathway=pathway,
        row=row,
        identity=identity or {},
        person=people[0] if people else {},
        events=sorted(look.rows("pathway_event", "pathway_key", key), key=lambda e: (e["event_on"], e["source_row"])),
        periods=periods,
        entries=look.rows("list_entry", "pathway_key", key),
        appointments=sorted(look.rows("appointment", "pathway_key", key), key=lambda a: a["booked_for"]),
        findings=findings,
        others=others,
        elsewhere=elsewhere,
        clock=clock,
        case=case,
        decisions=decisions,
        notes=list(Note.objects.filter(pathway_key=key)),
    )


def _responsible(row: Row | None, periods: list[Row], pathway: Row) -> str:
    if row is not None:
        return str(row["organisation"])
    last = periods[-1]["organisation"] if periods else None
    return str(last or pathway["source"])


def clock_of(listing: WaitingList, row: Row, organisation: str | None = None) -> Clock:
    """The open clock of a row of the list, with the evidence that a decision about it rests on."""
    key = row["pathway_key"]
    found = findings_of(listing.snapshot).of([key])[key]
    return Clock(
        pathway_key=key,
        period=row["period"],
        organisation=organisation or row["organisation"],
        treatment_function=row["treatment_function"] or "",
        clock_start=row["clock_start"],
        evidence=rules.Evidence(found, row["last_event_on"]),
        snapshot_id=listing.snapshot.id,
    )


def _findings(look: Lookup | Scan, key: str, identity_key: str) -> list[Row]:
    found = look.rows("quality_finding", "pathway_key", key)
    about_person = look.rows("quality_finding", "identity_key", identity_key)
    rows = {(f["rule"], f["subject_key"]): f for f in [*found, *about_person]}
    mine = [f for f in rows.values() if f["pathway_key"] in (key, None) or f["subject_key"] == identity_key]
    order = {"high": 0, "medium": 1, "low": 2}
    return sorted(mine, key=lambda f: (order[f["severity"]], f["rule"]))


def _others(listing: WaitingList, look: Lookup | Scan, pathway: Row) -> tuple[list[Other], dict[str, int]]:
    """The person's other pathways: in scope with their service; elsewhere in the group, only how many are open where.

    That a person waits at another hospital too is something that whoever plans their care needs to know (Caldicott 7);
    what for is not.
    """
    shown: list[Other] = []
    elsewhere: Counter[str] = Counter()
    rows = look.rows("pathway", "person_key", pathway["person_key"])
    rows = [row for row in rows if row["pathway_key"] != pathway["pathway_key"]]
    frame = listing.frame
    for row in rows[:OTHERS_AT_MOST]:
        key = row["pathway_key"]
        number = frame.find(key)
        place = frame.take_one(number) if number is not None else None
        organisation = str(place["organisation"] if place else row["source"])
        if organisation in listing.organisations:
            shown.append(
                Other(
                    key=key,
                    organisation=organisation,
                    treatment_function=place["treatment_function"] if place else row["treatment_function"],
                    referral_received_on=row["referral_received_on"],
                    is_open=place is not None,
                    clock_start=place["clock_start"] if place else None,
                )
            )
        elif place is not None:
            elsewhere[organisation] += 1
    shown.sort(key=lambda other: (not other.is_open, other.referral_received_on or date.min))
    return shown, dict(elsewhere)
