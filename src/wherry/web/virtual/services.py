"""Referrals to virtual wards: made, accepted into a place, refused with a reason, withdrawn, taken back.

Each is one transaction with its audit line. `refer` is what discharge, the hub and ward pages call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.flow.virtual.criteria import ANSWERS, judge
from wherry.flow.virtual.rules import rules
from wherry.reference import nhs_number
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.access.models import User
from wherry.web.feed import clock
from wherry.web.feed.models import Patient, Visit
from wherry.web.virtual import begin
from wherry.web.virtual.common import Refused, capacity, clinicians, may, needed, plain, refuse, staffed, stamp, told
from wherry.web.virtual.models import Direction, Referral, ReferralState, Source, WardStay

_PERSON = ("nhs_number", "surname", "forename", "birth_date", "sex", "address", "postcode", "gp_practice", "telephone")


@dataclass(frozen=True)
class Person:
    """Whom a referral is about. The surname is needed; so is an NHS number, unless a visit says who it is."""

    surname: str
    forename: str = ""
    nhs_number: str = ""
    birth_date: date | None = None
    sex: str = ""
    address: str = ""
    postcode: str = ""
    gp_practice: str = ""
    telephone: str = ""


def person_of(visit: Visit) -> Person:
    """Whom a visit is about, as the feed has them."""
    patient = (
        Patient.objects.filter(pk=visit.person_key).first() or Patient.objects.filter(pk=visit.patient_key).first()
    )
    if patient is None:
        raise Refused({"person": "The feed has not said who this patient is: wait for it, or refer by NHS number"})
    known = {name: getattr(patient, name) for name in _PERSON if hasattr(patient, name)}
    return Person(**known | {"surname": patient.surname or "Not known"})


def refer(
    *,
    access: Access,
    provider: str,
    pathway: str,
    source: str,
    reason: str,
    answers: Mapping[str, str] | None = None,
    visit_key: str = "",
    person: Person | None = None,
    from_organisation: str = "",
    reference: str | None = None,
) -> Referral:
    """Refer somebody to a provider's virtual ward.

    Step down with `visit_key` of somebody in a ward's bed; step up for anybody else (`person`, or the `visit_key` of
    somebody in the emergency department). `answers` are criteria by code, yes, no or unknown; what is missing is
    unknown. Returns the waiting referral, or the one that waits already under the same `reference`. `Refused` says
    what is missing, or who has referred the same person.
    """
    visit = Visit.objects.filter(pk=visit_key).first() if visit_key else None
    organisation = _from(access, visit, from_organisation, visit_key)
    user = may(access, Permission.REFER_VIRTUAL, organisation)
    if reference and (before := Referral.objects.filter(reference=reference).first()):
        return before
    about = person or (person_of(visit) if visit else Person(""))
    refuse(_wrong(provider, pathway, source, reason, about, visit))
    direction = Direction.STEP_DOWN if source == Source.WARD else Direction.STEP_UP
    values: dict[str, Any] = {
        name: plain(value) if isinstance(value := getattr(about, name), str) else value for name in _PERSON
    }
    values = {name: _fit(name, value) for name, value in values.items()}
    try:
        with transaction.atomic():
            made = Referral.objects.create(
                provider=provider,
                pathway=pathway,
                direction=direction,
                source=source,
                from_organisation=organisation,
                visit_key=visit_key,
                reference=reference,
                reason=plain(reason),
                answers={code: said for code, said in (answers or {}).items() if said in ANSWERS and code in _codes()},
                live_person=about.nhs_number or visit_key,
                **stamp(user),
                **values,
            )
            told(
                access,
                "referred",
                "virtual_referral",
                made.pk,
                provider,
                pathway=pathway,
                source=source,
                visit=visit_key,
            )
    except IntegrityError as error:
        raise Refused({"person": _already(about.nhs_number or visit_key, reference)}) from error
    return made


def accept(
    *,
    access: Access,
    referral_id: int,
    answers: Mapping[str, str],
    clinician_id: int | None,
    version: int,
    now: datetime | None = None,
) -> WardStay:
    """Accept a referral into a free place, by a clinician of the provider; the criteria are judged as they answer them.

    Two people cannot fill one last place: the place is unique in the database, and the second is told who was first.
    """
    at = now or clock.now()
    referral = _mine(access, referral_id)
    user = may(access, Permission.WORK_VIRTUAL, referral.provider)
    named = next((each for each in clinicians(referral.provider) if each.pk == (clinician_id or user.pk)), None)
    said = {**referral.answers, **{code: each for code, each in answers.items() if each in ANSWERS}}
    verdict = judge(referral.pathway, said)
    errors = {} if named else {"clinician": "Choose the clinician who is responsible"}
    if not verdict.suited:
        errors["answers"] = f"{verdict.words} Answer every criterion, or refuse with the reason"
    refuse(errors)
    places = staffed(referral.provider, referral.pathway, clock.today())
    for _ in range(places + 1):
        try:
            with transaction.atomic():
                held = _waiting(referral_id, version)
                free = begin.free_place(held.provider, held.pathway)
                if free is None:
                    raise Refused({"place": _full(held, places)})
                held.answers = {code: each for code, each in said.items() if code in _codes()}
                _decide(held, ReferralState.ACCEPTED, user, verdict.words, at)
                stay = begin.stay(referral=held, place=free, clinician=named, by=user, at=at)
                told(
                    access, "accepted", "virtual_referral", held.pk, held.provider,
                    stay=stay.pk, place=stay.live_place, criteria=held.answers,
                )  # fmt: skip
                return stay
        except IntegrityError:
            if WardStay.objects.filter(live_person=referral.nhs_number or "-").exists():
                raise Refused({"person": "This patient is on a virtual ward already. Nothing was recorded"}) from None
    raise Refused({"place": _full(referral, places)})


def refuse_referral(*, access: Access, referral_id: int, reason: str, version: int) -> Referral:
    """Refuse a referral with its reason, by a clinician of the provider."""
    referral = _mine(access, referral_id)
    user = may(access, Permission.WORK_VIRTUAL, referral.provider)
    refuse(needed(reason, "reason", "Say why, so that the referrer can do what is right for the patient"))
    return _close(access, referral, ReferralState.REFUSED, user, reason, version, "refused")


def withdraw(*, access: Access, referral_id: int, reason: str, version: int) -> Referral:
    """Take a waiting referral back, by who made it or by the provider."""
    referral = _mine(access, referral_id)
    if access.user is None or not _may_withdraw(access, referral):
        raise PermissionDenied(f"withdraw at {referral.provider}")
    refuse(needed(reason, "reason", "Say why it is taken back"))
    return _close(access, referral, ReferralState.WITHDRAWN, access.user, reason, version, "withdrawn")


def reopen(*, access: Access, referral_id: int, reason: str, version: int) -> Referral:
    """Undo a refusal or a withdrawal: the referral waits again."""
    referral = _mine(access, referral_id)
    may(access, Permission.WORK_VIRTUAL, referral.provider)
    refuse(needed(reason, "reason", "Say why it waits again"))
    try:
        with transaction.atomic():
            held = _locked(referral_id, version)
            if held.state not in (ReferralState.REFUSED, ReferralState.WITHDRAWN):
                raise Refused({"version": "It is neither refused nor withdrawn"})
            held.state, held.live_person = ReferralState.WAITING, held.nhs_number or held.visit_key or None
            held.decided_by_name, held.decided_at, held.decided_why = "", None, ""
            held.version += 1
            held.save()
            told(access, "reopened", "virtual_referral", held.pk, held.provider, reason=plain(reason))
    except IntegrityError as error:
        raise Refused({"person": _already(referral.nhs_number or referral.visit_key, None)}) from error
    return held


# --- parts ----------------------------------------------------------------------------------------------------------


def _from(access: Access, visit: Visit | None, given: str, visit_key: str) -> str:
    mine = access.where(Permission.REFER_VIRTUAL)
    if visit_key and (visit is None or visit.organisation not in mine):
        raise PermissionDenied(f"refer from visit {visit_key[:40]}")
    return visit.organisation if visit else given if given in mine else min(mine, default="")


def _wrong(provider: str, pathway: str, source: str, reason: str, about: Person, visit: Visit | None) -> dict[str, str]:
    errors = needed(reason, "reason", "Say why acute care is needed, and what you ask for")
    if pathway not in rules().pathways:
        errors["pathway"] = "Choose the pathway"
    elif not capacity().of(provider, pathway):
        errors["provider"] = "Choose a provider that has places on this pathway"
    if source not in Source.values:
        errors["source"] = "Choose who refers"
    if source == Source.WARD and (visit is None or visit.standing != "in_bed"):
        errors["source"] = "A ward refers somebody who is in one of its beds: open the referral from the patient"
    if not about.surname.strip():
        errors["surname"] = "Give the surname"
    if visit is None and about.nhs_number and not nhs_number.is_valid(about.nhs_number):
        errors["nhs_number"] = "This is no valid NHS number"
    if not about.nhs_number and visit is None:
        errors["nhs_number"] = "Give the NHS number: readings are matched by it"
    return errors


def _codes() -> set[str]:
    return {each.code for each in rules().criteria}


def _fit(name: str, value: Any) -> Any:
    at_most = getattr(Referral._meta.get_field(name), "max_length", None)
    return value[:at_most] if isinstance(value, str) else value


def _already(person: str, reference: str | None) -> str:
    before = Referral.objects.filter(live_person=person).first()
    if before is None:
        return f"The reference {reference} is known already. Nothing was recorded: try again"
    return (
        f"{before.made_by_name} has referred this patient to {before.provider} "
        f"({rules().pathways[before.pathway].words.lower()}): it waits for an answer. Nothing was recorded"
    )


def _mine(access: Access, pk: int) -> Referral:
    referral = Referral.objects.get(pk=pk)
    mine = access.where(Permission.SEE_VIRTUAL)
    if referral.provider not in mine and not _may_withdraw(access, referral):
        raise PermissionDenied(f"referral {pk}")
    return referral


def _may_withdraw(access: Access, referral: Referral) -> bool:
    own = access.user is not None and referral.made_by_id == access.user.pk
    return own or access.can_at(Permission.WORK_VIRTUAL, referral.provider)


def _locked(pk: int, version: int) -> Referral:
    held = Referral.objects.select_for_update(of=("self",)).get(pk=pk)
    if held.version != version:
        who = f"{held.decided_by_name} has {held.state} it" if held.decided_by_name else "It changed"
        raise Refused({"version": f"{who} while you were writing. Nothing was recorded: look again"})
    return held


def _waiting(pk: int, version: int) -> Referral:
    held = _locked(pk, version)
    if held.state != ReferralState.WAITING:
        raise Refused({"version": f"It is {held.state} already. Nothing was recorded"})
    return held


def _decide(held: Referral, state: str, user: User, why: str, at: datetime) -> None:
    held.state, held.live_person = state, None
    held.decided_by_name, held.decided_at, held.decided_why = user.display_name[:200], at, plain(why)
    held.version += 1
    held.save()


def _close(
    access: Access, referral: Referral, state: str, user: User, reason: str, version: int, action: str
) -> Referral:
    with transaction.atomic():
        held = _waiting(referral.pk, version)
        _decide(held, state, user, reason, clock.now())
        told(access, action, "virtual_referral", held.pk, held.provider, reason=plain(reason, 500))
    return held


def _full(referral: Referral, places: int) -> str:
    last = WardStay.objects.filter(provider=referral.provider, pathway=referral.pathway).order_by("-began_at").first()
    if not places or last is None:
        return "No place is staffed on this pathway. Nothing was recorded"
    took = last.acts.filter(kind="began").first()
    who = took.made_by_name if took else "somebody"
    return (
        f"All {places} places are filled; the last was filled by {who}. Nothing was recorded: the referral still waits"
    )
