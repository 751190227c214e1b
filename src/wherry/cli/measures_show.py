"""What `wherry measures show` prints: a measure over time, and what its chart says of the last point."""

from __future__ import annotations

import csv
import json
import math
import sys
from typing import TYPE_CHECKING, Any

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.performance.measures.model import Measure
    from wherry.performance.measures.values import Scope, Series
    from wherry.reference.system import System


def show(measure: Measure, system: System, scope_code: str, split_by: str, layout: str) -> int:
    """Print one measure of a scope over time, as a total or by a split. `layout` is text, json or csv."""
    from wherry.performance.measures import values
    from wherry.performance.measures.model import Split

    held = values.open()
    scope = _scope(system, scope_code)
    if split_by and split_by not in [split.value for split in Split]:
        raise UserError(f"--split {split_by!r} is none of {', '.join(s.value for s in Split if s is not Split.ALL)}.")
    split = Split(split_by) if split_by else Split.ALL
    if scope.place and split is not Split.ALL:
        raise UserError(f"{scope.name} is a place, whose people are counted in one split at a time. Leave --split out.")
    categories = ("",) if split is Split.ALL else held.categories(measure.code, split)
    series = [(category, held.series(measure, scope, split, category)) for category in categories]
    if layout == "json":
        json.dump([_as_json(measure, scope, category, one) for category, one in series], sys.stdout, indent=1)
        print()
    elif layout == "csv":
        _as_csv(measure, scope, split, series)
    else:
        _as_text(measure, scope, series)
    return 0


def _scope(system: System, code: str) -> Scope:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from wherry.performance.measures.scopes import scopes
    from wherry.performance.measures.values import Scope

    found = scopes(system, datetime.now(ZoneInfo("Europe/London")).date())
    for scope in found:
        if scope.code.lower() == code.lower():
            return scope
    if system.register.latest(code.upper()) is None and len(code) not in (3, 5):
        raise UserError(f"There is no scope {code!r}. There are {', '.join(scope.code for scope in found)}.")
    return Scope(code.upper(), system.short_name(code.upper()), (code.upper(),))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _rows(series: Series) -> list[dict[str, Any]]:
    columns = zip(series.periods, series.numerators, series.denominators, series.values, strict=True)
    return [
        {"period": day.isoformat(), "numerator": _number(top), "denominator": _number(below), "value": _number(value)}
        for day, top, below, value in columns
    ]


def _state(measure: Measure, series: Series) -> dict[str, Any] | None:
    """What the chart says of the last point; None where there are no points, or they are not charted this way."""
    from wherry.performance import spc

    if not len(series) or measure.chart != "xmr":
        return None
    target = measure.target_on(series.periods[-1])
    chart = spc.chart(
        series.periods,
        [_number(value) for value in series.values],
        improvement=measure.direction.value,
        target=None if target is None else target.value,
    )
    return {
        "variation": chart.variation,
        "assurance": chart.assurance,
        "target": None if target is None else target.value,
        "sentence": spc.words.sentence(chart, measure.name, measure.unit),
    }


def _as_json(measure: Measure, scope: Scope, category: str, series: Series) -> dict[str, Any]:
    return {
        "measure": measure.code,
        "name": measure.name,
        "unit": measure.unit,
        "scope": scope.code,
        "category": category,
        "as_at": series.as_at.isoformat() if series.as_at else None,
        "sources": list(series.sources),
        "chart": _state(measure, series),
        "points": _rows(series),
    }


def _as_csv(measure: Measure, scope: Scope, split: Any, series: list[tuple[str, Series]]) -> None:
    out = csv.writer(sys.stdout)
    out.writerow(("measure", "scope", "period", "numerator", "denominator", "value", "split", "category"))
    for category, one in series:
        for row in _rows(one):
            shown = ["" if row[name] is None else row[name] for name in ("numerator", "denominator", "value")]
            out.writerow((measure.code, scope.code, row["period"], *shown, split.value, category))


def _as_text(measure: Measure, scope: Scope, series: list[tuple[str, Series]]) -> None:
    print(f"{measure.name} ({measure.unit}), {scope.name}. Answers for it: {measure.owner}.")
    if not series:
        print("No data.")
    for category, one in series:
        if category or len(series) > 1:
            print(f"\n{category or 'Not known'}")
        if not len(one):
            print("No data.")
            continue
        for row in _rows(one):
            value = "missing" if row["value"] is None else f"{row['value']:,.{measure.decimals}f}"
            top = "" if row["numerator"] is None else f"{row['numerator']:,.0f}"
            below = "" if row["denominator"] is None else f"of {row['denominator']:,.0f}"
            print(f"  {row['period']}  {value:>12}  {top:>10} {below}")
        said = _state(measure, one)
        if said is not None:
            print(f"  {said['sentence']}")
        print(f"  Source: {'; '.join(one.sources)}, as at {one.as_at}.")
