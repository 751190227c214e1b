"""Readings in FHIR R4: a Bundle of Observations (vital signs) with their Patients and Devices, or one Observation.

Codes are LOINC, or those of `rules.toml`; a panel's components are values of their own. An Observation without a zone
in its time, or whose status is not final, amended or corrected, is kept apart; one entered in error is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson

from wherry.errors import UserError
from wherry.flow.virtual.incoming import Incoming
from wherry.flow.virtual.vitals import kind_of

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_FINAL = ("final", "amended", "corrected")
_WITHDRAWN = ("entered-in-error", "cancelled")
Resource = Mapping[str, Any]


def read(data: bytes, name: str) -> Iterator[Incoming]:
    """Every value of a file: a Bundle, an Observation, or one of either a line. UserError where it is neither."""
    try:
        yield from resource(_load(data))
        return
    except orjson.JSONDecodeError as error:
        if b"\n" not in data.strip():
            raise UserError(f"{name} is no JSON ({error}). Nothing was read.") from None
    except ValueError as error:
        raise UserError(f"{name}: {error} Nothing was read.") from None
    for number, line in enumerate(data.splitlines(), start=1):
        if line.strip():
            try:
                yield from resource(_load(line))
            except ValueError as error:
                raise UserError(f"{name}, line {number}: {error} What came before it was kept.") from None


def resource(found: Resource) -> Iterator[Incoming]:
    """Every value of a Bundle or an Observation. ValueError where it is something else."""
    kind = found.get("resourceType")
    if kind == "Observation":
        yield from _observation(found, {})
        return
    if kind != "Bundle":
        raise ValueError(f"resourceType is {str(kind)[:40]!r}: readings come as a Bundle of Observations.")
    entries = [entry for entry in _list(found.get("entry")) if isinstance(entry.get("resource"), dict)]
    by_reference: dict[str, Resource] = {}
    for entry in entries:
        inside = entry["resource"]
        by_reference[str(entry.get("fullUrl", ""))] = inside
        by_reference[f"{inside.get('resourceType')}/{inside.get('id')}"] = inside
    for entry in entries:
        if entry["resource"].get("resourceType") == "Observation":
            yield from _observation(entry["resource"], by_reference)


def _observation(found: Resource, others: Mapping[str, Resource]) -> Iterator[Incoming]:
    status = str(found.get("status", ""))
    nhs, born = _patient(_dict(found.get("subject")), found, others)
    taken = _moment(
        found.get("effectiveDateTime")
        or found.get("effectiveInstant")
        or _dict(found.get("effectivePeriod")).get("start")
    )
    recorded = _moment(_dict(found.get("meta")).get("lastUpdated")) or _moment(found.get("issued"))
    problem = (
        "" if status in (*_FINAL, *_WITHDRAWN) else f"its status is {status[:20] or 'missing'}, which is not final"
    )
    parts = [part for part in (found, *_list(found.get("component"))) if _valued(part)] or [found]
    for part in parts:
        code, system = _code(_dict(part.get("code")))
        value, unit = _value(part)
        yield Incoming(
            sender=str(_dict(found.get("meta")).get("source", "fhir"))[:100],
            code=code,
            system=system,
            value=value,
            unit=unit,
            taken_at=taken,
            recorded_at=recorded,
            nhs_number=nhs,
            birth_date=born,
            device=_device(_dict(found.get("device")), found, others),
            withdrawn=status in _WITHDRAWN,
            problem=problem,
        )


def _patient(subject: Resource, found: Resource, others: Mapping[str, Resource]) -> tuple[str, date | None]:
    patient = _referred(subject, found, others)
    nhs = _identifier([subject.get("identifier"), *_list(patient.get("identifier"))], NHS_NUMBER)
    try:
        born = date.fromisoformat(str(patient.get("birthDate", "")))
    except ValueError:
        born = None
    return nhs.replace(" ", ""), born


def _device(device: Resource, found: Resource, others: Mapping[str, Resource]) -> str:
    known = _referred(device, found, others)
    number = _identifier([device.get("identifier"), *_list(known.get("identifier"))], "")
    return number or str(known.get("serialNumber", ""))


def _referred(reference: Resource, found: Resource, others: Mapping[str, Resource]) -> Resource:
    name = str(reference.get("reference", ""))
    if name.startswith("#"):
        inside = [each for each in _list(found.get("contained")) if each.get("id") == name[1:]]
        return inside[0] if inside else {}
    return others.get(name, {}) if name else {}


def _identifier(identifiers: list[Any], system: str) -> str:
    for each in identifiers:
        if isinstance(each, dict) and each.get("value") and (not system or each.get("system") == system):
            return str(each["value"])
    return ""


def _code(concept: Resource) -> tuple[str, str]:
    codings = _list(concept.get("coding"))
    known = [each for each in codings if kind_of(str(each.get("code", "")), str(each.get("system", "")))]
    best = (known or codings or [{}])[0]
    return str(best.get("code", "")), str(best.get("system", ""))


def _valued(part: Resource) -> bool:
    return any(name.startswith("value") for name in part)


def _value(part: Resource) -> tuple[str | float | None, str]:
    if "valueQuantity" in part:
        quantity = _dict(part["valueQuantity"])
        value = quantity.get("value")
        return (value if isinstance(value, int | float | str) else None), str(
            quantity.get("code") or quantity.get("unit") or ""
        )
    if "valueCodeableConcept" in part:
        concept = _dict(part["valueCodeableConcept"])
        coding = (_list(concept.get("coding")) or [{}])[0]
        return str(concept.get("text") or coding.get("display") or coding.get("code") or ""), ""
    if isinstance(part.get("valueBoolean"), bool):
        return ("yes" if part["valueBoolean"] else "no"), ""
    value = part.get("valueString", part.get("valueInteger"))
    return (value if isinstance(value, int | str) else None), ""


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None


def _load(data: bytes) -> Resource:
    found = orjson.loads(data)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object.")
    return found


def _dict(value: Any) -> Resource:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
