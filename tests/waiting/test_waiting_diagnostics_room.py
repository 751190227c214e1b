"""Where there is room for a test: worked examples, then what must hold of any list and any room."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.reference import system
from wherry.waiting.capacity import rule_on
from wherry.waiting.diagnostic_room import Suggestion, Waiting, in_order, suggest, weeks_of
from wherry.waiting.offer_rules import road_miles

TODAY = date(2026, 1, 28)
WEEK = date(2026, 1, 26)
RULE = rule_on(TODAY)
SYSTEM = system.load("norfolk-waveney")
SITES = {site.code: (site.latitude, site.longitude) for site in SYSTEM.sites}
HOMES = {"norwich": (52.63, 1.29), "yarmouth": (52.6, 1.73), "lynn": (52.75, 0.4)}
NEXT = WEEK + timedelta(weeks=1)


def person(key: str, site: str | None = "RM102", home: str | None = "norwich", **values: Any) -> Waiting:
    return Waiting(key, **{"test": "mri", "site": site, "priority": None, "days": 60, "home": home, **values})


def place(people: list[Waiting], room: dict[tuple[str, str, date], int]) -> dict[str, Suggestion]:
    return suggest(people, room, HOMES, SITES, TODAY, RULE)


def test_ones_own_site_comes_first_then_the_nearest_with_room() -> None:
    room = {("mri", "RM102", NEXT): 1, ("mri", "RGP75", WEEK): 1, ("mri", "RCX70", WEEK): 1}
    found = place([person("a"), person("b", days=50), person("c", days=40)], room)
    assert (found["a"].site, found["a"].week_start) == ("RM102", NEXT)
    assert (found["b"].site, found["b"].week_start) == ("RGP75", WEEK)
    assert "c" not in found  # King's Lynn is more than 40 miles by road from Norwich


def test_a_person_goes_as_far_as_they_said() -> None:
    room = {("mri", "RGP75", WEEK): 5, ("mri", "RCX70", WEEK): 5}
    found = place(
        [person("near", miles_willing=10), person("far", home="yarmouth", site="RM102", miles_willing=90)], room
    )
    assert "near" not in found
    assert found["far"].site == "RGP75"
    assert round(found["far"].miles or 0) == round(road_miles(HOMES["yarmouth"], SITES["RGP75"], TODAY))


def test_priority_comes_before_the_longest_wait() -> None:
    room = {("mri", "RM102", WEEK): 1}
    assert list(place([person("long", days=200), person("urgent", days=3, priority="D2")], room)) == ["urgent"]
    assert list(place([person("long", days=200), person("unknown", days=None)], room)) == ["unknown"]


def test_an_unknown_home_is_only_suggested_its_own_site() -> None:
    room = {("mri", "RGP75", WEEK): 5}
    assert place([person("a", home=None)], room) == {}
    assert place([person("a", home="nowhere", site="RGP75")], room) == {"a": Suggestion("RGP75", WEEK, None)}


def test_only_the_next_weeks_and_the_same_test_count() -> None:
    assert weeks_of(TODAY, RULE) == (WEEK, NEXT, WEEK + timedelta(weeks=2))
    late = {("mri", "RM102", WEEK + timedelta(weeks=3)): 9, ("mri", "RM102", WEEK - timedelta(weeks=1)): 9}
    assert place([person("a")], {**late, ("ct", "RM102", WEEK): 9}) == {}


PEOPLE = st.lists(
    st.builds(
        person,
        st.uuids().map(str),
        st.sampled_from([None, *SITES]),
        st.sampled_from([None, *HOMES]),
        test=st.sampled_from(["mri", "ct"]),
        days=st.one_of(st.none(), st.integers(0, 300)),
        priority=st.sampled_from([None, "D1", "D2", "D4"]),
        miles_willing=st.sampled_from([None, 0, 20, 90]),
    ),
    max_size=20,
)
ROOM = st.dictionaries(
    st.tuples(
        st.sampled_from(["mri", "ct"]),
        st.sampled_from([*SITES]),
        st.integers(-1, 4).map(lambda week: WEEK + timedelta(weeks=week)),
    ),
    st.integers(0, 3),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(PEOPLE, ROOM, st.randoms(use_true_random=False))
def test_no_place_twice_nobody_too_far_and_nobody_passed_over(
    people: list[Waiting], room: dict[tuple[str, str, date], int], order: Any
) -> None:
    found = place(people, room)
    taken = Counter((row.test, found[row.key].site, found[row.key].week_start) for row in people if row.key in found)
    assert all(number <= room[spot] for spot, number in taken.items())
    by_key = {row.key: row for row in people}
    for key, where in found.items():
        row = by_key[key]
        assert where.week_start in weeks_of(TODAY, RULE)
        limit = RULE.test_miles if row.miles_willing is None else row.miles_willing
        assert where.site == row.site or (where.miles is not None and where.miles <= limit)
    shuffled = [*people]
    order.shuffle(shuffled)
    assert place(shuffled, room) == found
    # Nobody goes without who could have had a place that is left, or one that somebody after them was given.
    ranked = in_order(people)
    for at, row in enumerate(ranked):
        if row.key in found:
            continue
        later = [other for other in ranked[at + 1 :] if other.key in found and other.test == row.test]
        free = {
            site
            for test, site, week in room
            if test == row.test and room[test, site, week] > taken[test, site, week] and week in weeks_of(TODAY, RULE)
        } | {found[other.key].site for other in later}
        home = HOMES.get(row.home or "")
        limit = RULE.test_miles if row.miles_willing is None else row.miles_willing
        assert row.site not in free
        if home:
            assert all(road_miles(home, SITES[site], TODAY) > limit for site in free)
