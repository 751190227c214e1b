"""A random day of messages, legal and illegal: any order, repetition and batches end in the same rows."""

from __future__ import annotations

import random
from typing import Any

import pytest
from feed_store_support import arrived, at, batches, event, events, everything, nothing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wherry.flow.adt import derive
from wherry.flow.adt.visit import ESTABLISH
from wherry.web.feed import store
from wherry.web.feed.arrived import Arrived
from wherry.web.feed.models import Visit

pytestmark = pytest.mark.django_db
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@st.composite
def days(draw: st.DrawFn) -> list[Any]:
    """Three visits of three patient numbers in turn, merges, bed statuses, changes without a visit."""
    found = [
        *draw(events("V1", ("P1",), 9)),
        *draw(events("V2", ("P1", "P2"), 6)),
        *draw(events("V3", ("P3",), 6)),
    ]
    for number in range(draw(st.integers(0, 3))):
        ends, goes_on = draw(st.permutations(("P1", "P2", "P3")))[:2]
        when = draw(st.integers(0, 40))
        keys = {"patient_key": f"RM1|{goes_on}", "merged_key": f"RM1|{ends}", "control_id": f"merge {number}"}
        found.append(event("A40", when, details=draw(st.sampled_from(({}, {"surname": "Crome"}))), **keys))
    for number in range(draw(st.integers(0, 2))):
        status = draw(st.sampled_from(("close:other", "clean_start", "open")))
        found.append(event("A20", number, place=draw(st.sampled_from((1, 2))), bed_status=status))
    if draw(st.booleans()):
        found.append(event("A08", 15, visit_key="", patient_key="RM1|P1", details={"surname": "Darby"}))
    return found


def take_in(messages: list[Arrived], sizes: list[int]) -> dict[str, Any]:
    for batch in batches(messages, sizes):
        store.take(batch)
    return everything()


@settings(max_examples=25, suppress_health_check=QUIET)
@given(days(), st.randoms(use_true_random=False), st.lists(st.integers(0, 8), max_size=4))
def test_any_order_any_repetition_any_batches(
    db: None, day: list[Any], chance: random.Random, sizes: list[int]
) -> None:
    messages = [arrived(one) for one in sorted(day, key=lambda one: (one.recorded_at, one.control_id))]
    nothing()
    in_order = take_in(messages, [1, 2, 3])
    assert store.rederive_all(keep=False) == {}
    nothing()
    other = [*messages, *chance.choices(messages, k=4)]
    chance.shuffle(other)
    assert take_in(other, sizes) == in_order
    assert store.rederive_all() == {}
    by_visit = {key: [one for one in day if one.visit_key == key] for key in ("RM1|V1", "RM1|V2", "RM1|V3")}
    known = {key for key, found in by_visit.items() if any(one.trigger in ESTABLISH for one in found)}
    rows = {row.pk: row for row in Visit.objects.all()}
    assert set(rows) == known
    for key in known:
        state = derive(by_visit[key])
        assert (rows[key].standing, rows[key].left_at) == (state.standing, state.left_at)


@settings(max_examples=15, suppress_health_check=QUIET)
@given(days(), st.data())
def test_taken_back_is_as_if_it_had_never_come(db: None, day: list[Any], data: st.DataObject) -> None:
    messages = {one.control_id: arrived(one) for one in day}
    gone = data.draw(st.sampled_from(sorted(messages)))
    nothing()
    store.take([one for control, one in messages.items() if control != gone])
    without = everything(states=False)
    nothing()
    store.take(list(messages.values()))
    whole = everything()
    from wherry.web.feed.models import Message

    message = Message.objects.get(control_id=gone)
    store.withdraw(message)
    assert everything(states=False) == without
    store.put_back(message)
    assert everything() == whole


def test_a_check_finds_and_mends_what_was_changed_by_hand() -> None:
    store.take([arrived(event("A01", 0, place=1)), arrived(event("A02", 5, place=2))])
    whole = everything()
    Visit.objects.update(standing="left", left_at=at(9))
    Visit.objects.get().stays.filter(position=1).delete()
    changed = everything()
    assert store.rederive_all(keep=False) == {"visits": 1, "stays": 1}
    assert everything() == changed
    assert store.rederive_all() == {"visits": 1, "stays": 1}
    assert everything() == whole
    Visit.objects.create(
        pk="RM1|X", organisation="RM1", visit_number="X", patient_key="RM1|P1", person_key="RM1|P1",
        standing="left", last_recorded_at=at(0),
    )  # fmt: skip
    assert store.rederive_all() == {"visits without messages": 1}
