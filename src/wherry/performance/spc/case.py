"""One case as JSON in, one answer as JSON out: what `wherry spc` reads and prints.

In: `dates`, `values` (null where missing), `improvement_direction`, and each optional `target`, `rebase`,
`fix_after_n_points`, `screen_outliers`, `facet`. Out: `groups`, `points` and `summary` (`docs/process-control.md`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from wherry.errors import UserError
from wherry.performance.spc.charts import FEWEST_FIXED, chart, check
from wherry.performance.spc.model import DEFAULT, DIRECTIONS, Chart, Options

#: What a series without facets is called.
NO_FACET = "no facet"
KEYS = (
    "dates",
    "values",
    "improvement_direction",
    "target",
    "rebase",
    "fix_after_n_points",
    "screen_outliers",
    "facet",
)


def answer(case: Mapping[str, Any], options: Options = DEFAULT) -> dict[str, Any]:
    """The answer to one case. Raises `UserError` with the key that is wrong."""
    if not isinstance(case, Mapping):
        raise UserError(f"A case is an object with dates, values and improvement_direction, not {_kind(case)}.")
    for key in ("dates", "values", "improvement_direction"):
        if key not in case:
            raise UserError(f"The case has no {key!r}. It needs dates, values and improvement_direction.")
    written = _list(case, "dates")
    values = [_number(value, f"values[{at}]") for at, value in enumerate(_list(case, "values"))]
    if len(written) != len(values):
        raise UserError(f"There are {len(written)} dates but {len(values)} values: one value a date, null if missing.")
    direction = case["improvement_direction"]
    if direction not in DIRECTIONS:
        raise UserError(f"improvement_direction is {direction!r}: it is {', '.join(DIRECTIONS)}.")
    days = [_day(text, f"dates[{at}]") for at, text in enumerate(written)]
    facets = _facets(case, len(days))
    names = _sorted(facets)
    targets = _targets(case.get("target"), names)
    rebases = _rebases(case.get("rebase"), names)
    fix_after = _fix_after(case.get("fix_after_n_points"))
    check(direction, fix_after)
    screen = case.get("screen_outliers")
    if screen is not None:
        if not isinstance(screen, bool):
            raise UserError(f"screen_outliers is {screen!r}: it is true or false.")
        options = replace(options, screen=screen)
    found: dict[str, Any] = {"groups": [], "points": [], "summary": []}
    for name in names:
        mine = sorted((at for at in range(len(days)) if facets[at] == name), key=days.__getitem__)
        try:
            made = chart(
                [days[at] for at in mine],
                [values[at] for at in mine],
                improvement=direction,
                target=targets.get(str(name)),
                rebase=rebases.get(str(name), frozenset()),
                fix_after=fix_after,
                options=options,
            )
        except UserError as error:
            raise UserError(str(error) if name == NO_FACET else f"Facet {name!r}: {error}") from None
        _add(found, name, made, [written[at] for at in mine], [case["values"][at] for at in mine])
    return found


def _add(found: dict[str, Any], name: Any, made: Chart, written: Sequence[str], values: Sequence[Any]) -> None:
    """Put one facet's groups, points and summary in."""
    for group in made.groups:
        found["groups"].append(
            {
                "f": name,
                "rebase_group": group.group,
                "n": group.n,
                "mean": _finite(group.mean),
                "lpl": _finite(group.lpl),
                "upl": _finite(group.upl),
            }
        )
    for point, day, value in zip(made.points, written, values, strict=True):
        found["points"].append(
            {
                "facet": name,
                "date": day,
                "value": None if point.value is None else value,
                "rebase_group": point.group,
                "mean": _finite(point.mean),
                "lpl": _finite(point.lpl),
                "upl": _finite(point.upl),
                "outside_limits": point.outside_limits,
                "relative_to_mean": point.relative_to_mean,
                "close_to_limits": point.close_to_limits,
                "special_cause_type": point.special_cause_type,
                "point_type": point.point_type,
            }
        )
    # A target without limits to judge it by is neither met nor missed for certain; too short a chart says nothing.
    told = sum(point.value is not None for point in made.points) >= made.options.minimum_points
    judged = told and made.target is not None and made.improvement != "neutral"
    assurance = made.assurance or ("inconsistent" if judged else None)
    found["summary"].append({"f": name, "variation": made.points[-1].point_type, "assurance_type": assurance})


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _kind(value: object) -> str:
    return {list: "a list", dict: "an object", str: "text", bool: "true or false", type(None): "null"}.get(
        type(value), "a number"
    )


def _list(case: Mapping[str, Any], key: str) -> list[Any]:
    value = case[key]
    if not isinstance(value, list):
        raise UserError(f"{key!r} is a list, not {_kind(value)}.")
    return value


def _number(value: Any, where: str) -> float | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"{where} is {value!r}: it is a number, or null where missing.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if abs(number) > 1e150:
        raise UserError(f"{where} is too large a number to chart.")
    return number


def _day(text: Any, where: str) -> datetime:
    """A date or a date and time, as ISO 8601 writes it; with a time zone as that moment in UTC."""
    if isinstance(text, str):
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            pass
        else:
            if moment.tzinfo is None:
                return moment
            with suppress(OverflowError):  # the first or the last day that there is, elsewhere a day beyond it
                return moment.astimezone(UTC).replace(tzinfo=None)
    raise UserError(f"{where} is {text!r}: a date is written as 2025-04-01, or 2025-04-01T08:00:00.")


def _facets(case: Mapping[str, Any], count: int) -> list[Any]:
    facets = case.get("facet")
    if facets is None:
        return [NO_FACET] * count
    if not isinstance(facets, list):
        raise UserError(f"'facet' is a list beside dates, not {_kind(facets)}.")
    if len(facets) != count:
        raise UserError(f"There are {count} dates but {len(facets)} facets: one facet a date.")
    for at, facet in enumerate(facets):
        if isinstance(facet, bool) or not isinstance(facet, str | int | float):
            raise UserError(f"facet[{at}] is {facet!r}: it is text.")
        if isinstance(facet, float) and not math.isfinite(facet):
            raise UserError(f"facet[{at}] is {facet!r}: it is text or a finite number.")
    return facets


def _sorted(facets: Sequence[Any]) -> list[Any]:
    """Each facet once, in order: numbers by size, text by its characters."""
    once = list(dict.fromkeys(facets))
    return sorted(once, key=lambda one: (isinstance(one, str), one if not isinstance(one, str) else 0, str(one)))


def _known(given: Mapping[str, Any], names: Sequence[Any], key: str) -> None:
    strange = sorted(set(given) - {str(name) for name in names})
    if strange:
        raise UserError(f"{key} is given for facets that the data does not have: {', '.join(strange)}.")


def _targets(given: Any, names: Sequence[Any]) -> dict[str, float | None]:
    if isinstance(given, Mapping):
        _known(given, names, "target")
        return {name: _number(value, f"target of {name}") for name, value in given.items()}
    target = _number(given, "target")
    return {str(name): target for name in names}


def _rebases(given: Any, names: Sequence[Any]) -> dict[str, frozenset[date]]:
    if isinstance(given, Mapping):
        _known(given, names, "rebase")
        return {name: _days(value, f"rebase of {name}") for name, value in given.items()}
    days = _days(given, "rebase")
    return {str(name): days for name in names}


def _days(given: Any, where: str) -> frozenset[date]:
    if given is None:
        return frozenset()
    listed = given if isinstance(given, list) else [given]
    return frozenset(_day(text, f"{where}[{at}]") for at, text in enumerate(listed))


def _fix_after(given: Any) -> int | None:
    if given is None:
        return None
    whole = isinstance(given, int) or (isinstance(given, float) and given.is_integer())
    if isinstance(given, bool) or not whole:
        raise UserError(f"fix_after_n_points is {given!r}: it is a whole number of {FEWEST_FIXED} or more.")
    return int(given)
