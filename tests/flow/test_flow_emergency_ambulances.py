"""Handovers, responses and the reading of incidents: examples by hand and properties."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.flow.emergency import handovers, responses
from wherry.flow.emergency.clocks import Window
from wherry.flow.emergency.incidents import BadLine, Incident, newest, read
from wherry.flow.emergency.limits import limits
from wherry.flow.emergency.model import Call, Handover

LIMITS = limits(date(2026, 7, 14))
NINE = datetime(2026, 7, 14, 9, tzinfo=UTC)


def after(minutes: float) -> datetime:
    """So many minutes after nine."""
    return NINE + timedelta(minutes=minutes)


# --- handovers


def test_handovers_by_hand() -> None:
    """Five ambulances: 10, 20 and 50 minutes; one outside for 70 and one for 5, at 11:00."""
    now = after(120)
    some = [
        Handover("a", "RM102", after(0), after(10)),
        Handover("b", "RM102", after(0), after(20)),
        Handover("c", "RM102", after(0), after(50)),
        Handover("d", "RM102", after(50)),
        Handover("e", "RM102", after(115)),
    ]
    found = handovers.measured(some, LIMITS, Window(NINE), now)
    assert [(one.within, one.over) for one in found.steps] == [(1, 3), (2, 2), (2, 2), (3, 1)]
    assert found.steps[0].running == 1
    assert sorted(found.waiting) == [5, 70]
    assert found.mean == pytest.approx((10 + 20 + 50 + 70) / 4)  # the one of five minutes is not counted yet
    assert found.lost_minutes == pytest.approx(0 + 5 + 35 + 55)
    assert found.lost_hours == pytest.approx(95 / 60)


def test_a_handover_whose_time_never_came_is_missing_and_no_wait() -> None:
    now = after(26 * 60)
    lost = Handover("a", "RM102", NINE)
    closed = Handover("b", "RM102", after(25 * 60), None, after(25.5 * 60))
    found = handovers.measured([lost, closed], LIMITS, Window(NINE), now)
    assert (found.missing, found.waiting, found.mean, found.lost_minutes) == (2, (), None, 0)
    assert not handovers.waits(lost, LIMITS, now)
    assert handovers.waits(lost, LIMITS, after(60))


def test_hours_of_a_group_are_the_sum_of_its_sites() -> None:
    now = after(200)
    one = [Handover("a", "RM102", after(0), after(45))]
    two = [Handover("b", "RGP75", after(0), after(75)), Handover("c", "RGP75", after(100))]
    window = Window(NINE)
    together = handovers.together([handovers.measured(some, LIMITS, window, now) for some in (one, two)], LIMITS)
    whole = handovers.measured([*one, *two], LIMITS, window, now)
    assert together.lost_minutes == whole.lost_minutes == 30 + 60 + 85
    assert together.mean == whole.mean
    assert [step.percent_within for step in together.steps] == [step.percent_within for step in whole.steps]


handed = st.builds(
    lambda start, length: Handover("h", "RM102", after(start), None if length is None else after(start + length)),
    st.integers(0, 600),
    st.none() | st.integers(0, 300),
)


@given(st.lists(handed, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_handovers_does_not_matter(some: list[Handover], random: Any) -> None:
    mixed = some[:]
    random.shuffle(mixed)
    one, other = (handovers.measured(found, LIMITS, Window(NINE), after(600)) for found in (some, mixed))
    assert sorted(one.minutes) == sorted(other.minutes)
    assert one.lost_minutes == pytest.approx(other.lost_minutes)
    assert [(step.within, step.over) for step in one.steps] == [(step.within, step.over) for step in other.steps]


@given(st.lists(handed, max_size=20), st.integers(0, 300))
def test_who_waits_on_loses_no_fewer_hours(some: list[Handover], more: int) -> None:
    """As long as nobody new comes: hours lost since a moment only grow."""
    now = after(1000)
    sooner = handovers.measured(some, LIMITS, Window(NINE), now)
    later = handovers.measured(some, LIMITS, Window(NINE), now + timedelta(minutes=more))
    assert later.lost_minutes >= sooner.lost_minutes


# --- responses


def test_responses_by_hand() -> None:
    """Ten calls answered in 10 to 100 minutes, one not yet after 200, one ended by telephone."""
    calls = [Call(str(n), "2", NINE, after(10 * n)) for n in range(1, 11)]
    calls += [Call("w", "2", NINE), Call("t", "2", NINE, None, after(30))]
    found = responses.measured(calls, LIMITS, Window(NINE), after(200))
    assert found.mean == 55
    assert found.ninetieth == 90
    assert (len(found.waiting), found.longest_waiting, found.closed, found.missing) == (1, 200, 1, 0)
    assert found.mean_at_least == pytest.approx((550 + 200) / 11)
    assert found.calls == 12


def test_a_call_that_nobody_answered_is_never_dropped() -> None:
    call = Call("1", "1", NINE)
    for minutes in (0, 1, 60, 60 * 23, 60 * 48):
        found = responses.measured([call], LIMITS, Window(NINE), after(minutes))
        assert found.calls == 1
        assert found.mean is None
    assert found.missing == 1  # after two days its time has been lost, and that is said


def test_calls_by_category_and_those_without_one() -> None:
    calls = [Call("1", "1", NINE, after(5)), Call("2", "4", NINE, after(50)), Call("3", "", NINE), Call("4", "5", NINE)]
    found, strange = responses.by_category(calls, LIMITS, Window(NINE), after(60))
    assert [found[category].calls for category in responses.CATEGORIES] == [1, 0, 0, 1]
    assert strange == 2


@given(st.lists(st.tuples(st.sampled_from("1234"), st.none() | st.integers(0, 200)), max_size=30))
def test_categories_together_are_all_calls(rows: list[tuple[str, int | None]]) -> None:
    calls = [
        Call(str(n), category, NINE, None if minutes is None else after(minutes))
        for n, (category, minutes) in enumerate(rows)
    ]
    found, strange = responses.by_category(calls, LIMITS, Window(NINE), after(300))
    assert strange == 0
    assert responses.together(found.values()).calls == len(calls)
    for one in found.values():
        if one.answered and one.waiting:
            assert one.mean_at_least is not None


# --- files of incidents


def line(**more: Any) -> str:
    """A good line, changed."""
    good = {"incident": "E1", "known_at": "2026-07-14T09:00:00+00:00", "called_at": "2026-07-14T08:50:00+00:00"}
    return json.dumps({**good, "category": 2, **more})


def only(text: str, name: str = "a.jsonl") -> Incident | BadLine:
    """The one line of a file."""
    ((_, found),) = read(text.encode(), name)
    return found


def test_a_line_of_the_artificial_system_is_read() -> None:
    from wherry.synthetic.flow import side

    row = side.AmbulanceIncident(
        known_at=NINE, incident="E1", category=2, called_at=after(-30), allocated_at=after(-25),
        arrived_on_scene_at=after(-10), left_scene_at=None, arrived_hospital_at=None, handed_over_at=None,
        closed_at=None, outcome="", site="", visit_key="", complaint="chest pain", age=71, sex="male",
        postcode="NR1 1AA", district="Norwich",
    )  # fmt: skip
    found = only(side.as_line(row))
    assert isinstance(found, Incident)
    assert (found.incident, found.category, found.age, found.arrived_on_scene_at) == ("E1", "2", 71, after(-10))
    assert not hasattr(found, "postcode")  # who it was about is not kept


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"incident": ""}, "incident is missing"),
        ({"called_at": None}, "called_at is missing"),
        ({"known_at": "yesterday"}, "known_at 'yesterday' is no moment such as 2026-07-14T08:15:00+00:00"),
        (
            {"called_at": "2026-07-14T08:50:00"},
            "called_at '2026-07-14T08:50:00' has no offset from UTC, such as +00:00",
        ),
        ({"called_at": "2026-07-14T08:70:00+00:00"}, "called_at '2026-07-14T08:70:00+00:00' is no moment such as"),
        ({"category": 7}, "category '7' is none of 1 to 5"),
        ({"category": True}, "category 'True' is none of 1 to 5"),
        ({"age": "old"}, "age 'old' is no age in whole years"),
        ({"colour": "red"}, "'colour' is no field of an incident"),
        ({"site": "X" * 11}, "site is longer than 10 characters, or no text"),
        ({"site": 5}, "site '5' is no text"),
        (
            {"arrived_hospital_at": "2026-07-14T09:00:00Z", "handed_over_at": "2026-07-14T08:59:00Z"},
            "handed_over_at 2026-07-14 08:59 is before arrived_hospital_at 2026-07-14 09:00",
        ),
        ({"arrived_on_scene_at": "2026-07-14T08:00:00Z"}, "arrived_on_scene_at 2026-07-14 08:00 is before called_at"),
    ],
)
def test_a_bad_line_says_why(more: dict[str, Any], reason: str) -> None:
    found = only(line(**more))
    assert isinstance(found, BadLine)
    assert found.reason.startswith(reason)
    assert found.line == 1


def test_lines_that_are_nothing_at_all() -> None:
    text = "\n".join(["not json", "[]", "", line(), "[" * 5000])
    found = [one for _, one in read(text.encode(), "a.jsonl")]
    assert [type(one) for one in found] == [BadLine, BadLine, Incident, BadLine]
    assert [one.line for one in found if isinstance(one, BadLine)] == [1, 2, 5]
    assert all(len(one.raw) <= 2000 for one in found if isinstance(one, BadLine))


def test_a_file_that_is_no_text_is_refused_as_a_whole() -> None:
    with pytest.raises(UserError, match=r"a.jsonl is no UTF-8 text \(byte 1\). Nothing was loaded."):
        list(read(b"a\xff", "a.jsonl"))
    with pytest.raises(UserError, match="the header has no column incident, known_at, called_at"):
        list(read(b"a,b\n1,2\n", "a.csv"))
    with pytest.raises(UserError, match="'incident' twice"):
        list(read(b"incident,incident,known_at,called_at\n", "a.csv"))


def test_csv_says_the_same_as_json_lines() -> None:
    rows = [json.loads(line(incident=f"E{n}", category=n % 4 + 1, age=None)) for n in range(5)]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), restval="")
    writer.writeheader()
    writer.writerows(rows)
    lines = "\n".join(json.dumps(row) for row in rows)
    as_csv = [one for _, one in read(out.getvalue().encode("utf-8-sig"), "a.csv")]
    assert as_csv == [one for _, one in read(lines.encode(), "a.jsonl")]
    assert all(isinstance(one, Incident) for one in as_csv)


def test_a_row_of_csv_with_too_few_values_is_kept_with_its_line() -> None:
    text = "incident,known_at,called_at\nE1,2026-07-14T09:00:00Z\n"
    found = only(text, "a.csv")
    assert isinstance(found, BadLine)
    assert (found.line, found.reason) == (2, "has 2 values, the header 3")


@given(st.permutations(range(6)))
def test_whatever_the_order_the_newest_line_holds(order: list[int]) -> None:
    lines = [Incident("E1", after(n // 2), NINE, category=str(n % 4 + 1)) for n in range(6)]
    expected = newest(lines)
    assert newest([lines[n] for n in order]) == expected
    assert expected["E1"].known_at == after(2)


@given(st.text(max_size=60))
def test_no_line_stops_the_reading(text: str) -> None:
    found = list(read(text.encode("utf-8", "replace"), "a.jsonl"))
    assert all(isinstance(one, BadLine | Incident) for _, one in found)
