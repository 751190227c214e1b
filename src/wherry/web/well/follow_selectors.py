"""Reads about follow-ups: late ones, those that policy would leave to the patient, windows that end, and requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from django.core.exceptions import PermissionDenied

from wherry.waiting import follow_ups
from wherry.waiting.follow_ups import State
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.waiting.frame import Bools
from wherry.web.waiting.naming import names_of
from wherry.web.waiting.selectors import NothingYet
from wherry.web.well import acts, follow_frame
from wherry.web.well.follow_services import FollowUp
from wherry.web.well.models import Agreement, SeeRequest
from wherry.web.well.selectors import FILES

#: The views of the page, with the states that each shows.
VIEWS: dict[str, tuple[str, tuple[State, ...]]] = {
    "late": ("Past their latest date", follow_ups.PAST),
    "will_be_late": ("Booked for after their latest date", (State.WILL_BE_LATE,)),
    "policy": ("Policy would leave to the patient", ()),
    "ending": ("Windows that end soon", (State.PATIENT_ENDING,)),
    "ended": ("Windows that have ended", (State.PATIENT_ENDED,)),
    "open": ("Left to the patient", follow_ups.PATIENT),
    "against": ("Left to the patient against policy", follow_ups.PATIENT),
    "no_date": ("No latest date was given", (State.NO_DATE,)),
}


class FollowUps:
    """Follow-ups as one person may see them, at the trusts where `permission` holds."""

    def __init__(self, access: Access, permission: Permission = Permission.SEE_WELL, *, taking: bool = False) -> None:
        if not access.can(permission):
            raise PermissionDenied(permission.value)
        care = snapshots.current("care")
        if care is None:
            raise NothingYet
        self.access, self.snapshot, self.today = access, care, snapshots.today()
        self.rules = follow_ups.on(self.today)
        self.names = names_of(care)
        self.organisations = access.where(permission) & access.where(Permission.SEE_IDENTITY)
        self.organisations &= access.where(FILES) if taking else self.organisations
        self.frame = follow_frame.frame_of(care, self.today)
        self.scope: Bools = self.frame.organisation.mask(self.organisations)

    def mask(self, view: str, *, trust: str = "", function: str = "", reason: str = "") -> Bools:
        """Rows in scope of one view that fit."""
        mask = self.scope
        if view == "policy":
            mask = mask & self.frame.policy
        else:
            states = np.array(VIEWS[view][1], dtype=np.int8)
            mask = mask & np.isin(self.frame.states, states)
        if view == "against":
            mask = mask & self.frame.reason.mask(follow_ups.NEVER_PATIENT)
        for coded, value in (
            (self.frame.organisation, trust),
            (self.frame.function, function),
            (self.frame.reason, reason),
        ):
            if value:
                mask = mask & coded.mask([value])
        return mask

    def select(self, view: str, **chosen: str) -> Any:
        """Rows of a view, in order: for late ones the risk of the reason, then the longest late."""
        mask = self.mask(view, **chosen)
        return self.frame.order[mask[self.frame.order]]

    def by_trust_and_function(self, view: str, **chosen: str) -> list[dict[str, Any]]:
        """How many of a view, and how long past their date, by trust and treatment function."""
        mask = self.mask(view, **chosen)
        found = np.flatnonzero(mask)
        trusts, functions = self.frame.organisation, self.frame.function
        group = trusts.codes[found].astype(np.int64) * (len(functions.values) + 1) + functions.codes[found]
        out = []
        for code in np.unique(group):
            rows = found[group == code]
            late = self.frame.late[rows]
            out.append(
                {
                    "trust": trusts.values[trusts.codes[rows[0]]],
                    "function": functions.values[functions.codes[rows[0]]],
                    "count": len(rows),
                    "median": float(np.median(late)),
                    "longest": int(late.max()),
                    "freed": len(rows) * (1 - self.rules.expected_to_ask),
                }
            )
        return sorted(out, key=lambda row: (-row["count"], row["trust"], row["function"]))

    def lines(self, rows: Any) -> list[dict[str, Any]]:
        """Rows with names, reason in words, and why they stand where they stand."""
        taken = self.frame.take(np.asarray(rows))
        agreed = agreements(row["follow_up_key"] for row in taken)
        for row in taken:
            reason = self.rules.reason(row["reason"])
            row["reason_words"] = reason.words
            row["why"] = follow_ups.why_here(reason, row["late"]) if row["state"] in follow_ups.PAST else ""
            row["rule"] = self.rules.policy(row["treatment_function"], row["reason"]) if row["policy"] else None
            row["agreed"] = agreed.get(row["follow_up_key"])
        return taken

    def one(self, key: str) -> dict[str, Any] | None:
        """One follow-up in scope, or None."""
        number = self.frame.find(key)
        if number is None or not self.scope[number]:
            return None
        return self.lines(np.array([number]))[0]

    def to_record(self, trust: str = "") -> list[tuple[dict[str, Any], Agreement]]:
        """Agreements that the trust's own system does not show yet: the worklist of its corrections."""
        rows = Agreement.objects.filter(organisation__in=self.organisations)
        if trust:
            rows = rows.filter(organisation=trust)
        standing = agreements(rows.values_list("follow_up_key", flat=True))
        numbers = [(self.frame.find(key), row) for key, row in sorted(standing.items())]
        todo = [
            (number, row)
            for number, row in numbers
            if number is not None and self.scope[number] and self.frame.states[number] not in follow_ups.PATIENT
        ]
        taken = self.lines(np.array([number for number, _ in todo], dtype=np.int64))
        return [(line, row) for line, (_, row) in zip(taken, todo, strict=True)]


def subject(row: dict[str, Any]) -> FollowUp:
    """A follow-up as a write needs it."""
    return FollowUp(
        key=row["follow_up_key"],
        pathway_key=row["pathway_key"],
        person_key=row["person_key"],
        organisation=row["source"],
        treatment_function=row["treatment_function"] or "",
    )


def agreements(keys: Iterable[str]) -> dict[str, Agreement]:
    """The agreement that stands of each follow-up."""
    grouped: dict[str, list[Agreement]] = {}
    for row in Agreement.objects.filter(follow_up_key__in=list(keys)):
        grouped.setdefault(row.follow_up_key, []).append(row)
    found = {key: acts.standing(rows) for key, rows in grouped.items()}
    return {key: row for key, row in found.items() if row is not None}


def of_person(person_key: str, organisations: Iterable[str]) -> list[dict[str, Any]]:
    """The open follow-ups of one person at some trusts."""
    care = snapshots.current("care")
    if care is None:
        return []
    where = frozenset(organisations)
    rules = follow_ups.on(snapshots.today())
    rows = follow_frame.frame_of(care, snapshots.today()).of_person(person_key)
    return [{**row, "reason_words": rules.reason(row["reason"]).words} for row in rows if row["source"] in where]


def open_requests(access: Access, trust: str = "") -> list[SeeRequest]:
    """Requests that nobody has answered, the soonest to be triaged first."""
    rows = SeeRequest.objects.filter(organisation__in=access.where(Permission.SEE_WELL), answer="")
    if trust:
        rows = rows.filter(organisation=trust)
    return list(rows.order_by("triage_due_on", "id"))


def request_counts(access: Access) -> Counter[str]:
    """Open requests by trust."""
    return Counter(row.organisation for row in open_requests(access))
