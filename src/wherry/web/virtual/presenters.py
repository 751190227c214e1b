"""Virtual wards as pages say them: lists of the board, scores, places, names of providers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from wherry.flow.virtual import news2
from wherry.flow.virtual.readings import Reading
from wherry.flow.virtual.rules import rules
from wherry.web.components.formats import person_name
from wherry.web.virtual.charts import Spark, spark
from wherry.web.virtual.common import capacity
from wherry.web.virtual.models import WardStay
from wherry.web.virtual.selectors import Line, Room

#: Tags of NHS.UK for a risk and for an alert's level: a colour beside the words, never instead of them.
RISK_TAG = {"low": "green", "low_medium": "yellow", "medium": "orange", "high": "red"}
LEVEL_TAG = {"emergency": "red", "urgent": "orange", "soon": "yellow"}


@dataclass(frozen=True)
class Row:
    """One patient of the board, ready to show."""

    line: Line
    name: str
    score: str
    risk: str
    risk_tag: str
    scored_at: str
    spark: Spark | None


def row(line: Line) -> Row:
    """One patient."""
    last = line.stay.scores[-1] if line.stay.scores else None
    return Row(
        line=line,
        name=person_name(line.stay.surname, line.stay.forename),
        score=score_words(last) if last else "not known",
        risk=news2.WORDS[last["risk"]] if last else "",
        risk_tag=RISK_TAG[last["risk"]] if last else "grey",
        scored_at=last["at"] if last else "",
        spark=spark(line.stay.scores),
    )


def score_words(score: dict[str, Any]) -> str:
    """A score as it is written: `5`, or `at least 3`."""
    return f"{score['least']}" if score["whole"] else f"at least {score['least']}"


def lists(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The three lists that come first: alerts to answer, who has not sent, reviews due."""
    wrong = [each for each in lines if any(alert.cause != "missing" for alert in each.alerts) or each.wrong]
    missing = [each for each in lines if each.missing or any(alert.cause == "missing" for alert in each.alerts)]
    review = [each for each in lines if each.review_due]
    review.sort(key=lambda each: each.stay.next_review_at or each.now)
    return [
        {"id": "wrong", "title": "Readings that are wrong", "rows": [row(each) for each in wrong],
         "empty": "Nobody’s readings are outside their limits, and no early-warning score asks for an answer."},
        {"id": "missing", "title": "Has not sent", "rows": [row(each) for each in missing],
         "empty": "Everything that was asked for came in time."},
        {"id": "reviews", "title": "Reviews due", "rows": [row(each) for each in review],
         "empty": "No review is due now."},
    ]  # fmt: skip


def pages(count: int, size: int, page: int, provider: str, pathway: str) -> list[tuple[int, str, bool]]:
    """Pages of a list: number, query, whether it is this one; none where one page is enough.

    >>> pages(120, 50, 2, "RM1", "")
    [(1, 'provider=RM1&page=1', False), (2, 'provider=RM1&page=2', True), (3, 'provider=RM1&page=3', False)]
    >>> pages(50, 50, 1, "", "")
    []
    """
    if count <= size:
        return []
    chosen = {"provider": provider, "pathway": pathway}
    kept = {name: value for name, value in chosen.items() if value}
    numbers = range(1, -(-count // size) + 1)
    return [(number, urlencode({**kept, "page": number}), number == page) for number in numbers]


@dataclass(frozen=True)
class Total:
    """Places of several rooms added up."""

    places: int
    staffed: int
    patients: int
    waiting: int

    @property
    def occupancy(self) -> float | None:
        """Patients of staffed places; None where none is staffed."""
        return self.patients / self.staffed if self.staffed else None


def total(rooms: Sequence[Room]) -> Total:
    """The sum."""
    return Total(
        sum(each.places for each in rooms),
        sum(each.staffed for each in rooms),
        sum(each.patients for each in rooms),
        sum(each.waiting for each in rooms),
    )


def names() -> dict[str, str]:
    """Names of providers by code."""
    from wherry.reference.system import load
    from wherry.web.planning.scenario_selectors import system_name

    system = load(system_name())
    codes = (*system.trusts, *capacity().providers)
    return {code: system.short_name(code) for code in codes}


def onboarding(stay: WardStay) -> list[dict[str, Any]]:
    """Items of coming on to the ward with who did each."""
    return [
        {"code": item.code, "words": item.words, "source": item.source, "done": stay.onboarding.get(item.code)}
        for item in rules().onboarding
    ]


def in_order(readings: Sequence[Reading]) -> list[Reading]:
    """Readings of one set in the order of the chart, others after them."""
    order = [*news2.PARAMETERS, *rules().vitals]
    return sorted(readings, key=lambda each: order.index(each.kind))
