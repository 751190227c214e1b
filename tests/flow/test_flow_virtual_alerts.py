"""Alerts: one for each episode whatever order readings come in; limits, trends, sets that were not sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.flow.virtual import alerts, limits, schedule
from wherry.flow.virtual.episodes import MISSING, NEWS2, Episode, Scale, Watched, episodes
from wherry.flow.virtual.limits import Limit
from wherry.flow.virtual.readings import Reading, holding, sets
from wherry.flow.virtual.schedule import Plan

START = datetime(2026, 6, 1, 6, tzinfo=UTC)
PULSE = Limit("pulse", START - timedelta(days=1), upper=100)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def reading(kind: str, hours: float, value: float | None = None, **more: object) -> Reading:
    given = {"answer": "", "withdrawn": False, "recorded": hours, **more}
    key = f"{kind}@{hours}={value}{given['answer']}{given['withdrawn']}/{given['recorded']}"
    return Reading(
        key, kind, at(hours), at(float(str(given["recorded"]))), value, str(given["answer"]), bool(given["withdrawn"])
    )


def whole(hours: float, pulse: float = 76, rate: float = 16, saturation: float = 97) -> list[Reading]:
    values = {"respiratory_rate": rate, "oxygen_saturation": saturation, "systolic": 125, "pulse": pulse}
    rows = [reading(kind, hours, value) for kind, value in {**values, "temperature": 36.8}.items()]
    return [*rows, reading("oxygen", hours, answer="air"), reading("consciousness", hours, answer="A")]


# --- which reading holds --------------------------------------------------------------------------------------------


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    first, corrected = reading("pulse", 1, 180, recorded=1), reading("pulse", 1, 80, recorded=2)
    for rows in ([first, corrected], [corrected, first]):
        assert [each.value for each in holding(rows)] == [80]
    taken_back = reading("pulse", 1, None, withdrawn=True, recorded=3)
    assert holding([taken_back, first, corrected]) == []


def test_a_set_ends_after_half_an_hour_or_when_a_kind_comes_again() -> None:
    rows = [
        reading("pulse", 0, 80),
        reading("temperature", 0.4, 37.0),
        reading("pulse", 0.5, 82),
        reading("pulse", 3, 81),
    ]
    assert [len(each.readings) for each in sets(rows)] == [2, 1, 1]


# --- limits ---------------------------------------------------------------------------------------------------------


def test_a_value_at_a_bound_is_within_it() -> None:
    both = Limit("systolic", START, lower=100, upper=160)
    found = {value: [each.way for each in limits.breaches(reading("systolic", 1, value), [both], [])]
             for value in (99, 100, 160, 161)}  # fmt: skip
    assert found == {99: ["lower"], 100: [], 160: [], 161: ["upper"]}


def test_two_kilograms_in_three_days_are_met_exactly() -> None:
    rise = Limit("weight", START - timedelta(days=9), rise=2, rise_days=3)
    rows = [reading("weight", 0, 80.0), reading("weight", 24, 80.9), reading("weight", 72, 82.0)]
    assert [bool(limits.breaches(each, [rise], rows)) for each in rows] == [False, False, True]
    late = reading("weight", 73, 82.0)
    assert limits.breaches(late, [rise], rows) == []
    assert limits.rise(late, rows, 3) == pytest.approx(1.1)


def test_a_limit_judges_nothing_from_before_it_was_set() -> None:
    early, later = reading("pulse", 1, 120), reading("pulse", 5, 120)
    new = Limit("pulse", at(4), upper=100)
    assert [bool(limits.breaches(each, [new], [])) for each in (early, later)] == [False, True]


# --- episodes -------------------------------------------------------------------------------------------------------


def test_breaches_one_after_another_are_one_episode() -> None:
    rows = [reading("pulse", hour, value) for hour, value in ((1, 120), (2, 130), (3, 80), (4, 125))]
    found = [each for each in episodes(Watched(tuple(rows), (PULSE,)), at(9)) if each.cause == "limit:pulse:upper"]
    assert [(each.started_at, each.ended_at, len(each.keys)) for each in found] == [
        (at(1), at(3), 2),
        (at(4), None, 1),
    ]


def test_a_score_that_is_not_whole_ends_nothing_and_may_begin_an_episode() -> None:
    ill = whole(1, pulse=135, rate=26)
    partly = [reading("pulse", 3, 80)]
    found = [each for each in episodes(Watched((*ill, *partly)), at(9)) if each.cause == NEWS2]
    assert [(each.level, each.ended_at) for each in found] == [("urgent", None)]
    alone = episodes(Watched((reading("oxygen_saturation", 1, 90),)), at(9))
    assert [(each.cause, each.level, each.words) for each in alone] == [
        (NEWS2, "soon", "NEWS2 is at least 3, 3 for oxygen saturation (low to medium risk)")
    ]


def test_scale_2_counts_from_when_it_was_set() -> None:
    rows = (*whole(1, saturation=90), *whole(5, saturation=90))
    found = episodes(Watched(rows, scales=(Scale(at(4), 2),)), at(9))
    assert [(each.started_at, each.ended_at, each.level) for each in found] == [(at(1), at(5), "soon")]


def test_a_set_that_did_not_come_is_missed_after_its_time_of_grace() -> None:
    plan = Plan(at(-4), None, ("09:00", "17:00"), ("pulse", "weight"))  # 08:00 and 16:00 in UTC
    asked = at(2)  # 08:00
    watched = Watched((), plans=(plan,))
    assert [each.cause for each in episodes(watched, asked + timedelta(minutes=59))] == []
    found = episodes(watched, asked + timedelta(minutes=60))
    assert [(each.cause, each.started_at, each.words) for each in found] == [
        (MISSING, asked, "Nothing was sent in time of what was asked")
    ]
    came = Watched((reading("pulse", 1, 80), reading("weight", 2.9, 70.0)), plans=(plan,))
    assert episodes(came, at(9)) == []
    partly = episodes(Watched((reading("pulse", 1, 80),), plans=(plan,)), at(9))
    assert [each.words for each in partly] == ["Not sent in time: Weight"]


def test_a_patient_who_has_just_come_is_not_late() -> None:
    plan = Plan(at(1.5), None, ("09:00",), ("pulse",))
    assert schedule.asked([plan], [], at(9)) == []


def test_times_of_the_day_are_londons_on_both_sides_of_the_change() -> None:
    march = datetime(2026, 3, 28, tzinfo=UTC)
    found = schedule.moments(["09:00"], march, march + timedelta(days=3))
    assert [each.hour for each in found] == [9, 8, 8]


# --- alerts ---------------------------------------------------------------------------------------------------------


class Book:
    """Alerts kept as the web keeps them: after each reading, what is due is written down."""

    def __init__(self) -> None:
        self.kept: dict[int, alerts.Kept] = {}
        self.gone: set[int] = set()
        self.raised: list[int] = []

    def look(self, found: list[Episode]) -> list[alerts.Match]:
        matches = alerts.reconcile(list(self.kept.values()), found)
        for match in matches:
            if match.episode is None:
                continue
            number = match.alert.id if match.alert else len(self.kept) + len(self.gone) + 1
            if match.opens:
                self.raised.append(number)
            answered = "" if match.opens or match.alert is None else match.alert.answered
            self.kept[number] = alerts.Kept(
                number, match.episode.cause, match.episode.keys, match.episode.level, answered
            )
            for other in match.merged:
                del self.kept[other.id]
                self.gone.add(other.id)
        return matches

    def answer(self, number: int) -> None:
        kept = self.kept[number]
        self.kept[number] = alerts.Kept(kept.id, kept.cause, kept.keys, kept.level, kept.level)


_READINGS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from([80, 105, 112, 135])),
    min_size=1,
    max_size=9,
    unique_by=lambda r: r[0],
)


@given(_READINGS, st.randoms(use_true_random=False))
def test_each_episode_has_exactly_one_alert_in_whatever_order_readings_come(
    values: list[tuple[int, int]], random: object
) -> None:
    rows = [reading("pulse", hour, value) for hour, value in values]
    random.shuffle(rows)  # type: ignore[attr-defined]
    book, there = Book(), []
    for row in rows:
        there.append(row)
        found = episodes(Watched(tuple(there), (PULSE,)), at(48))
        matches = book.look(found)
        borne_out = [match for match in matches if match.episode is not None]
        assert len(borne_out) == len(found)
    expected = {(each.cause, each.started_at, each.keys) for each in episodes(Watched(tuple(rows), (PULSE,)), at(48))}
    now = {(kept.cause, min(at(float(k.split("@")[1].split("=")[0])) for k in kept.keys), kept.keys)
           for kept in book.kept.values() if any(kept.keys == keys for _, _, keys in expected)}  # fmt: skip
    assert now == expected
    again = book.look(episodes(Watched(tuple(rows), (PULSE,)), at(48)))
    assert not any(match.opens for match in again)


@given(_READINGS)
def test_the_same_readings_again_raise_nothing(values: list[tuple[int, int]]) -> None:
    rows = tuple(reading("pulse", hour, value) for hour, value in values)
    book = Book()
    book.look(episodes(Watched(rows, (PULSE,)), at(48)))
    raised = len(book.raised)
    for _ in range(2):
        book.look(episodes(Watched((*rows, *rows), (PULSE,)), at(48)))
    assert len(book.raised) == raised


def test_an_answered_alert_opens_again_only_when_it_becomes_more_urgent() -> None:
    book = Book()
    rows = whole(1, pulse=135, rate=26)
    book.look(episodes(Watched(tuple(rows)), at(9)))
    book.answer(1)
    rows += whole(2, pulse=135, rate=26)
    book.look(episodes(Watched(tuple(rows)), at(9)))
    assert book.raised == [1]
    rows += whole(3, pulse=135, rate=26, saturation=90)
    book.look(episodes(Watched(tuple(rows)), at(9)))
    assert book.raised == [1, 1]


def test_of_two_alerts_about_one_episode_the_unanswered_one_goes_on() -> None:
    well = reading("pulse", 2, 80)
    rows = [reading("pulse", 1, 120), well, reading("pulse", 3, 125)]
    book = Book()
    book.look(episodes(Watched(tuple(rows), (PULSE,)), at(9)))
    assert sorted(book.kept) == [1, 2]
    book.answer(1)
    back = Reading("back", "pulse", well.taken_at, at(5), withdrawn=True)
    book.look(episodes(Watched((*rows, back), (PULSE,)), at(9)))
    assert [(kept.id, kept.answered) for kept in book.kept.values()] == [(2, "")]


def test_an_alert_whose_readings_were_corrected_away_stays() -> None:
    wrong = reading("pulse", 1, 180)
    book = Book()
    book.look(episodes(Watched((wrong,), (PULSE,)), at(9)))
    right = reading("pulse", 1, 80, recorded=2)
    matches = book.look(episodes(Watched((wrong, right), (PULSE,)), at(9)))
    assert [match.episode for match in matches] == [None, None] or all(match.episode is None for match in matches)
    assert book.kept


def test_answers_are_due_by_level() -> None:
    found = {level: alerts.due_at(level, START) - START for level in ("emergency", "urgent", "soon")}
    assert found["emergency"] < found["urgent"] < found["soon"]
