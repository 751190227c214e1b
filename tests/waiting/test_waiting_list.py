"""The waiting list: who is on it, in which order, and what each row says about why."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from waiting_tables import CENSUS, Made

from wherry.reference import priorities
from wherry.waiting import ptl
from wherry.waiting.position import Position, position

WAITED = "2025-10-03 attendance 10 seen"


def listed(made: Made) -> dict[str, dict[str, Any]]:
    return {row["pathway_key"]: row for row in made.derive()["waiting_list"].to_pylist()}


def admitted(priority: str | None, **more: Any) -> dict[str, Any]:
    return {"entries": ({"clinical_priority": priority, "added_on": "2025-12-17", **more},)}


# --- order ----------------------------------------------------------------------------------------------------------


def test_the_order_is_priority_then_unknown_starts_then_date_then_key() -> None:
    made = Made()
    for at, code in enumerate(("P6", "P5", None, "P4", "P3", "P2", "P1b", "P1a")):
        made.pathway(f"late-{at}", "2026-01-02 attendance 10 seen", **admitted(code))
        made.pathway(f"early-{at}", "2024-01-02 attendance 10 seen", **admitted(code))
        made.pathway(f"unknown-{at}", "2026-01-20 attendance 20 seen", **admitted(code))
    made.pathway("outpatient", "2024-01-02 attendance 10 seen")
    order = sorted(listed(made).values(), key=lambda row: row["position"])
    assert [row["position"] for row in order] == list(range(1, 26))
    expected = [f"{kind}-{at}" for at in (7, 6, 5, 4) for kind in ("unknown", "early", "late")]
    expected += ["unknown-2", "unknown-3", "early-2", "early-3", "outpatient", "late-2", "late-3"]
    expected += [f"{kind}-{at}" for at in (1, 0) for kind in ("unknown", "early", "late")]
    assert [row["pathway_key"] for row in order] == expected


def test_the_order_agrees_with_a_plain_sort() -> None:
    rng = random.Random(11)
    rows = []
    for at in range(500):
        start = rng.choice([None, CENSUS - timedelta(days=rng.randrange(40))])
        rows.append(
            {
                "pathway_key": f"{rng.randrange(10**6):06d}-{at}",
                "clinical_priority": rng.choice([None, *(code for code in priorities.PRIORITIES if code[0] == "P")]),
                "priority_due_on": None,
                "clock_start": start,
                "list_order_date": start and start - timedelta(days=rng.choice([0, 0, 30])),
                "days_waited": start and (CENSUS - start).days,
                "priority_type": rng.choice([None, "1", "3"]),
                "treatment_function": rng.choice([None, "110", "108", "ZZZ"]),
            }
        )
    kinds = {name: pa.string() for name in rows[0]} | {"days_waited": pa.int32()}
    kinds |= dict.fromkeys(("priority_due_on", "clock_start", "list_order_date"), pa.date32())
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(kinds.items())))
    found = ptl.ordered(table, CENSUS).to_pylist()
    expected = sorted(
        rows,
        key=lambda row: (
            priorities.rank(row["clinical_priority"]),
            row["list_order_date"] or date(1, 1, 1),
            row["pathway_key"],
        ),
    )
    assert [row["pathway_key"] for row in found] == [row["pathway_key"] for row in expected]
    for row in found:
        names = ("clinical_priority", "priority_due_on", "clock_start", "list_order_date")
        assert row["why"] == ptl.why(*(row[name] for name in names), CENSUS, priority_type=row["priority_type"])
        assert row["weeks_waited"] == (None if row["days_waited"] is None else row["days_waited"] // 7)
    groups = {row["treatment_function"]: row["reporting_group"] for row in found}
    assert groups == {None: ptl.NO_GROUP, "110": "110", "108": "110", "ZZZ": ptl.NO_GROUP}


def test_an_empty_list_is_a_list() -> None:
    made = Made()
    made.pathway("done", WAITED, "2025-11-03 attendance 34 seen")
    derived = made.derive()
    assert derived["waiting_list"].num_rows == 0
    assert derived["rtt_period"].num_rows == 1
    assert Made().derive()["rtt_period"].num_rows == 0


# --- why ------------------------------------------------------------------------------------------------------------

OCTOBER = date(2025, 10, 3)


@pytest.mark.parametrize(
    ("arguments", "more", "said"),
    [
        (
            ("P2", date(2026, 1, 14), OCTOBER, OCTOBER),
            {},
            "P2, due by 14 January 2026, so before all P3 and P4. "
            "Within P2, ordered by list-order date 3 October 2025 (120 days, 17 weeks).",
        ),
        (
            ("P1a", date(2025, 10, 4), OCTOBER, OCTOBER),
            {},
            "P1a, due by 4 October 2025, so before everyone else. "
            "Within P1a, ordered by list-order date 3 October 2025 (120 days, 17 weeks).",
        ),
        (
            (None, None, OCTOBER, date(2025, 9, 3)),
            {"priority_type": "3"},
            "No clinical priority recorded, so placed with P4. Within P4, ordered by list-order date 3 September 2025 "
            "(150 days, 21 weeks, of which 30 days credited from before active monitoring). "
            "Referred as a two-week wait.",
        ),
        (
            ("P6", None, OCTOBER, OCTOBER),
            {"priority_type": "1"},
            "P6: patient wishes to postpone for another reason, so after all other priorities. "
            "Within P6, ordered by list-order date 3 October 2025 (120 days, 17 weeks).",
        ),
        (
            ("P3", date(2026, 3, 1), None, None),
            {},
            "P3, due by 1 March 2026, so after all P1 and P2 and before all P4. "
            "The clock start is unknown, so first within P3.",
        ),
        (
            ("P9", None, CENSUS, CENSUS),
            {},
            "Priority P9 is not in the national list, so placed with P4. "
            "Within P4, ordered by list-order date 31 January 2026 (0 days, 0 weeks).",
        ),
    ],
)
def test_why_a_row_stands_where_it_stands(arguments: tuple[Any, ...], more: dict[str, str], said: str) -> None:
    assert ptl.why(*arguments, CENSUS, **more) == said


# --- what a row shows -----------------------------------------------------------------------------------------------


def test_a_row_shows_the_person_the_wait_and_what_comes_next() -> None:
    made = Made()
    made.pathway(
        "A",
        WAITED,
        "2025-12-20 validation",
        "2026-01-05 attendance 20 seen site=RM101",
        "2026-02-05 attendance 20 seen site=RM199",
        identity={"forename": "Ann", "local_patient_id": "7"},
        person={"birth_date": "1960-02-01", "imd_decile": 3, "lsoa": "E01000001"},
        bookings=(
            {"booked_for": "2026-02-20", "kind": "follow_up"},
            {"booked_for": "2026-02-12", "kind": "pre_op"},
            {"booked_for": "2026-01-12", "kind": "first"},
        ),
        **admitted("P2", tci_on="2026-02-14", procedure="W37", last_validated_on="2026-01-02"),
    )
    row = listed(made)["A"]
    shown = {
        "position": 1,
        "surname": "Wherry",
        "forename": "Ann",
        "nhs_number": "9990000018",
        "birth_date": date(1960, 2, 1),
        "age": 65,
        "imd_quintile": 2,
        "organisation": "RM1",
        "site": "RM101",
        "treatment_function": "110",
        "reporting_group": "110",
        "clinical_priority": "P2",
        "priority_due_on": date(2026, 1, 14),
        "clock_start": OCTOBER,
        "days_waited": 120,
        "weeks_waited": 17,
        "week_band": 17,
        "list_order_date": OCTOBER,
        "stage": "admitted",
        "decision_to_admit_on": date(2025, 12, 17),
        "procedure": "W37",
        "tci_on": date(2026, 2, 14),
        "next_event_on": date(2026, 2, 12),
        "next_event_kind": "pre_op",
        "last_event_on": date(2026, 1, 5),
        "last_validated_on": date(2026, 1, 2),
        "carried_forward": False,
        "opted_out": False,
    }
    assert {name: row[name] for name in shown} == shown


def test_a_row_without_a_list_entry_is_an_outpatient() -> None:
    made = Made()
    made.pathway("A", WAITED, identity={"nhs_number_valid": False}, bookings=())
    made.pathway("B", WAITED, **admitted("P2", removed_on="2026-01-02"))
    made.pathway("C", WAITED, **admitted("P2", list_type="planned"))
    made.pathway("D", WAITED, bookings=(), **admitted(None, tci_on="2026-01-31"))
    made.pathway("E", WAITED, bookings=(), **admitted(None, tci_on="2026-01-30"))
    rows = listed(made)
    for key in "ABC":
        assert (rows[key]["stage"], rows[key]["clinical_priority"]) == ("outpatient", None)
    assert rows["A"]["nhs_number"] is None
    assert (rows["A"]["next_event_on"], rows["A"]["next_event_kind"]) == (None, None)
    assert (rows["D"]["next_event_on"], rows["D"]["next_event_kind"]) == (CENSUS, "admission")
    assert (rows["E"]["tci_on"], rows["E"]["next_event_on"]) == (None, None)


def test_of_two_entries_in_force_the_more_urgent_holds() -> None:
    made = Made()
    urgent = {"clinical_priority": "P2", "added_on": "2025-11-01", "procedure": "X"}
    made.pathway("A", WAITED, entries=({"clinical_priority": "P4", "added_on": "2025-12-01"}, urgent))
    assert (listed(made)["A"]["clinical_priority"], listed(made)["A"]["procedure"]) == ("P2", "X")


def test_age_is_in_whole_years_at_the_census() -> None:
    ages = {"1960-01-31": 66, "1960-02-01": 65, "1960-12-31": 65, "2026-01-31": 0, "2024-02-29": 1}
    made = Made()
    for born in ages:
        made.pathway(born.replace("-", ""), WAITED, person={"birth_date": born})
    assert {key: row["age"] for key, row in listed(made).items()} == {k.replace("-", ""): v for k, v in ages.items()}


def test_a_transfer_moves_the_row_and_the_clock_runs_on() -> None:
    made = Made()
    made.pathway("A", WAITED, "2025-12-01 transfer 21 - organisation=RGP source=RGP treatment_function=502")
    row = listed(made)["A"]
    assert (row["organisation"], row["treatment_function"], row["clock_start"]) == ("RGP", "502", OCTOBER)


def test_events_of_two_sources_on_one_day_are_taken_by_source_and_then_by_line() -> None:
    made = Made()
    made.pathway("A", "2025-12-01 attendance 34 seen source=RM1", "2025-12-01 attendance 10 seen source=RGP")
    made.pathway("B", "2025-12-01 attendance 34 seen", "2025-12-01 attendance 10 seen")
    periods = made.derive()["rtt_period"].to_pylist()
    assert [(row["pathway_key"], row["start_event"], row["stop_event"]) for row in periods] == [
        ("A", "A-1", "A-0"),
        ("B", None, "B-0"),
        ("B", "B-1", None),
    ]


def test_periods_know_the_events_and_the_rules_behind_them() -> None:
    made = Made()
    made.pathway("A", WAITED, "2025-11-03 review 32", "2025-12-03 decision_to_treat 11", "2026-01-03 admission 30")
    first, second = made.derive()["rtt_period"].to_pylist()
    assert (first["start_event"], first["stop_event"]) == ("A-0", "A-1")
    assert (second["start_rule"], second["stop_rule"]) == ("start_after_monitoring", "stop_admitted_treatment")
    assert (second["admitted"], second["list_order_date"]) == (True, date(2025, 11, 2))


# --- the position ---------------------------------------------------------------------------------------------------


def test_the_position_counts_what_a_plain_count_counts() -> None:
    rng = random.Random(3)
    days = [rng.choice([None, rng.randrange(900)]) for _ in range(2_000)]
    bands = [None if d is None else 0 if d <= 7 else min(-(-d // 7) - 1, 104) for d in days]
    found = position(pa.table({"week_band": pa.array(bands, pa.int32())}))
    known = [d for d in days if d is not None]
    assert (found.incomplete, found.known_start, found.unknown_start) == (2_000, len(known), 2_000 - len(known))
    for weeks in (18, 52, 65, 78, 104):
        assert found.over(weeks) == sum(d > weeks * 7 for d in known)
    assert found.within_18 == sum(d <= 126 for d in known)
    assert found.share_within_18 == sum(d <= 126 for d in known) / len(known)


def test_positions_add_up() -> None:
    one = position(pa.table({"week_band": pa.array([1, 20, 60], pa.int32())}))
    two = position(pa.table({"week_band": pa.array([2, None], pa.int32())}))
    both = one + two
    assert (both.incomplete, both.over(18), both.share_within_18) == (5, 2, 0.5)


def test_percentiles_lie_where_waits_spread_evenly_in_their_band_say() -> None:
    found = position(pa.table({"week_band": pa.array([*range(100)], pa.int32())}))
    assert (found.median, found.percentile_92) == (50.0, 92.0)
    assert position(pa.table({"week_band": pa.array([10] * 4, pa.int32())})).median == 10.5


def test_an_empty_position_says_nothing() -> None:
    found: Position = position(pa.table({"week_band": pa.array([], pa.int32())}))
    assert (found.incomplete, found.share_within_18, found.median) == (0, None, None)


def test_the_position_of_the_list_is_the_position_of_its_open_clocks() -> None:
    made = Made()
    for days in (0, 7, 8, 126, 127, 365, 456):
        made.pathway(f"d{days:03d}", f"{CENSUS - timedelta(days=days)} attendance 10 seen")
    made.pathway("unknown", "2026-01-20 attendance 20 seen")
    found = position(made.derive()["waiting_list"])
    assert (found.incomplete, found.unknown_start, found.within_18) == (8, 1, 4)
    assert (found.over(18), found.over(52), found.over(65)) == (3, 2, 1)


# --- the other engine -----------------------------------------------------------------------------------------------
