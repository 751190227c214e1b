"""How far apart the categories of a measure are: gaps with their intervals, and what each gap compares.

Deprivation has a direction that was chosen before anybody looked: most against least deprived fifth. For age, sex,
ethnicity and place the worst category stands against the best and against the rest; which they are was found in the
same figures, so their intervals are too narrow, and each says so. Counts without people to count them in have no gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherry.performance.inequality import intervals
from wherry.performance.inequality.categories import LEAST, MOST
from wherry.performance.inequality.intervals import COUNTED, Estimate
from wherry.performance.inequality.parts import Part, together
from wherry.performance.measures.model import Direction, Measure, Split

NO_GAP_OF_COUNTS = (
    "This measure is a plain count. It says how many, not how likely, and groups differ in size: no gap is made of it."
)
NO_CHANCE = "Only sums are kept of this measure, not how single people differ: its gaps have no interval."
OF_THOSE_SHOWN = (
    "Some categories are withheld: worst and best are of those that can be shown, and the test is of them alone."
)
CHOSEN = (
    "Which category is worst was found in these same figures. The interval does not allow for that and is too narrow; "
    "the test of all categories together does."
)


@dataclass(frozen=True)
class Gap:
    """One category against another. `absolute` is first minus second in the unit, `relative` first over second.

    `worse`: whether the first is worse than the second; None where neither way is better, or they are equal. `clear`:
    whether the interval of the absolute gap leaves nought out; None where there is no interval. `chosen`: picked after
    seeing the figures. `z`: standard errors apart, if they were really the same.
    """

    first: Part
    second: Part
    absolute: Estimate
    relative: Estimate
    z: float | None
    worse: bool | None
    chosen: bool = False

    @property
    def clear(self) -> bool | None:
        """Whether the interval leaves nought out."""
        return self.absolute.excludes(0.0) if self.absolute.has_limits else None


def disadvantage(measure: Measure, absolute: float) -> float:
    """A gap turned so that more is worse for the first category; as it is where neither way is better."""
    return -absolute if measure.direction is Direction.INCREASE else absolute


@dataclass(frozen=True)
class Gaps:
    """What the categories of one split say. `main` is the gap named first on a page; None with the reason in `note`.

    `best` and `worst` are the highest and lowest where neither way is better. `rest`: the worst against all other known
    categories together, None where one of them is withheld. `test`: p of the hypothesis that all known categories are
    alike, by chi-squared.
    """

    main: Gap | None
    best: Part | None
    worst: Part | None
    rest: Gap | None
    test: float | None
    note: str = ""


def gap(measure: Measure, first: Part, second: Part, *, chosen: bool = False) -> Gap | None:
    """One category against another; None where either has no figure."""
    if first.value is None or second.value is None:
        return None
    absolute = intervals.difference(first.figure, second.figure)
    worse = None
    if measure.direction is not Direction.NEUTRAL and first.value != second.value:
        worse = (first.value > second.value) == (measure.direction is Direction.DECREASE)
    a, b = first.counts, second.counts
    return Gap(
        first,
        second,
        absolute,
        intervals.ratio(first.figure, second.figure),
        intervals.evidence(measure.unit, a, b) if a and b else None,
        worse,
        chosen,
    )


def gaps(measure: Measure, split: Split, some: Sequence[Part]) -> Gaps:
    """The gaps of one split's categories."""
    known = [one for one in some if one.known and one.value is not None]
    if measure.unit == "number":
        return Gaps(None, None, None, None, None, NO_GAP_OF_COUNTS)
    if len(known) < 2:
        return Gaps(None, None, None, None, None, _too_few(some))
    worst, best = _ends(measure, known)
    hidden = any(one.known and one.withheld for one in some)
    others = together(measure, [one for one in known if one is not worst], "Everybody else known")
    rest = gap(measure, worst, others, chosen=True) if others is not None and len(known) > 2 and not hidden else None
    test = alike(measure, known)
    note = OF_THOSE_SHOWN if hidden else ""
    if split is not Split.IMD_QUINTILE:
        return Gaps(gap(measure, worst, best, chosen=True), best, worst, rest, test, note)
    by = {one.code: one for one in known}
    if MOST not in by or LEAST not in by:
        lacking = "most" if MOST not in by else "least"
        return Gaps(None, best, worst, rest, test, f"The {lacking} deprived fifth has no figure that can be shown.")
    return Gaps(gap(measure, by[MOST], by[LEAST]), best, worst, rest, test, note)


def _ends(measure: Measure, known: Sequence[Part]) -> tuple[Part, Part]:
    """Worst and best; highest and lowest where neither way is better. The first in order where several are equal."""
    high = max(known, key=lambda one: one.value or 0.0)
    low = min(known, key=lambda one: one.value or 0.0)
    return (low, high) if measure.direction is Direction.INCREASE else (high, low)


def _too_few(some: Sequence[Part]) -> str:
    if any(one.withheld for one in some):
        return "Too few categories can be shown: figures of few people are withheld."
    return "Fewer than two known categories have a figure."


def alike(measure: Measure, known: Sequence[Part]) -> float | None:
    """p of all categories being alike: Pearson's chi-squared, one degree of freedom fewer than categories.

    Events and non-events for percentages; events against people for rates. None where chance cannot be said, or a
    category is too small for the test (`intervals.EXPECTED`).
    """
    from scipy.special import chdtrc

    counts = [one.counts for one in known]
    if measure.unit not in COUNTED or len(counts) < 2 or any(pair is None or pair[1] <= 0 for pair in counts):
        return None
    pairs = [pair for pair in counts if pair is not None]
    events, people = sum(a for a, _ in pairs), sum(n for _, n in pairs)
    common = events / people
    if not intervals.enough(measure.unit, common, [n for _, n in pairs]):
        return None
    spread = common * (1 - common) if measure.unit == "percent" else common
    total = sum((a - n * common) ** 2 / (n * spread) for a, n in pairs)
    return float(chdtrc(len(pairs) - 1, total))
