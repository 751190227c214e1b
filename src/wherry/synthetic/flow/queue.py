"""Who waits for a bed, which beds are free, and which bed goes to whom: sex of the bay, infection, specialty, waiting.

A bed goes to whoever has waited longest, where a poorer fit counts as having come later. A bed of another group will
do only after some hours; single rooms are kept for infections while there is anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wherry.synthetic.flow.calendar import DAY, HOUR
from wherry.synthetic.flow.draws import ELECTIVE
from wherry.synthetic.flow.places import ANY, OUTLIER, SINGLE, Places
from wherry.synthetic.flow.settings import Flow

#: How much later somebody counts as having come, by how well a ward fits: seconds.
_LATER = (0, 0, HOUR // 2, 2 * HOUR, HOUR, 5 * HOUR)
_SINGLE_LATER = 3 * HOUR
NEVER = 1 << 60
_ADULT = 3


class Beds:
    """Free beds and people who wait, by site."""

    def __init__(self, places: Places, flow: Flow, specs: tuple[str, ...], column: dict[str, list[int]]) -> None:
        self.places, self.specs, self.column = places, specs, column
        self.free: list[list[list[int]]] = [[[], [], [], []] for _ in places.wards]
        self.waiting: list[list[tuple[int, int, int, bool]]] = [[] for _ in places.adult_beds]
        self.where: dict[int, int] = {}
        self._ranks: dict[tuple[int, int, int, bool], tuple[list[tuple[int, int]], dict[int, int]]] = {}
        self.outlier_after = int(flow.of("bed.outlier_after_hours") * HOUR)
        self.any_after = int(flow.of("bed.infected_any_after_hours") * HOUR)
        self.open_at: float = flow.of("bed.escalation_open_share")
        self.close_at: float = flow.of("bed.escalation_close_share")
        self.outbreak: float = flow.of("bed.bay_outbreak_per_day")
        self.outbreak_days: float = flow.of("bed.bay_outbreak_days")
        self.bay_shut: dict[int, int] = {}
        self.extra = [n for n, ward in enumerate(places.wards) if ward.kind == "escalation"]
        self.extra_open = dict.fromkeys(self.extra, False)
        self.idle = {bed for ward in self.extra for bed in places.beds_of[ward]}
        for bed, ward in enumerate(places.ward):
            if ward not in self.extra_open:
                self.free[ward][places.who[bed]].append(bed)

    def ranks(self, row: int, group: int, first: bool) -> tuple[list[tuple[int, int]], dict[int, int]]:
        """Wards that will do for somebody, best first, and the same by ward."""
        key = (self.column["site"][row], group, self.column["spec"][row], first)
        found = self._ranks.get(key)
        if found is None:
            listed = self.places.ranks(key[0], group, self.specs[key[2]], first=first)
            found = self._ranks[key] = (listed, {ward: rank for rank, ward in listed})
        return found

    def find(self, at: int, row: int, group: int, since: int, *, first: bool) -> int:
        """A free bed for somebody, taken at once, or -1: then they wait."""
        bed = self._search(at, row, group, since, first)
        if bed < 0:
            site = self.column["site"][row]
            self.waiting[site].append((since, row, group, first))
            self.where[row] = site
        return bed

    def _search(self, at: int, row: int, group: int, since: int, first: bool) -> int:
        column = self.column
        sex = 0 if column["woman"][row] else 1
        waited = at - since
        alone = column["infection"][row] > 0 and waited < self.any_after
        listed, _ = self.ranks(row, group, first)
        for who in (SINGLE,) if alone else (sex, ANY, SINGLE):
            for rank, ward in listed:
                if rank == OUTLIER and waited < self._patience(row, first):
                    break
                free = self.free[ward][who]
                if free:
                    return free.pop()
        return -1

    def _patience(self, row: int, first: bool) -> int:
        """Seconds of waiting after which a bed of another group will do; who has a bed already waits longer."""
        return self.outlier_after if first or self.column["kind"][row] == ELECTIVE else 3 * self.outlier_after

    def next_for(self, at: int, bed: int) -> int:
        """Who of those who wait gets this bed; -1 and the bed is free where nobody can use it."""
        places, column = self.places, self.column
        ward, who = places.ward[bed], places.who[bed]
        site = places.site_of_ward[ward]
        best, chosen = NEVER, -1
        for place, (since, row, group, first) in enumerate(self.waiting[site]):
            rank = self.ranks(row, group, first)[1].get(ward)
            if rank is None:
                continue
            waited = at - since
            if rank == OUTLIER and waited < self._patience(row, first):
                continue
            if who == SINGLE:
                cost = since + _LATER[rank] + (0 if column["infection"][row] else _SINGLE_LATER)
            elif column["infection"][row] and waited < self.any_after:
                continue
            elif who == ANY or who == (0 if column["woman"][row] else 1):
                cost = since + _LATER[rank]
            else:
                continue
            if cost < best:
                best, chosen = cost, place
        if chosen < 0:
            self.free[ward][who].append(bed)
            return -1
        _, row, _, _ = self.waiting[site].pop(chosen)
        del self.where[row]
        return row

    def forget(self, row: int) -> None:
        """Somebody waits no longer."""
        site = self.where.pop(row, None)
        if site is not None:
            self.waiting[site] = [entry for entry in self.waiting[site] if entry[1] != row]

    def queue_length(self, site: int) -> int:
        """How many adults wait at a site who are in no bed."""
        return sum(first and group < _ADULT for _, _, group, first in self.waiting[site])

    def second_look(self, at: int, site: int) -> Iterator[tuple[int, int]]:
        """(row, bed) of those who have waited long and for whom more beds will do now."""
        for entry in sorted(self.waiting[site]):
            since, row, group, first = entry
            if at - since >= self.outlier_after or at - since >= self.any_after:
                bed = self._search(at, row, group, since, first)
                if bed >= 0:
                    self.forget(row)
                    yield row, bed

    def shut_until(self, bed: int) -> int:
        """Until when a bed takes nobody: its bay has an outbreak, or it is an extra bed that is not open; else 0."""
        ward = self.places.ward[bed]
        if not self.extra_open.get(ward, True):
            self.idle.add(bed)
            return NEVER
        return self.bay_shut.get(self.places.bay[bed], 0)

    def hourly(self, at: int, site: int, hour: float, chance: Callable[[], float]) -> Iterator[tuple[int, str, int]]:
        """(bed, letter, until) of empty beds that open or shut now: extra wards as the queue goes, bays by chance."""
        waiting = sum(
            first and group < _ADULT and at - since > 2 * HOUR and self.column["kind"][row] != ELECTIVE
            for since, row, group, first in self.waiting[site]
        )
        share = waiting / max(self.places.adult_beds[site], 1)
        for ward in self.extra:
            if self.places.site_of_ward[ward] != site:
                continue
            if not self.extra_open[ward] and share >= self.open_at:
                self.extra_open[ward] = True
                opened = sorted(self.idle & set(self.places.beds_of[ward]))
                self.idle -= set(opened)
                yield from [(bed, "U", 0) for bed in opened]
            elif self.extra_open[ward] and share <= self.close_at and 8 <= hour < 18:
                self.extra_open[ward] = False
                shut = self._take_free(self.places.beds_of[ward])
                self.idle |= set(shut)
                yield from [(bed, "C", 0) for bed in shut]
        if 8 <= hour < 9 and chance() < self.outbreak:
            wards = [
                n
                for n, ward in enumerate(self.places.wards)
                if ward.kind == "ward" and ward.general_and_acute and self.places.site_of_ward[n] == site
            ]
            beds = self.places.beds_of[wards[int(chance() * len(wards))]]
            bay = self.places.bay[beds[int(chance() * len(beds))]]
            until = at + int(self.outbreak_days * DAY * (0.5 + chance()))
            self.bay_shut[bay] = until
            shut = self._take_free([one for one in beds if self.places.bay[one] == bay])
            yield from [(bed, "I", until) for bed in shut]

    def _take_free(self, beds: list[int]) -> list[int]:
        """Those of the beds that are free, and are so no more."""
        taken = []
        for bed in beds:
            free = self.free[self.places.ward[bed]][self.places.who[bed]]
            if bed in free:
                free.remove(bed)
                taken.append(bed)
        return taken
