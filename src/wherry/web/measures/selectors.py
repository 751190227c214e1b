"""Reads: the chart of one measure, scope and split as one reader may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from wherry.errors import UserError
from wherry.performance.controlled import Controlled, too_many_withheld
from wherry.performance.disclosure import Rule
from wherry.performance.measures.model import Measure, Split, Target
from wherry.performance.measures.values import Scope, Series
from wherry.web.access.access import Access
from wherry.web.components import performance
from wherry.web.measures.models import Baseline, Note

if TYPE_CHECKING:
    from wherry.performance.spc import Chart

#: Rules of the charts by what addresses call them, and in words.
RULES = {
    "default": "Seven points in a row",
    "six": "Six points in a row",
    "spreadsheet": "As NHS England's spreadsheet",
}


@dataclass(frozen=True)
class ChartView:
    """One chart: its figures as they may be shown, what they say, and what people wrote on it.

    `chart` is None where there are no figures, or too many are withheld. `withheld` counts periods that disclosure
    control hides. `target` is that of the last period, `targets` one a period.
    """

    measure: Measure
    scope: Scope
    split: Split
    category: str
    controlled: Controlled
    chart: Chart | None
    sentence: str
    target: Target | None
    targets: tuple[float | None, ...]
    baselines: tuple[Baseline, ...]
    notes: tuple[Note, ...]
    rules: str

    @property
    def series(self) -> Series:
        """The figures, one a period."""
        return self.controlled.series

    @property
    def rule(self) -> Rule:
        """What was withheld from whom."""
        return self.controlled.rule

    @property
    def withheld(self) -> int:
        """How many periods' figures are hidden."""
        return sum(self.controlled.withheld)

    @property
    def has_data(self) -> bool:
        """Whether there is any figure, shown or withheld."""
        return len(self.series) > 0 or self.controlled.days_withheld

    @property
    def is_rare(self) -> bool:
        """Whether the chart is of the days between rare events, and a figure of the events of one day."""
        return self.measure.chart != "xmr"

    @property
    def latest(self) -> tuple[date, float] | None:
        """The last period with a figure that is shown, and the figure."""
        for at in range(len(self.series) - 1, -1, -1):
            value = float(self.series.values[at])
            if value == value:
                return self.series.periods[at], value
        return None

    @cached_property
    def svg(self) -> str:
        """The chart drawn; blank where there is none."""
        if self.chart is None:
            return ""
        from wherry.performance.spc import draw

        marks = [(one.period, one.text) for one in self.notes if one.period is not None]
        name = f"chart-{self.measure.code}-{self.scope.code}-{self.split.value}-{self.category}".rstrip("-")
        drawn: str = draw.svg(
            self.chart,
            id="".join(c if c.isalnum() else "-" for c in name),
            title=f"{self.measure.name}, {self.scope.name}",
            description=self.sentence,
            y_label="days between" if self.is_rare else unit_words(self.measure.unit),
            targets=None if self.is_rare else self.targets,
            notes=marks,
            unit="days" if self.is_rare else self.measure.unit,
            width=960,
            height=380,
        )
        return drawn


def unit_words(unit: str) -> str:
    """A unit as an axis says it.

    >>> unit_words("per_1000"), unit_words("percent"), unit_words("number")
    ('per 1,000', '%', 'number')
    """
    return {"percent": "%", "per_1000": "per 1,000", "per_100000": "per 100,000", "pence": "pence"}.get(unit, unit)


def measure_of(code: str) -> Measure:
    """The measure of a code. Raises UserError for one that nobody defined."""
    found = performance.definitions().get(code)
    if found is None:
        raise UserError(f"There is no measure called {code}. Choose one from the list of measures.")
    return found


def chart_for(
    measure: Measure | str,
    scope: Scope | str,
    split: Split = Split.ALL,
    category: str = "",
    access: Access | None = None,
    rules: str = "default",
) -> ChartView:
    """The chart of a measure and scope, of everybody or of one category of a split, as `access` may see it.

    Without `access` figures are controlled as for a reader who may not see patients, which is what files and reports
    need. `rules` is a key of `RULES`. Raises UserError for a measure or scope that nobody knows.
    """
    known = measure if isinstance(measure, Measure) else measure_of(measure)
    whose = scope if isinstance(scope, Scope) else performance.scope(scope)
    if whose is None:
        raise UserError(f"There is no organisation or place {scope} here. Choose one from the list.")
    return chart_with(
        known,
        whose,
        split,
        category,
        access=access,
        rules=rules,
        baselines=tuple(Baseline.objects.filter(measure=known.code, scope=whose.code, undone_at=None)),
        notes=tuple(Note.objects.filter(measure=known.code, scope=whose.code, undone_at=None)),
    )


def chart_with(
    measure: Measure,
    scope: Scope,
    split: Split = Split.ALL,
    category: str = "",
    *,
    access: Access | None,
    rules: str = "default",
    baselines: tuple[Baseline, ...] = (),
    notes: tuple[Note, ...] = (),
) -> ChartView:
    """The same with what people wrote already read: for many charts at once."""
    controlled = performance.series(measure, scope, split, category, access)
    series = controlled.series
    rare = measure.chart != "xmr"
    found = [] if rare else [measure.target_on(day) for day in series.periods]
    targets = tuple(None if one is None else one.value for one in found)
    undrawn = controlled.days_withheld or too_many_withheld(controlled.withheld)
    chart = None if undrawn else _charted(measure, series, targets, baselines, rules)
    return ChartView(
        measure,
        scope,
        split,
        category,
        controlled,
        chart,
        _sentence(measure, controlled, chart),
        found[-1] if found else (None if rare else measure.target_on(performance.today())),
        targets,
        baselines,
        notes,
        rules,
    )


def _charted(
    measure: Measure,
    series: Series,
    targets: tuple[float | None, ...],
    baselines: tuple[Baseline, ...],
    rules: str,
) -> Chart | None:
    if not len(series):
        return None
    from wherry.performance import spc

    starts, options = tuple(one.starts_on for one in baselines), spc.PRESETS.get(rules, spc.DEFAULT)
    if measure.chart != "xmr":
        known = zip(series.periods, series.values.tolist(), strict=True)
        events = [day for day, times in known if times == times for _ in range(round(times))]
        return spc.t_chart(events, rebase=starts, options=options) if events else None
    return spc.chart(
        series.periods,
        [None if value != value else float(value) for value in series.values],
        improvement=measure.direction.value,
        target=targets[-1],
        rebase=starts,
        options=options,
    )


def _sentence(measure: Measure, controlled: Controlled, chart: Chart | None) -> str:
    """What the chart says; where the last figure is withheld, that."""
    if controlled.days_withheld:
        return "The days of these events are withheld, because a day may tell who it was: read them by the month."
    if not len(controlled.series):
        return ""
    if too_many_withheld(controlled.withheld):
        hidden, every = sum(controlled.withheld), len(controlled.withheld)
        return (
            f"{hidden} of {every} figures are withheld, because they count few people. No chart is drawn: what is left "
            "are the larger figures, and limits would mislead."
        )
    if chart is None or controlled.last_withheld:
        return "The latest figure is withheld, because it counts few people, so nothing can be said of it."
    from wherry.performance.spc import words

    return words.sentence(chart, "", "days" if measure.chart != "xmr" else measure.unit)
