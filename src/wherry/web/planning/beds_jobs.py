"""Questions to the bed simulation: ask one, and the background job that works it out. Kept as runs of kind `beds`."""

from __future__ import annotations

import hashlib
import json

from django_tasks import task

from wherry.errors import UserError
from wherry.web.access.access import Access
from wherry.web.planning import work_once
from wherry.web.planning.beds_questions import Asked
from wherry.web.planning.models import PlanRun
from wherry.web.planning.scenario_selectors import Version, activity
from wherry.web.planning.work_once import Done, Say

KIND = "beds"


def ask(*, access: Access, asked: Asked, version: Version | None) -> PlanRun:
    """Ask the simulation; a worker takes it from here. The same question of the same text is one run while it is going.

    Raises `UserError` where no year of activity has been loaded, `PermissionDenied` for those who may not.
    """
    if activity() is None:
        raise UserError("No year of activity has been loaded, so there is nobody to simulate. Nothing was started.")
    text = version.text if version else ""
    run, _ = work_once.ask(
        access=access,
        kind=KIND,
        key=hashlib.sha256(json.dumps([asked.as_dict(), text], sort_keys=True).encode()).hexdigest(),
        fields={
            "slug": asked.slug,
            "number": asked.number,
            "title": asked.words[:200],
            "text": text,
            "asked": asked.as_dict(),
        },
        enqueue=lambda run_id: run_beds.enqueue(run_id=run_id),
    )
    return run


@task()
def run_beds(run_id: int) -> None:
    """Work out one question."""
    work_once.work(run_id, _answer)


def _answer(run: PlanRun, say: Say) -> Done:
    from wherry.web.planning import beds_work

    result, stood_on = beds_work.work_out(Asked(**run.asked), run.text, say)
    return Done(result, " ".join(one["headline"] for one in result["answers"]), stood_on)
