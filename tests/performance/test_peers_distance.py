"""Who is like whom: the distance worked by hand, by brute force, and what must hold whatever the figures are."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from peers_support import small_country

from wherry.errors import UserError
from wherry.hub import published
from wherry.performance.peers import distance, group, providers, settings
from wherry.performance.peers.providers import Population, Trust

SIZES = arrays.arrays(float, st.integers(4, 9), elements=st.floats(1, 1e6))


def population(sizes: np.ndarray, mixes: np.ndarray | None = None, codes: list[str] | None = None) -> Population:
    """Trusts with a size and, where given, a mix."""
    names = codes or [f"R{n:02d}" for n in range(len(sizes))]
    order = np.argsort(np.array(names))
    names = [names[n] for n in order]
    shares = {} if mixes is None else {"rtt_mix": mixes[order]}
    return Population(
        tuple(Trust(code, code, "East") for code in names),
        {"type1": np.asarray(sizes, dtype=float)[order]},
        shares,
        {"rtt_mix": ("one", "two", "three")},
        ("type1", *shares),
        {"ae": "made up"},
        place={code: at for at, code in enumerate(names)},
    )


def test_a_distance_worked_by_hand() -> None:
    """Logs 0, 1, 2, 3, 4: median 2, median absolute deviation 1, so one step is 1 / 1.4826 standard deviations."""
    found = distance.numbers_apart(np.array([0.0, 1, 2, 3, 4]), np.ones(5, dtype=bool))
    assert found[0, 1] == pytest.approx(1 / 1.4826)
    assert found[0, 4] == pytest.approx(4 / 1.4826)
    # Mixes that differ by 0.5, 0.5 and 1.0: the median pair is 0.5 apart and becomes 0.9539.
    shares = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    apart = distance.mixes_apart(shares, np.ones(3, dtype=bool))
    assert apart[0, 1] == pytest.approx(0.9539)
    assert apart[0, 2] == pytest.approx(2 * 0.9539)
    # Weights 2 and 1: the root of the weighted mean of the squares.
    both = distance.combine({"a": np.array([[0.0, 3.0]]), "b": np.array([[0.0, 1.0]])}, {"a": 2.0, "b": 1.0})
    assert both[0, 1] == pytest.approx((19 / 3) ** 0.5)


@given(SIZES, st.integers(0, 2**32 - 1))
@examples(max_examples=30)
def test_against_loops(sizes: np.ndarray, seed: int) -> None:
    mixes = np.random.default_rng(seed).dirichlet(np.ones(3), len(sizes))
    people = population(sizes, mixes)
    rules = settings.load()
    found = group.distances(people, rules).together
    weight = {f.code: f.weight for f in rules.features}
    logs = [float(np.log10(v)) for v in people.numbers["type1"]]
    scale = distance.spread(np.array(logs))
    pairs = sorted(
        sum(abs(a - b) for a, b in zip(mixes[i], mixes[j], strict=True)) / 2
        for i, j in combinations(range(len(sizes)), 2)
    )
    half = len(pairs) // 2
    median = pairs[half] if len(pairs) % 2 else (pairs[half - 1] + pairs[half]) / 2
    for i in range(len(sizes)):
        for j in range(len(sizes)):
            one = abs(logs[i] - logs[j]) / scale if scale else 0.0
            two = sum(abs(a - b) for a, b in zip(mixes[i], mixes[j], strict=True)) / 2 * 0.9539 / median
            total = weight["type1"] * one**2 + weight["rtt_mix"] * two**2
            expected = (total / (weight["type1"] + weight["rtt_mix"])) ** 0.5
            assert found[i, j] == pytest.approx(expected, rel=1e-6, abs=1e-7)


@given(SIZES, st.randoms(use_true_random=False))
@examples(max_examples=30)
def test_the_order_of_trusts_changes_nothing_and_distance_is_symmetric(sizes: np.ndarray, draw: object) -> None:
    codes = [f"R{n:02d}" for n in range(len(sizes))]
    mixed = list(range(len(sizes)))
    draw.shuffle(mixed)  # type: ignore[attr-defined]
    one = population(sizes)
    other = population(sizes[mixed], codes=[codes[n] for n in mixed])
    rules = settings.load()
    first, second = group.distances(one, rules), group.distances(other, rules)
    assert np.allclose(first.together, second.together)
    assert np.allclose(first.together, first.together.T)
    assert np.allclose(np.diag(first.together), 0)
    for code in codes:
        assert (
            group.group(one, rules, first, code, count=3).codes
            == group.group(other, rules, second, code, count=3).codes
        )


def test_equal_distances_go_by_code_and_nobody_is_its_own_peer() -> None:
    people = population(np.array([100.0, 1000, 1000, 10_000]), codes=["RD", "RB", "RA", "RC"])
    rules = settings.load()
    found = group.group(people, rules, group.distances(people, rules), "RD", count=2)
    assert found.codes == ("RA", "RB")
    assert [peer.likeness[0].theirs for peer in found.peers] == [1000.0, 1000.0]


def test_who_is_left_out_and_why(tmp_path: Path) -> None:
    opened = published.open(small_country(tmp_path) / "hub" / "published")
    rules = settings.load()
    people = providers.read(opened, rules)
    assert people.absent == ("rtt", "cancer")
    assert people.features == ("type1", "type1_share", "admitted_share")
    assert "RAW" not in people.place
    assert {t.code: t.why_not for t in people.trusts if t.why_not}.keys() == {"RAX"}
    found = group.distances(people, rules)
    assert group.group(people, rules, found, "RM1", count=1).codes == ("RAA",)
    assert group.group(people, rules, found, "RGP", count=1).codes == ("RAB",)
    assert group.group(people, rules, found, "RM1", group.REGION).codes == ("RGP", "RCX")
    assert "RAX" not in group.group(people, rules, found, "RM1", group.ALL).codes
    picked = group.group(people, rules, found, "RM1", group.PICK, picked=["rae", "RM1", "ZZZ"], name="Mine")
    assert (picked.codes, picked.missing, picked.name) == (("RAE",), ("ZZZ",), "Mine")
    with pytest.raises(UserError, match="No trust XXX"):
        group.group(people, rules, found, "XXX")
    with pytest.raises(UserError, match="No peer group"):
        group.group(people, rules, found, "RM1", "friends")


def test_a_trust_that_joined_another_is_counted_there(tmp_path: Path) -> None:
    opened = published.open(small_country(tmp_path) / "hub" / "published")
    rows = (settings.Succession("RGP", settings.date(2025, 3, 30), "RM1", "made up", "own default"),)
    people = providers.read(opened, settings.load(), rows)
    assert people.numbers["type1"][people.at("RM1")] == 19_000
    assert people.trusts[people.at("RM1")].absorbed == ("RGP",)
    with pytest.raises(UserError, match="RGP has become part of RM1"):
        people.at("RGP")
    later = (replace(rows[0], closed_on=settings.date(2025, 3, 31)),)
    assert "RGP" in providers.read(opened, settings.load(), later).place


def test_nothing_loaded_says_how(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="wherry published load"):
        providers.read(published.open(tmp_path), settings.load())
