"""The clock of a played day, and whether the live position is what the artificial day says it is.

A hub of real people has no played time: `begin` refuses.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import transaction

from wherry.errors import UserError
from wherry.synthetic.flow.truth import TrueVisit
from wherry.web import snapshot as snapshots
from wherry.web.access import audit
from wherry.web.feed.models import Message, Patient, PlayedTime, Stay, Visit


def refuse_real_people() -> None:
    """Raise UserError where the hub has real people, or where nobody knows: a played day is for artificial ones."""
    found = snapshots.current()
    if found is None or not found.artificial:
        what = "has real people in it" if found is not None else "has no snapshot, so nobody knows whose it is"
        raise UserError(
            f"This hub {what}: no artificial day is played into it. Nothing was changed. `wherry run` makes an "
            "artificial system in an empty working folder."
        )


def state() -> PlayedTime | None:
    """The played time in force, or None where time is real."""
    return PlayedTime.objects.order_by("-pk").first()


@transaction.atomic
def begin(
    *,
    system: str,
    seed: int,
    opened_at: datetime,
    speed: float,
    from_at: datetime | None = None,
    told_until: datetime | None = None,
) -> PlayedTime:
    """Let played time run: now it is `from_at`, and it runs at `speed`. There is one row, ever.

    Without `from_at` it is what it really is, but never before what was told. `opened_at` is the moment of the opening
    position; every message sent before `told_until` is known.
    """
    refuse_real_people()
    if not 0 < speed <= 100_000:
        raise UserError(f"A day cannot be played at speed {speed:g}. Choose one above 0, such as 1 or 60.")
    PlayedTime.objects.all().delete()
    told = told_until or opened_at
    started = datetime.now(UTC)
    from_at = max(told, started) if from_at is None else from_at
    found = PlayedTime.objects.create(
        started_at=started,
        from_at=from_at,
        speed=speed,
        system=system,
        seed=seed,
        opened_at=opened_at,
        told_until=told,
    )
    _record(found, f"A played day runs from {from_at.isoformat()} at speed {speed:g}")
    return found


@transaction.atomic
def stop(at: datetime) -> None:
    """Let played time stand at a moment."""
    refuse_real_people()
    for found in PlayedTime.objects.all():
        found.stopped_at = at
        found.save(update_fields=["stopped_at"])
        _record(found, f"The played day stands at {at.isoformat()}")


def _record(found: PlayedTime, words: str) -> None:
    audit.record_system(
        actor="command line",
        action="feed.played_time",
        subject_kind="played_time",
        subject_key=str(found.pk),
        detail={"words": words, "seed": found.seed},
    )


def told(until: datetime) -> None:
    """Every message sent before this moment has been acknowledged: a player that is started again goes on from here."""
    PlayedTime.objects.update(told_until=until)


def has_messages() -> bool:
    """Whether there is any message in the feed."""
    return Message.objects.exists()


def differences(expected: Iterable[TrueVisit]) -> list[str]:
    """How the live position differs from the truth, one sentence each; nothing where it is exact."""
    wanted = {one.key: one for one in expected}
    visits = {visit.key: visit for visit in Visit.objects.all()}
    stays: dict[str, list[tuple[str, ...]]] = {}
    for stay in Stay.objects.order_by("visit_id", "position"):
        stays.setdefault(stay.visit_id, []).append(
            (stay.site, stay.ward, stay.bay, stay.bed, _iso(stay.from_at), _iso(stay.to_at))
        )
    numbers = dict(Patient.objects.values_list("key", "nhs_number"))
    found = [f"{key} is not known" for key in sorted(set(wanted) - set(visits))]
    found += [f"{key} is known and should not be" for key in sorted(set(visits) - set(wanted))]
    for key in sorted(set(wanted) & set(visits)):
        one, visit = wanted[key], visits[key]
        pairs: list[tuple[str, object, object]] = [
            ("person", one.person, visit.person_key),
            ("NHS number", one.nhs_number, numbers.get(visit.person_key, "")),
            ("standing", one.standing, visit.standing),
            ("arrived", one.arrived_at, _iso(visit.arrived_at)),
            ("admitted", one.admitted_at, _iso(visit.admitted_at)),
            ("left", one.left_at, _iso(visit.left_at)),
            (
                "stays",
                [(at.site, at.ward, at.bay, at.bed, at.from_at, at.to_at) for at in one.stays],
                stays.get(key, []),
            ),
        ]
        names = ("ambulance_arrived_at", "handed_over_at", "assessed_at", "seen_at", "referred_at", "decided_at")
        pairs += [(name, one.moments.get(name, ""), _iso(getattr(visit, name))) for name in (*names, "ready_at")]
        found += [
            f"{key}: {name} is {is_now!r} and should be {true!r}" for name, true, is_now in pairs if true != is_now
        ]
    return found


def _iso(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at is not None else ""
