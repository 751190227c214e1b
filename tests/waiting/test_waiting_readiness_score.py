"""Fit, fit after review, not fit now: worked examples, and what must hold for any answers."""

from __future__ import annotations

import copy
import tomllib
from datetime import date
from importlib import resources
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wherry.waiting import questionnaire, readiness
from wherry.waiting.questionnaire import Question, WrongQuestionnaire
from wherry.waiting.readiness import FIT, INCOMPLETE, NOT_FIT, REVIEW, score

DAY = date(2026, 1, 31)
ASKED = questionnaire.on(DAY)
WELL = readiness.untroubled(ASKED)
RANK = {FIT: 0, REVIEW: 1, NOT_FIT: 2}


def any_answer(question: Question) -> st.SearchStrategy[Any]:
    if question.kind == "whole":
        return st.integers(question.least, question.most)
    if question.kind == "text":
        return st.sampled_from(["Some words.", "More pain at night"])
    return st.sampled_from(sorted(question.answers))


def complete(answers: dict[str, Any]) -> dict[str, Any]:
    """The answers without those to questions that are not asked."""
    codes = {question.code for question in readiness.asked(ASKED, answers)}
    return {code: answer for code, answer in answers.items() if code in codes}


ALL_ANSWERS = st.fixed_dictionaries({code: any_answer(q) for code, q in ASKED.questions.items()}).map(complete)


# --- worked examples ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "outcome", "rules"),
    [
        ({}, FIT, []),
        ({"blood_thinner": "aspirin"}, FIT, []),
        ({"blood_thinner": "yes"}, REVIEW, ["blood_thinner"]),
        ({"height_cm": 160, "weight_kg": 103}, REVIEW, ["very_high_bmi"]),
        ({"height_cm": 160, "weight_kg": 102}, FIT, []),
        ({"height_cm": 180, "weight_kg": 59}, REVIEW, ["low_bmi"]),
        ({"chest_pain": "effort"}, REVIEW, ["chest_pain_effort"]),
        ({"chest_pain": "rest"}, NOT_FIT, ["chest_pain_rest"]),
        ({"diabetes": "diet", "hba1c": "good"}, FIT, []),
        ({"diabetes": "injections", "hba1c": "high"}, NOT_FIT, ["sugar_high", "diabetes_medicine"]),
        ({"stairs": "joints"}, FIT, []),
        ({"stairs": "joints", "lung_condition": "stable"}, REVIEW, ["joints_unknown_stamina"]),
        ({"snoring": "yes", "sleepy": "yes"}, FIT, []),
        (
            {"snoring": "yes", "sleepy": "yes", "height_cm": 160, "weight_kg": 90},
            REVIEW,
            ["maybe_sleep_apnoea_heavy"],
        ),
        ({"companion": "no"}, REVIEW, ["nobody_at_home"]),
        ({"still_wanted": "no"}, REVIEW, ["unwanted"]),
        ({"short_notice": "no"}, FIT, []),
    ],
)
def test_worked_examples(answers: dict[str, Any], outcome: str, rules: list[str]) -> None:
    result = score(ASKED, {**WELL, **answers})
    assert (result.outcome, [reason.rule for reason in result.reasons]) == (outcome, rules)


def test_a_reason_names_the_answer_who_looks_and_what_to_do() -> None:
    result = score(ASKED, {**WELL, "height_cm": 160, "weight_kg": 110, "infection_now": "yes"})
    first, second = result.reasons
    assert (first.words, first.who) == ("Infection now, or antibiotics: yes", "the surgical team")
    assert second.words == "Body mass index 43.0, from 160 cm and 110 kg"
    assert all(reason.do and reason.idea and reason.basis for reason in result.reasons)


def test_nothing_answered_is_not_well() -> None:
    result = score(ASKED, {})
    assert result.outcome == INCOMPLETE
    assert "chest_pain" in result.missing
    assert "hba1c" not in result.missing
    assert "anything_else" not in result.missing


def test_a_question_that_an_answer_leads_to_is_missing_until_it_is_answered() -> None:
    result = score(ASKED, {**WELL, "diabetes": "tablets"})
    assert (result.outcome, result.missing) == (INCOMPLETE, ("hba1c",))
    worse = {**WELL, "condition": "worse"}
    assert score(ASKED, worse).missing == ("condition_words",)
    assert readiness.own_words(ASKED, {**worse, "condition_words": "I fall over."}) == "I fall over."
    assert readiness.own_words(ASKED, {**WELL, "condition_words": "left over"}) == ""


def test_what_is_answered_so_far_is_told_before_all_is_answered() -> None:
    result = score(ASKED, {"chest_pain": "rest"})
    assert result.outcome == INCOMPLETE
    assert [reason.rule for reason in result.reasons] == ["chest_pain_rest"]


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("weight_kg", 8),
        ("weight_kg", True),
        ("weight_kg", "80"),
        ("chest_pain", "maybe"),
        ("chest_pain", None),
        ("condition_words", "  "),
        ("condition_words", "x" * 2001),
        ("diabetes", ["tablets"]),
    ],
)
def test_an_answer_that_cannot_be_is_refused_and_counts_as_missing(code: str, answer: Any) -> None:
    assert readiness.check(ASKED.questions[code], answer)
    worse = {**WELL, "condition": "worse", "condition_words": "Worse."}
    assert code in score(ASKED, {**worse, code: answer}).missing


# --- what holds for any answers -------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(ALL_ANSWERS, st.data())
def test_a_more_concerning_answer_never_leads_to_a_better_result(answers: dict[str, Any], data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(sorted(c for c in answers if ASKED.questions[c].answers)))
    question = ASKED.questions[code]
    worse = [a for a in question.answers if question.concern[a] > question.concern[answers[code]]]
    assume(worse)
    everything = {c: data.draw(any_answer(q)) for c, q in ASKED.questions.items()}
    changed = complete({**everything, **answers, code: data.draw(st.sampled_from(sorted(worse)))})
    assert RANK[score(ASKED, changed).outcome] >= RANK[score(ASKED, answers).outcome]


@settings(max_examples=40, deadline=None)
@given(ALL_ANSWERS, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(answers: dict[str, Any], random: Any) -> None:
    items = list(answers.items())
    random.shuffle(items)
    assert score(ASKED, dict(items)) == score(ASKED, answers)


@settings(max_examples=60, deadline=None)
@given(ALL_ANSWERS, st.data())
def test_a_missing_answer_is_never_scored(answers: dict[str, Any], data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(sorted(c for c in answers if not ASKED.questions[c].optional)))
    rest = {c: a for c, a in answers.items() if c != code}
    result = score(ASKED, rest)
    assert result.outcome == INCOMPLETE
    assert code in result.missing


@settings(max_examples=40, deadline=None)
@given(ALL_ANSWERS)
def test_complete_answers_are_scored_and_every_reason_is_in_words(answers: dict[str, Any]) -> None:
    result = score(ASKED, answers)
    assert result.outcome in RANK
    assert (result.outcome == FIT) == (not result.reasons)
    assert all("{" not in reason.words and "None" not in reason.words for reason in result.reasons)


@pytest.mark.parametrize("rule", ASKED.rules, ids=lambda rule: rule.code)
def test_every_rule_can_be_reached(rule: questionnaire.Rule) -> None:
    answers: dict[str, Any] = dict(WELL)
    for condition in (*rule.all_of, *rule.any_of[:1]):
        if condition.about == "bmi":
            answers["weight_kg"] = 120 if condition.from_ else 45
        else:
            answers[condition.about] = min(condition.answers, key=ASKED.questions[condition.about].concern.__getitem__)
            before = ASKED.questions[condition.about]
            if before.asked_after:
                answers[before.asked_after] = before.asked_for[0]
    for question in readiness.asked(ASKED, answers):
        answers.setdefault(question.code, "Words" if question.kind == "text" else next(iter(question.answers), 0))
    result = score(ASKED, answers)
    assert rule.code in {reason.rule for reason in result.reasons}
    assert result.outcome != INCOMPLETE


# --- the data -------------------------------------------------------------------------------------------------------


def raw() -> dict[str, Any]:
    text = resources.files("wherry.waiting").joinpath("data", "readiness.toml").read_text(encoding="utf-8")
    return copy.deepcopy(tomllib.loads(text)["version"][0])


def _rule(version: dict[str, Any], code: str) -> dict[str, Any]:
    return next(rule for rule in version["rule"] if rule["code"] == code)


def _question(version: dict[str, Any], code: str) -> dict[str, Any]:
    return next(question for question in version["question"] if question["code"] == code)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda v: _rule(v, "chest_pain_effort").update(any=[{"chest_pain": ["effort"]}]), "would escape"),
        (lambda v: _rule(v, "smokes").update(any=[{"smoking": ["never", "stopped", "vape", "smoke"]}]), "would escape"),
        (lambda v: _rule(v, "smokes").update(any=[{"smoking": ["pipe"]}]), "does not have"),
        (lambda v: _rule(v, "smokes").update(any=[]), "nothing leads"),
        (lambda v: _rule(v, "smokes").update(reason="Smokes"), "does not name the answer"),
        (lambda v: _rule(v, "low_bmi").update(reason="Thin"), "does not name the body mass index"),
        (lambda v: _rule(v, "smokes").update(leads_to="removal"), "leads to"),
        (lambda v: _rule(v, "smokes").update(any=[{"short_notice": ["yes"]}]), "never scored"),
        (lambda v: v["rule"].append(_rule(v, "smokes")), "used twice"),
        (lambda v: _question(v, "chest_pain").update(kind="guess"), "kind"),
        (lambda v: _question(v, "chest_pain").update(topic="feet"), "no topic"),
        (lambda v: _question(v, "chest_pain").update(concern={"no": 0}), "order of concern"),
        (lambda v: _question(v, "weight_kg").update(least=400), "no room"),
        (lambda v: _question(v, "hba1c").update(asked_if={"question": "diabetes", "answers": ["x"]}), "not exist"),
        (lambda v: _question(v, "stairs").update(asked_if={"question": "diabetes", "answers": ["diet"]}), "before"),
    ],
)
def test_a_version_that_contradicts_itself_is_refused(spoil: Any, told: str) -> None:
    version = raw()
    spoil(version)
    with pytest.raises(WrongQuestionnaire, match=told):
        questionnaire.read(version)


def test_versions_are_found_by_day_and_by_name() -> None:
    assert questionnaire.named("2026-01") is ASKED
    for ask in (lambda: questionnaire.on(date(2000, 1, 1)), lambda: questionnaire.named("1999")):
        with pytest.raises(LookupError, match="no version"):
            ask()


def test_the_brief_topics_are_all_asked_about() -> None:
    codes = set(ASKED.questions)
    assert {"heart_condition", "lung_condition", "kidney_condition", "diabetes", "sleep_apnoea", "stairs"} <= codes
    assert {"smoking", "alcohol", "height_cm", "weight_kg", "blood_thinner", "anaesthetic_problem"} <= codes
    assert {"allergy", "infection_now", "skin", "pregnancy", "help", "companion", "still_wanted"} <= codes
    assert all(ASKED.of_topic(topic.code) for topic in ASKED.topics)


@pytest.mark.parametrize(
    ("answered", "until"),
    [
        (date(2025, 8, 31), date(2026, 2, 28)),
        (date(2025, 9, 30), date(2026, 3, 30)),
        (date(2025, 12, 1), date(2026, 6, 1)),
        (date(2027, 8, 30), date(2028, 2, 29)),
    ],
)
def test_answers_hold_for_six_months(answered: date, until: date) -> None:
    assert readiness.valid_until(ASKED, answered) == until
