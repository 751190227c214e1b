"""What the pages of evaluations show, put together from what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wherry.performance.evaluation import periods as time
from wherry.performance.evaluation import words
from wherry.performance.evaluation.outcome import Outcome, of_json
from wherry.performance.evaluation.settings import METHODS, figures
from wherry.performance.evaluation.verdict import WORDS, Kind
from wherry.performance.measures.model import FACTORS, Measure
from wherry.performance.measures.values import Scope
from wherry.web.access.access import Access
from wherry.web.components import performance
from wherry.web.evaluation import charts
from wherry.web.evaluation.models import Evaluation, Result
from wherry.web.evaluation.question import DIRECTIONS, POOLS
from wherry.web.evaluation.shown import controlled

NOT_FIXED = "Not fixed yet"


@dataclass(frozen=True)
class Item:
    """One evaluation on the list: every verdict has the same place and the same chart."""

    row: Evaluation
    result: Result | None
    verdict: str
    measure: str
    who: str
    method: str
    chart: str
    newer: bool


@dataclass(frozen=True)
class Page:
    """One evaluation as it is shown."""

    row: Evaluation
    result: Result | None
    found: Outcome | None
    verdict: str
    measure: Measure | None
    measure_name: str
    who: str
    charts: Sequence[charts.Chart]
    series: Sequence[Sequence[Any]]
    horizons: Sequence[Sequence[str]]
    placebos: Sequence[Sequence[Any]]
    weights: Sequence[Sequence[Any]]
    excluded: Sequence[tuple[str, str]]
    comparators: Sequence[str]
    balance: Sequence[tuple[str, str, str]]
    people: str
    cost: str
    withheld: str


def measure_name(row: Evaluation, measures: Any) -> str:
    """The measure's name, or its code where it is no longer defined."""
    found = measures.get(row.measure)
    return found.name if found else row.measure


def scope_of(row: Evaluation, scopes: Sequence[Scope]) -> Scope | None:
    """Where it was tried."""
    return next((one for one in scopes if one.code == row.scope), None)


def who(row: Evaluation, scope: Scope | None) -> str:
    """Where it was tried, in words."""
    return scope.name if scope else str(row.names.get(row.scope, row.scope))


def verdict_words(row: Evaluation, result: Result | None) -> str:
    """The verdict as a list says it; what is withdrawn keeps what was found."""
    if row.fixed_on is None:
        said = NOT_FIXED
    elif result is None:
        said = WORDS[Kind.CANNOT_BE_JUDGED]
    else:
        said = WORDS[Kind(result.verdict)]
    return f"Withdrawn ({said[0].lower()}{said[1:]})" if row.withdrawn_at else said


def newest_results() -> dict[int, Result]:
    """The newest result of each evaluation, by its key. What was found is read only of those that are looked into."""
    return {one.evaluation_id: one for one in Result.objects.defer("found").order_by("pk")}


def listing(access: Access) -> list[Item]:
    """Every evaluation, the newest start first, whatever came of it."""
    measures, scopes, values = performance.definitions(), performance.scopes(), performance.values()
    items, newest = [], newest_results()
    for row in Evaluation.objects.all():
        result, scope = newest.get(row.pk), scope_of(row, scopes)
        chart = ""
        if result is not None and row.fixed_on is not None:
            found = controlled(of_json(result.found["outcome"]), measures.get(row.measure), scope, access)
            chart = charts.small(row, found, measure_name(row, measures))
        newer = bool(row.fixed_on and values and not row.withdrawn_at and (not result or result.values_id != values.id))
        name, where = measure_name(row, measures), who(row, scope)
        items.append(Item(row, result, verdict_words(row, result), name, where, METHODS[row.method], chart, newer))
    return items


def counted(items: Sequence[Item]) -> str:
    """How many of each verdict, in one sentence, good and bad alike.

    >>> counted([])
    'None has been registered.'
    """
    if not items:
        return "None has been registered."
    found: dict[str, int] = {}
    for item in items:
        said = "Withdrawn" if item.row.withdrawn_at else item.verdict
        found[said] = found.get(said, 0) + 1
    order = [WORDS[kind] for kind in words.ORDER] + [NOT_FIXED, "Withdrawn"]
    parts = [
        f"{found.get(said, 0)} {said[0].lower()}{said[1:]}" for said in order if said in found or said in order[:3]
    ]
    return f"{len(items)} registered: {', '.join(parts)}."


def page(row: Evaluation, result: Result | None, access: Access | None) -> Page:
    """Everything about one. Without `access`, as it leaves in a file."""
    measures, scope = performance.definitions(), scope_of(row, performance.scopes())
    measure = measures.get(row.measure)
    name, where = measure_name(row, measures), who(row, scope)
    found = None
    if result is not None and row.fixed_on is not None:
        found = controlled(of_json(result.found["outcome"]), measure, scope, access)
    hidden = 0
    if found is not None and result is not None:
        seen = result.found["outcome"]["lines"]["observed"]
        hidden = sum(a is not None and b is None for a, b in zip(seen, found.lines.observed, strict=True))
    return Page(
        row=row,
        result=result,
        found=found,
        verdict=verdict_words(row, result),
        measure=measure,
        measure_name=name,
        who=where,
        charts=charts.charts(row, found, name, where) if found else (),
        series=series(found) if found else (),
        horizons=_horizons(found) if found else (),
        placebos=_placebos(row, found, where) if found else (),
        weights=[(row.names.get(w.unit, w.unit), w.unit, w.weight, w.without) for w in found.weights] if found else (),
        excluded=[(f"{row.names.get(u, u)} ({u})", why) for u, why in found.excluded.items()] if found else (),
        comparators=[str(row.names.get(unit, unit)) for unit in (found.comparators if found else row.comparators)],
        balance=_balance(result) if result and row.fixed_on else (),
        people=_people(result, found),
        cost=_cost(row, result, found),
        withheld=f"{hidden} figures are withheld because they count few people." if hidden else "",
    )


def series(found: Outcome) -> list[list[Any]]:
    """The table of the first two charts: period, seen, without it, gap, comparators, and 95% of placebos."""
    one = found.lines
    nothing = (None,) * len(one.periods)
    rows = zip(
        one.periods,
        one.observed,
        one.without,
        one.gap,
        one.others,
        one.low or nothing,
        one.high or nothing,
        strict=True,
    )
    return [[time.words(row[0], found.grain), *row[1:], row[0]] for row in rows]


def _horizons(found: Outcome) -> list[list[str]]:
    return [
        [
            f"{at.number}",
            time.words(at.period, found.grain),
            words.signed(at.value, found.unit),
            words.between(at.lower, at.upper, found.unit),
        ]
        for at in found.horizons
    ]


def _placebos(row: Evaluation, found: Outcome, where: str) -> list[tuple[str, str, float, float, str]]:
    """Everybody in the order of their rank, the one evaluated among them."""
    rows = [
        (
            str(row.names.get(one.unit, one.unit)),
            one.unit,
            one.effect,
            one.rank_by,
            "poor fit before" if one.poor else "",
        )
        for one in found.placebos
    ]
    if rows and found.effect is not None:
        rows.append((where, "", found.effect, charts.own_rank(found), "evaluated"))
    return sorted(rows, key=lambda one: -one[3])


def _balance(result: Result) -> list[tuple[str, str, str]]:
    said = {True: "Got worse", False: "No worsening seen", None: "Cannot be judged yet"}
    return [(one["name"], said[one["worsened"]], one["words"]) for one in result.found["balance"]]


def _people(result: Result | None, found: Outcome | None) -> str:
    """The effect as a number of people, where the measure is a share and there is an effect to speak of.

    What is not shown is given as no number: that is how claims are made.
    """
    if result is None or result.verdict not in (Kind.REALISED, Kind.NEGATIVE):
        return ""
    if found is None or found.net_count is None or found.unit not in FACTORS:
        return ""
    more = "more" if found.net_count > 0 else "fewer"
    whole = f"{abs(found.net_count):,.0f}"
    return f"Over the {time.PLURAL[found.grain]} since the start that is about {whole} {more} than without it."


def _cost(row: Evaluation, result: Result | None, found: Outcome | None) -> str:
    """What it cost in all, and for each one gained where it was realised."""
    pence = [one.pence for one in row.added.all() if one.pence is not None]
    if not pence:
        return ""
    total = sum(pence)
    said = f"It cost {pounds(total)} in all."
    if result and result.verdict == Kind.REALISED and found and found.net_count:
        said += f" That is {pounds(round(total / abs(found.net_count)))} for each."
    return said


def pounds(pence: int) -> str:
    """Money in pounds.

    >>> pounds(123456789), pounds(250)
    ('£1,234,568', '£2.50')
    """
    return f"£{pence / 100:,.0f}" if abs(pence) >= 100_000 else f"£{pence / 100:,.2f}"


def about(row: Evaluation, unit: str) -> list[tuple[str, str]]:
    """The question in words, as a list of what and which."""
    rows = [
        ("What was done", row.what),
        ("Who answers for it", row.tried_by),
        ("Design", METHODS[row.method]),
        ("It should", DIRECTIONS[row.direction].removeprefix("It should ")),
        ("Compared with", row.comparator_words or POOLS[row.pool]),
    ]
    if row.expected is not None:
        rows.append(("Hoped for", words.amount(row.expected, unit)))
    return rows


def settings_rows() -> list[tuple[str, str, str, str]]:
    """The figures that the methods hold to."""
    return [(one.name.replace("_", " "), f"{one.value:g}", one.source, one.certainty) for one in figures().values()]
