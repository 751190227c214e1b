"""Beds of the hospitals as numbers, and which wards will do for whom, best first."""

from __future__ import annotations

from dataclasses import dataclass

from wherry.reference.wards import GENERAL_AND_ACUTE, Ward
from wherry.synthetic.flow.draws import GROUPS
from wherry.synthetic.flow.settings import Flow

#: Bays by whom they are for.
FEMALE, MALE, ANY, SINGLE = range(4)
_WHO = {"female": FEMALE, "male": MALE, "any": ANY, "single": SINGLE}
#: How well a ward does: an assessment unit, its own specialty, among its specialties, its group, extra beds, another.
UNIT, OWN, AMONG, GROUP, EXTRA, OUTLIER = range(6)
_BEDDED = ("ward", "assessment", "critical", "escalation")
#: A place without a bed is a ward: `NO_BED - ward`.
NO_BED = -10


@dataclass
class Places:
    """Beds in the order of the wards; `bay` numbers the bays of all wards."""

    wards: tuple[Ward, ...]
    site_of_ward: list[int]
    keys: list[str]
    ward: list[int]
    who: list[int]
    bay: list[int]
    beds_of: list[list[int]]
    adult_beds: list[int]

    @staticmethod
    def of(flow: Flow) -> Places:
        """The wards of the system that belong to its sites."""
        sites = {site.code: place for place, site in enumerate(flow.sites)}
        wards = tuple(ward for ward in flow.wards if ward.site in sites)
        found = Places(wards, [sites[ward.site] for ward in wards], [], [], [], [], [], [0] * len(sites))
        bays: dict[str, int] = {}
        for number, ward in enumerate(wards):
            beds = ward.beds if ward.kind in _BEDDED else ()
            found.beds_of.append(list(range(len(found.keys), len(found.keys) + len(beds))))
            if ward.general_and_acute and ward.kind != "escalation":
                found.adult_beds[sites[ward.site]] += len(beds)
            for bed in beds:
                found.keys.append(bed.key)
                found.ward.append(number)
                found.who.append(_WHO[bed.who])
                found.bay.append(bays.setdefault(f"{bed.ward}|{bed.bay}|{bed.site}", len(bays)))
        return found

    def count(self, site: int, group: str) -> int:
        """Core beds of a group at a site."""
        return sum(
            len(self.beds_of[n])
            for n, ward in enumerate(self.wards)
            if self.site_of_ward[n] == site and ward.group == group and ward.kind != "escalation"
        )

    def emergency(self, site: int) -> Ward | None:
        """The emergency department of a site, if it has one."""
        return next(
            (w for n, w in enumerate(self.wards) if self.site_of_ward[n] == site and w.kind == "emergency"), None
        )

    def without_bed(self, site: int, kind: str, group: str = "") -> int:
        """The place `NO_BED - ward` of the first ward of a kind (and group) at a site, else of its first ward."""
        mine = [n for n in range(len(self.wards)) if self.site_of_ward[n] == site]
        fits = [n for n in mine if self.wards[n].kind == kind and group in ("", self.wards[n].group)]
        fits = fits or [n for n in mine if self.wards[n].kind == kind] or mine
        return NO_BED - fits[0]

    def ranks(self, site: int, group: int, spec: str, *, first: bool) -> list[tuple[int, int]]:
        """(how well, ward) of every ward that will do, best first; assessment units and extra beds only at `first`."""
        name = GROUPS[group]
        found: list[tuple[int, int]] = []
        for number, ward in enumerate(self.wards):
            if self.site_of_ward[number] != site or ward.kind not in _BEDDED:
                continue
            rank = _rank(ward, name, spec, first)
            if rank is not None:
                found.append((rank, number))
        return sorted(found)


def _rank(ward: Ward, group: str, spec: str, first: bool) -> int | None:
    if group not in GENERAL_AND_ACUTE:
        return OWN if ward.group == group else None
    if ward.group not in GENERAL_AND_ACUTE:
        return None
    if ward.kind == "assessment":
        surgical = spec in ward.takes if group == "surgery" else ward.group == "medicine"
        return UNIT if first and surgical and (group == "surgery") == (ward.group == "surgery") else None
    if ward.kind == "escalation":
        return EXTRA if first else None
    if ward.group == group:
        return OWN if ward.takes[:1] == (spec,) else AMONG if spec in ward.takes else GROUP
    return OUTLIER
