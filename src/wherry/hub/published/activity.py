"""One month of an A&E publication: attendances, those over four hours, waits after the decision to admit,
admissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wherry.hub.published.ae import KINDS
from wherry.hub.published.positions import Provider, Source


@dataclass(frozen=True)
class AePosition:
    """Emergency departments of some providers together. A measure is None where nothing was published about it."""

    source: Source
    providers: tuple[Provider, ...]
    missing: tuple[str, ...]
    everyone: bool
    measures: Mapping[str, int | None]
    published_totals: Mapping[str, int | None] | None
    withheld: int

    def _sum(self, endings: Sequence[str], kinds: Sequence[str] = KINDS) -> int | None:
        found = [self.measures.get(f"{kind}_{ending}") for kind in kinds for ending in endings]
        known = [value for value in found if value is not None]
        return sum(known) if known else None

    @property
    def attendances(self) -> int | None:
        """All attendances, booked ones included, at departments of all types."""
        return self._sum(("attendances", "booked"))

    @property
    def over_4_hours(self) -> int | None:
        """Attendances that took longer than four hours, booked ones included."""
        return self._sum(("over_4_hours", "booked_over_4_hours"))

    @property
    def type1_attendances(self) -> int | None:
        """Attendances at major departments, booked ones included."""
        return self._sum(("attendances", "booked"), ("type1",))

    @property
    def emergency_admissions(self) -> int | None:
        """Emergency admissions, through A&E or otherwise."""
        through, otherwise = self._sum(("emergency_admissions",)), self.measures.get("not_ae_emergency_admissions")
        known = [value for value in (through, otherwise) if value is not None]
        return sum(known) if known else None

    @property
    def percent_within_4_hours(self) -> float | None:
        """Attendances within four hours over all attendances, all types, in per cent: a sum over a sum."""
        return _share(self.attendances, self.over_4_hours)

    @property
    def percent_type1_within_4_hours(self) -> float | None:
        """The same at major departments only."""
        return _share(self.type1_attendances, self._sum(("over_4_hours", "booked_over_4_hours"), ("type1",)))

    def as_json(self) -> dict[str, object]:
        """The stable form that `wherry published show ae` prints."""
        alone = self.providers[0] if len(self.providers) == 1 else None
        return {
            "dataset": "ae",
            "period": self.source.period,
            "provider": "ENGLAND" if self.everyone else "+".join(p.code for p in self.providers),
            "provider_name": "All providers" if self.everyone else alone.name if alone else "Group",
            "provider_parent_name": alone.parent_name if alone else None,
            "providers": len(self.providers)
            if self.everyone
            else [{"code": p.code, "name": p.name, "parent_name": p.parent_name} for p in self.providers],
            "total": self.attendances,
            "attendances": self.attendances,
            "over_4_hours": self.over_4_hours,
            "percent_within_4_hours": self.percent_within_4_hours,
            "percent_type1_within_4_hours": self.percent_type1_within_4_hours,
            "emergency_admissions": self.emergency_admissions,
            "measures": dict(self.measures),
            "published_totals": dict(self.published_totals) if self.published_totals and self.everyone else None,
            "suppressed_cells": self.withheld,
            "vintage": self.source.as_json(),
            "source": {"file": self.source.file_name, "sha256": self.source.sha256},
        }


def _share(every: int | None, over: int | None) -> float | None:
    return None if not every or over is None else 100.0 * (every - over) / every
