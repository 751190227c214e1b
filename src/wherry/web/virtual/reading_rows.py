"""One reading as it came, made into the row that is kept: whose it is, whether it may be used, or why it may not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from wherry.flow.virtual.incoming import Incoming
from wherry.flow.virtual.matching import Candidate, match
from wherry.flow.virtual.rules import rules
from wherry.flow.virtual.vitals import Apart
from wherry.web.virtual.common import plain
from wherry.web.virtual.models import Reading, ReadingState, WardStay


def candidates(incoming: Sequence[Incoming]) -> list[tuple[Candidate, WardStay]]:
    """Stays that these readings may be of: by NHS number, by equipment, or by the sender's reference of the stay."""
    numbers = {each.nhs_number for each in incoming} - {""}
    kits = {name for each in incoming for name in (each.device, each.ward_reference)} - {""}
    wanted = Q(nhs_number__in=numbers) | Q(devices__number__in=kits) | Q(referral__reference__in=kits)
    found = []
    rows = WardStay.objects.filter(wanted).select_related("referral").prefetch_related("devices").distinct()
    for stay in rows.order_by("pk"):
        devices = [(each.number, each.given_at, each.back_at) for each in stay.devices.all()]
        if stay.referral.reference:
            devices.append((stay.referral.reference, stay.began_at, stay.ended_at))
        facts = (stay.pk, stay.nhs_number, stay.birth_date, stay.began_at, stay.ended_at, tuple(devices))
        found.append((Candidate(*facts), stay))
    return found


def placed(
    each: Incoming, known: list[Candidate], about: dict[int, WardStay], door: str, provider: str, now: datetime
) -> Reading:
    """The row of a reading, with its patient where that is certain; `about` has the stays of the candidates by id."""
    found = match(known, each.taken_at or now, each.nhs_number, each.birth_date, each.device or each.ward_reference)
    stay = about[found.id] if found.id is not None else None
    made = as_row(each, door, now, stay, found.reason)
    if stay is None:
        by_number = [about[one.id].provider for one in known if one.nhs_number == each.nhs_number != ""]
        sent_by = each.sender.partition("|")[0]
        providers = {one.provider for one in about.values()} | {provider}
        made.provider = by_number[-1] if by_number else sent_by if sent_by in providers else provider
    return made


def as_row(each: Incoming, door: str, now: datetime, stay: WardStay | None, unmatched: str, **more: Any) -> Reading:
    """The row of a reading that is of a stay, or of nobody yet for the reason in `unmatched`."""
    measured = each.measured()
    state, reason = ReadingState.USED, ""
    if isinstance(measured, Apart):
        state, reason = ReadingState.APART, measured.reason
    elif each.taken_at is not None and each.taken_at > now + timedelta(minutes=rules().ahead_minutes):
        state, reason = ReadingState.APART, "it says that it was taken in the future"
    elif stay is None:
        state, reason = ReadingState.WAITING, unmatched
    value = None if isinstance(measured, Apart) else measured.value
    answer = "" if isinstance(measured, Apart) else measured.answer
    came = {
        "code": each.code[:60], "value": _short(each.value), "unit": each.unit[:30], "nhs_number": each.nhs_number[:20],
        "birth_date": each.birth_date.isoformat() if each.birth_date else "", "device": each.device[:60],
        "reference": each.ward_reference[:60],
    }  # fmt: skip
    return Reading(
        source_key=each.key,
        stay=stay,
        provider=stay.provider if stay else "",
        state=state,
        reason=plain(reason, 300),
        kind=each.kind,
        value=value,
        answer=answer,
        withdrawn=each.withdrawn,
        taken_at=each.taken_at,
        recorded_at=each.recorded_at or each.taken_at or now,
        received_at=now,
        door=door,
        sender=plain(each.sender, 100),
        came={name: text.replace("\x00", "") for name, text in came.items()},
        **more,
    )


def _short(value: str | float | None) -> str:
    return "" if value is None else str(value)[:60]
