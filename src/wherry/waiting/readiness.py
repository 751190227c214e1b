"""Fit, fit after review, or not fit now: a pure function from answers to a result with its reasons.

An answer that is missing is never taken as "no": until every question that is asked has an answer nothing is scored,
and the result says what is missing. What has been answered so far may already ask for somebody's attention; it is told
as such. Nothing here takes anybody off a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wherry.waiting.questionnaire import Condition, Question, Questionnaire, Rule

Answers = Mapping[str, Any]

FIT, REVIEW, NOT_FIT, INCOMPLETE = "fit", "review", "not_fit", "incomplete"
#: Results in words.
OUTCOMES = {
    FIT: "Fit",
    REVIEW: "Fit after review",
    NOT_FIT: "Not fit now",
    INCOMPLETE: "Cannot be scored yet",
}
#: Longest text that a patient may write in one answer.
WORDS_AT_MOST = 2000


@dataclass(frozen=True)
class Reason:
    """One rule that answers led to: what it rests on, who looks at it, and what to do."""

    rule: str
    leads_to: str
    words: str
    who: str
    do: str
    basis: str
    idea: str


@dataclass(frozen=True)
class Result:
    """`outcome` is one of `OUTCOMES`; `missing` the codes of questions without an answer, in order."""

    outcome: str
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]


def asked(questionnaire: Questionnaire, answers: Answers) -> tuple[Question, ...]:
    """The questions that these answers lead to, in order. An answer to one that is not asked counts for nothing."""
    out: list[Question] = []
    for question in questionnaire.questions.values():
        after = question.asked_after
        if not after or (any(q.code == after for q in out) and answers.get(after) in question.asked_for):
            out.append(question)
    return tuple(out)


def check(question: Question, answer: Any) -> str:
    """What is wrong with one answer, in words for whoever gave it; empty if it can be kept.

    >>> from wherry.waiting.questionnaire import on
    >>> weight = on(date(2026, 1, 31)).questions["weight_kg"]
    >>> check(weight, 8)
    'Give a whole number from 25 to 350 kg'
    """
    if question.kind == "whole":
        good = isinstance(answer, int) and not isinstance(answer, bool) and question.least <= answer <= question.most
        return "" if good else f"Give a whole number from {question.least} to {question.most} {question.unit}"
    if question.kind == "text":
        if not isinstance(answer, str) or not answer.strip():
            return "Write a few words"
        return "" if len(answer) <= WORDS_AT_MOST else f"Keep it under {WORDS_AT_MOST:,} characters"
    return "" if isinstance(answer, str) and answer in question.answers else "Choose one of the answers"


def bmi(answers: Answers) -> float | None:
    """Body mass index, kg/m2, to one decimal; None without both height and weight.

    >>> bmi({"height_cm": 170, "weight_kg": 90}), bmi({"height_cm": 170})
    (31.1, None)
    """
    height, weight = answers.get("height_cm"), answers.get("weight_kg")
    if not height or not weight:
        return None
    return round(float(weight) / (float(height) / 100) ** 2, 1)


def score(questionnaire: Questionnaire, answers: Answers) -> Result:
    """The result of some answers.

    >>> from wherry.waiting.questionnaire import on
    >>> healthy = untroubled(on(date(2026, 1, 31)))
    >>> score(on(date(2026, 1, 31)), healthy).outcome
    'fit'
    >>> result = score(on(date(2026, 1, 31)), {**healthy, "blood_thinner": "yes"})
    >>> result.outcome, result.reasons[0].words
    ('review', 'Blood thinner: yes')
    >>> score(on(date(2026, 1, 31)), {**healthy, "infection_now": "yes"}).outcome
    'not_fit'
    >>> without = {code: answer for code, answer in healthy.items() if code != "chest_pain"}
    >>> result = score(on(date(2026, 1, 31)), without)
    >>> result.outcome, result.missing
    ('incomplete', ('chest_pain',))
    """
    questions = asked(questionnaire, answers)
    given = {q.code: answers[q.code] for q in questions if q.code in answers and not check(q, answers[q.code])}
    missing = tuple(q.code for q in questions if q.code not in given and not q.optional)
    reasons = tuple(_reason(questionnaire, rule, given) for rule in questionnaire.rules if _holds(rule, given))
    reasons = _each_once(sorted(reasons, key=lambda reason: reason.leads_to != NOT_FIT))
    if missing:
        return Result(INCOMPLETE, reasons, missing)
    led = {reason.leads_to for reason in reasons}
    return Result(NOT_FIT if NOT_FIT in led else REVIEW if led else FIT, reasons, ())


def _each_once(worst_first: list[Reason]) -> tuple[Reason, ...]:
    """The first reason of each statement: a milder rule about the same answer adds nothing."""
    first: dict[str, Reason] = {}
    for reason in worst_first:
        first.setdefault(reason.words, reason)
    return tuple(first.values())


def _holds(rule: Rule, given: Answers) -> bool:
    every = all(_met(condition, given) for condition in rule.all_of)
    return every and (not rule.any_of or any(_met(condition, given) for condition in rule.any_of))


def _met(condition: Condition, given: Answers) -> bool:
    if condition.answers:
        return given.get(condition.about) in condition.answers
    value = bmi(given)
    if value is None:
        return False
    return (condition.from_ is None or value >= condition.from_) and (
        condition.below is None or value < condition.below
    )


def _reason(questionnaire: Questionnaire, rule: Rule, given: Answers) -> Reason:
    said = dict.fromkeys(questionnaire.questions, "not answered")
    said |= {code: questionnaire.questions[code].said(answer) for code, answer in given.items()}
    words = rule.reason.format(bmi=bmi(given), **said)
    return Reason(rule.code, rule.leads_to, words, rule.who, rule.do, rule.basis, rule.idea)


def own_words(questionnaire: Questionnaire, answers: Answers) -> str:
    """What the patient wrote about a condition that has become worse; empty if it has not.

    >>> from wherry.waiting.questionnaire import on
    >>> own_words(on(date(2026, 1, 31)), {"condition": "worse", "condition_words": "I cannot sleep."})
    'I cannot sleep.'
    """
    if answers.get("condition") not in ("worse", "much_worse"):
        return ""
    return str(answers.get("condition_words") or questionnaire.questions["condition"].said(answers["condition"]))


def untroubled(questionnaire: Questionnaire) -> dict[str, Any]:
    """The least concerning answer to every question that must be answered: where examples begin."""
    out: dict[str, Any] = {}
    for question in questionnaire.questions.values():
        if question.kind == "whole":
            out[question.code] = {"height_cm": 170, "weight_kg": 70}.get(question.code, question.least)
        elif question.kind != "text":
            out[question.code] = min(question.answers, key=lambda code: question.concern[code])
    return {q.code: out[q.code] for q in asked(questionnaire, out) if q.code in out}


# --- whom to ask, and when ------------------------------------------------------------------------------------------


def valid_until(questionnaire: Questionnaire, answered_on: date) -> date:
    """The last day on which answers hold; somebody still waiting is then asked again.

    >>> from wherry.waiting.questionnaire import on
    >>> valid_until(on(date(2026, 1, 31)), date(2025, 8, 31))
    datetime.date(2026, 2, 28)
    """
    months = answered_on.year * 12 + answered_on.month - 1 + questionnaire.months_valid
    year, month = divmod(months, 12)
    for day in range(answered_on.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, answered_on.day)


def phase(questionnaire: Questionnaire, treatment_function: str | None) -> int:
    """When a treatment function's patients are asked: 0 first; those that no phase names come last.

    >>> from wherry.waiting.questionnaire import on
    >>> [phase(on(date(2026, 1, 31)), code) for code in ("110", "502", "300", None)]
    [0, 1, 2, 2]
    """
    for at, group in enumerate(questionnaire.phases):
        if treatment_function in group.functions:
            return at
    return len(questionnaire.phases)
