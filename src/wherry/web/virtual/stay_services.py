"""What is done about somebody on a virtual ward: onboarding, plan, limits, scale, equipment, reviews.

Each act is one transaction by a named clinician of the provider, with its audit line. Whoever read an older version is
told who was first. Each can be undone: an item unticked, a limit ended or set again, equipment given back.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from wherry.flow.virtual.rules import rules
from wherry.flow.virtual.vitals import words
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.access.models import User
from wherry.web.feed import clock
from wherry.web.virtual import watch
from wherry.web.virtual.common import Refused, clinicians, locked, may, needed, plain, refuse, told
from wherry.web.virtual.models import Asking, Device, PatientLimit, Review, ScaleSet, StayAct, StayState, WardStay


def onboard(*, access: Access, stay_id: int, version: int, item: str, done: bool) -> WardStay:
    """Tick an item of coming on to the ward, or take the tick back."""
    known = {each.code for each in rules().onboarding}
    refuse({} if item in known else {"item": "Choose what was done"})
    with transaction.atomic():
        stay, user = _open(access, stay_id, version)
        if done == (item in stay.onboarding):
            raise Refused({"item": "It is ticked already" if done else "It is not ticked"})
        if done:
            stay.onboarding[item] = {"by": user.display_name, "at": clock.now().isoformat()}
        else:
            del stay.onboarding[item]
        return _done(access, stay, user, "onboarded" if done else "onboarding_undone", detail={"item": item})


def plan(
    *,
    access: Access,
    stay_id: int,
    version: int,
    text: str,
    times: list[str],
    clinician_id: int | None,
    expected_end_on: date | None,
) -> WardStay:
    """Write the personal plan: what is done, when readings are asked for, who is responsible, until when."""
    errors = needed(text, "text", "Write the plan that was agreed with the patient")
    clean = _times(times, errors)
    with transaction.atomic():
        stay, user = _open(access, stay_id, version)
        named = next((each for each in clinicians(stay.provider) if each.pk == clinician_id), None)
        if named is None:
            errors["clinician"] = "Choose the clinician who is responsible"
        refuse(errors)
        stay.plan_text, stay.expected_end_on = plain(text), expected_end_on
        stay.clinician, stay.clinician_name = named, named.display_name[:200] if named else ""
        if clean != stay.times:
            _ask(stay, clean)
        detail = {"times": clean, "clinician": stay.clinician_name}
        return _done(access, stay, user, "planned", text=text, detail=detail)


def set_scale(*, access: Access, stay_id: int, version: int, scale: int, reason: str) -> WardStay:
    """Set the scale by which oxygen saturation is scored from now on: scale 2 by a named clinician, with a reason."""
    errors = needed(reason, "reason", "Say why: scale 2 is for hypercapnic respiratory failure, target 88 to 92%")
    if scale not in (1, 2):
        errors["scale"] = "Choose scale 1 or 2"
    refuse(errors)
    with transaction.atomic():
        stay, user = _open(access, stay_id, version)
        if stay.scale == scale:
            raise Refused({"scale": f"It is scale {scale} already"})
        stay.scale, stay.scale_by_name = scale, user.display_name[:200]
        ScaleSet.objects.create(
            stay=stay, scale=scale, from_at=clock.now(), reason=plain(reason), set_by_name=stay.scale_by_name
        )
        return _done(access, stay, user, "scale_set", text=reason, detail={"scale": scale})


def set_limit(
    *,
    access: Access,
    stay_id: int,
    version: int,
    kind: str,
    lower: float | None = None,
    upper: float | None = None,
    rise: float | None = None,
    rise_days: int | None = None,
    reason: str,
) -> PatientLimit:
    """Set the limits of one kind of reading from now on; those before it end. They judge nothing taken before."""
    refuse(_limit_errors(kind, lower, upper, rise, rise_days) | needed(reason, "reason", "Say why these limits"))
    with transaction.atomic():
        stay, user = _open(access, stay_id, version)
        now = clock.now()
        stay.limits.filter(kind=kind, to_at=None).update(to_at=now)
        made = PatientLimit.objects.create(
            stay=stay, kind=kind, lower=lower, upper=upper, rise=rise, rise_days=rise_days if rise else None,
            from_at=now, reason=plain(reason), set_by_name=user.display_name[:200],
        )  # fmt: skip
        detail = {"kind": kind, "lower": lower, "upper": upper, "rise": rise, "rise_days": rise_days}
        _done(access, stay, user, "limit_set", text=reason, detail=detail)
    return made


def end_limit(*, access: Access, stay_id: int, version: int, kind: str, reason: str) -> WardStay:
    """End the limits of one kind of reading. They stay in the history; setting them again undoes it."""
    refuse(needed(reason, "reason", "Say why they end"))
    with transaction.atomic():
        stay, user = _open(access, stay_id, version)
        if not stay.limits.filter(kind=kind, to_at=None).update(to_at=clock.now()):
            raise Refused({"kind": "There is no such limit"})
        return _done(access, stay, user, "limit_ended", text=reason, detail={"kind": kind})


def give_device(*, access: Access, stay_id: int, version: int, number: str, description: str) -> Device:
    """Give equipment: readings that name its number are this patient's from now on."""
    refuse(needed(number, "number", "Give the number on the equipment"))
    number = plain(number, 60)
    try:
        with transaction.atomic():
            stay, user = _open(access, stay_id, version)
            made = Device.objects.create(
                stay=stay, number=number, words=plain(description, 100), live_device=number, given_at=clock.now()
            )
            _done(access, stay, user, "device_given", detail={"number": number})
    except IntegrityError as error:
        had = Device.objects.select_related("stay").get(live_device=number)
        where = "this patient has it" if had.stay_id == stay_id else f"another patient of {had.stay.provider} has it"
        raise Refused({"number": f"{number} is given out already: {where}. Nothing was recorded"}) from error
    return made


def device_back(*, access: Access, stay_id: int, version: int, number: str) -> WardStay:
    """Record that equipment came back."""
    with transaction.atomic():
        stay, user = _open(access, stay_id, version, ended_too=True)
        if not stay.devices.filter(live_device=number).update(live_device=None, back_at=clock.now()):
            raise Refused({"number": "The patient does not have it"})
        return _done(access, stay, user, "device_back", detail={"number": number})


def review(*, access: Access, stay_id: int, version: int, text: str, next_at: datetime | None = None) -> Review:
    """Record the review that is due: what was found and the plan. The next is due a day later, or when said."""
    now = clock.now()
    errors = needed(text, "text", "Say what you found and what is planned")
    following = next_at or now + timedelta(hours=rules().measures["review_hours"].value)
    if following <= now:
        errors["next_at"] = "The next review must be later than now"
    refuse(errors)
    with transaction.atomic():
        stay, user = _open(access, stay_id, version)
        made = Review.objects.create(
            stay=stay, turn=stay.reviews.count() + 1, due_at=stay.next_review_at or now, done_at=now,
            made_by=user, made_by_name=user.display_name[:200], text=plain(text),
        )  # fmt: skip
        stay.next_review_at = following
        _done(access, stay, user, "reviewed", text=text, detail={"turn": made.turn})
    return made


def undo_review(*, access: Access, stay_id: int, version: int, reason: str) -> WardStay:
    """Take the last review back: it stays in the history, and the review is due again."""
    refuse(needed(reason, "reason", "Say why it is taken back"))
    with transaction.atomic():
        stay, user = _open(access, stay_id, version)
        last = stay.reviews.filter(undone_by_name="").last()
        if last is None:
            raise Refused({"reason": "There is no review to take back"})
        last.undone_by_name = user.display_name[:200]
        last.save(update_fields=["undone_by_name"])
        stay.next_review_at = last.due_at
        return _done(access, stay, user, "review_undone", text=reason, detail={"turn": last.turn})


def note(*, access: Access, stay_id: int, version: int, text: str) -> WardStay:
    """Write a note: a call, a visit, what was agreed."""
    refuse(needed(text, "text", "Write the note before you save it"))
    with transaction.atomic():
        stay, user = _open(access, stay_id, version, ended_too=True)
        return _done(access, stay, user, "noted", text=text)


# --- parts ----------------------------------------------------------------------------------------------------------


def _open(access: Access, stay_id: int, version: int, *, ended_too: bool = False) -> tuple[WardStay, User]:
    stay = locked(stay_id, version)
    user = may(access, Permission.WORK_VIRTUAL, stay.provider)
    if stay.state != StayState.ON and not ended_too:
        raise Refused({"version": f"The patient has left the ward ({stay.get_outcome_display().lower()})"})
    return stay, user


def _done(
    access: Access, stay: WardStay, user: User, kind: str, *, text: str = "", detail: dict[str, Any] | None = None
) -> WardStay:
    """Keep the stay with its act and audit line, and look at its alerts again."""
    stay.version += 1
    stay.save()
    now = clock.now()
    StayAct.objects.create(
        stay=stay, kind=kind, text=plain(text), detail=detail or {},
        made_by=user, made_by_name=user.display_name[:200], made_at=now,
    )  # fmt: skip
    told(access, kind, "virtual_stay", stay.pk, stay.provider, **(detail or {}))
    watch.look(stay, now)
    return stay


def _ask(stay: WardStay, times: list[str]) -> None:
    now = clock.now()
    stay.askings.filter(to_at=None).update(to_at=now)
    Asking.objects.create(stay=stay, times=times, kinds=stay.kinds, from_at=now)
    stay.times = times


def _times(times: list[str], errors: dict[str, str]) -> list[str]:
    found = set()
    for text in times:
        try:
            found.add(f"{time.fromisoformat(text.strip()):%H:%M}")
        except ValueError:
            errors["times"] = f"“{text.strip()[:20]}” is no time of the day: write it as 09:00"
    if len(found) > 24:
        errors["times"] = "Ask for readings at 24 times a day at most"
    return sorted(found)


def _limit_errors(
    kind: str, lower: float | None, upper: float | None, rise: float | None, rise_days: int | None
) -> dict[str, str]:
    vital = rules().vitals.get(kind)
    if vital is None or vital.answers:
        return {"kind": "Choose what is measured"}
    if lower is None and upper is None and rise is None:
        return {"lower": "Give a lower limit, an upper limit, or a rise"}
    errors = {}
    low, high = vital.range
    for name, value in (("lower", lower), ("upper", upper)):
        if value is not None and not (math.isfinite(value) and low <= value <= high):
            errors[name] = f"{vital.words} can be {words(kind, low, '')} to {words(kind, high, '')}"
    if lower is not None and upper is not None and lower >= upper:
        errors["upper"] = "The upper limit must be above the lower one"
    if rise is not None and not (math.isfinite(rise) and 0 < rise <= high - low):
        errors["rise"] = "Give the rise as a number above nothing"
    if rise is not None and (rise_days is None or not 1 <= rise_days <= 31):
        errors["rise_days"] = "Say within how many days, 1 to 31"
    return errors
