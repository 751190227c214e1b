"""Files into virtual wards: artificial referrals (JSON lines), and readings as HL7 v2, FHIR or JSON lines.

What was loaded before is left as it is, so a file may be loaded again. Lines of the future (by the clock that live
pages go by) wait until it is their time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.flow.virtual import incoming_fhir, incoming_hl7, news2
from wherry.flow.virtual.incoming import Incoming
from wherry.flow.virtual.rules import rules
from wherry.synthetic.flow import side
from wherry.web.access import audit
from wherry.web.feed import changes, clock
from wherry.web.virtual import begin, taking
from wherry.web.virtual.common import plain, staffed
from wherry.web.virtual.models import Outcome, Referral, ReferralState, Source, StayAct, StayState, WardStay

BY = "Artificial system"
_SOURCES = {
    "gp": Source.GP,
    "hub": Source.HUB,
    "department": Source.DEPARTMENT,
    "ward": Source.WARD,
    "ambulance": Source.AMBULANCE,
}
_OUTCOMES = {"plan": Outcome.PLAN, "bed": Outcome.BED, "died": Outcome.DIED}
_UNITS = {
    "/min": ("respirations", "pulse"),
    "%": ("oxygen_saturation",),
    "Cel": ("temperature_c",),
    "mm[Hg]": ("systolic",),
}
_KINDS = {"respirations": "respiratory_rate", "temperature_c": "temperature"}


@dataclass
class Loaded:
    """What became of a file of referrals."""

    referred: int = 0
    began: int = 0
    ended: int = 0
    repeated: int = 0
    to_come: int = 0
    left_out: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """In one line."""
        return (
            f"{self.referred:,} referrals, {self.began:,} came on to a ward, {self.ended:,} left; {self.repeated:,} "
            f"lines said nothing new, {self.to_come:,} are of the future, {len(self.left_out):,} left out"
        )


def referrals(path: Path, now: datetime | None = None) -> Loaded:
    """Load a file of artificial referrals."""
    done = take_referrals(side.read(path, side.VirtualReferral), now or clock.now())
    audit.record_system(
        actor="command line", action="virtual.referrals_loaded", subject_kind="file", subject_key=path.name[:200],
        detail={"referred": done.referred, "began": done.began, "ended": done.ended, "left_out": len(done.left_out)},
    )  # fmt: skip
    return done


def take_referrals(rows: Iterable[side.VirtualReferral], now: datetime) -> Loaded:
    """Take artificial referrals as far as they are known, each in a transaction of its own, in order."""
    done = Loaded()
    for row in rows:
        if row.known_at > now:
            done.to_come += 1
            continue
        try:
            with transaction.atomic():
                _referral(row, done)
        except _LeftOut as why:
            done.left_out.append(f"{row.reference}: {why}")
        except IntegrityError:
            done.left_out.append(f"{row.reference}: this patient has another referral that waits, or is on a ward")
    return done


def readings(path: Path, provider: str = "", now: datetime | None = None) -> taking.Taken:
    """Load a file of readings; what it holds (HL7 v2, FHIR, JSON lines) is told by how it begins."""
    if not path.is_file():
        raise UserError(f"{path} is not there. Nothing was read.")
    at = now or clock.now()
    data = path.read_bytes()
    start = data.lstrip(b"\xef\xbb\xbf\x0b \t\r\n")[:4000]
    if start.startswith((b"MSH", b"FHS", b"BHS")):
        found = taking.take(incoming_hl7.read(data, path.name), door="hl7", provider=provider, received_at=at)
    elif b'"resourceType"' in start:
        found = taking.take(incoming_fhir.read(data, path.name), door="fhir", provider=provider, received_at=at)
    elif start.startswith(b"{"):
        rows = (row for row in side.read(path, side.VirtualReading) if row.known_at <= at)
        found = take_readings(rows, at, provider)
    else:
        raise UserError(
            f"{path.name} is neither HL7 v2 (it would begin with MSH) nor FHIR nor JSON lines. Nothing was read."
        )
    audit.record_system(
        actor="command line", action="virtual.readings_loaded", subject_kind="file", subject_key=path.name[:200],
        organisation=provider, detail={"used": found.used, "apart": found.apart, "waiting": found.waiting},
    )  # fmt: skip
    return found


def take_readings(rows: Iterable[side.VirtualReading], now: datetime, provider: str = "") -> taking.Taken:
    """Take artificial sets of readings."""
    values = (value for row in rows for value in _values(row))
    return taking.take(values, door="lines", provider=provider, received_at=now)


class _LeftOut(Exception):
    """A line that cannot be taken, and why."""


def _values(row: side.VirtualReading) -> Iterator[Incoming]:
    found: dict[str, tuple[str | float | None, str]] = {
        _KINDS.get(name, name): (getattr(row, name), unit) for unit, names in _UNITS.items() for name in names
    }
    if row.supplementary_oxygen is not None:
        found["oxygen"] = ("oxygen" if row.supplementary_oxygen else "air", "")
    found["consciousness"] = (row.consciousness or None, "")
    for kind, (value, unit) in found.items():
        if value is not None:
            yield Incoming(
                f"artificial|{row.by}", kind, value, unit, row.taken_at.astimezone(UTC), row.known_at.astimezone(UTC),
                nhs_number=row.nhs_number, ward_reference=row.referral,
            )  # fmt: skip


def _referral(row: side.VirtualReferral, done: Loaded) -> None:
    if row.pathway not in rules().pathways or row.referred_by not in _SOURCES:
        raise _LeftOut(f"pathway {row.pathway!r} or referrer {row.referred_by!r} is not known here")
    referral = Referral.objects.filter(reference=row.reference).first()
    new = referral is None
    if referral is None:
        referral = _made(row)
        done.referred += 1
    stay = WardStay.objects.filter(referral=referral).first()
    changed = new
    if stay is None and row.onboarded_at is not None and referral.state == ReferralState.WAITING:
        stay = _begun(referral, row, row.onboarded_at)
        done.began += 1
        changed = True
    if row.left_at is not None:
        changed = _left(referral, stay, row, row.left_at, done) or changed
    if changed:
        changes.touch([row.provider])
    else:
        done.repeated += 1


def _made(row: side.VirtualReferral) -> Referral:
    who = row.person
    return Referral.objects.create(
        provider=row.provider,
        pathway=row.pathway,
        direction=row.direction,
        source=_SOURCES[row.referred_by],
        visit_key=row.from_visit_key,
        reference=row.reference,
        reason=plain(row.reason),
        live_person=who.nhs_number or row.from_visit_key or None,
        made_by_name=BY,
        made_at=row.referred_at,
        nhs_number=who.nhs_number,
        surname=who.surname,
        forename=who.forename,
        birth_date=who.birth_date,
        sex=who.sex,
        address=who.address[:300],
        postcode=who.postcode,
        gp_practice=who.gp_practice,
    )


def _begun(referral: Referral, row: side.VirtualReferral, at: datetime) -> WardStay:
    free = begin.free_place(referral.provider, referral.pathway)
    if free is None:
        places = staffed(referral.provider, referral.pathway, clock.today())
        raise _LeftOut(f"no place of {places} is free at {referral.provider} ({referral.pathway})")
    referral.state, referral.live_person = ReferralState.ACCEPTED, None
    referral.decided_by_name, referral.decided_at, referral.decided_why = BY, at, "On the ward when the day began"
    referral.version += 1
    referral.save()
    return begin.stay(
        referral=referral,
        place=free,
        clinician=None,
        by=None,
        at=at,
        watched=row.monitored,
        asked_from=max(at, row.known_at),
        kinds=news2.PARAMETERS,
    )


def _left(referral: Referral, stay: WardStay | None, row: side.VirtualReferral, at: datetime, done: Loaded) -> bool:
    if stay is None:
        if row.left_how != "refused" or referral.state != ReferralState.WAITING:
            return False
        referral.state, referral.live_person = ReferralState.REFUSED, None
        referral.decided_by_name, referral.decided_at, referral.decided_why = BY, at, "Refused"
        referral.version += 1
        referral.save()
        return True
    if stay.state != StayState.ON or row.left_how not in _OUTCOMES or stay.version > 1:
        return False  # somebody works on this patient: their decision stands
    stay.state, stay.live_place, stay.live_person, stay.next_review_at = StayState.ENDED, None, None, None
    stay.ended_at, stay.outcome, stay.ended_by_name = at, _OUTCOMES[row.left_how], BY
    stay.version += 1
    stay.save()
    stay.askings.filter(to_at=None).update(to_at=at)
    StayAct.objects.create(stay=stay, kind="left", made_by_name=BY, made_at=at, detail={"outcome": str(stay.outcome)})
    done.ended += 1
    return True
