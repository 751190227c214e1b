"""Questions to the bed simulation: ask one, and the background job that works it out. Kept as runs of kind `beds`.

The same question of the same text on the same year is one run while it is going, whoever asks. A worker that died
leaves a run that is seen as failed; nothing of it was kept.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django_tasks import task

from wherry.errors import UserError
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.planning import jobs
from wherry.web.planning.beds_questions import Asked
from wherry.web.planning.models import PlanRun, RunState
from wherry.web.planning.scenario_selectors import Version, activity

KIND = "beds"


@transaction.atomic
def ask(*, access: Access, asked: Asked, version: Version | None) -> PlanRun:
    """Ask the simulation; a worker takes it from here. A question that is being worked out already is that run.

    Raises `UserError` where no year of activity has been loaded.
    """
    user = access.user
    if user is None or not access.can(Permission.MAKE_PLANS):
        raise PermissionDenied(Permission.MAKE_PLANS.value)
    if activity() is None:
        raise UserError("No year of activity has been loaded, so there is nobody to simulate. Nothing was started.")
    text = version.text if version else ""
    key = hashlib.sha256(json.dumps([asked.as_dict(), text], sort_keys=True).encode()).hexdigest()
    run = _going(key)
    shared = run is not None
    if run is None:
        try:
            with transaction.atomic():
                run = PlanRun.objects.create(
                    kind=KIND,
                    slug=asked.slug,
                    number=asked.number,
                    title=asked.words[:200],
                    text=text,
                    asked=asked.as_dict(),
                    asked_by=user,
                    asked_by_name=user.display_name[:200],
                    asked_at=datetime.now(UTC),
                    progress="Waiting for its turn",
                    going=key,
                )
        except IntegrityError:  # somebody was a moment earlier
            run, shared = PlanRun.objects.get(kind=KIND, going=key), True
    audit.record(
        access=access,
        action="plan.beds_joined" if shared else "plan.beds_asked",
        subject_kind="plan_run",
        subject_key=str(run.pk),
        purpose="planning",
        detail=asked.as_dict(),
    )
    if not shared:
        run_beds.enqueue(run_id=run.pk)
    return run


def _going(key: str) -> PlanRun | None:
    """The run of a question that is waiting or being worked out. One whose worker died is marked as failed here."""
    run = PlanRun.objects.select_for_update().filter(kind=KIND, going=key).first()
    if run is None:
        return None
    state, failure = jobs.standing(run)
    if state == RunState.FAILED:
        jobs.fail(run, failure)
        return None
    return run


@task()
def run_beds(run_id: int) -> None:
    """Work out one question. What goes wrong is kept with the run, in words if it is the person's to mend."""
    now = datetime.now(UTC)
    taken = PlanRun.objects.filter(pk=run_id, state=RunState.WAITING).update(
        state=RunState.RUNNING, worker=jobs.here(), started_at=now, seen_at=now
    )
    if not taken:
        return
    run = PlanRun.objects.get(pk=run_id)
    from wherry.web.planning import beds_work

    def say(words: str, share: float) -> None:
        run.progress, run.done_share, run.seen_at = words[:160], min(0.99, share), datetime.now(UTC)
        run.save(update_fields=["progress", "done_share", "seen_at"])

    try:
        result, stood_on = beds_work.work_out(Asked(**run.asked), run.text, say)
    except UserError as error:
        jobs.fail(run, str(error))
    except Exception:
        jobs.fail(run, jobs.UNEXPECTED)
        raise
    else:
        run.state, run.going, run.progress, run.done_share = RunState.DONE, "", "", 1.0
        run.result, run.baseline = result, stood_on[:200]
        run.headline = " ".join(one["headline"] for one in result["answers"])
        run.finished_at = run.seen_at = datetime.now(UTC)
        run.save()
