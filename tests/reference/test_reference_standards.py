"""Standards and targets: what holds on the days around a change, and documents that contradict themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.reference import standards

DAYS = st.dates(date(2000, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("on", "scope", "value"),
    [
        (date(2025, 3, 31), "trust", None),
        (date(2025, 4, 1), "trust", 60),
        (date(2026, 3, 31), "trust", 60),
        (date(2026, 4, 1), "trust", 65),
        (date(2027, 3, 31), "trust", 65),
        (date(2027, 4, 1), "trust", None),
        (date(2026, 3, 31), "national", 65),
        (date(2026, 4, 1), "national", 70),
        (date(2028, 3, 31), "trust", None),
        (date(2029, 3, 31), "trust", 92),
        (date(2029, 3, 31), "national", 92),
        (date(2029, 4, 1), "national", None),
    ],
)
def test_the_targets_of_the_planning_years(on: date, scope: Any, value: float | None) -> None:
    found = standards.in_force("rtt.18_weeks.target", on, scope)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("code", "on", "value"),
    [
        ("cancer.fds.share", date(2026, 2, 28), 75),
        ("cancer.fds.share", date(2026, 3, 1), 80),
        ("cancer.31_days.share", date(2026, 1, 31), 96),
        ("cancer.62_days.share", date(2026, 1, 31), 85),
        ("cancer.62_days.target", date(2026, 4, 1), 80),
        ("ed.4_hours.target", date(2024, 3, 31), 76),
        ("ed.4_hours.target", date(2024, 4, 1), 78),
        ("ed.4_hours.target", date(2026, 3, 31), 78),
        ("ed.4_hours.share", date(2026, 1, 31), 95),
        ("diagnostics.six_weeks.share", date(2026, 1, 31), 99),
        ("rtt.18_weeks.share", date(2026, 1, 31), 92),
        ("rtt.18_weeks.improvement", date(2026, 3, 31), 5),
        ("rtt.18_weeks.improvement", date(2026, 4, 1), 7),
    ],
)
def test_lines_on_the_days_around_a_change(code: str, on: date, value: float) -> None:
    assert standards.standard(code, on).value == value


@pytest.mark.parametrize(("weeks", "within"), [(18, 126), (52, 364), (65, 455), (78, 546), (104, 728)])
def test_limits_in_days_are_those_of_the_guidance(weeks: int, within: int) -> None:
    assert standards.standard(f"rtt.{weeks}_weeks.limit", date(2026, 1, 31)).days == within


def test_a_share_of_less_than_one_per_cent_is_not_met_by_one() -> None:
    line = standards.standard("rtt.52_weeks.share", date(2026, 3, 31))
    assert (line.met(0.99), line.met(1.0)) == (True, False)
    assert standards.standard("ambulance.handover.limit", date(2026, 1, 1)).met(15)
    assert not standards.standard("rtt.18_weeks.share", date(2026, 1, 1)).met(91.9)


def test_hours_are_no_whole_number_of_days() -> None:
    with pytest.raises(ValueError, match="hours"):
        _ = standards.standard("ed.4_hours.limit", date(2026, 1, 1)).days


def test_an_unknown_code_is_refused_with_a_suggestion() -> None:
    with pytest.raises(KeyError, match=r"rtt\.18_weeks\.share"):
        standards.in_force("rtt.18_week.share", date(2026, 1, 1))
    with pytest.raises(KeyError, match="does not hold"):
        standards.standard("cancer.31_days.target", date(2020, 1, 1))


@given(DAYS)
def test_at_most_one_line_holds_for_a_code_scope_and_day(on: date) -> None:
    for scope in ("trust", "national"):
        codes = [row.code for row in standards.all_in_force(on, scope)]  # type: ignore[arg-type]
        assert len(codes) == len(set(codes))
        for code in codes:
            found = standards.in_force(code, on, scope)  # type: ignore[arg-type]
            assert found is not None
            assert found.from_date <= on <= (found.to_date or date.max)


def test_every_row_says_where_it_comes_from_and_a_share_is_a_percentage() -> None:
    for row in standards.all_standards():
        assert row.source
        assert row.words
        assert row.unit != "percent" or 0 <= row.value <= 100
        assert row.to_date is None or row.from_date <= row.to_date
        assert row.reach_by is None or row.from_date <= row.reach_by <= (row.to_date or date.max)
        assert row.reach_by is not None or not row.code.endswith(".target")


def row(**changes: Any) -> dict[str, Any]:
    """One row of a document, with changes."""
    made = {
        "code": "made.up",
        "words": "a made-up line",
        "value": 1,
        "unit": "days",
        "better": "at_most",
        "from_date": date(2026, 1, 1),
        "to_date": date(2026, 12, 31),
        "scope": "any",
        "source": "nowhere",
        "certainty": "own default",
    }
    return made | changes


def test_lines_that_follow_each_other_are_read() -> None:
    later = row(from_date=date(2027, 1, 1), to_date=None)
    assert len(standards.parse({"standard": [row(), later]})) == 2
    both = [row(scope="trust"), row(scope="national")]
    assert len(standards.parse({"standard": both})) == 2


@pytest.mark.parametrize(
    "later",
    [
        row(from_date=date(2026, 12, 31), to_date=None),
        row(from_date=date(2026, 6, 1), to_date=date(2026, 6, 2)),
        row(from_date=date(2026, 12, 31), to_date=None, scope="trust"),
    ],
)
def test_two_lines_on_one_day_are_refused(later: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"made\.up .*twice on one day"):
        standards.parse({"standard": [row(), later]})


@given(st.lists(st.tuples(DAYS, st.integers(0, 400)), min_size=2, max_size=5))
def test_overlaps_are_found_as_by_counting_days(spans: list[tuple[date, int]]) -> None:
    rows = [row(from_date=start, to_date=start + timedelta(days=length)) for start, length in spans]
    days = [start + timedelta(days=step) for start, length in spans for step in range(length + 1)]
    if len(days) == len(set(days)):
        assert len(standards.parse({"standard": rows})) == len(spans)
    else:
        with pytest.raises(UserError):
            standards.parse({"standard": rows})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"unit": "fortnights"}, "fortnights"),
        ({"better": "more"}, "better"),
        ({"scope": "ward"}, "ward"),
        ({"certainty": "maybe"}, "maybe"),
        ({"colour": "red"}, "colour"),
        ({"from_date": date(2027, 1, 1)}, "twice"),
    ],
)
def test_words_that_are_not_known_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        standards.parse({"standard": [row(**changes)]})
