"""The shapes of answers. Places are site codes, trust codes, or GROUP; years are first calendar years.

Everything here can be kept as JSON (`dataclasses.asdict`) and read again, so that a page shows just what a run wrote.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The place that means every site together.
GROUP = "group"


@dataclass(frozen=True)
class Spread:
    """The 10th, 50th and 90th centile of the runs, and their mean. Low to high is the 80% range."""

    low: float
    middle: float
    high: float
    mean: float


@dataclass(frozen=True)
class Fan:
    """One measure by year at one place. `base` is the baseline itself; `points` pairs of year and spread.

    `measure` is a kind of activity, nights, beds, virtual_nights, theatre_minutes, or a requirement's code. One part of
    a breakdown also says by what (`by`: what, age, sex, quintile or ward) and which part (`label`, in words).
    """

    measure: str
    words: str
    unit: str
    place: str
    base: float
    points: tuple[tuple[int, Spread], ...]
    by: str = ""
    label: str = ""


@dataclass(frozen=True)
class Gap:
    """Needed less existing, of one requirement at one place (and ward group, blank for all), in one year.

    Above 0 is missing. `enough`: the share of runs in which what exists is enough. `existing` None: nobody has said.
    """

    requirement: str
    words: str
    unit: str
    place: str
    ward: str
    year: int
    existing: float | None
    needed: Spread
    gap: Spread | None
    enough: float | None


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall: what a driver adds (or takes away), whatever order the drivers are taken in (Shapley)."""

    name: str
    title: str
    driver: str
    value: Spread


@dataclass(frozen=True)
class Waterfall:
    """From the base year to the horizon: `start`, the steps, `end`. The steps' means lead to the end's."""

    measure: str
    words: str
    unit: str
    place: str
    start: float
    steps: tuple[Step, ...]
    end: Spread


@dataclass(frozen=True)
class Return:
    """What one intervention returns in the horizon year: beds, nights, and activity (positive is saved).

    `beds` is its part of the whole (order-free); `alone` what it would save if it were the only one.
    """

    name: str
    title: str
    place: str
    beds: Spread
    nights: Spread
    alone_beds: float
    activity: tuple[tuple[str, Spread], ...]
    source: str


@dataclass(frozen=True)
class Swing:
    """One bar of the tornado: beds needed at the horizon if this assumption alone were at its 10th or 90th centile."""

    name: str
    title: str
    place: str
    low_at: float
    high_at: float
    low_value: float
    high_value: float
    middle_value: float

    @property
    def width(self) -> float:
        """How much hangs on it."""
        return abs(self.high_value - self.low_value)


@dataclass(frozen=True)
class Assumption:
    """One line of the assumptions log: what, about which activity, how much, when, and who says so."""

    name: str
    title: str
    driver: str
    about: str
    amount: str
    when: str
    source: str


@dataclass(frozen=True)
class Answers:
    """Everything that a page or a workbook shows of one run."""

    scenario: str
    title: str
    question: str
    base_year: int
    horizon_year: int
    runs: int
    seed: int
    headline: str
    places: tuple[tuple[str, str], ...]
    fans: tuple[Fan, ...]
    gaps: tuple[Gap, ...]
    waterfalls: tuple[Waterfall, ...]
    returns: tuple[Return, ...]
    tornado: tuple[Swing, ...]
    breakdowns: tuple[Fan, ...]
    assumptions: tuple[Assumption, ...]
    notes: tuple[str, ...]
    baseline: str
    seconds: float


@dataclass(frozen=True)
class Difference:
    """One measure at one place in one year, of two scenarios: `difference` is the second less the first.

    `second_more`: the share of runs in which the second has more; None where runs could not be paired.
    """

    measure: str
    words: str
    unit: str
    place: str
    year: int
    first: Spread
    second: Spread
    difference: Spread
    second_more: float | None


@dataclass(frozen=True)
class Comparison:
    """Two scenarios side by side. `paired`: run by run on the same random numbers; `how` says so in words."""

    first: str
    second: str
    paired: bool
    how: str
    places: tuple[tuple[str, str], ...]
    differences: tuple[Difference, ...]
