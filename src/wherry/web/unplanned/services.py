"""What people do with calls. Each act is one transaction with its audit line, on the version that the person saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.flow.unplanned.screen import is_open
from wherry.flow.unplanned.settings import Settings
from wherry.flow.unplanned.standing import ALLOWED, Act, Standing, standing, why_not
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.feed import changes, clock
from wherry.web.unplanned import rules, selectors
from wherry.web.unplanned.models import Call, CallAct

WORDS_AT_MOST = 4000
#: Where calls come from, in words.
SOURCES = {"999": "999", "111": "111", "gp": "a general practice", "care_home": "a care home", "other": "somebody else"}
#: Which list of the settings an act's code comes from, and what to say without one.
_CODES = {
    "dispatch": ("services", "Choose who is sent"),
    "refuse": ("refusals", "Choose the reason, so that the ambulance service knows"),
    "hand_back": ("refusals", "Choose the reason, so that the ambulance service knows"),
    "close": ("outcomes", "Choose how it ended"),
}


class Refused(UserError):
    """An act that cannot be done as it was sent. `errors` says why, field by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class NewCall:
    """A call as somebody enters it. Signs: true, false, or None where it was not asked."""

    source: str
    incident: str
    category: str = ""
    condition: str = ""
    story: str = ""
    surname: str = ""
    forename: str = ""
    birth_date: date | None = None
    age: int | None = None
    sex: str = ""
    nhs_number: str = ""
    address: str = ""
    postcode: str = ""
    telephone: str = ""
    called_at: datetime | None = None
    signs: Mapping[str, bool | None] = field(default_factory=dict)


@transaction.atomic
def enter(*, access: Access, organisation: str, new: NewCall) -> Call:
    """Put a call into the ambulance service's own stack. Nothing is offered by this. Raises `Refused`."""
    if not access.can_at(Permission.OFFER_CALLS, organisation):
        raise PermissionDenied(Permission.OFFER_CALLS.value)
    made = make(organisation, new, access.user.display_name if access.user else "")
    audit.record(
        access=access,
        action="call.entered",
        subject_kind="call",
        subject_key=str(made.pk),
        organisation=organisation,
        detail={"incident": made.incident, "category": made.category},
    )
    changes.touch([made.from_organisation])
    return made


def make(organisation: str, new: NewCall, by: str) -> Call:
    known = selectors.settings()
    errors = {}
    now = clock.now()
    if new.source not in SOURCES:
        errors["source"] = "Choose where the call came from"
    if not new.incident.strip():
        errors["incident"] = "Give the number of the incident"
    if new.nhs_number and (len(new.nhs_number) != 10 or not new.nhs_number.isdigit()):
        errors["nhs_number"] = "An NHS number has ten digits"
    if new.age is not None and not 0 <= new.age <= 120:
        errors["age"] = "Give an age between 0 and 120"
    if new.birth_date and new.birth_date > now.date():
        errors["birth_date"] = "The birth date is to come"
    if new.called_at and new.called_at > now + timedelta(minutes=5):
        errors["called_at"] = "The call is to come"
    if errors:
        raise Refused(errors)
    hub = next(iter(known.hubs.values()))
    values = {
        name: _fit(getattr(new, name), getattr(Call._meta.get_field(name), "max_length", None) or WORDS_AT_MOST)
        for name in (
            *("source", "incident", "category", "condition", "story", "surname", "forename", "sex", "nhs_number"),
            *("address", "postcode", "telephone"),
        )
    }
    try:
        with transaction.atomic():
            return Call.objects.create(
                **values,
                from_organisation=organisation,
                to_organisation=hub.organisation,
                called_at=new.called_at or now,
                birth_date=new.birth_date,
                age=new.age,
                signs=dict(new.signs),
                entered_by_name=by[:200],
                changed_at=now,
            )
    except IntegrityError:
        words = f"Incident {new.incident.strip()} is here already: look for it on the board"
        raise Refused({"incident": words}) from None


def _fit(text: str, most: int) -> str:
    return " ".join(text.replace("\x00", "").split())[:most] if most <= 300 else text.replace("\x00", "").strip()[:most]


@transaction.atomic
def do(
    *,
    access: Access,
    call_id: int,
    act: Act,
    version: int,
    code: str = "",
    words: str = "",
    happened_at: datetime | None = None,
    signs: Mapping[str, bool | None] | None = None,
    overrule: bool = False,
) -> Call:
    """Do one act on a call. Raises `PermissionDenied`, or `Refused` with what stands in the way.

    The second of two people who act on one version is told what the first did. `signs` may come with an offer: what was
    asked in the meantime. `overrule` offers a call against what the screen says, with a reason in `words`.
    """
    call = Call.objects.select_for_update().get(pk=call_id)
    acts = list(call.acts.order_by("sequence"))
    now = clock.now()
    at = standing(selectors.dones(acts), now)
    if version != call.version:
        said = f"{acts[-1].made_by_name} was first: {WORDS[acts[-1].act].lower()}. " if acts else ""
        raise Refused({"act": f"Nothing was changed. {said}Look again before you act"})
    side = ALLOWED[act][0] if act != "undo" else rules.undo_side(last_standing(acts))
    if side is None:
        raise Refused({"act": "The last act cannot be undone: it moved responsibility, or there is none"})
    if not rules.may(access, call, side):
        raise PermissionDenied(rules.NEEDS[side].value)
    known = selectors.settings()
    if act != "undo" and (why := why_not(at, act)):
        raise Refused({"act": f"Nothing was changed. {why}"})
    if act in ("refuse", "offer", "hand_back") and signs:
        call.signs = {**call.signs, **signs}
    errors = _errors(act, code, words, happened_at, at, now, known)
    deadline = None
    if act == "offer":
        errors |= _offer_errors(call, known, now, overrule, words)
        deadline = now + timedelta(minutes=known.minutes(now.date()))
    if errors:
        raise Refused(errors)
    return _record(access, call, acts, act, rules.organisation(call, side), now, deadline, code, words, happened_at)


#: What each act is called in the history.
WORDS = {
    "offer": "Offered to the community",
    "accept": "Accepted: the hub is responsible",
    "refuse": "Refused",
    "withdraw": "Offer withdrawn",
    "dispatch": "Sent",
    "attend": "Patient seen",
    "close": "Closed",
    "hand_back": "Asked the ambulance service to take it back",
    "take_back": "Taken back: the ambulance service is responsible",
    "keep": "Kept by the ambulance service",
    "undo": "Undone",
}


def _errors(
    act: Act, code: str, words: str, happened_at: datetime | None, at: Standing, now: datetime, known: Settings
) -> dict[str, str]:
    errors = {}
    if act in _CODES:
        kind, ask = _CODES[act]
        if code not in getattr(known, kind):
            errors["code"] = ask
    if len(words) > WORDS_AT_MOST:
        errors["words"] = f"Write at most {WORDS_AT_MOST:,} characters"
    if act == "undo" and not words.strip():
        errors["words"] = "Say why it is undone"
    if happened_at is not None and act in ("dispatch", "attend", "close"):
        earliest = at.dispatched_at if act == "attend" else at.accepted_at
        if happened_at > now:
            errors["happened_at"] = "That is still to come"
        elif earliest and happened_at < earliest.replace(second=0, microsecond=0):
            errors["happened_at"] = "That is before it was " + ("sent" if act == "attend" else "accepted")
    return errors


def _offer_errors(call: Call, known: Settings, now: datetime, overrule: bool, words: str) -> dict[str, str]:
    hub = next(hub for hub in known.hubs.values() if hub.organisation == call.to_organisation)
    if not is_open(hub, now):
        return {"act": f"The {hub.words.lower()} is closed until {hub.opens:%H:%M}. Nothing was offered"}
    said = selectors.screened(call, now.date(), known)
    if said.unknown:
        return {"signs": "Ask first: " + "; ".join(said.unknown)}
    if said.against and not overrule:
        return {"overrule": "This speaks against it: " + "; ".join(said.against)}
    if said.against and not words.strip():
        return {"words": "Say why it should be offered all the same"}
    return {}


def last_standing(acts: list[CallAct]) -> str:
    """The last act that has not been undone."""
    left: list[str] = []
    for act in acts:
        if act.act == "undo":
            left = left[:-1]
        else:
            left.append(act.act)
    return left[-1] if left else ""


def _record(
    access: Access,
    call: Call,
    acts: list[CallAct],
    act: Act,
    organisation: str,
    now: datetime,
    deadline: datetime | None,
    code: str,
    words: str,
    happened_at: datetime | None,
) -> Call:
    user = access.user
    if user is None:
        raise PermissionDenied("somebody must act")
    CallAct.objects.create(
        call=call,
        sequence=len(acts) + 1,
        act=act,
        at=now,
        happened_at=happened_at,
        deadline=deadline,
        code=code,
        words=words.replace("\x00", "").strip(),
        made_by=user,
        made_by_name=user.display_name[:200],
        organisation=organisation,
    )
    at = standing(selectors.dones(list(call.acts.order_by("sequence"))), now)
    call.version += 1
    call.open = at.state not in ("closed", "kept")
    call.ever_offered = call.ever_offered or act == "offer"
    call.changed_at = datetime.now(UTC)
    call.save()
    audit.record(
        access=access,
        action=f"call.{act}",
        subject_kind="call",
        subject_key=str(call.pk),
        organisation=organisation,
        detail={"incident": call.incident, "code": code, "responsible": at.responsible, "state": at.state},
    )
    changes.touch([call.from_organisation, call.to_organisation])
    return call
