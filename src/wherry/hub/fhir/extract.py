"""From one FHIR resource to one row: what each typed table takes from it.

A function a type, each returning a tuple in the order of its table in `shapes`. They are plain dictionary look-ups,
because they run once for every resource. A resource whose parts have another structure than FHIR gives them raises,
and is quarantined.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Resource = dict[str, Any]
Row = tuple[Any, ...]
Concept = tuple[str | None, str | None, str | None]

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
VERIFICATION = "NHSNumberVerificationStatus"
ETHNIC = "EthnicCategory"
ADMISSION_METHOD = "AdmissionMethod"
SNOMED = "http://snomed.info/sct"
NOTHING: Concept = (None, None, None)

#: Older words for the verification status, as codes. Source: CareConnect and UK Core value sets of the same name.
VERIFICATION_CODES = {
    "number-present-and-verified": "01",
    "number-present-but-not-traced": "02",
    "trace-required": "03",
    "trace-attempted-no-match": "04",
    "trace-needs-to-be-resolved": "05",
    "trace-in-progress": "06",
    "number-not-present-no-trace-required": "07",
    "trace-postponed": "08",
}
SEXES = {"male": "1", "female": "2", "other": "9", "unknown": "X"}

#: Encounter classes (HL7 v3 ActCode) as kinds of contact with a hospital.
KINDS = {
    **dict.fromkeys(("IMP", "ACUTE", "NONAC", "SS", "OBSENC", "PRENC"), "spell"),
    "EMER": "attendance",
    **dict.fromkeys(("AMB", "VR", "HH", "FLD"), "contact"),
}


def key(reference: Any) -> str | None:
    """The id that a reference ends in: what follows the last slash, or the urn.

    >>> key({"reference": "Patient/p1"}), key({"reference": "urn:uuid:d4"}), key(None)
    ('p1', 'd4', None)
    >>> key({"reference": "https://example.org/fhir/Patient/p1/_history/3"})
    'p1'
    """
    if not reference:
        return None
    words = reference.get("reference")
    if words is None:
        return None
    if words.startswith("urn:uuid:"):
        return str(words[9:])
    if "?" in words:
        return str(words)
    if "/_history/" in words:
        words = words.partition("/_history/")[0]
    return str(words.rpartition("/")[2].removeprefix("#"))


def concept(coded: Any) -> Concept:
    """Code, system and words of a CodeableConcept: SNOMED CT where it has that, otherwise its first coding."""
    if not coded:
        return NOTHING
    codings = coded.get("coding")
    if not codings:
        return (None, None, coded.get("text"))
    coding = codings[0]
    if len(codings) > 1:
        coding = next((one for one in codings if one.get("system") == SNOMED), coding)
    look = coding.get
    return (look("code"), look("system"), look("display") or coded.get("text"))


def first_code(concepts: Any) -> str | None:
    """Code (or words) of the first of several CodeableConcepts, or of one."""
    if not concepts:
        return None
    code, _, words = concept(concepts[0] if isinstance(concepts, list) else concepts)
    return code or words


def extension(resource: Resource, ending: str) -> Resource | None:
    """The extension whose address ends so, or None."""
    for one in resource.get("extension", ()):
        if one["url"].endswith(ending):
            return dict(one)
    return None


def _nhs_number(resource: Resource) -> tuple[str | None, str | None]:
    for one in resource.get("identifier", ()):
        if one.get("system") == NHS_NUMBER:
            found = extension(one, VERIFICATION)
            code = concept(found.get("valueCodeableConcept"))[0] if found else None
            number = one.get("value")
            number = number.replace(" ", "").replace("-", "") if number is not None else None
            return number, VERIFICATION_CODES.get(code or "", code)
    return None, None


def _local(resource: Resource) -> str:
    """The organisation's own number: an identifier of type MR, else the first that is not the NHS number, else the
    id."""
    others = [one for one in resource.get("identifier", ()) if one.get("system") != NHS_NUMBER and one.get("value")]
    for one in others:
        if any(coding.get("code") == "MR" for coding in (one.get("type") or {}).get("coding", ())):
            return str(one["value"])
    return str(others[0]["value"]) if others else str(resource["id"])


def _current(several: list[Resource], preferred: str) -> Resource:
    """The usual name or home address; else the first that is not old."""
    for use in (preferred, None):
        for one in several:
            if (one.get("use") == use) if use else one.get("use") != "old":
                return one
    return several[0] if several else {}


def patient(r: Resource, number: str) -> Row:
    """A row of `person_identity`; whether the NHS number is valid is told for the whole table at once."""
    nhs_number, status = _nhs_number(r)
    name = _current(r.get("name", []), "official")
    address = _current(r.get("address", []), "home")
    ethnic = extension(r, ETHNIC)
    ethnic_code, ethnic_system, _ = concept(ethnic.get("valueCodeableConcept")) if ethnic else NOTHING
    practice = next((g["identifier"].get("value") for g in r.get("generalPractitioner", ()) if "identifier" in g), None)
    deceased = r.get("deceasedBoolean")
    died = r.get("deceasedDateTime")
    gender = r.get("gender")
    meta = r.get("meta") or {}
    return (
        number, r["id"], _local(r),
        nhs_number, status, None, name.get("family"), " ".join(name.get("given", ())) or None,
        r.get("birthDate"), SEXES.get(gender, "X") if gender is not None else None, ethnic_code, ethnic_system,
        ", ".join(address.get("line", ())) or None, address.get("postalCode"), address.get("country"), practice,
        True if died else deceased, died, r.get("active"), next(iter(meta.get("profile", ())), None),
        meta.get("lastUpdated"),
    )  # fmt: skip


def condition(r: Resource, number: str) -> Row:
    """A row of `condition`."""
    onset, abated = r.get("onsetDateTime"), r.get("abatementDateTime")
    if onset is None and "onsetPeriod" in r:
        onset = r["onsetPeriod"].get("start")
    if abated is None and "abatementPeriod" in r:
        abated = r["abatementPeriod"].get("end")
    code, system, words = concept(r.get("code"))
    return (
        number, key(r.get("subject")), key(r.get("encounter")), first_code(r.get("clinicalStatus")), code, system,
        words,
        first_code(r.get("verificationStatus")), first_code(r.get("category")), first_code(r.get("severity")),
        onset, abated, r.get("recordedDate"),
    )  # fmt: skip


def value(r: Resource) -> Row:
    """What was found: number, comparator, unit, its code; code and system; words; yes or no."""
    if "valueQuantity" in r:
        q = r["valueQuantity"]
        return (q.get("value"), q.get("comparator"), q.get("unit"), q.get("code"), None, None, None, None)
    if "valueCodeableConcept" in r:
        code, system, words = concept(r["valueCodeableConcept"])
        return (None, None, None, None, code, system, words, None)
    if "valueInteger" in r:
        return (r["valueInteger"], None, None, None, None, None, None, None)
    if "valueBoolean" in r:
        return (None, None, None, None, None, None, None, r["valueBoolean"])
    for name, found in r.items():
        if name.startswith("value"):
            return (None, None, None, None, None, None, found if isinstance(found, str) else repr(found), None)
    return (None,) * 8


def observation(r: Resource, number: str) -> Row:
    """A row of `observation`; its components go to `observation_component`."""
    taken = r.get("effectiveDateTime") or r.get("effectiveInstant")
    if taken is None and "effectivePeriod" in r:
        taken = r["effectivePeriod"].get("start")
    code, system, words = concept(r.get("code"))
    return (
        number, key(r.get("subject")), key(r.get("encounter")), r.get("status"), code, system, words,
        first_code(r.get("category")), taken, r.get("issued"), *value(r), first_code(r.get("interpretation")),
        first_code(r.get("dataAbsentReason")), len(r["component"]) if "component" in r else 0,
    )  # fmt: skip


def components(r: Resource, number: str) -> list[Row]:
    """The rows of `observation_component` of one observation, numbered from 1."""
    return [
        (number, place, *concept(one.get("code")), *value(one), first_code(one.get("dataAbsentReason")))
        for place, one in enumerate(r["component"], start=1)
    ]


def medication(r: Resource, number: str) -> Row:
    """A row of `medication`; one that is given by reference keeps the reference's words."""
    coded = r.get("medicationCodeableConcept")
    by_reference = r.get("medicationReference") or {}
    code, system, words = concept(coded) if coded else (key(by_reference), None, by_reference.get("display"))
    dose: Resource = next(iter(r.get("dosageInstruction", ())), {})
    return (
        number, key(r.get("subject")), key(r.get("encounter")), r.get("status"), code, system, words, r.get("intent"),
        first_code(r.get("category")), r.get("authoredOn"), key(r.get("requester")), _reason(r), dose.get("text"),
        dose.get("asNeededBoolean"),
    )  # fmt: skip


def _reason(r: Resource) -> str | None:
    found = first_code(r.get("reasonCode"))
    if found is None and r.get("reasonReference"):
        found = key(r["reasonReference"][0])
    return found


def procedure(r: Resource, number: str) -> Row:
    """A row of `procedure`."""
    period = r.get("performedPeriod") or {}
    code, system, words = concept(r.get("code"))
    return (
        number, key(r.get("subject")), key(r.get("encounter")), r.get("status"), code, system, words,
        first_code(r.get("category")), r.get("performedDateTime") or period.get("start"), period.get("end"), _reason(r),
        key(r.get("location")),
    )  # fmt: skip


def encounter(r: Resource, number: str) -> Row:
    """A row of `encounter`: a spell, an emergency attendance or another contact, by its class."""
    period = r.get("period") or {}
    hospital = r.get("hospitalization") or {}
    kind = (r.get("class") or {}).get("code")
    method = extension(hospital, ADMISSION_METHOD) or extension(r, ADMISSION_METHOD)
    code, system, words = concept(next(iter(r.get("type", ())), None))
    return (
        number, KINDS.get(kind, "other") if kind is not None else "other", kind, key(r.get("subject")), r.get("status"),
        code, system, words, period.get("start"), period.get("end"), key(r.get("serviceProvider")),
        first_code(hospital.get("admitSource")), first_code(method.get("valueCodeableConcept")) if method else None,
        first_code(hospital.get("dischargeDisposition")), _reason(r), key(r.get("partOf")),
    )  # fmt: skip


def immunisation(r: Resource, number: str) -> Row:
    """A row of `immunisation`."""
    code, system, words = concept(r.get("vaccineCode"))
    return (
        number, key(r.get("patient")), key(r.get("encounter")), r.get("status"), code, system, words,
        r.get("occurrenceDateTime"), r.get("lotNumber"), r.get("primarySource"),
    )  # fmt: skip


def anything(r: Resource) -> Row:
    """Patient, status, code, system and words of a resource that has no table of its own, as far as it has them."""
    status = r.get("status")
    about = r.get("subject") or r.get("patient") or r.get("beneficiary")
    coded = r.get("code")
    found = concept(coded) if isinstance(coded, dict) else NOTHING
    return (key(about) if isinstance(about, dict) else None, status if isinstance(status, str) else None, *found)


EXTRACT: dict[str, Callable[[Resource, str], Row]] = {
    "Patient": patient,
    "Condition": condition,
    "Observation": observation,
    "MedicationRequest": medication,
    "Procedure": procedure,
    "Encounter": encounter,
    "Immunization": immunisation,
}
