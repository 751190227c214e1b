"""The clock against the contract's own words, a slow second reading of it, and what must never change."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
import waiting_oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.hub.schema import EVENT_TYPES
from wherry.reference import rtt_codes
from wherry.waiting import clocks, codes, engine

COLUMNS = waiting_oracle.COLUMNS
BASE = date(2024, 2, 20)
D = date(2024, 4, 20)


def table(rows: list[dict[str, Any]]) -> pa.Table:
    types = {name: pa.string() for name in COLUMNS} | {"event_date": pa.date32()}
    return pa.table({name: pa.array([row[name] for row in rows], types[name]) for name in COLUMNS})


def event(text: str) -> dict[str, Any]:
    """'P 2024-02-20 attendance 10 RM1 110 yes yes', with - for blank and what is left off blank."""
    parts = [part if part != "-" else "" for part in text.split()]
    parts += [""] * (len(COLUMNS) - len(parts))
    row: dict[str, Any] = dict(zip(COLUMNS, parts, strict=True))
    row["event_date"] = date.fromisoformat(row["event_date"])
    return row


def derive(*texts: str, census: str = "2024-12-31") -> list[dict[str, Any]]:
    return clocks.derive(table([event(text) for text in texts]), date.fromisoformat(census)).to_pylist()


def shown(*texts: str, census: str = "2024-12-31") -> list[str]:
    """Each period as 'start stop outcome issues', - for blank."""
    keys = ("clock_start", "clock_stop", "outcome", "issues")
    return [" ".join(str(row[key] or "-") for key in keys) for row in derive(*texts, census=census)]


# --- A3 -------------------------------------------------------------------------------------------------------------


def test_an_event_on_the_census_day_counts_and_one_after_leaves_no_trace() -> None:
    later = "A 2024-03-01 attendance 99"
    assert shown("A 2024-02-01 attendance 10", later, census="2024-02-29") == ["2024-02-01 - open -"]
    assert shown("A 2024-02-01 attendance 10", later, census="2024-03-01") == ["2024-02-01 - open status_99"]


def test_a_duplicate_of_an_event_after_the_census_leaves_no_trace() -> None:
    later = "A 2024-03-01 attendance 20"
    assert shown("A 2024-02-01 attendance 10", later, later, census="2024-02-29") == ["2024-02-01 - open -"]


def test_a_duplicate_start_is_one_start() -> None:
    start = "A 2024-02-01 attendance 10 RM1 110"
    assert shown(start, start, start) == ["2024-02-01 - open duplicate_event"]


@pytest.mark.parametrize("other", ["RM2 110", "RM1 111", "RM1 110 no", "RM1 110 - no"])
def test_rows_that_differ_in_any_column_are_not_duplicates(other: str) -> None:
    rows = ("A 2024-02-01 attendance 10 RM1 110", f"A 2024-02-01 attendance 10 {other}")
    assert shown(*rows) == ["2024-02-01 - open two_starts"]


def test_a_duplicated_event_without_effect_marks_the_open_then_the_last_then_the_first_period() -> None:
    blank = "A 2024-02-05 other - RM1"
    assert shown("A 2024-02-01 attendance 10", blank, blank) == ["2024-02-01 - open duplicate_event"]
    after = ("A 2024-02-01 attendance 10", "A 2024-02-03 attendance 30", blank, blank, "A 2024-03-01 attendance 12")
    assert shown(*after) == ["2024-02-01 2024-02-03 stopped duplicate_event", "2024-03-01 - open -"]
    assert shown(blank, blank, "A 2024-03-01 attendance 12") == ["2024-03-01 - open duplicate_event"]
    assert shown(blank, blank) == []


def test_a_duplicated_stop_marks_the_period_it_stopped_and_the_copy_is_not_an_event_after_it() -> None:
    stop = "A 2024-02-09 attendance 34"
    assert shown("A 2024-02-01 attendance 10", stop, stop) == ["2024-02-01 2024-02-09 stopped duplicate_event"]


def test_events_on_one_day_stay_in_file_order() -> None:
    start, stop = "A 2024-02-01 attendance 10", "A 2024-02-01 attendance 34"
    assert shown(start, stop) == ["2024-02-01 2024-02-01 stopped -"]
    assert shown(stop, start) == ["- 2024-02-01 stopped stop_without_start", "2024-02-01 - open -"]


def test_the_copy_dropped_is_the_later_one_in_file_order() -> None:
    """stop, start, stop: the second stop is a copy, so the clock that starts between them stays open."""
    start, stop = "A 2024-02-01 attendance 10", "A 2024-02-01 attendance 34"
    assert shown(stop, start, stop) == [
        "- 2024-02-01 stopped duplicate_event;stop_without_start",
        "2024-02-01 - open -",
    ]


def test_rows_may_come_in_any_order_of_date_and_pathways_may_be_mixed() -> None:
    rows = ("B 2024-03-01 attendance 34", "A 2024-03-01 attendance 30", "B 2024-02-01 attendance 10")
    assert shown(*rows, "A 2024-01-01 attendance 10") == [
        "2024-01-01 2024-03-01 stopped -",
        "2024-02-01 2024-03-01 stopped -",
    ]


def test_pathways_are_sorted_as_text() -> None:
    ids = ["10", "9", "09", "a", "B", "é", "~", "\U0001f600", "\uffff", "Z9", "Z10"]
    rows = derive(*(f"{name} 2024-02-01 attendance 10" for name in ids))
    assert [row["pathway_id"] for row in rows] == sorted(ids)


# --- A4 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", ["10", "11", "12"])
def test_a_second_start_is_ignored_also_when_the_start_is_unknown(second: str) -> None:
    assert shown("A 2024-02-01 attendance 10", f"A 2024-02-02 attendance {second}") == ["2024-02-01 - open two_starts"]
    rows = ("A 2024-02-01 attendance 20", f"A 2024-02-02 attendance {second}")
    assert shown(*rows) == ["- - open no_start;two_starts"]


@pytest.mark.parametrize("status", ["20", "21"])
def test_a_subsequent_activity_runs_opens_or_comes_after(status: str) -> None:
    row = f"A 2024-02-05 attendance {status}"
    assert shown("A 2024-02-01 attendance 10", row) == ["2024-02-01 - open -"]
    assert shown(row) == ["- - open no_start"]
    rows = ("A 2024-02-01 attendance 10", "A 2024-02-03 attendance 34", row)
    assert shown(*rows) == ["2024-02-01 2024-02-03 stopped event_after_stop"]


@pytest.mark.parametrize("status", ["30", "31", "32", "34", "35", "36"])
def test_a_stop_stops_or_comes_after_or_stands_alone(status: str) -> None:
    row = f"A 2024-02-05 attendance {status}"
    assert shown("A 2024-02-01 attendance 10", row) == ["2024-02-01 2024-02-05 stopped -"]
    assert shown(row) == ["- 2024-02-05 stopped stop_without_start"]
    rows = ("A 2024-02-01 attendance 10", "A 2024-02-03 attendance 34", row)
    assert shown(*rows) == ["2024-02-01 2024-02-03 stopped event_after_stop"]


def test_a_first_dna_that_was_communicated_nullifies() -> None:
    row = "A 2024-02-05 dna 33 - - yes yes"
    assert shown("A 2024-02-01 attendance 10", row) == ["2024-02-01 2024-02-05 nullified -"]
    assert shown(row) == ["- 2024-02-05 nullified stop_without_start"]
    rows = ("A 2024-02-01 attendance 10", "A 2024-02-03 attendance 34", row)
    assert shown(*rows) == ["2024-02-01 2024-02-03 stopped event_after_stop"]


@pytest.mark.parametrize("flags", ["- -", "yes -", "- yes", "yes no", "no yes", "no no"])
def test_any_other_dna_runs_on(flags: str) -> None:
    row = f"A 2024-02-05 dna 33 - - {flags}"
    assert shown("A 2024-02-01 attendance 10", row) == ["2024-02-01 - open dna_not_communicated"]
    assert shown(row) == []
    assert shown(row, "A 2024-02-09 attendance 10") == ["2024-02-09 - open dna_not_communicated"]


@pytest.mark.parametrize("status", ["90", "91", "92", "98", "-"])
def test_what_lies_outside_the_clock_has_no_effect(status: str) -> None:
    row = f"A 2024-02-05 attendance {status}"
    assert shown("A 2024-02-01 attendance 10", row) == ["2024-02-01 - open -"]
    assert shown(row) == []
    rows = ("A 2024-02-01 attendance 10", "A 2024-02-03 attendance 34", row)
    assert shown(*rows) == ["2024-02-01 2024-02-03 stopped -"]


@pytest.mark.parametrize(
    ("status", "issue"),
    [("99", "status_99"), ("00", "unknown_status"), ("13", "unknown_status"), ("37", "unknown_status")],
)
def test_an_unusable_status_goes_to_the_open_then_the_last_then_the_first_later_period(status: str, issue: str) -> None:
    row = f"A 2024-02-05 attendance {status}"
    assert shown("A 2024-02-01 attendance 10", row) == [f"2024-02-01 - open {issue}"]
    rows = ("A 2024-02-01 attendance 10", "A 2024-02-03 attendance 34", row, "A 2024-02-09 attendance 10")
    assert shown(*rows) == [f"2024-02-01 2024-02-03 stopped {issue}", "2024-02-09 - open -"]
    assert shown(row, "A 2024-02-09 attendance 34", "A 2024-02-10 attendance 10") == [
        f"- 2024-02-09 stopped {';'.join(sorted([issue, 'stop_without_start']))}",
        "2024-02-10 - open -",
    ]
    assert shown(row) == []


@pytest.mark.parametrize("kind", ["patient_cancellation", "provider_cancellation"])
@pytest.mark.parametrize("status", ["30", "31", "32", "33", "34", "35", "36"])
def test_a_cancellation_never_stops_a_clock(kind: str, status: str) -> None:
    row = f"A 2024-02-05 {kind} {status} - - yes yes"
    assert shown("A 2024-02-01 attendance 10", row) == ["2024-02-01 - open -"]
    assert shown(f"A 2024-02-05 {kind} {status}") == []


def test_a_cancellation_still_starts_runs_and_raises() -> None:
    assert shown("A 2024-02-05 patient_cancellation 10") == ["2024-02-05 - open -"]
    assert shown("A 2024-02-05 provider_cancellation 20") == ["- - open no_start"]
    rows = ("A 2024-02-05 patient_cancellation 10", "A 2024-02-06 patient_cancellation 37")
    assert shown(*rows) == ["2024-02-05 - open unknown_status"]


# --- A5 and A6 ------------------------------------------------------------------------------------------------------


def test_provider_and_treatment_function_are_each_the_latest_that_is_not_blank() -> None:
    rows = ("A 2024-02-01 other - RM1 100", "A 2024-02-02 attendance 10 - 110", "A 2024-02-03 transfer 21 RGP -")
    (row,) = derive(*rows)
    assert (row["provider"], row["treatment_function"]) == ("RGP", "110")


def test_an_ended_row_keeps_what_it_had_at_its_stop() -> None:
    rows = ("A 2024-02-01 attendance 10 RM1 100", "A 2024-02-03 attendance 34", "A 2024-02-03 other - RGP 110")
    (row,) = derive(*rows)
    assert (row["provider"], row["treatment_function"]) == ("RM1", "100")
    second = derive(*rows, "A 2024-02-05 attendance 10")[1]
    assert (second["provider"], second["treatment_function"]) == ("RGP", "110")


def test_leading_zeros_and_codes_are_kept_as_they_come() -> None:
    (row,) = derive("007 2024-02-01 attendance 10 0RM 011")
    assert (row["pathway_id"], row["provider"], row["treatment_function"]) == ("007", "0RM", "011")


@pytest.mark.parametrize(
    ("days", "band"),
    [(0, 0), (7, 0), (8, 1), (14, 1), (15, 2), (126, 17), (127, 18), (728, 103), (729, 104), (3000, 104)],
)
def test_week_bands(days: int, band: int) -> None:
    stop = date(2020, 1, 1) + timedelta(days=days)
    (row,) = derive("A 2020-01-01 attendance 10", f"A {stop} attendance 34", census="2035-01-01")
    assert (row["days_waited"], row["week_band"]) == (days, band)
    (row,) = derive("A 2020-01-01 attendance 10", census=str(stop))
    assert (row["days_waited"], row["week_band"]) == (days, band)


def test_admitted_needs_an_admission_and_a_30() -> None:
    def admitted(*rows: str) -> list[bool | None]:
        return [row["admitted"] for row in derive(*rows)]

    assert admitted("A 2024-02-01 attendance 10", "A 2024-02-02 admission 30") == [True]
    assert admitted("A 2024-02-01 attendance 10", "A 2024-02-02 admission 34") == [False]
    assert admitted("A 2024-02-01 attendance 10", "A 2024-02-02 attendance 30") == [False]
    assert admitted("A 2024-02-02 admission 30") == [True]
    assert admitted("A 2024-02-02 attendance 10") == [None]
    assert admitted("A 2024-02-02 dna 33 - - yes yes") == [None]


def test_credit_adds_up_over_spells_of_active_monitoring() -> None:
    rows = derive(
        "A 2024-01-01 attendance 10",
        "A 2024-01-31 attendance 32",
        "A 2024-06-01 decision_to_treat 11",
        "A 2024-06-11 attendance 31",
        "A 2024-09-01 decision_to_treat 11",
        "A 2024-09-02 admission 30",
    )
    assert [row["list_order_date"] for row in rows] == [date(2024, 1, 1), date(2024, 5, 2), date(2024, 7, 23)]


@pytest.mark.parametrize("start", ["10", "12"])
def test_other_starts_bring_no_credit(start: str) -> None:
    rows = derive("A 2024-01-01 attendance 10", "A 2024-01-31 attendance 32", f"A 2024-06-01 attendance {start}")
    assert rows[1]["list_order_date"] == date(2024, 6, 1)


@pytest.mark.parametrize(
    "stop", ["attendance 30", "attendance 34", "attendance 35", "attendance 36", "dna 33 - - yes yes"]
)
def test_other_stops_bring_no_credit(stop: str) -> None:
    rows = derive("A 2024-01-01 attendance 10", f"A 2024-01-31 {stop}", "A 2024-06-01 attendance 11")
    assert rows[1]["list_order_date"] == date(2024, 6, 1)


def test_a_blank_wait_counts_nothing_towards_credit_and_later_credit_still_adds() -> None:
    rows = derive(
        "A 2024-01-31 attendance 32",
        "A 2024-06-01 attendance 11",
        "A 2024-06-11 attendance 31",
        "A 2024-07-01 attendance 11",
    )
    assert [row["list_order_date"] for row in rows] == [None, date(2024, 6, 1), date(2024, 6, 21)]


def test_a_nullified_period_keeps_its_list_order_date_with_credit() -> None:
    rows = derive(
        "A 2024-01-01 attendance 10",
        "A 2024-01-11 attendance 32",
        "A 2024-02-01 attendance 11",
        "A 2024-02-09 dna 33 - - yes yes",
    )
    assert rows[1]["outcome"] == "nullified"
    assert rows[1]["list_order_date"] == date(2024, 1, 22)
    assert (rows[1]["days_waited"], rows[1]["week_band"], rows[1]["stop_status"]) == (None, None, "33")


def test_leap_days_count() -> None:
    (row,) = derive("A 2024-02-28 attendance 10", "A 2024-03-01 attendance 34")
    assert row["days_waited"] == 2


def test_rules_and_rows_say_what_started_and_stopped_each_period() -> None:
    rows = derive(
        "A 2024-01-31 attendance 32",
        "A 2024-06-01 attendance 11",
        "A 2024-06-11 admission 30",
        "A 2024-07-01 attendance 12",
        "B 2024-07-01 attendance 20",
        "B 2024-07-02 attendance 30",
    )
    found = [(row["start_row"], row["start_rule"], row["stop_row"], row["stop_rule"]) for row in rows]
    assert found == [
        (None, "start_unknown_stopped", 0, "stop_monitoring_professional"),
        (1, "start_after_monitoring", 2, "stop_admitted_treatment"),
        (3, "start_new_condition", None, None),
        (None, "start_unknown", 5, "stop_treatment"),
    ]
    assert {rule for row in found for rule in (row[1], row[3]) if rule} <= set(codes.RULES)


def test_no_events_gives_no_periods() -> None:
    assert clocks.derive(table([]), D).num_rows == 0
    assert clocks.derive(table([event("A 2024-05-01 attendance 10")]), D).schema == clocks.PERIODS


def test_an_event_without_a_pathway_or_a_date_is_an_error() -> None:
    rows = table([event("A 2024-05-01 attendance 10")])
    for name in ("pathway_id", "event_date"):
        position = rows.schema.get_field_index(name)
        with pytest.raises(ValueError, match=name):
            clocks.derive(rows.set_column(position, name, pa.nulls(1, rows.schema.field(name).type)), D)


STATUSES = tuple("10 11 10 11 12 20 21 30 31 32 31 32 33 33 34 36 90 99 13".split()) + ("",)  # noqa: RUF005, SIM905


def test_the_codes_are_those_of_the_reference() -> None:
    def numbers(texts: frozenset[str]) -> set[int]:
        return {int(text) for text in texts}

    assert set(codes.START_RULE_OF) == codes.STARTS == numbers(rtt_codes.STARTS)
    assert numbers(rtt_codes.RUNNING) == codes.RUNNING
    assert set(codes.STOP_RULE_OF) == codes.STOPS | {33} == numbers(rtt_codes.STOPS)
    assert numbers(rtt_codes.OUTSIDE) == codes.OUTSIDE
    assert numbers(rtt_codes.ACTIVE_MONITORING) == codes.MONITORING
    assert set(codes.START_RULE_OF.values()) < set(codes.START_RULES)
    assert set(codes.STOP_RULE_OF.values()) < set(codes.STOP_RULES)
    assert set(codes.ISSUE_WORDS) == set(codes.ISSUES)
    assert list(codes.ISSUES) == sorted(codes.ISSUES)


# --- the second reading ---------------------------------------------------------------------------------------------

statuses = st.sampled_from(
    ["10", "10", "11", "12", "20", "21", "30", "31", "32", "33", "33", "34", "35", "36"]
) | st.sampled_from(["90", "91", "92", "98", "99", "", "", "00", "37", "13"])
flags = st.sampled_from(["yes", "yes", "no", ""])
events_ = st.fixed_dictionaries(
    {
        "pathway_id": st.sampled_from(["01", "1", "A", "a,b"]),
        "event_date": st.integers(0, 70).map(lambda days: BASE + timedelta(days=days)),
        "event_type": st.sampled_from(["attendance", "admission", "dna", "patient_cancellation", *EVENT_TYPES]),
        "rtt_status": statuses,
        "provider": st.sampled_from(["", "RM1", "RGP"]),
        "treatment_function": st.sampled_from(["", "100", "0100"]),
        "first_activity": flags,
        "dna_communicated": flags,
    }
)


@st.composite
def event_tables(draw: st.DrawFn, max_size: int = 24) -> list[dict[str, Any]]:
    """Events of a few pathways in any order, some on the same day, some repeated."""
    rows = draw(st.lists(events_, max_size=max_size))
    if rows and draw(st.booleans()):
        days = draw(st.integers(1, 4))
        for row in rows:
            row["event_date"] = BASE + timedelta(days=(row["event_date"] - BASE).days % days)
    if rows:
        for row in draw(st.lists(st.sampled_from(rows), max_size=4)):
            rows.insert(draw(st.integers(0, len(rows))), dict(row))
    return rows


def compare(rows: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    expected = waiting_oracle.derive(rows, D)
    assert [{k: row[k] for k in want} for row, want in zip(found, expected, strict=True)] == expected


@given(event_tables())
@settings(max_examples=600, deadline=None)
def test_the_clock_agrees_with_the_second_reading(rows: list[dict[str, Any]]) -> None:
    compare(rows, clocks.derive(table(rows), D).to_pylist())


def test_the_compiled_clock_agrees_with_the_second_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "COMPILE_FROM", 0)
    rng = random.Random(20240420)
    for _ in range(400):
        rows = [
            {
                "pathway_id": rng.choice(["01", "1", "A", "B"]),
                "event_date": BASE + timedelta(days=rng.randrange(rng.choice([2, 70]))),
                "event_type": rng.choice(EVENT_TYPES),
                "rtt_status": rng.choice(STATUSES),
                "provider": rng.choice(["", "RM1", "RGP"]),
                "treatment_function": rng.choice(["", "100"]),
                "first_activity": rng.choice(["yes", ""]),
                "dna_communicated": rng.choice(["yes", "no"]),
            }
            for _ in range(rng.randrange(40))
        ]
        compare(rows, clocks.derive(table(rows), D).to_pylist())


@pytest.mark.parametrize("compiled_from", [0, 10**9])
def test_a_pathway_with_very_many_events(monkeypatch: pytest.MonkeyPatch, compiled_from: int) -> None:
    """More events than the loops sort themselves, many on one day, many repeated."""
    monkeypatch.setattr(engine, "COMPILE_FROM", compiled_from)
    rng = random.Random(7)
    for size in (63, 64, 65, 66, 400):
        rows = [
            event(
                f"{rng.choice('AAAAB')} {BASE + timedelta(days=rng.randrange(6))} attendance "
                f"{rng.choice(['10', '11', '20', '30', '31', '32', '99', '-'])} {rng.choice(['RM1', '-'])}"
            )
            for _ in range(size)
        ]
        compare(rows, clocks.derive(table(rows), D).to_pylist())


# --- what must never change -----------------------------------------------------------------------------------------

RESULT = list(codes.PERIOD_COLUMNS)


def results(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return clocks.derive(table(rows), D).select(RESULT).to_pylist()


@given(event_tables(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_mixing_the_rows_of_different_pathways_changes_nothing(rows: list[dict[str, Any]], rng: random.Random) -> None:
    queues: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        queues.setdefault(row["pathway_id"], []).append(row)
    mixed = []
    while queues:
        name = rng.choice(sorted(queues))
        mixed.append(queues[name].pop(0))
        if not queues[name]:
            del queues[name]
    assert results(mixed) == results(rows)


@given(event_tables(), event_tables(max_size=6))
@settings(max_examples=200, deadline=None)
def test_what_comes_after_the_census_changes_nothing(rows: list[dict[str, Any]], later: list[dict[str, Any]]) -> None:
    for row in later:
        row["event_date"] = D + timedelta(days=1 + (row["event_date"] - BASE).days)
    assert results(rows + later) == results([row for row in rows if row["event_date"] <= D])
    assert results(later + rows) == results(rows)


@given(event_tables())
@settings(max_examples=200, deadline=None)
def test_periods_never_overlap_and_only_the_last_is_open(rows: list[dict[str, Any]]) -> None:
    by_pathway: dict[str, list[dict[str, Any]]] = {}
    for row in results(rows):
        by_pathway.setdefault(row["pathway_id"], []).append(row)
    for periods in by_pathway.values():
        assert [row["period"] for row in periods] == list(range(1, len(periods) + 1))
        assert all(row["outcome"] != "open" for row in periods[:-1])
        for row in periods:
            assert row["days_waited"] is None or row["days_waited"] >= 0
            assert row["list_order_date"] is None or row["list_order_date"] <= row["clock_start"]
            assert (row["outcome"] == "open") == (row["clock_stop"] is None) == (row["stop_status"] is None)
        for before, after in itertools.pairwise(periods):
            assert after["clock_start"] is not None
            assert before["clock_stop"] <= after["clock_start"]


@given(event_tables())
@settings(max_examples=200, deadline=None)
def test_repeating_every_row_only_adds_the_duplicate_issue(rows: list[dict[str, Any]]) -> None:
    def without(periods: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for row in periods:
            row["issues"] = [
                issue for issue in (row["issues"] or "").split(";") if issue not in {"", "duplicate_event"}
            ]
        return periods

    assert without(results(rows + rows)) == without(results(rows))
