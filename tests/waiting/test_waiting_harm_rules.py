"""Who may come to harm while waiting: the rules one at a time, their numbers, and the order of the worklist."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.reference import priorities
from wherry.waiting import harm, risk_rules
from wherry.waiting.harm import Waiting

CENSUS = date(2026, 1, 31)
RULES = risk_rules.on(CENSUS)


def ago(days: int) -> date:
    return CENSUS - timedelta(days=days)


def codes(waiting: Waiting) -> list[str]:
    return [reason.code for reason in harm.reasons(waiting, RULES, CENSUS)]


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (Waiting(days=None), []),
        (Waiting(days=364), []),
        (Waiting(days=365), ["long_wait"]),
        (Waiting(days=10, cancer_day=103), []),
        (Waiting(days=10, cancer_day=104), ["long_wait"]),
        (Waiting(days=10, priority="P2", priority_due_on=CENSUS), []),
        (Waiting(days=10, priority="P2", priority_due_on=ago(1)), ["priority_overdue"]),
        (Waiting(days=40, priority="P2", on_list=True, reviewed_on=ago(28)), []),
        (Waiting(days=40, priority="P2", on_list=True, reviewed_on=ago(29)), ["review_overdue"]),
        (Waiting(days=200, priority="P3", on_list=True, added_on=ago(91)), []),
        (Waiting(days=200, priority="P3", on_list=True, added_on=ago(92)), ["review_overdue"]),
        (Waiting(days=200, priority="P3", on_list=True, added_on=ago(92), reviewed_on=ago(3)), []),
        (Waiting(days=300, priority="P4", on_list=True, added_on=ago(183)), ["review_overdue"]),
        (Waiting(days=300, priority="P6", on_list=True, added_on=ago(200)), []),
        (Waiting(days=40, priority="P2", on_list=True), ["review_overdue"]),
        (Waiting(days=40, priority="P2", on_list=False, added_on=ago(200)), []),
        (Waiting(days=40, emergency=(1, 0, ago(3))), []),
        (Waiting(days=40, emergency=(1, 1, ago(3))), ["emergency_attendances"]),
        (Waiting(days=40, emergency=(2, 0, ago(3))), ["emergency_attendances"]),
        (Waiting(days=126, frailty=(7, ago(30))), []),
        (Waiting(days=127, frailty=(5, ago(30))), []),
        (Waiting(days=127, frailty=(6, ago(30))), ["frail"]),
        (Waiting(days=None, frailty=(8, ago(30))), []),
    ],
)
def test_each_rule_at_its_boundary(waiting: Waiting, expected: list[str]) -> None:
    assert codes(waiting) == expected


def test_evidence_says_what_is_known_and_what_is_not() -> None:
    told = {r.code: r.evidence for r in harm.reasons(Waiting(40, priority="P2", on_list=True), RULES, CENSUS)}
    assert told["review_overdue"].endswith("No review is recorded, nor the day on which it was set.")
    seen = Waiting(40, referred_on=date(2025, 11, 3), emergency=(3, 2, date(2026, 1, 4)))
    assert harm.reasons(seen, RULES, CENSUS)[0].evidence == (
        "3 emergency attendances since referral on 3 November 2025, admitted after 2; the last on 4 January 2026."
    )
    both = Waiting(400, clock_start=date(2024, 12, 27), cancer_day=120)
    assert harm.reasons(both, RULES, CENSUS)[0].evidence == (
        "Waiting 400 days (57 weeks) since 27 December 2024. Day 120 of a cancer pathway that is still open."
    )


DAYS = st.one_of(st.none(), st.integers(0, 900).map(ago))
WAITING = st.builds(
    Waiting,
    days=st.one_of(st.none(), st.integers(0, 900)),
    priority=st.sampled_from([None, "P1a", "P2", "P3", "P4", "P6"]),
    on_list=st.booleans(),
    priority_due_on=DAYS,
    reviewed_on=DAYS,
    added_on=DAYS,
    emergency=st.one_of(st.none(), st.tuples(st.integers(1, 5), st.integers(0, 1), st.just(ago(4)))),
    frailty=st.one_of(st.none(), st.tuples(st.integers(1, 9), st.just(ago(40)))),
    cancer_day=st.one_of(st.none(), st.integers(0, 200)),
)


@settings(max_examples=60, deadline=None)
@given(WAITING, st.integers(1, 400))
def test_another_day_of_waiting_never_takes_a_reason_away(waiting: Waiting, more: int) -> None:
    later = CENSUS + timedelta(days=more)
    older = Waiting(
        **{
            **waiting.__dict__,
            "days": None if waiting.days is None else waiting.days + more,
            "cancer_day": None if waiting.cancer_day is None else waiting.cancer_day + more,
        }
    )
    before = {reason.code for reason in harm.reasons(waiting, RULES, CENSUS)}
    assert before <= {reason.code for reason in harm.reasons(older, RULES, later)}


@settings(max_examples=60, deadline=None)
@given(WAITING)
def test_every_reason_has_evidence_and_a_due_review_has_a_reason(waiting: Waiting) -> None:
    found = harm.reasons(waiting, RULES, CENSUS)
    assert all(reason.code in harm.REASONS and reason.evidence for reason in found)
    assert not harm.review_due(waiting, RULES) or "long_wait" in codes(waiting)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([None, *priorities.PRIORITIES]), st.integers(1, 5)), max_size=30),
    st.randoms(use_true_random=False),
)
def test_the_order_is_priority_then_reasons_then_place_whatever_the_order_of_rows(rows: list, random) -> None:  # type: ignore[no-untyped-def]
    placed = [(code, count, position) for position, (code, count) in enumerate(rows, 1)]
    first = [placed[at] for at in harm.order(placed)]
    random.shuffle(placed)
    assert [placed[at] for at in harm.order(placed)] == first
    ranks = [priorities.rank(code) for code, _, _ in first]
    assert ranks == sorted(ranks)


def test_the_data_holds_from_its_day_and_says_how_sure_it_is() -> None:
    with pytest.raises(LookupError, match="no version"):
        risk_rules.on(date(2000, 1, 1))
    for version in risk_rules.versions():
        bases = [*version.bases.values(), *((k.basis, k.source) for k in version.review_kinds.values())]
        assert all(basis in risk_rules.BASES and source for basis, source in bases)
        assert {code for code, outcome in version.outcomes.items() if outcome.duty_of_candour} == {"moderate", "severe"}
        assert set(version.review_days) <= set(priorities.PRIORITIES)


def test_the_next_review_comes_sooner_for_cancer() -> None:
    assert harm.next_review("long_wait", CENSUS, RULES) == date(2026, 5, 2)
    assert harm.next_review("cancer", CENSUS, RULES) < harm.next_review("long_wait", CENSUS, RULES)
