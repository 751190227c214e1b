"""Series as a reader may see them: what disclosure control leaves of a measure's figures, whatever table shows them.

One figure is shown or withheld in the same way wherever it stands: the group's totals, an organisation's own, a
place's, any split's. A reader who puts every page and every file together learns no more than from one (`Hidden`).
What `suppression` protects is protected at the sums of these tables, which are:

- the group's figure is the sum of its organisations';
- an organisation's figure is the sum of its categories, in each split;
- a category's figure of the group, which is also that of a place, is the sum of that category's over organisations.

Where the group's own figure of a period is small, nothing of that period is shown. Where an organisation's is, nothing
of that organisation's is, in no split, nor enough of others'. In a split, those organisations together are a row that
is never shown but could be derived, and those in no category are such a column. Since each split keeps all totals as
they are, what protects one split holds whatever is shown of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.performance import suppression
from wherry.performance.disclosure import Rule, layers, rounded
from wherry.performance.measures.model import Grain, Kind, Measure, Split
from wherry.performance.measures.values import Scope, Series, Values

pc: Any = pyarrow_compute

#: Domains whose figures count posts, hours and pounds, where an organisation sends them itself.
ORGANISATION_DOMAINS = frozenset({"workforce", "money"})
#: Fact tables that count beds, places and minutes.
CAPACITY_TABLES = frozenset({"bed_morning", "theatre_session", "virtual_day"})
#: Units whose numerator counts people (or visits, or calls: things that happened to people). Others are sums.
_COUNTED = frozenset({"percent", "per_1000", "per_100000", "number"})
Counts = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def dataset_of(measure: Measure) -> str:
    """Which rule of disclosure a measure's figures are under: its own `dataset`, or that of its kind.

    Published figures are public. What organisations send about their staff and money counts no patient, nor do beds
    and minutes of theatre. All else does.
    """
    if measure.dataset:
        return measure.dataset
    if measure.national or measure.source.kind is Kind.PUBLISHED:
        return "published"
    if measure.source.kind is Kind.LOADED and measure.domain in ORGANISATION_DOMAINS:
        return "organisation"
    if measure.source.kind is Kind.TABLE and measure.source.table in CAPACITY_TABLES:
        return "organisation"
    return "people"


#: Where more than this share of a series is withheld, no limits are drawn and nothing is judged (our own default).
MOST_WITHHELD = 0.2


def too_many_withheld(withheld: Sequence[bool]) -> bool:
    """Whether so much of a series is withheld that limits would mislead: what is left are its larger figures.

    >>> too_many_withheld([True, False, False, False, False]), too_many_withheld([True, True, False, False])
    (False, True)
    """
    return sum(withheld) > MOST_WITHHELD * len(withheld)


@dataclass(frozen=True)
class Controlled:
    """A series as it may be shown. `withheld` says, period by period, whether a figure is there that may not be.

    Of rare events by the day, the day itself may not be told: those are left out, and `days_withheld` says so.
    """

    series: Series
    withheld: tuple[bool, ...]
    rule: Rule
    days_withheld: bool = False

    @property
    def any_withheld(self) -> bool:
        """Whether anything is."""
        return self.days_withheld or any(self.withheld)

    @property
    def last_withheld(self) -> bool:
        """Whether the newest figure is; of days withheld it may be."""
        return self.days_withheld or bool(self.withheld and self.withheld[-1])


@dataclass(frozen=True)
class _Figures:
    """Numerators and denominators [period, organisation, category]; NaN where there is none."""

    periods: tuple[object, ...]
    organisations: tuple[str, ...]
    categories: tuple[str, ...]
    tops: Counts
    belows: Counts


class Hidden:
    """What of one measure is withheld under a rule, by period, organisation and category. Worked out once a split."""

    def __init__(self, values: Values, measure: Measure, group: Scope, rule: Rule) -> None:
        self._values, self._measure, self._group, self._rule = values, measure, group, rule
        self._splits: dict[Split, tuple[_Figures, Mask, Mask]] = {}
        self._totals = _read(values, measure, group, Split.ALL)
        self._whole, self._single = self._hide_totals()

    def at(self, scope: Scope, split: Split, category: str) -> Mapping[object, bool]:
        """Which periods of a series are withheld."""
        if scope.place and split is Split.ALL:
            split, category = Split.PLACE, scope.place
        if split is Split.ALL:
            found, whole, single = self._totals, self._whole, self._single
            column = 0
        else:
            found, whole, single = self._split(split)
            if category not in found.categories:
                return {}
            column = found.categories.index(category)
        if {*scope.organisations, *scope.otherwise} >= {*found.organisations, *self._totals.organisations}:
            mask = whole[:, column]
        elif len(scope.organisations) == 1 and scope.organisations[0] in found.organisations:
            mask = single[:, found.organisations.index(scope.organisations[0]), column]
        else:
            return {}
        return dict(zip(found.periods, mask.tolist(), strict=True))

    def _layers(self, tops: Counts, belows: Counts) -> list[Counts]:
        return layers(tops, belows, counted=self._measure.unit in _COUNTED)

    def _hide_totals(self) -> tuple[Mask, Mask]:
        """Of the group [period, 1] and of organisations [period, organisation, 1]."""
        found, rule = self._totals, self._rule
        whole = np.zeros((len(found.periods), 1), dtype=bool)
        single = np.zeros(found.tops.shape, dtype=bool)
        for at in range(len(found.periods)):
            line = self._layers(found.tops[at, :, 0], found.belows[at, :, 0])
            own = suppression.sensitive(line, rule.threshold)
            group = suppression.sensitive([np.nansum(layer, keepdims=True) for layer in line], rule.threshold)[0]
            if not rule.secondary:
                whole[at], single[at, :, 0] = group, own
                continue
            if not own.any() and not group:
                continue
            hidden = None if group else suppression.hide_line(line, rule.threshold)
            whole[at] = hidden is None
            single[at, :, 0] = True if hidden is None else hidden
        return whole, single

    def _split(self, split: Split) -> tuple[_Figures, Mask, Mask]:
        if split not in self._splits:
            found = _read(self._values, self._measure, self._group, split)
            self._splits[split] = (found, *self._hide_split(found))
        return self._splits[split]

    def _hide_split(self, found: _Figures) -> tuple[Mask, Mask]:
        """Of the group [period, category] and of organisations [period, organisation, category]."""
        size = found.tops.shape
        whole, single = np.zeros((size[0], size[2]), dtype=bool), np.zeros(size, dtype=bool)
        place = {period: at for at, period in enumerate(self._totals.periods)}
        for at, period in enumerate(found.periods):
            total = place.get(period)
            if not self._rule.secondary:
                line = self._layers(found.tops[at], found.belows[at])
                single[at] = suppression.sensitive(line, self._rule.threshold)
                whole[at] = suppression.sensitive([np.nansum(one, axis=0) for one in line], self._rule.threshold)
            elif total is not None and self._whole[total, 0]:
                whole[at], single[at] = True, True
            else:
                whole[at], single[at] = self._hide_table(found, at, total)
        return whole, single

    def _hide_table(self, found: _Figures, at: int, total: int | None) -> tuple[Mask, Mask]:
        """One period of one split: of the group [category], of organisations [organisation, category]."""
        gone = np.zeros(len(found.organisations), dtype=bool)
        of_all: dict[str, tuple[float, float]] = {}
        unsplit: list[str] = []  # withheld, and nobody sent their split: all of theirs is in no category
        if total is not None:
            for number, code in enumerate(self._totals.organisations):
                of_all[code] = (self._totals.tops[total, number, 0], self._totals.belows[total, number, 0])
                if self._single[total, number, 0] and code in found.organisations:
                    gone[found.organisations.index(code)] = True
                elif self._single[total, number, 0]:
                    unsplit.append(code)
        grids = []
        for part, numbers in enumerate((found.tops[at], found.belows[at])):
            known = np.nan_to_num(numbers)
            sums = known.sum(axis=1)
            whole = np.array([of_all.get(code, (np.nan, np.nan))[part] for code in found.organisations])
            rest = np.where(np.isnan(whole), 0.0, np.maximum(0.0, whole - sums))
            wide = np.column_stack([known, rest])
            never = wide[gone].sum(axis=0, keepdims=True)
            never[0, -1] += np.nansum([of_all[code][part] for code in unsplit])
            rows = np.vstack([wide[~gone], never, wide[~gone].sum(axis=0, keepdims=True) + never])
            grids.append(rows)
        no_denominators = bool(np.all(np.isnan(found.belows[at])))
        line = self._layers(grids[0], np.full_like(grids[0], np.nan) if no_denominators else grids[1])
        single = np.zeros(found.tops[at].shape, dtype=bool)
        single[gone] = True
        if not suppression.sensitive(line, self._rule.threshold).any():
            return np.zeros(single.shape[1], dtype=bool), single
        underived = np.zeros(grids[0].shape, dtype=bool)
        underived[-2], underived[:, -1] = True, True
        hidden = suppression.hide_table(line, self._rule.threshold, margin=True, underived=underived)
        if hidden is None:
            return np.ones(single.shape[1], dtype=bool), np.ones_like(single)
        single[~gone] = hidden[:-2, :-1]
        return hidden[-1, :-1], single


def _read(values: Values, measure: Measure, group: Scope, split: Split) -> _Figures:
    """Every organisation's figures of a split; those of `group.otherwise` where no other has any of a category."""
    rows = values.rows(measure.code, split)
    ours = rows.filter(pc.is_in(rows["organisation"], value_set=pa.array(list(group.organisations), pa.string())))
    boards = rows.filter(pc.is_in(rows["organisation"], value_set=pa.array(list(group.otherwise), pa.string())))
    if boards.num_rows:
        have = pa.array(list(set(ours["category"].to_pylist())), pa.string())
        missing = pc.invert(pc.is_in(boards["category"], value_set=have))
        ours = pa.concat_tables([ours, boards.filter(missing)])
    axes: list[list[Any]] = [
        sorted(pc.unique(ours[name]).to_pylist()) for name in ("period", "organisation", "category")
    ]
    at = [
        np.array([{key: n for n, key in enumerate(axis)}[one] for one in ours[name].to_pylist()], dtype=int)
        for name, axis in zip(("period", "organisation", "category"), axes, strict=True)
    ]
    size = tuple(len(axis) for axis in axes)
    tops, belows = np.full(size, np.nan), np.full(size, np.nan)
    if ours.num_rows:
        tops[*at] = ours["numerator"].to_numpy(zero_copy_only=False)
        belows[*at] = ours["denominator"].to_numpy(zero_copy_only=False)
    return _Figures(tuple(axes[0]), tuple(axes[1]), tuple(axes[2]), tops, belows)


def control_series(
    measure: Measure,
    series: Series,
    rule: Rule,
    hidden: Mapping[object, bool] | None = None,
) -> Controlled:
    """A series with what is `hidden` withheld, other counts rounded, and values made from the rounded counts.

    Small figures are withheld also where `hidden` does not know them. A mean is shown as it is, to the measure's
    decimals: it is not made from counts of people; how many it was taken over is rounded. A figure that came without
    numerator and denominator cannot be looked at and is shown to the measure's decimals.
    """
    if rule.exempt:
        return Controlled(series, (False,) * len(series), rule)
    counted = measure.unit in _COUNTED
    own = suppression.sensitive(layers(series.numerators, series.denominators, counted=counted), rule.threshold)
    withheld = [bool(small) or bool(hidden and hidden.get(day)) for small, day in zip(own, series.periods, strict=True)]
    tops, belows, values = series.numerators.copy(), series.denominators.copy(), series.values.copy()
    for at, hide in enumerate(withheld):
        if hide:
            tops[at] = belows[at] = values[at] = np.nan
            continue
        exact = np.isnan(tops[at]) or not counted
        tops[at] = np.nan if exact else _rounded(tops[at], rule)
        belows[at] = _rounded(belows[at], rule)
        if exact:
            values[at] = round(values[at], measure.decimals) if np.isfinite(values[at]) else np.nan
        else:
            made = measure.value(tops[at], None if np.isnan(belows[at]) else belows[at])
            values[at] = np.nan if made is None else made
    if measure.grain is Grain.DAY and any(withheld):
        told = [at for at, hide in enumerate(withheld) if not hide]
        days = tuple(series.periods[at] for at in told)
        named = replace(series, periods=days, numerators=tops[told], denominators=belows[told], values=values[told])
        return Controlled(named, (False,) * len(told), rule, days_withheld=True)
    made_series = replace(series, numerators=tops, denominators=belows, values=values)
    return Controlled(made_series, tuple(withheld), rule)


def _rounded(count: float, rule: Rule) -> float:
    found = rounded(None if np.isnan(count) else float(count), rule.rounding)
    return float("nan") if found is None else found
