"""Delays taken to a named person: looked through once a minute while anybody looks at a page, or by a command.

One matter at a time for a patient and an organisation: its worst. Whoever is on duty is asked by name and must
acknowledge; who does not is passed over to the next level, and so is a level at which nobody is on duty.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.flow.discharge.escalation import level as level_of
from wherry.flow.discharge.escalation import level_now, level_of_ready, level_of_task
from wherry.flow.discharge.settings import Level, Settings
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.components.formats import moment as moment_words
from wherry.web.components.formats import plural
from wherry.web.discharge import rota, selectors, where
from wherry.web.discharge.models import Escalation, Sweep, Task
from wherry.web.discharge.own import OPEN
from wherry.web.discharge.selectors import Row
from wherry.web.discharge.services import Refused
from wherry.web.feed import changes, clock
from wherry.web.feed.models import Visit

EVERY = timedelta(minutes=1)
BY_HAND = "by hand"
#: A page makes at most so many escalations at a time, the highest level first; the next minute goes on.
AT_ONCE = 50


@dataclass(frozen=True)
class Matter:
    """Why one organisation is asked about one patient, and the level that time alone has reached."""

    row: Row
    organisation: str
    level: int
    why: str
    tasks: tuple[Task, ...]

    @property
    def live_key(self) -> str:
        """What there is one live escalation of."""
        return f"{self.row.key}|{self.organisation}"


def sweep(now: datetime | None = None, *, force: bool = False) -> int:
    """Look through everything that is late, and take it where it belongs. Returns how many escalations were made.

    Does nothing if somebody did it within the minute (of the page's clock), unless forced.
    """
    at = now or clock.now()
    if not force and _lately(Sweep.objects.filter(pk=1).first(), at):
        return 0
    with transaction.atomic():
        last = Sweep.objects.select_for_update().filter(pk=1).first()
        if not force and _lately(last, at):
            return 0
        Sweep.objects.update_or_create(pk=1, defaults={"at": at})
        return _sweep(at, None if force else AT_ONCE)


def matters(rows: Iterable[Row], settings: Settings) -> list[Matter]:
    """Every organisation that is to be asked about a patient: with late tasks of its own, or holding who is ready."""
    found = []
    for row in rows:
        by_owner: dict[str, tuple[int, str, list[Task]]] = {}
        for task in row.late_tasks:
            level = level_of_task(task.due_at, row.now, settings)
            if level:
                words = settings.tasks[task.code].words if task.code in settings.tasks else task.code
                why = f"{words}: overdue since {moment_words(task.due_at)}"
                _keep(by_owner, task.owner, level, why, [task])
        level = level_of_ready(row.position.ready_at, row.now, settings) if row.visit.standing == "in_bed" else 0
        if level and row.position.nctr:
            holder = next((task.owner for task in row.open_tasks if not selectors.after_care(task.code)), "")
            why = f"Ready to leave for {plural(row.ready_days, 'day')}. {row.holding}"
            _keep(by_owner, holder or row.visit.organisation, level, why, [])
        found += [Matter(row, owner, level, why, tuple(tasks)) for owner, (level, why, tasks) in by_owner.items()]
    return found


def by_hand(*, access: Access, row: Row, level: int, reason: str) -> Escalation:
    """Take a patient to a level at once, with the reason: to whoever is on duty there for the hospital."""
    if not access.can_at(Permission.PLAN_DISCHARGE, row.visit.organisation):
        raise PermissionDenied(f"escalate at {row.visit.organisation}")
    settings = where.settings()
    chosen = level_of(level, settings)
    errors = {}
    if chosen is None:
        errors["level"] = "Choose the level"
    if not reason.strip():
        errors["reason"] = "Say why, so that the person can act on it"
    if row.tracker is None:
        errors["reason"] = "Nothing is recorded about this patient yet: review criteria to reside first"
    if errors or chosen is None or row.tracker is None:
        raise Refused(errors)
    matter = Matter(row, row.visit.organisation, level, reason.strip()[:300], ())
    with transaction.atomic():
        live = Escalation.objects.select_for_update(of=("self",)).filter(live_key=matter.live_key).first()
        if live is not None and live.level >= level:
            raise Refused({"level": f"It is with {live.person_name or 'nobody'} at level {live.level} already"})
        if live is not None:
            _end(live, f"taken to level {level} by {_name(access)}", clock.now())
        made = _make(matter, chosen, settings, clock.now(), BY_HAND)
        audit.record(
            access=access, action="discharge.escalated", subject_kind="visit", subject_key=row.key,
            organisation=row.visit.organisation,
            detail={"level": made.level, "person": made.person_id, "escalation": made.pk},
        )  # fmt: skip
        changes.touch({row.visit.organisation, made.organisation})
    return made


def mine(access: Access) -> list[Escalation]:
    """Live escalations that name this person, those not yet acknowledged first."""
    if access.user is None:
        return []
    found = Escalation.objects.filter(person=access.user, ended_at=None).select_related("tracker")
    return sorted(found, key=lambda one: (one.acknowledged_at is not None, one.assigned_at, one.pk))


def unnamed(organisations: Iterable[str]) -> list[Escalation]:
    """Live escalations at these organisations for which nobody was on duty."""
    found = Escalation.objects.filter(tracker__organisation__in=organisations, ended_at=None, person=None)
    return list(found.select_related("tracker").order_by("assigned_at"))


def acknowledge(*, access: Access, ids: Iterable[int], note: str = "") -> int:
    """Say that one has seen them and acts. Only the person named may; what is acknowledged already stays as it is."""
    user = access.user
    if user is None:
        raise PermissionDenied("an act needs a named person")
    number = 0
    with transaction.atomic():
        found = Escalation.objects.select_for_update(of=("self",)).filter(pk__in=list(ids), ended_at=None)
        for one in found.select_related("tracker").order_by("pk"):
            if one.person_id != user.pk:
                raise PermissionDenied(f"acknowledge for {one.person_name or 'nobody'}")
            if one.acknowledged_at is not None:
                continue
            one.acknowledged_at, one.acknowledged_by_name = clock.now(), _name(access)
            one.note = note.replace("\x00", "").strip()[:500]
            one.save()
            number += 1
            _line(access, one, "discharge.acknowledged")
        changes.touch({one.tracker.organisation for one in found} | {one.organisation for one in found})
    return number


def take_back(*, access: Access, pk: int) -> None:
    """Take an acknowledgement back, as long as it is still with this person."""
    with transaction.atomic():
        one = Escalation.objects.select_for_update(of=("self",)).filter(pk=pk, ended_at=None).first()
        if one is None or access.user is None or one.person_id != access.user.pk:
            raise PermissionDenied("take back an acknowledgement")
        one.acknowledged_at, one.acknowledged_by_name, one.note = None, "", ""
        one.save()
        _line(access, one, "discharge.acknowledgement_undone")
        changes.touch({one.tracker.organisation, one.organisation})


# --- parts ----------------------------------------------------------------------------------------------------------


def _lately(last: Sweep | None, at: datetime) -> bool:
    return last is not None and timedelta() <= at - last.at < EVERY


def _sweep(at: datetime, at_most: int | None) -> int:
    settings = where.settings()
    hours = min((level.overdue_hours for level in settings.levels), default=0)
    late = Task.objects.filter(status__in=OPEN, due_at__lte=at - timedelta(hours=hours))
    days = min((level.ready_days for level in settings.levels), default=0)
    organisations = where.system().trusts
    keys = set(late.values_list("tracker__visit_key", flat=True))
    waiting = selectors.ready(organisations).values_list("key", flat=True)
    keys |= set(waiting)
    keys |= set(Escalation.objects.filter(ended_at=None).values_list("tracker__visit_key", flat=True))
    rows = selectors.rows(Visit.objects.filter(key__in=keys), at)
    rows = [row for row in rows if row.late_tasks or row.escalations or (row.ready_days or 0) >= days]
    wanted = {matter.live_key: matter for matter in matters(rows, settings)}
    live = {one.live_key: one for one in Escalation.objects.filter(ended_at=None).select_related("tracker")}
    made, touched = 0, set()
    here = {row.key: row for row in rows}
    for key, one in live.items():
        row = here.get(one.tracker.visit_key)
        if key in wanted or key is None:
            continue
        if one.matter == BY_HAND and row is not None and row.visit.standing == "in_bed":
            wanted[key] = Matter(row, key.rpartition("|")[2], one.level, one.why, ())
            continue
        _end(one, "what it was about is over", at)
        touched |= {one.tracker.organisation, one.organisation}
    for key, matter in sorted(wanted.items(), key=lambda item: (-item[1].level, item[0])):
        if at_most is not None and made >= at_most:
            break
        now_live = live.get(key)
        level = level_now(
            matter.level,
            current=now_live.level if now_live else 0,
            assigned_at=now_live.assigned_at if now_live else None,
            acknowledged_at=now_live.acknowledged_at if now_live else None,
            now=at,
            settings=settings,
        )
        chosen = level_of(level, settings)
        if chosen is None or (now_live is not None and level <= now_live.level):
            continue
        if now_live is not None:
            seen = "not acknowledged in time" if now_live.acknowledged_at is None else "still not solved"
            _end(now_live, f"{seen}: went to level {level}", at)
        kept = BY_HAND if now_live is not None and now_live.matter == BY_HAND else ""
        one = _make(matter, chosen, settings, at, kept or ("task" if matter.tasks else "ready"))
        audit.record_system(
            actor="discharge escalation", action="discharge.escalated", subject_kind="visit",
            subject_key=matter.row.key, organisation=one.organisation,
            detail={"level": one.level, "person": one.person_id, "escalation": one.pk},
        )  # fmt: skip
        touched |= {matter.row.visit.organisation, one.organisation}
        made += 1
    changes.touch(touched)
    return made


def _make(matter: Matter, level: Level, settings: Settings, at: datetime, why: str) -> Escalation:
    """An escalation at a level, or at the next one with somebody on duty; at the first if there is nobody anywhere."""
    chosen, duty = level, None
    for candidate in (row for row in settings.levels if row.number >= level.number):
        place = matter.row.visit.organisation if candidate.organisation == "trust" else matter.organisation
        duty = rota.on_duty(place, candidate.role, at)
        if duty is not None:
            chosen = candidate
            break
    place = matter.row.visit.organisation if chosen.organisation == "trust" else matter.organisation
    if matter.row.tracker is None:
        raise Refused({"reason": "Nothing is recorded about this patient yet"})
    try:
        with transaction.atomic():
            made = Escalation.objects.create(
                tracker=matter.row.tracker,
                matter=why,
                live_key=matter.live_key,
                level=chosen.number,
                role=chosen.role,
                organisation=place,
                person=duty.person if duty else None,
                person_name=duty.person_name if duty else "",
                why=matter.why[:300],
                assigned_at=at,
            )
    except IntegrityError as error:
        raise Refused({"level": "Somebody escalated it at the same moment. Look again"}) from error
    Task.objects.filter(pk__in=[task.pk for task in matter.tasks]).update(escalated_at=at)
    return made


def _end(one: Escalation, why: str, at: datetime) -> None:
    one.live_key, one.ended_at, one.ended_why = None, at, why[:200]
    one.save()


def _keep(found: dict[str, tuple[int, str, list[Task]]], owner: str, level: int, why: str, tasks: list[Task]) -> None:
    before = found.get(owner)
    if before is None:
        found[owner] = (level, why, tasks)
    else:
        worst = (level, why) if level > before[0] else before[:2]
        found[owner] = (*worst, [*before[2], *tasks])


def _name(access: Access) -> str:
    return access.user.display_name[:200] if access.user else ""


def _line(access: Access, one: Escalation, action: str) -> None:
    audit.record(
        access=access, action=action, subject_kind="visit", subject_key=one.tracker.visit_key,
        organisation=one.organisation, detail={"escalation": one.pk, "level": one.level},
    )  # fmt: skip
