"""What people did, as measures count it: without identities, and only for days that are over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pyarrow as pa
import pytest
import unplanned_support as calls
import virtual_support as virtual
from offers_support import Bench, patient
from snapshot_factory import Made

from wherry.performance.measures import build, values
from wherry.performance.measures.counting.people import group_of
from wherry.performance.measures.facts import TABLES, Origin
from wherry.web import snapshot
from wherry.web.emergency.models import AmbulanceIncident, AmbulanceLoad
from wherry.web.measures import sources
from wherry.web.offers import answers
from wherry.web.unplanned import services as hub_services
from wherry.web.virtual.models import Outcome, WardStay


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a fact table."""
    found = sources.facts().get(name)
    return [] if found is None else found.to_pylist()


def covers(table: pa.Table) -> tuple[str, str]:
    """The days that a table says it knows all about."""
    told = table.schema.metadata
    return told[b"from"].decode(), told[b"to"].decode()


@pytest.fixture
def own(handmade_data: tuple[Path, Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """The handmade hub, copied, so that values may be built into it."""
    copytree(handmade_data[1].hub, tmp_path / "hub")
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    return handmade_data[1]


def test_nobody_did_anything_yet(db: None, handmade: Made) -> None:
    assert sources.facts() == {}


def test_every_offer_is_a_row_with_what_came_of_it_and_the_groups_of_its_patient(db: None, handmade: Made) -> None:
    bench = Bench(handmade)
    yes, stays, open_offer = bench.accepted(0), bench.offered(1), bench.offered(2)
    answers.decline(actor=patient(stays), offer_id=stays.pk, through="online")
    bench.proposed(3)  # not offered to anybody yet: no row
    found = {row["accepted"]: row for row in rows("offer") if row["answered"]}
    assert len(rows("offer")) == 3
    assert (found[True]["chose_to_wait"], found[False]["chose_to_wait"]) == (False, True)
    assert [row["answered"] for row in rows("offer")].count(False) == 1
    assert open_offer.answer == ""
    held = snapshot.current()
    assert held is not None
    people = {row["person_key"]: row for row in held.arrow("person").to_pylist()}
    about, row = people[yes.person_key], found[True]
    decile = about["imd_decile"]
    assert row["imd_quintile"] == ("" if decile is None else str((decile + 1) // 2))
    assert (row["sex"], row["ethnicity"]) == (about["sex"] or "X", group_of(about["ethnic_category"]))
    assert (row["organisation"], row["to_organisation"]) == (yes.from_organisation, yes.to_organisation)
    assert covers(sources.facts()["offer"]) == ("2026-01-01", "2026-01-31")


def test_virtual_wards_are_counted_each_morning_and_when_a_stay_ends(db: None, handmade: Made) -> None:
    calls.stop_clock(virtual.NOW)
    first = virtual.stay(1, at=virtual.NOW - timedelta(days=4))
    second = virtual.stay(2, at=virtual.NOW - timedelta(days=3))
    third = virtual.stay(3, at=virtual.NOW - timedelta(days=3))
    WardStay.objects.filter(pk=second.pk).update(
        ended_at=virtual.NOW - timedelta(days=1), outcome=Outcome.BED, live_place=None, live_person=None
    )
    WardStay.objects.filter(pk=third.pk).update(ended_at=virtual.NOW, outcome=Outcome.MISTAKE, live_place=None)
    mine = [row for row in rows("virtual_day") if (row["organisation"], row["pathway"]) == ("RM1", "frailty")]
    expected = {}
    for back in (3, 2, 1):  # the day it began is not whole, and today is not over
        day = (virtual.NOW - timedelta(days=back)).date()
        at = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)  # 08:00 in London, in summer
        there = [one for one in WardStay.objects.exclude(pk=third.pk) if one.began_at <= at]
        expected[day] = sum(one.ended_at is None or one.ended_at > at for one in there)
    assert {row["day"]: row["occupied"] for row in mine} == expected
    assert all(row["places"] > 0 for row in mine)
    [ended] = rows("virtual_stay")
    assert (ended["days"], ended["to_bed"], ended["age_band"]) == (2.0, True, "75-84")
    assert first.ended_at is None


def test_calls_say_who_took_them_and_whether_in_two_hours(db: None, handmade: Made) -> None:
    calls.stop_clock()
    crew, nurse = calls.ambulance(), calls.hub()
    seen, refused = calls.call(crew), calls.call(crew, "I2", nhs_number="9990000026")
    calls.call(crew, "I3", nhs_number="")  # never offered: no row
    for one in (seen, refused):
        hub_services.do(access=crew, call_id=one.pk, act="offer", version=0, words="At home")
    hub_services.do(access=nurse, call_id=refused.pk, act="refuse", version=1, code="capacity", words="Full")
    hub_services.do(access=nurse, call_id=seen.pk, act="accept", version=1)
    calls.stop_clock(calls.minutes(60))
    done = {"access": nurse, "call_id": seen.pk}
    hub_services.do(**done, act="dispatch", version=2, code="ucr", happened_at=calls.minutes(10))
    hub_services.do(**done, act="attend", version=3, happened_at=calls.minutes(55))
    hub_services.do(**done, act="close", version=4, code="treated", words="GP told")
    found = {row["accepted"]: row for row in rows("call")}
    assert set(found) == {True, False}
    assert (found[True]["two_hour"], found[True]["within_two_hours"], found[True]["conveyed"]) == (True, True, False)
    assert found[True]["minutes_to_contact"] == 55
    assert (found[False]["two_hour"], found[False]["conveyed"]) == (False, None)
    assert found[True]["age_band"] == "75-84"
    assert found[True]["organisation"] == "RY3"


def test_handovers_belong_to_the_hospital_and_doubtful_ones_count_for_nothing(db: None, handmade: Made) -> None:
    calls.stop_clock()
    arrived = calls.minutes(-2_000)
    load = AmbulanceLoad.objects.create(
        file="a.csv", digest="", loaded_at=arrived, loaded_by_name="Ann", lines=5, new=5, changed=0, older=0, refused=0
    )
    for number, (minutes, site) in enumerate([(20, "RM102"), (50, "RGP75"), (-5, "RM102"), (9_999, "RM102"), (9, "?")]):
        AmbulanceIncident.objects.create(
            number=f"A{number}", known_at=arrived, digest="", called_at=arrived, arrived_hospital_at=arrived,
            handed_over_at=arrived + timedelta(minutes=minutes), site=site, load=load,
        )  # fmt: skip
    assert sorted((row["organisation"], row["minutes"]) for row in rows("handover")) == [("RGP", 50.0), ("RM1", 20.0)]


def test_no_table_of_what_people_did_tells_who_anybody_is(db: None, handmade: Made) -> None:
    Bench(handmade).accepted()
    names = {name for table in sources.facts().values() for name in table.column_names}
    assert not names & {"person_key", "pathway_key", "nhs_number", "surname", "birth_date", "visit_key", "postcode"}
    for fact in TABLES.values():
        if fact.origin is Origin.ACTIONS:
            assert not set(fact.types) & {"person_key", "nhs_number", "birth_date", "lsoa"}


def test_values_are_built_when_data_is_new_and_not_at_every_act(db: None, own: Made) -> None:
    said: list[str] = []
    assert sources.rebuild(said.append)
    first = values.current_id()
    assert not sources.rebuild(said.append)
    assert said == ["Values of measures built"]
    assert "aid-chose-other" not in values.open().measures()
    bench = Bench(own)
    bench.accepted()
    assert not sources.rebuild(said.append)  # people's acts wait a little
    assert values.current_id() == first
    assert sources.rebuild(said.append, every=timedelta())
    [row] = values.open().rows("aid-chose-other").to_pylist()
    assert (row["period"], row["numerator"], row["denominator"]) == (date(2026, 1, 1), 1.0, 1.0)
    system = snapshot.system()
    assert system is not None
    assert not build.is_stale(system, more_id=sources.state())


def test_without_a_snapshot_there_is_nothing_to_build(db: None, no_data: Path) -> None:
    assert not sources.rebuild()
    assert sources.facts() == {}
