"""One measure of one scope by the categories of one split, each as the reader may see it.

What is withheld is decided for all tables at once (`wherry.performance.controlled`); here only what is shown is put
together. Values keep one split at a time: nothing here can say how much of a gap in deprivation is age, and pages say
so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wherry.performance.controlled import Controlled
from wherry.performance.inequality import categories
from wherry.performance.inequality.intervals import Estimate
from wherry.performance.inequality.parts import Part, estimates, missing
from wherry.performance.measures.model import Measure, Split
from wherry.performance.measures.values import Scope, Values

#: A series of the scope as its reader may see it: of a split's category, or of everybody (`Split.ALL`, "").
Look = Callable[[Split, str], Controlled]
#: Those whom the split's categories leave out.
LEFT_OUT = "In no category of this split"
LEFT_OUT_CODE = "left out"


@dataclass(frozen=True)
class Breakdown:
    """Categories in order, those in none last. `total`: everybody; `missing`: the share (0 to 1) whose category is not
    known, None where that cannot be said; `periods`: all with figures, newest first."""

    measure: Measure
    scope: Scope
    split: Split
    period: date
    periods: tuple[date, ...]
    parts: tuple[Part, ...]
    total: Part | None
    missing: float | None
    sources: tuple[str, ...]
    as_at: date | None
    rule: str

    @property
    def withheld(self) -> bool:
        """Whether any category is."""
        return any(one.withheld for one in self.parts)


@dataclass(frozen=True)
class History:
    """Every period's categories: `by_period` oldest first."""

    measure: Measure
    scope: Scope
    split: Split
    by_period: tuple[tuple[date, tuple[Part, ...]], ...]
    totals: Mapping[date, Part]
    sources: tuple[str, ...]
    as_at: date | None
    rule: str

    def at(self, period: date | None = None) -> Breakdown | None:
        """One period, the newest where none is given; None where it has no figures."""
        found = dict(self.by_period)
        on = period or (self.by_period[-1][0] if self.by_period else None)
        if on is None or on not in found:
            return None
        made = found[on]
        return Breakdown(
            self.measure,
            self.scope,
            self.split,
            on,
            tuple(day for day, _ in reversed(self.by_period)),
            made,
            self.totals.get(on),
            missing(made, self.measure),
            self.sources,
            self.as_at,
            self.rule,
        )


def history(
    values: Values,
    measure: Measure,
    scope: Scope,
    split: Split,
    look: Look,
    *,
    places: Mapping[str, str] | None = None,
    newest: bool = False,
) -> History:
    """Every period's categories (with `newest`, the last one's alone: for pages of many measures)."""
    codes = categories.ordered(split, values.categories(measure.code, split), places)
    seen = [(code, look(split, code)) for code in codes]
    everybody = look(Split.ALL, "")
    days = sorted({day for _, one in seen for day in one.series.periods})
    if newest:
        days = days[-1:]
    rounding = 1 if not seen or seen[0][1].rule.exempt else seen[0][1].rule.rounding
    by_period, totals = [], {}
    for day in days:
        total = part(measure, "", "Everybody", True, everybody, day)
        some = [
            one
            for code, found in seen
            if (one := part(measure, code, categories.name(split, code, places), _known(split, code), found, day))
        ]
        rest = _left_out(measure, some, total, rounding)
        by_period.append((day, tuple([*some, rest] if rest is not None else some)))
        if total is not None:
            totals[day] = total
    words = {text for _, one in seen for text in one.series.sources}
    stood = [one.series.as_at for _, one in seen if one.series.as_at is not None]
    rule = seen[0][1].rule.words() if seen else ""
    return History(
        measure, scope, split, tuple(by_period), totals, tuple(sorted(words)), max(stood, default=None), rule
    )


def _known(split: Split, code: str) -> bool:
    return categories.is_known(split, code)


def part(measure: Measure, code: str, name: str, known: bool, found: Controlled, day: date) -> Part | None:
    """One category in one period; None where it has no row there."""
    series = found.series
    if day not in series.periods:
        return None
    at = series.periods.index(day)
    if found.withheld[at]:
        return Part(code, name, None, None, estimates(measure, [(None, None)])[0], known, found.rule.token)
    top, below, value = (_number(one[at]) for one in (series.numerators, series.denominators, series.values))
    made = estimates(measure, [(top, below)])[0]
    if made.value is None or top is None:
        made = Estimate(value)
    return Part(code, name, top, below, made, known)


def _number(value: float) -> float | None:
    return None if value != value else float(value)


def _left_out(measure: Measure, some: Sequence[Part], total: Part | None, rounding: int) -> Part | None:
    """Those whom the total has and no category, from what is shown alone; None where there are none or nobody can say.

    Rounded figures differ from their rounded sum by themselves: no more than that is told.
    """
    if total is None or total.withheld or any(one.withheld for one in some):
        return None
    plain = measure.unit == "number"
    tops, belows = [one.numerator for one in some], [one.denominator for one in some]
    top = _rest(total.numerator, tops)
    below = None if plain else _rest(total.denominator, belows)
    people = top if plain else below
    slack = 0.5 if rounding <= 1 else rounding * (len(some) + 1) / 2
    if top is None or people is None or people <= slack:
        return None
    if measure.unit == "percent" and below is not None:
        top = min(top, below)
    return Part(LEFT_OUT_CODE, LEFT_OUT, top, below, estimates(measure, [(top, below)])[0], False)


def _rest(whole: float | None, some: Sequence[float | None]) -> float | None:
    if whole is None or any(one is None for one in some):
        return None
    return max(0.0, whole - sum(one or 0.0 for one in some))
