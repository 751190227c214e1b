"""The cancer list as a snapshot has it: what is next, what is late, what is wrong, and in which words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import cancer_oracle
import pytest
from cancer_rows import CENSUS, Cancers, ago, one
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.hub.derivation import DeriveContext
from wherry.waiting.cancer import concerns as checks
from wherry.waiting.cancer.derive import derive
from wherry.waiting.cancer.journey import journey
from wherry.waiting.cancer.rules import MILESTONES, concerns, timed_pathways

DONE = ("triaged 40", "test_requested 40", "test_performed 36", "test_reported 35")


def codes(row: dict[str, Any]) -> list[str]:
    return row["concerns"].split(";") if row["concerns"] else []


def test_a_new_patient_waits_for_triage() -> None:
    row = one(0)
    assert (row["day"], row["fds_status"], row["d62_status"]) == (0, "open_within", "open_within")
    assert (row["next_milestone"], row["next_due_on"], row["days_late"]) == ("triaged", ago(-1), 0)
    assert (row["breach_clock"], row["breach_on"]) == ("fds", ago(-29))
    assert (row["identity_key"], row["surname"], row["age"], row["imd_quintile"]) == ("RM1:A", "Wherry", 65, 3)
    assert row["tracked"]
    assert row["why"] == "Day 0: waits for triage, due by 1 February 2026, not booked."
    assert codes(row) == ["nothing_next"]


def test_steps_before_the_furthest_are_passed_over_and_a_booking_ahead_is_not() -> None:
    row = one(20, "triaged 19", "test_reported 15")
    assert (row["last_milestone"], row["last_milestone_on"]) == ("test_reported", ago(15))
    assert (row["next_milestone"], row["next_due_on"], row["days_late"]) == ("first_seen", ago(14), 14)
    row = one(20, "triaged 19", "mdt_discussed 2", "staging_performed +3")
    assert (row["next_milestone"], row["next_planned_for"], row["days_late"]) == ("staging_performed", ago(-3), 9)
    assert "nothing_next" not in codes(row)
    assert row["why"].endswith("booked for 3 February 2026, 9 days late.")


def test_being_told_and_the_team_are_asked_for_until_treatment_and_decision() -> None:
    row = one(30, *DONE, dtt_date=ago(2))
    assert row["next_milestone"] == "informed"
    row = one(30, informed_date=ago(5), fds_end_reason="cancer")
    assert row["next_milestone"] == "mdt_discussed"
    row = one(30, informed_date=ago(5), fds_end_reason="cancer", dtt_date=ago(1))
    assert row["next_milestone"] == "treated"


def test_treatment_is_due_by_whichever_clock_ends_first() -> None:
    told = {"informed_date": ago(20), "fds_end_reason": "cancer"}
    row = one(25, **told, dtt_date=ago(20))
    assert row["next_due_on"] == ago(20) + timedelta(days=31)
    row = one(45, **told, dtt_date=ago(1))
    assert row["next_due_on"] == ago(45) + timedelta(days=49)
    row = one(45, **told, dtt_date=ago(1), first_seen_adjustment_days=3, treatment_adjustment_days=2)
    assert row["next_due_on"] == ago(45) + timedelta(days=54)
    assert (row["breach_clock"], row["breach_on"]) == ("d62", ago(45) + timedelta(days=68))


def test_a_subsequent_treatment_starts_with_its_plan() -> None:
    row = one(200, treatment_order="subsequent", dtt_date=ago(10), ecad_date=ago(4))
    assert (row["start_on"], row["day"], row["d31_wait"], row["d62_status"]) == (ago(4), 4, 4, "not_applicable")
    assert (row["next_milestone"], row["next_due_on"]) == ("treated", ago(-27))
    assert "harm_review_due" not in codes(row)


def test_an_upgrade_starts_at_the_upgrade() -> None:
    row = one(60, route="upgrade", upgrade_date=ago(10))
    assert (row["start_on"], row["day"], row["d62_wait"]) == (ago(10), 10, 10)


def test_somebody_ruled_out_treated_or_closed_has_no_next_step() -> None:
    row = one(30, informed_date=ago(5), fds_end_reason="ruled_out")
    assert (row["next_milestone"], row["breach_on"], codes(row)) == (None, None, ["told_not_closed"])
    row = one(30, treatment_date=ago(3), dtt_date=ago(9), informed_date=ago(9), fds_end_reason="cancer")
    assert (row["tracked"], row["next_milestone"], row["why"]) == (False, None, "Treated on 28 January 2026.")
    row = one(30, closed_on=ago(3), fds_end_reason="ruled_out", informed_date=ago(3))
    assert (row["tracked"], row["concerns"], row["why"]) == (False, "", "Taken off tracking on 28 January 2026.")


def test_a_date_after_the_census_is_set_aside_and_said() -> None:
    row = one(30, treatment_date=ago(-4), informed_date=ago(5), fds_end_reason="cancer")
    assert row["tracked"]
    assert row["d62_status"] == "open_within"
    assert "date_after_census" in codes(row)


def test_a_booking_that_passed_counts_as_none_and_is_said() -> None:
    row = one(20, "triaged 19", "test_performed 16", "test_reported 15", "first_seen +-3")
    assert row["next_planned_for"] == ago(3)
    assert {"booking_passed", "next_step_late"} <= set(codes(row))
    assert "was booked for" in row["why"]


TOLD = {"informed_date": ago(20), "fds_end_reason": "cancer"}
CONCERNS: list[tuple[str, int, tuple[str, ...], dict[str, Any], bool]] = [
    ("harm_review_due", 104, (), {}, True),
    ("harm_review_due", 103, (), {}, False),
    ("over_62", 63, (), {}, True),
    ("over_62", 62, (), {}, False),
    ("over_62", 66, (), {"first_seen_adjustment_days": 4}, False),
    ("over_31", 50, (), {**TOLD, "dtt_date": ago(32)}, True),
    ("over_31", 50, (), {**TOLD, "dtt_date": ago(31)}, False),
    ("fds_over", 29, (), {}, True),
    ("fds_over", 28, (), {}, False),
    ("fds_over", 29, (), {"fds_exclusion": True}, False),
    ("transfer_overdue", 39, (), {"site": "RGP75"}, True),
    ("transfer_overdue", 38, (), {"site": "RGP75"}, False),
    ("transfer_due", 38, (), {"site": "RGP75"}, True),
    ("transfer_due", 27, (), {"site": "RGP75"}, False),
    ("transfer_overdue", 60, (), {"site": "RM131"}, False),
    ("transfer_overdue", 39, (), {"site": "RGP75", "transferred_on": ago(5)}, False),
    ("told_no_decision", 40, (), {"informed_date": ago(11), "fds_end_reason": "cancer"}, True),
    ("told_no_decision", 40, (), {"informed_date": ago(10), "fds_end_reason": "cancer"}, False),
    ("told_no_decision", 40, (), {"informed_date": ago(30)}, False),
    ("no_treatment_date", 40, (), {**TOLD, "dtt_date": ago(1)}, True),
    ("no_treatment_date", 40, (), {**TOLD, "dtt_date": ago(1), "treatment_booked_for": ago(1)}, True),
    ("no_treatment_date", 40, (), {**TOLD, "dtt_date": ago(1), "treatment_booked_for": ago(0)}, False),
    ("untold_by_21", 21, ("test_performed 9",), {}, True),
    ("untold_by_21", 20, ("test_performed 9",), {}, False),
    ("untested_by_14", 14, (), {}, True),
    ("untested_by_14", 13, (), {}, False),
    ("untested_by_14", 14, ("biopsy_performed 1",), {}, False),
    ("untested_by_14", 14, ("first_seen 1",), {"tumour_group": "skin"}, False),
    ("untested_by_14", 14, ("first_seen 1",), {}, True),
    ("next_step_late", 2, (), {}, True),
    ("next_step_late", 1, (), {}, False),
    ("nothing_next", 1, (), {}, True),
    ("nothing_next", 1, ("triaged +0",), {}, False),
    ("nobody_owns", 1, (), {"owner": None}, True),
    ("closed_no_outcome", 30, (), {"closed_on": ago(1)}, True),
    ("closed_no_outcome", 30, (), {"closed_on": ago(1), "fds_exclusion": True}, False),
    ("number_missing", 1, (), {"nhs_number": None}, True),
    ("decided_before_told", 40, (), {"informed_date": ago(3), "dtt_date": ago(4)}, True),
    ("treated_before_decision", 40, (), {"treatment_date": ago(5), "dtt_date": ago(4)}, True),
    ("told_after_treatment", 40, (), {"treatment_date": ago(5), "informed_date": ago(4)}, True),
    ("wait_below_zero", 5, (), {"informed_date": ago(9)}, True),
    ("adjustment_over_wait", 5, (), {"first_seen_adjustment_days": 9}, True),
    ("wait_below_zero", 5, (), {"first_seen_adjustment_days": 9}, False),
    ("upgraded_after_team", 50, (), {"route": "upgrade", "upgrade_date": ago(5), "mdt_on": ago(9)}, True),
    ("not_on_waiting_list", 5, (), {"listed": False}, True),
]


@pytest.mark.parametrize(("code", "start", "events", "values", "expected"), CONCERNS)
def test_each_concern(code: str, start: int, events: tuple[str, ...], values: dict[str, Any], expected: bool) -> None:
    assert (code in codes(one(start, *events, **values))) is expected


def test_every_concern_has_words_and_a_check() -> None:
    assert set(concerns()) == set(checks._TRACKED) | set(checks._EVERYBODY)
    assert {c.severity for c in concerns().values()} == {"high", "medium", "low"}
    tried = {code for code, *_, expected in CONCERNS if expected}
    assert set(concerns()) - tried == {"booking_passed", "told_not_closed", "date_after_census", "twice_tracked"}


def test_concerns_come_worst_first() -> None:
    found = codes(one(110, site="RGP75", owner=None))
    assert found == sorted(found, key=lambda code: concerns()[code].rank)
    assert found[0] == "harm_review_due"


def test_one_person_tracked_twice_for_one_group_is_said_of_both() -> None:
    made = Cancers()
    made.cancer("A", 10, person_key="P")
    made.cancer("B", 20, person_key="P", trust="RGP")
    made.cancer("C", 20, person_key="P", tumour_group="skin")
    made.cancer("D", 20, person_key="P", closed_on=ago(1), fds_end_reason="ruled_out", informed_date=ago(1))
    assert {row["cancer_key"] for row in made.derive() if "twice_tracked" in codes(row)} == {"RM1:A", "RGP:B"}


def test_a_hospital_that_cannot_do_it_must_pass_it_on() -> None:
    """The James Paget takes prostate surgery up to intermediate cases."""
    hard = {"tumour_group": "prostate", "modality": "surgery"}
    assert "transfer_overdue" in codes(one(50, trust="RGP", complexity="complex", **hard))
    assert "transfer_overdue" not in codes(one(50, trust="RGP", complexity="intermediate", **hard))
    drugs = {"tumour_group": "prostate", "modality": "drug", "complexity": "complex"}
    assert "transfer_overdue" not in codes(one(50, trust="RGP", **drugs))


def test_nothing_sent_gives_an_empty_table() -> None:
    assert Cancers().derive() == []
    assert derive({}, DeriveContext(CENSUS, None, None))["cancer_wait"].num_rows == 0


DAYS = st.none() | st.integers(-5, 120).map(ago)


@given(
    done=st.dictionaries(st.sampled_from(MILESTONES), st.integers(0, 90).map(ago), max_size=8),
    planned=st.dictionaries(st.sampled_from(MILESTONES), st.integers(-30, 30).map(ago), max_size=4),
    group=st.sampled_from(["lung", "skin", "breast", "other"]),
    told=DAYS,
    reason=st.sampled_from([None, "cancer", "ruled_out"]),
    decided=DAYS,
    treated=DAYS,
)
@settings(max_examples=60, deadline=None)
def test_the_next_step_is_never_done_and_is_late_by_its_booking_or_today(
    done: Any, planned: Any, group: str, told: date, reason: str, decided: date, treated: date
) -> None:
    row = {"tumour_group": group, "route": "usc", "receipt_date": ago(100), "informed_date": told}
    row |= {"fds_end_reason": reason, "dtt_date": decided, "treatment_date": treated}
    events = [{"milestone": code, "done_on": on, "planned_for": None} for code, on in done.items()]
    events += [{"milestone": code, "done_on": None, "planned_for": on} for code, on in planned.items()]
    way = journey(row, events, timed_pathways(), CENSUS)
    assert all(on <= CENSUS for on in way.done.values())
    if "treated" in way.done or (reason == "ruled_out" and "informed" in way.done):
        assert way.next is None
    elif way.next is not None:
        step = way.next
        assert step.code not in way.done
        by = step.planned_for if step.planned_for and step.planned_for >= CENSUS else CENSUS
        assert step.due_on is not None
        assert step.late == max(0, (by - step.due_on).days)
    else:
        raise AssertionError("whoever is neither treated nor ruled out waits for something")
    # the order in which events come says nothing
    assert journey(row, events[::-1], timed_pathways(), CENSUS) == way


def test_the_snapshot_has_the_clocks_of_the_contract() -> None:
    """The same rows as a file and as a table of the hub: one answer."""
    made = Cancers()
    for number, (code, start, events, values, _) in enumerate(CONCERNS):
        made.cancer(f"{number:03d}-{code}", start, *events, **{**values, "trust": "RM1"})
    sent = [
        {name: _text(row["cancer_key" if name == "pathway_id" else name]) for name in cancer_oracle.COLUMNS}
        for row in made.rows["cancer_pathway"]
    ]
    expected = {row["pathway_id"]: row for row in cancer_oracle.derive(sent, CENSUS.isoformat())}
    derived = made.derive()
    assert len(derived) == len(CONCERNS)
    for row in derived:
        clocks = {
            name: _text(row[name])
            for name in ("fds_wait", "fds_status", "d31_wait", "d31_status", "d62_wait", "d62_status")
        }
        assert clocks == {name: expected[row["cancer_key"]][name] for name in clocks}


def _text(value: Any) -> str:
    return "" if value is None or value is False else "yes" if value is True else str(value)
