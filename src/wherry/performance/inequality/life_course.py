"""The life course: indicators from birth to death, each better, the same or worse than England, and which way it goes.

"Better" and "worse" are said plainly only where an interval stands behind them (published limits, or counts from which
Wilson's or Byar's are made); otherwise the figure is told with "no interval published". As Figure 3 of the Joint
Forward Plan, but with words and shapes beside the colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

from wherry.errors import UserError
from wherry.performance.inequality import intervals, tables
from wherry.performance.inequality.intervals import Estimate
from wherry.performance.measures.model import FACTORS

STAGES = ("Starting well", "Developing well", "Living well", "Ageing well", "Dying well")
POLARITIES = ("higher", "lower", "neutral")
UNITS = ("percent", "per_1000", "per_100000", "years", "ratio", "number")
CERTAINTIES = ("sourced", "general knowledge", "own default")
NEEDED = ("stage", "indicator", "polarity", "unit", "value", "period", "source", "certainty")
NUMBERS = (
    *("value", "lower", "upper", "count", "population", "comparator_value"),
    *("previous_value", "previous_lower", "previous_upper", "previous_count", "previous_population"),
)
OPTIONAL = (
    *("place", "lower", "upper", "count", "population", "comparator", "comparator_value", "trend", "note"),
    *("previous_value", "previous_lower", "previous_upper", "previous_count", "previous_population"),
    "previous_period",
)
#: Headings of the public health profiles' downloads, and what they are here.
PROFILES = {
    "Indicator Name": "indicator",
    "Area Code": "place",
    "Time period": "period",
    "Value": "value",
    "Lower CI 95.0 limit": "lower",
    "Upper CI 95.0 limit": "upper",
    "Count": "count",
    "Denominator": "population",
    "Recent Trend": "trend",
}
ENGLAND = "E92000001"
_TRENDS = ("better", "worse", "same")


class Verdict(StrEnum):
    """How a figure stands to another."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Judgement:
    """A verdict and whether an interval stands behind it."""

    verdict: Verdict
    sure: bool


UNKNOWN = Judgement(Verdict.UNKNOWN, False)


@dataclass(frozen=True)
class Indicator:
    """One row of the file. Numbers are in `unit`; `place` is blank for the whole area. See docs/inequalities.md."""

    stage: str
    indicator: str
    polarity: str
    unit: str
    period: str
    source: str
    certainty: str
    value: float | None
    place: str = ""
    lower: float | None = None
    upper: float | None = None
    count: float | None = None
    population: float | None = None
    comparator: str = "England"
    comparator_value: float | None = None
    previous_value: float | None = None
    previous_lower: float | None = None
    previous_upper: float | None = None
    previous_count: float | None = None
    previous_population: float | None = None
    previous_period: str = ""
    trend: str = ""
    note: str = ""

    @property
    def now(self) -> Estimate:
        """The figure with its interval: the published limits, or else those of the counts."""
        return _estimate(self.unit, self.value, self.lower, self.upper, self.count, self.population)

    @property
    def before(self) -> Estimate:
        """The earlier figure likewise."""
        return _estimate(
            self.unit,
            self.previous_value,
            self.previous_lower,
            self.previous_upper,
            self.previous_count,
            self.previous_population,
        )


def _estimate(
    unit: str,
    value: float | None,
    lower: float | None,
    upper: float | None,
    count: float | None,
    population: float | None,
) -> Estimate:
    if value is None or (lower is not None and upper is not None):
        return Estimate(value, lower, upper)
    if count is None or not population or unit not in FACTORS:
        return Estimate(value)
    from wherry.performance import indicators

    method = indicators.proportion if unit == "percent" else indicators.rate
    made = method(count, population, multiplier=FACTORS[unit])[0]
    return Estimate(value, made.lower, made.upper)


def judge(one: Indicator) -> Judgement:
    """Against the comparator, whose own figure is taken as certain (it is England's).

    >>> judge(example(value=12.0, comparator_value=9.0))
    Judgement(verdict=<Verdict.WORSE: 'worse'>, sure=False)
    >>> judge(example(value=12.0, count=120, population=1000, comparator_value=9.0)).sure
    True
    """
    now = one.now
    if now.value is None or one.comparator_value is None:
        return UNKNOWN
    if now.has_limits and not now.excludes(one.comparator_value):
        return Judgement(Verdict.SAME, True)
    return Judgement(_way(one.polarity, now.value - one.comparator_value), now.has_limits)


def trend(one: Indicator) -> Judgement:
    """Against its own earlier figure; the publisher's own word where the file has it.

    >>> trend(example(value=12.0)).verdict, trend(example(value=12.0, previous_value=14.0)).verdict
    (<Verdict.UNKNOWN: 'unknown'>, <Verdict.BETTER: 'better'>)
    """
    if one.trend:
        return Judgement(Verdict(one.trend), True)
    now, before = one.now, one.before
    if now.value is None or before.value is None:
        return UNKNOWN
    apart = intervals.difference(now, before)
    if apart.has_limits and not apart.excludes(0.0):
        return Judgement(Verdict.SAME, True)
    return Judgement(_way(one.polarity, now.value - before.value), apart.has_limits)


def _way(polarity: str, apart: float) -> Verdict:
    if apart == 0:
        return Verdict.SAME
    if polarity == "neutral":
        return Verdict.HIGHER if apart > 0 else Verdict.LOWER
    return Verdict.BETTER if (apart > 0) == (polarity == "higher") else Verdict.WORSE


def against_words(one: Indicator) -> str:
    """The comparison in words.

    >>> against_words(example(value=12.0, comparator_value=9.0))
    'Worse than England; no interval published'
    """
    found = judge(one)
    if found.verdict is Verdict.UNKNOWN:
        return f"Not compared: no figure for {one.comparator}" if one.value is not None else "No data"
    if found.verdict is Verdict.SAME:
        return f"No significant difference from {one.comparator}" if found.sure else f"The same as {one.comparator}"
    return f"{found.verdict.capitalize()} than {one.comparator}" + ("" if found.sure else "; no interval published")


def trend_words(one: Indicator) -> str:
    """The trend in words."""
    found = trend(one)
    since = f" since {one.previous_period}" if one.previous_period else ""
    if found.verdict is Verdict.UNKNOWN:
        return "No earlier figure"
    if found.verdict is Verdict.SAME:
        return f"No significant change{since}" if found.sure else f"The same{since}"
    way = {Verdict.BETTER: "Getting better", Verdict.WORSE: "Getting worse"}.get(
        found.verdict, f"Getting {found.verdict}"
    )
    return way + since + ("" if found.sure else "; no interval published")


def read(path: Path) -> tuple[Indicator, ...]:
    """The indicators of a file, in its order. Rows of England in a profiles' download become the comparator's figures.

    Raises UserError with file, line and column.
    """
    found: list[Indicator] = []
    england: dict[tuple[str, str], float | None] = {}
    seen: dict[tuple[str, ...], int] = {}
    for line, row in tables.rows(path, NEEDED, OPTIONAL, PROFILES):
        numbers = {name: tables.number(path, line, name, row[name]) for name in NUMBERS}
        if row["place"] == ENGLAND:
            of = row["indicator"], row["period"]
            if england.setdefault(of, numbers["value"]) != numbers["value"]:
                raise UserError(
                    f"{path}, line {line}: England has another figure of {of[0]} for this period above. "
                    f"{tables.NOTHING_KEPT} Leave the one that the others are to be compared with."
                )
            continue
        key = (row["stage"], row["indicator"], row["place"], row["period"], row["comparator"])
        if seen.setdefault(key, line) != line:
            raise UserError(
                f"{path}, line {line}: {row['indicator']} of this place and period stands in line {seen[key]} already. "
                f"{tables.NOTHING_KEPT} Leave one."
            )
        found.append(_indicator(path, line, row, numbers))
    return tuple(
        one if one.comparator_value is not None else _with(one, england.get((one.indicator, one.period)))
        for one in found
    )


def _with(one: Indicator, value: float | None) -> Indicator:
    from dataclasses import replace

    return replace(one, comparator_value=value)


def _indicator(path: Path, line: int, row: dict[str, str], numbers: dict[str, float | None]) -> Indicator:
    if not row["indicator"] or not row["source"]:
        raise UserError(
            f"{path}, line {line}: an indicator needs its name and its source. {tables.NOTHING_KEPT} Fill them in."
        )
    for before in ("", "previous_"):
        _sound(path, line, row["unit"], {name: numbers[before + name] for name in _TOGETHER}, before)
    words = {field.name: row[field.name] for field in fields(Indicator) if field.name in row}
    words |= {
        "stage": tables.choice(path, line, "stage", row["stage"], STAGES),
        "polarity": tables.choice(path, line, "polarity", row["polarity"], POLARITIES),
        "unit": tables.choice(path, line, "unit", row["unit"], UNITS),
        "certainty": tables.choice(path, line, "certainty", row["certainty"], CERTAINTIES),
        "comparator": row["comparator"] or "England",
        "trend": _trend(path, line, row["trend"]),
    }
    texts = {name: word for name, word in words.items() if name not in NUMBERS}
    return Indicator(**texts, **numbers)  # type: ignore[arg-type]


_TOGETHER = ("value", "lower", "upper", "count", "population")


def _sound(path: Path, line: int, unit: str, numbers: dict[str, float | None], before: str) -> None:
    """A figure, its limits and its counts fit together."""
    value, low, high, count, population = (numbers[name] for name in _TOGETHER)
    wrong = ""
    if low is not None and high is not None and low > high:
        wrong = f"{before}lower {low:g} lies above {before}upper {high:g}"
    elif value is not None and ((low is not None and value < low) or (high is not None and value > high)):
        wrong = f"{before}value {value:g} lies outside its own limits"
    elif (count or 0) < 0 or (population or 0) < 0:
        wrong = f"{before}count and {before}population cannot be below 0"
    elif unit.lower() == "percent" and count is not None and population is not None and count > population:
        wrong = f"{before}count {count:g} is above {before}population {population:g}, which is no percentage"
    if wrong:
        raise UserError(f"{path}, line {line}: {wrong}. {tables.NOTHING_KEPT} Mend the row.")


def _trend(path: Path, line: int, text: str) -> str:
    """The publisher's word: ours, or the public health profiles' ("Increasing & getting worse")."""
    low = text.lower()
    if not low or low.startswith(("cannot", "no data")):
        return ""
    if "better" in low:
        return "better"
    if "worse" in low:
        return "worse"
    if low == "same" or low.startswith("no significant"):
        return "same"
    return tables.choice(path, line, "trend", text, ("", *_TRENDS))


def by_stage(some: Sequence[Indicator]) -> list[tuple[str, list[Indicator]]]:
    """Every stage in order with its indicators; a stage without any is there too."""
    return [(stage, [one for one in some if one.stage == stage]) for stage in STAGES]


def example(
    *,
    value: float,
    count: float | None = None,
    population: float | None = None,
    comparator_value: float | None = None,
    previous_value: float | None = None,
) -> Indicator:
    """An indicator for the examples of this module: a percentage of which less is better."""
    return Indicator(
        "Starting well",
        "Example",
        "lower",
        "percent",
        "2022",
        "example",
        "own default",
        value,
        count=count,
        population=population,
        comparator_value=comparator_value,
        previous_value=previous_value,
    )
