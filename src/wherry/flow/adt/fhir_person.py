"""A FHIR Patient into the details of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wherry.flow.adt.fhir_json import codes_of, each, text
from wherry.flow.adt.moments import day, instant
from wherry.reference import nhs_number

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
_SEXES = ("female", "male", "other", "unknown")


def read(patient: Mapping[str, Any], doubts: list[str]) -> tuple[str, dict[str, str | None]]:
    """The local number (empty where there is none) and the details; what cannot be read is added to `doubts`."""
    found: dict[str, str | None] = {}
    local = ""
    for row in each(patient, "identifier"):
        value = text(row, "value")
        if text(row, "system") == NHS_NUMBER:
            if nhs_number.is_valid(value):
                found["nhs_number"] = nhs_number.compact(value)
            elif value:
                doubts.append(f"Patient has an NHS number that fails its check ({value[:20]}): it was not read.")
        elif not local or "MR" in codes_of(row.get("type")):
            local = value or local
    local = local or text(patient, "id")
    names = [row for row in each(patient, "name") if text(row, "use") != "old"]
    name = next((row for row in names if text(row, "use") == "official"), names[0] if names else {})
    given = name.get("given")
    forename = given[0] if isinstance(given, list) and given and isinstance(given[0], str) else ""
    _say(found, "surname", text(name, "family"))
    _say(found, "forename", forename.replace("\0", "").strip())
    sex = text(patient, "gender").lower()
    if sex in _SEXES:
        found["sex"] = sex
    elif sex:
        doubts.append(f"Patient.gender is {sex[:20]!r}, which is none of {', '.join(_SEXES)}: it was not read.")
    _day(found, "birth_date", text(patient, "birthDate"), "Patient.birthDate", doubts)
    _day(found, "died_on", text(patient, "deceasedDateTime"), "Patient.deceasedDateTime", doubts)
    if patient.get("deceasedBoolean") is False:
        found["died_on"] = None
    addresses = [row for row in each(patient, "address") if text(row, "use") != "old"]
    if addresses:
        lines = addresses[0].get("line")
        parts = [one for one in lines if isinstance(one, str)] if isinstance(lines, list) else []
        parts += [text(addresses[0], "city"), text(addresses[0], "district")]
        _say(found, "address", ", ".join(part.replace("\0", "").strip() for part in parts if part.strip()))
        _say(found, "postcode", text(addresses[0], "postalCode"))
    for row in each(patient, "generalPractitioner"):
        identifier = row.get("identifier")
        _say(found, "gp_practice", text(identifier, "value"))
    return local, found


def _say(found: dict[str, str | None], name: str, value: str) -> None:
    if value:
        found[name] = value


def _day(found: dict[str, str | None], name: str, value: str, words: str, doubts: list[str]) -> None:
    if not value:
        return
    whole = day(value[:10].replace("-", "")) if len(value) >= 10 and (len(value) == 10 or instant(value)) else None
    if whole is None:
        doubts.append(f"{words} is {value[:30]!r}, which is no whole date: it was not read.")
    else:
        found[name] = whole.isoformat()
