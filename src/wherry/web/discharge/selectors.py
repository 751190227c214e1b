"""Who is in hospital and how their leaving stands: reads, always within organisations that the reader may see.

`holding` and `ready_since` are for other rooms: what holds each patient in one short sentence, and since when ready.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Q, QuerySet

from wherry.flow.discharge.acts import Position
from wherry.flow.discharge.due import overdue, waits_for
from wherry.flow.discharge.holding import holding as holding_of
from wherry.flow.discharge.holding import next_step
from wherry.flow.discharge.places import Home, home_of
from wherry.flow.discharge.reviews import long_stay_due, overdue_since, stay_days
from wherry.flow.discharge.settings import LongStay
from wherry.web.components.formats import person_name
from wherry.web.discharge import where
from wherry.web.discharge.derive import position_of
from wherry.web.discharge.models import Escalation, Task, Tracker
from wherry.web.feed import clock
from wherry.web.feed.models import Patient, Visit


@dataclass(frozen=True)
class Row:
    """One patient in hospital (or lately left), with everything that lists and pages ask about."""

    visit: Visit
    patient: Patient | None
    tracker: Tracker | None
    tasks: tuple[Task, ...]
    position: Position
    home: Home
    now: datetime
    escalations: tuple[Escalation, ...] = field(default=())

    @property
    def key(self) -> str:
        """The visit's key."""
        return self.visit.key

    @property
    def name(self) -> str:
        """The patient's name as pages write it."""
        return person_name(self.patient.surname, self.patient.forename) if self.patient else "name not known"

    @property
    def nhs_number(self) -> str:
        """The NHS number, or nothing."""
        return self.patient.nhs_number if self.patient else ""

    @property
    def ward(self) -> str:
        """The ward's name."""
        return where.ward_words(self.visit.site, self.visit.ward)

    @property
    def bed(self) -> str:
        """Bay and bed, or nothing where none is named."""
        parts = self.visit.bed_key.split("|")
        return f"{parts[2]}{parts[3]}" if len(parts) == 4 else ""

    @cached_property
    def stay_days(self) -> int | None:
        """Length of stay in days."""
        if self.visit.admitted_at is None:
            return None
        return stay_days(self.visit.admitted_at, self.visit.left_at or self.now)

    @property
    def ready_days(self) -> int | None:
        """Nights since the discharge-ready date."""
        return stay_days(self.position.ready_at, self.now) if self.position.ready_at else None

    @cached_property
    def holding(self) -> str:
        """What holds the patient."""
        return holding_of(self.position, where.settings(), self.now)

    @cached_property
    def next_step(self) -> tuple[str, str]:
        """What to do next, and the part of the page that does it."""
        return next_step(self.position, where.settings(), self.now)

    @cached_property
    def general(self) -> bool:
        """Whether the patient lies on an adult general and acute ward."""
        return where.general(self.visit.site, self.visit.ward)

    @cached_property
    def review_overdue_since(self) -> datetime | None:
        """Since when a review of criteria to reside has been owed."""
        came = self.visit.admitted_at or self.visit.here_since
        if not self.general or came is None or self.visit.standing != "in_bed":
            return None
        return overdue_since(self.now, here_from=came, reviewed_at=self.position.reviewed_at, settings=where.settings())

    @cached_property
    def long_stay_due(self) -> LongStay | None:
        """The long-stay review that is due."""
        if self.visit.admitted_at is None or not self.general or self.visit.standing != "in_bed":
            return None
        return long_stay_due(self.visit.admitted_at, self.position.long_stay_at, self.now, where.settings())

    @cached_property
    def late_tasks(self) -> list[Task]:
        """Tasks past their time."""
        return [row for row in self.open_tasks if row.due_at is not None and row.due_at < self.now]

    @cached_property
    def open_tasks(self) -> list[Task]:
        """Tasks still to be done: of somebody who has left, only those of after-care."""
        found = [row for row in self.tasks if row.status in ("waiting", "in_progress", "blocked")]
        if self.visit.standing == "left":
            found = [row for row in found if after_care(row.code)]
        return sorted(found, key=lambda row: (row.due_at is None, row.due_at, row.number))

    @property
    def asked(self) -> list[tuple[int, str]]:
        """Whom it was escalated to, each once: the level and who, with whether they have acknowledged."""
        found = [
            (one.level, f"{one.person_name or 'nobody on duty'}{'' if one.acknowledged_at else ', not acknowledged'}")
            for one in self.escalations
        ]
        return list(dict.fromkeys(sorted(found, reverse=True)))

    def blockers(self, row: Task) -> list[str]:
        """What a task waits for: open tasks of its type's table, and what somebody said blocks it."""
        settings = where.settings()
        mine = self.position.tasks.get(row.number)
        words = [row.blocked_by] if row.status == "blocked" and row.blocked_by else []
        if mine is not None:
            words += [
                f"{settings.tasks[other.code].words} ({where.organisation_words(other.owner)})"
                for other in waits_for(mine, self.position.tasks.values(), settings)
            ]
        return words

    def overdue(self, row: Task) -> bool:
        """Whether a task is open and late."""
        mine = self.position.tasks.get(row.number)
        return mine is not None and row in self.open_tasks and overdue(mine, self.now)


def after_care(code: str) -> bool:
    """Whether a type of task goes on after the patient has left."""
    kind = where.settings().tasks.get(code)
    return kind is not None and kind.after_care


def here(organisations: Collection[str]) -> QuerySet[Visit]:
    """Visits in a bed at these organisations."""
    return Visit.objects.filter(organisation__in=organisations, standing="in_bed")


def ready(organisations: Collection[str]) -> QuerySet[Visit]:
    """Visits in a bed that meet no criteria to reside."""
    return here(organisations).filter(key__in=Tracker.objects.filter(meets=False).values("visit_key"))


def never_reviewed(organisations: Collection[str]) -> QuerySet[Visit]:
    """Visits in a bed of which nobody has said yet whether they meet criteria to reside."""
    return here(organisations).exclude(key__in=Tracker.objects.exclude(meets=None).values("visit_key"))


def find(organisations: Collection[str], key: str) -> Row | None:
    """One visit that has been admitted at these organisations; None elsewhere."""
    visit = Visit.objects.filter(organisation__in=organisations, key=key).exclude(admitted_at=None).first()
    return rows([visit])[0] if visit is not None else None


def rows(visits: Iterable[Visit], now: datetime | None = None) -> list[Row]:
    """Visits with their patients, trackers, tasks and live escalations, in the order given, as at a moment (now)."""
    found = list(visits)
    keys = [visit.key for visit in found]
    now = now or clock.now()
    trackers = {row.visit_key: row for row in Tracker.objects.filter(visit_key__in=keys)}
    ids = [row.pk for row in trackers.values()]
    tasks: dict[int, list[Task]] = defaultdict(list)
    for row in Task.objects.filter(tracker_id__in=ids).exclude(status="undone").order_by("number"):
        tasks[row.tracker_id].append(row)
    live: dict[int, list[Escalation]] = defaultdict(list)
    for one in Escalation.objects.filter(tracker_id__in=ids, ended_at=None).order_by("pk"):
        live[one.tracker_id].append(one)
    people = {row.key: row for row in Patient.objects.filter(key__in={visit.person_key for visit in found})}
    made = []
    for visit in found:
        tracker, patient = trackers.get(visit.key), people.get(visit.person_key)
        mine = tasks[tracker.pk] if tracker else []
        made.append(
            Row(
                visit=visit,
                patient=patient,
                tracker=tracker,
                tasks=tuple(mine),
                position=position_of(tracker, mine),
                home=home_of(patient.postcode if patient else ""),
                now=now,
                escalations=tuple(live[tracker.pk]) if tracker else (),
            )
        )
    return made


def counts_by_site(visits: QuerySet[Visit]) -> dict[str, int]:
    """How many of these visits lie on adult general and acute wards, by site."""
    found: dict[str, int] = defaultdict(int)
    for row in visits.values("site", "ward").annotate(number=Count("pk")):
        if where.general(row["site"], row["ward"]):
            found[row["site"]] += row["number"]
    return dict(found)


def searched(visits: QuerySet[Visit], q: str) -> QuerySet[Visit]:
    """Those whose name or NHS number begins with what was typed."""
    digits = "".join(q.split())
    if digits.isdigit():
        match = Q(nhs_number__startswith=digits)
    else:
        surname, _, forename = (part.strip() for part in q.partition(","))
        match = Q(surname__istartswith=surname)
        if forename:
            match &= Q(forename__istartswith=forename)
    return visits.filter(person_key__in=Patient.objects.filter(match).values("key"))


# --- for other rooms ------------------------------------------------------------------------------------------------


def holding(visit_keys: Sequence[str]) -> dict[str, str]:
    """What holds each patient, in one short sentence, by visit key. Ask only for patients that the reader may see."""
    return {row.key: row.holding for row in rows(Visit.objects.filter(key__in=visit_keys))}


def ready_since(visit_keys: Sequence[str]) -> dict[str, datetime]:
    """Since when each patient has been ready to leave; those who are not are left out."""
    found = Tracker.objects.filter(visit_key__in=visit_keys, meets=False).exclude(ready_at=None)
    return {key: at for key, at in found.values_list("visit_key", "ready_at") if at is not None}
