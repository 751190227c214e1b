"""Many measures in order of how strong the evidence of a gap is, with many comparisons allowed for.

The rule, as pages state it (`RULE`): for deprivation the z of most against least deprived fifth; for other splits the
chi-squared test of all known categories, so that nothing rests on which category was picked after looking. Both are
turned into p, and measures stand by p, smallest first; those for which chance cannot be said stand after, by the size
of the relative gap. "Holds" is by Benjamini and Hochberg 1995 (J R Stat Soc B 57:289-300) at 5% over all rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wherry.performance.inequality.breakdown import Breakdown
from wherry.performance.inequality.gaps import Gaps, gaps
from wherry.performance.measures.model import Split

RATE = 0.05
RULE = (
    "Rows stand by the strength of the evidence, strongest first: for deprivation, most against least deprived fifth; "
    "for other splits, a chi-squared test of all known categories. With many rows some look unusual by chance alone: "
    "“holds” marks those that stand when the share of false ones among them is kept to 5% (Benjamini and Hochberg). "
    "Nothing is said where fewer than five events are to be expected in a category. The tests take "
    "every event as a separate one; people counted more than once make them look stronger than they are."
)


@dataclass(frozen=True)
class Row:
    """One measure and split. `p` None where chance cannot be said; `holds` after allowing for all rows."""

    breakdown: Breakdown
    gaps: Gaps
    p: float | None
    holds: bool | None = None


def two_sided(z: float) -> float:
    """p of a standard normal at least this far from nought.

    >>> round(two_sided(1.959964), 4)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2))


def row(one: Breakdown) -> Row:
    """A measure's gaps and the p that it is ranked by."""
    found = gaps(one.measure, one.split, one.parts)
    if one.split is Split.IMD_QUINTILE:
        z = found.main.z if found.main is not None else None
        return Row(one, found, None if z is None else two_sided(z))
    return Row(one, found, found.test)


def ranked(some: Sequence[Breakdown]) -> list[Row]:
    """Rows in the order of `RULE`."""
    rows = [row(one) for one in some]
    marks = holding([one.p for one in rows])
    return sorted((replace(one, holds=mark) for one, mark in zip(rows, marks, strict=True)), key=_key)


def holding(many: Sequence[float | None]) -> list[bool | None]:
    """Which p hold when the expected share of false ones among those held is at most `RATE`; None stays None.

    Benjamini and Hochberg's own example (1995, section 4.1), of which four hold:

    >>> many = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528]
    >>> sum(holding([*many, 0.759, 1.0]))
    4
    """
    ordered = sorted(one for one in many if one is not None)
    limit = max(
        (one for place, one in enumerate(ordered, 1) if one <= RATE * place / len(ordered)),
        default=-1.0,
    )
    return [None if one is None else one <= limit for one in many]


def _key(one: Row) -> tuple[int, float, float, str]:
    ratio = one.gaps.main.relative.value if one.gaps.main is not None else None
    far = abs(math.log(ratio)) if ratio and ratio > 0 else 0.0
    group = 0 if one.p is not None else 1 if one.gaps.main is not None else 2
    return group, one.p if one.p is not None else 0.0, -far, one.breakdown.measure.name
