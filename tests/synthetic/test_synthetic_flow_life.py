"""The artificial hospitals lose nobody, put nobody in two beds, keep their rules and their volumes, and are the same
for the same seed."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from flow_world import NOBODY, flow, lives, story

from wherry.errors import UserError
from wherry.hub.flow.schema import HISTORY
from wherry.paths import system_dir
from wherry.reference import nhs_number
from wherry.synthetic.flow import history, settings
from wherry.synthetic.flow.arrivals import day_of
from wherry.synthetic.flow.calendar import DAY
from wherry.synthetic.flow.draws import ATTENDANCE, ELECTIVE, GROUPS, MATERNITY, Draws, join
from wherry.synthetic.flow.places import NO_BED, SINGLE
from wherry.synthetic.streams import Streams


def test_nobody_is_in_two_places_and_no_bed_has_two_people() -> None:
    one = story()
    by_bed: dict[int, list[tuple[int, int]]] = {}
    for stays in lives(one).values():
        for place, begin, end in stays:
            assert begin <= end
            if place >= 0:
                by_bed.setdefault(place, []).append((begin, end))
    assert len(by_bed) > 500
    for stays_there in by_bed.values():
        ordered = sorted(stays_there)
        assert all(before[1] <= after[0] for before, after in pairwise(ordered))


def test_nobody_is_lost_and_occupancy_adds_up() -> None:
    one = story()
    life, visits = one.run.life, one.run.visits
    admitted, left = np.array(life.admitted), np.array(life.left)
    held = lives(one)
    assert set(held) == set(np.flatnonzero(admitted >= 0).tolist())
    for row, stays in held.items():
        assert stays[0][1] == life.admitted[row]
        assert life.left[row] < 0 or stays[-1][2] == life.left[row] >= stays[-1][1]
    for at in range(one.run.begin, one.run.until, 5 * 3600 + 77):
        in_a_place = sum(begin <= at < end for stays in held.values() for _, begin, end in stays)
        here = int(((admitted >= 0) & (admitted <= at) & ((left < 0) | (left > at))).sum())
        assert in_a_place == here
    # everybody who wanted a bed has one, still waits, gave up or was sent home
    asked = (visits["request"] >= 0) & (visits["request"] < one.run.until)
    sent_home = np.array(life.sent_home)
    waits = asked & (admitted < 0) & (left < 0) & (sent_home < 0)
    assert waits.sum() < 0.01 * asked.sum()
    assert not (asked & (sent_home >= 0) & (visits["kind"] != ELECTIVE)).any()


def test_bays_are_for_one_sex_and_groups_stay_where_they_belong() -> None:
    one = story()
    places, visits = one.run.places, one.run.visits
    patience = flow().of("bed.outlier_after_hours") * 3600
    outliers = 0
    for row, stays in lives(one).items():
        for number, (place, begin, _) in enumerate(stays):
            if place < 0:
                continue
            ward = places.wards[places.ward[place]]
            assert places.who[place] >= 2 or places.who[place] == (0 if visits["woman"][row] else 1)
            assert places.site_of_ward[places.ward[place]] == visits["site"][row]
            group = GROUPS[visits["group"][row]]
            if group in ("children", "maternity"):
                assert ward.group == group
            elif ward.kind == "ward" and ward.group != group and number == 0 and visits["request"][row] >= 0:
                outliers += 1
                assert begin - visits["request"][row] >= patience - 2 * 3600
    assert outliers


def test_infected_people_have_single_rooms_unless_they_waited_long() -> None:
    one = story()
    places, visits, figures = one.run.places, one.run.visits, flow()
    patience = figures.of("bed.infected_any_after_hours") * 3600
    alone = 0
    for row, stays in lives(one).items():
        if visits["infection"][row] and visits["request"][row] >= 0 and stays[0][0] >= 0:
            in_single = places.who[stays[0][0]] == SINGLE
            waited = stays[0][1] - visits["request"][row] + 2 * 3600
            alone += in_single
            assert in_single or waited >= patience
    assert alone > 10


def test_adult_beds_are_about_as_full_as_they_are_said_to_be() -> None:
    one = story()
    places = one.run.places
    adult = {n for n, ward in enumerate(places.wards) if ward.general_and_acute and ward.kind != "escalation"}
    held = [(begin, end) for stays in lives(one).values() for place, begin, end in stays
            if place >= 0 and places.ward[place] in adult]  # fmt: skip
    mornings = [at + 8 * 3600 for at in range(one.run.begin, one.run.until, DAY)]
    full = np.array([sum(begin <= at < end for begin, end in held) for at in mornings]) / sum(places.adult_beds)
    assert 0.85 < full.mean() < 0.99
    assert full.max() <= 1.0


def test_volumes_of_a_year_are_those_of_the_sources() -> None:
    whole = settings.load("norfolk-waveney")
    draws = Draws(whole, Streams(5))
    days = [date(2026, 1, 1) + timedelta(days=7 * n + n % 7) for n in range(52)]
    some = join([day_of(draws, day) for day in days])
    year = 365.25 / len(days)
    attendances = (some["ed_type"] > 0).sum() * year
    emergencies = ((some["kind"] != ATTENDANCE) & np.isin(some["kind"], (1, 2, 3))).sum() * year
    # chance: counts are Poisson, and the level of a day varies by 4% (two levels a day)
    spread = whole.of("ed.daily_spread")
    assert abs(attendances - 307_000) < 5 * (np.sqrt(307_000 * year) + 307_000 * spread / np.sqrt(len(days)))
    assert abs(emergencies - 106_000) < 5 * (np.sqrt(106_000 * year) + 106_000 * spread / np.sqrt(len(days)))
    mothers = (some["kind"] == MATERNITY).sum() * year
    expected = sum(site.mothers for site in whole.sites) * 365.25
    assert abs(mothers - expected) < 5 * np.sqrt(expected * year)


def test_the_same_seed_is_the_same_day_byte_for_byte_and_more_days_begin_alike() -> None:
    one, again, longer, other = story(), story.__wrapped__(), story(days=3), story(seed=4)  # type: ignore[attr-defined]
    until = one.opening + 20 * 3600
    said = [message.raw for message in one.messages(one.opening, until)]
    assert said == [message.raw for message in again.messages(one.opening, until)]
    assert said == [message.raw for message in longer.messages(one.opening, until)]
    assert one.opening_position() == longer.opening_position()
    assert one.truth(until) == longer.truth(until)
    assert said != [message.raw for message in other.messages(one.opening, until)]


def test_people_have_numbers_that_nobody_else_is_given() -> None:
    one = story()
    numbers = [person.nhs_number for row, person in one.facts.person.items() if one.run.visits["kind"][row] != 6]
    assert len(set(numbers)) == len(numbers)
    assert all(nhs_number.is_synthetic(number) and number[:4] in ("9998", "9999") for number in numbers)
    kept = nhs_number.synthetic([nhs_number.kept_from() - 1, nhs_number.kept_from()]).tolist()
    assert kept[0] < "9997" <= kept[1]


def test_the_history_has_no_identities_and_ends_where_the_day_begins() -> None:
    one = story()
    rows = history.table(one.run, one.opening)
    assert rows.column_names == HISTORY.names
    for name in ("arrived_at", "admitted_at", "left_at", "ready_at", "decided_at"):
        assert max(value for value in rows[name].to_pylist() if value) < "2026-06-01T23:00:00Z", name
    assert set(rows["kind"].to_pylist()) - {"transfer"} == {"attendance", "emergency", "elective", "maternity"}
    visits, life = one.run.visits, one.run.life
    here = 0
    for row, admitted in enumerate(life.admitted):
        arrived, kind = int(visits["arrived"][row]), int(visits["kind"][row])
        begun = arrived if arrived >= 0 else admitted
        gone = int(visits["gone"][row]) if kind == ATTENDANCE else life.left[row]
        here += 0 <= begun < one.opening and not 0 <= gone < one.opening
    assert here == sum(not value for value in rows["left_at"].to_pylist())


def test_every_figure_has_a_source_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    read = settings.read(system_dir("norfolk-waveney") / "flow.toml")
    assert len(read["ed"]["hours_type_1"]) == 24
    path = tmp_path / "flow.toml"
    path.write_text('[ed]\nleft_before_seen = { value = 0.1, source = "x", certainty = "sure" }\n')
    with pytest.raises(UserError, match=r"flow.toml: ed.left_before_seen: certainty"):
        settings.read(path)
    path.write_text("[ed]\nleft_before_seen = 0.1\n")
    with pytest.raises(UserError, match=r"ed.left_before_seen must be a table of value, source and certainty"):
        settings.read(path)


def test_places_without_a_bed_are_wards() -> None:
    one = story()
    without = {place for stays in lives(one).values() for place, _, _ in stays if place < 0}
    assert {one.run.places.wards[NO_BED - place].kind for place in without} >= {"assessment", "lounge"}
    assert all(end <= NOBODY for stays in lives(one).values() for _, _, end in stays)
