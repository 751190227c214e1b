"""The question as it is typed: one frozen value, what is wrong with it, and the comparators that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from wherry.performance.evaluation.settings import METHODS
from wherry.performance.measures.model import Direction, Measure
from wherry.performance.measures.values import Scope

#: Which comparators can be asked for.
POOLS = {
    "nearest": "The trusts most alike (published figures)",
    "region": "Acute trusts of the same region (often too few)",
    "all": "All acute trusts",
    "pick": "Those named below",
    "none": "Nobody: this cannot show a benefit",
}
DIRECTIONS = {"increase": "It should rise", "decrease": "It should fall"}
_WAYS = {"increase": "rises", "decrease": "falls"}
_WORDS_AT_MOST = {"title": 200, "tried_by": 200, "what": 4000}


@dataclass(frozen=True)
class Question:
    """What is to be evaluated. Dates None were not given or cannot be read; `expected` is without a sign."""

    title: str = ""
    what: str = ""
    tried_by: str = ""
    measure: str = ""
    scope: str = ""
    starts_on: date | None = None
    baseline_from: date | None = None
    baseline_to: date | None = None
    method: str = ""
    direction: str = ""
    expected: float | None = None
    pool: str = ""
    picked: tuple[str, ...] = ()
    excluded: Mapping[str, str] = field(default_factory=dict)
    balance: tuple[str, ...] = ()
    asked: Mapping[str, object] = field(default_factory=dict)


def wrong(found: Question, measures: Mapping[str, Measure], scopes: tuple[Scope, ...]) -> dict[str, str]:
    """What is wrong, by field; nothing where it can be kept.

    >>> wrong(Question(title="A"), {}, ())["measure"]
    'Choose the measure by which it is judged'
    """
    errors = _missing(found, measures, scopes)
    for name, most in _WORDS_AT_MOST.items():
        if len(getattr(found, name)) > most:
            errors[name] = f"Write at most {most:,} characters; these are {len(getattr(found, name)):,}"
    start = found.starts_on
    if found.baseline_from and found.baseline_to and found.baseline_from > found.baseline_to:
        errors.setdefault("baseline_from", "The baseline begins after it ends")
    if start and found.baseline_to and found.baseline_to >= start:
        errors["baseline_to"] = "The baseline ends before the start"
    better = measures[found.measure].direction.value if found.measure in measures else ""
    if found.direction in DIRECTIONS and better in DIRECTIONS and found.direction != better:
        name = measures[found.measure].name
        errors["direction"] = f"{name} is better when it {_WAYS[better]}, so a benefit can only be that"
    if found.pool == "pick" and not found.picked:
        errors["picked"] = "Name the comparators by their codes"
    if found.pool == "none" and found.method not in ("its", ""):
        errors["pool"] = f"{METHODS.get(found.method, 'This design')} needs comparators"
    if found.measure in found.balance:
        errors["balance"] = "A measure that must not worsen is another than the one it is judged by"
    strange = [code for code in found.balance if code not in measures]
    if strange:
        errors["balance"] = f"There is no measure called {', '.join(strange)[:100]}"
    neutral = [measures[code].name for code in found.balance if _neutral(measures, code)]
    if neutral:
        errors["balance"] = f"{neutral[0]} has no better way, so nobody can say that it worsened"
    if len(found.excluded) > 200 or len(found.picked) > 200:
        errors["picked"] = "At most 200 trusts"
    return errors


def _neutral(measures: Mapping[str, Measure], code: str) -> bool:
    return code in measures and measures[code].direction is Direction.NEUTRAL


def _missing(found: Question, measures: Mapping[str, Measure], scopes: tuple[Scope, ...]) -> dict[str, str]:
    errors = {}
    if not found.title:
        errors["title"] = "Give it a name"
    if not found.what:
        errors["what"] = "Say what was done, or will be"
    if not found.tried_by:
        errors["tried_by"] = "Say who answers for it"
    if found.measure not in measures:
        errors["measure"] = "Choose the measure by which it is judged"
    if found.scope not in {one.code for one in scopes if one.kind != "place"}:
        errors["scope"] = "Choose where it is done"
    for name, words in (
        ("starts_on", "Give the day on which it starts"),
        ("baseline_from", "Give the day on which the baseline begins"),
        ("baseline_to", "Give the day on which the baseline ends"),
    ):
        if getattr(found, name) is None:
            errors[name] = words
    if found.method not in METHODS:
        errors["method"] = "Choose a design"
    if found.direction not in DIRECTIONS:
        errors["direction"] = "Choose which way it should go"
    if found.pool not in POOLS:
        errors["pool"] = "Choose with whom it is compared"
    if found.expected is not None and found.expected < 0:
        errors["expected"] = "Write how much without a sign"
    return errors
