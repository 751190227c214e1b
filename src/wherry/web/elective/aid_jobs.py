"""The background job of mutual aid: read the list, work the policies out, keep what they would do and the moves.

A job says which worker has it, what it is doing and when it last said so. If that worker dies, the run is seen as
failed from then on (`standing`); its partial work was never written, and it can be run again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django_tasks import task

from wherry.errors import UserError
from wherry.waiting.aid import Policy, effects, moves_of, problem_of, solve
from wherry.web import snapshot as snapshots
from wherry.web.components import workers
from wherry.web.elective.models import AidMove, AidRun, RunState
from wherry.web.offers.models import Offer, Place
from wherry.web.offers.models import State as OfferState
from wherry.web.waiting.models import State as CaseState
from wherry.web.waiting.models import ValidationCase
from wherry.web.waiting.naming import names_of

#: What a run does, in order; the number of its step is shown.
STEPS = (
    "Reading the list and the capacity",
    "Working out what happens if nothing changes",
    "Working out the best for each trust on its own",
    "Working out the best for the group",
    "Writing down what each would do",
)
#: A worker that has said nothing for this long, beyond the time that its policy allows a solver, is taken for dead.
SILENCE = timedelta(minutes=10)
LOST = "The program that worked on it stopped before it was done. Nothing was kept. Run it again."


def standing(run: AidRun, now: datetime | None = None) -> tuple[str, str]:
    """The state of a run and, if it failed, why. A running one whose worker is gone has failed."""
    if run.state != RunState.RUNNING:
        return run.state, run.failure
    return (RunState.FAILED, LOST) if _lost(run, now or datetime.now(UTC)) else (RunState.RUNNING, "")


def _lost(run: AidRun, now: datetime) -> bool:
    if workers.gone(run.worker):
        return True
    allowed = SILENCE + timedelta(seconds=int(run.policy.get("seconds", 0)) * len(STEPS))
    return run.seen_at is not None and now - run.seen_at > allowed


@task()
def run_aid(run_id: int) -> None:
    """Work out one run. What goes wrong is kept with the run, in words if it is the person's to mend."""
    run = AidRun.objects.get(pk=run_id)
    if run.state != RunState.WAITING:
        return
    run.state, run.worker, run.started_at = RunState.RUNNING, workers.here(), datetime.now(UTC)
    _say(run, STEPS[0])
    try:
        work_out(run)
    except UserError as error:
        _fail(run, str(error))
    except Exception:
        _fail(run, "Something went wrong that we did not expect. Nothing was kept. Run it again, or ask for help.")
        raise


def work_out(run: AidRun) -> None:
    """Everything of a run, written in one transaction at its end."""
    snapshot, system = snapshots.current(), snapshots.system()
    if snapshot is None or system is None:
        raise UserError("There is no snapshot to work from. Nothing was kept. Build one, then run it again.")
    if snapshot.id != run.snapshot_id:
        raise UserError("A newer snapshot was published before this run began. Run it again on the current one.")
    policy = Policy.from_dict(run.policy)
    problem = problem_of(
        snapshot,
        system,
        policy,
        snapshots.today(),
        stay=not_to_be_moved(),
        off=taken_off(),
        promised=promised(),
    )
    found = solve(problem, policy, lambda words: _say(run, words))
    _say(run, STEPS[-1])
    result = effects(problem, found)
    moves = moves_of(problem, found, names_of(snapshot).site)
    with transaction.atomic():
        AidMove.objects.bulk_create(
            [AidMove(run=run, number=number, **vars(move)) for number, move in enumerate(moves, start=1)],
            batch_size=500,
        )
        run.state, run.result, run.moves_count = RunState.DONE, result, len(moves)
        run.finished_at = datetime.now(UTC)
        run.save()


def not_to_be_moved() -> set[tuple[str, int]]:
    """Clocks with an open offer, and those whose patient chose to stay."""
    offers = Offer.objects.filter(live=True) | Offer.objects.filter(state=OfferState.DECLINED)
    return set(offers.values_list("pathway_key", "period"))


def taken_off() -> set[tuple[str, int]]:
    """Clocks that were decided off the list."""
    cases = ValidationCase.objects.filter(state=CaseState.TAKEN_OFF)
    return set(cases.values_list("pathway_key", "period"))


def promised() -> dict[str, tuple[int, int]]:
    """Places and theatre minutes that offers hold, by pool."""
    out: dict[str, tuple[int, int]] = {}
    for key, minutes in Place.objects.values_list("capacity_key", "offer__minutes"):
        places, total = out.get(key, (0, 0))
        out[key] = places + 1, total + (minutes or 0)
    return out


def _say(run: AidRun, words: str) -> None:
    run.progress, run.seen_at = words, datetime.now(UTC)
    run.step = STEPS.index(words) if words in STEPS else run.step
    run.save()


def _fail(run: AidRun, words: str) -> None:
    run.state, run.failure, run.finished_at = RunState.FAILED, words, datetime.now(UTC)
    run.result, run.moves_count = None, 0
    run.save()
