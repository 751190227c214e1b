"""Nobody can find a withheld count, or that it is under the threshold, from all that is shown: tried by attack."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import disclosure_attack as attack
import numpy as np
import pyarrow.compute as pyarrow_compute
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.performance import suppression
from wherry.performance.controlled import Hidden
from wherry.performance.disclosure import Figure, Rule, control, control_grid
from wherry.performance.measures.values import Values

pc: Any = pyarrow_compute
ROUNDED = Rule("people")


def _attacked(worlds: list[attack.World], hides: dict[attack.Cell, bool], everybody: bool) -> int:
    """Attack every layer; the number of counts that were under attack."""
    tried = 0
    for world in worlds:
        true = attack.true_counts(world)
        few = [cell for cell, count in true.items() if 0 < count < attack.EXACT.threshold]
        assert all(hides[cell] for cell in few)
        for cell, (low, high) in zip(few, attack.ranges(world, hides, few, everybody), strict=True):
            assert high > attack.EXACT.threshold - 1e-6, (world, cell)
            assert high - low > 0.5, (world, cell)
            assert low - 1e-6 <= true[cell] <= high + 1e-6
        tried += len(few)
    return tried


@pytest.mark.parametrize("everybody", [True, False], ids=["everybody in a category", "some in none"])
def test_counts_of_organisations_in_two_splits(everybody: bool) -> None:
    tried = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        sizes = [int(one) for one in rng.integers(2, 5, size=2)]
        world = attack.made_world(rng, everybody=everybody, organisations=int(rng.integers(1, 5)), categories=sizes)
        found = Hidden(attack.values_of(world), attack.measure(), world.group, attack.EXACT)
        tried += _attacked([world], attack.withheld(found, world), everybody)
    assert tried > 50


def test_those_counted_and_those_left_out() -> None:
    """With percentages, as with any counts beside their denominators, both sides are known where one is."""
    tried = 0
    for seed in range(10):
        rng = np.random.default_rng(100 + seed)
        shape = {"everybody": True, "organisations": int(rng.integers(1, 4)), "categories": [3, 2]}
        counted, others = attack.made_world(rng, **shape), attack.made_world(rng, **shape)
        belows = attack.World(
            tuple(a + b for a, b in zip(counted.splits, others.splits, strict=True)), counted.totals + others.totals
        )
        found = Hidden(attack.values_of(counted, belows), attack.measure("percent"), counted.group, attack.EXACT)
        tried += _attacked([counted, others], attack.withheld(found, counted), everybody=True)
    assert tried > 50


def test_parts_of_a_shown_total_by_trying_every_table() -> None:
    """All tables of three parts up to seven, against all tables that fit what is shown."""
    tables = list(itertools.product(range(8), repeat=3))
    for parts in tables:
        if 0 < sum(parts) < 5:
            continue
        shown = control([Figure(float(one)) for one in parts], attack.EXACT)
        fits = [
            other
            for other in itertools.product(range(sum(parts) + 1), repeat=3)
            if sum(other) == sum(parts)
            and all(figure.withheld or figure.numerator == count for figure, count in zip(shown, other, strict=True))
        ]
        for at, count in enumerate(parts):
            if 0 < count < 5:
                assert shown[at].withheld
                assert max(other[at] for other in fits) >= 5, parts
                assert len({other[at] for other in fits}) > 1, parts


def test_rounded_counts_and_percentages_tell_no_more_than_exact_ones() -> None:
    """Percentages are made of the rounded counts, so a reader of both knows what the rounded counts say."""
    for parts in itertools.product((0, 2, 4, 6, 11), repeat=3):
        figures = [Figure(float(one), 40.0) for one in parts]
        shown = control(figures, ROUNDED)
        exact = control(figures, attack.EXACT)
        assert [one.withheld for one in shown] == [one.withheld for one in exact]
        for figure in shown:
            if not figure.withheld:
                assert figure.share == (figure.numerator or 0.0) / 40.0
                assert (figure.numerator or 0.0) % 5 == 0


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4))
def test_a_table_beside_its_own_totals(rows: list[list[int]]) -> None:
    """`control_grid`: rows and columns whose sums stand beside the table, none of them small."""
    table = np.array(rows)
    sums = [*table.sum(axis=0).tolist(), *table.sum(axis=1).tolist()]
    if any(0 < one < 5 for one in sums):
        return
    shown = control_grid([[Figure(float(one)) for one in row] for row in rows], attack.EXACT)
    world = attack.World((table.astype(np.int64),), table.sum(axis=1).astype(np.int64))
    hides = dict.fromkeys(attack.true_counts(world), False)
    for row, column in itertools.product(range(len(rows)), range(3)):
        hides[0, row, column] = bool(shown[row][column].withheld)
    _attacked([world], hides, everybody=True)


def test_what_is_withheld_is_no_more_than_is_needed() -> None:
    """One small count in a large table costs its rectangle, and none of the group's own figures."""
    table = np.full((6, 5), 500.0)
    table[2, 3] = 2
    hidden = suppression.hide_table([np.vstack([table, table.sum(axis=0)])], 5, margin=True)
    assert hidden is not None
    assert hidden.sum() == 4
    assert not hidden[-1].any()


def test_without_secondary_only_small_counts_go() -> None:
    rule = Rule("people", rounding=1, secondary=False)
    assert [one.withheld for one in control([Figure(3), Figure(20), Figure(9)], rule)] == ["*", "", ""]
    assert [[one.withheld for one in row] for row in control_grid([[Figure(3), Figure(20)]], rule)] == [["*", ""]]


def test_a_split_that_only_one_organisation_sent_does_not_give_its_withheld_total() -> None:
    """Three, 22 and 50 people: 22 protects the three, so its split may not be added up, its own or the group's."""
    world = attack.World((np.array([[0, 0], [10, 12], [0, 0]]),), np.array([3, 22, 50]))
    values = attack.values_of(world)
    sent = pc.or_(pc.equal(values.table["split"], "all"), pc.equal(values.table["organisation"], "R01"))
    found = Hidden(Values(Path(), {}, values.table.filter(sent)), attack.measure(), world.group, attack.EXACT)
    hides = attack.withheld(found, world)
    assert hides[-1, 0, 0]
    assert hides[-1, 1, 0]
    assert hides[0, 1, 0]
    assert hides[0, 1, 1]
    assert hides[0, -1, 0] or hides[0, -1, 1]
