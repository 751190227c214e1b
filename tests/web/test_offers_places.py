"""Places: never given twice, freed when they are not wanted, and the last one goes to exactly one of many at once."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from offers_support import KEY, TODAY, Bench, patient
from snapshot_factory import Made

from wherry.web import snapshot as snapshots
from wherry.web.access import audit
from wherry.web.access.models import AuditEvent
from wherry.web.offers import answers, patients, places, services
from wherry.web.offers.models import Offer, OfferDecision, Place, Pool, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(handmade: Made, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The bench; the snapshot does not change here, so each person is read once."""
    monkeypatch.setattr(patients, "facts_for", functools.cache(patients.facts_for))
    return Bench(handmade)


@pytest.fixture
def on_day(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    return lambda day: monkeypatch.setattr(snapshots, "today", lambda: day)


def test_an_offer_holds_the_lowest_free_place_until_its_answer_by_date(bench: Bench) -> None:
    offers = [bench.offered(n) for n in range(3)]
    assert [place.number for place in Place.objects.order_by("offer_id")] == [1, 2, 3]
    assert {place.held_until for place in Place.objects.all()} == {offers[0].answer_by}
    fourth = bench.agreed(3)
    with pytest.raises(places.NoPlace, match="Every place of this week"):
        bench.offer(fourth)
    fourth.refresh_from_db()
    assert (fourth.state, fourth.version) == (State.AGREED, 2), "nothing was recorded"
    answers.decline(actor=patient(offers[1]), offer_id=offers[1].pk, through="online")
    bench.offer(fourth)
    assert Place.objects.get(offer=fourth).number == 2
    assert places.left([KEY], TODAY) == {KEY: 0}


def test_the_database_itself_refuses_one_place_twice(bench: Bench) -> None:
    first, second = bench.offered(0), bench.offered(1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Place.objects.filter(offer=second).update(number=Place.objects.get(offer=first).number)


def test_a_hold_that_ran_out_may_be_given_to_another_and_a_firm_one_never(
    bench: Bench, on_day: Callable[[date], None]
) -> None:
    late, firm = bench.offered(0, places=2), bench.offered(1, places=2)
    answers.accept(actor=patient(firm), offer_id=firm.pk, through="online")
    on_day(TODAY + timedelta(days=10))
    third = bench.agreed(2, places=2)
    with pytest.raises(places.NoPlace):
        bench.offer(third, answer_by=TODAY + timedelta(days=20))
    on_day(TODAY + timedelta(days=11))
    terms = {"answer_by": TODAY + timedelta(days=20), "agreed_sooner": True, "note": "Agreed by telephone"}
    bench.offer(third, **terms)
    assert set(Place.objects.values_list("offer", flat=True)) == {firm.pk, third.pk}
    told = answers.accept(actor=patient(late), offer_id=late.pk, through="online")
    assert told.gone
    assert (told.offer.state, told.offer.call_wanted, told.offer.live) == (State.OFFERED, True, True)
    assert told.offer.decisions.order_by("-sequence")[0].kind == "too_late"


def test_a_late_yes_takes_a_place_if_one_is_left(bench: Bench, on_day: Callable[[date], None]) -> None:
    offer = bench.offered()
    on_day(TODAY + timedelta(days=12))
    said = answers.accept(actor=patient(offer), offer_id=offer.pk, through="online")
    assert (said.gone, said.offer.state) == (False, State.ACCEPTED)


def test_a_yes_after_the_day_itself_finds_the_place_gone(bench: Bench, on_day: Callable[[date], None]) -> None:
    offer = bench.offered()
    assert offer.treat_on is not None
    on_day(offer.treat_on)
    assert answers.accept(actor=patient(offer), offer_id=offer.pk, through="telephone").gone


def test_a_pool_has_the_smallest_number_said_of_one_snapshot_and_a_newer_one_replaces_it(bench: Bench) -> None:
    places.set_places(KEY, 4, "b", TODAY)
    places.set_places(KEY, 6, "b", TODAY)
    assert Pool.objects.get().places == 4
    places.set_places(KEY, 2, "b", TODAY)
    places.set_places(KEY, 9, "a", TODAY)
    assert (Pool.objects.get().places, Pool.objects.get().snapshot_id) == (2, "b")
    places.set_places(KEY, 7, "c", TODAY)
    assert Pool.objects.get().places == 7


def test_people_already_in_the_hospitals_diary_are_not_counted_twice(bench: Bench) -> None:
    """Three places; one is taken, booked by the hospital; the next snapshot says that two are left: three in all."""
    offer = bench.transferred()
    services.receive(access=bench.manager, offer_id=offer.pk, version=offer.version)
    places.set_places(KEY, 2, "zzz", TODAY + timedelta(days=28))
    assert Pool.objects.get().places == 3
    assert places.left([KEY], TODAY) == {KEY: 2}
    places.set_places(KEY, 2, "zzzz", TODAY)
    assert Pool.objects.get().places == 2, "a census on the day of receipt may not have it yet"


_STEPS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("oadwct")), min_size=5, max_size=30)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=10, deadline=None
)
@given(steps=_STEPS, capacity=st.integers(1, 2))
def test_no_order_of_acts_overfills_a_pool(bench: Bench, steps: list[tuple[int, str]], capacity: int) -> None:
    Place.objects.all().delete()
    OfferDecision.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    Offer.objects.all().delete()
    Pool.objects.all().delete()
    offers = [bench.agreed(n, places=capacity) for n in range(4)]
    today, real = TODAY, snapshots.today
    try:
        for number, act in steps:
            offer = Offer.objects.get(pk=offers[number].pk)
            snapshots.today = lambda day=today: day
            try:
                if act == "o":
                    bench.offer(offer, answer_by=today + timedelta(days=5), agreed_sooner=True, note="agreed")
                elif act == "a":
                    answers.accept(actor=patient(offer), offer_id=offer.pk, through="online")
                elif act == "d":
                    answers.decline(actor=patient(offer), offer_id=offer.pk, through="online")
                elif act == "w":
                    services.withdraw(access=bench.manager, offer_id=offer.pk, version=offer.version, reason="why")
                elif act == "c":
                    answers.correct(access=bench.manager, offer_id=offer.pk, version=offer.version, reason="wrong")
                else:
                    today = min(today + timedelta(days=3), TODAY + timedelta(days=24))
            except (places.NoPlace, services.UserError):
                pass
            firm = Place.objects.filter(capacity_key=KEY)
            assert firm.count() <= capacity
            assert Offer.objects.filter(state=State.ACCEPTED).count() == firm.filter(confirmed=True).count()
            held = {p.offer_id for p in firm.filter(confirmed=False, held_until__gte=today)}
            corrected = set(OfferDecision.objects.filter(kind="correct").values_list("offer_id", flat=True))
            waiting = set(Offer.objects.filter(state=State.OFFERED, answer_by__gte=today).values_list("pk", flat=True))
            assert held <= waiting <= held | corrected, "whoever may still answer has a place, and nobody else"
    finally:
        snapshots.today = real


# --- many at once ----------------------------------------------------------------------------------------------------


def _together(work: Callable[[int], None], count: int) -> list[BaseException]:
    ready, failed = threading.Barrier(count), []

    def run(number: int) -> None:
        try:
            ready.wait()
            work(number)
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def _lapsed(bench: Bench, on_day: Callable[[date], None], people: int, capacity: int) -> list[Offer]:
    """Offers to more people than there are places, each made when the hold of an earlier one had run out."""
    offers = [bench.agreed(n, places=capacity) for n in range(people)]
    day = TODAY
    for first in range(0, people, capacity):
        on_day(day)
        for offer in offers[first : first + capacity]:
            bench.offer(offer, answer_by=day + timedelta(days=5), agreed_sooner=True, note="agreed by telephone")
        day += timedelta(days=6)
    on_day(day)
    return offers


@pytest.mark.usefixtures("two_writers")
def test_of_twelve_late_acceptances_at_once_exactly_as_many_are_kept_as_there_are_places(
    bench: Bench, on_day: Callable[[date], None]
) -> None:
    offers = _lapsed(bench, on_day, people=12, capacity=4)
    gone: list[bool] = []

    def accept(number: int) -> None:
        offer = offers[number]
        gone.append(answers.accept(actor=patient(offer), offer_id=offer.pk, through="online").gone)

    assert not _together(accept, 12)
    assert sorted(gone) == [False] * 4 + [True] * 8
    accepted = Offer.objects.filter(state=State.ACCEPTED)
    assert accepted.count() == 4
    assert set(Place.objects.filter(confirmed=True).values_list("offer", flat=True)) == {o.pk for o in accepted}
    assert sorted(Place.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert AuditEvent.objects.filter(action="offer.accept").count() == 4
    assert AuditEvent.objects.filter(action="offer.too_late").count() == 8
    assert audit.verify().sound


@pytest.mark.usefixtures("two_writers")
def test_of_eight_offers_made_at_once_for_three_places_three_are_made(bench: Bench) -> None:
    offers = [bench.agreed(n, places=3) for n in range(8)]
    told: list[str] = []

    def make(number: int) -> None:
        try:
            bench.offer(offers[number])
            told.append("made")
        except places.NoPlace:
            told.append("full")

    manager = bench.manager  # the account is made before the threads start
    assert manager.user is not None
    assert not _together(make, 8)
    assert sorted(told) == ["full"] * 5 + ["made"] * 3
    assert sorted(Place.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert Offer.objects.filter(state=State.OFFERED).count() == 3


@pytest.mark.usefixtures("two_writers")
def test_one_patient_who_presses_twice_takes_one_place(bench: Bench) -> None:
    offer = bench.offered(0)
    outcomes: list[str] = []

    def accept(_: int) -> None:
        try:
            answers.accept(actor=patient(offer), offer_id=offer.pk, through="online")
            outcomes.append("recorded")
        except answers.UserError:
            outcomes.append("told")

    assert not _together(accept, 6)
    assert sorted(outcomes) == ["recorded"] + ["told"] * 5
    assert Place.objects.count() == 1
    assert offer.decisions.filter(kind="accept").count() == 1
