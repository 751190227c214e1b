"""People and acts for tests of leaving hospital, over the live position made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts_support import TRUSTS, account
from beds_now_support import LivePosition, live_position, stop_clock

from wherry.web.access import Role
from wherry.web.access.access import Access, access_of
from wherry.web.components import live
from wherry.web.discharge import services
from wherry.web.discharge.models import Task, Tracker
from wherry.web.feed.models import Visit

NORFOLK, SUFFOLK, COMMUNITY, VOLUNTARY = "E10000020", "E10000029", "RY3", "NWVCS"


def person(role: Role, *organisations: str, name: str = "") -> Access:
    """Somebody of a role, and what they may do."""
    return access_of(account(role, organisations or TRUSTS, name or f"{role.value}-{'-'.join(organisations)}"[:140]))


def position() -> LivePosition:
    """The live position, with kept parts of live pages thrown away."""
    live.forget()
    return live_position()


def ready(access: Access, visit: Visit, pathway: str = "1") -> Tracker:
    """Somebody who meets no criteria and is on a pathway with its usual tasks."""
    services.review(access=access, visit=visit, codes=[])
    services.choose_pathway(access=access, visit=visit, code=pathway)
    services.add_tasks(access=access, visit=visit)
    return Tracker.objects.get(visit_key=visit.key)


def task_of(visit: Visit, code: str) -> Task:
    """A task of a visit by its type."""
    return Task.objects.get(tracker__visit_key=visit.key, code=code)


def later(visit: Visit) -> Visit:
    """The visit as the database has it now."""
    return Visit.objects.get(pk=visit.pk)


def matrix_needs(make: Callable[..., Any] = account) -> dict[str, tuple[dict[str, object], str]]:
    """What the access table's lines of leaving hospital need: a patient with a task for every team's organisation."""
    from beds_now_support import hours, patient, visit

    if not Visit.objects.exists():
        stop_clock()
    who = patient("RM1", "Quidenham", "Queenie")
    stay = visit(who, (("RM102|M1|B|1", hours(50)),), admitted_at=hours(50), arrived_at=hours(52))
    coordinator = access_of(make(Role.DISCHARGE_COORDINATOR, TRUSTS, "matrix-coordinator"))
    tracker = ready(coordinator, stay)
    return {
        "discharge_patient": ({"key": stay.key}, ""),
        "discharge_own": ({"pk": tracker.pk}, ""),
    }
