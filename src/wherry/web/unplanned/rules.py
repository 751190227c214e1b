"""Who may do what with a call: the side that an act belongs to, at the organisation of that side."""

from __future__ import annotations

from wherry.flow.unplanned.standing import ALLOWED, UNDOABLE, Act, Side, Standing, why_not
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.unplanned.models import Call

#: The permission of each side.
NEEDS: dict[Side, Permission] = {"ambulance": Permission.OFFER_CALLS, "hub": Permission.ANSWER_CALLS}


def organisation(call: Call, side: Side) -> str:
    """The organisation of a side."""
    return call.from_organisation if side == "ambulance" else call.to_organisation


def may(access: Access, call: Call, side: Side) -> bool:
    """Whether a person acts for a side of this call."""
    return access.can_at(NEEDS[side], organisation(call, side))


def open_acts(access: Access, call: Call, at: Standing) -> list[Act]:
    """What this person may do with the call as it stands now."""
    return [act for act, (side, _) in ALLOWED.items() if not why_not(at, act) and may(access, call, side)]


def undo_side(last: str) -> Side | None:
    """The side that may undo the last act, or None if it cannot be undone."""
    return next((ALLOWED[act][0] for act in UNDOABLE if act == last), None)
