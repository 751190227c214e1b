"""Who a measure is worst for: its latest figures by deprivation, age, sex, ethnicity and place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from wherry.performance.inequality import categories
from wherry.performance.measures import periods
from wherry.performance.measures.model import Direction, Measure, Split
from wherry.performance.measures.values import Scope, Series
from wherry.web.access.access import Access
from wherry.web.components import performance
from wherry.web.measures import words


@dataclass(frozen=True)
class Row:
    """One category: its figure, of how many, and how far from everybody's. Blank where withheld or missing."""

    category: str
    name: str
    value: str
    numerator: str
    denominator: str
    apart: str
    withheld: bool
    worst: bool


@dataclass(frozen=True)
class Breakdown:
    """One split of the latest period that has it. `worst` says in a sentence for whom it is worst."""

    split: Split
    name: str
    period: str
    rows: tuple[Row, ...]
    worst: str

    @property
    def withheld(self) -> int:
        """How many categories are hidden."""
        return sum(row.withheld for row in self.rows)


def breakdowns(measure: Measure, scope: Scope, access: Access | None) -> list[Breakdown]:
    """Every split of a measure that has figures, for a scope that is no place."""
    values = performance.values()
    if values is None or scope.place:
        return []
    found = [_breakdown(measure, scope, split, access) for split in values.splits(measure.code)]
    return [one for one in found if one is not None]


def _breakdown(measure: Measure, scope: Scope, split: Split, access: Access | None) -> Breakdown | None:
    values = performance.values()
    places = {one.place: one.name for one in performance.scopes() if one.place}
    codes = categories.ordered(split, values.categories(measure.code, split), places) if values else []
    series = {code: performance.series(measure, scope, split, code, access) for code in codes}
    last = max((one.series.periods[-1] for one in series.values() if len(one.series)), default=None)
    if last is None:
        return None
    everybody = _at(performance.series(measure, scope, access=access).series, last)
    figures: dict[str, tuple[float, float, float, bool]] = {}
    for code, one in series.items():
        if last in one.series.periods:
            at = one.series.periods.index(last)
            found = one.series
            figures[code] = (found.values[at], found.numerators[at], found.denominators[at], one.withheld[at])
    worst = _worst(measure, split, {code: row[0] for code, row in figures.items()}, everybody)
    rows = tuple(
        Row(
            code,
            categories.name(split, code, places),
            words.amount(measure, value),
            words.count(numerator),
            words.count(denominator),
            apart(measure, value, everybody),
            withheld,
            code == worst,
        )
        for code, (value, numerator, denominator, withheld) in figures.items()
    )
    named = next((row for row in rows if row.worst), None)
    sentence = ""
    if named is not None:
        lead = "Of those shown, worst for" if any(row.withheld for row in rows) else "Worst for"
        sentence = f"{lead} {named.name}: {named.value}" + (f", {named.apart} everybody." if named.apart else ".")
    return Breakdown(split, categories.SPLIT_NAMES[split], periods.words(last, measure.grain), rows, sentence)


def _at(series: Series, day: date) -> float:
    return float(series.values[series.periods.index(day)]) if day in series.periods else float("nan")


def _worst(measure: Measure, split: Split, values: dict[str, float], everybody: float) -> str:
    """The category that is worst off; blank where nothing can be said, or worse is not defined, or all are alike.

    One that is no worse than everybody, as when those that are have been withheld, is not it. A plain number is no
    measure of who is worst: more people live in one place than in another.
    """
    known = {code: value for code, value in values.items() if value == value and categories.is_known(split, code)}
    if len(known) < 2 or measure.direction is Direction.NEUTRAL or measure.unit == "number":
        return ""
    if max(known.values()) == min(known.values()):
        return ""
    rising = measure.direction is Direction.INCREASE
    found = (min if rising else max)(known, key=lambda code: known[code])
    better = known[found] >= everybody if rising else known[found] <= everybody
    return "" if better else found


def apart(measure: Measure, value: float, everybody: float) -> str:
    """How far a figure is from everybody's, in words; blank for a plain number, of which the parts are the whole."""
    gap = value - everybody
    if gap != gap or measure.unit == "number":
        return ""
    size = words.amount(measure, abs(gap))
    if measure.unit == "percent":
        size = f"{abs(gap):,.{measure.decimals}f} points"
    if not any(digit in size for digit in "123456789"):
        return "the same as"
    return f"{size} {'above' if gap > 0 else 'below'}"
