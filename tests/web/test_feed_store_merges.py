"""Two numbers that are one patient: which visits it touches, and how it is taken back."""

from __future__ import annotations

import random
from typing import Any

import pytest
from feed_store_support import arrived, event, everything, kept, nothing, take
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wherry.flow.adt.model import Event
from wherry.web.feed import store
from wherry.web.feed.models import MessageState, Patient, Visit

pytestmark = pytest.mark.django_db


def merge(recorded: float, ends: str, goes_on: str) -> Event:
    return event("A40", recorded, patient_key=f"RM1|{goes_on}", merged_key=f"RM1|{ends}")


def visit(number: str, patient: str, recorded: float = 1) -> Event:
    details = {"surname": f"Of{patient}"}
    return event(
        "A01", recorded, place=1, visit_key=f"RM1|{number}", patient_key=f"RM1|{patient}", details=details,
        control_id=f"{number}-{patient}-{recorded}",
    )  # fmt: skip


def persons() -> dict[str, str]:
    return {key[4:]: person[4:] for key, person in Visit.objects.values_list("pk", "person_key")}


def test_a_merge_moves_every_visit_and_keeps_the_numbers_that_were_sent() -> None:
    take(visit("V1", "1"), visit("V2", "1"), visit("V3", "2"), merge(5, "1", "2"))
    assert persons() == {"V1": "2", "V2": "2", "V3": "2"}
    assert Visit.objects.get(pk="RM1|V1").patient_key == "RM1|1"
    assert Patient.objects.get(pk="RM1|1").merged_into == "RM1|2"
    assert Patient.objects.get(pk="RM1|2").surname == "Of2"


def test_a_visit_that_comes_after_the_merge() -> None:
    take(merge(5, "1", "2"))
    assert set(Patient.objects.values_list("pk", "merged_into")) == {("RM1|1", "RM1|2"), ("RM1|2", "")}
    take(merge(6, "2", "3"))
    take(visit("V1", "1", 9))
    assert persons() == {"V1": "3"}


def test_a_chain_and_its_middle_taken_back() -> None:
    take(visit("V1", "1"), visit("V2", "2"), merge(5, "1", "2"), merge(6, "2", "3"))
    assert persons() == {"V1": "3", "V2": "3"}
    before = everything(states=False)
    store.withdraw(kept("A40-6"))
    assert persons() == {"V1": "2", "V2": "2"}
    assert not Patient.objects.filter(pk="RM1|3").exists()
    store.put_back(kept("A40-6"))
    assert everything(states=False) == before


def test_taking_a_merge_back_restores_both() -> None:
    take(visit("V1", "1"), visit("V2", "2"))
    before = everything(states=False)
    take(merge(5, "1", "2"))
    store.withdraw(kept("A40-5"))
    assert everything(states=False) == before


def test_a_ring_waits_until_one_of_it_is_taken_back() -> None:
    take(visit("V1", "1"), merge(5, "1", "2"), merge(6, "2", "3"))
    assert "it would become a number that has itself become it" in take(merge(7, "3", "1"))[0].waiting
    assert persons() == {"V1": "3"}
    store.withdraw(kept("A40-6"))
    assert kept("A40-7").state == MessageState.APPLIED
    assert persons() == {"V1": "2"}
    assert store.rederive_all() == {}


def test_an_earlier_merge_that_comes_late_makes_a_later_one_wait() -> None:
    take(merge(7, "2", "1"))
    assert kept("A40-7").state == MessageState.APPLIED
    take(merge(5, "1", "2"))
    assert [kept(f"A40-{number}").state for number in (5, 7)] == [MessageState.APPLIED, MessageState.WAITING]


def test_a_visit_under_both_numbers_is_a_doubt_until_they_are_one() -> None:
    take(visit("V1", "1"), visit("V1", "2", 3))
    assert Visit.objects.get().doubts == ["Messages name several patients for this visit: 1, 2."]
    take(merge(5, "1", "2"))
    assert Visit.objects.get().doubts == []
    store.withdraw(kept("A40-5"))
    assert len(Visit.objects.get().doubts) == 1


_MERGES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("1234"), st.sampled_from("1234")), max_size=6)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(_MERGES, st.randoms(use_true_random=False), st.data())
def test_any_order_and_any_batches_of_merges(db: None, rows: list[Any], chance: random.Random, data: Any) -> None:
    events = [visit(f"V{number}", number, int(number)) for number in "1234"] + [visit("V9", "1"), visit("V9", "2", 2)]
    for number, (at, ends, goes_on) in enumerate(rows):
        events.append(event("A40", at, patient_key=f"RM1|{goes_on}", merged_key=f"RM1|{ends}", control_id=f"m{number}"))
    nothing()
    take(*events)
    first = everything()
    nothing()
    chance.shuffle(events)
    cut = data.draw(st.integers(0, len(events)))
    for batch in (events[:cut], events[cut:], events[:2]):
        store.take([arrived(one) for one in batch])
    assert everything() == first
    assert store.rederive_all() == {}
