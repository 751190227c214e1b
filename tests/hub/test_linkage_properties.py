"""What holds for every set of identities and decisions, tried on many small muddled ones."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linkage_people import NUMBERS, decisions, identities, identity

from wherry.hub.linkage import link
from wherry.hub.linkage.clusters import Link, gather
from wherry.hub.linkage.core import Linked

KEYS = [f"{source}:{number}" for source in ("RM1", "RGP", "RCX") for number in range(1, 4)]

row = st.fixed_dictionaries(
    {
        "nhs_number": st.sampled_from([None, *NUMBERS[:2]]),
        "nhs_number_status": st.sampled_from(["01", "01", "02"]),
        "surname": st.sampled_from(["Hall", "Hale", "Barnes", None]),
        "forename": st.sampled_from(["Ann", "Ruth", "Anne"]),
        "birth_date": st.sampled_from([date(1950, 2, 3), date(1950, 3, 2), date(1980, 7, 9), None]),
        "postcode": st.sampled_from(["NR1 1AA", "NR1 1AB", "PE30 1AA"]),
    }
)
muddle = st.dictionaries(st.sampled_from(KEYS), row, min_size=2, max_size=7)
verdicts = st.lists(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS), st.sampled_from(["same", "different", "undone"])).filter(
        lambda said: said[0] != said[1]
    ),
    max_size=4,
)
Said = tuple[str, str, str]
few = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def _last(said: list[Said]) -> dict[frozenset[str], str]:
    return {frozenset(pair[:2]): pair[2] for pair in said}


@few
@given(muddle, verdicts, st.randoms(use_true_random=False))
def test_any_muddle_is_linked_alike_in_any_order_by_number_and_decision(
    rows: dict[str, dict[str, object]], said: list[Said], random: object
) -> None:
    """All three on the same examples: linking takes a third of a second, whatever is then asked of it."""
    given_rows = [identity(key, None, **changes) for key, changes in rows.items()]
    table = identities(*given_rows)
    result = link(table, decisions(*said))
    person = dict(
        zip(result.assignments["identity_key"].to_pylist(), result.assignments["person_key"].to_pylist(), strict=True)
    )
    the_order_of_rows_changes_nothing(result, table, said, random)
    no_person_has_two_verified_numbers_unless_a_human_said_so(person, given_rows, said)
    decisions_always_win(person, result, said)


def the_order_of_rows_changes_nothing(result: Linked, table: pa.Table, said: list[Said], random: object) -> None:
    order = list(range(table.num_rows))
    random.shuffle(order)  # type: ignore[attr-defined]
    other = link(table.take(pa.array(order)), decisions(*said))
    assert result.assignments.equals(other.assignments)
    assert result.reviews.equals(other.reviews)


def no_person_has_two_verified_numbers_unless_a_human_said_so(
    person: dict[str, str], given_rows: list[dict[str, object]], said: list[Said]
) -> None:
    number = {
        r["identity_key"]: r["nhs_number"]
        for r in given_rows
        if r["nhs_number"] is not None and r["nhs_number_status"] == "01"
    }
    joined = [pair for pair, word in _last(said).items() if word == "same"]
    for key in set(person.values()):
        members = {identity_key for identity_key, of in person.items() if of == key}
        numbers = {number[member] for member in members if member in number}
        if len(numbers) > 1:
            assert any(pair <= members for pair in joined)


def decisions_always_win(person: dict[str, str], result: Linked, said: list[Said]) -> None:
    reported = {frozenset((r["left_identity"], r["right_identity"])): r["reason"] for r in result.reviews.to_pylist()}
    for pair, word in _last(said).items():
        if not pair <= person.keys() or word == "undone":
            continue
        apart = len({person[key] for key in pair}) == 2
        if word == "different":
            assert apart
        elif apart:
            assert reported[pair].startswith("The decisions contradict each other")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 7),
            st.integers(0, 7),
            st.sampled_from(["clerical", "nhs_number", "probabilistic"]),
            st.integers(1, 30),
        ).filter(lambda found: found[0] < found[1]),
        max_size=14,
    ),
    st.dictionaries(st.integers(0, 7), st.sampled_from(["a", "b", "c"])),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1]), max_size=3),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1]), max_size=3),
)
def test_gathering_agrees_with_a_slow_reading_of_its_rules(
    found: list[tuple[int, int, str, int]],
    verified: dict[int, str],
    apart: list[tuple[int, int]],
    declared: list[tuple[int, int]],
) -> None:
    links = [Link(left, right, kind, weight=float(weight)) for left, right, kind, weight in found]
    assert gather(8, links, verified, apart, declared).group == _slowly(links, verified, apart, declared)


def _slowly(
    links: list[Link], verified: dict[int, str], apart: list[tuple[int, int]], declared: list[tuple[int, int]]
) -> list[int]:
    """Groups as sets, every rule checked on every pair of members."""
    groups = [{node} for node in range(8)]
    for link_ in sorted(links, key=Link.order):
        one = next(group for group in groups if link_.left in group)
        two = next(group for group in groups if link_.right in group)
        if one is two:
            continue
        met = {(min(a, b), max(a, b)) for a in one for b in two}
        numbers = [{verified[node] for node in group if node in verified} for group in (one, two)]
        forbidden = bool(met & set(declared))
        if link_.kind != "clerical":
            forbidden |= bool(met & set(apart))
            forbidden |= bool(numbers[0] - numbers[1]) and bool(numbers[1] - numbers[0])
        if not forbidden:
            groups.remove(two)
            one |= two
    return [min(next(group for group in groups if node in group)) for node in range(8)]
