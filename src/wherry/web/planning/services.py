"""Start a run of a scenario: one act, in one transaction, with its audit line.

Two people who start the same scenario at once get one run between them: the same text on the same year gives the same
numbers, so a second one would only take the worker's time. The database holds to it (`one_run_of_a_kind_at_a_time`). A
run that is done is never handed out again: the year of activity may have been loaded anew since.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction

from wherry.errors import UserError
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.planning import jobs, work_once
from wherry.web.planning.models import PlanRun
from wherry.web.planning.scenario_selectors import Version


@dataclass(frozen=True)
class Started:
    """The run that was asked for. `shared`: somebody had started the same one, and it is still going."""

    run: PlanRun
    shared: bool


def going_key(slug: str, number: int, text: str) -> str:
    """What is being worked out, as one run is told from another.

    >>> going_key("winter", 1, "a") == going_key("winter", 1, "a"), going_key("winter", 1, "a")[:6]
    (True, 'dd8539')
    """
    return hashlib.sha256("\x00".join((slug, str(number), text)).encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def start(*, access: Access, version: Version) -> Started:
    """Ask for a run of one version of a scenario; a worker takes it from here.

    Raises `PermissionDenied`, and `UserError` for a text that is empty. A text that cannot be read fails as a run, in
    words, so that whoever looks later sees that it was tried.
    """
    if access.user is None or not access.can(Permission.MAKE_PLANS):
        raise PermissionDenied(Permission.MAKE_PLANS.value)
    if not version.text.strip():
        raise UserError(f"{version.title}, {version.words}, has no text. Nothing was started.")
    key = going_key(version.slug, version.number, version.text)
    run, shared = work_once.ask(
        access=access,
        kind="plan",
        key=key,
        fields={
            "slug": version.slug,
            "number": version.number,
            "title": version.title[:200],
            "text": version.text,
        },
        enqueue=lambda pk: jobs.run_plan.enqueue(run_id=pk),
        actions=("plan.run_started", "plan.run_joined"),
        detail={"scenario": version.slug, "version": version.number, "text": key},
    )
    return Started(run, shared)
