"""Where people come in an emergency: departments with their areas, and the trusts' other sites (minor injury units)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from wherry.reference import wards
from wherry.reference.system import load
from wherry.web import snapshot

#: The system of a service that has no snapshot yet.
DEFAULT_SYSTEM = "norfolk-waveney"
MAJORS_AND_RESUS = ("MAJORS", "RESUS")


@dataclass(frozen=True)
class Place:
    """A site. `wards` are its departments' ward codes, `areas` their places by area (bay).

    A site of which the ward map has nothing is a minor one: whoever the feed tells of there is in its minor injury
    unit, and it has no escalation level of its own.
    """

    site: str
    organisation: str
    name: str
    wards: tuple[str, ...]
    areas: Mapping[str, int]
    minor: bool = False

    @property
    def majors_and_resus(self) -> int:
        """Places in majors and resuscitation."""
        return sum(self.areas.get(area, 0) for area in MAJORS_AND_RESUS)


def system_name() -> str:
    """The system whose sites these are."""
    found = snapshot.system()
    return found.name if found is not None else DEFAULT_SYSTEM


def places() -> tuple[Place, ...]:
    """Every site, in the order of the system's trusts."""
    return _places(system_name())


def departments() -> tuple[Place, ...]:
    """The sites with an emergency department: those that have an escalation level."""
    return tuple(one for one in places() if not one.minor)


@lru_cache(maxsize=8)
def _places(system: str) -> tuple[Place, ...]:
    known = load(system)
    every = wards.load(system)
    departments = [ward for ward in every if ward.kind == "emergency"]
    mapped = {ward.site for ward in every}
    found = []
    for trust in known.trusts:
        for site in known.sites_of(trust):
            mine = [ward for ward in departments if ward.site == site.code]
            name = site.short_name or site.name
            if site.code not in mapped:
                found.append(Place(site.code, trust, name, (), {}, minor=True))
            if mine:
                areas: dict[str, int] = {}
                for bed in (bed for ward in mine for bed in ward.beds):
                    areas[bed.bay] = areas.get(bed.bay, 0) + 1
                found.append(Place(site.code, trust, name, tuple(ward.code for ward in mine), areas))
    return tuple(found)


def place(site: str) -> Place | None:
    """One site, or None."""
    return next((one for one in places() if one.site == site), None)


def trusts() -> tuple[str, ...]:
    """The organisations that have a department."""
    return tuple(dict.fromkeys(one.organisation for one in places()))
