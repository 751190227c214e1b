"""Where an offer stands and who may do what to it: pure, so that each rule can be read and tested alone.

Sources: *Recording and reporting RTT waiting times* v5.0, 4.4, 8 and 11; and the platform's own rule that nothing is
offered until a named clinician of the patient's present trust has agreed it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from wherry.waiting.offer_rules import unanswered
from wherry.web.access import Permission
from wherry.web.access.access import Access
from wherry.web.offers.models import LIVE, Kind, State

#: What each act makes of an offer; acts that are not here leave its state as it is.
AFTER: dict[str, State] = {
    Kind.PROPOSE: State.PROPOSED,
    Kind.AGREE: State.AGREED,
    Kind.REFUSE: State.REFUSED,
    Kind.OFFER: State.OFFERED,
    Kind.ACCEPT: State.ACCEPTED,
    Kind.DECLINE: State.DECLINED,
    Kind.CORRECT: State.OFFERED,
    Kind.WITHDRAW: State.WITHDRAWN,
    Kind.TRANSFER: State.TRANSFERRED,
    Kind.RECEIVE: State.RECEIVED,
}
#: The states, as they stand that day, in which each act is allowed.
ALLOWED: dict[str, frozenset[State]] = {
    Kind.AGREE: frozenset({State.PROPOSED}),
    Kind.REFUSE: frozenset({State.PROPOSED}),
    Kind.OFFER: frozenset({State.AGREED, State.NO_ANSWER}),
    Kind.ACCEPT: frozenset({State.OFFERED, State.NO_ANSWER}),
    Kind.DECLINE: frozenset({State.OFFERED, State.NO_ANSWER}),
    Kind.ASK_CALL: frozenset({State.OFFERED, State.NO_ANSWER}),
    Kind.TOO_LATE: frozenset({State.OFFERED, State.NO_ANSWER}),
    Kind.CORRECT: frozenset({State.ACCEPTED, State.DECLINED}),
    Kind.WITHDRAW: frozenset(
        {State.PROPOSED, State.AGREED, State.OFFERED, State.NO_ANSWER, State.ACCEPTED, State.TRANSFERRED}
    ),
    Kind.TRANSFER: frozenset({State.ACCEPTED}),
    Kind.RECEIVE: frozenset({State.TRANSFERRED}),
}
#: The permission for each act, at the trust that has the patient now; receipt is the other trust's.
NEEDS: dict[str, Permission] = {
    Kind.AGREE: Permission.AGREE_MOVES,
    Kind.REFUSE: Permission.AGREE_MOVES,
    Kind.OFFER: Permission.MAKE_OFFERS,
    Kind.ACCEPT: Permission.TAKE_CALLS,
    Kind.DECLINE: Permission.TAKE_CALLS,
    Kind.ASK_CALL: Permission.TAKE_CALLS,
    Kind.TOO_LATE: Permission.TAKE_CALLS,
    Kind.CORRECT: Permission.TAKE_CALLS,
    Kind.WITHDRAW: Permission.MAKE_OFFERS,
    Kind.TRANSFER: Permission.MAKE_OFFERS,
    Kind.RECEIVE: Permission.MAKE_OFFERS,
}


class OfferLike(Protocol):
    """What the rules read of an offer."""

    state: str
    answer_by: date | None
    from_organisation: str
    to_organisation: str


def standing(offer: OfferLike, today: date) -> State:
    """The state as it is today: an offer becomes "no answer" by itself on the day after its answer-by date."""
    state = State(offer.state)
    return State.NO_ANSWER if state is State.OFFERED and unanswered(offer.answer_by, today) else state


def replay(kinds: Iterable[str]) -> State:
    """The state that a history adds up to.

    >>> replay(["propose", "agree", "offer", "ask_call", "decline", "correct", "accept"]).value
    'accepted'
    """
    state = State.PROPOSED
    for kind in kinds:
        state = AFTER.get(kind, state)
    return state


def is_live(state: str) -> bool:
    """Whether something is still open: a clock has one such offer at most."""
    return state in LIVE


def where(kind: str, offer: OfferLike) -> str:
    """The organisation at which somebody must hold the permission."""
    return offer.to_organisation if kind == Kind.RECEIVE else offer.from_organisation


def may(access: Access, kind: str, offer: OfferLike) -> bool:
    """Whether a person's role and trust allow an act, whatever state the offer is in."""
    return access.can_at(NEEDS[kind], where(kind, offer))


def can_now(access: Access, kind: str, offer: OfferLike, today: date) -> bool:
    """Whether a person may do it, and it may be done today."""
    return may(access, kind, offer) and standing(offer, today) in ALLOWED[kind]


def may_see(access: Access, offer: OfferLike) -> bool:
    """A trust sees the offers that it sends and those that it is to receive."""
    return bool({offer.from_organisation, offer.to_organisation} & access.where(Permission.SEE_OFFERS))


def may_see_name(access: Access, offer: OfferLike) -> bool:
    """The patient's own trust sees the name; the other does once the patient has said yes."""
    named = access.where(Permission.SEE_OFFERS) & access.where(Permission.SEE_IDENTITY)
    if offer.from_organisation in named:
        return True
    return offer.to_organisation in named and offer.state in (State.ACCEPTED, State.TRANSFERRED, State.RECEIVED)
