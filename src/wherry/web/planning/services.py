"""Start a run of a scenario: one act, in one transaction, with its audit line.

Two people who start the same scenario at once get one run between them: the same text on the same year gives the same
numbers, so a second one would only take the worker's time. The database holds to it (`one_run_of_a_kind_at_a_time`). A
run that is done is never handed out again: the year of activity may have been loaded anew since.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.planning import jobs
from wherry.web.planning.models import PlanRun, RunState
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
    user = access.user
    if user is None or not access.can(Permission.MAKE_PLANS):
        raise PermissionDenied(Permission.MAKE_PLANS.value)
    if not version.text.strip():
        raise UserError(f"{version.title}, {version.words}, has no text. Nothing was started.")
    key = going_key(version.slug, version.number, version.text)
    run = going(key)
    shared = run is not None
    if run is None:
        try:
            with transaction.atomic():
                run = PlanRun.objects.create(
                    slug=version.slug,
                    number=version.number,
                    title=version.title[:200],
                    text=version.text,
                    asked_by=user,
                    asked_by_name=user.display_name[:200],
                    asked_at=datetime.now(UTC),
                    progress="Waiting for its turn",
                    going=key,
                )
        except IntegrityError:  # somebody was a moment earlier
            run, shared = PlanRun.objects.get(kind="plan", going=key), True
    audit.record(
        access=access,
        action="plan.run_joined" if shared else "plan.run_started",
        subject_kind="plan_run",
        subject_key=str(run.pk),
        purpose="planning",
        detail={"scenario": version.slug, "version": version.number, "text": key},
    )
    if not shared:
        jobs.run_plan.enqueue(run_id=run.pk)
    return Started(run, shared)


def going(key: str) -> PlanRun | None:
    """The run of a key that is waiting or being worked out. One whose worker died is marked as failed here."""
    run = PlanRun.objects.select_for_update().filter(kind="plan", going=key).first()
    if run is None:
        return None
    state, failure = jobs.standing(run)
    if state == RunState.FAILED:
        jobs.fail(run, failure)
        return None
    return run
