"""Codes: treatment functions and their groups, status codes, clock rules, priorities, codes about people, imports."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest

import wherry.reference
from wherry.reference import clock_rules, people_codes, priorities, rtt_codes, treatment_functions

REPORTED = ["100", "101", "110", "120", "130", "140", "150", "160", "170"]
REPORTED += ["300", "301", "320", "330", "340", "400", "410", "430", "502"]


def test_eighteen_functions_are_reported_under_their_own_code() -> None:
    assert [code for code in treatment_functions.REPORTING_GROUPS if not code.startswith("X")] == REPORTED
    assert all(treatment_functions.reporting_group(code) == code for code in REPORTED)


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("110", "108 110 111 115"),
        ("140", "140 144 145"),
        ("170", "170 172 173"),
        ("300", "300"),
    ],
)
def test_roll_ups_are_exactly_these(group: str, codes: str) -> None:
    assert treatment_functions.functions_of(group) == tuple(codes.split())


@pytest.mark.parametrize("code", ["306", "307", "308", "309"])
def test_subspecialties_of_medicine_are_not_general_medicine(code: str) -> None:
    assert treatment_functions.reporting_group(code) == "X02"


@pytest.mark.parametrize(
    ("code", "group"),
    [
        *(("103", "X05"), ("107", "X05"), ("141", "X05"), ("171", "X04"), ("211", "X04"), ("420", "X04")),
        *(("321", "X04"), ("191", "X02"), ("361", "X02"), ("503", "X02"), ("710", "X03"), ("656", "X03")),
        *(("650", "X06"), ("654", "X06"), ("840", "X06"), ("800", "X06"), ("812", "X06")),
    ],
)
def test_other_groups(code: str, group: str) -> None:
    assert treatment_functions.reporting_group(code) == group


@pytest.mark.parametrize("code", [None, "", "ABC", "1000", "C_100", "X06", "10", "999"])
def test_an_unknown_code_is_never_put_with_other(code: str | None) -> None:
    assert treatment_functions.reporting_group(code) is None
    assert treatment_functions.get(code) is None


def test_every_function_has_a_name_and_a_known_group() -> None:
    functions = treatment_functions.all_functions()
    assert len(functions) > 170
    assert list(functions) == sorted(functions)
    assert all(
        function.name and function.group in treatment_functions.REPORTING_GROUPS for function in functions.values()
    )
    used = {function.group for function in functions.values()}
    assert used == set(treatment_functions.REPORTING_GROUPS)


def test_a_function_counts_from_its_first_to_its_last_day() -> None:
    new, retired = treatment_functions.all_functions()["348"], treatment_functions.all_functions()["312"]
    assert (new.active(date(2021, 3, 31)), new.active(date(2021, 4, 1))) == (False, True)
    assert (retired.active(date(2010, 3, 31)), retired.active(date(2010, 4, 1))) == (True, False)


def test_statuses_and_what_they_do() -> None:
    assert {"10", "11", "12"} == rtt_codes.STARTS
    assert {"20", "21"} == rtt_codes.RUNNING
    assert {"30", "31", "32", "33", "34", "35", "36"} == rtt_codes.STOPS
    assert {"90", "91", "92", "98"} == rtt_codes.OUTSIDE
    assert rtt_codes.STATUS["99"].effect == "not_known"
    assert len(rtt_codes.STATUS) == 17
    assert rtt_codes.STOPS - {"30", "33"} == rtt_codes.ADMINISTRATIVE_STOPS


def test_every_start_and_stop_has_its_rule_and_nothing_else_has() -> None:
    for code, status in rtt_codes.STATUS.items():
        rules = clock_rules.rules_of(code)
        assert bool(rules) == (status.effect in ("start", "stop")), code
        if rules:
            assert status.rule in {rule.code for rule in rules}
            assert {rule.kind for rule in rules} == {status.effect}
    assert list(clock_rules.RULES)[:8] == ["1a", "1b", "2", "3a", "3b", "3c", "3d", "3e"]


@pytest.mark.parametrize(
    ("status", "rule"), [("30", "4a"), ("31", "5b"), ("32", "5b"), ("33", "5e"), ("20", "unknown")]
)
def test_the_rule_that_a_status_stands_for(status: str, rule: str) -> None:
    assert clock_rules.default_rule(status) == rule


def test_priorities_rank_in_clinical_order() -> None:
    procedures = [code for code, priority in priorities.PRIORITIES.items() if priority.kind == "procedure"]
    assert procedures == ["P1a", "P1b", "P2", "P3", "P4", "P5", "P6"]
    ranks = [priorities.rank(code) for code in procedures]
    assert ranks == sorted(set(ranks))
    assert priorities.rank(None) == priorities.rank("") == priorities.rank("P9") == priorities.rank("P4")
    assert [code for code in priorities.PRIORITIES if code.startswith("D")] == [f"D{number}" for number in range(1, 7)]


@pytest.mark.parametrize(
    ("code", "due"),
    [
        ("P1a", date(2026, 2, 28)),
        ("P1b", date(2026, 3, 2)),
        ("P2", date(2026, 3, 27)),
        ("P3", date(2026, 5, 29)),
        ("P4", None),
        ("P6", None),
        (None, None),
    ],
)
def test_the_day_a_priority_falls_due(code: str | None, due: date | None) -> None:
    assert priorities.due_on(code, date(2026, 2, 27)) == due
    assert priorities.due_on(code, None) is None


def test_ethnic_categories_skip_the_letters_that_are_not_used() -> None:
    assert "".join(people_codes.ETHNIC_CATEGORIES) == "ABCDEFGHJKLMNPRSZ99"
    assert people_codes.ETHNIC_GROUPS["J"] == "Asian"
    assert people_codes.ETHNIC_GROUPS["A"] == "White"
    assert people_codes.ETHNIC_GROUPS["Z"] == people_codes.ETHNIC_GROUPS["99"]
    assert set(people_codes.SEXES) == {"1", "2", "9", "X"}


def test_the_reference_room_imports_nothing_of_ours() -> None:
    folder = Path(str(wherry.reference.__file__)).parent
    allowed = ("wherry.reference", "wherry.errors", "wherry.paths")
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith("wherry") or name.startswith(allowed), (path.name, name)
