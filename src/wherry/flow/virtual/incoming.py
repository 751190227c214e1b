"""What comes through a door for readings, before anybody knows whose it is: one value as its sender wrote it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from wherry.flow.virtual.vitals import Apart, Measured, kind_of, take


@dataclass(frozen=True)
class Incoming:
    """One value as it came. `problem` says why it cannot be used whatever it is; `withdrawn` that it is taken back.

    `device` is the number of the equipment; `ward_reference` the sender's own reference of the stay. Times are aware,
    in UTC; `recorded_at` is when the sender wrote it, where that is told.
    """

    sender: str
    code: str
    value: str | float | None
    unit: str
    taken_at: datetime | None
    recorded_at: datetime | None = None
    system: str = ""
    nhs_number: str = ""
    birth_date: date | None = None
    device: str = ""
    ward_reference: str = ""
    withdrawn: bool = False
    problem: str = ""

    @property
    def kind(self) -> str:
        """What is measured, or empty where the code is not known."""
        return kind_of(self.code, self.system) or ""

    @property
    def key(self) -> str:
        """The same for the same reading, however often it comes: 64 hexadecimal digits."""
        taken = self.taken_at.isoformat() if self.taken_at else ""
        born = self.birth_date.isoformat() if self.birth_date else ""
        whose = (self.nhs_number, born, self.device, self.ward_reference)
        parts = (self.sender, *whose, self.code, taken, str(self.value), self.unit, str(self.withdrawn))
        recorded = self.recorded_at.isoformat() if self.recorded_at else ""
        return hashlib.sha256("\x1f".join((*parts, recorded)).encode()).hexdigest()

    def measured(self) -> Measured | Apart:
        """The value in its kind's own unit, or why it is kept apart."""
        if self.problem:
            return Apart(self.problem)
        if not self.kind:
            return Apart(f"the code {self.code[:40]!r} is not known here")
        if self.taken_at is None:
            return Apart("it came without the time at which it was taken")
        if self.withdrawn:
            return Measured(self.kind)
        return take(self.kind, self.value, self.unit)
