"""When an offer is reasonable, who may ask to move, and how far it is: worked cases and properties."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.reference.procedure_groups import GROUPS
from wherry.reference.services import COMPLEXITIES
from wherry.waiting import offer_rules as rules

DAYS = st.dates(date(2024, 4, 1), date(2030, 12, 31))


@given(DAYS, st.integers(-30, 120))
def test_three_weeks_make_a_reasonable_offer_and_a_day_less_does_not(offered: date, notice: int) -> None:
    assert rules.is_reasonable(offered, offered + timedelta(days=notice)) == (notice >= 21)


@given(DAYS, st.integers(0, 20), st.integers(0, 6), st.booleans())
def test_what_may_be_offered_is_reasonable_or_agreed(offered: date, weeks: int, place: int, agreed: bool) -> None:
    week = offered - timedelta(days=offered.weekday()) + timedelta(weeks=weeks)
    treat_on = week + timedelta(days=place)
    answer_by = rules.usual_answer_by(offered, treat_on)
    wrong = rules.wrong_with(
        offered_on=offered, week_start=week, treat_on=treat_on, answer_by=answer_by, agreed_sooner=agreed
    )
    if "treat_on" not in wrong:
        assert treat_on > offered
        assert agreed or rules.is_reasonable(offered, treat_on)
    if not wrong:
        assert offered <= answer_by < treat_on
    if rules.is_reasonable(offered, treat_on):
        assert not wrong, "the suggested terms of a reasonable offer are accepted"


@pytest.mark.parametrize(
    ("treat_on", "answer_by", "field"),
    [
        (None, date(2026, 2, 10), "treat_on"),
        (date(2026, 3, 9), date(2026, 2, 10), "treat_on"),  # the week after
        (date(2026, 3, 3), None, "answer_by"),
        (date(2026, 3, 3), date(2026, 2, 4), "answer_by"),  # four days to answer
        (date(2026, 3, 3), date(2026, 3, 2), "answer_by"),  # the day before
    ],
)
def test_each_fault_is_named_at_its_field(treat_on: date | None, answer_by: date | None, field: str) -> None:
    wrong = rules.wrong_with(
        offered_on=date(2026, 1, 31),
        week_start=date(2026, 3, 2),
        treat_on=treat_on,
        answer_by=answer_by,
        agreed_sooner=False,
    )
    assert list(wrong) == [field]


@given(DAYS, DAYS)
def test_an_offer_is_unanswered_only_after_its_day(answer_by: date, today: date) -> None:
    assert rules.unanswered(answer_by, today) == (today > answer_by)


@given(st.integers(0, 900) | st.none(), st.integers(0, 200) | st.none(), DAYS)
def test_asking_to_move_is_for_forty_weeks_without_a_date_in_eight(
    waited: int | None, ahead: int | None, today: date
) -> None:
    booked = None if ahead is None else today + timedelta(days=ahead)
    expected = waited is not None and waited > 280 and (ahead is None or ahead > 56)
    assert rules.may_ask_to_move(waited, booked, today) == expected


@given(st.sampled_from(sorted(GROUPS)), st.integers(1, 9) | st.none(), st.integers(1, 5) | st.none())
def test_frailty_and_illness_make_a_case_one_step_harder_at_most(
    group: str, frailty: int | None, asa: int | None
) -> None:
    usual = COMPLEXITIES.index(GROUPS[group].complexity)
    got = COMPLEXITIES.index(rules.complexity_of(group, frailty, asa, date(2026, 1, 31)))
    harder = (frailty or 0) >= 6 or (asa or 0) >= 3
    assert got == min(usual + harder, 2)


@given(st.floats(52, 53), st.floats(0, 2), st.floats(52, 53), st.floats(0, 2))
def test_distance_is_the_same_both_ways_and_nothing_to_oneself(a: float, b: float, c: float, d: float) -> None:
    on = date(2026, 1, 31)
    there, back = rules.road_miles((a, b), (c, d), on), rules.road_miles((c, d), (a, b), on)
    assert there == pytest.approx(back)
    assert there >= 0
    assert rules.road_miles((a, b), (a, b), on) == 0


def test_every_number_has_its_source_and_no_day_before_the_rules_is_guessed() -> None:
    held = rules.rules_on(date(2026, 1, 31))
    numbers = {name for name in held.__dataclass_fields__ if name not in ("from_date", "sources")}
    assert set(held.sources) == numbers
    with pytest.raises(UserError, match="No rules of offers are known for 2020-01-01"):
        rules.rules_on(date(2020, 1, 1))
