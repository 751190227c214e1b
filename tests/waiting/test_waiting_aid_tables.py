"""From a snapshot's tables to the problem, and from a plan to its moves and effects: worked cases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from wherry.errors import UserError
from wherry.hub.schema import TABLES
from wherry.reference.system import System, load
from wherry.waiting.aid import Policy, Problem, effects, moves_of, problem_of, solve

TODAY = date(2026, 1, 31)
MONDAY = date(2026, 1, 26)
NORWICH, CROMER, PAGET, LYNN = "RM102", "RM131", "RGP75", "RCX70"
#: An LSOA of Great Yarmouth: 4 miles from Gorleston, too far from King's Lynn for most.
YARMOUTH = "E01026640"


class Handmade:
    """Tables by hand; what is not given is empty."""

    def __init__(self, **rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def arrow(self, name: str, columns: list[str] | None = None) -> pa.Table:
        schema = TABLES[name].schema
        rows = self.rows.get(name, [])
        made = pa.table({f.name: pa.array([row.get(f.name) for row in rows], f.type) for f in schema}, schema=schema)
        return made.select(columns) if columns else made


@pytest.fixture(scope="module")
def system() -> System:
    return load("norfolk-waveney")


def somebody(key: str, **more: Any) -> dict[str, Any]:
    waited = more.pop("waited", 140)
    start = TODAY - timedelta(days=waited)
    usual = {
        "pathway_key": key,
        "period": 1,
        "person_key": f"person of {key}",
        "organisation": "RM1",
        "site": NORWICH,
        "treatment_function": "110",
        "clinical_priority": "P4",
        "list_order_date": start,
        "days_waited": waited,
        "weeks_waited": waited // 7,
        "stage": "admitted",
        "procedure": "W381",
        "lsoa": YARMOUTH,
        "imd_quintile": 1,
        "age": 70,
        "sex": "2",
        "ethnic_category": "A",
    }
    return usual | more


def pool(site: str, week: int, places: int = 1, **more: Any) -> dict[str, Any]:
    usual = {
        "kind": "theatre",
        "site": site,
        "week_start": MONDAY + timedelta(weeks=week),
        "treatment_function": "110",
        "procedure_group": "",
        "complexity": "complex",
        "planned_minutes": places * 120,
        "planned_slots": places,
        "free_minutes": places * 120,
        "free_slots": places,
    }
    return usual | more


def of(system: System, people: list[dict[str, Any]], policy: Policy | None = None, **tables: Any) -> Problem:
    keys = ("stay", "off", "promised")
    given = {key: tables.pop(key) for key in keys if key in tables}
    tables.setdefault("capacity_week", [pool(NORWICH, 51), pool(PAGET, 4)])
    return problem_of(Handmade(waiting_list=people, **tables), system, policy or Policy(), TODAY, **given)


def test_one_person_is_treated_sooner_where_there_is_room_and_it_says_so(system: System) -> None:
    problem = of(system, [somebody("A")])
    found = solve(problem, Policy())
    (move,) = moves_of(problem, found, {NORWICH: "Norwich", PAGET: "JPUH"}.__getitem__)
    assert (move.from_site, move.to_site, move.weeks_sooner) == (NORWICH, PAGET, 47)
    assert move.week_start == date(2026, 2, 23)
    assert move.capacity_key == "theatre|RGP75|2026-02-23|110||complex"
    assert move.why == (
        f"47 weeks sooner at JPUH, {move.miles} miles: the week of 23 February 2026 instead of 18 January 2027 at "
        "Norwich. Priority P4, 20 weeks waited."
    )
    result = effects(problem, found)
    assert result["policies"]["nothing"]["over_52"] == 1
    assert result["policies"]["aid"]["over_52"] == 0
    assert result["changes"] == {"moved": 1, "sooner": 1, "later": 0, "weeks_gained": 47, "weeks_gained_net": 47}
    assert result["by"]["quintile"][0]["value"] == "1"


def test_a_wait_is_counted_to_the_monday_of_treatment(system: System) -> None:
    """126 days is within 18 weeks, 127 is not (RTT guidance v5.0, 10.1.7)."""
    policy = Policy()
    for waited, over in ((126 - 9, 0), (127 - 9, 1)):
        problem = of(system, [somebody("A", waited=waited)], capacity_week=[pool(NORWICH, 2)])
        measured = effects(problem, solve(problem, policy))["policies"]["nothing"]
        assert measured["over_18"] == over
        assert measured["mean"] == round((waited + 9) / 7, 2)


def test_people_waiting_beyond_a_limit_by_week(system: System) -> None:
    problem = of(system, [somebody("A", waited=120)], capacity_week=[pool(NORWICH, 3)])
    weeks = effects(problem, solve(problem, Policy()))["weeks"]["nothing"]
    assert weeks["waiting"][:5] == [1, 1, 1, 1, 0]
    assert weeks["over_18"][:5] == [0, 0, 1, 1, 0]


def test_cancer_comes_with_p2_and_is_protected(system: System) -> None:
    people = [somebody("A"), somebody("B", priority_type="3"), somebody("C"), somebody("D", clinical_priority="P1b")]
    open_pathway = {"pathway_key": "C"}
    problem = of(system, people, cancer_pathway=[open_pathway])
    assert problem.people.rank.tolist() == [5, 3, 3, 2]
    assert problem.people.protected.tolist() == [False, True, True, True]
    treated = of(system, people, cancer_pathway=[open_pathway | {"treatment_date": TODAY}])
    assert not treated.people.protected[2]


def test_a_case_is_harder_for_somebody_frail_by_the_newest_observation(system: System) -> None:
    def seen(person: str, value: float, on: date, code: str = "clinical_frailty_scale") -> dict[str, Any]:
        return {"person_key": f"person of {person}", "code": code, "value": value, "observed_on": on}

    people = [somebody(key, procedure="W879") for key in "ABCD"]
    observations = [
        seen("A", 6, date(2026, 1, 1)),
        seen("B", 7, date(2025, 1, 1)),
        seen("B", 3, date(2026, 1, 1)),
        seen("C", 3, date(2026, 1, 1), "asa_grade"),
        seen("D", 9, date(2026, 3, 1)),
    ]
    problem = of(system, people, observation=observations)
    hard = [problem.needs[need].complexity for need in problem.people.need]
    assert hard == ["intermediate", "routine", "intermediate", "routine"]


def test_a_site_that_cannot_do_it_is_nobodys_home_and_nobodys_goal(system: System) -> None:
    """Cromer takes routine cases alone: somebody with a hip to replace waits at Norwich."""
    problem = of(system, [somebody("A", site=CROMER), somebody("B", site=CROMER, procedure="W879")])
    sites = [problem.sites[home] for home in problem.people.home]
    assert sites == [NORWICH, CROMER]
    assert not problem.people.reach[0, problem.sites.index(CROMER)]


def test_reach_is_what_the_person_said_else_the_policy(system: System) -> None:
    said = [{"person_key": "person of B", "miles_willing": 2}, {"person_key": "person of C", "miles_willing": None}]
    people = [somebody("A"), somebody("B"), somebody("C"), somebody("D", lsoa=None)]
    problem = of(system, people, contact_detail=said)
    paget = problem.sites.index(PAGET)
    assert 3 <= problem.people.miles[0, paget] <= 12
    assert problem.people.reach[:, paget].tolist() == [True, False, True, False]
    assert problem.people.reach[:, problem.sites.index(NORWICH)].all()


def test_a_date_is_kept_unless_the_policy_lets_people_with_dates_move(system: System) -> None:
    dated = [somebody("A", tci_on=TODAY + timedelta(weeks=30))]
    fixed = solve(of(system, dated), Policy())
    assert fixed.aid.plan.week.tolist() == [30]
    policy = Policy(move_booked=True)
    moved = solve(of(system, dated, policy), policy)
    assert moved.aid.plan.week.tolist() == [4]


def test_an_outpatient_waits_for_a_clinic_and_keeps_a_first_appointment(system: System) -> None:
    first = {"stage": "outpatient", "procedure": None, "next_event_kind": "first", "next_event_on": TODAY}
    people = [somebody("A", stage="outpatient", procedure=None), somebody("B", **first)]
    clinic = pool(NORWICH, 5, kind="clinic")
    problem = of(system, people, capacity_week=[clinic, pool(NORWICH, 1)])
    assert problem.people.booked.tolist() == [-1, 0]
    assert solve(problem, Policy()).nothing.plan.week.tolist() == [5, 0]


def test_some_are_not_moved_and_some_take_no_place(system: System) -> None:
    died = [{"person_key": "person of C", "death_date": TODAY}]
    problem = of(system, [somebody(key) for key in "ABCD"], stay={("A", 1)}, off={("B", 1)}, person=died)
    assert problem.people.key.tolist() == ["A", "C", "D"]
    assert problem.people.stay.tolist() == [True, True, False]


def test_places_that_offers_hold_are_taken_off(system: System) -> None:
    capacity = [pool(PAGET, 4, 3), pool(NORWICH, 51)]
    key = "theatre|RGP75|2026-02-23|110||complex"
    problem = of(system, [somebody("A")], capacity_week=capacity, promised={key: (2, 240)})
    held = {problem.capacity_key(cell): int(problem.cells.room[cell]) for cell in range(len(problem.cells))}
    assert held[key] == 1
    policy = Policy(theatre="minutes")
    by_minutes = of(system, [somebody("A")], policy, capacity_week=capacity, promised={key: (2, 240)})
    assert by_minutes.cells.room[[by_minutes.capacity_key(c) for c in range(2)].index(key)] == 120


def test_weeks_that_nobody_planned_repeat_the_planned_ones_and_say_so(system: System) -> None:
    capacity = [pool(NORWICH, week, 2, free_slots=0) for week in (0, 1)]
    problem = of(system, [somebody("A")], capacity_week=[*capacity, pool(PAGET, 0)])
    repeated = ~problem.cells.planned
    assert problem.cells.week[repeated].min() == 2
    norwich = problem.cells.site == problem.sites.index(NORWICH)
    assert set(problem.cells.room[norwich & repeated].tolist()) == {2}
    found = solve(problem, Policy())
    assert effects(problem, found)["repeated_weeks_from"] == "2026-02-09"
    assert found.nothing.plan.week.tolist() == [2]


def test_minutes_are_the_sites_own_else_the_groups_usual(system: System) -> None:
    own = {"site": PAGET, "procedure_group": "hip_knee_replacement", "mean_minutes": 80.4, "turnover_minutes": 14.0}
    problem = of(system, [somebody("A")], case_length=[own])
    use = problem.use[problem.people.need[0]]
    assert use[problem.sites.index(PAGET)] == 95
    assert use[problem.sites.index(NORWICH)] == 105
    assert np.all(use > 0)


def test_only_the_functions_of_the_policy_are_placed(system: System) -> None:
    problem = of(system, [somebody("A"), somebody("B", treatment_function="130")], Policy(functions=("130",)))
    assert problem.people.key.tolist() == ["B"]


def test_without_capacity_it_says_what_to_send(system: System) -> None:
    with pytest.raises(UserError, match="Send the capacity extracts"):
        of(system, [somebody("A")], capacity_week=[pool(NORWICH, -2)])
