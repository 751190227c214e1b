"""The peri-operative questionnaire as data: topics, questions in plain words, rules; read and checked from one file.

`data/readiness.toml` holds dated versions. What is wrong with a version is found when it is read: a rule about an
answer that does not exist, or one that a more concerning answer would escape, never reaches a patient.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

BASES = ("guidance", "general knowledge", "own default")
KINDS = ("yes_no", "yes_no_unsure", "choice", "whole", "text")
LEADS_TO = ("review", "not_fit")
_YES_NO = {"no": "No", "yes": "Yes"}
_UNSURE = {"no": "No", "unsure": "I am not sure", "yes": "Yes"}


@dataclass(frozen=True)
class Question:
    """One question. `answers` are its codes with their words; `concern` the order of concern, 0 none."""

    code: str
    topic: str
    words: str
    kind: str
    hint: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    concern: Mapping[str, int] = field(default_factory=dict)
    least: int = 0
    most: int = 0
    unit: str = ""
    asked_after: str = ""
    asked_for: tuple[str, ...] = ()
    optional: bool = False
    never_scored: bool = False

    def said(self, answer: Any) -> str:
        """An answer in words.

        >>> Question("a", "t", "?", "choice", answers={"yes": "Yes, often"}).said("yes")
        'yes, often'
        >>> Question("w", "t", "?", "whole", unit="kg").said(80)
        '80 kg'
        """
        if self.kind == "whole":
            return f"{answer} {self.unit}".strip()
        words = self.answers.get(str(answer), str(answer)) if self.answers else str(answer)
        return words if words[:2] in ("I ", "I,") else words[:1].lower() + words[1:]


@dataclass(frozen=True)
class Condition:
    """One condition of a rule: an answer among some, or a measure in a range (`from_` included, `below` not)."""

    about: str
    answers: tuple[str, ...] = ()
    from_: float | None = None
    below: float | None = None


@dataclass(frozen=True)
class Rule:
    """Where answers lead: to a review or to "not fit now", by whom, why, and where the idea comes from."""

    code: str
    any_of: tuple[Condition, ...]
    all_of: tuple[Condition, ...]
    leads_to: str
    who: str
    reason: str
    do: str
    basis: str
    idea: str


@dataclass(frozen=True)
class Topic:
    """What one page asks about."""

    code: str
    title: str
    warning: str = ""


@dataclass(frozen=True)
class Phase:
    """Treatment functions whose patients are asked before others."""

    functions: tuple[str, ...]
    words: str
    source: str


@dataclass(frozen=True)
class Questionnaire:
    """One version. `months_valid` is for how long answers hold; who is younger than `least_age` is not asked."""

    name: str
    from_date: date
    to_date: date | None
    title: str
    months_valid: int
    least_age: int
    topics: tuple[Topic, ...]
    questions: Mapping[str, Question]
    rules: tuple[Rule, ...]
    phases: tuple[Phase, ...]

    def of_topic(self, topic: str) -> tuple[Question, ...]:
        """The questions of one page, in order."""
        return tuple(question for question in self.questions.values() if question.topic == topic)


class WrongQuestionnaire(ValueError):
    """The data of a version contradicts itself."""


@cache
def versions() -> tuple[Questionnaire, ...]:
    """Every version, oldest first. Raises `WrongQuestionnaire` for one that contradicts itself."""
    text = resources.files("wherry.waiting").joinpath("data", "readiness.toml").read_text(encoding="utf-8")
    return tuple(sorted(map(read, tomllib.loads(text)["version"]), key=lambda version: version.from_date))


def on(day: date) -> Questionnaire:
    """The version that holds on a day. Raises `LookupError` for a day that none covers.

    >>> on(date(2026, 1, 31)).name
    '2026-01'
    """
    for version in versions():
        if version.from_date <= day and (version.to_date is None or day <= version.to_date):
            return version
    raise LookupError(f"no version of the questionnaire covers {day}")


def named(name: str) -> Questionnaire:
    """The version that answers were given to. Raises `LookupError`."""
    for version in versions():
        if version.name == name:
            return version
    raise LookupError(f"no version of the questionnaire is called {name!r}")


def read(row: Mapping[str, Any]) -> Questionnaire:
    """One version from its table, checked."""
    questions = {made.code: made for made in map(_question, row["question"])}
    version = Questionnaire(
        name=row["name"],
        from_date=row["from_date"],
        to_date=row.get("to_date"),
        title=row["title"],
        months_valid=row["months_valid"],
        least_age=row["least_age"],
        topics=tuple(Topic(**topic) for topic in row["topic"]),
        questions=questions,
        rules=tuple(map(_rule, row["rule"])),
        phases=tuple(Phase(tuple(p["functions"]), p["words"], p["source"]) for p in row.get("order", ())),
    )
    if len(questions) != len(row["question"]) or len({rule.code for rule in version.rules}) != len(version.rules):
        raise WrongQuestionnaire(f"{version.name}: a code is used twice")
    for question in questions.values():
        _check_question(version, question)
    for rule in version.rules:
        _check_rule(version, rule)
    return version


def _question(row: Mapping[str, Any]) -> Question:
    kind = row["kind"]
    answers = {"yes_no": _YES_NO, "yes_no_unsure": _UNSURE}.get(kind, row.get("answers", {}))
    concern = row.get("concern") or {code: at for at, code in enumerate(answers)}
    after = row.get("asked_if") or {"question": "", "answers": ()}
    plain = {name: row[name] for name in ("hint", "least", "most", "unit", "optional", "never_scored") if name in row}
    return Question(
        code=row["code"],
        topic=row["topic"],
        words=row["words"],
        kind=kind,
        answers=answers,
        concern=concern,
        asked_after=after["question"],
        asked_for=tuple(after["answers"]),
        **plain,
    )


def _conditions(rows: list[Mapping[str, Any]]) -> tuple[Condition, ...]:
    made = []
    for row in rows:
        for about, wanted in row.items():
            if isinstance(wanted, Mapping):
                made.append(Condition(about, from_=wanted.get("from"), below=wanted.get("below")))
            else:
                made.append(Condition(about, answers=tuple(wanted)))
    return tuple(made)


def _rule(row: Mapping[str, Any]) -> Rule:
    plain = {name: row[name] for name in ("code", "leads_to", "who", "reason", "do", "basis", "idea")}
    return Rule(any_of=_conditions(row.get("any", [])), all_of=_conditions(row.get("all", [])), **plain)


def _check_question(version: Questionnaire, question: Question) -> None:
    where = f"{version.name}: question {question.code}"
    if question.kind not in KINDS:
        raise WrongQuestionnaire(f"{where}: kind {question.kind!r}")
    if question.topic not in {topic.code for topic in version.topics}:
        raise WrongQuestionnaire(f"{where}: no topic {question.topic!r}")
    if set(question.concern) != set(question.answers):
        raise WrongQuestionnaire(f"{where}: the order of concern does not name each of its answers once")
    if question.kind == "whole" and not question.least < question.most:
        raise WrongQuestionnaire(f"{where}: no room between its least and its most")
    if question.asked_after:
        before = version.questions.get(question.asked_after)
        earlier = list(version.questions)
        if before is None or not set(question.asked_for) <= set(before.answers):
            raise WrongQuestionnaire(f"{where}: it is asked after an answer that does not exist")
        if earlier.index(before.code) >= earlier.index(question.code):
            raise WrongQuestionnaire(f"{where}: it comes before the question that it depends on")


def _check_rule(version: Questionnaire, rule: Rule) -> None:
    where = f"{version.name}: rule {rule.code}"
    if rule.leads_to not in LEADS_TO or rule.basis not in BASES:
        raise WrongQuestionnaire(f"{where}: leads to {rule.leads_to!r} on the basis {rule.basis!r}")
    if not rule.any_of and not rule.all_of:
        raise WrongQuestionnaire(f"{where}: nothing leads to it")
    for condition in (*rule.any_of, *rule.all_of):
        if condition.about == "bmi":
            if "{bmi}" not in rule.reason:
                raise WrongQuestionnaire(f"{where}: its reason does not name the body mass index")
            continue
        question = version.questions.get(condition.about)
        if question is None or not condition.answers or not set(condition.answers) <= set(question.answers):
            raise WrongQuestionnaire(f"{where}: it asks for answers that {condition.about} does not have")
        if question.never_scored:
            raise WrongQuestionnaire(f"{where}: {condition.about} is never scored")
        least = min(question.concern[answer] for answer in condition.answers)
        escaped = {a for a, concern in question.concern.items() if concern > least} - set(condition.answers)
        if escaped or least == 0:
            raise WrongQuestionnaire(f"{where}: a more concerning answer to {condition.about} would escape it")
        if "{" + condition.about + "}" not in rule.reason:
            raise WrongQuestionnaire(f"{where}: its reason does not name the answer to {condition.about}")
