"""How often each method cries wolf: placebo starts on real trusts to which nothing was done, and how much it can see.

The honest measure of a method is not its formula. Each trial takes one trust and one date at which nothing is known to
have begun, and asks every way of judging whether it would have called something at its 5% level. For power a known
effect is added to the figures after that date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from wherry.performance.evaluation import did, its, ready
from wherry.performance.evaluation.judge import judge
from wherry.performance.evaluation.panel import Panel
from wherry.performance.evaluation.settings import number, whole
from wherry.performance.evaluation.spec import Spec
from wherry.performance.evaluation.verdict import Kind

#: Ways of judging, in the order of their table.
WAYS = {
    "before_after": "Before and after alone (two means, plain errors)",
    "its_alone": "Interrupted time series without a comparator (errors of the series)",
    "its_control": "Interrupted time series with comparators, by the errors of the series alone",
    "its": "Interrupted time series with comparators, as judged here",
    "did_cluster": "Difference in differences, by errors clustered by trust",
    "did": "Difference in differences, as judged here",
    "synthetic_control": "Synthetic control, as judged here",
}
_JUDGED = ("its", "did", "synthetic_control")


@dataclass(frozen=True)
class Trial:
    """One trust, one date, one way: whether it called something, and which way; None where it could not judge."""

    way: str
    unit: str
    start: date
    called: str | None


@dataclass(frozen=True)
class Rate:
    """How often a way called something. `right` are calls in the direction of an added effect."""

    way: str
    trials: int
    judged: int
    called: int
    right: int

    @property
    def share(self) -> float:
        """Calls over what could be judged; NaN where nothing could."""
        return self.called / self.judged if self.judged else float("nan")


def nearest(panel: Panel, unit: str, count: int) -> tuple[str, ...]:
    """The units whose mean denominator is nearest to a unit's in proportion: comparators chosen without the outcome."""
    with np.errstate(divide="ignore", invalid="ignore"):
        sizes = np.log(np.nanmean(np.where(panel.denominators > 0, panel.denominators, np.nan), axis=1))
    apart = np.abs(sizes - sizes[panel.rows([unit])[0]])
    order = np.lexsort((np.array(panel.units), np.nan_to_num(apart, nan=np.inf)))
    return tuple(panel.units[int(one)] for one in order if panel.units[int(one)] != unit)[:count]


def shifted(panel: Panel, unit: str, start: date, effect: float) -> Panel:
    """The panel with a known effect added to one unit from a date on."""
    values = panel.values.copy()
    after = np.array([day >= start for day in panel.periods])
    values[panel.rows([unit])[0], after] += effect
    return replace(panel, values=values)


def trials(
    panel: Panel, units: Sequence[str], starts: Sequence[date], *, comparators: int = 40, effect: float = 0.0
) -> Iterator[Trial]:
    """Every way on every unit and start. `effect` in the measure's unit is added after the start."""
    for start in starts:
        for unit in units:
            changed = shifted(panel, unit, start, effect) if effect else panel
            spec = Spec(
                "did",
                changed,
                (unit,),
                start,
                "increase",
                comparators=nearest(panel, unit, comparators),
                baseline_from=panel.periods[0],
                baseline_to=max(day for day in panel.periods if day < start),
                fixed_on=panel.periods[0],
            )
            for method in _JUDGED:
                yield Trial(method, unit, start, _verdict(replace(spec, method=method)))
            yield from (Trial(way, unit, start, said) for way, said in _errors_alone(spec))


def rates(found: Sequence[Trial], effect: float = 0.0) -> list[Rate]:
    """The trials counted by way."""
    good = "better" if effect > 0 else "worse"
    rows = []
    for way in WAYS:
        mine = [one for one in found if one.way == way]
        judged = [one for one in mine if one.called is not None]
        called = [one for one in judged if one.called]
        rows.append(Rate(way, len(mine), len(judged), len(called), sum(one.called == good for one in called)))
    return rows


def _verdict(spec: Spec) -> str | None:
    kind = judge(spec).verdict.kind
    return {Kind.REALISED: "better", Kind.NEGATIVE: "worse", Kind.NOT_SHOWN: ""}.get(kind)


def _errors_alone(spec: Spec) -> Iterator[tuple[str, str | None]]:
    """The ways that look at the errors of one series, or of a clustered regression, alone."""
    made = ready.make(spec)
    if ready.too_few(replace(made, spec=replace(spec, method="its"))) or not made.comparators:
        for way in ("before_after", "its_alone", "its_control", "did_cluster"):
            yield way, None
        return
    from scipy import stats

    alpha = number("alpha")
    before, after = made.own[made.before], made.own[made.after]
    plain = stats.ttest_ind(after, before)
    yield "before_after", _called(float(after.mean() - before.mean()), float(plain.pvalue), alpha)
    values = np.where(made.used, made.own, np.nan)
    season = int(made.before.sum() >= whole("season_before"))
    control = made.panel.together(made.comparators)[0]
    for way, against in (("its_alone", None), ("its_control", control)):
        fitted = its.fit(values, made.at, made.start_at, control=against, season=season, grain=made.panel.grain)
        yield way, _called(fitted.average.value, fitted.average.p, alpha)
    columns = made.columns()
    units = (*spec.treated, *made.comparators)
    rows = made.panel.values[made.panel.rows(units)][:, columns]
    simple = did.fit(rows, np.arange(len(units)) < 1, made.after[columns], made.at[columns])
    yield "did_cluster", _called(simple.effect, simple.cluster_p, alpha)


def _called(effect: float, p: float, alpha: float) -> str:
    return "" if not p <= alpha else "better" if effect > 0 else "worse"
