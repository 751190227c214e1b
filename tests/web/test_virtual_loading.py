"""Files into virtual wards: artificial referrals and readings, FHIR and HL7, by the command line too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest
import virtual_support as vw
from beds_now_support import NOW, stop_clock

from wherry.errors import UserError
from wherry.synthetic.flow import side
from wherry.web.access.models import AuditEvent
from wherry.web.virtual import loading, watch
from wherry.web.virtual.models import Alert, Reading, Referral, WardStay

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2026, 7, 13, 23, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock(db: None, no_data: Path) -> None:
    stop_clock()


def row(place: int = 1, **changes: object) -> side.VirtualReferral:
    who = side.Person(
        vw.number(place), "Docking", "Ann", date(1944, 2, 1), "female", "1 Quay", "NR1 1AA", "Norwich", "D82000"
    )
    made = side.VirtualReferral(
        known_at=MIDNIGHT, reference=f"V{place}", provider="RY3", pathway="frailty", direction="step_up",
        referred_by="gp", referred_at=MIDNIGHT - timedelta(days=3), onboarded_at=MIDNIGHT - timedelta(days=3),
        left_at=None, left_how="", from_visit_key="", expected_days=7, dependency=1, monitored=True,
        reason="Off legs", person=who,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def measured(at: datetime, place: int = 1, **changes: object) -> side.VirtualReading:
    made = side.VirtualReading(
        known_at=at, reference=f"R{place}-{at:%H%M}", referral=f"V{place}", nhs_number=vw.number(place), taken_at=at,
        respirations=16, oxygen_saturation=97, supplementary_oxygen=False, temperature_c=36.8, systolic=125, pulse=76,
        consciousness="A", by="device",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def test_those_on_the_ward_when_the_day_begins_are_not_late_for_days_before_it(tmp_path: Path) -> None:
    side.write(tmp_path / "referrals.jsonl", [row(), row(2, onboarded_at=None, referred_at=MIDNIGHT)])
    done = loading.referrals(tmp_path / "referrals.jsonl")
    assert (done.referred, done.began, done.left_out) == (2, 1, [])
    stay = WardStay.objects.get()
    assert (stay.live_place, stay.nhs_number) == ("RY3|frailty|1", vw.number(1))
    assert Referral.objects.get(reference="V2").state == "waiting"
    nine = datetime(2026, 7, 14, 7, 50, tzinfo=UTC)
    side.write(tmp_path / "readings.jsonl", [measured(nine), measured(NOW + timedelta(hours=1))])
    found = loading.readings(tmp_path / "readings.jsonl")
    assert (found.used, found.alerts) == (7, 0)
    watch.sweep(["RY3"], NOW, at_once=True)
    assert Alert.objects.count() == 0
    again = loading.readings(tmp_path / "readings.jsonl")
    assert (again.used, again.repeated) == (0, 7)
    repeated = loading.referrals(tmp_path / "referrals.jsonl")
    assert (repeated.referred, repeated.repeated) == (0, 2)
    said = AuditEvent.objects.filter(action__startswith="virtual.").values_list("action", flat=True)
    assert set(said) == {"virtual.referrals_loaded", "virtual.readings_loaded"}


def test_a_later_line_ends_the_stay_unless_somebody_works_on_the_patient() -> None:
    loading.take_referrals([row()], NOW)
    later = row(known_at=NOW, left_at=NOW, left_how="bed")
    assert loading.take_referrals([replace(later, known_at=NOW + timedelta(hours=1))], NOW).to_come == 1
    assert loading.take_referrals([later], NOW).ended == 1
    stay = WardStay.objects.get()
    assert (stay.state, stay.outcome, stay.live_place) == ("ended", "bed", None)


def test_a_reading_of_another_number_waits() -> None:
    loading.take_referrals([row()], NOW)
    found = loading.take_readings([measured(NOW, nhs_number=vw.number(9))], NOW)
    assert (found.used, found.waiting) == (0, 7)
    assert set(Reading.objects.values_list("reason", flat=True)) == {
        "the device was given to somebody with another NHS number"
    }


def test_a_full_ward_leaves_the_next_out_and_says_why() -> None:
    places = 8
    rows = [row(n, provider="RCX", pathway="infection") for n in range(1, places + 2)]
    done = loading.take_referrals(rows, NOW)
    assert (done.began, len(done.left_out)) == (places, 1)
    assert done.left_out[0].startswith(f"V{places + 1}: no place of {places} is free at RCX (infection)")


def test_a_fhir_file_and_an_hl7_file_are_told_apart_by_how_they_begin(tmp_path: Path) -> None:
    stay = vw.stay(at=NOW - timedelta(hours=5))
    born = stay.birth_date
    assert born is not None
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"fullUrl": "urn:uuid:1", "resource": {
                "resourceType": "Patient", "birthDate": born.isoformat(),
                "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": stay.nhs_number}]}},
            {"resource": {
                "resourceType": "Observation", "status": "final", "subject": {"reference": "urn:uuid:1"},
                "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
                "effectiveDateTime": "2026-07-14T12:00:00Z", "valueQuantity": {"value": 81, "code": "/min"}}},
        ],
    }  # fmt: skip
    (tmp_path / "b.json").write_bytes(orjson.dumps(bundle))
    assert loading.readings(tmp_path / "b.json").used == 1
    message = (
        "MSH|^~\\&|KIT|RM1|W|RM1|20260714131500+0000||ORU^R01|7|P|2.4\r"
        f"PID|1||1^^^RM1^MR~{stay.nhs_number}^^^NHS^NH||X^Y||{born:%Y%m%d}|M\r"
        "OBR|1||||||20260714130000+0000\rOBX|1|NM|8310-5^T^LN||38.4|Cel|||||F\r"
    )
    (tmp_path / "m.hl7").write_text(message, newline="")
    assert loading.readings(tmp_path / "m.hl7").used == 1
    assert sorted(Reading.objects.values_list("kind", "value")) == [("pulse", 81), ("temperature", 38.4)]
    (tmp_path / "x.csv").write_text("a,b\n")
    with pytest.raises(UserError, match="neither HL7 v2"):
        loading.readings(tmp_path / "x.csv")


def test_half_of_a_file_does_not_say_that_the_rest_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    loading.take_referrals([row(known_at=MIDNIGHT - timedelta(days=2))], NOW)
    monkeypatch.setattr("wherry.web.virtual.taking.BATCH", 5)
    moments = [datetime(2026, 7, day, hour, tzinfo=UTC) for day in (12, 13, 14) for hour in (8, 16)]
    rows = [measured(at) for at in moments if MIDNIGHT - timedelta(days=2) < at < NOW]
    found = loading.take_readings(rows, NOW)
    assert (found.used, found.alerts) == (7 * len(rows), 0)
    assert not WardStay.objects.get().look_due
