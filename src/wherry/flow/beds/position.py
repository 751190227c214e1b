"""How full: beds by status for a ward, a ward group, a hospital and all of them, and the share that is occupied.

Occupancy is occupied over open. Open is staffed core beds and opened extra ones, minus closed; beds that are empty
because they are closed are shown apart. Adult general and acute beds, children's, maternity and critical care are
counted apart. Shares of several places are sums over sums.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from wherry.flow.beds.model import CORE, BedMap, bay_key
from wherry.flow.beds.state import BedState, Picture
from wherry.reference.wards import Ward

Key = TypeVar("Key", bound=Hashable)
#: What is counted apart, in the order of tables.
SORTS = {
    "adult": "Adult general and acute",
    "children": "Children",
    "maternity": "Maternity",
    "critical": "Critical care",
}
#: Kinds of free bed. A cohort bay has people with one infection in it and takes more of the same.
KINDS_OF_FREE = {
    "female": "Female bay",
    "male": "Male bay",
    "any": "Bay for anybody",
    "single": "Single room",
    "cohort": "Cohort bay",
}


def sort_of(ward: Ward) -> str:
    """Which of `SORTS` a ward's beds are."""
    return "adult" if ward.general_and_acute else ward.group


@dataclass(frozen=True)
class Tally:
    """Beds by status. `extra` are opened extra beds; `shut` are extra beds not opened, which count nowhere else.

    `unnamed` are patients on a ward without a known bed: they are in the numerator, for they lie somewhere there.
    """

    core: int = 0
    extra: int = 0
    shut: int = 0
    closed: Mapping[str, int] = field(default_factory=dict)
    occupied: int = 0
    held: int = 0
    cleaning: int = 0
    overdue: int = 0
    free: int = 0
    unnamed: int = 0
    patients: int = 0
    doubts: int = 0

    @property
    def void(self) -> int:
        """Beds that are empty because they are closed."""
        return sum(self.closed.values())

    @property
    def open(self) -> int:
        """Core and opened extra beds, minus closed ones."""
        return self.core + self.extra - self.void

    @property
    def occupancy(self) -> float | None:
        """Occupied over open (0 to 1, more if patients lie where no bed is known); None where no bed is open."""
        return (self.occupied + self.unnamed) / self.open if self.open else None

    def __add__(self, other: Tally) -> Tally:
        closed = {
            why: self.closed.get(why, 0) + other.closed.get(why, 0) for why in sorted({*self.closed, *other.closed})
        }
        return Tally(
            self.core + other.core,
            self.extra + other.extra,
            self.shut + other.shut,
            closed,
            self.occupied + other.occupied,
            self.held + other.held,
            self.cleaning + other.cleaning,
            self.overdue + other.overdue,
            self.free + other.free,
            self.unnamed + other.unnamed,
            self.patients + other.patients,
            self.doubts + other.doubts,
        )


def tallies(beds: BedMap, picture: Picture, by: Callable[[Ward], Key]) -> dict[Key, Tally]:
    """Beds by what `by` says of their ward, in the order of the map: `lambda ward: ward.site`, `sort_of`."""
    found: dict[Key, Tally] = {}
    for ward in beds.bed_wards:
        key = by(ward)
        found[key] = found.get(key, Tally()) + ward_tally(ward, picture)
    return found


def ward_tally(ward: Ward, picture: Picture) -> Tally:
    """The beds of one ward by status. An extra bed that is in use counts as opened, whatever was said."""
    numbers = dict.fromkeys(("occupied", "held", "cleaning", "free", "shut"), 0)
    closed: dict[str, int] = {}
    extra = overdue = patients = doubts = 0
    for bed in ward.beds:
        state = picture.beds[bed.key]
        if state.status == "closed":
            why = (state.closed.why if state.closed else "") or "other"
            closed[why] = closed.get(why, 0) + 1
        else:
            numbers[state.status] += 1
        extra += ward.kind not in CORE and state.status != "shut"
        overdue += state.status == "cleaning" and state.overdue
        patients += len(state.lying)
        doubts += len(state.doubts)
    unnamed = len(picture.unnamed.get(ward.key, ()))
    return Tally(
        core=len(ward.beds) if ward.kind in CORE else 0,
        extra=extra,
        closed=closed,
        overdue=overdue,
        unnamed=unnamed,
        patients=patients + unnamed,
        doubts=doubts,
        **numbers,
    )


@dataclass(frozen=True)
class BayState:
    """Who is in a bay or about to be: their sexes and infections, and how many."""

    sexes: frozenset[str]
    infections: frozenset[str]
    people: int
    plain: int


def bay_state(beds: BedMap, picture: Picture, bay: str, without: str = "") -> BayState:
    """A bay's people, those for whom a bed in it is held included; `without` leaves one visit out.

    `plain` counts those without an infection.
    """
    sexes: set[str] = set()
    infections: set[str] = set()
    people = plain = 0
    for bed in beds.bay[bay]:
        state = picture.beds[bed.key]
        needs = [one.need for one in state.lying]
        if not needs and state.hold is not None and state.hold.need is not None:
            needs = [state.hold.need]
        for need in needs:
            if need.visit_key == without and without:
                continue
            people += 1
            if need.sex in ("female", "male"):
                sexes.add(need.sex)
            if need.infectious:
                infections.add(need.infection.strip().casefold())
            else:
                plain += 1
    return BayState(frozenset(sexes), frozenset(infections), people, plain)


def kind_of_free(beds: BedMap, picture: Picture, state: BedState) -> str:
    """Which of `KINDS_OF_FREE` a bed is now: a bay takes the sex of who is in it, an empty one what the map says."""
    if state.bed.who == "single":
        return "single"
    bay = bay_state(beds, picture, bay_key(state.bed))
    if bay.infections and not bay.plain:
        return "cohort"
    if state.bed.who == "any":
        return "any"
    return next(iter(bay.sexes)) if len(bay.sexes) == 1 else state.bed.who


def free_kinds(beds: BedMap, picture: Picture, by: Callable[[Ward], Key]) -> dict[tuple[Key, str], int]:
    """Free beds by what `by` says of their ward and by kind; what there is none of is not there."""
    found: dict[tuple[Key, str], int] = {}
    for state in picture.beds.values():
        if state.status == "free":
            key = by(state.ward), kind_of_free(beds, picture, state)
            found[key] = found.get(key, 0) + 1
    return found
