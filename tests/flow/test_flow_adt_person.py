"""Two numbers that are one person: chains, rings, and merges taken back."""

from __future__ import annotations

from datetime import date
from itertools import permutations

from adt_histories import event
from hypothesis import given
from hypothesis import strategies as st

from wherry.flow.adt import Event, derive_person, merges


def merge(recorded: float, ends: str, goes_on: str) -> Event:
    return event("A40", recorded, patient_key=f"RM1|{goes_on}", merged_key=f"RM1|{ends}")


def test_a_chain_ends_at_the_last_number_in_any_order() -> None:
    for events in permutations([merge(0, "1", "2"), merge(1, "2", "3"), merge(2, "9", "1")]):
        found = merges(events)
        assert [found.person(f"RM1|{number}") for number in "1239"] == ["RM1|3"] * 4
        assert found.refused == {}


def test_a_merge_that_would_close_a_ring_waits_whatever_came_first() -> None:
    ring = [merge(0, "1", "2"), merge(1, "2", "3"), merge(2, "3", "1")]
    for events in permutations(ring):
        found = merges(events)
        assert list(found.refused) == [events.index(ring[2])]
        assert "Number 3 cannot become 1" in found.refused[events.index(ring[2])]
        assert found.person("RM1|1") == "RM1|3"


def test_a_number_cannot_become_itself() -> None:
    assert "it would become itself" in merges([merge(0, "1", "1")]).refused[0]


def test_a_later_word_about_the_same_number_outdoes_the_earlier() -> None:
    found = merges([merge(5, "1", "3"), merge(0, "1", "2")])
    assert found.became == {"RM1|1": "RM1|3"}
    assert found.refused == {}


def test_without_its_message_both_numbers_stand_again() -> None:
    found = merges([merge(0, "1", "2"), merge(1, "2", "3")][1:])
    assert (found.person("RM1|1"), found.person("RM1|2")) == ("RM1|1", "RM1|3")


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from("1234"), st.sampled_from("1234")), max_size=8),
    st.randoms(use_true_random=False),
)
def test_any_order_any_repetition_no_ring(rows: list[tuple[int, str, str]], chance: object) -> None:
    events = [
        event("A40", at, patient_key=f"RM1|{goes_on}", merged_key=f"RM1|{ends}", control_id=str(number))
        for number, (at, ends, goes_on) in enumerate(rows)
    ]
    found = merges(events)
    other = [*events, *events[:2]]
    chance.shuffle(other)  # type: ignore[attr-defined]
    again = merges(other)
    assert again.became == found.became
    assert {id(other[place]) for place in again.refused} == {id(events[place]) for place in found.refused}
    for number in "1234":
        assert found.person(f"RM1|{number}") not in found.became
    # Brute force: what stands is what a reading in order lets stand.
    stands: dict[str, str] = {}
    for one in sorted(events, key=lambda one: (one.recorded_at, one.control_id)):
        trial = {**stands, one.merged_key: one.patient_key}
        seen, key = set(), one.merged_key
        while key in trial and key not in seen:
            seen.add(key)
            key = trial[key]
        if key not in seen:
            stands = trial
    assert stands == found.became


def test_a_person_is_the_latest_word_on_each_detail() -> None:
    first = event("A01", 0, details={"surname": "Aldous", "sex": "female", "died_on": "2026-07-14", "specialty": "300"})
    second = event("A08", 5, details={"surname": "Bligh", "died_on": None, "postcode": None})
    stranger = event("A08", 9, patient_key="RM1|P2", details={"surname": "Crome"})
    for events in permutations([first, second, stranger]):
        state = derive_person("RM1|P1", events, "RM1|P2")
        assert state.details == {"surname": "Bligh", "sex": "female"}
        assert (state.organisation, state.merged_into, state.died_on) == ("RM1", "RM1|P2", None)
    assert derive_person("RM1|P1", [first]).died_on == date(2026, 7, 14)
