"""Calendars: month ends, Sundays and working days against plain counting, and the holidays that GOV.UK publishes."""

from __future__ import annotations

import calendar
import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.reference import calendars

DAYS = st.dates(date(2020, 1, 1), date(2027, 6, 30))


@given(DAYS)
def test_month_ends_are_the_calendars(on: date) -> None:
    assert calendars.month_end(on) == date(on.year, on.month, calendar.monthrange(on.year, on.month)[1])
    newest = calendars.last_month_end(on)
    assert newest <= on
    assert newest + timedelta(days=1) == (newest + timedelta(days=1)).replace(day=1)
    assert on < calendars.month_end(newest + timedelta(days=1))


@given(DAYS)
def test_the_weekly_census_is_the_newest_sunday(on: date) -> None:
    sunday = calendars.last_sunday(on)
    assert sunday.isoweekday() == 7
    assert 0 <= (on - sunday).days <= 6


@given(DAYS, st.integers(0, 60))
def test_sundays_between_two_days_are_all_of_them(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    every = [first + timedelta(days=step) for step in range(length + 1)]
    assert list(calendars.sundays(first, last)) == [day for day in every if day.isoweekday() == 7]
    ends = [day for day in every if (day + timedelta(days=1)).day == 1]
    assert list(calendars.month_ends(first, last)) == ends


@given(DAYS, st.integers(0, 40))
def test_working_days_counted_forward_are_counted_back(start: date, days: int) -> None:
    end = calendars.add_working_days(start, days)
    assert calendars.working_days_between(start, end) == days
    assert end == start or calendars.is_working_day(end)


def test_a_holiday_and_a_weekend_are_no_working_days() -> None:
    assert not calendars.is_working_day(date(2026, 4, 6))
    assert calendars.add_working_days(date(2025, 12, 24), 1) == date(2025, 12, 29)
    assert calendars.working_days_between(date(2025, 12, 24), date(2025, 12, 28)) == 0


@pytest.mark.parametrize(
    ("month", "provider", "commissioner"),
    [
        (date(2026, 1, 31), date(2026, 2, 18), date(2026, 2, 25)),
        (date(2026, 3, 31), date(2026, 4, 21), date(2026, 4, 28)),
        (date(2025, 12, 1), date(2026, 1, 20), date(2026, 1, 27)),
    ],
)
def test_the_monthly_return_is_due_13_and_18_working_days_after_month_end(
    month: date, provider: date, commissioner: date
) -> None:
    assert calendars.submission_date(month) == provider
    assert calendars.submission_date(month, "commissioner") == commissioner


@pytest.mark.parametrize("on", [date(2019, 12, 31), date(2028, 1, 3)])
def test_a_year_without_holidays_is_refused(on: date) -> None:
    with pytest.raises(ValueError, match="add them"):
        calendars.is_working_day(on)


def test_working_days_are_not_counted_back() -> None:
    with pytest.raises(ValueError, match="forward"):
        calendars.add_working_days(date(2026, 1, 1), -1)


def test_every_year_has_its_eight_holidays_and_the_extra_ones() -> None:
    count = Counter(day.year for day in calendars.bank_holidays())
    assert count == {2020: 8, 2021: 8, 2022: 10, 2023: 9, 2024: 8, 2025: 8, 2026: 8, 2027: 8}
    assert all(day.weekday() < 5 for day in calendars.bank_holidays())


@pytest.mark.parametrize("year", range(2020, 2028))
def test_easter_holidays_are_where_the_computus_puts_them(year: int) -> None:
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * i) // 451
    month, day = divmod(h + i - 7 * m + 114, 31)
    easter = date(year, month, day + 1)
    assert calendars.bank_holidays()[easter - timedelta(days=2)] == "Good Friday"
    assert calendars.bank_holidays()[easter + timedelta(days=1)] == "Easter Monday"


@pytest.mark.real
def test_holidays_are_those_that_gov_uk_published(shared_data: Path) -> None:
    published = json.loads((shared_data / "bank_holidays" / "bank-holidays.json").read_text(encoding="utf-8"))
    years = published["divisions"]["england-and-wales"]
    for year in ("2020", "2021"):
        days = {datetime.strptime(row["date"], "%d/%m/%Y").date() for row in years[year]}  # noqa: DTZ007
        assert days == {day for day in calendars.bank_holidays() if day.year == int(year)}
