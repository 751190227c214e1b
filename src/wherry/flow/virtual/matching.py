"""Whose reading it is: by NHS number and birth date together, or by a device that was given to one patient.

Anything less waits for a person: one number alone may be mistyped, and a reading in the wrong record does harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Candidate:
    """A stay that a reading may be of: its patient, and the devices given with the time in which they were theirs."""

    id: int
    nhs_number: str
    birth_date: date | None
    from_at: datetime
    to_at: datetime | None
    devices: tuple[tuple[str, datetime, datetime | None], ...] = ()

    def lasts(self, at: datetime) -> bool:
        """Whether the stay lasts at a moment."""
        return _within(at, self.from_at, self.to_at)


@dataclass(frozen=True)
class Found:
    """The stay, or why a person must look."""

    id: int | None
    reason: str = ""


def match(
    candidates: Sequence[Candidate],
    at: datetime,
    nhs_number: str = "",
    birth_date: date | None = None,
    device: str = "",
) -> Found:
    """The one stay that a reading taken at a moment is of.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    >>> one = Candidate(1, "9990000018", date(1942, 1, 31), noon, None, (("KIT-7", noon, None),))
    >>> match([one], noon, "9990000018", date(1942, 1, 31)).id, match([one], noon, device="KIT-7").id
    (1, 1)
    >>> match([one], noon, "9990000018").reason
    'the NHS number came without a birth date, and no known device'
    >>> match([one], noon, "9990000018", date(1943, 1, 31)).reason
    'the birth date is not that of the patient with this NHS number'
    """
    lasting = [each for each in candidates if each.lasts(at)]
    by_device = [each for each in lasting if device and _has(each, device, at)]
    by_number = [each for each in lasting if nhs_number and each.nhs_number == nhs_number]
    if nhs_number and birth_date and by_number and by_number[0].birth_date != birth_date:
        return Found(None, "the birth date is not that of the patient with this NHS number")
    if len(by_device) > 1 or len(by_number) > 1:
        return Found(None, "it fits more than one patient on the ward at that time")
    if by_device and nhs_number and by_device[0].nhs_number not in ("", nhs_number):
        return Found(None, "the device was given to somebody with another NHS number")
    if by_device and birth_date and by_device[0].birth_date not in (None, birth_date):
        return Found(None, "the device was given to somebody with another birth date")
    if by_device:
        return Found(by_device[0].id)
    if by_number and birth_date:
        return Found(by_number[0].id)
    return Found(None, _why(candidates, by_number, nhs_number, device))


def _why(candidates: Sequence[Candidate], by_number: Sequence[Candidate], nhs_number: str, device: str) -> str:
    if by_number:
        return "the NHS number came without a birth date, and no known device"
    if nhs_number and any(each.nhs_number == nhs_number for each in candidates):
        return "the patient was not on a virtual ward when it was taken"
    if nhs_number:
        return "nobody on a virtual ward has this NHS number"
    return "nobody on a virtual ward was given this device" if device else "it names neither a patient nor a device"


def _has(candidate: Candidate, device: str, at: datetime) -> bool:
    return any(name == device and _within(at, since, until) for name, since, until in candidate.devices)


def _within(at: datetime, since: datetime, until: datetime | None) -> bool:
    return since <= at and (until is None or at <= until)
