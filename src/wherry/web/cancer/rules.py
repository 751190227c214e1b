"""Who may do what about a cancer pathway, and what its acts add up to."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.cancer.models import Act, Kind, Tracking

#: What each kind of act needs, at the trust that tracks.
NEEDS = {
    Kind.COMMENT: Permission.SEE_CANCER,
    Kind.ACTION: Permission.TRACK_CANCER,
    Kind.DONE: Permission.TRACK_CANCER,
    Kind.CHASE: Permission.TRACK_CANCER,
    Kind.ESCALATE: Permission.TRACK_CANCER,
    Kind.TRANSFER: Permission.TRACK_CANCER,
    Kind.HARM: Permission.REVIEW_HARM,
}


def may_act(access: Access, kind: str, organisation: str) -> bool:
    """Whether somebody may do it at a trust: whoever sees may comment, navigators track, clinicians review harm."""
    if kind not in NEEDS or not access.can_at(Permission.SEE_CANCER, organisation):
        return False
    return access.can_at(NEEDS[Kind(kind)], organisation)


def may_undo(access: Access, act: Act, organisation: str) -> bool:
    """Whoever did it, while still allowed to; for what navigators do, any of them at the trust."""
    if act.kind == Kind.UNDO or access.user is None or not may_act(access, act.kind, organisation):
        return False
    return act.made_by_id == access.user.pk or NEEDS[Kind(act.kind)] is Permission.TRACK_CANCER


def standing(acts: Sequence[Act]) -> list[Act]:
    """Acts that count: neither undone nor an undoing, oldest first."""
    undone = {act.undoes_id for act in acts if act.kind == Kind.UNDO}
    counted = [act for act in acts if act.kind != Kind.UNDO and act.pk not in undone]
    return sorted(counted, key=lambda act: act.sequence)


def replay(tracking: Tracking, acts: Sequence[Act]) -> None:
    """Set a tracking row to what its acts add up to."""
    fresh = Tracking(cancer_key=tracking.cancer_key, organisation=tracking.organisation)
    fresh.version = max((act.sequence for act in acts), default=0)
    for act in standing(acts):
        _apply(fresh, act)
    for field in Tracking._meta.concrete_fields:
        if not field.primary_key:
            setattr(tracking, field.attname, getattr(fresh, field.attname))


def _apply(row: Tracking, act: Act) -> None:
    if act.kind == Kind.COMMENT:
        row.last_comment = act.text
    elif act.kind == Kind.ACTION:
        row.action, row.action_due_on = act.text, act.due_on
        row.action_owner_id, row.action_owner_name = act.person_id, act.person_name
    elif act.kind == Kind.DONE:
        row.action, row.action_due_on, row.action_owner_id, row.action_owner_name = "", None, None, ""
    elif act.kind == Kind.CHASE:
        row.chased_on, row.chased = act.made_on, row.chased + 1
    elif act.kind == Kind.ESCALATE:
        row.level, row.escalated_to_name = act.level or 0, act.person_name
    elif act.kind == Kind.TRANSFER:
        row.passed_to, row.passed_on = act.to_organisation, act.happened_on
    elif act.kind == Kind.HARM:
        row.harm, row.harm_reviewed_on = act.harm, act.happened_on
