"""Writes of the data screens: decisions about identities."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from wherry.errors import UserError
from wherry.paths import hub_dir
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.data import decisions_file
from wherry.web.data.models import Decision, IdentityDecision


def last_decision(left: str, right: str) -> IdentityDecision | None:
    """The decision that holds for a pair, `undone` included."""
    return IdentityDecision.objects.filter(left_identity=left, right_identity=right).order_by("-id").first()


@transaction.atomic
def decide(*, by: Access, left: str, right: str, decision: Decision, reason: str, seen: int | None) -> IdentityDecision:
    """Say whether two identities are one person, or undo what was said.

    `seen` is the decision that the reader had in front of them: if another came in between, this one is refused. The
    file that the hub reads is written before the transaction ends, so that no decision is kept that it would not see.
    """
    for identity in (left, right):
        if not by.can_at(Permission.DECIDE_LINKS, identity.split(":", 1)[0]):
            raise UserError(f"You do not decide about records of {identity.split(':', 1)[0]}. Nothing was changed.")
    if by.user is None:
        raise audit.AnonymousActor("somebody unknown cannot decide about a person")
    reason = reason.replace("\x00", "").strip()
    if not reason:
        raise UserError("Write why: what did you check? Nothing was changed.")
    standing = last_decision(left, right)
    if (standing.pk if standing else None) != seen:
        raise UserError("Somebody else decided about this pair a moment ago. Look at it again. Nothing was changed.")
    holds = standing is not None and standing.decision != Decision.UNDONE
    if decision == Decision.UNDONE and not holds:
        raise UserError("There is no decision to undo. Nothing was changed.")
    if holds and standing is not None and standing.decision == decision:
        raise UserError("That is already decided. Nothing was changed.")
    snapshot = snapshots.current()
    made = IdentityDecision.objects.create(
        left_identity=left,
        right_identity=right,
        decision=decision,
        reason=reason,
        decided_by=by.user,
        decided_by_name=by.user.username,
        decided_at=datetime.now(UTC),
        snapshot_id=snapshot.id if snapshot else "",
    )
    for identity, other in ((left, right), (right, left)):
        audit.record(
            access=by,
            action=f"identity.{decision.value}",
            subject_kind="identity",
            subject_key=identity,
            organisation=identity.split(":", 1)[0],
            purpose="data quality",
            detail={"other": other, "reason": reason, "was": standing.decision if standing else ""},
        )
    decisions_file.write(hub_dir() / "identity_decisions.csv", IdentityDecision.objects.order_by("id"))
    return made
