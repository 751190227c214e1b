"""The report of a scope for a month, put together from figures, definitions, marks on charts and what people wrote.

Pure: nothing is read from disk or a database here. `Given` holds what all scopes of one month share, so that the
reports of a group and its organisations control and chart each figure once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from wherry.errors import UserError
from wherry.performance.measures.model import DASHBOARDS, DOMAINS, THEMES, Measure
from wherry.performance.measures.values import Scope
from wherry.performance.report import changes, words
from wherry.performance.report.controlled import Figures
from wherry.performance.report.model import (
    Domain,
    Exceptional,
    Item,
    MatrixCell,
    Narrative,
    Report,
    Row,
    Verdict,
    with_narratives,
)
from wherry.performance.report.rows import CONCERN, FAILS, Marks, row

#: Why a measure is an exception.
WORSE = "Getting worse: a special cause of concern"
MISSES = "Will miss its target as things are"
#: Dashboards with a page of their own.
PAGES = ("quality", "maternity")


@dataclass(frozen=True)
class Objective:
    """One of the system's objectives: `code` such as 6a, the ambition it belongs to, and what it is."""

    code: str
    ambition: str
    title: str


@dataclass(frozen=True)
class Given:
    """What reports of one month share. `marks` by measure and scope; `made_at` is an ISO moment."""

    figures: Figures
    measures: Mapping[str, Measure]
    system: str
    artificial: bool
    made_at: str
    objectives: tuple[Objective, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    marks: Mapping[tuple[str, str], Marks] = field(default_factory=dict)


def assemble(
    given: Given,
    scope_code: str,
    month: date,
    *,
    said: Mapping[str, Narrative] | None = None,
    previous: Report | None = None,
) -> Report:
    """The report of a scope for the month that begins on a day. `previous`: the edition that was sent before.

    Raises UserError for a scope that nobody knows.
    """
    scopes = given.figures.scopes
    scope = scope_of(scopes, scope_code)
    rows = _rows(given, scope, words.month_end(month))
    found = Report(
        scope=scope.code,
        scope_name=scope.name,
        scope_kind=scope.kind,
        month=month.isoformat(),
        month_words=words.month(month),
        system=given.system,
        values_id=given.figures.values.id,
        made_at=given.made_at,
        artificial=given.artificial,
        summary=Narrative(),
        rows=rows,
        matrix=matrix(rows),
        exceptions=exceptions(rows),
        changes=(),
        since="",
        domains=_pages(rows),
        dashboards=tuple(
            Domain(key, DASHBOARDS[key], tuple(one.code for one in rows if key in one.dashboards)) for key in PAGES
        ),
        objectives=tuple(
            Item(one.code, one.ambition, one.title, tuple(r.code for r in rows if one.code in r.objective.split()))
            for one in given.objectives
        ),
        themes=tuple(
            Item(key, group, title, tuple(one.code for one in rows if one.theme == key))
            for key, (group, title) in THEMES.items()
        ),
        verdicts=tuple(one for one in given.verdicts if scope.kind == "group" or one.scope in ("group", scope.code)),
        disclosure=tuple(dict.fromkeys(one.disclosure for one in rows if one.has_data)),
        organisations=_organisations(rows),
    )
    found = with_narratives(found, said or {})
    if previous is None:
        return found
    return replace(found, since=previous.month_words, changes=changes.between(previous, found))


def scope_of(scopes: Sequence[Scope], code: str) -> Scope:
    """The scope of a code; a place before the council of the same code. Raises UserError where nobody knows it."""
    found = [one for one in scopes if one.code == code]
    if not found:
        known = ", ".join(dict.fromkeys(one.code for one in scopes))
        raise UserError(f"There is no scope {code!r} to report on. Known: {known}. Nothing was made.")
    return next((one for one in found if one.kind == "place"), found[0])


def _rows(given: Given, scope: Scope, cut: date) -> tuple[Row, ...]:
    beside = [one for one in given.figures.scopes if one.kind == "organisation"] if scope.kind == "group" else []
    order = {key: at for at, key in enumerate(DOMAINS)}
    measures = sorted(
        given.measures.values(), key=lambda one: (order.get(one.domain, len(order)), not one.headline, one.name)
    )
    found = []
    for measure in measures:

        def marks(code: str, measure: Measure = measure) -> Marks:
            return given.marks.get((measure.code, code), Marks())

        others = [(one, marks(one.code)) for one in beside]
        found.append(row(measure, given.figures, scope, cut, marks(scope.code), others))
    return tuple(found)


def _pages(rows: tuple[Row, ...]) -> tuple[Domain, ...]:
    return tuple(
        Domain(key, title, codes)
        for key, title in DOMAINS.items()
        if (codes := tuple(one.code for one in rows if one.domain == key))
    )


def _organisations(rows: tuple[Row, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((cell.code, cell.name) for one in rows for cell in one.cells))


def matrix(rows: tuple[Row, ...]) -> tuple[MatrixCell, ...]:
    """Every crossing of assurance and variation, in reading order, with the measures that stand there.

    A measure without data stands nowhere: it is listed with who must send what.
    """
    return tuple(
        MatrixCell(
            assurance,
            variation,
            tuple(
                one.code for one in rows if one.has_data and one.variation == variation and one.assurance == assurance
            ),
        )
        for assurance in words.ASSURANCES
        for variation in words.VARIATIONS
    )


def exceptions(rows: tuple[Row, ...]) -> tuple[Exceptional, ...]:
    """Measures with a special cause of concern, then those that will miss their target as things are.

    Of each, those of both kinds come first, then headlines, then in the order of pages.
    """
    found: list[tuple[tuple[bool, bool, bool, int], Exceptional]] = []
    for at, one in enumerate(rows):
        worse, misses = one.variation == CONCERN, one.assurance == FAILS
        reasons = (*([WORSE] if worse else []), *([MISSES] if misses else []))
        if reasons:
            found.append(((not worse, not misses, not one.headline, at), Exceptional(one.code, reasons, Narrative())))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))
