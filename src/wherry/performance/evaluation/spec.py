"""What is evaluated: one question, written down. The command line reads it from JSON (`docs/evaluation.md`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wherry.errors import UserError
from wherry.performance.evaluation import panel as panels
from wherry.performance.evaluation import periods as time
from wherry.performance.evaluation.its import BANDWIDTHS
from wherry.performance.evaluation.panel import Panel
from wherry.performance.evaluation.settings import METHODS
from wherry.performance.measures.model import UNITS

_NOTHING = "Nothing was worked out."
#: Periods, and sizes of a figure, beyond which a file is a mistake.
_MOST_PERIODS, _LARGEST = 5_000, 1e15
#: The treated unit's name where a plain series is given, and its control's.
TREATED, CONTROL = "treated", "control"


@dataclass(frozen=True)
class Options:
    """How the method is to work. None: as `settings.toml` says, or as the data allow.

    `season`: sine and cosine pairs (its). `bandwidth`: a rule or a number of neighbours (its). `horizons` in periods
    since the start. `transition`: periods after the start that are left out. `shifted`: match the shape, not the level
    (synthetic control). `false_start`: a date before the start (synthetic control; the middle of the baseline).
    """

    season: int | None = None
    bandwidth: str | int = "newey_west"
    horizons: tuple[int, ...] = (1, 6, 12)
    transition: int = 0
    shifted: bool = False
    false_start: date | None = None


@dataclass(frozen=True)
class Other:
    """A measure that must not worsen: its panel, and which way is better."""

    name: str
    direction: str
    panel: Panel


@dataclass(frozen=True)
class Spec:
    """One evaluation. `comparators` None: every other unit of the panel. `baseline_*` None: all before the start.

    `direction` is the way hoped for; `expected` how much, without a sign. `names` are units' names for people.
    `fixed_on` is the day on which a record (the pages) had the question fixed; `claimed_on` and `claimed_by` are what a
    file says of that, which is no record.
    """

    method: str
    panel: Panel
    treated: tuple[str, ...]
    start: date
    direction: str
    comparators: tuple[str, ...] | None = None
    excluded: Mapping[str, str] = field(default_factory=dict)
    baseline_from: date | None = None
    baseline_to: date | None = None
    fixed_on: date | None = None
    claimed_on: date | None = None
    claimed_by: str = ""
    until: date | None = None
    expected: float | None = None
    balance: tuple[Other, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    options: Options = Options()

    def name(self, unit: str) -> str:
        """A unit as people know it."""
        return self.names.get(unit, unit)


_KEYS = {
    *("method", "series", "rows", "treated", "start", "direction", "unit", "grain", "comparators", "excluded"),
    *("baseline", "until", "expected", "balance", "names", "options", "title"),
}
_OPTIONS = {"season", "bandwidth", "horizons", "transition", "shifted", "false_start"}
_SERIES = {"periods", "values", "numerators", "denominators", "control"}


def read(found: Any, where: str = "the file") -> Spec:
    """A specification from parsed JSON. Raises `UserError` that names the key; unknown keys are refused."""
    if not isinstance(found, dict):
        raise UserError(f"{where}: give one object with method, start, direction and series or rows. {_NOTHING}")
    _known(found, _KEYS, where, "")
    _shapes(found, where)
    method = str(found.get("method", ""))
    if method not in METHODS:
        raise UserError(f"{where}: method is {', '.join(METHODS)}, not {method!r}. {_NOTHING}")
    unit = str(found.get("unit", "number"))
    if unit not in UNITS:
        raise UserError(f"{where}: unit is one of {', '.join(UNITS)}, not {unit!r}. {_NOTHING}")
    panel, treated = _data(found, unit, where)
    baseline = found.get("baseline") or {}
    _known(baseline, {"from", "to", "fixed_on", "fixed_by"}, where, "baseline.")
    comparators = found.get("comparators")
    expected = _figure(found.get("expected"), f"{where}: expected")
    if expected is not None and expected < 0:
        raise UserError(f"{where}: expected is how much was hoped for, without a sign, not {expected:g}. {_NOTHING}")
    return Spec(
        method=method,
        panel=panel,
        treated=treated,
        start=day(found.get("start"), f"{where}: start"),
        direction=way(found.get("direction"), where),
        comparators=None if comparators is None else tuple(dict.fromkeys(str(one) for one in comparators)),
        excluded={str(unit): str(reason) for unit, reason in (found.get("excluded") or {}).items()},
        baseline_from=_day_or_none(baseline.get("from"), f"{where}: baseline.from"),
        baseline_to=_day_or_none(baseline.get("to"), f"{where}: baseline.to"),
        claimed_on=_day_or_none(baseline.get("fixed_on"), f"{where}: baseline.fixed_on"),
        claimed_by=str(baseline.get("fixed_by") or ""),
        until=_day_or_none(found.get("until"), f"{where}: until"),
        expected=expected,
        balance=tuple(_other(one, unit, where) for one in found.get("balance") or []),
        names={str(unit): str(name) for unit, name in (found.get("names") or {}).items()},
        options=options(found.get("options") or {}, where),
    )


def _shapes(found: Mapping[str, Any], where: str) -> None:
    """Keys that hold lists or objects do."""
    for keys, kind, said in (
        (("comparators", "balance"), list, "a list"),
        (("excluded", "names", "baseline", "options"), dict, "an object"),
        (("title",), str, "text"),
    ):
        for key in keys:
            if not isinstance(found.get(key), kind | None):
                raise UserError(f"{where}: {key} is {said}, not {str(found[key])[:40]!r}. {_NOTHING}")


def options(found: Mapping[str, Any], where: str) -> Options:
    """The method's options from JSON."""
    _known(found, _OPTIONS, where, "options.")
    season, transition = found.get("season"), found.get("transition", 0)
    rule, horizons = found.get("bandwidth", "newey_west"), found.get("horizons", [1, 6, 12])
    if season is not None and (not _counts(season) or season > 4):
        raise UserError(f"{where}: options.season is 0 to 4. {_NOTHING}")
    if not _counts(transition) or transition > _MOST_PERIODS:
        raise UserError(f"{where}: options.transition is a number of periods, 0 or more. {_NOTHING}")
    if rule not in BANDWIDTHS and not _counts(rule):
        raise UserError(f"{where}: options.bandwidth is {', '.join(BANDWIDTHS)} or a whole number. {_NOTHING}")
    if not isinstance(found.get("shifted", False), bool):
        raise UserError(f"{where}: options.shifted is true or false. {_NOTHING}")
    if not isinstance(horizons, list) or not all(_counts(one) and 1 <= one <= _MOST_PERIODS for one in horizons):
        raise UserError(f"{where}: options.horizons is a list of whole numbers from 1. {_NOTHING}")
    return Options(
        season=season,
        bandwidth=rule,
        horizons=tuple(horizons),
        transition=transition,
        shifted=found.get("shifted", False),
        false_start=_day_or_none(found.get("false_start"), f"{where}: options.false_start"),
    )


def way(found: Any, where: str) -> str:
    """The direction hoped for."""
    if found not in ("increase", "decrease"):
        raise UserError(f"{where}: direction is the way hoped for, increase or decrease, not {found!r}. {_NOTHING}")
    return str(found)


def day(found: Any, where: str) -> date:
    """An ISO date, from 1900 to 2199."""
    try:
        made = date.fromisoformat(str(found))
        if not 1900 <= made.year < 2200:
            raise ValueError
        return made
    except ValueError:
        raise UserError(f"{where} is a date such as 2026-04-01, not {found!r}. {_NOTHING}") from None


def _data(found: Mapping[str, Any], unit: str, where: str) -> tuple[Panel, tuple[str, ...]]:
    grain = str(found.get("grain", ""))
    if ("series" in found) == ("rows" in found):
        raise UserError(f"{where}: give either series or rows. {_NOTHING}")
    if "series" in found:
        return _panel(_series_rows(found["series"], where), unit, grain, f"{where}: series"), (TREATED,)
    treated = found.get("treated")
    if isinstance(treated, str):
        treated = [treated]
    if not isinstance(treated, list) or not treated:
        raise UserError(f"{where}: treated names one or more units of rows. {_NOTHING}")
    panel = _panel(_rows(found["rows"], f"{where}: rows"), unit, grain, f"{where}: rows")
    strange = [str(one) for one in treated if str(one) not in panel.units]
    if strange:
        raise UserError(f"{where}: treated {', '.join(strange)} has no rows. {_NOTHING}")
    return panel, tuple(dict.fromkeys(str(one) for one in treated))


def _panel(rows: list[dict[str, Any]], unit: str, grain: str, where: str) -> Panel:
    """Rows as a panel, once nothing in them can be lost or misread on the way."""
    days = sorted({row["period"] for row in rows})
    found = grain or time.grain_of(days)
    if time.position(days[-1], found) - time.position(days[0], found) >= _MOST_PERIODS:
        span = f"{days[0]} to {days[-1]} is more than {_MOST_PERIODS:,} {time.PLURAL[found]}"
        raise UserError(f"{where}: {span}. {_NOTHING}")
    seen: dict[tuple[str, int], date] = {}
    for number, row in enumerate(rows, 1):
        place = row["unit"], time.position(row["period"], found)
        if place in seen:
            raise UserError(
                f"{where}, row {number}: {row['unit']} has {seen[place]} and {row['period']} in one {found}. {_NOTHING}"
            )
        seen[place] = row["period"]
        top, below = row.get("numerator"), row.get("denominator")
        if below is not None and below < 0:
            raise UserError(f"{where}, row {number}: a denominator of {below:g}, below 0. {_NOTHING}")
        if unit == "percent" and top is not None and below is not None and not 0 <= top <= below:
            raise UserError(f"{where}, row {number}: {top:g} of {below:g} is no share. {_NOTHING}")
    return panels.of_rows(rows, unit=unit, grain=found)


def _rows(found: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not found:
        raise UserError(f"{where} is a list of objects with unit, period and a figure. {_NOTHING}")
    rows, seen = [], set()
    for number, row in enumerate(found, 1):
        here = f"{where}, row {number}"
        if not isinstance(row, dict) or "unit" not in row or "period" not in row:
            raise UserError(f"{here} lacks unit or period. {_NOTHING}")
        _known(row, {"unit", "period", "value", "numerator", "denominator"}, here, "")
        key = (str(row["unit"]), day(row["period"], f"{here}: period"))
        if key in seen:
            raise UserError(f"{here}: {key[0]} has {key[1]} twice. {_NOTHING}")
        seen.add(key)
        figures = {name: _figure(row.get(name), f"{here}: {name}") for name in ("value", "numerator", "denominator")}
        if figures["value"] is not None and figures["numerator"] is None and figures["denominator"] is not None:
            figures["denominator"] = None
        rows.append({"unit": key[0], "period": key[1], **figures})
    return rows


def _series_rows(found: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(found, dict):
        raise UserError(f"{where}: series is an object with periods and values. {_NOTHING}")
    _known(found, _SERIES, where, "series.")
    days = found.get("periods")
    if not isinstance(days, list) or not days:
        raise UserError(f"{where}: series.periods is a list of dates. {_NOTHING}")
    rows = []
    parts = [(TREATED, found)] + ([(CONTROL, found["control"])] if found.get("control") else [])
    for unit, part in parts:
        if not isinstance(part, dict) or not ("values" in part or "numerators" in part):
            raise UserError(f"{where}: series and its control have values, or numerators and denominators. {_NOTHING}")
        for name in ("values", "numerators", "denominators"):
            if name in part and not isinstance(part[name], list):
                raise UserError(f"{where}: series.{name} is a list of numbers. {_NOTHING}")
            if name in part and len(part[name]) != len(days):
                raise UserError(f"{where}: {len(part[name])} {name} for {len(days)} periods. {_NOTHING}")
        for place, period in enumerate(days):
            row: dict[str, Any] = {"unit": unit, "period": period}
            for name in ("values", "numerators", "denominators"):
                if name in part:
                    row[name[:-1]] = part[name][place]
            rows.append(row)
    return _rows(rows, f"{where}: series")


def _other(found: Any, unit: str, where: str) -> Other:
    if not isinstance(found, dict):
        raise UserError(f"{where}: balance is a list of objects with name, direction and rows. {_NOTHING}")
    _known(found, {"name", "direction", "rows", "unit", "grain"}, where, "balance.")
    name = str(found.get("name", "")) or "a measure without a name"
    here = f"{where}: balance {name}"
    own = str(found.get("unit", unit))
    if own not in UNITS:
        raise UserError(f"{here}: unit is one of {', '.join(UNITS)}, not {own!r}. {_NOTHING}")
    panel = _panel(_rows(found.get("rows"), here), own, str(found.get("grain", "")), here)
    return Other(name, way(found.get("direction"), here), panel)


def _known(found: Any, keys: set[str], where: str, prefix: str) -> None:
    if not isinstance(found, Mapping):
        raise UserError(f"{where}: {prefix.rstrip('.') or 'it'} is not an object. {_NOTHING}")
    strange = sorted(set(found) - keys)
    if strange:
        known, said = ", ".join(sorted(keys)), ", ".join(prefix + str(one) for one in strange)
        raise UserError(f"{where}: no key {said}. There are {known}. {_NOTHING}")


def _figure(found: Any, where: str) -> float | None:
    if found is None:
        return None
    try:
        number = math.nan if isinstance(found, bool) or not isinstance(found, int | float) else float(found)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or abs(number) > _LARGEST:
        raise UserError(f"{where} is a number or null, not {str(found)[:40]!r}. {_NOTHING}")
    return number


def _counts(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and found >= 0


def _day_or_none(found: Any, where: str) -> date | None:
    return None if found is None else day(found, where)
