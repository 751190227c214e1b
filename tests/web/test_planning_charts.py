"""Drawings of plans: where things stand, and that every drawing has a title, a description, a table and a CSV."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_support import GROUP, HORIZON, fan, handmade_answers, spread

from wherry.planning.answers.model import Fan, Spread, Step, Swing, Waterfall
from wherry.web.planning import plan_words as say
from wherry.web.planning.plan_charts import WIDTH, fan_chart, scale
from wherry.web.planning.plan_rows import tornado_chart, waterfall_chart

_sizes = st.floats(-1e6, 1e7, allow_nan=False)


def _points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (one.split(",") for one in text.split())]


@given(st.lists(_sizes, min_size=2, max_size=6))
def test_an_axis_holds_what_it_is_for_and_its_marks_are_even(values: list[float]) -> None:
    axis = scale(min(values), max(values))
    assert axis.low <= min(values)
    assert axis.high >= max(values)
    steps = {round(after - before, 6) for before, after in pairwise(axis.ticks)}
    assert len(steps) == 1
    assert 2 <= len(axis.ticks) <= 12
    assert len({axis.label(tick) for tick in axis.ticks}) == len(axis.ticks)


def test_an_axis_that_does_not_begin_at_nothing_says_so() -> None:
    assert scale(0, 90).note == ""
    assert scale(1_640, 1_950).note == "The axis begins at 1,600, not at 0."


def test_a_fan_lies_around_its_middle_within_the_drawing() -> None:
    chart = fan_chart([("One", fan("emergency", GROUP))])
    (line,) = chart.lines
    band, middle = _points(line.band), _points(line.middle)
    assert len(middle) == 4
    over, under = band[:4], band[4:][::-1]
    for (x, y), (_, top), (_, bottom) in zip(middle, over, under, strict=True):
        assert top <= y <= bottom  # down the page is less
        assert chart.left <= x <= chart.right
        assert 0 <= top <= bottom <= chart.bottom
    assert over[0] == under[0]  # the year that is known has no range
    assert under[-1][1] - over[-1][1] > under[1][1] - over[1][1]


def test_what_there_is_is_a_line_of_its_own_and_widens_the_axis() -> None:
    needed = fan("beds_at_occupancy", GROUP)
    chart = fan_chart([("Beds", needed)], level=900, level_words="today: 900")
    assert chart.level is not None
    assert chart.level > max(y for _, y in _points(chart.lines[0].band))
    assert fan_chart([("Beds", needed)]).level is None


def test_two_fans_share_an_axis_and_differ_in_more_than_colour() -> None:
    one, two = fan("nights", GROUP), fan("nights", GROUP, growth=0.05)
    chart = fan_chart([("A", one), ("B", two)])
    assert [line.number for line in chart.lines] == [0, 1]
    assert _points(chart.lines[0].middle)[0] == _points(chart.lines[1].middle)[0]
    assert _points(chart.lines[1].middle)[-1][1] < _points(chart.lines[0].middle)[-1][1]


def test_a_fan_of_one_year_and_one_of_nothing_are_drawn() -> None:
    still = Fan("beds", "Beds", "beds", GROUP, 5, ((2023, Spread(5, 5, 5, 5)),))
    assert [tick.label for tick in fan_chart([("Beds", still)]).x_ticks] == ["2023/24"]
    nothing = Fan("beds", "Beds", "beds", GROUP, 0, tuple((year, Spread(0, 0, 0, 0)) for year in (2023, 2024)))
    assert fan_chart([("Beds", nothing)]).y_ticks[-1].label == "1"


@given(st.lists(st.floats(-500, 500), min_size=0, max_size=8), st.floats(0, 5_000))
def test_each_bar_of_a_waterfall_begins_where_the_last_one_ended(changes: list[float], start: float) -> None:
    steps = tuple(Step(str(n), f"Driver {n}", "growth", spread(value)) for n, value in enumerate(changes))
    end = start + sum(changes)
    chart = waterfall_chart(Waterfall("beds", "Beds", "beds", GROUP, start, steps, spread(end)), "2023/24", "2026/27")
    assert [row.kind for row in chart.rows[1:-1]] == ["fewer" if value < 0 else "more" for value in changes]
    for before, after in pairwise(chart.rows):
        assert before.next_x is not None
        ends = (after.x, after.x + after.width) if after.kind != "whole" else (after.x + after.width,)
        assert min(abs(before.next_x - one) for one in ends) <= 1.6
    for row in chart.rows:
        assert 0 <= row.x <= row.x + row.width <= WIDTH
    assert all(below.y > above.y for above, below in pairwise(chart.rows))


def test_the_widest_bar_of_a_tornado_comes_first_and_says_what_its_ends_are() -> None:
    swings = [
        Swing("small", "A small thing", GROUP, 0.1, 0.2, 99, 101, 100),
        Swing(
            "wide",
            "A wide thing, with a title that is too long for one line of a narrow drawing",
            GROUP,
            1.0,
            1.5,
            140,
            60,
            100,
        ),
    ]
    chart = tornado_chart(swings, "beds", frozenset({"wide"}))
    first, second = chart.rows
    assert len(first.lines) == 3
    assert first.lines[-1].label == "times 1 gives 140, times 1.5 gives 60"
    assert second.lines[-1].label == "10% gives 99, 20% gives 101"
    assert first.width > second.width
    assert first.second is not None
    assert first.second[0] > first.second[1]  # more of it means fewer beds
    assert chart.middle == pytest.approx(first.x + first.width / 2, abs=0.2)


@given(st.floats(-1e5, 1e5), st.floats(0, 1e5), st.floats(0, 1e5))
def test_no_sign_is_ever_written_as_a_sign(middle: float, under: float, over: float) -> None:
    value = Spread(middle - under, middle, middle + over, middle)
    said = [say.whole(middle), say.more(middle), say.missing(middle), say.span(value.low, value.high)]
    said += [say.span_more(value), say.per_cent(middle)]
    for words in said:
        assert not re.search(r"[-−+]", words), words


def test_the_handmade_end_is_where_the_handmade_growth_leads() -> None:
    answers = handmade_answers()
    found = next(f for f in answers.fans if (f.measure, f.place) == ("day_case", GROUP))
    assert found.points[-1] == (HORIZON, spread(90_000 * 1.015**3, 0.03))
