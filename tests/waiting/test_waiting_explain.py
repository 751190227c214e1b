"""The explanation of a pathway agrees with its clock, and says it in words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from test_waiting_clocks import D, event, event_tables, table

from wherry.waiting import clocks, codes, explain


def tell(*texts: str, census: str = "2024-12-31") -> explain.Explanation:
    return explain.explain(table([event(text) for text in texts]), date.fromisoformat(census))


@given(event_tables(max_size=14))
@settings(max_examples=150, deadline=None)
def test_the_explanation_agrees_with_the_clock(rows: list[dict[str, Any]]) -> None:
    rows = [row for row in rows if row["pathway_id"] == "A"]
    events = table(rows)
    periods = clocks.derive(events, D).to_pylist()
    told = explain.explain(events, D)
    assert sorted(step.row for step in told.steps) == list(range(len(rows)))
    assert [step.on for step in told.steps] == sorted(row["event_date"] for row in rows)
    assert len(told.periods) == len(periods)
    for story, period in zip(told.periods, periods, strict=True):
        for name in ("period", "outcome", "clock_start", "clock_stop", "days_waited", "list_order_date"):
            assert getattr(story, name) == period[name]
        assert (story.start_row, story.stop_row) == (period["start_row"], period["stop_row"])
        assert [code for code, _ in story.issues] == (period["issues"] or "").split(";") * bool(period["issues"])
    by_row = {step.row: step for step in told.steps}
    for period in periods:
        if period["start_row"] is not None:
            assert by_row[period["start_row"]].effect == "started"
            assert by_row[period["start_row"]].rule == period["start_rule"]
        if period["stop_row"] is not None:
            assert by_row[period["stop_row"]].effect in {"stopped", "nullified", "stopped_unknown"}
            assert by_row[period["stop_row"]].rule == period["stop_rule"]
        raised = {step.issue for step in told.steps if step.period == period["period"] and step.issue}
        assert raised == set((period["issues"] or "").split(";")) - {""}
    started = [step for step in told.steps if step.effect in {"started", "opened_unknown", "stopped_unknown"}]
    assert len(started) == len(periods)
    assert told.is_open == bool(periods and periods[-1]["outcome"] == "open")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (("A 2024-12-01 attendance 10",), "The clock has run since 1 December 2024: 30 days, 4 weeks."),
        (("A 2024-12-01 attendance 20",), "A clock is running, but when it started is not known."),
        (
            ("A 2024-12-01 attendance 90",),
            "No clock has started: no event up to the census has started or stopped one.",
        ),
        (
            ("A 2024-11-01 attendance 10", "A 2024-12-01 admission 30"),
            "The clock stopped on 1 December 2024 after 30 days. "
            "The clock stops on the day of admission for first definitive treatment.",
        ),
        (
            ("A 2024-11-01 attendance 10", "A 2024-12-01 dna 33 - - yes yes"),
            "The clock was nullified on 1 December 2024. "
            "The clock is nullified when the patient does not attend a first appointment that was clearly "
            "communicated.",
        ),
        (
            ("A 2024-10-02 attendance 10", "A 2024-11-01 review 32", "A 2024-12-01 decision_to_treat 11"),
            "The clock has run since 1 December 2024: 30 days, 4 weeks. "
            "The place on the list counts from 1 November 2024, with 30 days credited.",
        ),
    ],
)
def test_a_pathway_in_a_sentence(rows: tuple[str, ...], sentence: str) -> None:
    assert tell(*rows).sentence == sentence


@pytest.mark.parametrize(
    ("row", "effect", "words"),
    [
        ("A 2024-02-05 attendance 12", "second_start", "A start while clock 1 is running is ignored: clock 1 runs on."),
        ("A 2024-02-05 attendance 20", "runs_on", "Clock 1 runs on."),
        ("A 2024-02-05 transfer 21 RGP", "runs_on", "Clock 1 runs on, now with RGP."),
        ("A 2024-02-05 attendance 34", "stopped", "Clock 1 stops after 4 days."),
        ("A 2024-02-05 dna 33 - - yes yes", "nullified", "Clock 1 is nullified"),
        ("A 2024-02-05 dna 33 - - yes no", "dna_runs_on", "clearly communicated, so no effect: clock 1 runs on."),
        ("A 2024-02-05 other 92", "outside", "Status 92 is outside the clock: clock 1 runs on."),
        ("A 2024-02-05 other -", "no_status", "No status, so no effect: clock 1 runs on."),
        ("A 2024-02-05 patient_cancellation 31", "cancellation", "counts as no status: clock 1 runs on."),
        ("A 2024-02-05 other 99", "not_known", "not yet known: clock 1 runs on."),
        ("A 2024-02-05 other 55", "unknown_status", "Status 55 is not in the national list"),
        ("A 2025-02-05 other 30", "after_census", "After the census of 31 December 2024"),
        ("A 2024-02-01 attendance 10", "copy", "An exact copy"),
    ],
)
def test_what_each_event_did_to_a_running_clock(row: str, effect: str, words: str) -> None:
    step = tell("A 2024-02-01 attendance 10", row).steps[1]
    assert step.effect == effect
    assert words in step.words
    assert step.source
    assert (step.rule in codes.RULES) == (effect in {"stopped", "nullified"})


def test_what_comes_before_a_clock_or_after_one() -> None:
    told = tell("A 2024-02-01 other 99", "A 2024-02-05 attendance 30", "A 2024-02-06 attendance 20")
    assert [step.effect for step in told.steps] == ["not_known", "stopped_unknown", "after_stop"]
    assert [step.period for step in told.steps] == [1, 1, 1]
    assert told.steps[0].words.endswith("no clock has started.")
    assert told.steps[2].words == "It changes nothing: clock 1 had ended on 5 February 2024."


def test_a_period_says_how_its_place_on_the_list_was_kept() -> None:
    told = tell("A 2024-10-02 attendance 10", "A 2024-11-01 review 32", "A 2024-12-01 decision_to_treat 11")
    assert told.periods[0].order == "The list-order date is the clock start, 2 October 2024."
    assert told.periods[1].credit_days == 30
    assert told.periods[1].order == (
        "30 days of waiting before active monitoring count, so the list-order date is 1 November 2024; "
        "active monitoring itself, from 1 November 2024, is not counted."
    )
    assert told.periods[1].start_rule.code == "start_after_monitoring"


def test_events_as_the_snapshot_publishes_them_are_taken_by_source_and_line() -> None:
    rows = {
        "pathway_key": ["A", "A", "A"],
        "event_on": [date(2024, 2, 1)] * 3,
        "event_type": ["attendance", "dna", "attendance"],
        "rtt_status": ["20", "33", "10"],
        "organisation": ["RGP", "RCX", "RCX"],
        "treatment_function": [None, None, "110"],
        "first_activity": [None, True, None],
        "dna_communicated": [None, True, None],
        "source": ["RGP", "RCX", "RCX"],
        "load_id": ["l2", "l1", "l1"],
        "source_row": pa.array([2, 9, 4], pa.int64()),
    }
    told = explain.explain(pa.table(rows), date(2024, 3, 1))
    assert [(step.row, step.effect) for step in told.steps] == [(2, "started"), (1, "nullified"), (0, "after_stop")]


def test_two_pathways_at_once_are_an_error() -> None:
    with pytest.raises(ValueError, match="more than one pathway"):
        tell("A 2024-02-01 other 99", "B 2024-02-01 other 99")


def test_no_events_are_no_clock() -> None:
    told = tell()
    assert (told.steps, told.periods, told.is_open) == ((), (), False)
