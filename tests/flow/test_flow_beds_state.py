"""The status of beds and how full wards are: examples by hand, and properties for any history."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flow_beds_support import MAP, T0, did, lies, need, settings
from hypothesis import given
from hypothesis import strategies as st

from wherry.flow.beds import Happening, Hold, Lying, Need, Picture, Tally, free_kinds, picture, tallies
from wherry.flow.beds.position import sort_of, ward_tally
from wherry.flow.beds.series import Placed, series

M1A1, M1A2, M1A3 = "N1|M1|A|1", "N1|M1|A|2", "N1|M1|A|3"
ESC = "N1|ESC|A|1"


def of(
    *, lying: tuple[Lying, ...] = (), did: tuple[Happening, ...] = (), holds: tuple[Hold, ...] = (), hours: float = 0
) -> Picture:
    """The picture so many hours after `T0`."""
    return picture(MAP, settings(), lying=lying, happenings=did, holds=holds, at=T0 + timedelta(hours=hours))


def held(bed_key: str, who: Need | None, hours: float = 1, minutes: int = 120) -> Hold:
    made = T0 - timedelta(hours=hours)
    key = who.visit_key if who else ""
    return Hold(
        1, bed_key, "N", "N", key, "" if who else "somebody", made, made + timedelta(minutes=minutes), None, "Ann", who
    )


def test_a_bed_goes_round() -> None:
    ann = need("ann")
    stay = lies(ann, M1A1, 5, until=2)
    cleaned = did(M1A1, "clean_done", 1)
    closed, opened = did(M1A1, "close", 0.5, "staffing"), did(M1A1, "open", 0.25)
    everything = {"lying": (stay,), "did": (cleaned, closed, opened), "holds": (held(M1A1, None, 0.1),)}

    def at(hours: float) -> str:
        return of(hours=hours, **everything).beds[M1A1].status  # type: ignore[arg-type]

    assert [at(-6), at(-5), at(-2.01), at(-2), at(-1), at(-0.5), at(-0.25), at(-0.1), at(2)] == [
        *("free", "occupied", "occupied", "cleaning", "free", "closed", "free", "held", "free"),
    ]  # fmt: skip


def test_cleaning_is_overdue_after_an_hour_and_forgotten_after_two_weeks() -> None:
    stay = lies(need("ann"), M1A1, 5, until=0)
    fresh, late, old = (of(lying=(stay,), hours=hours).beds[M1A1] for hours in (0.9, 1, 14 * 24))
    assert (fresh.status, fresh.overdue, late.status, late.overdue, old.status) == (
        *("cleaning", False, "cleaning", True, "free"),
    )


def test_a_hospital_that_says_a_bed_is_ready_ends_closing_and_cleaning() -> None:
    stay = lies(need("ann"), M1A1, 5, until=3)
    picture = of(lying=(stay,), did=(did(M1A1, "close", 2, "other"), did(M1A1, "free", 1)))
    assert picture.beds[M1A1].status == "free"


def test_of_two_acts_at_one_moment_the_later_recorded_counts() -> None:
    first, second = did(M1A1, "close", 1, "staffing", number=1), did(M1A1, "open", 1, number=2)
    assert of(did=(second, first)).beds[M1A1].status == "free"


def test_what_does_not_fit_is_shown_and_said() -> None:
    ann, bea, cat = need("ann"), need("bea"), need("cat")
    seen = of(
        lying=(
            lies(ann, M1A1),
            lies(bea, M1A1),
            lies(cat, ESC),
            lies(need("dot"), "N1|M1"),
            lies(need("eve"), "N1|XX"),
        ),
        did=(did(M1A2, "close", 1, "estates"),),
        holds=(held(M1A1, need("fay")), held(M1A2, need("gil"))),
    )
    assert {one.need.visit_key for one in seen.beds[M1A1].lying} == {"ann", "bea"}
    assert len(seen.beds[M1A1].doubts) == 2
    assert "2 patients" in seen.beds[M1A1].doubts[0]
    assert "held for somebody else" in seen.beds[M1A1].doubts[1]
    assert seen.beds[M1A2].doubts == ("M1 A2 is held, and was closed: release it, or open the bed.",)
    assert seen.beds[ESC].status == "occupied"
    assert "nobody opened" in seen.beds[ESC].doubts[0]
    assert [one.need.visit_key for one in seen.unnamed["N1|M1"]] == ["dot"]
    assert [one.need.visit_key for one in seen.elsewhere] == ["eve"]
    tally = ward_tally(MAP.ward["N1|M1"], seen)
    assert (tally.core, tally.void, tally.open, tally.occupied, tally.unnamed) == (8, 1, 7, 1, 1)
    assert tally.occupancy == 2 / 7
    assert ward_tally(MAP.ward["N1|ESC"], seen).open == 1, "an extra bed in use is open, whatever was said"


def test_a_hold_is_for_one_person_however_many_visits_they_have() -> None:
    here = need("visit at N1")
    there = Need("visit at G1", identity=here.identity, sex="female")
    assert not of(lying=(lies(there, M1A1),), holds=(held(M1A1, here),)).beds[M1A1].doubts


def test_groups_are_sums_over_sums() -> None:
    seen = of(lying=(lies(need("ann"), M1A1), lies(need("bob", "male"), "G1|M1|C|1")), did=(did("G1|M1|A|1", "close"),))
    adult = tallies(MAP, seen, lambda ward: (ward.site, sort_of(ward)))
    group = adult["N1", "adult"] + adult["G1", "adult"]
    assert group.occupancy == 2 / (adult["N1", "adult"].open + 3)
    assert group == tallies(MAP, seen, sort_of)["adult"]
    assert Tally().occupancy is None, "no open bed is not an occupancy of nought"
    assert adult["N1", "critical"].core == 2


def test_free_beds_by_kind_follow_who_is_in_the_bay() -> None:
    norovirus = need("ann", infection="norovirus")
    seen = of(
        lying=(lies(need("bob", "male"), "N1|AMU|A|1"), lies(norovirus, "N1|M2|A|1")), holds=(held(M1A1, need("cat")),)
    )
    kinds = free_kinds(MAP, seen, lambda ward: ward.code if ward.site == "N1" else "")
    assert kinds["AMU", "male"] == 2, "a bay that is usually for women, with a man in it"
    assert kinds["M2", "cohort"] == 1
    assert kinds["M1", "female"] == 2
    assert kinds["M1", "single"] == 2
    assert kinds["C1", "any"] == 2
    assert ("ESC", "female") not in kinds


BEDS = st.sampled_from([M1A1, M1A2, "N1|M1|S|1", ESC, "N1|CCU|A|1", "N1|M1|Z|9", "N1|ED|MAJORS|1", "G1|M1|A|1"])
HOURS = st.integers(-60, 0)
ACTS = st.sampled_from(["close", "open", "free", "clean_start", "clean_done", "escalate", "stand_down"])
STAYS = st.lists(
    st.builds(
        lambda number, bed, first, length: lies(
            need(f"v{number}"), bed, -first, None if length > 40 else -(first + length)
        ),
        *(st.integers(0, 9), BEDS, HOURS, st.integers(0, 60)),
    ),
    max_size=8,
)
HAPPENINGS = st.lists(
    st.builds(
        lambda bed, act, hours, number: did(bed, act, -hours, "other", number), BEDS, ACTS, HOURS, st.integers(0, 99)
    ),
    max_size=10,
    unique_by=lambda one: one.number,
)
HOLDS = st.lists(st.builds(lambda bed, hours: held(bed, None, -hours, 180), BEDS, HOURS), max_size=3)


@given(lying=STAYS, happened=HAPPENINGS, holds=HOLDS)
def test_every_bed_has_one_status_and_the_counts_add_up(
    lying: list[Lying], happened: list[Happening], holds: list[Hold]
) -> None:
    seen = of(lying=tuple(lying), did=tuple(happened), holds=tuple(holds))
    for ward in MAP.bed_wards:
        tally = ward_tally(ward, seen)
        assert tally.open == tally.occupied + tally.held + tally.cleaning + tally.free
        assert tally.open + tally.void + tally.shut == len(ward.beds)
        assert tally.core in (0, len(ward.beds))
    everybody = [one for one in lying if one.at(T0)]
    placed = sum(len(state.lying) for state in seen.beds.values())
    placed += sum(map(len, seen.unnamed.values())) + len(seen.elsewhere) + len(seen.in_departments)
    assert placed == len(everybody), "nobody is dropped"


@given(lying=STAYS, happened=HAPPENINGS, holds=HOLDS)
def test_order_and_what_is_to_come_do_not_matter(
    lying: list[Lying], happened: list[Happening], holds: list[Hold]
) -> None:
    begun = of(lying=tuple(lying), did=tuple(happened), holds=tuple(holds), hours=-30)
    known = [one for one in reversed(lying) if one.from_at <= begun.at]
    past = [one for one in reversed(happened) if one.occurred_at <= begun.at]
    again = of(lying=tuple(known), did=tuple(past), holds=tuple(reversed(holds)), hours=-30)
    assert {key: state.status for key, state in begun.beds.items()} == {
        key: state.status for key, state in again.beds.items()
    }


@given(lying=STAYS, happened=HAPPENINGS)
def test_many_moments_at_once_are_as_one_by_one(lying: list[Lying], happened: list[Happening]) -> None:
    moments = [T0 + timedelta(hours=hours) for hours in range(-70, 8, 3)]
    stays = [Placed(one.ward_key, one.bed_key, one.from_at, one.to_at) for one in lying]
    fast = series(MAP, stays, happened, moments)
    for column, moment in enumerate(moments):
        seen = picture(MAP, settings(), lying=lying, happenings=happened, holds=(), at=moment)
        for row, ward in enumerate(fast.wards):
            slow = ward_tally(ward, seen)
            assert (fast.occupied[row, column], fast.open[row, column], fast.void[row, column]) == (
                *(slow.occupied + slow.unnamed, slow.open, slow.void),
            )


def test_a_series_of_some_wards_is_their_sum() -> None:
    fast = series(MAP, [Placed("N1|M1", M1A1, T0, None), Placed("G1|M1", "", T0, None)], [], [T0])
    occupied, open_ = fast.of([MAP.ward["N1|M1"], MAP.ward["G1|M1"]])
    assert (occupied.tolist(), open_.tolist()) == ([2], [12])


@pytest.mark.parametrize("kind", ["emergency", "lounge"])
def test_departments_and_lounges_are_no_beds(kind: str) -> None:
    assert all(ward.kind != kind for ward in MAP.bed_wards)
    assert not [key for key in of().beds if MAP.ward_of[key].kind == kind]
