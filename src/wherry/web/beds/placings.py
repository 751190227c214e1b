"""Holding beds for patients: hold, extend, release; holds that run out or are fulfilled end by themselves.

A bed is held for one patient only, and a patient has one bed held only: two unique columns say so, whoever comes second
reads who was first. A bed of another organisation may be held; whoever manages beds there may release it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.flow.beds import Finding, Need, Picture, judge, verdict
from wherry.flow.beds.model import bed_words
from wherry.flow.beds.state import is_for
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.beds import places, selectors
from wherry.web.beds.models import Placing, PlacingState
from wherry.web.beds.people import out_of_area
from wherry.web.beds.selectors import LONDON
from wherry.web.beds.services import NOTE_AT_MOST, Refused, plain
from wherry.web.feed import changes, clock
from wherry.web.feed.models import Visit


def hold(
    *,
    access: Access,
    bed_key: str,
    visit_key: str = "",
    for_whom: str = "",
    organisation: str = "",
    reason: str = "",
) -> Placing:
    """Hold a bed for a visit, or for somebody yet to come (`for_whom`, for one's own `organisation`).

    Rules that warn are overruled by giving a `reason`, which is kept with the name; those that refuse are not. Raises
    `Refused` with what the rules say, or with who was first.
    """
    user = access.user
    if user is None:
        raise PermissionDenied("a bed is held by a named person")
    for_whom, reason = plain(for_whom), plain(reason)
    visit = None
    if visit_key:
        visit = Visit.objects.filter(pk=visit_key).first()
        if visit is None or not access.can_at(Permission.PLACE_PATIENTS, visit.organisation):
            raise PermissionDenied("place a patient of another organisation")
        organisation = visit.organisation
    elif not access.can_at(Permission.PLACE_PATIENTS, organisation):
        raise PermissionDenied(f"hold a bed for {organisation or 'nobody'}")
    errors = {}
    if bed_key not in places.bed_map().bed:
        errors["bed"] = "Choose a bed"
    if visit is None and not for_whom:
        errors["for_whom"] = "Choose a patient, or say whom the bed is for"
    if visit is not None and visit.standing in ("left", "cancelled"):
        errors["bed"] = "This patient has left: nobody is to be placed"
    for name, text in (("for_whom", for_whom), ("reason", reason)):
        if len(text) > (200 if name == "for_whom" else NOTE_AT_MOST):
            errors[name] = "Keep it shorter"
    if errors:
        raise Refused(errors)
    bed = places.bed_map().bed[bed_key]
    owner = places.organisation_of(bed.site)
    try:
        with transaction.atomic():
            at = clock.now()
            changes.touch({owner, organisation})
            settle(at)
            return _hold(access, bed_key, visit, for_whom, organisation, reason, at)
    except IntegrityError as error:
        raise Refused({"bed": _first(bed_key, visit_key)}) from error


def _hold(
    access: Access, bed_key: str, visit: Visit | None, for_whom: str, organisation: str, reason: str, at: datetime
) -> Placing:
    user = access.user
    if user is None:
        raise PermissionDenied("a bed is held by a named person")
    bed, settings = places.bed_map().bed[bed_key], places.settings()
    if Placing.objects.filter(live_bed=bed_key).exists() or (
        visit is not None and Placing.objects.filter(live_visit=visit.key).exists()
    ):
        raise Refused({"bed": _first(bed_key, visit.key if visit else "")})
    picture = selectors.at(at)
    if visit is not None:
        need = selectors.needs([visit.key], at.astimezone(LONDON).date())[visit.key]
        findings: tuple[Finding, ...] = judge(places.bed_map(), picture, settings, need, bed_key)
    else:
        need = Need("", site=places.main_site(organisation))
        every = judge(places.bed_map(), picture, settings, need, bed_key)
        findings = tuple(one for one in every if one.rule in ("bed", "ready"))
    said = verdict(findings)
    if said == "refused":
        raise Refused({"bed": " ".join(one.sentence for one in findings if one.verdict == "refused")})
    if said == "warns" and not reason:
        sentences = " ".join(one.sentence for one in findings if one.verdict == "warns")
        raise Refused({"reason": f"{sentences} To hold it all the same, say why."})
    owner = places.organisation_of(bed.site)
    elsewhere = need.site != bed.site
    placing = Placing.objects.create(
        bed_key=bed_key,
        organisation=owner,
        from_organisation=organisation,
        visit_key=visit.key if visit else "",
        for_whom=for_whom if visit is None else "",
        cross_site=visit is not None and elsewhere,
        out_of_area=bool(out_of_area(need.postcode, bed.site)),
        live_bed=bed_key,
        live_visit=visit.key if visit else None,
        rules=[
            {"rule": one.rule, "verdict": one.verdict, "sentence": one.sentence}
            | ({"overruled_by": user.display_name, "reason": reason} if one.verdict == "warns" else {})
            for one in findings
        ],
        made_by=user,
        made_by_name=user.display_name[:200],
        made_at=at,
        expires_at=at + (settings.hold_elsewhere if elsewhere else settings.hold),
    )
    _audit(access, placing, "beds.held", {"until": placing.expires_at.isoformat(), "overruled": bool(said == "warns")})
    return placing


def release(*, access: Access, placing_id: int, reason: str) -> Placing:
    """Let a held bed go: by whoever places patients where it was held for, or where the bed is."""
    reason = plain(reason)
    with transaction.atomic():
        placing = _live(access, placing_id)
        if not reason or len(reason) > NOTE_AT_MOST:
            raise Refused({"reason": f"Say why you release it, in at most {NOTE_AT_MOST} characters"})
        _end(placing, PlacingState.RELEASED, clock.now(), _name(access), reason)
        _audit(access, placing, "beds.released", {})
    return placing


def extend(*, access: Access, placing_id: int, seen: str = "") -> Placing:
    """Hold a bed for as long again from now, up to the longest time that a bed is held for.

    `seen` is the end that the person saw, as ISO text: if somebody else extended it since, nothing is recorded.
    """
    settings = places.settings()
    with transaction.atomic():
        placing = _live(access, placing_id)
        if seen and seen != placing.expires_at.isoformat():
            raise Refused({"act": "Somebody else extended it first. Nothing was recorded: look again."})
        at = clock.now()
        longest = placing.made_at + settings.hold_longest
        until = min(at + (settings.hold_elsewhere if placing.cross_site else settings.hold), longest)
        if until <= placing.expires_at:
            raise Refused({"act": "It is held for as long as a bed may be: release it, or find another way."})
        placing.expires_at = until
        placing.save(update_fields=["expires_at"])
        changes.touch({placing.organisation, placing.from_organisation})
        _audit(access, placing, "beds.extended", {"until": until.isoformat()})
    return placing


def may_change(access: Access, placing: Placing) -> bool:
    """Whether somebody may extend or release a hold: they place patients at the bed's or the patient's organisation."""
    return any(
        access.can_at(Permission.PLACE_PATIENTS, code) for code in (placing.organisation, placing.from_organisation)
    )


def settle(at: datetime, picture: Picture | None = None) -> int:
    """End the holds that ran out and those whose patient the feed shows there; returns how many. Safe to repeat."""
    ended = 0
    with transaction.atomic():
        rows = list(Placing.objects.select_for_update(of=("self",)).filter(state=PlacingState.HELD).order_by("pk"))
        arrived = _arrived(rows, at, picture)
        for row in rows:
            if row.pk in arrived:
                _end(row, PlacingState.FULFILLED, arrived[row.pk], "the feed", "the patient is there")
            elif row.expires_at <= at:
                _end(row, PlacingState.EXPIRED, row.expires_at, "the clock", "nobody came, and nobody extended it")
            else:
                continue
            ended += 1
            audit.record_system(
                actor="beds",
                action=f"beds.{row.state}",
                subject_kind="bed",
                subject_key=row.bed_key,
                organisation=row.organisation,
                detail={"placing": row.pk, "visit": row.visit_key},
            )
    return ended


def unsettled(picture: Picture) -> bool:
    """Whether `settle` would end a hold: cheap enough to ask whenever a page is made."""
    for state in picture.beds.values():
        if state.hold is not None and any(is_for(state.hold, one) for one in state.lying):
            return True
    return Placing.objects.filter(state=PlacingState.HELD, expires_at__lte=picture.at).exists()


def _arrived(rows: Iterable[Placing], at: datetime, picture: Picture | None) -> dict[int, datetime]:
    """When the feed shows each patient in the bed that is held for them."""
    wanted = [row for row in rows if row.visit_key and row.made_at <= at]
    if not wanted:
        return {}
    seen = picture or selectors.at(at)
    needs = selectors.needs((row.visit_key for row in wanted), at.astimezone(LONDON).date())
    found = {}
    for row in wanted:
        state = seen.beds.get(row.bed_key)
        mine = selectors.hold_of(row, needs.get(row.visit_key))
        there = [one for one in (state.lying if state else ()) if is_for(mine, one)]
        if there:
            found[row.pk] = max(there[0].from_at, row.made_at)
    return found


def _live(access: Access, placing_id: int) -> Placing:
    placing = Placing.objects.select_for_update(of=("self",)).filter(pk=placing_id).first()
    if placing is None or not may_change(access, placing):
        raise PermissionDenied("a hold of other organisations")
    if placing.state != PlacingState.HELD:
        how = PlacingState(placing.state).label.lower()
        by = f" by {placing.ended_by_name}" if placing.ended_by_name else ""
        raise Refused({"act": f"This hold has ended already ({how}{by}). Nothing was changed."})
    return placing


def _end(placing: Placing, state: PlacingState, at: datetime, by: str, why: str) -> None:
    placing.state = state
    placing.live_bed = placing.live_visit = None
    placing.ended_at, placing.ended_by_name, placing.ended_why = at, by[:200], why[:NOTE_AT_MOST]
    placing.save()
    changes.touch({placing.organisation, placing.from_organisation} - {""})


def _first(bed_key: str, visit_key: str) -> str:
    """Who was first, in a sentence."""
    bed = bed_words(places.bed_map().bed[bed_key])
    other = Placing.objects.filter(live_bed=bed_key).first()
    if other is not None:
        return (
            f"{other.made_by_name} was first: {bed} is held until {_time(other.expires_at)}. Nothing was changed: "
            "choose another bed."
        )
    mine = Placing.objects.filter(live_visit=visit_key).first() if visit_key else None
    if mine is not None:
        where = bed_words(places.bed_map().bed[mine.bed_key])
        return (
            f"{mine.made_by_name} holds {where} for this patient already, until {_time(mine.expires_at)}. Nothing was "
            "changed: release that bed first."
        )
    return f"Somebody was first with {bed}. Nothing was changed: look again."


def _time(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%H:%M}"


def _name(access: Access) -> str:
    return access.user.display_name if access.user else ""


def _audit(access: Access, placing: Placing, action: str, detail: dict[str, Any]) -> None:
    audit.record(
        access=access,
        action=action,
        subject_kind="bed",
        subject_key=placing.bed_key,
        organisation=placing.organisation,
        detail={
            "placing": placing.pk,
            "visit": placing.visit_key,
            "from": placing.from_organisation,
            "cross_site": placing.cross_site,
            "out_of_area": placing.out_of_area,
            **detail,
        },
    )
