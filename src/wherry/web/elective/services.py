"""Writes of mutual aid: ask for a run, run it again, send moves to the clinicians. Each with its audit line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from wherry.errors import UserError
from wherry.waiting.aid import Policy
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.elective import aid_jobs
from wherry.web.elective.models import AidMove, AidRun, RunState
from wherry.web.offers import services as offers
from wherry.web.offers.moves import ProposedMove

#: Moves that may be sent at once: as many as a page shows.
SEND_AT_MOST = 200
_MOVE = tuple(ProposedMove.__dataclass_fields__)


@dataclass(frozen=True)
class Sent:
    """What became of the moves that were sent: how many went, and those left out with the reason."""

    made: int
    left_out: tuple[tuple[AidMove, str], ...]


@transaction.atomic
def ask(*, access: Access, policy: Policy, label: str, again_of: AidRun | None = None) -> AidRun:
    """Ask for a run on the current snapshot; a worker takes it from here. Raises `UserError` without a snapshot."""
    user = access.user
    if user is None or not access.can(Permission.PLAN_AID):
        raise PermissionDenied(Permission.PLAN_AID.value)
    snapshot = snapshots.current()
    if snapshot is None:
        raise UserError("No snapshot has been built yet, so there is no list to work out. Nothing was started.")
    label = label.replace("\x00", "").strip()[:120] or "Mutual aid"
    run = AidRun.objects.create(
        label=label,
        policy=policy.as_dict(),
        snapshot_id=snapshot.id,
        census=snapshot.census,
        asked_by=user,
        asked_by_name=user.display_name[:200],
        asked_at=datetime.now(UTC),
        again_of=again_of,
        progress="Waiting for its turn",
    )
    audit.record(
        access=access,
        action="aid.asked",
        subject_kind="aid_run",
        subject_key=str(run.pk),
        detail={"policy": run.policy, "snapshot": run.snapshot_id, "again_of": again_of.pk if again_of else None},
    )
    aid_jobs.run_aid.enqueue(run_id=run.pk)
    return run


def again(*, access: Access, run: AidRun) -> AidRun:
    """The same policy once more, on the current snapshot, as a new run."""
    return ask(access=access, policy=Policy.from_dict(run.policy), label=run.label, again_of=run)


@transaction.atomic
def send(*, access: Access, run: AidRun, numbers: Sequence[int]) -> Sent:
    """Send chosen moves to the clinicians of the patients' trusts. Nothing is offered to anybody by this.

    A move into a week that nobody has planned yet, or one already sent, is left out with the reason. Raises
    `PermissionDenied` for a move from a trust where the person may not plan, and `UserError` where nothing can be sent.
    """
    user, mine = access.user, access.where(Permission.PLAN_AID)
    if user is None or not mine:
        raise PermissionDenied(Permission.PLAN_AID.value)
    if run.state != RunState.DONE:
        raise UserError("This run is not done, so it has no moves to send. Nothing was sent.")
    if not numbers:
        raise UserError("Choose at least one move to send. Nothing was sent.")
    if len(numbers) > SEND_AT_MOST:
        raise UserError(f"Send at most {SEND_AT_MOST} moves at once. Nothing was sent.")
    chosen = list(AidMove.objects.select_for_update(of=("self",)).filter(run=run, number__in=numbers))
    if not {move.from_organisation for move in chosen} <= mine:
        raise PermissionDenied("send a move of another trust's patient")
    left: list[tuple[AidMove, str]] = []
    ready = []
    for move in chosen:
        if move.sent_at is not None:
            left.append((move, f"{move.sent_by_name} sent it already"))
        elif not move.planned:
            left.append((move, "That week's sessions are not planned yet: there is no place to offer"))
        else:
            ready.append(move)
    made = _propose(access, run, ready, left) if ready else 0
    audit.record(
        access=access,
        action="aid.sent",
        subject_kind="aid_run",
        subject_key=str(run.pk),
        detail={"moves": [move.pathway_key for move in chosen], "made": made, "left_out": len(left)},
    )
    return Sent(made, tuple(left))


def _propose(access: Access, run: AidRun, ready: list[AidMove], left: list[tuple[AidMove, str]]) -> int:
    by_clock = {(move.pathway_key, move.period): move for move in ready}
    proposed = offers.propose(
        access=access,
        run_label=f"{run.label} (run {run.pk})",
        moves=[ProposedMove(**{name: getattr(move, name) for name in _MOVE}) for move in ready],
        snapshot_id=run.snapshot_id,
    )
    out = {(move.pathway_key, move.period): reason for move, reason in proposed.left_out}
    now, name = datetime.now(UTC), access.user.display_name[:200] if access.user else ""
    for clock, move in by_clock.items():
        if clock in out:
            move.left_out = out[clock][:200]
            left.append((move, out[clock]))
        else:
            move.sent_at, move.sent_by_name, move.left_out = now, name, ""
        move.save()
    return len(ready) - len(out)
