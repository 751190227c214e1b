"""The second door: FHIR Encounters with their Patients and Locations, alone, in bundles and in later versions."""

from __future__ import annotations

import copy
from itertools import permutations
from pathlib import Path
from typing import Any

import orjson
import pytest
from adt_histories import at, event
from hypothesis import given
from hypothesis import strategies as st

from wherry.flow.adt import Event, Location, ReadError, derive
from wherry.flow.adt import kept as keeping
from wherry.flow.adt.codes import load
from wherry.flow.adt.fhir import parse
from wherry.flow.adt.fhir_file import Reader

CODES = load("norfolk-waveney")
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"lastUpdated": "2026-07-14T08:00:00Z"},
    "identifier": [
        {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "999 000 0018"},
        {"type": {"coding": [{"code": "MR"}]}, "value": "P1"},
    ],
    "name": [{"use": "old", "family": "Crome"}, {"use": "official", "family": "Aldous", "given": ["Ann", "Marie"]}],
    "gender": "female",
    "birthDate": "1940-02-29",
    "address": [{"line": ["1 High Street"], "city": "Norwich", "postalCode": "NR1 1AA"}],
    "generalPractitioner": [{"identifier": {"value": "D82001"}}],
}
PLACES: list[dict[str, Any]] = [
    {"resourceType": "Location", "id": "ed", "identifier": [{"value": "RM102|ED|MAJ|4"}]},
    {"resourceType": "Location", "id": "site", "physicalType": {"coding": [{"code": "si"}]}, "name": "RM102"},
    {
        "resourceType": "Location",
        "id": "m1",
        "physicalType": {"coding": [{"code": "wa"}]},
        "name": "M1",
        "partOf": {"reference": "Location/site"},
    },
    {
        "resourceType": "Location",
        "id": "bay",
        "physicalType": {"coding": [{"code": "ro"}]},
        "name": "A",
        "partOf": {"reference": "Location/m1"},
    },
    {
        "resourceType": "Location",
        "id": "bed",
        "physicalType": {"coding": [{"code": "bd"}]},
        "name": "3",
        "partOf": {"reference": "Location/bay"},
    },
]


def period(start: float, end: float | None = None) -> dict[str, str]:
    found = {"start": at(start).isoformat()}
    return found if end is None else {**found, "end": at(end).isoformat()}


def encounter(**more: Any) -> dict[str, Any]:
    """An admission through the emergency department: there from 0, decided at 60, admitted at 90, still here."""
    found: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": "e1",
        "meta": {"versionId": "1", "lastUpdated": at(100).isoformat()},
        "identifier": [{"value": "other"}, {"type": {"coding": [{"code": "VN"}]}, "value": "V1"}],
        "status": "in-progress",
        "class": {"code": "IMP"},
        "classHistory": [
            {"class": {"code": "EMER"}, "period": period(0, 90)},
            {"class": {"code": "IMP"}, "period": period(90)},
        ],
        "statusHistory": [
            {"status": "arrived", "period": period(0, 10)},
            {"status": "triaged", "period": period(10, 40)},
            {"status": "in-progress", "period": period(40)},
        ],
        "serviceType": {"coding": [{"code": "300"}]},
        "priority": {"coding": [{"code": "EM"}]},
        "subject": {"reference": "Patient/p1"},
        "participant": [{"individual": {"display": "Dr Smith"}}],
        "period": period(0),
        "hospitalization": {"admitSource": {"coding": [{"code": "19"}]}},
        "serviceProvider": {"identifier": {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "RM1"}},
        "location": [
            {"location": {"reference": "Location/ed"}, "period": period(0, 95)},
            {"location": {"reference": "Location/m1"}, "period": period(95)},
            {"location": {"reference": "Location/bed"}, "period": period(95)},
        ],
    }
    return {name: value for name, value in (found | more).items() if value is not None}


def read(*resources: dict[str, Any], organisation: str = "") -> list[Event]:
    reader = Reader(CODES, organisation)
    for resource in resources:
        reader.add(resource)
    return [parse(piece.raw, CODES) for piece in reader.pieces()]


def one(**more: Any) -> Event:
    [found] = read(encounter(**more), PATIENT, *PLACES)
    return found


def test_an_encounter_says_a_whole_visit() -> None:
    found = one()
    assert (found.trigger, found.visit_key, found.patient_key, found.control_id) == ("ENC", "RM1|V1", "RM1|P1", "e1/1")
    assert (found.recorded_at, found.occurred_at, found.doubts) == (at(100), at(0), ())
    state = derive([found])
    assert (state.standing, state.arrived_at, state.admitted_at, state.left_at) == ("in_bed", at(0), at(90), None)
    assert [(stay.location, stay.from_at, stay.to_at) for stay in state.stays] == [
        (Location("RM102", "ED", "MAJ", "4"), at(0), at(95)),
        (Location("RM102", "M1", "A", "3"), at(95), None),
    ]
    assert state.details == {
        "admission_method": "emergency",
        "admission_source": "19",
        "assessed_at": at(10).isoformat(),
        "consultant": "Dr Smith",
        "seen_at": at(40).isoformat(),
        "specialty": "300",
    }
    person = {name: value for name, value in found.details.items() if name not in state.details}
    assert person == {
        "nhs_number": "9990000018",
        "surname": "Aldous",
        "forename": "Ann",
        "sex": "female",
        "birth_date": "1940-02-29",
        "address": "1 High Street, Norwich",
        "postcode": "NR1 1AA",
        "gp_practice": "D82001",
    }
    assert state.doubts == ()


def test_a_later_version_replaces_all_that_an_earlier_one_said() -> None:
    later = one(
        meta={"versionId": "2", "lastUpdated": at(500).isoformat()},
        status="finished",
        period=period(0, 480),
        location=[{"location": {"reference": "Location/ed"}, "period": period(0, 480)}],
        serviceType=None,
    )
    for events in permutations([one(), later, one()]):
        state = derive(events)
        assert (state.standing, state.left_at) == ("left", at(480))
        assert [(stay.location.ward, stay.from_at, stay.to_at) for stay in state.stays] == [("ED", at(0), at(480))]
        assert "specialty" not in state.details


def test_messages_of_the_other_door_join_in_the_order_of_recording() -> None:
    moved = event("A02", 200, place=4)
    left = event("A03", 300)
    for events in permutations([one(), moved, left]):
        state = derive(events)
        assert [(stay.location.ward, stay.to_at) for stay in state.stays] == [
            ("ED", at(95)),
            ("M1", at(200)),
            ("M2", at(300)),
        ]
    assert derive([one(), left, event("A13", 310)]).standing == "in_bed"


def test_planned_cancelled_and_only_in_the_department() -> None:
    planned = one(status="planned", classHistory=None, location=None, statusHistory=None, period=period(9000))
    state = derive([planned])
    assert (state.standing, state.details["expected_admission_at"]) == ("booked", at(9000).isoformat())
    cancelled = one(status="cancelled", meta={"lastUpdated": at(200).isoformat()})
    assert derive([planned, cancelled]).standing == "cancelled"
    there = one(**{"class": {"code": "EMER"}, "classHistory": None, "location": None})
    assert (derive([there]).standing, derive([there]).admitted_at) == ("in_department", None)


def test_a_class_that_nobody_follows_is_left_out_and_counted() -> None:
    reader = Reader(CODES)
    reader.add({"resourceType": "Bundle", "entry": [{"resource": encounter(**{"class": {"code": "AMB"}})}]})
    assert (list(reader.pieces()), reader.left_out) == ([], {"AMB": 1})


def test_a_bundle_a_list_and_lines_are_the_same_pieces() -> None:
    resources = [PATIENT, *PLACES, encounter()]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}
    ways: list[list[Any]] = [resources, [resources], [bundle], resources[::-1]]
    pieces = []
    for way in ways:
        reader = Reader(CODES)
        for document in way:
            reader.add(orjson.loads(orjson.dumps(document)))
        pieces.append(list(reader.pieces()))
    assert all(found == pieces[0] for found in pieces)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"serviceProvider": None}, "Encounter.serviceProvider is ''. Encounters are taken from RM1, RGP, RCX"),
        ({"subject": {"reference": "Patient/p2"}}, "Encounter.subject names a Patient that is not with it"),
        ({"status": "unknown"}, "Encounter.status is 'unknown'"),
        ({"status": "finished"}, "Encounter.status is finished and Encounter.period.end is missing"),
        ({"period": None}, "Encounter.period.start is missing"),
        ({"period": {"start": "2026-07-14"}}, "Encounter.period.start is '2026-07-14': write a date with a time"),
        ({"identifier": [{"value": "V" * 61}]}, "Encounter.identifier (visit number) is 'VVVVV"),
        ({"class": None}, "Encounter.class is ''. Followed are EMER, IMP"),
    ],
)
def test_what_cannot_be_read_is_said(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ReadError) as error:
        one(**more)
    assert says in str(error.value)


@pytest.mark.parametrize("raw", [b"{", b"[]", b"{}", b'{"resourceType":"Bundle","entry":[7]}'])
def test_other_json_is_refused_in_a_sentence(raw: bytes) -> None:
    with pytest.raises(ReadError, match=r"This is no JSON|This is no FHIR|There is no Encounter"):
        parse(raw, CODES)


def test_a_ring_of_locations_ends() -> None:
    ring = [{"resourceType": "Location", "id": "ed", "name": "x", "partOf": {"reference": "Location/ed"}}]
    [found] = read(encounter(), PATIENT, *ring)
    assert found.doubts == ("Encounter.location names no ward that is known here: it was not read.",) * 3


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(("", "x", "2026-07-14T08:00:00Z", "IMP")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(("start", "code", "value")), inner),
    max_leaves=4,
)


@given(st.data())
def test_any_other_shape_is_read_or_refused_in_a_sentence(data: st.DataObject) -> None:
    resources = [encounter(), copy.deepcopy(PATIENT), *copy.deepcopy(PLACES)]
    for _ in range(data.draw(st.integers(1, 3))):
        resource = data.draw(st.sampled_from(resources))
        names = [name for name in resource if name != "resourceType"]
        resource[data.draw(st.sampled_from(names))] = data.draw(_JSON)
    try:
        events = read(*resources, organisation="RM1")
    except ReadError:
        return
    for found in events:
        assert keeping.load(keeping.dump(found)) == found
        derive([found])


@pytest.mark.real
def test_synthea_bundles_are_whole_visits(shared_data: Path) -> None:
    from wherry.hub.fhir.containers import documents, opened

    file, _ = opened(shared_data / "synthea_r4_bundles" / "synthea_r4_31_bundles.tar.gz")
    reader = Reader(CODES, "RM1")
    with file:
        for document in documents("synthea", file):
            reader.add(orjson.loads(document.data))
    states = [derive([parse(piece.raw, CODES)]) for piece in reader.pieces()]
    assert len(states) == 94
    assert reader.left_out == {"AMB": 768}
    assert {state.standing for state in states} == {"left"}
    assert sum(state.admitted_at is not None for state in states) == 45
    assert sum(state.arrived_at is not None for state in states) == 49
    for state in states:
        assert state.left_at is not None
        assert (state.arrived_at or state.admitted_at or state.left_at) <= state.left_at
