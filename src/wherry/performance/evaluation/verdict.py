"""The verdict: a pure rule from what was fixed, when, against whom, and what was found, to one of five words.

Nothing is called realised without a baseline fixed before the start, a comparator and a chart. What is not shown and
what went wrong stands in the same place. The decision is recorded in `docs/decisions` ("What counts as proof").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What an evaluation says."""

    REALISED = "realised"
    NOT_SHOWN = "not_shown"
    NEGATIVE = "negative"
    CANNOT_BE_JUDGED = "cannot_be_judged"
    AFTERWARDS = "registered_afterwards"

    @property
    def words(self) -> str:
        """As a heading says it."""
        return WORDS[self]


WORDS = {
    Kind.REALISED: "Realised",
    Kind.NOT_SHOWN: "Not shown",
    Kind.NEGATIVE: "Negative",
    Kind.CANNOT_BE_JUDGED: "Cannot be judged yet",
    Kind.AFTERWARDS: "Chosen afterwards",
}


_GOOD = "It went the right way, by more than chance does."


@dataclass(frozen=True)
class Check:
    """One condition of a method. `passed` None: it could not be tried."""

    name: str
    passed: bool | None
    words: str


@dataclass(frozen=True)
class Balance:
    """Another measure that must not worsen. `worsened` None: it cannot be judged yet."""

    name: str
    worsened: bool | None
    words: str = ""


@dataclass(frozen=True)
class Facts:
    """What the rule looks at. `problem` says why nothing could be worked out, if so.

    `fixed_on` is the day on which a record has baseline and comparators fixed, `start` the day on which it began;
    `claimed_on` and `claimed_by` are what a file says of it, which anybody can write at any time. `charted`: whether
    there are lines to draw. `direction` is the way that was hoped for (increase or decrease), `expected` how much, in
    the measure's unit, without a sign. `can_be_shown`: whether there are comparators enough for any effect at all to
    stand out.
    """

    start: date
    fixed_on: date | None
    baseline_from: date | None
    baseline_to: date | None
    comparators: int
    charted: bool
    direction: str
    effect: float | None = None
    lower: float | None = None
    upper: float | None = None
    p: float | None = None
    alpha: float = 0.05
    expected: float | None = None
    problem: str = ""
    can_be_shown: bool = True
    checks: tuple[Check, ...] = ()
    balance: tuple[Balance, ...] = ()
    claimed_on: date | None = None
    claimed_by: str = ""


@dataclass(frozen=True)
class Verdict:
    """One of five words, with the reasons for it, the weightiest first."""

    kind: Kind
    reasons: tuple[str, ...]


def fixed_before(facts: Facts) -> bool:
    """Whether baseline and comparators were fixed before the start, and the baseline ends before it."""
    return (
        facts.fixed_on is not None
        and facts.fixed_on < facts.start
        and facts.baseline_from is not None
        and facts.baseline_to is not None
        and facts.baseline_from <= facts.baseline_to < facts.start
    )


def evidence(facts: Facts) -> str:
    """`better`, `worse`, or `none` where an interval holds nothing or chance alone would do as much.

    >>> from datetime import date
    >>> facts = Facts(date(2026, 1, 1), None, None, None, 1, True, "decrease", -2.0, -3.0, -1.0, 0.01)
    >>> evidence(facts)
    'better'
    """
    if facts.effect is None or facts.p is None or facts.p > facts.alpha:
        return "none"
    if facts.lower is not None and facts.upper is not None and facts.lower <= 0 <= facts.upper:
        return "none"
    if facts.effect == 0:
        return "none"
    return "better" if (facts.effect > 0) == (facts.direction == "increase") else "worse"


def verdict(facts: Facts) -> Verdict:
    """The verdict on facts, with reasons.

    In this order: what could not be worked out, or has too few comparators, or fails a check of its method, cannot be
    judged; without a comparator or a chart nothing is shown; a worsening is negative; no difference is not shown; a
    betterment with a baseline fixed afterwards, or fixed by nothing but a file's word, is only that; one at the cost of
    another measure is not shown, and waits for those that cannot be judged and for checks that could not be tried; what
    is left is realised.
    """
    before = fixed_before(facts)
    labels = () if before else (_afterwards(facts),)
    if facts.problem:
        return Verdict(Kind.CANNOT_BE_JUDGED, (facts.problem, *labels))
    missing = _missing(facts)
    if missing:
        return Verdict(Kind.NOT_SHOWN, (*missing, *labels))
    if not facts.can_be_shown:
        few = f"With {facts.comparators} comparators no effect, however large, could be told from chance."
        return Verdict(Kind.CANNOT_BE_JUDGED, (few, *labels))
    failed = tuple(check.words for check in facts.checks if check.passed is False)
    if failed:
        return Verdict(Kind.CANNOT_BE_JUDGED, (*failed, *labels))
    found = evidence(facts)
    if found == "none":
        return Verdict(Kind.NOT_SHOWN, ("What was seen is within what chance does.", *labels))
    if found == "worse":
        return Verdict(Kind.NEGATIVE, ("It went the wrong way, by more than chance does.", *labels))
    if not before:
        return Verdict(Kind.AFTERWARDS, (*labels, f"{_GOOD} What is chosen afterwards can be chosen to fit."))
    return _better(facts)


def _better(facts: Facts) -> Verdict:
    worse = tuple(f"{one.name} got worse meanwhile." for one in facts.balance if one.worsened)
    if worse:
        return Verdict(Kind.NOT_SHOWN, (*worse, _GOOD))
    open_ = [one.name for one in facts.balance if one.worsened is None]
    unknown = tuple(f"Whether {name} got worse cannot be judged yet." for name in open_)
    unknown += tuple(check.words for check in facts.checks if check.passed is None)
    if unknown:
        return Verdict(Kind.CANNOT_BE_JUDGED, (*unknown, _GOOD))
    reasons = [
        _GOOD,
        "The baseline was fixed before the start.",
        f"It was compared with {facts.comparators} other{'' if facts.comparators == 1 else 's'}.",
    ]
    if facts.expected is not None and facts.effect is not None and abs(facts.effect) < facts.expected:
        reasons.append(f"It is less than the {facts.expected:g} that was hoped for.")
    if facts.balance:
        reasons.append("No measure that must not worsen was seen to.")
    return Verdict(Kind.REALISED, tuple(reasons))


def _missing(facts: Facts) -> tuple[str, ...]:
    found = []
    if facts.comparators < 1:
        found.append("There is no comparator: before and after alone is not proof, whichever way it went.")
    if not facts.charted:
        found.append("There is no chart.")
    return tuple(found)


def _afterwards(facts: Facts) -> str:
    if facts.fixed_on is None and facts.claimed_on is not None:
        who = f"{facts.claimed_by} fixed the baseline" if facts.claimed_by else "the baseline was fixed"
        return (
            f"The file says that {who} on {_day(facts.claimed_on)}. Anybody can write that at any time: only what is "
            "registered and fixed on the pages (Did it work) before the start can be called realised."
        )
    if facts.fixed_on is None:
        return "Chosen afterwards: nothing says that the baseline was fixed before the start."
    if facts.fixed_on >= facts.start:
        fixed, began = _day(facts.fixed_on), _day(facts.start)
        return f"Chosen afterwards: the baseline was fixed on {fixed}, and it started on {began}."
    return "The baseline does not end before the start."


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"
