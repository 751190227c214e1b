"""How somebody leaves a virtual ward: a bed asked for, discharge with a plan, return, and a later admission linked."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.flow.virtual.rules import rules
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.access.models import User
from wherry.web.components.formats import day, nhs_number, person_name
from wherry.web.feed import changes, clock
from wherry.web.feed.models import Patient, Visit
from wherry.web.virtual import begin
from wherry.web.virtual.common import Refused, locked, may, needed, plain, refuse
from wherry.web.virtual.models import BedRequest, Outcome, StayState, WardStay
from wherry.web.virtual.stay_services import _done, _open


def ask_for_bed(
    *, access: Access, stay_id: int, version: int, organisation: str, level: str, reason: str
) -> BedRequest:
    """Ask the site managers of a trust for a hospital bed. The patient stays on the ward until the bed is there."""
    errors = needed(reason, "reason", "Say why a bed is needed, and what must be ready")
    if organisation not in trusts():
        errors["organisation"] = "Choose the trust that is asked"
    if level not in rules().levels:
        errors["level"] = "Choose how urgent it is"
    refuse(errors)
    try:
        with transaction.atomic():
            stay, user = _open(access, stay_id, version)
            made = BedRequest.objects.create(
                stay=stay, live_stay=stay.pk, organisation=organisation, level=level, reason=plain(reason),
                made_at=clock.now(), made_by_name=user.display_name[:200],
            )  # fmt: skip
            _done(access, stay, user, "bed_asked", text=reason, detail={"organisation": organisation, "level": level})
            changes.touch([organisation])
    except IntegrityError as error:
        before = BedRequest.objects.get(live_stay=stay_id)
        raise Refused(
            {"version": f"{before.made_by_name} has asked for a bed already. Nothing was recorded"}
        ) from error
    return made


def end_bed_request(*, access: Access, stay_id: int, arranged: bool, why: str) -> BedRequest:
    """Say that the bed is arranged (site manager or ward), or that it is no longer needed (ward only)."""
    refuse(needed(why, "why", "Say which bed, or why none is needed"))
    with transaction.atomic():
        stay = locked(stay_id)
        request = BedRequest.objects.filter(live_stay=stay_id).first()
        if request is None:
            raise Refused({"why": "No bed is asked for: somebody has ended the request already"})
        user = _may_end_request(access, request, stay, arranged)
        request.state, request.live_stay = "arranged" if arranged else "withdrawn", None
        request.ended_at, request.ended_by_name = clock.now(), user.display_name[:200]
        request.ended_why = plain(why, 300)
        request.save()
        kind = "bed_arranged" if arranged else "bed_withdrawn"
        _done(access, stay, user, kind, text=why, detail={"organisation": request.organisation})
        changes.touch([request.organisation])
    return request


def end(
    *, access: Access, stay_id: int, version: int, outcome: str, to_whom: str, follow_up: str, plan: str, sure: bool
) -> WardStay:
    """End a stay. With a plan: to whom care passes, what follow-up, and the plan, from which the letter is made.

    Asks twice (`sure`), and says what stands against it: open alerts and equipment that is out stay to be done.
    """
    errors: dict[str, str] = {}
    if outcome not in Outcome.values:
        errors["outcome"] = "Choose how the stay ends"
    errors |= needed(plan, "plan", "Write the plan, or what happened")
    if outcome == Outcome.PLAN:
        errors |= needed(to_whom, "to_whom", "Say who takes over")
        errors |= needed(follow_up, "follow_up", "Say what follow-up is arranged, or that none is needed")
    if not sure:
        errors["sure"] = "Tick that you are sure: the place is given up"
    refuse(errors)
    with transaction.atomic():
        stay, user = _open(access, stay_id, version)
        if open_alerts := stay.alerts.filter(is_open=True, merged_into=None).count():
            raise Refused({"outcome": f"{open_alerts} alerts are not answered: answer them first"})
        stay.state, stay.live_place, stay.live_person = StayState.ENDED, None, None
        stay.ended_at, stay.outcome, stay.ended_by_name = clock.now(), outcome, user.display_name[:200]
        stay.next_review_at = None
        stay.letter = letter(stay, plain(to_whom), plain(follow_up), plain(plan), user) if outcome == "plan" else ""
        BedRequest.objects.filter(live_stay=stay.pk).update(
            state="arranged" if outcome == Outcome.BED else "withdrawn", live_stay=None, ended_at=stay.ended_at,
            ended_by_name=stay.ended_by_name, ended_why=f"The stay ended: {stay.get_outcome_display()}",
        )  # fmt: skip
        stay.askings.filter(to_at=None).update(to_at=stay.ended_at)
        return _done(access, stay, user, "left", text=plan, detail={"outcome": outcome})


def letter(stay: WardStay, to_whom: str, follow_up: str, plan: str, by: User) -> str:
    """The letter to the GP and the patient, as text."""
    pathway = rules().pathways[stay.pathway].words.lower()
    days = ((stay.ended_at or clock.now()).date() - stay.began_at.date()).days
    return (
        f"{person_name(stay.surname, stay.forename)}, born {day(stay.birth_date)}, NHS number "
        f"{nhs_number(stay.nhs_number)}\nGP practice: {stay.gp_practice or 'not known'}\n\n"
        f"On the virtual ward ({pathway}) from {day(stay.began_at)} to {day(stay.ended_at)}, {days} days.\n\n"
        f"Care passes to: {to_whom}\n\nFollow-up: {follow_up}\n\nPlan: {plan}\n\n{by.display_name}"
    )


def back_on_ward(*, access: Access, stay_id: int, version: int, reason: str) -> WardStay:
    """Undo the end of a stay: the patient has their place back, if it is still free, or another that is."""
    refuse(needed(reason, "reason", "Say why the patient is back"))
    try:
        with transaction.atomic():
            stay, user = _open(access, stay_id, version, ended_too=True)
            if stay.state == StayState.ON:
                raise Refused({"version": "The patient is on the ward"})
            free = begin.free_place(stay.provider, stay.pathway, but_first=stay.place)
            if free is None:
                raise Refused({"version": "All places are filled. Nothing was recorded: refer again"})
            stay.place = free
            stay.live_place = f"{stay.provider}|{stay.pathway}|{stay.place}"
            stay.live_person = stay.nhs_number or stay.referral.visit_key or None
            was = stay.outcome
            stay.state, stay.ended_at, stay.outcome, stay.ended_by_name, stay.letter = StayState.ON, None, "", "", ""
            stay.next_review_at = clock.now()
            last = stay.askings.last()
            if last is not None:
                last.pk, last.from_at, last.to_at = None, clock.now(), None
                last.save(force_insert=True)
            return _done(access, stay, user, "back", text=reason, detail={"was": was})
    except IntegrityError as error:
        raise Refused(
            {"version": "The patient or the place is taken on a virtual ward. Nothing was recorded"}
        ) from error


def link_readmission(*, access: Access, stay_id: int, version: int, visit_key: str) -> WardStay:
    """Link a hospital admission of the same person within 30 days of leaving, or take the link off (no visit)."""
    with transaction.atomic():
        stay, user = _open(access, stay_id, version, ended_too=True)
        if visit_key and visit_key not in {visit.key for visit in readmissions(stay)}:
            raise Refused({"visit": "That is no admission of this patient within 30 days of leaving"})
        stay.readmitted_visit_key = visit_key
        return _done(
            access,
            stay,
            user,
            "readmission_linked" if visit_key else "readmission_unlinked",
            detail={"visit": visit_key},
        )


def readmissions(stay: WardStay) -> list[Visit]:
    """Admissions that the feed knows of the same person (NHS number and birth date) within 30 days of leaving."""
    if stay.ended_at is None or not stay.nhs_number:
        return []
    until = stay.ended_at + timedelta(days=rules().measures["readmitted_days"].value)
    people = Patient.objects.filter(nhs_number=stay.nhs_number, birth_date=stay.birth_date)
    keys = list(people.values_list("key", flat=True))
    found = Visit.objects.filter(person_key__in=keys, admitted_at__gt=stay.ended_at, admitted_at__lte=until)
    return list(found.exclude(standing__in=("cancelled", "booked")).order_by("admitted_at"))


def trusts() -> tuple[str, ...]:
    """Trusts that have beds to ask for."""
    from wherry.reference.system import load
    from wherry.web.planning.scenario_selectors import system_name

    return load(system_name()).trusts


# --- parts ----------------------------------------------------------------------------------------------------------


def _may_end_request(access: Access, request: BedRequest, stay: WardStay, arranged: bool) -> User:
    if access.user is not None and arranged and access.can_at(Permission.PLACE_PATIENTS, request.organisation):
        return access.user
    if access.user is None or not access.can_at(Permission.WORK_VIRTUAL, stay.provider):
        raise PermissionDenied(f"bed request of {stay.provider}")
    return may(access, Permission.WORK_VIRTUAL, stay.provider)
