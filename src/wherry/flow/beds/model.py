"""Words of the bed state: the map of beds, who lies where, what happened to beds, what is held, what somebody needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from wherry.reference.wards import Bed, Ward

#: Kinds of ward whose beds are open day and night by plan, and those whose places are no beds at all.
CORE = ("ward", "assessment", "critical")
NO_BEDS = ("emergency", "lounge")


class BedMap:
    """The wards of a system with quick ways to find a bed, its ward and its bay."""

    def __init__(self, wards: Sequence[Ward]) -> None:
        self.wards = tuple(wards)
        self.ward = {ward.key: ward for ward in self.wards}
        self.bed: dict[str, Bed] = {}
        self.ward_of: dict[str, Ward] = {}
        self.bay: dict[str, list[Bed]] = {}
        for ward in self.wards:
            for bed in ward.beds:
                self.bed[bed.key] = bed
                self.ward_of[bed.key] = ward
                self.bay.setdefault(bay_key(bed), []).append(bed)

    @cached_property
    def bed_wards(self) -> tuple[Ward, ...]:
        """Wards whose places are beds, in the order of the map."""
        return tuple(ward for ward in self.wards if ward.kind not in NO_BEDS)

    @cached_property
    def group_of_specialty(self) -> dict[str, str]:
        """The ward group to which a treatment function belongs: that of the first ward which is for it first of all."""
        found: dict[str, str] = {}
        for place in (0, 1, 2, 3):
            for ward in self.bed_wards:
                if place < len(ward.takes):
                    found.setdefault(ward.takes[place], ward.group)
        return found

    @property
    def sites(self) -> tuple[str, ...]:
        """Sites in the order of the map."""
        return tuple(dict.fromkeys(ward.site for ward in self.wards))


def bay_key(bed: Bed) -> str:
    """`SITE|WARD|BAY`."""
    return f"{bed.site}|{bed.ward}|{bed.bay}"


def bed_words(bed: Bed) -> str:
    """A bed as people say it.

    >>> bed_words(Bed("RM102|M1|A|3", "RM102", "M1", "A", 3, "female"))
    'M1 A3'
    """
    return f"{bed.ward} {bed.bay}{bed.number}"


@dataclass(frozen=True)
class Need:
    """What matters about a patient when a bed is chosen. A fact that nobody recorded is empty or None, never a guess.

    `identity` is equal for two visits of one person, as far as is known. `age` in whole years, `dependency` 0 to 3.
    `site` is where they are, `bed_key` the bed they lie in, if any.
    """

    visit_key: str
    identity: str = ""
    sex: str = ""
    age: int | None = None
    infection: str = ""
    side_room: bool | None = None
    dependency: int | None = None
    specialty: str = ""
    method: str = ""
    site: str = ""
    bed_key: str = ""
    postcode: str = ""

    @property
    def infectious(self) -> bool:
        """Whether an infection is recorded."""
        return self.infection.strip().casefold() not in ("", "none")


@dataclass(frozen=True)
class Lying:
    """Somebody in a place from a moment to another (None while it lasts). `bed_key` is empty where none was named.

    `told_at` is when something was last recorded of their visit, where that is known.
    """

    need: Need
    ward_key: str
    bed_key: str
    from_at: datetime
    to_at: datetime | None = None
    told_at: datetime | None = None

    def at(self, moment: datetime) -> bool:
        """Whether they lie there at a moment: from the first included to the last excluded."""
        return self.from_at <= moment and (self.to_at is None or moment < self.to_at)


@dataclass(frozen=True)
class Happening:
    """Something that happened to a bed: an act of `FAMILIES`. Of those at one moment the later recorded counts."""

    bed_key: str
    act: str
    occurred_at: datetime
    recorded_at: datetime
    number: int = 0
    why: str = ""
    note: str = ""
    by: str = ""

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """What puts happenings in their order."""
        return self.occurred_at, self.recorded_at, self.number


#: Acts that outdo each other. `free` (a hospital's own system says that the bed is ready) ends closing and cleaning.
FAMILIES: dict[str, tuple[str, ...]] = {
    "closing": ("close", "open", "free"),
    "cleaning": ("clean_start", "clean_done", "free"),
    "extra": ("escalate", "stand_down"),
}


@dataclass(frozen=True)
class Hold:
    """A bed held for somebody from a moment until it ends or runs out. `need` is None for somebody yet to come."""

    number: int
    bed_key: str
    organisation: str
    from_organisation: str
    visit_key: str
    for_whom: str
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    made_by: str = ""
    need: Need | None = None

    def lasts(self, moment: datetime) -> bool:
        """Whether it holds the bed at a moment: it ended, or ran out, if not."""
        end = self.expires_at if self.ended_at is None else self.ended_at
        return self.made_at <= moment < end
