"""What a chart says in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from wherry.performance import spc
from wherry.performance.spc.words import figure, sentence

STEADY = [9.0, 11.0] * 6


def after(*more: float | None, improvement: str = "increase", target: float | None = None) -> spc.Chart:
    values: Sequence[float | None] = [*STEADY, *more]
    days = [date(2025, 1, 1) + timedelta(days=at) for at in range(len(values))]
    return spc.chart(days, values, improvement=improvement, target=target, fix_after=12)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([10], "No change: the last point is within what is usual."),
        ([16], "Better than usual: the last point is above the upper limit."),
        ([4], "Worse than usual: the last point is below the lower limit."),
        ([9, *[11, 12] * 4], "Better than usual: the last 8 points are above the mean."),
        ([9, *[11, None, 12] * 4], "Better than usual: the last 8 points are above the mean."),
        ([9, 14, 11, 14], "Better than usual: two of the last three points are close to the upper limit."),
        ([11, 6, 9, 6], "Worse than usual: two of the last three points are close to the lower limit."),
        ([9.5, *[9.1 + 0.1 * at for at in range(7)]], "Better than usual: the last 7 points rise."),
        ([10, *[10.9 - 0.1 * at for at in range(9)]], "Worse than usual: the last 9 points fall."),
        ([None], "The last figure is missing, so nothing can be said of it."),
    ],
)
def test_each_cause_in_words(more: list[float | None], words: str) -> None:
    assert sentence(after(*more)) == words


def test_directions_and_targets() -> None:
    assert sentence(after(16, improvement="decrease")).startswith("Worse than usual")
    assert sentence(after(16, improvement="neutral")).startswith("Higher than usual")
    assert sentence(after(4, improvement="neutral")).startswith("Lower than usual")
    missed = sentence(after(10, target=76), "Seen within four hours", "percent")
    assert missed == (
        "Seen within four hours: no change: the last point is within what is usual. "
        "At this level the target of 76% will be missed."
    )
    assert sentence(after(10, target=1)).endswith("At this level the target of 1 will be met.")
    assert sentence(after(10, target=10)).endswith("At this level the target of 10 will be hit or missed by chance.")


def test_too_little_to_say() -> None:
    none = spc.chart([], [], improvement="increase")
    assert sentence(none, "Falls") == "Falls: there are no figures yet."
    one = spc.chart([date(2025, 1, 1)], [3], improvement="increase", target=2)
    assert sentence(one) == "There are too few figures to tell a change from chance."


def test_rare_events_speak_of_their_own() -> None:
    events = [
        date(2024, 1, 1) + timedelta(days=day) for day in (0, 9, 20, 30, 41, 50, 61, 71, 82, 92, 101, 112, 122, 240)
    ]
    assert sentence(spc.t_chart(events)) == "Better than usual: the last point is above the upper limit."


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (76, "percent", "76%"),
        (76.25, "percent", "76.2%"),
        (0.034, "percent", "0.034%"),
        (-3.2, "number", "−3.2"),
        (12345.6, "number", "12,346"),
        (3, "per_1000", "3 per 1,000"),
        (3.25, "per_100000", "3.2 per 100,000"),
        (95, "minutes", "95 minutes"),
        (-250, "pence", "−£2.50"),
        (250_000_00, "pence", "£250,000"),
        (0.031, "ratio", "0.031"),
    ],
)
def test_figures_with_their_units(value: float, unit: str, words: str) -> None:
    assert figure(value, unit) == words
