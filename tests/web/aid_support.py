"""Runs of mutual aid for tests of screens, over the handmade snapshot made short of places at two of its sites."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from snapshot_factory import CENSUS, Made

from wherry.waiting.aid import Policy, effects, moves_of, problem_of, solve
from wherry.web.access.models import User
from wherry.web.elective.models import AidMove, AidRun, RunState

#: A policy under which the handmade list has moves to propose.
POLICY = Policy(minimum_gain=1, notice=1, miles=120)


def make_scarce(hub: Path, snapshot_id: str) -> None:
    """Leave only every sixth week's places at Norwich and King's Lynn, so that Gorleston can help."""
    path = hub / "snapshots" / snapshot_id / "capacity_week.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    first = min(row["week_start"] for row in rows)
    for row in rows:
        if row["site"] != "RGP75" and ((row["week_start"] - first).days // 7) % 6:
            row.update(free_minutes=0, free_slots=0, planned_slots=0, planned_minutes=0)
    pq.write_table(type(table).from_pylist(rows, schema=table.schema), path)
    contacts = hub / "snapshots" / snapshot_id / "contact_detail.parquet"
    pq.write_table(pq.read_table(contacts).slice(0, 0), contacts)


@lru_cache(maxsize=2)
def worked_out(folder: Path) -> tuple[dict[str, Any], list[Any]]:
    """What a run over a snapshot's folder finds, worked out once."""
    from wherry.hub.snapshot import Snapshot
    from wherry.reference.system import load

    problem = problem_of(Snapshot(folder), load("norfolk-waveney"), POLICY, CENSUS)
    found = solve(problem, POLICY)
    return effects(problem, found), moves_of(problem, found)


def made_run(made: Made, state: str = RunState.DONE, folder: Path | None = None) -> AidRun:
    """A run as a worker leaves it, without one."""
    asker, _ = User.objects.get_or_create(username="planner-of-runs", defaults={"first_name": "Test"})
    done = state == RunState.DONE
    result, moves = worked_out(folder or made.hub / "snapshots" / made.snapshot_id) if done else (None, [])
    now = datetime.now(UTC)
    run = AidRun.objects.create(
        label="Everybody",
        policy=POLICY.as_dict(),
        snapshot_id=made.snapshot_id,
        census=CENSUS,
        asked_by=asker,
        asked_by_name="PLANNER, Test",
        asked_at=now,
        state=state,
        started_at=now,
        finished_at=now if done else None,
        result=result,
        moves_count=len(moves),
    )
    AidMove.objects.bulk_create([AidMove(run=run, number=n, **vars(move)) for n, move in enumerate(moves, start=1)])
    return run
