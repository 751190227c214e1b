"""Follow-ups: states by day, held to a plain reading; order; what policy leaves to the patient."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.waiting import follow_ups
from wherry.waiting.follow_ups import Columns, State

TODAY = date(2026, 1, 31)
RULES = follow_ups.on(TODAY)
NEAR = st.one_of(st.none(), st.integers(-60, 60).map(lambda days: TODAY + timedelta(days=days)))
ROW = st.tuples(NEAR, NEAR, NEAR, NEAR, st.booleans())


def columns(rows: list[tuple[Any, ...]]) -> Columns:
    days = [np.array([follow_ups.number(row[at]) for row in rows], dtype=np.int32) for at in range(4)]
    return Columns(*days, np.array([row[4] for row in rows], dtype=bool))


def plainly(row: tuple[Any, ...]) -> State:
    """One row read by itself, with ifs."""
    latest, booked, closed, until, by_patient = row
    ahead = booked is not None and booked >= TODAY
    if closed is not None and closed <= TODAY:
        return State.CLOSED
    if by_patient:
        if ahead:
            return State.IN_TIME
        if until is None or until > TODAY + timedelta(days=28):
            return State.PATIENT_OPEN
        return State.PATIENT_ENDED if until < TODAY else State.PATIENT_ENDING
    if latest is None:
        return State.IN_TIME if ahead else State.NO_DATE
    if latest < TODAY:
        return State.LATE_BOOKED if ahead else State.LATE
    return State.WILL_BE_LATE if ahead and booked > latest else State.IN_TIME


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=40))
def test_states_agree_with_a_plain_reading(rows: list[tuple[Any, ...]]) -> None:
    found = follow_ups.states(columns(rows), TODAY, RULES)
    assert [State(int(code)) for code in found] == [plainly(row) for row in rows]


@settings(max_examples=40, deadline=None)
@given(ROW, st.integers(1, 200))
def test_only_closing_or_booking_ends_lateness(row: tuple[Any, ...], days: int) -> None:
    without_booking = (row[0], None, None, row[3], False)
    before = State(int(follow_ups.states(columns([without_booking]), TODAY, RULES)[0]))
    later = State(int(follow_ups.states(columns([without_booking]), TODAY + timedelta(days=days), RULES)[0]))
    assert before is not State.LATE or later is State.LATE


def test_nothing_has_no_states() -> None:
    assert len(follow_ups.states(columns([]), TODAY, RULES)) == 0
    assert len(follow_ups.days_late(columns([]), TODAY)) == 0


def test_days_late_are_whole_days_and_never_below_none() -> None:
    rows = [(TODAY - timedelta(days=3), None, None, None, False), (TODAY, None, None, None, False)]
    rows += [(None, None, None, None, False), (TODAY + timedelta(days=9), None, None, None, False)]
    assert follow_ups.days_late(columns(rows), TODAY).tolist() == [3, 0, 0, 0]


def test_surveillance_and_unstable_conditions_come_before_all_others() -> None:
    ranked = sorted(RULES.reasons.values(), key=lambda reason: reason.rank)
    assert [reason.code for reason in ranked[:2]] == ["surveillance", "long_term_unstable"]
    assert RULES.reason("long_ago").rank == RULES.reason(None).rank == len(RULES.reasons)
    rank, late = np.array([4, 0, 0, 1]), np.array([900, 3, 50, 1], dtype=np.int32)
    assert follow_ups.late_order(rank, late).tolist() == [2, 1, 3, 0]
    assert "nobody recorded why" in follow_ups.why_here(RULES.reason(None), 1)


def test_policy_never_leaves_risk_to_the_patient() -> None:
    for version in follow_ups.versions():
        for reason in follow_ups.NEVER_PATIENT:
            assert not any(version.policy(code, reason) for policy in version.policies for code in policy.functions)
        assert all(policy.months > 0 and policy.reason in version.reasons for policy in version.policies)
    assert RULES.policy(None, "after_treatment") is None
    assert RULES.policy("110", None) is None
    spoiled = {**_row(), "policy": [{"functions": ["110"], "reason": "results", "months": 6, "words": "x"}]}
    with pytest.raises(ValueError, match="to the patient"):
        follow_ups._version(spoiled)


def _row() -> dict[str, Any]:
    plain = ("name", "from_date", "ending_soon_days", "expected_to_ask", "expected_to_ask_basis", "source")
    return {**{name: getattr(RULES, name) for name in plain}, "reason": [], "triage": []}


def test_the_more_worried_are_answered_sooner() -> None:
    days = [RULES.triage[code].days for code in ("much_worse", "worse", "question")]
    assert days == sorted(days)
    with pytest.raises(KeyError):
        follow_ups.triage_due("other", TODAY, RULES)
    with pytest.raises(LookupError, match="no version"):
        follow_ups.on(date(2000, 1, 1))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_never_more_places_are_freed_than_follow_ups(count: int) -> None:
    assert 0 <= follow_ups.freed(count, RULES) <= count
