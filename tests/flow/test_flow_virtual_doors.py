"""Readings through HL7 v2 and FHIR, whose they are, places, criteria and measures."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.flow.virtual import incoming_fhir, incoming_hl7, measures, places, rules, vitals
from wherry.flow.virtual.incoming import Incoming
from wherry.flow.virtual.measures import AlertFacts, Facts, PlaceFacts, ReferralFacts, StayFacts

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
ORU = "\r".join(
    [
        "MSH|^~\\&|KIT|RM1|WHERRY|RM1|20260714141500+0000||ORU^R01|77|P|2.4",
        "PID|1||123^^^RM1^MR~9990000018^^^NHS^NH||BEXWELL^JOHN||19420403|M",
        "OBR|1|||VITALS|||20260714140000+0000",
        "OBX|1|NM|9279-1^Respiratory rate^LN||18|/min|||||F",
        "OBX|2|NM|SPO2^Saturation^L||95|%|||||F|||20260714140200+0000||||KIT-7",
        "OBX|3|ST|67775-7^Responsiveness^LN||Alert||||||F",
        "OBX|4|NM|8310-5^Temperature^LN||98.6|[degF]|||||F",
        "OBX|5|NM|8867-4^Pulse^LN||81|/min|||||P",
        "OBX|6|NM|8867-4^Pulse^LN||81|/min|||||D",
    ]
)


def test_an_oru_message_gives_every_value_with_its_time_patient_and_device() -> None:
    rows = list(incoming_hl7.read(ORU.encode(), "one.hl7"))
    assert [row.kind for row in rows][:4] == ["respiratory_rate", "oxygen_saturation", "consciousness", "temperature"]
    first, second = rows[:2]
    assert (first.nhs_number, first.birth_date, first.sender) == ("9990000018", date(1942, 4, 3), "RM1|KIT")
    assert (first.taken_at, second.taken_at) == (
        BEGIN.replace(month=7, day=14, hour=14),
        first.taken_at + timedelta(0, 120),
    )  # type: ignore[operator]
    assert second.device == "KIT-7"
    shown = [found.shown if isinstance(found := row.measured(), vitals.Measured) else found.reason for row in rows]
    assert shown[:4] == ["18", "95", "A", "37.0"]
    assert shown[4] == "its status (OBX-11) is P, which is not final"
    assert rows[5].withdrawn


def test_a_file_of_messages_is_split_and_a_wrong_one_is_named() -> None:
    two = (ORU + "\r" + ORU.replace("|77|", "|78|")).encode()
    assert len(list(incoming_hl7.read(two, "two.hl7"))) == 12
    with pytest.raises(UserError, match=r"bad.hl7, message 2: MSH-9 \(message type\) is 'ADT\^A01'"):
        list(incoming_hl7.read((ORU + "\r" + ORU.replace("ORU^R01", "ADT^A01")).encode(), "bad.hl7"))
    with pytest.raises(UserError, match="none begins with MSH"):
        list(incoming_hl7.read(b"hello", "no.hl7"))


def bundle(**changes: object) -> bytes:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        "subject": {"reference": "urn:uuid:p"},
        "device": {"identifier": {"value": "KIT-7"}},
        "effectiveDateTime": "2026-07-14T15:00:00+01:00",
        "issued": "2026-07-14T14:01:00Z",
        "valueQuantity": {"value": 95, "unit": "%", "code": "%"},
        **changes,
    }
    pressure = {
        "resourceType": "Observation",
        "status": "amended",
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "subject": {"reference": "urn:uuid:p"},
        "effectiveDateTime": "2026-07-14T14:00:00Z",
        "component": [
            {"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
             "valueQuantity": {"value": 118, "code": "mm[Hg]"}},
            {"code": {"coding": [{"system": "http://loinc.org", "code": "8462-4"}]},
             "valueQuantity": {"value": 71, "code": "mm[Hg]"}},
        ],
    }  # fmt: skip
    patient = {
        "resourceType": "Patient",
        "id": "p",
        "identifier": [{"system": incoming_fhir.NHS_NUMBER, "value": "9990000018"}],
        "birthDate": "1942-04-03",
    }
    entries = [{"fullUrl": "urn:uuid:p", "resource": patient}, {"resource": observation}, {"resource": pressure}]
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def test_a_fhir_bundle_gives_observations_and_their_components() -> None:
    rows = list(incoming_fhir.read(bundle(), "b.json"))
    assert [row.kind for row in rows] == ["oxygen_saturation", "systolic", "diastolic"]
    assert {(row.nhs_number, row.birth_date) for row in rows} == {("9990000018", date(1942, 4, 3))}
    assert (rows[0].device, rows[0].taken_at) == ("KIT-7", datetime(2026, 7, 14, 14, tzinfo=UTC))
    assert rows[0].key == next(iter(incoming_fhir.read(bundle(), "again.json"))).key


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "preliminary"}, "its status is preliminary, which is not final"),
        ({"effectiveDateTime": "2026-07-14"}, "it came without the time at which it was taken"),
        ({"valueQuantity": {"value": 0.95, "code": "1"}}, "Oxygen saturation came in"),
        ({"valueQuantity": {"value": 950, "code": "%"}}, "Oxygen saturation of 950 % cannot be"),
        ({"valueQuantity": {}}, "came without a value"),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "1-8"}]}}, "the code '1-8' is not known here"),
    ],
)
def test_what_is_wrong_is_kept_apart_with_its_reason(changes: dict[str, object], reason: str) -> None:
    found = next(iter(incoming_fhir.read(bundle(**changes), "b.json"))).measured()
    assert isinstance(found, vitals.Apart)
    assert reason in found.reason


def test_something_else_is_refused_with_the_file() -> None:
    with pytest.raises(UserError, match=r"p\.json: resourceType is 'Patient'"):
        list(incoming_fhir.read(b'{"resourceType": "Patient"}', "p.json"))
    with pytest.raises(UserError, match="is no JSON"):
        list(incoming_fhir.read(b"{", "x.json"))


@given(st.binary(max_size=300), st.sampled_from([b"", b"MSH|^~\\&|", b'{"resourceType":"Bundle","entry":[']))
def test_whatever_comes_is_read_or_refused_in_words(data: bytes, start: bytes) -> None:
    for read in (incoming_hl7.read, incoming_fhir.read):
        try:
            rows = list(read(start + data, "f"))
        except UserError:
            continue
        assert all(isinstance(row, Incoming) for row in rows)


@given(st.sampled_from(sorted(rules.rules().vitals)), st.floats(allow_nan=True), st.text(max_size=8))
def test_what_may_be_used_is_always_possible(kind: str, value: float, unit: str) -> None:
    found = vitals.take(kind, value, unit)
    if isinstance(found, vitals.Measured) and found.value is not None:
        low, high = rules.rules().vitals[kind].range
        assert low <= found.value <= high
    for known in rules.rules().vitals[kind].units:
        assert isinstance(vitals.take(kind, value, known), vitals.Measured | vitals.Apart)


# --- places ---------------------------------------------------------------------------------------------------------


def test_the_places_of_the_system_add_up_to_what_was_published(tmp_path: Path) -> None:
    found = places.load("norfolk-waveney")
    assert (found.total, sum(row.places for row in found.rows)) == (368, 368)
    assert {row.provider for row in found.rows if row.places} == {"RM1", "RGP", "RCX", "RY3"}
    assert all(row.certainty == "own default" for row in found.rows)
    text = (Path(places.__file__).parents[4] / "systems/norfolk-waveney/virtual_wards.toml").read_text()
    for before, after, words in (
        ("places = 30", "places = 31", "add up to 369 places"),
        ('pathway = "frailty"', 'pathway = "frail"', "pathway 'frail' is none of"),
        ("places = 30", "places = -1", "must be a whole number"),
        ("[total]", "[totals]", "is missing or wrong"),
    ):
        path = tmp_path / "virtual_wards.toml"
        path.write_text(text.replace(before, after, 1))
        with pytest.raises(UserError, match=words):
            places.read(path)


# --- measures -------------------------------------------------------------------------------------------------------


def test_a_worked_example_of_every_measure() -> None:
    """Ten places over ten days are 100 place-days. A stays 6 days, B 20 of which 4 fall within, C is still there.

    Patient-days: 6 + 4 + 5 = 15. Left within the period: A (6 days, plan) and B (20 days, bed): 26 in all.
    """
    days = [BEGIN + timedelta(days=n) for n in range(11)]
    a = StayFacts("RM1", "frailty", "step_up", days[1], days[7], "plan", readmitted=True, asked=10, missed=1)
    b = StayFacts("RM1", "frailty", "step_down", days[4] - timedelta(days=20), days[4], "bed", asked=40, missed=9)
    c = StayFacts("RGP", "respiratory", "step_down", days[5], None, asked=10, missed=2)
    wrong = StayFacts("RGP", "respiratory", "step_up", days[5], days[6], "mistake", asked=1, missed=1)
    minute = timedelta(minutes=1)
    facts = Facts(
        stays=[a, b, c, wrong],
        alerts=[
            AlertFacts("RM1", "frailty", days[2], days[2]),
            AlertFacts("RM1", "frailty", days[2], days[2] + minute),
            AlertFacts("RGP", "respiratory", days[6], None),
            AlertFacts("RGP", "respiratory", days[10] + minute, None),
        ],
        referrals=[
            ReferralFacts("RM1", "frailty", days[1], accepted=True),
            ReferralFacts("RM1", "frailty", days[2], accepted=False),
            ReferralFacts("RGP", "respiratory", days[5], accepted=True),
        ],
        places=[PlaceFacts("RM1", "frailty", 60), PlaceFacts("RGP", "respiratory", 40)],
    )
    found = {
        code: (ratio.over, ratio.under) for code, ratio in measures.measures(facts, BEGIN, days[10], days[10]).items()
    }
    assert found == {
        "occupancy": (15, 100),
        "stay": (26, 2),
        "stay_within": (1, 2),
        "step_up": (1, 2),
        "accepted": (2, 3),
        "answered": (1, 3),
        "missed": (12, 60),
        "to_bed": (1, 2),
        "readmitted": (1, 2),
    }
    mine = measures.measures(facts.of(lambda provider, _: provider == "RM1"), BEGIN, days[10], days[10])
    assert (mine["occupancy"].over, mine["occupancy"].under, mine["answered"].value) == (10, 60, 0.5)
    nothing = measures.measures(Facts(), BEGIN, days[10], days[10])
    assert {ratio.value for ratio in nothing.values()} == {None}


def day(number: int) -> datetime:
    return BEGIN + timedelta(days=number)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.booleans()), max_size=8))
def test_parts_add_up_to_the_whole(rows: list[tuple[int, int, bool]]) -> None:
    stays = [
        StayFacts("RM1" if one else "RGP", "frailty", "step_up", day(n), day(n + m), "plan")
        for n, m, one in rows
    ]  # fmt: skip
    facts = Facts(stays, places=[PlaceFacts("RM1", "frailty", 50), PlaceFacts("RGP", "frailty", 30)])
    end = BEGIN + timedelta(days=10)
    whole = measures.measures(facts, BEGIN, end, end)
    parts = [
        measures.measures(facts.of(lambda p, _, code=code: p == code), BEGIN, end, end)  # type: ignore[misc]
        for code in ("RM1", "RGP")
    ]
    for code, ratio in whole.items():
        assert ratio.over == pytest.approx(sum(part[code].over for part in parts))
        assert ratio.under == pytest.approx(sum(part[code].under for part in parts))
