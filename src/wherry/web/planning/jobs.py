"""The background job of plans: read the scenario, draw its runs, work out capacity and answers, keep them.

A job says which worker has it, what it is doing and when it last said so. If that worker dies, the run is seen as
failed from then on (`standing`); its partial work was never kept, and it can be run again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django_tasks import task

from wherry.errors import UserError
from wherry.web.components import workers
from wherry.web.planning.models import PlanRun, RunState

#: A worker that has said nothing for this long is taken for dead. The longest silent step is drawing a run.
SILENCE = timedelta(minutes=20)
LOST = "The program that worked on it stopped before it was done. Nothing was kept. Run it again."
UNEXPECTED = (
    "Something went wrong that we did not expect, and it was noted for whoever runs this service. Nothing was kept. "
    "Run it again, or ask for help."
)


def standing(run: PlanRun, now: datetime | None = None) -> tuple[str, str]:
    """The state of a run and, if it failed, why. A running one whose worker is gone has failed."""
    if run.state != RunState.RUNNING:
        return run.state, run.failure
    return (RunState.FAILED, LOST) if _lost(run, now or datetime.now(UTC)) else (RunState.RUNNING, "")


def _lost(run: PlanRun, now: datetime) -> bool:
    if workers.gone(run.worker):
        return True
    return run.seen_at is not None and now - run.seen_at > SILENCE


@task()
def run_plan(run_id: int) -> None:
    """Work out one run. What goes wrong is kept with the run, in words if it is the person's to mend."""
    taken = PlanRun.objects.filter(pk=run_id, state=RunState.WAITING).update(
        state=RunState.RUNNING, worker=workers.here(), started_at=datetime.now(UTC), seen_at=datetime.now(UTC)
    )
    if not taken:
        return
    run = PlanRun.objects.get(pk=run_id)
    try:
        _work(run)
    except UserError as error:
        fail(run, str(error))
    except Exception:
        fail(run, UNEXPECTED)
        raise


def _work(run: PlanRun) -> None:
    from wherry.web.planning import store, work

    def say(words: str, share: float) -> None:
        run.progress, run.done_share, run.seen_at = words[:160], share, datetime.now(UTC)
        run.save(update_fields=["progress", "done_share", "seen_at"])

    with store.writing(run.pk) as folder:
        found = work.work_out(run.text, f"{run.slug}, version {run.number}", folder, say)
    with transaction.atomic():
        run.state, run.going, run.progress, run.done_share = RunState.DONE, "", "", 1.0
        run.result, run.headline, run.baseline = found.result, found.headline, found.baseline[:200]
        run.finished_at = run.seen_at = datetime.now(UTC)
        run.save()


def fail(run: PlanRun, words: str) -> None:
    """Keep that a run failed, and why; it can be asked for again."""
    run.state, run.failure, run.finished_at, run.result, run.going = (
        RunState.FAILED,
        words,
        datetime.now(UTC),
        None,
        "",
    )
    run.save()
