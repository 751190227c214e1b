"""Side feeds of an artificial day: their files, and what must hold of ambulances, calls and virtual wards."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from flow_world import story

from wherry.errors import UserError
from wherry.synthetic.flow import ambulance, calls, side, virtual
from wherry.synthetic.flow.calendar import DAY, moment
from wherry.synthetic.flow.folder import sides


def test_rows_come_back_from_a_file_as_they_were(tmp_path: Path) -> None:
    one = story()
    for name, rows in sides(one, one.opening, one.opening + DAY // 2).items():
        assert rows, name
        assert [row.known_at for row in rows] == sorted(row.known_at for row in rows)
        side.write(tmp_path / name, rows)
        assert list(side.read(tmp_path / name, type(rows[0]))) == list(rows)


def test_a_line_that_does_not_fit_is_named(tmp_path: Path) -> None:
    one = story()
    row = ambulance.incidents(one.facts, one.opening, one.opening + DAY // 4)[0]
    good = json.loads(side.as_line(row))
    for change, words in (
        ({"category": "two"}, "category 'two' is not int"),
        ({"called_at": "2026-06-02T10:00:00"}, "called_at .* cannot be read"),
        ({"extra": 1}, "extra is no field of AmbulanceIncident"),
    ):
        with pytest.raises(UserError, match=f"line 1: {words}"):
            side.parse(json.dumps({**good, **change}), side.AmbulanceIncident, "line 1")
    del good["site"]
    with pytest.raises(UserError, match="line 1: site is missing"):
        side.parse(json.dumps(good), side.AmbulanceIncident, "line 1")
    with pytest.raises(UserError, match="is not there"):
        list(side.read(tmp_path / "none.jsonl", side.Call))


def test_an_incident_only_ever_learns_and_its_moments_are_in_order() -> None:
    one = story()
    lines: dict[str, list[side.AmbulanceIncident]] = {}
    for line in ambulance.incidents(one.facts, one.opening, one.opening + DAY):
        lines.setdefault(line.incident, []).append(line)
    names = (
        "called_at",
        "allocated_at",
        "arrived_on_scene_at",
        "left_scene_at",
        "arrived_hospital_at",
        "handed_over_at",
    )
    for some in lines.values():
        for before, after in pairwise(some):
            assert all(getattr(before, name) in (None, getattr(after, name)) for name in names)
        for line in some:
            known = [at for name in names if (at := getattr(line, name)) is not None]
            assert known == sorted(known)
            assert all(at <= line.known_at for at in known)
            assert 1 <= line.category <= 4
            assert line.outcome in ("", *side.OUTCOMES)


def test_who_comes_by_ambulance_is_the_visit_that_it_names() -> None:
    one = story()
    visits = {visit.key: visit for visit in one.truth(one.opening + DAY)}
    brought = [
        line
        for line in ambulance.incidents(one.facts, one.opening, one.opening + DAY)
        if line.handed_over_at and line.site
    ]
    assert len(brought) > 10
    for line in brought:
        visit = visits.get(line.visit_key)
        if visit is not None and "handed_over_at" in visit.moments:
            assert line.handed_over_at is not None
            assert visit.moments["handed_over_at"] == line.handed_over_at.isoformat()


def test_calls_are_of_the_day_and_each_names_its_incident_once() -> None:
    one = story()
    found = calls.calls(one.facts, one.opening, one.opening + DAY)
    assert 35 < len(found) < 95
    incidents = [call.incident for call in found if call.incident]
    assert len(set(incidents)) == len(incidents) > 5
    known = {line.incident for line in ambulance.incidents(one.facts, one.opening - DAY // 24, one.opening + DAY)}
    assert set(incidents) <= known
    assert {call.condition for call in found} <= set(side.CONDITIONS)
    assert all(call.called_at <= call.known_at for call in found)
    assert all(call.person.nhs_number.startswith("9997") for call in found)
    halves = [*calls.calls(one.facts, one.opening, one.opening + DAY // 2),
              *calls.calls(one.facts, one.opening + DAY // 2, one.opening + DAY)]  # fmt: skip
    assert sorted(halves, key=lambda call: call.reference) == sorted(found, key=lambda call: call.reference)


def test_virtual_wards_never_have_more_people_than_places() -> None:
    one = story()
    places = {(provider, pathway): number for provider, pathway, number in virtual.cells("norfolk-waveney")}
    assert sum(places.values()) == 368
    found = [stay for stay in virtual.stays(one.facts, one.run.until) if stay.begins >= 0]
    for at in range(one.opening, one.run.until, 6 * 3600):
        for cell, number in places.items():
            there = [s for s in found if (s.referral.provider, s.referral.pathway) == cell and s.begins <= at < s.ends]
            assert len(there) <= number
    at_opening = sum(stay.begins < one.opening < stay.ends for stay in found)
    assert 260 < at_opening < 335


def test_readings_are_of_somebody_who_is_there_and_can_be() -> None:
    one = story()
    stays = {stay.referral.reference: stay for stay in virtual.stays(one.facts, one.run.until) if stay.begins >= 0}
    found = virtual.readings(one.facts, one.opening, one.opening + DAY)
    assert len(found) > 600
    assert len({reading.reference for reading in found}) == len(found)
    for reading in found:
        stay = stays[reading.referral]
        assert moment(stay.begins) <= reading.taken_at < moment(stay.ends)
        assert reading.nhs_number == stay.referral.person.nhs_number
        assert 8 <= (reading.respirations or 0) <= 40
        assert 75 <= (reading.oxygen_saturation or 0) <= 100
        assert 35 <= (reading.temperature_c or 0) <= 41
        assert reading.systolic is None or 70 <= reading.systolic <= 200


def test_a_step_down_is_the_patient_who_left_for_it() -> None:
    one = story()
    visits = {visit.key: visit for visit in one.truth(one.run.until)}
    down = [line for line in virtual.referrals(one.facts, one.opening, one.run.until) if line.from_visit_key]
    assert down
    for line in down:
        visit = visits.get(line.from_visit_key)
        assert visit is None or visit.nhs_number == line.person.nhs_number
