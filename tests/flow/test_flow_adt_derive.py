"""Worked examples of what a visit's events add up to, each named for what happened."""

from __future__ import annotations

from itertools import permutations

import pytest
from adt_histories import PLACES, at, event

from wherry.flow.adt import Event, VisitState, derive

ED, AMU, M1A3, M1B, M2 = range(5)


def said(state: VisitState) -> list[tuple[int, float, float | None]]:
    """Stays as (place, from, to) in minutes."""
    minutes = [(stay.location, stay.from_at, stay.to_at) for stay in state.stays]
    return [
        (PLACES.index(place), (start - at(0)).total_seconds() / 60, (end - at(0)).total_seconds() / 60 if end else None)
        for place, start, end in minutes
    ]


def always(*events: Event) -> VisitState:
    """The state, after seeing that it is the same in every order."""
    state = derive(events)
    for other in permutations(events) if len(events) < 6 else [events[::-1]]:
        assert derive(other) == state
    return state


def test_through_the_department_to_a_ward_and_home() -> None:
    state = always(
        event("A04", 0, place=ED),
        event("A01", 100, 95, place=AMU),
        event("A02", 300, place=M1A3),
        event("A03", 2000, 1990),
    )
    assert (state.standing, state.arrived_at, state.admitted_at, state.left_at) == ("left", at(0), at(95), at(1990))
    assert said(state) == [(ED, 0, 95), (AMU, 95, 300), (M1A3, 300, 1990)]
    assert state.doubts == ()


def test_seen_in_the_department_and_sent_home() -> None:
    state = always(event("A04", 0, place=ED), event("A03", 180))
    assert (state.standing, state.admitted_at, said(state)) == ("left", None, [(ED, 0, 180)])


def test_discharged_from_the_department_and_admitted_under_the_same_number_is_no_doubt() -> None:
    state = always(event("A04", 0, place=ED), event("A03", 180), event("A01", 190, 180, place=AMU))
    assert (state.standing, state.left_at, state.doubts) == ("in_bed", None, ())
    assert said(state) == [(ED, 0, 180), (AMU, 180, None)]


def test_a_later_recorded_admission_corrects_time_and_place() -> None:
    state = always(event("A01", 10, place=AMU), event("A01", 20, 5, place=M2))
    assert (state.admitted_at, said(state), state.doubts) == (at(5), [(M2, 5, None)], ())


def test_what_came_late_does_not_correct_what_was_recorded_after_it() -> None:
    state = always(event("A01", 20, 5, place=M2), event("A01", 10, place=AMU))
    assert state.admitted_at == at(5)


def test_another_class_of_visit_admitted() -> None:
    state = always(event("A04", 0, place=ED), event("A06", 30, place=M1B))
    assert (state.standing, said(state)) == ("in_bed", [(ED, 0, 30), (M1B, 30, None)])


def test_a_move_corrected_at_the_same_moment() -> None:
    state = always(event("A01", 0, place=AMU), event("A02", 10, place=M1A3), event("A02", 12, 10, place=M2))
    assert said(state) == [(AMU, 0, 10), (M2, 10, None)]


def test_a_move_told_late_stands_where_it_happened() -> None:
    state = always(event("A01", 0, place=AMU), event("A02", 50, place=M2), event("A02", 60, 20, place=M1A3))
    assert said(state) == [(AMU, 0, 20), (M1A3, 20, 50), (M2, 50, None)]


def test_a_move_to_where_they_are_says_nothing_new() -> None:
    state = always(event("A01", 0, place=AMU), event("A02", 50, place=AMU))
    assert said(state) == [(AMU, 0, None)]


def test_an_admission_cancelled_leaves_them_in_the_department() -> None:
    state = always(event("A04", 0, place=ED), event("A01", 60, place=AMU), event("A11", 70))
    assert (state.standing, state.admitted_at, said(state)) == ("in_department", None, [(ED, 0, None)])


def test_an_admission_cancelled_before_it_came_is_cancelled_when_it_comes() -> None:
    cancel, admission = event("A11", 70), event("A01", 60, place=AMU, details={"specialty": "300"})
    state = always(cancel, admission)
    assert (state.standing, state.stays, state.details, state.doubts) == ("cancelled", (), {}, ())


def test_a_corrected_admission_is_cancelled_as_one() -> None:
    state = always(event("A01", 0, place=AMU), event("A01", 10, 5, place=M2), event("A11", 20))
    assert (state.standing, state.stays) == ("cancelled", ())


def test_admitted_again_after_a_cancel() -> None:
    state = always(event("A01", 0, place=AMU), event("A11", 10), event("A01", 20, place=M2))
    assert (state.standing, state.admitted_at, said(state)) == ("in_bed", at(20), [(M2, 20, None)])


def test_a_cancel_of_nothing_is_a_doubt() -> None:
    for trigger, words in (
        ("A12", "A move was cancelled at 10:00 on 14 July 2026, and none is known."),
        ("A13", "A discharge was cancelled at 10:00 on 14 July 2026, and none is known."),
        ("A38", "A booking was cancelled at 10:00 on 14 July 2026, and none is known."),
    ):
        state = always(event("A01", 0, place=AMU), event(trigger, 60))
        assert (state.standing, state.doubts) == ("in_bed", (words,))


def test_a_move_cancelled_is_the_latest_recorded_one() -> None:
    moves = [event("A02", 10, place=M1A3), event("A02", 20, place=M2)]
    state = always(event("A01", 0, place=AMU), *moves, event("A12", 30, place=M1A3))
    assert said(state) == [(AMU, 0, 10), (M1A3, 10, None)]


def test_a_move_cancelled_by_its_time() -> None:
    moves = [event("A02", 10, place=M1A3), event("A02", 20, place=M2)]
    state = always(event("A01", 0, place=AMU), *moves, event("A12", 30, 10))
    assert said(state) == [(AMU, 0, 20), (M2, 20, None)]


def test_a_move_cancelled_by_its_place() -> None:
    moves = [event("A02", 10, place=M1A3), event("A02", 20, place=M2)]
    state = always(event("A01", 0, place=AMU), *moves, event("A12", 30, prior=M1A3))
    assert said(state) == [(AMU, 0, 20), (M2, 20, None)]


def test_a_discharge_cancelled_opens_the_visit_again_and_takes_back_what_it_said() -> None:
    leaving = event("A03", 100, details={"destination": "19", "disposition": "1"})
    state = always(event("A01", 0, place=AMU), leaving, event("A13", 120, place=AMU))
    assert (state.standing, state.left_at, said(state), state.details) == ("in_bed", None, [(AMU, 0, None)], {})


def test_discharged_again_after_a_cancel() -> None:
    state = always(event("A01", 0, place=AMU), event("A03", 100), event("A13", 120), event("A03", 200, 190))
    assert (state.standing, state.left_at, said(state)) == ("left", at(190), [(AMU, 0, 190)])


def test_a_discharge_corrected() -> None:
    state = always(event("A01", 0, place=AMU), event("A03", 100), event("A03", 120, 90))
    assert (state.left_at, said(state)) == (at(90), [(AMU, 0, 90)])


def test_admitted_again_under_the_same_number_is_a_doubt_and_nobody_is_lost() -> None:
    state = always(event("A01", 0, place=AMU), event("A03", 100), event("A01", 200, place=M2))
    assert (state.standing, state.admitted_at, state.left_at) == ("in_bed", at(200), None)
    assert said(state) == [(AMU, 0, 100), (M2, 200, None)]
    assert state.doubts == ("Admitted again at 12:20 on 14 July 2026 under the same visit number.",)


def test_back_in_the_department_after_leaving() -> None:
    state = always(event("A01", 0, place=AMU), event("A03", 100), event("A04", 200, place=ED))
    assert (state.standing, state.arrived_at, state.admitted_at) == ("in_department", at(200), None)


def test_a_move_before_the_admission_is_a_doubt() -> None:
    state = always(event("A02", 0, place=M1A3), event("A01", 10, place=AMU))
    assert said(state) == [(M1A3, 0, 10), (AMU, 10, None)]
    assert state.doubts == ("Moved at 09:00 on 14 July 2026, before coming at 09:10 on 14 July 2026.",)


def test_a_move_alone_shows_the_patient_where_they_are() -> None:
    assert always(event("A02", 0, place=M1A3, patient_class="I")).standing == "in_bed"
    state = always(event("A02", 0, place=ED, patient_class="E"))
    assert (state.standing, said(state), state.doubts) == (
        "in_department",
        [(ED, 0, None)],
        ("No arrival or admission is known.",),
    )


def test_a_discharge_before_the_last_move_holds() -> None:
    state = always(event("A01", 0, place=AMU), event("A02", 100, place=M2), event("A03", 110, 90))
    assert (state.standing, state.left_at, said(state)) == ("left", at(90), [(AMU, 0, 90)])
    assert state.doubts == ("Moved at 10:40 on 14 July 2026, after leaving at 10:30 on 14 July 2026.",)


def test_a_discharge_before_the_admission_is_a_doubt_and_no_stay() -> None:
    state = always(event("A01", 50, place=AMU), event("A03", 60, 40))
    assert (state.standing, state.left_at, state.stays) == ("left", at(40), ())
    assert state.doubts == ("Left at 09:40 on 14 July 2026, before coming at 09:50 on 14 July 2026.",)


def test_a_discharge_alone() -> None:
    state = always(event("A03", 60))
    assert (state.standing, state.doubts) == ("left", ("No arrival or admission is known.",))


def test_arrived_after_the_admission_is_a_doubt_and_moves_nobody() -> None:
    state = always(event("A01", 0, place=AMU), event("A04", 10, place=ED))
    assert (state.standing, said(state)) == ("in_bed", [(AMU, 0, None)])
    assert state.doubts == ("Arrived at 09:10 on 14 July 2026, after the admission at 09:00 on 14 July 2026.",)


def test_a_booking_its_cancel_and_its_admission() -> None:
    booking = event("A05", 0, details={"expected_admission_at": at(1000).isoformat()})
    assert always(booking).standing == "booked"
    cancelled = always(booking, event("A38", 10))
    assert (cancelled.standing, cancelled.details) == ("cancelled", {})
    admitted = always(booking, event("A01", 990, place=M2))
    assert (admitted.standing, admitted.admitted_at) == ("in_bed", at(990))
    again = always(booking, event("A01", 990, place=M2), event("A11", 995))
    assert again.standing == "booked"


def test_a_change_of_details_never_moves_anybody() -> None:
    state = always(event("A01", 0, place=AMU), event("A08", 10, place=M2))
    assert said(state) == [(AMU, 0, None)]
    assert state.doubts == ("A change of details says RM102 M2 S 1; no move there is known.",)
    told = always(event("A01", 0, place=AMU), event("A08", 10, place=M2), event("A02", 12, 9, place=M2))
    assert (said(told), told.doubts) == ([(AMU, 0, 9), (M2, 9, None)], ())


def test_a_change_that_names_the_ward_alone_agrees() -> None:
    state = always(event("A01", 0, place=M1B), event("A08", 10, place=M1B))
    assert state.doubts == ()


def test_the_latest_word_holds_and_two_quotes_remove_it() -> None:
    first = event("A01", 0, place=AMU, details={"specialty": "300", "infection": "norovirus"})
    state = always(first, event("A08", 10, details={"specialty": "430", "infection": None}))
    assert state.details == {"specialty": "430"}


def test_no_place_was_named() -> None:
    assert always(event("A01", 0)).doubts == ("No place was named.",)


def test_a_visit_of_two_patients_is_a_doubt_unless_they_are_one() -> None:
    events = [event("A01", 0, place=AMU), event("A08", 5, patient_key="RM1|P2")]
    state = always(*events)
    assert (state.patient_key, state.doubts) == ("RM1|P2", ("Messages name several patients for this visit: P1, P2.",))
    assert derive(events, {"RM1|P1": "RM1|P2"}).doubts == ()


def test_what_could_not_be_read_of_a_message_stays_with_the_visit() -> None:
    state = always(event("A01", 0, place=AMU, doubts=("PID-8 is odd.",)), event("A08", 5, doubts=("PID-8 is odd.",)))
    assert state.doubts == ("PID-8 is odd.",)


def test_the_same_moment_recorded_is_told_apart_by_sending_and_number() -> None:
    one = event("A02", 10, place=M1A3, control_id="1")
    two = event("A02", 10, place=M2, control_id="2")
    assert said(always(event("A01", 0, place=AMU), one, two))[-1] == (M2, 10, None)


def test_the_same_number_with_other_content_is_another_message() -> None:
    one = event("A01", 0, place=AMU, control_id="1")
    two = event("A08", 0, control_id="1", details={"specialty": "300"})
    assert always(one, two, two).details == {"specialty": "300"}


def test_nothing_can_be_made_of_a_change_alone_or_of_two_visits() -> None:
    with pytest.raises(ValueError, match="no event makes the visit known"):
        derive([event("A08", 0)])
    with pytest.raises(ValueError, match="several visits"):
        derive([event("A01", 0), event("A01", 0, visit_key="RM1|V2")])
