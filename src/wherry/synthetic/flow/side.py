"""The side feeds of an artificial day: ambulance incidents, calls, virtual ward referrals and readings, as JSON lines.

One file a feed (`ambulance.jsonl`, `calls.jsonl`, `referrals.jsonl`, `readings.jsonl`), one object a line, in the order
of the moment at which it is known (`known_at`). Keys are the field names below; moments are ISO 8601 in UTC
(`2026-11-22T08:15:00+00:00`), days `2026-11-22`; what is not known is null or an empty text. An incident comes again
with the same number each time that something of it becomes known: the later line holds.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, TypeAlias, TypeVar, get_type_hints

from wherry.errors import UserError

#: What became of an incident. Empty while it is open.
OUTCOMES = ("conveyed", "see_and_treat", "hear_and_treat", "community", "cancelled")
#: The nine conditions or needs of an urgent community response, and `other`.
CONDITIONS = (
    *("fall", "frailty", "reduced_function", "palliative", "equipment", "confusion", "catheter", "diabetes", "carer"),
    "other",
)
PATHWAYS = ("respiratory", "frailty", "heart_failure", "infection", "surgical")


@dataclasses.dataclass(frozen=True)
class Person:
    """Somebody whom a call or a referral is about. `nhs_number` begins 999; `sex` is female or male."""

    nhs_number: str
    surname: str
    forename: str
    birth_date: date
    sex: str
    address: str
    postcode: str
    district: str
    gp_practice: str


@dataclasses.dataclass(frozen=True)
class AmbulanceIncident:
    """One 999 incident as far as it is known at `known_at`. `category` is 1 to 4.

    The clock of a response runs from `called_at` to `arrived_on_scene_at`; a handover from `arrived_hospital_at` to
    `handed_over_at`. `site` is the hospital, empty unless conveyed; `visit_key` the visit there, where it has begun.
    """

    FILE: ClassVar[str] = "ambulance.jsonl"
    known_at: datetime
    incident: str
    category: int
    called_at: datetime
    allocated_at: datetime | None
    arrived_on_scene_at: datetime | None
    left_scene_at: datetime | None
    arrived_hospital_at: datetime | None
    handed_over_at: datetime | None
    closed_at: datetime | None
    outcome: str
    site: str
    visit_key: str
    complaint: str
    age: int
    sex: str
    postcode: str
    district: str


@dataclasses.dataclass(frozen=True)
class Call:
    """A 999 or 111 call that the community might take. `source` is 999, 111, gp or care_home.

    `incident` is the ambulance incident that it is also (999 only). `suitability` is 0 to 1: how surely a clinician
    would call it suited; `would_convey` whether an ambulance crew would have taken the person to hospital.
    `recontact_of` is the reference of an earlier call of the last seven days about the same person, or empty.
    """

    FILE: ClassVar[str] = "calls.jsonl"
    known_at: datetime
    reference: str
    source: str
    called_at: datetime
    incident: str
    category: int
    condition: str
    words: str
    person: Person
    latitude: float
    longitude: float
    suitability: float
    would_convey: bool
    lives_alone: bool
    care_home: bool
    recontact_of: str


@dataclasses.dataclass(frozen=True)
class VirtualReferral:
    """A referral to a virtual ward. `direction` is step_up or step_down; `from_visit_key` is set for a step down.

    `referred_by` is gp, hub, department, ward or ambulance. `expected_days` is how long it is likely to last. Of
    everybody on a virtual ward when the day begins there is one with `onboarded_at` in the past. `left_at` and
    `left_how` (plan, bed, died or refused) come with a later line of the same reference.
    """

    FILE: ClassVar[str] = "referrals.jsonl"
    known_at: datetime
    reference: str
    provider: str
    pathway: str
    direction: str
    referred_by: str
    referred_at: datetime
    onboarded_at: datetime | None
    left_at: datetime | None
    left_how: str
    from_visit_key: str
    expected_days: int
    dependency: int
    monitored: bool
    reason: str
    person: Person


@dataclasses.dataclass(frozen=True)
class VirtualReading:
    """One set of readings of somebody on a virtual ward; what was not measured is null.

    Breaths and beats a minute, `oxygen_saturation` in %, `temperature_c` in degrees Celsius, `systolic` in mmHg,
    `consciousness` A, C, V, P or U. `by` is device, patient or staff.
    """

    FILE: ClassVar[str] = "readings.jsonl"
    known_at: datetime
    reference: str
    referral: str
    nhs_number: str
    taken_at: datetime
    respirations: int | None
    oxygen_saturation: int | None
    supplementary_oxygen: bool | None
    temperature_c: float | None
    systolic: int | None
    pulse: int | None
    consciousness: str
    by: str


Any_: TypeAlias = AmbulanceIncident | Call | VirtualReferral | VirtualReading
Row = TypeVar("Row", AmbulanceIncident, Call, VirtualReferral, VirtualReading)


def as_line(row: Any_) -> str:
    """One row as a line, without its end."""
    return json.dumps(dataclasses.asdict(row), default=_plain, ensure_ascii=False, separators=(",", ":"))


def write(path: Path, rows: Iterable[Any_]) -> int:
    """Write rows as lines; gives their number."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            out.write(as_line(row) + "\n")
            count += 1
    return count


def read(path: Path, kind: type[Row]) -> Iterator[Row]:
    """The rows of a file of that kind, in order. UserError with file, line and field where one does not fit."""
    if not path.is_file():
        raise UserError(f"{path} is not there. Nothing was read. `wherry flow play --folder` writes such files.")
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield parse(line, kind, f"{path.name} line {number}")


def parse(line: str, kind: type[Row], where: str) -> Row:
    """One row from its line; `where` names it in a refusal.

    >>> parse("[]", VirtualReading, "readings.jsonl line 3")
    Traceback (most recent call last):
    wherry.errors.UserError: readings.jsonl line 3 is no JSON object with the fields of VirtualReading.
    """
    try:
        found = json.loads(line)
    except ValueError as error:
        raise UserError(f"{where} is no JSON ({error}).") from None
    if not isinstance(found, dict):
        raise UserError(f"{where} is no JSON object with the fields of {kind.__name__}.")
    return kind(**_values(found, kind, where))


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written")


def _values(found: dict[str, Any], kind: type[Any], where: str) -> dict[str, Any]:
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    if wrong := sorted(set(names) ^ set(found)):
        missing = wrong[0] in names
        raise UserError(f"{where}: {wrong[0]} {'is missing' if missing else 'is no field of ' + kind.__name__}.")
    return {name: _value(found[name], hints[name], f"{where}: {name}") for name in names}


def _value(value: Any, hint: Any, where: str) -> Any:
    kinds = getattr(hint, "__args__", (hint,))
    if value is None and type(None) in kinds:
        return None
    wanted = kinds[0]
    try:
        if wanted is Person:
            return Person(**_values(value if isinstance(value, dict) else {}, Person, where))
        if wanted is datetime:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError("has no offset")
            return moment
        if wanted is date:
            return date.fromisoformat(value)
        if wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool):
            return value
    except (TypeError, ValueError) as error:
        raise UserError(f"{where} {value!r} cannot be read ({error}).") from None
    raise UserError(f"{where} {value!r} is not {wanted.__name__}.")
