"""Finding each suspected cancer a pathway: of its trust and a function that sees its group, received about then.

Two-week-wait referrals are taken first, then urgent ones, then others, since the referrals of the artificial system
carry too few of the former. Who is open at the census is hung on a pathway that is open.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import product
from typing import Any

import numpy as np

from wherry.synthetic.elective.cancer import GROUPS, Arrivals
from wherry.synthetic.elective.shared import Whole
from wherry.synthetic.feeds import World
from wherry.synthetic.journeys import ADMITTED, NON_ADMITTED, OPEN
from wherry.synthetic.settings import elective
from wherry.synthetic.streams import NEVER, Mask

#: Days of age from which somebody is an adult: the artificial system has no cancers of children.
_ADULT = round(18 * 365.25)


class Pool:
    """Pathways in the order of their days, each of which can be taken once."""

    def __init__(self, rows: Whole, day: Whole) -> None:
        order = np.lexsort((rows, day))
        self._rows, self._days = rows[order].tolist(), day[order].tolist()
        self._later = list(range(len(self._rows) + 1))
        self._earlier = list(range(len(self._rows) + 1))

    def take(self, day: int, within: int) -> int:
        """The free pathway nearest to a day, if there is one within so many days; else -1."""
        place = bisect_left(self._days, day)
        after, before = self._find(self._later, place), self._find(self._earlier, place)
        best = -1
        if after < len(self._rows) and self._days[after] - day <= within:
            best = after
        if before > 0 and day - self._days[before - 1] <= within and (
            best < 0 or day - self._days[before - 1] < self._days[best] - day
        ):  # fmt: skip
            best = before - 1
        if best < 0:
            return -1
        self._later[best], self._earlier[best + 1] = best + 1, best
        return int(self._rows[best])

    @staticmethod
    def _find(link: list[int], place: int) -> int:
        """The first free place from here on, with the paths that led there shortened."""
        root = place
        while link[root] != root:
            root = link[root]
        while link[place] != root:
            link[place], place = root, link[place]
        return root


def hang(world: World, trust: int, arrivals: Arrivals) -> tuple[Whole, Arrivals]:
    """The journey of each arrival that found one, and those arrivals, received on the day of their journey."""
    settings: dict[str, Any] = elective()["cancer"]
    journeys, line, received = world.journeys, world.line, world.referrals.received
    functions = world.inputs.functions
    near = int(settings["nearest_days"])
    usable = (journeys.trust == trust) & (line.flaw == 0) & (line.sender < 0)
    usable &= world.people.death_day[line.person] == NEVER
    usable &= world.people.birth_day[line.person] < world.census - _ADULT
    usable &= np.isin(journeys.kind, (OPEN, ADMITTED, NON_ADMITTED)) & (received > world.census - 600)
    open_: Mask = journeys.kind == OPEN
    pools: dict[tuple[int, bool, int], Pool] = {}
    for function in range(len(functions)):
        rows = np.flatnonzero(usable & (journeys.function == function))
        for is_open in (True, False):
            for priority in (2, 1, 0):
                some = rows[(open_[rows] == is_open) & (world.referrals.priority[rows] == priority)]
                pools[function, is_open, priority] = Pool(some, received[some])
    wanted = {
        number: [functions.index(code) for code in settings["functions"][name].split() if code in functions]
        for number, name in enumerate(GROUPS)
    }
    found = np.full(len(arrivals), -1, dtype=np.int64)
    still = arrivals.open(world.census)
    # open ones choose first, the latest first: an open pathway of the last days is what they need most
    order = np.lexsort((-arrivals.day, ~still))
    for row in order.tolist():
        day = int(arrivals.day[row] - arrivals.gap[row])
        kinds = (True,) if still[row] else (False, True)
        for place in product(wanted[int(arrivals.group[row])], (2, 1, 0), kinds):
            found[row] = pools[place[0], place[2], place[1]].take(day, near)
            if found[row] >= 0:
                break
    rows = np.flatnonzero(found >= 0)
    kept = arrivals.take(rows)
    kept.day = received[found[rows]] + kept.gap
    # moved by a few days, some would be open on a pathway that is not, or upgraded after the census
    sound = np.flatnonzero((open_[found[rows]] | ~kept.open(world.census)) & (kept.day <= world.census))
    kept = kept.take(sound)
    found = found[rows][sound]
    kept.group = men_first(kept.group, ~world.people.women[line.person[found]])
    return found, kept


def men_first(group: Whole, man: Mask) -> Whole:
    """Groups with prostate and other urological exchanged, so that prostate goes to men; how many of each stays.

    Only if there are more prostates than men among the two does a woman keep one, and then it becomes urological.

    >>> prostate, other = GROUPS.index("prostate"), GROUPS.index("urological")
    >>> men_first(np.array([prostate, other, 0]), np.array([False, True, False])).tolist() == [other, prostate, 0]
    True
    """
    prostate, other = GROUPS.index("prostate"), GROUPS.index("urological")
    both = np.flatnonzero(np.isin(group, (prostate, other)))
    many = min(int((group == prostate).sum()), int(man[both].sum()))
    # men who have one already keep it, then men with another; the order of rows decides among them
    order = both[np.lexsort((group[both] != prostate, ~man[both]))]
    out = group.copy()
    out[order[:many]], out[order[many:]] = prostate, other
    return out


def passed_on(world: World, trust: int) -> Whole:
    """Journeys that another trust of the group passed on to the first one, in functions that see a cancer group.

    Only the first trust of the system receives them.
    """
    settings: dict[str, Any] = elective()["cancer"]
    journeys, line = world.journeys, world.line
    if trust > 0:
        return np.zeros(0, dtype=np.int64)
    seen = {code for name, codes in settings["functions"].items() if name != "other" for code in codes.split()}
    functions = [place for place, code in enumerate(world.inputs.functions) if code in seen]
    able = (journeys.trust == trust) & (line.sender >= 0) & (line.flaw == 0) & np.isin(journeys.function, functions)
    able &= np.isin(journeys.kind, (OPEN, ADMITTED, NON_ADMITTED)) & (line.transfer <= world.census)
    able &= world.people.death_day[line.person] == NEVER
    return np.flatnonzero(able & (world.referrals.received > world.census - 540)).astype(np.int64)
