"""Long work that is one run, whoever asks for it while it is going, and its task: plans, beds, what was published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.components import workers
from wherry.web.planning import jobs
from wherry.web.planning.models import PlanRun, RunState

Say = Callable[[str, float], None]


@dataclass(frozen=True)
class Done:
    """What work gives: its answers as JSON has them, the answer in a sentence, and what it stood on in words."""

    result: dict[str, Any]
    headline: str
    stood_on: str


@transaction.atomic
def ask(
    *,
    access: Access,
    kind: str,
    key: str,
    fields: Mapping[str, Any],
    enqueue: Callable[[int], object],
    actions: tuple[str, str] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> tuple[PlanRun, bool]:
    """The run of a key, made if none is going; whether it was there already. A worker takes it from here.

    `actions` are what the audit log calls asking and joining, `detail` what it keeps: by default by kind, and what was
    asked. Raises `PermissionDenied`.
    """
    user = access.user
    if user is None or not access.can(Permission.MAKE_PLANS):
        raise PermissionDenied(Permission.MAKE_PLANS.value)
    run = _going(kind, key)
    shared = run is not None
    if run is None:
        try:
            with transaction.atomic():
                run = PlanRun.objects.create(
                    kind=kind,
                    going=key,
                    asked_by=user,
                    asked_by_name=user.display_name[:200],
                    asked_at=datetime.now(UTC),
                    progress="Waiting for its turn",
                    **fields,
                )
        except IntegrityError:  # somebody was a moment earlier
            run, shared = PlanRun.objects.get(kind=kind, going=key), True
    audit.record(
        access=access,
        action=(actions or (f"plan.{kind}_asked", f"plan.{kind}_joined"))[shared],
        subject_kind="plan_run",
        subject_key=str(run.pk),
        purpose="planning",
        detail=dict(fields.get("asked", {}) if detail is None else detail),
    )
    if not shared:
        enqueue(run.pk)
    return run, shared


def _going(kind: str, key: str) -> PlanRun | None:
    """The run of a key that is waiting or being worked out. One whose worker died is marked as failed here."""
    run = PlanRun.objects.select_for_update().filter(kind=kind, going=key).first()
    if run is None:
        return None
    state, failure = jobs.standing(run)
    if state == RunState.FAILED:
        jobs.fail(run, failure)
        return None
    return run


def work(run_id: int, do: Callable[[PlanRun, Say], Done]) -> None:
    """Work one run out. What goes wrong is kept with the run, in words if it is the person's to mend."""
    now = datetime.now(UTC)
    taken = PlanRun.objects.filter(pk=run_id, state=RunState.WAITING).update(
        state=RunState.RUNNING, worker=workers.here(), started_at=now, seen_at=now
    )
    if not taken:
        return
    run = PlanRun.objects.get(pk=run_id)

    def say(words: str, share: float) -> None:
        run.progress, run.done_share, run.seen_at = words[:160], min(0.99, share), datetime.now(UTC)
        run.save(update_fields=["progress", "done_share", "seen_at"])

    try:
        done = do(run, say)
    except UserError as error:
        jobs.fail(run, str(error))
    except Exception:
        jobs.fail(run, jobs.UNEXPECTED)
        raise
    else:
        run.state, run.going, run.progress, run.done_share = RunState.DONE, "", "", 1.0
        run.result, run.headline, run.baseline = done.result, done.headline, done.stood_on[:200]
        run.finished_at = run.seen_at = datetime.now(UTC)
        run.save()
