"""`waiting_risk` from handmade common tables, held to a plain reading of the rules, and with nothing to read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest

from wherry.hub.derivation import DeriveContext
from wherry.hub.schema import TABLES
from wherry.waiting import harm, harm_facts, risk_rules

CENSUS = date(2026, 1, 31)
NEEDED = harm_facts.NEEDED
Rows = dict[str, list[dict[str, Any]]]


def ago(days: int) -> date:
    return CENSUS - timedelta(days=days)


@pytest.fixture(scope="module")
def connection() -> Iterator[Any]:
    made = ibis.duckdb.connect()
    yield made
    made.disconnect()


def derived(connection: Any, rows: Rows) -> list[dict[str, Any]]:
    tables = {}
    for name in NEEDED:
        schema = pa.schema([field.with_nullable(True) for field in TABLES[name].schema])
        tables[name] = ibis.memtable(pa.Table.from_pylist(rows.get(name, []), schema=schema))
    made = harm.derive(tables, DeriveContext(CENSUS, None, connection))["waiting_risk"]
    assert made.schema == TABLES["waiting_risk"].schema
    out: list[dict[str, Any]] = made.to_pylist()
    return out


def listed(key: str, days: int | None, **more: Any) -> dict[str, Any]:
    start = None if days is None else ago(days)
    row = {"pathway_key": key, "period": 1, "person_key": f"p-{key}", "days_waited": days, "clock_start": start}
    return {**row, "stage": "outpatient", **more}


def test_nothing_in_gives_nothing_out(connection: Any) -> None:
    assert derived(connection, {}) == []


def test_without_the_feeds_of_elective_work_the_wait_alone_is_a_reason(connection: Any) -> None:
    tables = {}
    for name in ("waiting_list", "pathway", "list_entry"):
        schema = pa.schema([field.with_nullable(True) for field in TABLES[name].schema])
        rows = [listed("long", 500)] if name == "waiting_list" else []
        tables[name] = ibis.memtable(pa.Table.from_pylist(rows, schema=schema))
    made = harm.derive(tables, DeriveContext(CENSUS, None, connection))["waiting_risk"]
    assert made.column("reason").to_pylist() == ["long_wait"]


def test_one_of_each_reason(connection: Any) -> None:
    rows: Rows = {
        "waiting_list": [
            listed("all", 400, clinical_priority="P2", stage="admitted", priority_due_on=ago(5)),
            listed("none", 300),
            listed("cancer", 110),
        ],
        "pathway": [{"pathway_key": "all", "referral_received_on": ago(410)}],
        "list_entry": [
            {"entry_key": "a", "pathway_key": "all", "list_type": "admitted", "clinical_priority": "P2"}
            | {"added_on": ago(90), "priority_reviewed_on": ago(33)}
        ],
        "observation": [
            {"person_key": "p-all", "code": "clinical_frailty_scale", "observed_on": ago(20), "value": 6.0},
            {"person_key": "p-all", "code": "clinical_frailty_scale", "observed_on": ago(200), "value": 4.0},
            {"person_key": "p-none", "code": "clinical_frailty_scale", "observed_on": ago(20), "value": 3.0},
            {"person_key": "p-none", "code": "clinical_frailty_scale", "observed_on": ago(200), "value": 8.0},
            {"person_key": "p-none", "code": "body_mass_index", "observed_on": ago(2), "value": 41.0},
        ],
        "emergency_attendance": [
            {"person_key": "p-all", "arrived_on": ago(100), "admitted": True},
            {"person_key": "p-all", "arrived_on": ago(500), "admitted": True},
            {"person_key": "p-none", "arrived_on": ago(100), "admitted": None},
        ],
        "cancer_pathway": [
            {"pathway_key": "cancer", "receipt_date": ago(104)},
            {"pathway_key": "none", "receipt_date": ago(300), "treatment_date": ago(10)},
            {"pathway_key": "none", "receipt_date": ago(300), "closed_on": ago(10)},
            {"pathway_key": "none", "receipt_date": ago(300), "treatment_order": "subsequent"},
        ],
    }
    found = derived(connection, rows)
    assert [(row["pathway_key"], row["reason"]) for row in found] == [
        ("all", "emergency_attendances"),
        ("all", "frail"),
        ("all", "long_wait"),
        ("all", "priority_overdue"),
        ("all", "review_overdue"),
        ("cancer", "long_wait"),
    ]
    assert all(row["harm_review_due"] for row in found)
    told = {row["reason"]: row["evidence"] for row in found if row["pathway_key"] == "all"}
    assert told["emergency_attendances"].startswith(
        "1 emergency attendance since referral on 17 December 2024, admitted"
    )
    assert told["review_overdue"] == "P2 is reviewed every 28 days. The last was on 29 December 2025, 33 days ago."
    assert told["frail"].startswith("Clinical Frailty Scale 6, judged on 11 January 2026")


def some(random_: random.Random, count: int) -> Rows:
    rows: Rows = {name: [] for name in NEEDED}
    for at in range(count):
        key, person = f"k{at:04d}", f"p{random_.randrange(count)}"
        priority = random_.choice([None, "P2", "P3", "P4", "P6"])
        stage = random_.choice(["admitted", "outpatient"])
        due = ago(random_.randrange(-30, 60)) if priority in ("P2", "P3") and random_.random() < 0.7 else None
        days = random_.choice([None, *(random_.randrange(700) for _ in range(5))])
        rows["waiting_list"].append(
            listed(key, days, person_key=person, clinical_priority=priority, stage=stage, priority_due_on=due)
        )
        referred = None if random_.random() < 0.2 else ago(random_.randrange(700))
        rows["pathway"].append({"pathway_key": key, "referral_received_on": referred})
        if stage == "admitted":
            reviewed = None if random_.random() < 0.5 else ago(random_.randrange(250))
            rows["list_entry"].append(
                {"entry_key": key, "pathway_key": key, "list_type": "admitted", "clinical_priority": priority}
                | {"added_on": rows["waiting_list"][-1].get("decision_to_admit_on"), "priority_reviewed_on": reviewed}
            )
        for _ in range(random_.choice([0, 0, 1, 2])):
            rows["emergency_attendance"].append(
                {
                    "person_key": person,
                    "arrived_on": ago(random_.randrange(-5, 700)),
                    "admitted": random_.random() < 0.2,
                }
            )
        if random_.random() < 0.4:
            rows["observation"].append(
                {"person_key": person, "code": "clinical_frailty_scale", "observed_on": ago(random_.randrange(-5, 400))}
                | {"value": float(random_.randrange(1, 10))}
            )
        if random_.random() < 0.2:
            rows["cancer_pathway"].append({"pathway_key": key, "receipt_date": ago(random_.randrange(180))})
    return rows


def oracle(rows: Rows) -> dict[tuple[str, str], str]:
    """The rules read row by row, with loops."""
    out = {}
    for row in rows["waiting_list"]:
        key, person = row["pathway_key"], row["person_key"]
        referred = next(p["referral_received_on"] for p in rows["pathway"] if p["pathway_key"] == key)
        since = referred or row["clock_start"]
        visits = [v for v in rows["emergency_attendance"] if v["person_key"] == person and v["arrived_on"] <= CENSUS]
        visits = [v for v in visits if since is not None and v["arrived_on"] >= since]
        scales = [o for o in rows["observation"] if o["person_key"] == person and o["observed_on"] <= CENSUS]
        newest = max(scales, key=lambda o: (o["observed_on"], o["value"]), default=None)
        cancer = [c for c in rows["cancer_pathway"] if c["pathway_key"] == key]
        entry = next((e for e in rows["list_entry"] if e["pathway_key"] == key), None)
        waiting = harm.Waiting(
            days=row["days_waited"],
            clock_start=row["clock_start"],
            priority=row["clinical_priority"],
            on_list=row["stage"] == "admitted",
            priority_due_on=row["priority_due_on"],
            reviewed_on=entry["priority_reviewed_on"] if entry else None,
            referred_on=referred,
            emergency=(len(visits), sum(v["admitted"] for v in visits), max(v["arrived_on"] for v in visits))
            if visits
            else None,
            frailty=(int(newest["value"]), newest["observed_on"]) if newest else None,
            cancer_day=(CENSUS - cancer[0]["receipt_date"]).days if cancer else None,
        )
        for reason in harm.reasons(waiting, risk_rules.on(CENSUS), CENSUS):
            out[key, reason.code] = reason.evidence
    return out


@pytest.mark.parametrize("seed", range(3))
def test_the_engine_agrees_with_a_plain_reading_of_the_rows(connection: Any, seed: int) -> None:
    random_ = random.Random(seed)
    rows = some(random_, 120)
    expected = oracle(rows)
    assert len(expected) > 60
    found = {(row["pathway_key"], row["reason"]): row["evidence"] for row in derived(connection, rows)}
    assert found == expected
    for name in NEEDED:
        random_.shuffle(rows[name])
    assert {(row["pathway_key"], row["reason"]): row["evidence"] for row in derived(connection, rows)} == expected
