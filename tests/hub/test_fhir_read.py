"""FHIR R4 into tables: the Synthea bundles where they are, and small files written here, clean and dirty."""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import io
import json
import tarfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.cli import read as read_command
from wherry.errors import UserError
from wherry.hub import fhir
from wherry.hub.fhir import containers, moments
from wherry.hub.fhir.shapes import RESOURCE_TYPES, TABLES, TYPED
from wherry.reference import nhs_number

Resource = dict[str, Any]
UK = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"


def coded(code: str, system: str = "http://snomed.info/sct", words: str = "words") -> Resource:
    return {"coding": [{"system": system, "code": code, "display": words}]}


def patient(number: str = "p1", **more: Any) -> Resource:
    return {"resourceType": "Patient", "id": number, **more}


def observation(number: str, **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "id": number,
        "status": "final",
        "code": coded("271649006"),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-07-01T12:00:00+01:00",
        **more,
    }


def bundle(*resources: Resource) -> Resource:
    entries = [{"fullUrl": f"urn:uuid:u{n}", "resource": one} for n, one in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def put(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def read(*paths: Path, sample: int = 0) -> fhir.FhirRead:
    found = fhir.read(paths, sample=sample)
    assert found.rows_read == found.rows_published + found.rows_quarantined
    assert sum(found.by_type.values()) == found.rows_published
    for kind, table in TYPED.items():
        assert found.tables[table.name].num_rows == found.by_type.get(kind, 0)
    for name, table_found in found.tables.items():
        assert table_found.schema.equals(TABLES[name].schema)
    return found


def rows(found: fhir.FhirRead, table: str) -> list[dict[str, Any]]:
    return list(found.tables[table].to_pylist())


def test_a_uk_core_patient(tmp_path: Path) -> None:
    number = str(nhs_number.synthetic([5])[0])
    one = patient(
        meta={"profile": ["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"]},
        extension=[{"url": UK + "EthnicCategory", "valueCodeableConcept": coded("A", "ethnic", "British")}],
        identifier=[
            {
                "system": "https://fhir.nhs.uk/Id/nhs-number",
                "value": f"{number[:3]} {number[3:6]} {number[6:]}",
                "extension": [{"url": UK + "NHSNumberVerificationStatus", "valueCodeableConcept": coded("01")}],
            },
            {"system": "https://hospital.example/id", "value": "H123"},
        ],
        name=[
            {"use": "old", "family": "BEFORE"},
            {"use": "official", "family": "MARSH", "given": ["Ada", "Jane"]},
        ],
        gender="female",
        birthDate="1970-02",
        deceasedDateTime="2024-01-02T03:04:05Z",
        address=[{"use": "home", "line": ["1 Quay", "Broad Road"], "postalCode": "NR1 1AA"}],
        generalPractitioner=[{"identifier": {"system": "ods", "value": "D82001"}}],
    )
    (row,) = rows(read(put(tmp_path, "a.json", one)), "person_identity")
    assert (row["identity_key"], row["local_patient_id"], row["resource_id"]) == ("fhir:p1", "H123", "p1")
    assert (row["nhs_number"], row["nhs_number_status"], row["nhs_number_valid"]) == (number, "01", True)
    assert (row["surname"], row["forename"], row["sex"], row["ethnic_category"]) == ("MARSH", "Ada Jane", "2", "A")
    assert (row["birth_date_on"], row["birth_date_at"]) == (dt.date(1970, 2, 1), None)
    assert row["death_at"] == dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert (row["deceased"], row["postcode"], row["address_line"]) == (True, "NR1 1AA", "1 Quay, Broad Road")
    assert row["gp_practice"] == "D82001"


def test_older_words_of_verification_become_codes(tmp_path: Path) -> None:
    status = {"url": UK + "NHSNumberVerificationStatus", "valueCodeableConcept": coded("number-present-and-verified")}
    one = patient(identifier=[{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "123", "extension": [status]}])
    (row,) = rows(read(put(tmp_path, "a.json", one)), "person_identity")
    assert (row["nhs_number_status"], row["nhs_number_valid"], row["local_patient_id"]) == ("01", False, "p1")


def test_observations_with_values_of_every_kind(tmp_path: Path) -> None:
    quantity = {"value": 71.5, "unit": "kg", "code": "kg", "comparator": "<"}
    found = read(
        put(
            tmp_path,
            "a.json",
            bundle(
                observation("o1", valueQuantity=quantity),
                observation("o2", valueCodeableConcept=coded("77176002", words="Smoker")),
                observation("o3", valueString="words"),
                observation("o4", valueBoolean=False),
                observation("o5", valueInteger=0),
                observation("o6", dataAbsentReason=coded("unknown")),
                observation(
                    "o7",
                    component=[
                        {"code": coded("8480-6", "http://loinc.org"), "valueQuantity": {"value": 120, "unit": "mmHg"}},
                        {"code": coded("8462-4", "http://loinc.org"), "valueQuantity": {"value": 80, "unit": "mmHg"}},
                    ],
                ),
            ),
        )
    )
    by = {row["observation_key"]: row for row in rows(found, "observation")}
    assert (by["o1"]["value"], by["o1"]["unit"], by["o1"]["comparator"]) == (71.5, "kg", "<")
    assert by["o1"]["taken_on"] == dt.date(2024, 7, 1)
    assert by["o1"]["taken_at"] == dt.datetime(2024, 7, 1, 11, tzinfo=dt.UTC)
    assert (by["o2"]["value_code"], by["o2"]["value"]) == ("77176002", None)
    assert by["o3"]["value_text"] == "words"
    assert by["o4"]["value_flag"] is False
    assert by["o5"]["value"] == 0
    assert (by["o6"]["absent_reason"], by["o6"]["value"]) == ("unknown", None)
    assert by["o7"]["components"] == 2
    parts = rows(found, "observation_component")
    assert [(p["observation_key"], p["component"], p["code"], p["value"]) for p in parts] == [
        ("o7", 1, "8480-6", 120.0),
        ("o7", 2, "8462-4", 80.0),
    ]


def test_the_other_typed_tables_and_generic_rows(tmp_path: Path) -> None:
    days = {"start": "2024-01-01", "end": "2024-01-02"}
    about = {"subject": {"reference": "urn:uuid:p1"}, "encounter": {"reference": "Encounter/e1/_history/2"}}
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": coded("91935009"),
    }
    method = {"url": UK + "AdmissionMethod", "valueCodeableConcept": coded("21")}
    resources = [
        {"resourceType": "Condition", "id": "c1", **about, "code": coded("44054006"), "onsetDateTime": "2019"},
        {
            "resourceType": "MedicationRequest",
            "id": "m1",
            **about,
            "status": "active",
            "medicationReference": {"reference": "Medication/x", "display": "Aspirin"},
            "dosageInstruction": [{"text": "one a day"}],
        },
        {
            "resourceType": "Procedure",
            "id": "r1",
            **about,
            "performedPeriod": days,
        },
        {
            "resourceType": "Encounter",
            "id": "e1",
            "subject": {"reference": "Patient/p1"},
            "class": {"code": "IMP"},
            "period": {"start": "2024-01-01T08:00:00Z"},
            "serviceProvider": {"reference": "Organization/RM1"},
            "hospitalization": {"extension": [method], "dischargeDisposition": coded("19")},
        },
        {"resourceType": "Encounter", "id": "e2", "class": {"code": "EMER"}},
        {"resourceType": "Encounter", "id": "e3", "class": {"code": "WEIRD"}},
        {"resourceType": "Immunization", "id": "i1", "patient": {"reference": "Patient/p1"}, "vaccineCode": coded("1")},
        allergy,
    ]
    found = read(put(tmp_path, "a.json", bundle(*resources)))
    (condition,) = rows(found, "condition")
    assert (condition["patient_key"], condition["encounter_key"], condition["onset_on"]) == (
        "p1",
        "e1",
        dt.date(2019, 1, 1),
    )
    (medication,) = rows(found, "medication")
    assert (medication["code"], medication["display"], medication["dosage"]) == ("x", "Aspirin", "one a day")
    (procedure,) = rows(found, "procedure")
    assert (procedure["performed_on"], procedure["ended_on"]) == (dt.date(2024, 1, 1), dt.date(2024, 1, 2))
    encounters = {row["encounter_key"]: row for row in rows(found, "encounter")}
    assert [encounters[key]["kind"] for key in ("e1", "e2", "e3")] == ["spell", "attendance", "other"]
    assert (encounters["e1"]["admission_method"], encounters["e1"]["discharge_destination"]) == ("21", "19")
    assert encounters["e1"]["provider_key"] == "RM1"
    generic = {row["resource_key"]: row for row in rows(found, "resource")}
    assert len(generic) == 8
    assert json.loads(generic["a1"]["body"]) == allergy
    assert (generic["a1"]["patient_key"], generic["a1"]["table_name"]) == ("p1", None)
    assert (generic["i1"]["table_name"], generic["i1"]["body"], generic["i1"]["patient_key"]) == (
        "immunisation",
        None,
        "p1",
    )
    assert (generic["e1"]["source_row"], generic["e1"]["patient_key"]) == (4, "p1")


def test_dirty_resources_are_quarantined_with_file_and_row(tmp_path: Path) -> None:
    found = read(
        put(
            tmp_path,
            "dirty.json",
            {
                "resourceType": "Bundle",
                "entry": [
                    {"resource": patient()},
                    {"resource": {"resourceType": "Wibble", "id": "w"}},
                    {"resource": {"id": "n"}},
                    {"resource": "words"},
                    {"request": {"method": "GET"}},
                    {"resource": {"resourceType": "Patient"}},
                    {"resource": patient()},
                    {"resource": {"resourceType": "Observation", "id": "o1", "code": "not a concept"}},
                    {"resource": observation("o2", effectiveDateTime="the other day")},
                    {"resource": observation("o3", valueQuantity={"value": "seventy"})},
                    {"resource": observation("o4", status=5)},
                    {"resource": observation("o5", effectiveDateTime="2024-02-30")},
                    {"fullUrl": "urn:uuid:f1", "resource": {"resourceType": "Location"}},
                    {"resource": {"resourceType": ["Patient"], "id": "x"}},
                    {"resource": observation("o6", id=7)},
                    {"resource": observation("o7", valueQuantity={"value": True})},
                ],
            },
        )
    )
    assert sorted((r.source_row, r.reason_code) for r in found.refused) == [
        (2, "unknown_type"),
        (3, "unknown_type"),
        (4, "not_a_resource"),
        (5, "no_resource"),
        (6, "no_id"),
        (7, "repeated_resource"),
        (8, "bad_structure"),
        (9, "bad_value"),
        (10, "bad_value"),
        (11, "bad_value"),
        (12, "bad_value"),
        (14, "unknown_type"),
        (15, "no_id"),
        (16, "bad_value"),
    ]
    assert {r.file_name for r in found.refused} == {"dirty.json"}
    assert found.by_type == {"Patient": 1, "Location": 1}
    assert next(r for r in found.refused if r.source_row == 7).reason.endswith("dirty.json, row 1")


@pytest.mark.parametrize(
    ("name", "data", "code", "words"),
    [
        (
            "half.json",
            json.dumps(bundle(patient(), observation("o1"))).encode()[:-60],
            "cut_off",
            "stops before its end",
        ),
        ("bad.json", b'{"resourceType": "Patient",,}', "bad_json", "line 1, column 28"),
        ("wide.json", json.dumps(patient()).encode("utf-16"), "wrong_encoding", "UTF-16"),
        ("latin.json", '{"resourceType":"Patient",\n"id":"é"}'.encode("latin-1"), "wrong_encoding", "line 2"),
        ("deep.json", b"[" * 100_000, "bad_json", "not JSON"),
        (
            "cut.json.gz",
            gzip.compress(json.dumps(patient(x="y" * 9_000)).encode(), mtime=0)[:40],
            "unreadable",
            "to its end",
        ),
        ("cut.zip", b"PK\x03\x04" + b"0" * 50, "unreadable", "zip"),
        ("list.json", b'{"resourceType": "Bundle", "entry": 5}', "bad_structure", "not a list"),
        ("text.json", b'"words"', "not_a_resource", "JSON object"),
    ],
)
def test_a_file_that_cannot_be_read_is_quarantined_and_others_are_read(
    tmp_path: Path, name: str, data: bytes, code: str, words: str
) -> None:
    found = read(put(tmp_path, name, data), put(tmp_path, "good.json", patient("good")))
    (refused,) = found.refused
    assert (refused.file_name, refused.reason_code) == (name, code)
    assert words in refused.reason
    assert [row["resource_id"] for row in rows(found, "person_identity")] == ["good"]


def test_ndjson_line_by_line_and_a_line_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MAXIMUM_BYTES", 10_000)
    lines = [
        json.dumps(patient("p1")),
        "",
        json.dumps(patient("p2", x="y" * 40_000)),
        '{"resourceType": "Patient", "id": ',
        json.dumps(patient("p3")),
    ]
    path = put(tmp_path, "a.ndjson", ("\n".join(lines) + "\n").encode())
    found = read(path)
    assert [(row["resource_id"], row["source_row"]) for row in rows(found, "person_identity")] == [("p1", 1), ("p3", 5)]
    assert [(r.source_row, r.reason_code) for r in found.refused] == [(3, "unreadable"), (4, "cut_off")]
    assert "40," in found.refused[0].reason


def test_every_way_of_packing_gives_the_same_rows(tmp_path: Path) -> None:
    lines = b"\n".join(json.dumps(one).encode() for one in (patient("p1"), observation("o1"))) + b"\n"
    whole = json.dumps(bundle(patient("p2")), indent=2).encode()
    packed, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in/a.ndjson", lines)
        archive.writestr("b.json", whole)
        archive.writestr("notes.txt", "not for us")
    with tarfile.open(fileobj=tarred, mode="w:gz") as tar:
        for name, data in (("a.ndjson.gz", gzip.compress(lines)), ("b.json", b"\xef\xbb\xbf" + whole)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    ways = [
        [put(tmp_path, "x.zip", packed.getvalue())],
        [put(tmp_path, "x.tar.gz", tarred.getvalue())],
        [put(tmp_path, "a.ndjson.gz", gzip.compress(lines)), put(tmp_path, "b.json", whole)],
        [
            put(tmp_path, "lines.json", lines),
            put(tmp_path, "list.json", b"[" + json.dumps(patient("p2")).encode() + b"]"),
        ],
    ]
    for paths in ways:
        found = read(*paths)
        assert found.refused == []
        assert found.by_type == {"Patient": 2, "Observation": 1}
        assert len(set(found.tables["resource"]["load_id"].to_pylist())) == len(paths)


def test_rows_beyond_one_batch_and_bad_values_in_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wherry.hub.fhir.reader.BATCH", 10)
    paths = []
    for number in range(7):
        values = [observation(f"o{number}-{n}", issued="never" if n == 3 else None) for n in range(6)]
        paths.append(put(tmp_path, f"{number}.json", bundle(patient(f"p{number}"), *values)))
    found = read(*paths)
    assert found.rows_read == 49
    assert [(r.file_name, r.source_row) for r in found.refused] == [(f"{n}.json", 5) for n in range(7)]
    where = found.tables["observation"].select(["observation_key", "file_name", "source_row"]).to_pylist()
    for row in where:
        number, _, place = row["observation_key"][1:].partition("-")
        assert (row["file_name"], row["source_row"]) == (f"{number}.json", int(place) + 2)


def test_a_missing_file_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Cannot open"):
        fhir.read([tmp_path / "none.json"])


def test_a_sample_is_validated_and_findings_are_not_refusals(tmp_path: Path) -> None:
    pytest.importorskip("fhir.resources")
    found = read(put(tmp_path, "a.json", bundle(patient(gender="female"), patient("p2", wrong="field"))), sample=10)
    assert found.rows_published == 2
    assert found.validation is not None
    assert (found.validation.checked, found.validation.valid) == (2, 1)
    (finding,) = found.validation.findings
    assert (finding.resource_id, finding.place, finding.source_row) == ("p2", "wrong", 2)


def test_without_the_validator_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = fhir.read([put(tmp_path, "a.json", patient())], sample=10)
    assert found.validation is not None
    assert found.validation.words == "Validation skipped: fhir.resources is not installed."


def moment_words(microseconds: int) -> str:
    start = dt.datetime(2000, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    return (start + dt.timedelta(microseconds=microseconds)).isoformat()


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.dates(dt.date(1800, 1, 1), dt.date(2100, 1, 1)).map(str),
            st.dates(dt.date(1800, 1, 1), dt.date(2100, 1, 1)).map(lambda d: str(d)[:7]),
            st.integers(-3_000_000_000_000_000, 3_000_000_000_000_000).map(moment_words),
        )
    )
)
def test_columns_of_moments_say_what_each_value_says(values: list[str | None]) -> None:
    days, times = moments.column(values)
    for value, day, moment in zip(values, days.to_pylist(), times.to_pylist(), strict=True):
        expected = (None, None) if value is None else moments.one(value)
        assert (day, moment) == expected
        if value is not None and "T" in value:
            assert moment == dt.datetime.fromisoformat(value)


def test_times_without_a_zone_are_london_times() -> None:
    _, times = moments.column(["2024-07-01T12:00:00", "2024-01-01T12:00:00"])
    assert [moment.hour for moment in times.to_pylist()] == [11, 12]


def test_there_are_as_many_types_as_r4_has() -> None:
    assert len(RESOURCE_TYPES) == 146  # the 148 codes of R4 less Resource and DomainResource, which are abstract
    assert set(TYPED) <= RESOURCE_TYPES


def call(args: list[str]) -> int:
    top = argparse.ArgumentParser()
    read_command.register(top.add_subparsers())
    found = top.parse_args(args)
    return int(found.run(found))


def test_the_command_writes_tables_and_a_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    path = put(tmp_path, "a.json", bundle(patient(), observation("o1"), {"resourceType": "Wibble", "id": "1"}))
    assert call(["read", "fhir", str(path), "--out", str(out), "--quiet"]) == 0
    assert "3 rows read = 2 published + 1 quarantined" in capsys.readouterr().out
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["rows_read"], manifest["tables"]["observation"]) == (3, 1)
    assert pq.read_table(out / "quarantined_row.parquet")["reason_code"].to_pylist() == ["unknown_type"]
    other = put(tmp_path, "b.json", patient("p9"))
    assert call(["read", "fhir", str(other), "--out", str(out), "--quiet", "--validate", "0"]) == 0
    assert not (out / "observation.parquet").exists()
    assert not list(out.glob(".new-*"))


@pytest.mark.real
def test_the_synthea_bundles(shared_data: Path) -> None:
    (path,) = (shared_data / "synthea_r4_bundles").glob("*.tar.gz")
    found = read(path, sample=50)
    assert found.rows_read == 10_008
    assert found.rows_quarantined == 28
    assert {r.reason_code for r in found.refused} == {"repeated_resource"}
    counted: Counter[str] = Counter()
    expected = 0.0
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile():
                document = json.load(archive.extractfile(member))  # type: ignore[arg-type]
                for entry in document["entry"]:
                    resource = entry["resource"]
                    counted[resource["resourceType"]] += 1
                    if resource["resourceType"] == "Observation":
                        expected += resource.get("valueQuantity", {}).get("value", 0)
    repeated = Counter(r.reason.partition("/")[0] for r in found.refused)
    assert counted - repeated == Counter(found.by_type)
    values = found.tables["observation"]["value"].to_pylist()
    assert sum(value for value in values if value is not None) == pytest.approx(expected)
    assert found.tables["person_identity"].num_rows == 31
    assert found.tables["encounter"]["started_at"].null_count == 0
    assert found.validation is not None
    assert found.validation.findings == []
