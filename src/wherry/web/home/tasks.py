"""What waits for one reader in the rooms of elective work: counts, each with the list behind it.

Only what the reader can do something about is counted. Before the first snapshot nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.urls import reverse

from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.cancer.selectors import CancerList
from wherry.web.discharge import escalations, own
from wherry.web.discharge import selectors as leaving
from wherry.web.emergency.models import ActionState, OwedAction
from wherry.web.feed import clock
from wherry.web.offers import selectors as offers
from wherry.web.offers.models import State
from wherry.web.unplanned import selectors as calls
from wherry.web.virtual import selectors as virtual
from wherry.web.well import follow_selectors, form_selectors
from wherry.web.well.selectors import RiskList


@dataclass(frozen=True)
class Task:
    """One thing to work through. `words` completes the number; `late` marks what is past its time."""

    title: str
    number: int
    words: str
    href: str
    late: bool = False


def tasks(access: Access, today: date) -> list[Task]:
    """What waits for a reader, in the order of the care it is about: harm first, then cancer, then offers."""
    return [
        *_calls(access),
        *_virtual(access),
        *_discharge(access),
        *_escalation(access),
        *_well(access, today),
        *_cancer(access),
        *_offers(access, today),
    ]


def _calls(access: Access) -> Iterator[Task]:
    if not access.can(Permission.SEE_CALLS):
        return
    board = calls.board(access, clock.now())
    here = reverse("unplanned:board")
    if access.can(Permission.ANSWER_CALLS):
        waiting = len(board.answer)
        yield Task("Calls to answer", waiting, "offered to the hub", here, waiting > 0)
        yield Task("Calls to send somebody to", len(board.send), "accepted, nobody on the way", here)
    if access.can(Permission.OFFER_CALLS):
        back = len(board.back) + len(board.take_back)
        yield Task("Calls that came back", back, "refused, not answered in time, or handed back", here, back > 0)


def _virtual(access: Access) -> Iterator[Task]:
    if access.can(Permission.WORK_VIRTUAL):
        waits = virtual.waits(access)
        board = reverse("virtual:board")
        yield Task("Alerts to answer", waits.alerts, f"on virtual wards; {waits.late:,} late", board, waits.late > 0)
        yield Task("Virtual ward reviews due", waits.reviews, "patients", board + "#reviews", waits.reviews > 0)
        referrals = reverse("virtual:referrals")
        yield Task("Referrals to virtual wards", waits.referrals, "that wait for an answer", referrals)
        yield Task("Readings to look at", waits.readings, "that cannot be used yet", reverse("virtual:readings"))
    if access.can(Permission.PLACE_PATIENTS) and (asked := virtual.bed_requests(access).count()):
        yield Task("Beds for virtual ward patients", asked, "asked for", reverse("virtual:board") + "#beds", True)


def _escalation(access: Access) -> Iterator[Task]:
    where = access.where(Permission.DECLARE_ESCALATION)
    if where:
        owed = OwedAction.objects.filter(organisation__in=where, state=ActionState.OPEN)
        late = owed.filter(due_at__lt=clock.now()).count()
        words = f"that a declared level asks for; {late:,} past their time"
        yield Task("Escalation actions owed", owed.count(), words, reverse("emergency:escalation") + "#owed", late > 0)


def _discharge(access: Access) -> Iterator[Task]:
    escalations.sweep()
    if asked := [one for one in escalations.mine(access) if one.acknowledged_at is None]:
        yield Task("Delays escalated to you", len(asked), "to acknowledge", reverse("discharge:escalations"), True)
    if access.can(Permission.SEE_DISCHARGE):
        ready = leaving.ready(access.where(Permission.SEE_DISCHARGE)).count()
        yield Task("Ready to leave hospital", ready, "patients who meet no criteria", reverse("discharge:list"))
    elif access.can(Permission.DO_OWN_TASKS):
        late, to_do = own.counts(access.where(Permission.DO_OWN_TASKS))
        yield Task("Our discharge tasks", to_do, f"to do; {late:,} late", reverse("discharge:mine"), late > 0)


def _well(access: Access, today: date) -> Iterator[Task]:
    if access.can(Permission.REVIEW_HARM):
        due = int(RiskList(access).mask(due=True).sum())
        yield Task(
            "Reviews of harm due", due, "patients beyond 52 weeks, or day 104 with cancer", reverse("well:due"), due > 0
        )
        answered = len(form_selectors.results(access, "review"))
        yield Task("Questionnaires to look at", answered, "answers that need a clinician", reverse("well:results"))
    if access.can(Permission.SEE_WELL):
        asked = follow_selectors.open_requests(access)
        late = sum(request.triage_due_on < today for request in asked)
        words = f"patients who asked to be seen; {late:,} past the day of their answer"
        yield Task("Asked to be seen", len(asked), words, reverse("well:requests"), late > 0)


def _cancer(access: Access) -> Iterator[Task]:
    if not access.can(Permission.SEE_CANCER):
        return
    listing = CancerList(access)
    tracked: Any = listing.scope & listing.frame.tracked
    over = int((tracked & np.isin(listing.frame.bands, [2, 3])).sum())
    yield Task(
        "Cancer: beyond day 62",
        over,
        "patients who are still tracked",
        reverse("cancer:list") + "?band=2&band=3",
        over > 0,
    )


def _offers(access: Access, today: date) -> Iterator[Task]:
    if access.can(Permission.AGREE_MOVES):
        yield Task(
            "Moves to agree",
            offers.to_agree(access).count(),
            "that wait for a clinician",
            reverse("offers:agree_queue"),
        )
    if access.can(Permission.TAKE_CALLS):
        yield Task("Calls to make", offers.to_call(access, today).count(), "about an offer", reverse("offers:calls"))
    if access.can(Permission.MAKE_OFFERS):
        agreed = offers.standing(offers.scoped(access), State.AGREED, today).count()
        yield Task(
            "Offers to make", agreed, "agreed by a clinician", reverse("offers:worklist") + f"?state={State.AGREED}"
        )
        accepted = offers.standing(offers.scoped(access), State.ACCEPTED, today).count()
        yield Task(
            "Patients to transfer",
            accepted,
            "who accepted an offer",
            reverse("offers:worklist") + f"?state={State.ACCEPTED}",
        )
