"""Theatre use: worked examples, then bounds and plain loops over random sessions."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest
from capacity_tables import CENSUS, TRUST, Theatre
from hypothesis import given, settings
from hypothesis import strategies as st

HELD = date(2026, 1, 20)
QUANTITIES = (
    "planned_minutes",
    "touch_minutes",
    "capped_minutes",
    "late_start_minutes",
    "early_finish_minutes",
    "cases",
)


def use_of(*cases: tuple[int | None, int | None], **session: Any) -> dict[str, Any]:
    made = Theatre()
    key = made.session(HELD, **{"status": "held", **session})
    for start, end in cases:
        made.case(key, start, end)
    rows = made.derive()["theatre_use"]
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize(
    ("cases", "touch", "capped", "late", "early"),
    [
        (((0, 120), (120, 240)), 240, 240, 0, 0),
        (((30, 120), (140, 220)), 170, 170, 30, 20),
        (((-15, 100), (110, 260)), 265, 230, 0, 0),  # starts early, overruns: capped at both ends
        (((10, 100), (80, 200)), 210, 190, 10, 40),  # overlap counts once
        (((10, 200), (20, 50), (210, 230)), 240, 210, 10, 10),  # one within another
        (((250, 300),), 50, 0, 240, 0),  # all after the planned end
        ((), 0, 0, 0, 0),
        (((0, None), (None, 100)), 0, 0, 0, 0),  # without both times there is no length
    ],
)
def test_parts_of_one_session(cases: Any, touch: int, capped: int, late: int, early: int) -> None:
    row = use_of(*cases)
    found = tuple(row[name] for name in QUANTITIES[1:5])
    assert found == (touch, capped, late, early)
    timed = any(None not in case for case in cases)
    assert (row["planned_minutes"], row["sessions_with_cases"]) == ((240, 1) if timed else (0, 0))


def test_cancelled_and_unheld_sessions_were_planned_and_not_held() -> None:
    made = Theatre()
    for status in ("held", "cancelled", "planned"):
        made.session(HELD, status=status)
    made.session(CENSUS + timedelta(days=1))  # still to come
    made.session(HELD, kind="clinic", status="held")
    (row,) = made.derive()["theatre_use"]
    assert (row["sessions_planned"], row["sessions_held"], row["planned_minutes"]) == (3, 1, 0)
    assert (row["week_start"], row["treatment_function"], row["organisation"]) == (date(2026, 1, 19), "110", "RGP")


def test_a_session_without_planned_minutes_is_held_and_counts_for_no_minutes() -> None:
    row = use_of((0, 100), planned_minutes=None)
    assert (row["sessions_held"], row["sessions_with_cases"]) == (1, 0)
    assert [row[name] for name in QUANTITIES] == [0] * 6


SESSIONS = st.lists(
    st.tuples(
        st.fixed_dictionaries(
            {
                "on": st.integers(-15, 3).map(lambda days: CENSUS + timedelta(days=days)),
                "site": st.sampled_from([*TRUST]),
                "treatment_function": st.sampled_from([None, "110", "130"]),
                "status": st.sampled_from(["held", "held", "cancelled", "planned"]),
                "planned_minutes": st.sampled_from([None, 120, 240]),
            }
        ),
        st.lists(st.tuples(st.integers(-40, 300), st.integers(-5, 200)), max_size=5),
    ),
    max_size=10,
)


@settings(max_examples=50, deadline=None)
@given(SESSIONS)
def test_bounds_hold_and_minutes_agree_with_counting_them_one_by_one(drawn: Any) -> None:
    made = Theatre()
    expected: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(QUANTITIES, 0))
    for values, cases in drawn:
        key = made.session(**values)
        for start, length in cases:
            made.case(key, start, start + length)
        on = values["on"]
        if on > CENSUS:
            continue
        cell = expected[values["site"], on - timedelta(days=on.weekday()), values["treatment_function"] or ""]
        planned = values["planned_minutes"]
        if values["status"] != "held" or planned is None:
            continue
        timed = [(start, start + length) for start, length in cases if length > 0]
        if not timed:
            continue
        in_theatre = {minute for start, end in timed for minute in range(start, end)}
        cell["planned_minutes"] += planned
        cell["touch_minutes"] += sum(end - start for start, end in timed)
        cell["capped_minutes"] += len(in_theatre & set(range(planned)))
        cell["cases"] += len(timed)
        cell["late_start_minutes"] += min(planned, max(0, min(start for start, _ in timed)))
        cell["early_finish_minutes"] += planned - max(0, min(planned, max(end for _, end in timed)))
    rows = made.derive()["theatre_use"]
    key = ("site", "week_start", "treatment_function")
    assert {tuple(row[k] for k in key): {n: row[n] for n in QUANTITIES} for row in rows} == dict(expected)
    for row in rows:
        assert 0 <= row["capped_minutes"] <= min(row["touch_minutes"], row["planned_minutes"])
        assert row["sessions_with_cases"] <= row["sessions_held"] <= row["sessions_planned"]
        used = row["capped_minutes"] + row["late_start_minutes"] + row["early_finish_minutes"]
        assert used <= row["planned_minutes"]
    held = [values for values, _ in drawn if values["status"] == "held" and values["on"] <= CENSUS]
    assert sum(row["sessions_held"] for row in rows) == len(held)
