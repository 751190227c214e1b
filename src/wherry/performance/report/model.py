"""The report as data: everything that the page, the PDF and the workbook show, and nothing else.

What is here is already controlled (`wherry.performance.disclosure`), in words where people read words, and can be kept
as JSON: an edition that was sent is this object as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

#: The shape of the kept JSON; raised when a reader of older ones has to know.
SHAPE = 1


@dataclass(frozen=True)
class Narrative:
    """What is said of one measure. Dates are ISO, names are of those who wrote and signed; all plain text."""

    what: str = ""
    why: str = ""
    so_what: str = ""
    action: str = ""
    by_when: str = ""
    by_whom: str = ""
    written_by: str = ""
    written_at: str = ""
    signed_by: str = ""
    signed_at: str = ""
    version: int = 0

    @property
    def complete(self) -> bool:
        """Whether all that an exception needs is said.

        >>> Narrative("more waited").complete
        False
        """
        said = (self.what, self.why, self.so_what, self.action, self.by_when, self.by_whom)
        return all(part.strip() for part in said)

    @property
    def empty(self) -> bool:
        """Whether nothing is said."""
        return not any((self.what, self.why, self.so_what, self.action, self.by_when, self.by_whom))


@dataclass(frozen=True)
class Cell:
    """One organisation's figure beside others. `value` is in the measure's unit; None where withheld or not known."""

    code: str
    name: str
    words: str
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    period: str = ""
    variation: str = ""
    assurance: str = ""
    withheld: bool = False


@dataclass(frozen=True)
class Point:
    """One period of a chart, for the table beside it. `period` is the first day."""

    period: str
    words: str
    value: float | None
    numerator: float | None
    denominator: float | None
    mean: float | None
    lower: float | None
    upper: float | None
    target: float | None
    special_cause: str = ""
    withheld: bool = False


@dataclass(frozen=True)
class Row:
    """One measure of the report's scope. Without data `points` is empty and `missing` says who must send what.

    `variation` is a `point_type` of `wherry.performance.spc`, "" where there is nothing to say; `assurance` one of
    consistent_pass, consistent_fail, inconsistent, or "" without a target. `late` says what has not come.
    """

    code: str
    name: str
    what: str
    domain: str
    owner: str
    unit: str
    better: str
    decimals: int
    period: str = ""
    period_words: str = ""
    late: str = ""
    words: str = ""
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    withheld: bool = False
    before: str = ""
    target: float | None = None
    target_words: str = ""
    target_source: str = ""
    variation: str = ""
    assurance: str = ""
    sentence: str = ""
    quality: str = ""
    as_at: str = ""
    sources: tuple[str, ...] = ()
    reference: str = ""
    certainty: str = ""
    disclosure: str = ""
    objective: str = ""
    theme: str = ""
    dashboards: tuple[str, ...] = ()
    headline: bool = False
    national: bool = False
    cells: tuple[Cell, ...] = ()
    points: tuple[Point, ...] = ()
    rebased: tuple[str, ...] = ()
    chart: str = ""
    missing: str = ""

    @property
    def has_data(self) -> bool:
        """Whether there is any figure, withheld or not."""
        return bool(self.points)


@dataclass(frozen=True)
class Exceptional:
    """A measure that the board must look at: why, who answers, and what is said."""

    code: str
    reasons: tuple[str, ...]
    narrative: Narrative


@dataclass(frozen=True)
class Domain:
    """A page: a heading and the measures on it, by code."""

    key: str
    title: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One line of a framework: an objective or a sub-theme, with the measures that speak for it."""

    key: str
    group: str
    title: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class MatrixCell:
    """How many measures stand at a crossing of assurance (row) and variation (column), and which."""

    assurance: str
    variation: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """Something that is not as it was in the edition before."""

    kind: str
    code: str
    words: str


@dataclass(frozen=True)
class Step:
    """One period of an evaluation: what was seen, and what would have been without what was tried, with their words."""

    when: str
    seen: float | None
    without: float | None
    seen_words: str
    without_words: str


@dataclass(frozen=True)
class Verdict:
    """What an evaluation of something tried in a scope showed, good or bad, with its chart (SVG) and its figures."""

    title: str
    verdict: str
    words: str
    method: str
    owner: str
    decided: str
    realised: bool = False
    scope: str = ""
    chart: str = ""
    alt: str = ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Report:
    """An integrated performance report of one scope for one month (its first day, ISO).

    `changes` are against the edition of an earlier month (`since`), `corrected` against the version before of this one.
    """

    scope: str
    scope_name: str
    scope_kind: str
    month: str
    month_words: str
    system: str
    values_id: str
    made_at: str
    artificial: bool
    summary: Narrative
    rows: tuple[Row, ...]
    matrix: tuple[MatrixCell, ...]
    exceptions: tuple[Exceptional, ...]
    changes: tuple[Change, ...]
    since: str
    domains: tuple[Domain, ...]
    dashboards: tuple[Domain, ...]
    objectives: tuple[Item, ...]
    themes: tuple[Item, ...]
    verdicts: tuple[Verdict, ...]
    disclosure: tuple[str, ...]
    organisations: tuple[tuple[str, str], ...] = ()
    remarks: tuple[Exceptional, ...] = ()
    version: int = 0
    draft: bool = True
    reason: str = ""
    corrected: tuple[Change, ...] = ()
    unsaid: str = ""
    sent_by: str = ""
    sent_at: str = ""
    shape: int = SHAPE

    @property
    def title(self) -> str:
        """What the report is called."""
        return f"Integrated performance report: {self.scope_name}, {self.month_words}"

    @property
    def by_code(self) -> Mapping[str, Row]:
        """Rows by the code of their measure."""
        return {row.code: row for row in self.rows}

    def row(self, code: str) -> Row:
        """The row of a measure. Raises KeyError."""
        return self.by_code[code]

    @property
    def without_data(self) -> tuple[Row, ...]:
        """Measures for which nothing came."""
        return tuple(row for row in self.rows if not row.has_data)

    @property
    def unexplained(self) -> tuple[str, ...]:
        """Exceptions whose narrative is not complete, by code."""
        return tuple(one.code for one in self.exceptions if not one.narrative.complete)


def with_narratives(report: Report, said: Mapping[str, Narrative]) -> Report:
    """The same report with what is said now: `""` is the summary; what is said of no exception is a remark."""
    exceptional = {one.code for one in report.exceptions}
    return replace(
        report,
        summary=said.get("", Narrative()),
        exceptions=tuple(replace(one, narrative=said.get(one.code, Narrative())) for one in report.exceptions),
        remarks=tuple(
            Exceptional(row.code, (), said[row.code])
            for row in report.rows
            if row.code in said and row.code not in exceptional and not said[row.code].empty
        ),
    )


def to_json(report: Report) -> str:
    """The report as JSON, keys sorted: the same report gives the same bytes."""
    return json.dumps(asdict(report), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def from_json(text: str) -> Report:
    """The report of a JSON text made by `to_json`."""
    found: Report = _build(Report, json.loads(text))
    return found


@lru_cache(maxsize=32)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _build(kind: Any, value: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        known = {one.name for one in fields(kind)}
        return kind(**{name: _build(hints[name], part) for name, part in value.items() if name in known})
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_build(inner[0], part) for part in value)
        return tuple(_build(one, part) for one, part in zip(inner, value, strict=True))
    if get_origin(kind) is UnionType:
        return None if value is None else _build(next(one for one in get_args(kind) if one is not type(None)), value)
    return float(value) if kind is float else value
