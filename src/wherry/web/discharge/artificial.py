"""Reviews, pathways, tasks and causes for an artificial system: a played day has patients who are ready to leave.

Made once for each visit in a bed that nobody has reviewed, from a random draw of its own (seed and visit), so that the
same feed gives the same acts. Shares and delays are own defaults of an artificial system and stand for nobody real.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from wherry.errors import UserError
from wherry.flow.discharge.due import due_at, usual_tasks
from wherry.flow.discharge.places import home_of
from wherry.flow.discharge.settings import Settings
from wherry.web import snapshot as snapshots
from wherry.web.access import Role, audit
from wherry.web.access.models import Membership
from wherry.web.discharge import derive, rota, selectors, where
from wherry.web.discharge.models import Act, Duty, Tracker
from wherry.web.discharge.selectors import Row
from wherry.web.feed import changes, clock
from wherry.web.feed.models import PlayedTime, Visit

WHO = "Artificial ward team"
#: Chance of meeting no criteria on the first day, more for each day in hospital, at most.
READY_FIRST, READY_A_DAY, READY_AT_MOST = 0.04, 0.035, 0.55
MEAN_DELAY_DAYS = 4.0
PATHWAYS = {"0": 0.34, "1": 0.40, "2": 0.19, "3": 0.07}
#: Which demonstration account stands in for which duty.
DUTIES = {
    "coordinator": (Role.DISCHARGE_COORDINATOR, Role.CARE_TEAM),
    "manager": (Role.SITE_MANAGER,),
    "executive": (Role.EXECUTIVE,),
}
DONE_SHARE, LATE_DONE_SHARE, CAUSE_SHARE, UNREVIEWED_SHARE = 0.35, 0.9, 0.7, 0.06


def invent(*, seed: int = 1) -> int:
    """Make them for everybody in a bed who has none. Returns for how many. UserError where people are real."""
    if not (snapshots.is_artificial() or PlayedTime.objects.exists()):
        raise UserError(
            "Reviews were not invented: this is no artificial system, and no day is played. Nothing was changed. "
            "Where people are real, wards review them on the board round."
        )
    now, settings = clock.now(), where.settings()
    _put_on_duty(now)
    known = set(Tracker.objects.values_list("visit_key", flat=True))
    visits = [visit for visit in Visit.objects.filter(standing="in_bed").order_by("key") if visit.key not in known]
    made = 0
    for row in selectors.rows(visits):
        if row.general and row.visit.admitted_at is not None:
            with transaction.atomic():
                made += _one(row, random.Random(f"{seed}|{row.key}"), now, settings)  # noqa: S311 - nobody's secret
    audit.record_system(
        actor="artificial system", action="discharge.invented", subject_kind="list", subject_key="visits",
        detail={"patients": made, "seed": seed},
    )  # fmt: skip
    changes.touch(where.owners())
    return made


def _put_on_duty(now: datetime) -> None:
    """Somebody on duty wherever a demonstration account fits, for a month, unless the rota has somebody."""
    for organisation in where.owners():
        for role, fits in DUTIES.items():
            members = Membership.objects.filter(organisation=organisation, role__in=fits, user__is_active=True)
            member = members.select_related("user").order_by("pk").first()
            if member is not None and rota.on_duty(organisation, role, now) is None:
                Duty.objects.create(
                    organisation=organisation, role=role, person=member.user,
                    person_name=member.user.display_name[:200], from_at=now, to_at=now + timedelta(days=30),
                    made_by_name=WHO, made_at=now,
                )  # fmt: skip


def _one(row: Row, draw: random.Random, now: datetime, settings: Settings) -> bool:
    if draw.random() < UNREVIEWED_SHARE:
        return False
    tracker = Tracker.objects.create(visit_key=row.key, organisation=row.visit.organisation)
    acts = list(_acts(row, draw, now, settings))
    for number, act in enumerate(acts, start=1):
        act.tracker, act.number, act.made_by_name, act.made_for = tracker, number, WHO, row.visit.organisation
    Act.objects.bulk_create(acts)
    tracker.version = len(acts)
    found = derive.write(tracker, settings)
    ends = []
    for task in found.tasks.values():
        kind = settings.tasks[task.code]
        late = task.due_at is not None and task.due_at < now - timedelta(hours=8)
        if not kind.after_care and draw.random() < (LATE_DONE_SHARE if late else DONE_SHARE):
            at = min(now, task.made_at + timedelta(hours=draw.uniform(1, 30)))
            ends.append(Act(kind="task_done", at=at, task=task.number, made_for=task.owner))
    for number, act in enumerate(ends, start=len(acts) + 1):
        act.tracker, act.number, act.made_by_name = tracker, number, WHO
    if ends:
        Act.objects.bulk_create(ends)
        tracker.version += len(ends)
        derive.write(tracker, settings)
    return True


def _acts(row: Row, draw: random.Random, now: datetime, settings: Settings) -> Iterator[Act]:
    days = row.stay_days or 0
    admitted = row.visit.admitted_at or now
    last_round = max(admitted, now - timedelta(hours=draw.uniform(0.5, 9)))
    if draw.random() >= min(READY_AT_MOST, READY_FIRST + READY_A_DAY * days):
        codes = draw.choices(sorted(settings.criteria), k=draw.choice((1, 1, 2)))
        yield Act(kind="review", at=last_round, code=",".join(sorted(set(codes))))
    else:
        waited = timedelta(days=min(draw.expovariate(1 / MEAN_DELAY_DAYS), 60))
        ready = max(admitted + timedelta(hours=6), now - waited)
        ready = min(ready, last_round)
        yield Act(kind="review", at=ready, code="")
        pathway = draw.choices(list(PATHWAYS), list(PATHWAYS.values()))[0]
        expected = (ready + timedelta(days=draw.choice((0, 1, 1, 2, 3)))).date()
        yield Act(kind="expected", at=ready, on=expected, code=draw.choice(list(settings.confidence)))
        yield Act(kind="pathway", at=ready, code=pathway)
        council = home_of(row.patient.postcode if row.patient else "").council
        for kind in usual_tasks(pathway, (), settings):
            owner = settings.owner_of(kind.code, row.visit.organisation, council) or row.visit.organisation
            due = due_at(kind, made_at=ready, expected_on=expected, ready_at=ready, left_at=None)
            yield Act(kind="task", at=ready, code=kind.code, organisation=owner, team=kind.team, moment=due)
        if draw.random() < CAUSE_SHARE and pathway != "0":
            family = {"1": ("C01", "C02", "I01", "C07"), "2": ("C03", "C04", "I02"), "3": ("C05", "C06", "W03", "I06")}
            cause = draw.choice(family[pathway])
            yield Act(kind="cause", at=ready, code=cause)
            yield Act(kind="primary", at=ready, code=cause)
        if last_round > ready:
            yield Act(kind="review", at=last_round, code="")
    if draw.random() < 0.6:
        yield Act(kind="senior", at=last_round)
    reason = draw.choice(sorted(settings.reasons))
    yield Act(kind="colour", at=last_round, on=clock.today(), code=settings.reasons[reason].colour, reason=reason)
