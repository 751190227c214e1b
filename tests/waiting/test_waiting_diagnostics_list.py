"""The six-week list of tests: worked examples, then the same by plain loops."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.hub.derivation import DeriveContext
from wherry.hub.schema import TABLES
from wherry.waiting import diagnostics

CENSUS = date(2026, 1, 31)
NEEDED = ("diagnostic_request", "person_identity", "person", "cancer_pathway")


class Requests:
    """Rows of the tables behind the list; `ask` adds one request of one person."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in NEEDED}

    def add(self, table: str, **values: Any) -> None:
        blank = dict.fromkeys(TABLES[table].schema.names)
        row = {"source": "RM1", "load_id": "load", "source_row": len(self.rows[table]) + 1, "valid_at": CENSUS}
        self.rows[table].append({**blank, **row, **values})

    def ask(self, key: str, **values: Any) -> None:
        who = values.pop("who", key)
        request = {"local_patient_id": who, "test": "mri", "requested_on": date(2026, 1, 2), "site": "RM102", **values}
        request.setdefault("clock_start_on", request["requested_on"])
        self.add(
            "diagnostic_request", request_key=key, request_id=key, identity_key=who, person_key=f"P-{who}", **request
        )
        if not any(row["identity_key"] == who for row in self.rows["person_identity"]):
            known = {"nhs_number": "9990000018", "nhs_number_valid": True, "surname": "Reed", "forename": "Ann"}
            self.add("person_identity", identity_key=who, person_key=f"P-{who}", sex="2", **known)
            born = date(1960, 2, 1)
            self.add("person", person_key=f"P-{who}", birth_date=born, imd_decile=4, lsoa="E01", opted_out=False)

    def listed(self, census: date = CENSUS, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        tables = {}
        for name, rows in self.rows.items():
            schema = pa.schema([f.with_nullable(True) for f in TABLES[name].schema])
            if name not in without:
                tables[name] = ibis.memtable(pa.Table.from_pylist(rows, schema=schema))
        connection = ibis.duckdb.connect()
        try:
            made = diagnostics.derive(tables, DeriveContext(census, None, connection))["diagnostic_list"]
        finally:
            connection.disconnect()
        assert made.schema == TABLES["diagnostic_list"].schema
        assert len(set(made["request_key"].to_pylist())) == made.num_rows
        return made.to_pylist()


def test_a_row_says_who_waits_for_what_and_since_when() -> None:
    made = Requests()
    made.ask("a", clock_start_on=date(2025, 12, 20), priority="D2", booked_for=date(2026, 2, 5), pathway_key="RM1:1")
    made.add("cancer_pathway", cancer_key="c", pathway_key="RM1:1", person_key="P-a")
    made.add("cancer_pathway", cancer_key="d", pathway_key="RM1:1", person_key="P-a")
    (row,) = made.listed()
    assert row == {
        "request_key": "a",
        "identity_key": "a",
        "person_key": "P-a",
        "pathway_key": "RM1:1",
        "surname": "Reed",
        "forename": "Ann",
        "nhs_number": "9990000018",
        "birth_date": date(1960, 2, 1),
        "age": 65,
        "sex": "2",
        "imd_quintile": 2,
        "lsoa": "E01",
        "organisation": "RM1",
        "site": "RM102",
        "test": "mri",
        "priority": "D2",
        "on_cancer_pathway": True,
        "clock_start_on": date(2025, 12, 20),
        "days_waited": 42,
        "weeks_waited": 6,
        "breach_on": date(2026, 2, 1),
        "over_six_weeks": False,
        "booked_for": date(2026, 2, 5),
        "planned_overdue": False,
    }


@pytest.mark.parametrize(
    ("values", "waits"),
    [
        ({}, True),
        ({"performed_on": CENSUS}, False),
        ({"performed_on": CENSUS + timedelta(days=1)}, True),
        ({"removed_on": CENSUS}, False),
        ({"removed_on": CENSUS + timedelta(days=1)}, True),
        ({"requested_on": CENSUS + timedelta(days=1)}, False),
        ({"clock_start_on": None}, True),
        ({"booked_for": CENSUS - timedelta(days=3)}, True),
        ({"planned": True, "planned_due_on": CENSUS}, False),
        ({"planned": True, "planned_due_on": CENSUS + timedelta(days=200)}, False),
        ({"planned": True, "planned_due_on": CENSUS - timedelta(days=1)}, True),
        ({"planned": True, "planned_due_on": None, "clock_start_on": CENSUS}, False),
        ({"planned": True, "planned_due_on": None, "clock_start_on": None}, True),
    ],
)
def test_who_waits(values: dict[str, Any], waits: bool) -> None:
    made = Requests()
    made.ask("a", **values)
    assert bool(made.listed()) is waits


def test_over_six_weeks_is_more_than_forty_two_days() -> None:
    made = Requests()
    for days in (41, 42, 43):
        made.ask(f"{days}", clock_start_on=CENSUS - timedelta(days=days))
    assert [(row["days_waited"], row["over_six_weeks"]) for row in made.listed()] == [
        (43, True),
        (42, False),
        (41, False),
    ]
    over = made.listed()[0]
    assert over["breach_on"] == CENSUS


def test_a_planned_test_counts_from_its_due_date() -> None:
    made = Requests()
    due = CENSUS - timedelta(days=50)
    made.ask("a", planned=True, planned_due_on=due, clock_start_on=date(2024, 1, 1), requested_on=date(2023, 1, 1))
    (row,) = made.listed()
    assert (row["clock_start_on"], row["days_waited"], row["over_six_weeks"], row["planned_overdue"]) == (
        due,
        50,
        True,
        True,
    )


def test_the_longest_wait_is_first_and_unknown_starts_before_all() -> None:
    made = Requests()
    made.ask("short", clock_start_on=date(2026, 1, 20))
    made.ask("b-long", clock_start_on=date(2025, 9, 1))
    made.ask("a-long", clock_start_on=date(2025, 9, 1))
    made.ask("unknown", clock_start_on=None)
    rows = made.listed()
    assert [row["request_key"] for row in rows] == ["unknown", "a-long", "b-long", "short"]
    assert (rows[0]["days_waited"], rows[0]["breach_on"], rows[0]["over_six_weeks"]) == (None, None, False)


def test_two_requests_of_one_person_are_two_tests_and_a_cancelled_one_is_gone() -> None:
    made = Requests()
    made.ask("first", who="ann")
    made.ask("second", who="ann")
    made.ask("third", who="ann", removed_on=date(2026, 1, 20))
    assert [row["request_key"] for row in made.listed()] == ["first", "second"]


def test_a_past_booking_is_no_booking() -> None:
    made = Requests()
    made.ask("a", booked_for=CENSUS - timedelta(days=1))
    made.ask("b", booked_for=CENSUS)
    assert {row["request_key"]: row["booked_for"] for row in made.listed()} == {"a": None, "b": CENSUS}


@pytest.mark.parametrize(("name", "open_"), [("treatment_date", False), ("closed_on", False), ("dtt_date", True)])
def test_only_an_open_cancer_pathway_counts(name: str, open_: bool) -> None:
    made = Requests()
    made.ask("a", pathway_key="RM1:1")
    made.add("cancer_pathway", cancer_key="c", pathway_key="RM1:1", person_key="P-a", **{name: CENSUS})
    assert made.listed()[0]["on_cancer_pathway"] is open_
    made.rows["cancer_pathway"][0][name] = CENSUS + timedelta(days=1)
    assert made.listed()[0]["on_cancer_pathway"] is True


def test_an_unknown_identity_is_listed_all_the_same() -> None:
    made = Requests()
    made.ask("a")
    made.rows["person_identity"].clear()
    made.rows["person"].clear()
    (row,) = made.listed()
    assert (row["surname"], row["age"], row["test"]) == (None, None, "mri")


def test_a_build_without_requests_or_cancers_is_a_build() -> None:
    made = Requests()
    assert made.listed() == []
    made.ask("a")
    assert made.listed(without=("diagnostic_request",)) == []
    assert made.listed(without=("cancer_pathway",))[0]["on_cancer_pathway"] is False


DAY = st.one_of(st.none(), st.integers(-400, 60).map(lambda days: CENSUS + timedelta(days=days)))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "requested_on": DAY.filter(bool),
                "clock_start_on": DAY,
                "planned": st.sampled_from([None, False, True]),
                "planned_due_on": DAY,
                "performed_on": DAY,
                "removed_on": DAY,
                "booked_for": DAY,
            }
        ),
        max_size=12,
    )
)
def test_the_list_agrees_with_plain_loops(drawn: list[dict[str, Any]]) -> None:
    made = Requests()
    expected = []
    for number, values in enumerate(drawn):
        made.ask(f"r{number:02}", **values)
        planned = bool(values["planned"])
        start = (values["planned_due_on"] or values["clock_start_on"]) if planned else values["clock_start_on"]
        left = [values[name] for name in ("performed_on", "removed_on") if values[name] and values[name] <= CENSUS]
        early = values["requested_on"] > CENSUS or (start is not None and start > CENSUS)
        if left or early or (planned and start is not None and start >= CENSUS):
            continue
        days = (CENSUS - start).days if start else None
        booked = values["booked_for"] if values["booked_for"] and values["booked_for"] >= CENSUS else None
        expected.append(
            (
                start or date.min,
                f"r{number:02}",
                days,
                days is not None and days > 42,
                booked,
                planned and start is not None,
            )
        )
    names = ("request_key", "days_waited", "over_six_weeks", "booked_for", "planned_overdue")
    assert [tuple(row[name] for name in names) for row in made.listed()] == [
        row[1:] for row in sorted(expected, key=lambda row: row[:2])
    ]
