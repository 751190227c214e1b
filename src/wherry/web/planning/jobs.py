"""The background job of plans: read the scenario, draw its runs, work out capacity and answers, keep them.

A job says which worker has it, what it is doing and when it last said so. If that worker dies, the run is seen as
failed from then on (`standing`); its partial work was never kept, and it can be run again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django_tasks import task

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
    from wherry.web.planning import store, work, work_once

    def do(run: PlanRun, say: work_once.Say) -> work_once.Done:
        with store.writing(run.pk) as folder:
            found = work.work_out(run.text, f"{run.slug}, version {run.number}", folder, say)
        return work_once.Done(found.result, found.headline, found.baseline)

    work_once.work(run_id, do)


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
