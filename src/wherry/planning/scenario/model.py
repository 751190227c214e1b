"""The parts of a scenario. Years are financial years by their first calendar year: 2023 is 2023/24.

An `Interval` holds 80%: a Normal distribution with its middle between the ends and a standard deviation of its width
over 2.563103, cut to what its assumption can be. (NHS England's demand model, version 5.2.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

#: Width of the central 80% of a Normal distribution, in standard deviations.
WIDTH_OF_80 = 2.5631031310892007

Effect = Literal["avoid", "shorten", "convert", "theatre_time"]


@dataclass(frozen=True)
class Interval:
    """An 80% interval, `low` at most `high`, cut to `least` and `most`. A certain number has both ends alike."""

    low: float
    high: float
    least: float = float("-inf")
    most: float = float("inf")

    @property
    def middle(self) -> float:
        """Its middle, cut."""
        return min(self.most, max(self.least, (self.low + self.high) / 2))

    @property
    def certain(self) -> bool:
        """Whether there is nothing to draw."""
        return self.low == self.high


@dataclass(frozen=True)
class Where:
    """What activity an assumption is about; an empty part means all of it.

    `sites` may name sites or their trusts. `whats` are treatment functions (or tests). Ages include both ends. A
    spell must carry all of the `markers`.
    """

    kinds: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    whats: tuple[str, ...] = ()
    ages: tuple[int, int] = (0, 200)
    sexes: tuple[int, ...] = ()
    quintiles: tuple[int, ...] = ()
    markers: tuple[str, ...] = ()
    nights_at_least: int = 0


@dataclass(frozen=True)
class Phase:
    """How an assumption comes in: 0 before `start`, then evenly to 1 in `full`. A `steps` table says it year by year
    instead: the last named year at or before a year counts."""

    start: int
    full: int
    steps: tuple[tuple[int, float], ...] = ()

    def share(self, year: int) -> float:
        """How much of it is in force in a year.

        >>> [Phase(2024, 2026).share(year) for year in (2023, 2024, 2025, 2026, 2030)]
        [0.0, 0.3333333333333333, 0.6666666666666666, 1.0, 1.0]
        """
        if self.steps:
            return max((step for step in self.steps if step[0] <= year), default=(year, 0.0))[1]
        if year < self.start:
            return 0.0
        return min(1.0, (year - self.start + 1) / (self.full - self.start + 1))


@dataclass(frozen=True)
class Growth:
    """Growth a year beyond population, compounding from the year after `first - 1` to `last`; level after it.

    `includes_population`: the published growth is all there is, so the population's part is taken off it, by kind and
    site and year. `per_year` 0.02 is 2% more each year.
    """

    name: str
    title: str
    where: Where
    per_year: Interval
    first: int
    last: int
    includes_population: bool
    source: str


@dataclass(frozen=True)
class Factor:
    """A factor on activity: a baseline adjustment, patients who come back (repatriation) or go elsewhere
    (expatriation, a factor below 1), or the clearance of waiting lists. `phase` brings it in."""

    name: str
    title: str
    driver: Literal["baseline", "repatriation", "expatriation", "waiting_list"]
    where: Where
    factor: Interval
    phase: Phase
    source: str


@dataclass(frozen=True)
class Intervention:
    """Something that is done. `share` is taken away, of what `effect` says, when it is fully in force:

    avoid: of the activity itself. shorten: of each night, by itself. convert: of the activity, which becomes `to`
    (without nights). theatre_time: of the theatre minutes of a case.
    """

    name: str
    title: str
    effect: Effect
    where: Where
    share: Interval
    phase: Phase
    source: str
    to: str = ""
    owner: str = ""


@dataclass(frozen=True)
class HealthStatus:
    """The share of the extra life that people gain which is lived in good health; 0: none, 1: all of it.

    `ages` to which it applies. The age whose activity applies is lowered by the share times the gain in years.
    """

    share_in_good_health: Interval
    source: str
    ages: tuple[int, int] = (55, 90)


@dataclass(frozen=True)
class Scenario:
    """The whole of it. `population` holds variants with their weights, which add up to 1.

    `capacity` overrides keys of the system's capacity assumptions (`wherry.planning.capacity`), checked there: pairs of
    a dotted key and its value, lists as tuples.
    """

    name: str
    title: str
    question: str
    base_year: int
    horizon_year: int
    runs: int
    seed: int
    population: tuple[tuple[str, float], ...]
    population_source: str
    health_status: HealthStatus | None = None
    growth: tuple[Growth, ...] = ()
    factors: tuple[Factor, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    capacity: tuple[tuple[str, object], ...] = ()
    capacity_source: str = ""
    notes: str = ""
    text: str = field(default="", compare=False, repr=False)

    @property
    def years(self) -> tuple[int, ...]:
        """Every year from base to horizon, both included."""
        return tuple(range(self.base_year, self.horizon_year + 1))


def year_words(year: int) -> str:
    """A financial year as people write it.

    >>> year_words(2023), year_words(1999)
    ('2023/24', '1999/00')
    """
    return f"{year}/{(year + 1) % 100:02d}"
