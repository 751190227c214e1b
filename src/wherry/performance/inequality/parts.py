"""One category of a split: its figure, the numbers behind it and its interval.

Figures are those that the reader may see: disclosure control has been there first, so a gap is never made from a
figure that is withheld.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherry.performance.inequality.intervals import Estimate
from wherry.performance.measures.model import FACTORS, Measure, Split


@dataclass(frozen=True)
class Part:
    """One category. `figure` in the measure's unit; `numerator` and `denominator` None where they did not come.

    `known` False is "not known": shown, never compared. `withheld` is the token it is shown as.
    """

    code: str
    name: str
    numerator: float | None
    denominator: float | None
    figure: Estimate
    known: bool = True
    withheld: str = ""

    @property
    def value(self) -> float | None:
        """The figure alone."""
        return self.figure.value

    @property
    def counts(self) -> tuple[float, float] | None:
        """Numerator and denominator, where both are there."""
        if self.numerator is None or self.denominator is None:
            return None
        return self.numerator, self.denominator


def estimates(measure: Measure, counts: Sequence[tuple[float | None, float | None]]) -> list[Estimate]:
    """Figures with intervals: Wilson for percentages, exact Poisson limits and Byar's for rates and plain counts.

    Means (days, minutes, pence, ratio) have none: only sums are kept, not how single people differ.
    """
    from wherry.performance import indicators

    top = [float("nan") if a is None else a for a, _ in counts]
    below = [float("nan") if b is None else b for _, b in counts]
    if not counts:
        return []
    if measure.unit == "percent":
        found = indicators.proportion(top, below, multiplier=FACTORS["percent"])
    elif measure.unit in FACTORS:
        found = indicators.rate(top, below, multiplier=FACTORS[measure.unit])
    elif measure.unit == "number":
        found = indicators.rate(top, [1.0] * len(top), multiplier=1.0)
    else:
        return [Estimate(measure.value(a, b)) for a, b in counts]
    return [Estimate(one.value, one.lower, one.upper) for one in found]


def together(measure: Measure, some: Sequence[Part], name: str) -> Part | None:
    """Several categories as one, sums over sums; None where one of them has no numbers."""
    counts = [one.counts if measure.unit != "number" else (one.numerator, 0.0) for one in some]
    if not some or any(pair is None or pair[0] is None for pair in counts):
        return None
    top = sum(float(pair[0] or 0) for pair in counts if pair)
    below = sum(float(pair[1] or 0) for pair in counts if pair)
    return Part("together", name, top, below, estimates(measure, [(top, below)])[0])


def missing(some: Sequence[Part], measure: Measure) -> float | None:
    """The share of people whose category is not known, 0 to 1: of the denominators, or of the counts of a plain number.

    None where numbers are missing or withheld.
    """
    column = [one.numerator if measure.unit == "number" else one.denominator for one in some]
    if not some or any(one is None for one in column):
        return None
    whole = sum(one or 0.0 for one in column)
    nobody = sum(one or 0.0 for one, part in zip(column, some, strict=True) if not part.known)
    return nobody / whole if whole > 0 else None


def split_words(split: Split) -> str:
    """Who the people with no category are, in words.

    >>> split_words(Split.ETHNICITY)
    'ethnicity'
    """
    return {
        Split.IMD_QUINTILE: "deprivation of the place where they live",
        Split.AGE_BAND: "age",
        Split.SEX: "sex",
        Split.ETHNICITY: "ethnicity",
        Split.PLACE: "place of residence",
    }.get(split, "category")
