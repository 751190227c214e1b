"""Ranks and their ranges: by hand, by counting, and what must hold whatever the figures are."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.performance.measures.model import Direction
from wherry.performance.peers.ranks import Rank, places, ranks

COUNTS = st.lists(st.tuples(st.integers(0, 300), st.integers(300, 900)), min_size=2, max_size=12)


def ranked(
    counts: list[tuple[int, int]], direction: Direction, factor: int = 1, codes: list[str] | None = None
) -> dict[str, Rank]:
    top = np.array([factor * one for one, _ in counts], dtype=float)
    below = np.array([factor * many for _, many in counts], dtype=float)
    names = codes or [f"R{n:02d}" for n in range(len(counts))]
    return ranks(names, 100 * top / below, top, below, direction, draws=400)


def test_places_by_hand() -> None:
    values = np.array([80.0, 70.0, 90.0, 70.0])
    assert places(values, Direction.INCREASE).tolist() == [2, 3, 1, 3]
    assert places(values, Direction.DECREASE).tolist() == [3, 1, 4, 1]


def test_far_apart_is_certain_and_close_is_not() -> None:
    found = ranked([(900, 1000), (500, 1000), (100, 1000)], Direction.INCREASE)
    assert [(r.low, r.place, r.high) for r in found.values()] == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]
    close = ranked([(50, 100), (51, 100), (49, 100)], Direction.INCREASE)
    assert all((r.low, r.high) == (1, 3) for r in close.values())


def test_two_alike_are_a_coin_toss_as_theory_says() -> None:
    """Two trusts of 100 at 50% and 60%: the second is better with the chance that a normal difference of 10 points and
    a standard deviation of 7 points is above nothing, 0.92, so at 90% its place is certain and at 95% it is not."""
    top, below = np.array([50.0, 60.0]), np.array([100.0, 100.0])
    wide = ranks(["A", "B"], top, top, below, Direction.INCREASE, draws=4_000, interval=0.95)
    narrow = ranks(["A", "B"], top, top, below, Direction.INCREASE, draws=4_000, interval=0.80)
    assert (wide["B"].low, wide["B"].high) == (1, 2)
    assert (narrow["B"].low, narrow["B"].high) == (1, 1)


@given(COUNTS, st.sampled_from(list(Direction)))
@settings(max_examples=25)
def test_the_range_holds_the_rank_which_is_one_more_than_those_better(
    counts: list[tuple[int, int]], direction: Direction
) -> None:
    values = [100 * one / many for one, many in counts]
    for at, rank in enumerate(ranked(counts, direction).values()):
        better = [v for v in values if (v < values[at] if direction is Direction.DECREASE else v > values[at])]
        assert rank.place == 1 + len(better)
        assert rank.low is not None
        assert rank.high is not None
        assert 1 <= rank.low <= rank.place <= rank.high <= rank.of == len(counts)


@given(COUNTS, st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_the_order_of_trusts_changes_nothing(counts: list[tuple[int, int]], draw: object) -> None:
    codes = [f"R{n:02d}" for n in range(len(counts))]
    order = list(range(len(counts)))
    draw.shuffle(order)  # type: ignore[attr-defined]
    mixed = ranked([counts[n] for n in order], Direction.INCREASE, codes=[codes[n] for n in order])
    assert mixed == ranked(counts, Direction.INCREASE)


@given(st.lists(st.integers(20, 280), min_size=3, max_size=10, unique=True))
@settings(max_examples=25)
def test_more_volume_narrows(tops: list[int]) -> None:
    counts = [(top, 300) for top in tops]
    one, many = ranked(counts, Direction.INCREASE), ranked(counts, Direction.INCREASE, factor=400)

    def width(found: dict[str, Rank]) -> int:
        return sum((r.high or 0) - (r.low or 0) for r in found.values())

    assert width(many) <= width(one)


def test_rates_above_one_and_values_alone() -> None:
    top, below = np.array([300.0, 100.0]), np.array([100.0, 100.0])
    rate = ranks(["A", "B"], top / below, top, below, Direction.DECREASE, draws=400)
    assert (rate["B"].low, rate["B"].high) == (1, 1)
    nothing = np.full(2, np.nan)
    alone = ranks(["A", "B"], np.array([1.0, 2.0]), nothing, nothing, Direction.DECREASE)
    assert alone["A"] == Rank(1, 2, None, None)
    known = ranks(["A", "B"], np.array([1.0, 2.0]), nothing, nothing, Direction.DECREASE, errors=np.array([0.1, 0.1]))
    assert (known["A"].low, known["A"].high) == (1, 1)
