"""What a visit's events add up to: the same in any order, however often they come, and as a slow reading has it."""

from __future__ import annotations

import random

from adt_histories import er7, event, events
from adt_slow import slow
from hypothesis import example, given
from hypothesis import strategies as st

from wherry.flow.adt import Event, derive, kept
from wherry.flow.adt.codes import load
from wherry.flow.adt.hl7v2 import parse
from wherry.flow.adt.visit import ESTABLISH


def known(found: list[Event]) -> bool:
    return any(one.trigger in ESTABLISH for one in found)


@given(events(patients=("P1", "P2")).filter(known), st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference(found: list[Event], chance: random.Random) -> None:
    other = [*found, *chance.choices(found, k=3)]
    chance.shuffle(other)
    assert derive(other) == derive(found)


@given(events().filter(known))
@example([event("A01", 10, place=1), event("A03", 12), event("A01", 14, place=2), event("A13", 15)])
@example([event("A04", 0, place=0), event("A03", 5), event("A01", 5, 5, place=1, control_id="z"), event("A11", 9)])
def test_it_is_what_a_slow_reading_says(found: list[Event]) -> None:
    state, other = derive(found), slow(found)
    assert state.standing == other.standing
    assert (state.arrived_at, state.admitted_at, state.left_at) == (
        other.arrived_at,
        other.admitted_at,
        other.left_at,
    )
    assert [(stay.location, stay.from_at, stay.to_at) for stay in state.stays] == other.stays
    assert state.details == other.details


@given(events().filter(known))
def test_stays_follow_one_another_and_only_the_last_is_open(found: list[Event]) -> None:
    state = derive(found)
    for before, after in zip(state.stays, state.stays[1:], strict=False):
        assert before.to_at is not None
        assert before.to_at <= after.from_at
    for stay in state.stays:
        assert stay.to_at is None or stay.from_at < stay.to_at
    if state.left_at is not None:
        assert all(stay.to_at is not None and stay.to_at <= state.left_at for stay in state.stays)


@given(events(patients=("P1", "P2")))
def test_an_event_is_the_same_from_its_message_and_from_its_json(found: list[Event]) -> None:
    codes = load("norfolk-waveney")
    for one in found:
        assert kept.load(kept.dump(one)) == one
        read = parse(er7(one), codes)
        assert kept.load(kept.dump(read)) == read
        details = {name: value for name, value in one.details.items() if value != ""}
        assert (read.trigger, read.visit_key, read.patient_key) == (one.trigger, one.visit_key, one.patient_key)
        assert (read.recorded_at, read.occurred_at, read.sent_at) == (one.recorded_at, one.occurred_at, one.sent_at)
        assert (read.location, read.prior) == (one.location, one.prior)
        assert read.details == details
