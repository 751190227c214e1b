"""Every data-quality rule: a row that it finds, with its evidence, and the rows beside it that it leaves alone."""

# One case a line, however long: a table is easier to read than its folds.
# ruff: noqa: E501
from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from waiting_tables import CENSUS, ORDINARY, Made

from wherry.hub.schema import TABLES
from wherry.waiting import checks, codes, quality

REFERRED, SEEN = ORDINARY
DECIDED = "2025-12-01 decision_to_treat 20"
LISTED: dict[str, Any] = {"entries": ({"tci_on": "2026-02-10"},)}
MONITORED = ("2025-01-03 referral_received 10", "2025-06-02 review 32")


def entry(**values: Any) -> dict[str, Any]:
    return {"entries": ({"tci_on": "2026-02-10", "last_validated_on": "2026-01-15", **values},)}


# fmt: off
#: (rule, case, whether it is found, events, everything else, evidence)
CASES: list[tuple[str, str, bool, tuple[str, ...], dict[str, Any], str]] = [
    ("dead_but_open", "person died", True, (), {"person": {"death_date": "2026-01-02"}}, "Died 2 January 2026. Clock started 3 October 2025."),
    ("dead_but_open", "death event", True, (*ORDINARY, "2026-01-05 death"), {}, "Died 5 January 2026."),
    ("dead_but_open", "death recorded", False, (*ORDINARY, "2026-01-05 death 36"), {"person": {"death_date": "2026-01-05"}}, ""),
    ("dead_but_open", "died after the census", False, (), {"person": {"death_date": "2026-02-01"}}, ""),
    ("discharged_but_open", "discharged", True, (REFERRED, "2025-11-20 attendance 20 Discharged"), {}, "Discharged 20 November 2025."),
    ("discharged_but_open", "and stopped", False, (REFERRED, "2025-11-20 attendance 34 discharged"), {}, ""),
    ("discharged_but_open", "in an earlier clock", False, ("2025-01-01 attendance 10", "2025-02-01 attendance - discharged", "2025-02-01 other 34", REFERRED, SEEN), {}, ""),
    ("treated_but_open", "admitted", True, (*ORDINARY, "2026-01-05 admission 20"), {}, "Admitted 5 January 2026, without a stop."),
    ("treated_but_open", "treated", False, (*ORDINARY, "2026-01-05 admission 30"), {}, ""),
    ("treated_but_open", "admitted before this clock", False, ("2025-01-05 admission 30", *ORDINARY), {}, ""),
    ("stop_code_but_open", "on a cancellation", True, (*ORDINARY, "2025-12-05 patient_cancellation 34"), {}, "Status 34 on a cancellation of 5 December 2025."),
    ("stop_code_but_open", "stopped later", False, (*ORDINARY, "2025-12-05 patient_cancellation 34", "2025-12-06 other 34"), {}, ""),
    ("referral_closed_but_open", "closed", True, (), {"referral_closed_on": "2026-01-10"}, "Referral closed 10 January 2026."),
    ("referral_closed_but_open", "clock stopped too", False, (*ORDINARY, "2026-01-10 other 34"), {"referral_closed_on": "2026-01-10"}, ""),
    ("referral_without_clock", "a referral without a 10", True, ("2025-10-03 referral_received -",), {}, "Referral received 3 October 2025;"),
    ("referral_without_clock", "closed again", False, ("2025-10-03 referral_received -",), {"referral_closed_on": "2025-11-01"}, ""),
    ("referral_without_clock", "with a 10", False, (), {}, ""),
    ("start_after_census", "an event in 2099", True, (*ORDINARY, "2099-01-01 attendance 20"), {}, "An event on 1 January 2099."),
    ("start_after_census", "a referral in 2099", True, (), {"referral_received_on": "2099-02-01"}, "Referral received 1 February 2099."),
    ("start_after_census", "on the census day", False, (*ORDINARY, "2026-01-31 attendance 20 seen"), {}, ""),
    ("stop_before_start", "a year too early", True, (REFERRED, SEEN, "2024-12-20 attendance 34"), {}, "Status 34 on 20 December 2024. Referral received 3 October 2025. Clock started 3 October 2025."),
    ("stop_before_start", "closed before it came", True, (REFERRED, SEEN, "2025-12-20 other 34"), {"referral_closed_on": "2025-09-01"}, "Referral closed 1 September 2025."),
    ("stop_before_start", "in order", False, (REFERRED, SEEN, "2025-12-20 attendance 34"), {}, ""),
    ("carried_forward", "kept", True, (), {"carried_forward": True}, "Not in the newest extract of RM1. Last event 20 November 2025."),
    ("carried_forward", "sent", False, (), {}, ""),
    ("monitoring_unreviewed", "no review since June", True, MONITORED, {}, "Active monitoring since 2 June 2025; last seen or reviewed 2 June 2025."),
    ("monitoring_unreviewed", "reviewed in January", False, (*MONITORED, "2026-01-02 review 91"), {}, ""),
    ("monitoring_unreviewed", "exactly twelve weeks", False, (*MONITORED, "2025-11-08 review 91"), {}, ""),
    ("monitoring_unreviewed", "a day more", True, (*MONITORED, "2025-11-07 review 91"), {}, "last seen or reviewed 7 November 2025."),
    ("monitoring_unreviewed", "a new clock", False, (*MONITORED, "2025-07-01 decision_to_treat 11"), {}, ""),
    ("decision_without_list_entry", "no entry", True, (*ORDINARY, DECIDED), {}, "Decision to treat on 1 December 2025; no entry on an admitted list."),
    ("decision_without_list_entry", "on the list", False, (*ORDINARY, DECIDED), LISTED, ""),
    ("decision_without_list_entry", "admitted since", False, (*ORDINARY, DECIDED, "2026-01-01 admission 20"), {}, ""),
    ("list_entry_without_clock", "clock stopped", True, (*ORDINARY, "2025-12-20 other 34"), LISTED, "On the admitted list since 1 December 2025. The last clock stopped 20 December 2025."),
    ("list_entry_without_clock", "never a clock", True, ("2025-11-20 attendance - seen",), LISTED, "On the admitted list since 1 December 2025."),
    ("list_entry_without_clock", "removed", False, (*ORDINARY, "2025-12-20 other 34"), entry(removed_on="2025-12-20"), ""),
    ("list_entry_without_clock", "planned", False, (*ORDINARY, "2025-12-20 other 34"), entry(list_type="planned"), ""),
    ("tci_past", "date passed", True, (), entry(tci_on="2026-01-30"), "To come in on 30 January 2026; no admission since."),
    ("tci_past", "today", False, (), entry(tci_on="2026-01-31"), ""),
    ("tci_past", "came in", False, (*ORDINARY, "2026-01-30 admission 20"), entry(tci_on="2026-01-30"), ""),
    ("p2_overdue", "29 days", True, (), entry(clinical_priority="P2", added_on="2026-01-02"), "P2 set 2 January 2026, so due by 30 January 2026."),
    ("p2_overdue", "28 days", False, (), entry(clinical_priority="P2", added_on="2026-01-03"), ""),
    ("p2_overdue", "reviewed since", False, (), entry(clinical_priority="P2", added_on="2025-11-03", priority_reviewed_on="2026-01-20"), ""),
    ("priority_overdue", "P3, three months gone", True, (), entry(clinical_priority="P3", added_on="2025-10-10"), "P3 set 10 October 2025, so due by 9 January 2026."),
    ("priority_overdue", "P4 sets no limit", False, (), entry(clinical_priority="P4", added_on="2025-10-10"), ""),
    ("priority_overdue", "P2 has its own rule", False, (), entry(clinical_priority="P2", added_on="2025-10-10"), ""),
    ("missing_priority", "none", True, (), entry(clinical_priority=None), "On the admitted list since 1 December 2025 without a clinical priority."),
    ("missing_priority", "blank", True, (), entry(clinical_priority=""), ""),
    ("missing_priority", "given", False, (), entry(), ""),
    ("missing_procedure", "none", True, (), entry(procedure=None), "On the admitted list since 1 December 2025 without a procedure."),
    ("missing_procedure", "given", False, (), entry(), ""),
    ("missing_procedure", "planned list", False, (), entry(list_type="planned", procedure=None), ""),
    ("planned_overdue", "due in January", True, (*ORDINARY, "2025-12-01 other 34"), entry(list_type="planned", due_on="2026-01-05"), "Planned for 5 January 2026; no admission since."),
    ("planned_overdue", "done", False, (*ORDINARY, "2026-01-06 admission 90"), entry(list_type="planned", due_on="2026-01-05"), ""),
    ("planned_overdue", "due in February", False, (), entry(list_type="planned", due_on="2026-02-05"), ""),
    ("no_next_event", "nothing booked", True, (), {"bookings": ()}, "Last event 20 November 2025; nothing booked after it."),
    ("no_next_event", "booking was yesterday", True, (), {"bookings": ({"booked_for": "2026-01-30"},)}, ""),
    ("no_next_event", "booking was cancelled", True, (), {"bookings": ({"booked_for": "2026-02-20", "status": "cancelled"},)}, ""),
    ("no_next_event", "booked today", False, (), {"bookings": ({"booked_for": "2026-01-31"},)}, ""),
    ("no_next_event", "a date to come in", False, (), {**LISTED, "bookings": ()}, ""),
    ("no_next_event", "no clock", False, (*ORDINARY, "2025-12-20 other 34"), {"bookings": ()}, ""),
    ("stale", "since July", True, ("2025-07-01 attendance 10",), {"referral_received_on": "2025-07-01"}, "Last event 1 July 2025."),
    ("stale", "half a year to the day", False, ("2025-08-01 attendance 10",), {}, ""),
    ("attended_no_outcome", "no outcome, no status", True, (*ORDINARY, "2026-01-12 attendance"), {}, "Attended 12 January 2026; no outcome recorded."),
    ("attended_no_outcome", "first, with a status", True, (REFERRED, "2025-11-20 attendance 20 first_activity=yes"), {}, "Attended 20 November 2025"),
    ("attended_no_outcome", "with an outcome", False, (*ORDINARY, "2026-01-12 attendance - seen"), {}, ""),
    ("validation_due", "never, at 17 weeks", True, (), {}, "Reached 12 weeks on 26 December 2025; never validated."),
    ("validation_due", "validated before the point", True, (*ORDINARY, "2025-12-25 validation"), {}, "last validated 25 December 2025."),
    ("validation_due", "validated on the point", False, (*ORDINARY, "2025-12-26 validation"), {}, ""),
    ("validation_due", "validated on the list entry", False, (), entry(), ""),
    ("validation_due", "26 weeks", True, ("2025-07-01 attendance 10", "2025-12-01 validation"), {}, "Reached 26 weeks on 30 December 2025; last validated 1 December 2025."),
    ("validation_due", "76 weeks", True, ("2024-08-01 attendance 10", "2025-12-01 validation"), {}, "Reached 76 weeks on 15 January 2026;"),
    ("validation_due", "63 weeks: 52 is the point", True, ("2024-11-10 attendance 10",), {}, "Reached 52 weeks on 9 November 2025;"),
    ("validation_due", "64 weeks", True, ("2024-11-09 attendance 10",), {}, "Reached 64 weeks on 31 January 2026;"),
    ("validation_due", "11 weeks", False, ("2025-11-09 attendance 10",), {}, ""),
    ("inactive_treatment_function", "unknown", True, (REFERRED, "2025-11-20 attendance 20 seen treatment_function=ZZZ"), {}, "Treatment function ZZZ is not in the national list."),
    ("inactive_treatment_function", "missing", True, ("2025-10-03 attendance 10 seen treatment_function=",), {"treatment_function": None}, "No treatment function."),
    ("inactive_treatment_function", "in use", False, (), {}, ""),
    ("inactive_organisation", "closed", True, (), {"commissioner": "OLD"}, "Commissioner OLD has closed."),
    ("inactive_organisation", "open", False, (), {}, ""),
    ("inactive_organisation", "unknown to the system", False, (), {"commissioner": "ELSE"}, ""),
    ("duplicate_open_pathway", "closed pathways are none", False, (*ORDINARY, "2025-12-20 other 34"), {"person_key": "P-twice"}, ""),
    ("duplicate_open_pathway", "another function", False, (REFERRED, "2025-11-20 attendance 20 seen treatment_function=120"), {"person_key": "P-twice"}, ""),
    ("no_start", "only a 20", True, ("2025-10-03 attendance 20 seen",), {}, "Clock 1, with an unknown start: activity was recorded"),
    ("no_start", "a start", False, (), {}, ""),
    ("two_starts", "10 and 10", True, (REFERRED, "2025-11-20 attendance 10 seen"), {}, "Clock 1, started 3 October 2025: a second clock start"),
    ("event_after_stop", "20 after 30", True, (REFERRED, "2025-12-20 attendance 30", "2025-12-28 attendance 20 seen"), {}, "Clock 1, started 3 October 2025, stopped 20 December 2025: an event came"),
    ("stop_without_start", "a 30 alone", True, ("2025-12-20 attendance 30",), {}, "Clock 1, with an unknown start, stopped 20 December 2025:"),
    ("status_99", "99", True, (*ORDINARY, "2025-12-20 attendance 99 seen"), {}, "a status of 99"),
    ("unknown_status", "55", True, (*ORDINARY, "2025-12-20 attendance 55 seen"), {}, "not in the national list"),
    ("duplicate_event", "twice", True, (REFERRED, SEEN, SEEN), {}, "sent more than once"),
    ("dna_not_communicated", "33 alone", True, (*ORDINARY, "2025-12-20 dna 33"), {}, "without proof"),
    ("dna_not_communicated", "33 with proof", False, (*ORDINARY, "2025-12-20 dna 33 first_activity=yes dna_communicated=yes"), {}, ""),
]
# fmt: on


def _ordered(events: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(events, key=lambda text: text[:10]))


@pytest.fixture(scope="module")
def derived() -> dict[str, pa.Table]:
    made = Made()
    for at, (_, _, _, events, more, _) in enumerate(CASES):
        made.pathway(f"case-{at:03d}", *_ordered(events), **more)
    for name in ("one", "two", "three"):
        made.pathway(f"pair-{name}", person_key="P-twice")
    made.pathway("ordinary", *ORDINARY, "2026-01-02 validation")
    made.pathway("stranger", identity={"nhs_number": None, "nhs_number_valid": False})
    made.pathway("mistyped", identity={"nhs_number": "9990000019", "nhs_number_valid": False})
    row = SimpleNamespace
    old, new = date(2020, 1, 1), date(2025, 3, 31)
    organisations = (row(code="OLD", from_date=old, to_date=new), row(code="26A", from_date=old, to_date=None))
    transfer = "2025-12-01 transfer 21 seen source=RGP"
    made.pathway("moved", REFERRED, transfer)
    made.add(
        "person_identity",
        identity_key="RGP:moved",
        person_key="P-moved",
        source="RGP",
        matched_by="nhs_number",
        nhs_number="9990000018",
        nhs_number_valid=True,
    )
    made.pathway("confused", REFERRED, transfer)
    made.add(
        "person_identity",
        identity_key="RGP:confused",
        person_key="P-else",
        source="RGP",
        matched_by="alone",
        nhs_number="9990000018",
        nhs_number_valid=True,
    )
    return made.derive(system=SimpleNamespace(organisations=organisations))


@pytest.fixture(scope="module")
def found(derived: dict[str, pa.Table]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["rule"], row["subject_key"]): row for row in derived["quality_finding"].to_pylist()}


@pytest.mark.parametrize("at", range(len(CASES)), ids=[f"{case[0]}: {case[1]}" for case in CASES])
def test_a_rule_finds_what_it_should_and_nothing_else(found: dict[tuple[str, str], Any], at: int) -> None:
    rule, _, expected, _, _, evidence = CASES[at]
    finding = found.get((rule, f"case-{at:03d}"))
    assert (finding is not None) == expected
    if finding is not None:
        assert evidence in finding["evidence"]
        assert finding["severity"] == quality.rules()[rule].severity
        assert finding["pathway_key"] == finding["subject_key"]
        assert finding["identity_key"] == f"RM1:case-{at:03d}"
        assert finding["organisation"] == "RM1"


def test_every_rule_has_a_row_that_it_finds(found: dict[tuple[str, str], Any]) -> None:
    assert {rule for rule, _ in found} == set(quality.rules())


def test_an_ordinary_pathway_has_no_finding(found: dict[tuple[str, str], Any]) -> None:
    assert [rule for rule, key in found if key == "ordinary" or key == "RM1:ordinary"] == []


def test_pathways_that_are_alike_name_one_another(found: dict[tuple[str, str], Any]) -> None:
    evidence = {key: row["evidence"] for (rule, key), row in found.items() if rule == "duplicate_open_pathway"}
    same = "Same person, treatment function 110 and referral date 3 October 2025 as pathway"
    assert evidence == {
        "pair-one": f"{same} pair-two and 1 more.",
        "pair-two": f"{same} pair-one and 1 more.",
        "pair-three": f"{same} pair-one and 1 more.",
    }


def test_findings_about_people(found: dict[tuple[str, str], Any]) -> None:
    missing = found["nhs_number_missing", "RM1:stranger"]
    assert (missing["pathway_key"], missing["identity_key"], missing["on_open_clock"]) == (None, "RM1:stranger", True)
    assert "9990000019" not in found["nhs_number_invalid", "RM1:mistyped"]["evidence"]
    assert [key for rule, key in found if rule.startswith("nhs_number")] == ["RM1:mistyped", "RM1:stranger"]


def test_a_pathway_sent_for_two_people(found: dict[tuple[str, str], Any]) -> None:
    assert [key for rule, key in found if rule == "two_people"] == ["confused"]
    said = "RGP sent events on this pathway, but no identity of this person is known there; sent by RM1."
    assert found["two_people", "confused"]["evidence"] == said


def test_the_list_shows_the_codes_worst_first_and_those_about_the_person(derived: dict[str, pa.Table]) -> None:
    listed = {row["pathway_key"]: row for row in derived["waiting_list"].to_pylist()}
    assert (listed["ordinary"]["findings"], listed["ordinary"]["worst_severity"]) == ("", None)
    assert listed["stranger"]["findings"] == "nhs_number_missing;validation_due"
    assert listed["stranger"]["worst_severity"] == "medium"
    assert listed["case-000"]["findings"] == "dead_but_open;validation_due"
    on_open = {
        (row["rule"], row["subject_key"]) for row in derived["quality_finding"].to_pylist() if row["on_open_clock"]
    }
    by_list = {(code, row["pathway_key"]) for row in listed.values() for code in row["findings"].split(";") if code}
    people = {code for code, rule in quality.rules().items() if rule.about == "person"}
    assert {pair for pair in by_list if pair[0] not in people} == {pair for pair in on_open if pair[0] not in people}


def test_the_tables_have_the_schemas_of_the_snapshot(derived: dict[str, pa.Table]) -> None:
    assert set(derived) == {"rtt_period", "waiting_list", "quality_rule", "quality_finding"}
    for name, table in derived.items():
        assert table.schema.equals(TABLES[name].schema)
        for column in TABLES[name].columns:
            assert not (column.required and table.column(column.name).null_count), (name, column.name)
        keys = list(zip(*(table.column(key).to_pylist() for key in TABLES[name].key), strict=True))
        assert len(set(keys)) == len(keys)


def test_evidence_reads_the_same_in_the_next_snapshot(derived: dict[str, pa.Table]) -> None:
    """A decision about a finding holds until the evidence changes, so evidence may not count days up to the census."""
    for row in derived["quality_finding"].to_pylist():
        assert "31 January 2026" not in row["evidence"] or row["rule"] in {"validation_due"}
        assert row["evidence"].endswith(".")
        assert row["evidence"][0].isupper()


# --- the rules as data ----------------------------------------------------------------------------------------------


def test_every_rule_has_a_check_and_every_check_a_rule() -> None:
    people = {"nhs_number_missing", "nhs_number_invalid"}
    assert set(quality.rules()) == set(checks.PATHWAY_CHECKS) | set(codes.ISSUES) | people | {"two_people"}
    assert {code for code, rule in quality.rules().items() if rule.about == "person"} == people


def test_rules_are_written_in_words() -> None:
    for code, rule in quality.rules().items():
        assert rule.severity in quality.SEVERITIES
        assert rule.words[0].isupper()
        assert not rule.words.endswith(".")
        assert rule.action.endswith(".")
        assert code not in rule.words
        assert rule.source
    assert quality.rule_table().num_rows == len(quality.rules())


def test_the_page_of_rules_is_up_to_date() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "data-quality-rules.md"
    assert page.read_text(encoding="utf-8") == quality.document()


def test_joining_findings_needs_no_findings() -> None:
    keys = pa.table({"pathway_key": ["A"], "identity_key": ["I"]})
    none = TABLES["quality_finding"].schema.empty_table()
    codes_, worst = quality.joined(keys, none)
    assert (codes_.to_pylist(), worst.to_pylist()) == ([""], [None])
    assert date(2026, 1, 31) == CENSUS
