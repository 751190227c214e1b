"""`wherry spc`: every key, its spelling and its order, for one case and for several, and what is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.cli import main
from wherry.errors import UserError
from wherry.performance.spc import SPREADSHEET
from wherry.performance.spc.case import answer

MONTHS = [f"{2024 + at // 12}-{at % 12 + 1:02d}-01" for at in range(24)]
STEADY = [9, 11] * 6
GROUP = ["f", "rebase_group", "n", "mean", "lpl", "upl"]
POINT = [
    *("facet", "date", "value", "rebase_group", "mean", "lpl", "upl", "outside_limits", "relative_to_mean"),
    *("close_to_limits", "special_cause_type", "point_type"),
]
SUMMARY = ["f", "variation", "assurance_type"]


def case(values: list[Any], **more: Any) -> dict[str, Any]:
    return {"dates": MONTHS[: len(values)], "values": values, "improvement_direction": "increase", **more}


def printed(capsys: pytest.CaptureFixture[str], path: Path, given_case: Any, *options: str) -> Any:
    path.write_text(json.dumps(given_case), encoding="utf-8")
    assert main(["spc", str(path), *options]) == 0
    return json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(name))


def test_one_case_gives_one_answer(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = printed(capsys, tmp_path / "case.json", case([*STEADY, 16, None, 12.5], target=16, fix_after_n_points=12))
    assert list(found) == ["groups", "points", "summary"]
    assert [list(row) for row in found["groups"]] == [GROUP]
    assert {tuple(row) for row in found["points"]} == {tuple(POINT)}
    assert found["groups"] == [
        {"f": "no facet", "rebase_group": 0, "n": 15, "mean": 10.0, "lpl": pytest.approx(4.68), "upl": 15.32}
    ]
    assert found["points"][12] == {
        "facet": "no facet",
        "date": "2025-01-01",
        "value": 16,
        "rebase_group": 0,
        "mean": 10.0,
        "lpl": pytest.approx(4.68),
        "upl": 15.32,
        "outside_limits": True,
        "relative_to_mean": 1,
        "close_to_limits": False,
        "special_cause_type": "Above UCL",
        "point_type": "special_cause_improvement",
    }
    missing = found["points"][13]
    assert (missing["value"], missing["special_cause_type"], missing["point_type"]) == (
        None,
        "Common Cause",
        "common_cause",
    )
    assert [missing[key] for key in ("outside_limits", "relative_to_mean", "close_to_limits")] == [None] * 3
    assert found["summary"] == [{"f": "no facet", "variation": "common_cause", "assurance_type": "consistent_fail"}]
    assert list(found["summary"][0]) == SUMMARY


def test_a_list_of_cases_gives_a_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = printed(capsys, tmp_path / "cases.json", [case(STEADY), case([1])])
    assert [len(one["points"]) for one in found] == [12, 1]
    assert found[1]["groups"][0]["lpl"] is found[1]["groups"][0]["upl"] is None
    assert printed(capsys, tmp_path / "cases.json", [case([1])]) == found[1:]
    assert printed(capsys, tmp_path / "cases.json", []) == []


def test_no_points_give_empty_lists() -> None:
    assert answer(case([])) == {"groups": [], "points": [], "summary": []}


def test_facets_in_their_order_each_by_date_with_their_own_targets_and_rebases() -> None:
    """Facets given mixed, dates unsorted: `b` has no target and is never rebased."""
    dates = [month for month in reversed(MONTHS[:6]) for _ in range(2)]
    found = answer(
        {
            "dates": dates,
            "values": [value for at in range(6) for value in (at, 10 + at % 2)],
            "facet": ["b", "a"] * 6,
            "improvement_direction": "decrease",
            "target": {"a": 30},
            "rebase": {"a": [MONTHS[3], "2031-01-01"]},
        }
    )
    assert [(row["f"], row["rebase_group"], row["n"]) for row in found["groups"]] == [
        ("a", 0, 3), ("a", 1, 3), ("b", 0, 6),
    ]  # fmt: skip
    assert [(row["facet"], row["date"]) for row in found["points"]] == [
        (facet, month) for facet in "ab" for month in MONTHS[:6]
    ]
    assert [row["value"] for row in found["points"] if row["facet"] == "b"] == [5, 4, 3, 2, 1, 0]
    assert found["summary"] == [
        {"f": "a", "variation": "common_cause", "assurance_type": "consistent_pass"},
        {"f": "b", "variation": "common_cause", "assurance_type": None},
    ]


def test_one_target_and_one_list_of_rebases_hold_for_every_facet() -> None:
    found = answer(
        {
            "dates": MONTHS[:4] * 2,
            "values": [1, 2, 1, 2, 5, 6, 5, 6],
            "facet": ["x"] * 4 + ["y"] * 4,
            "improvement_direction": "increase",
            "target": 100,
            "rebase": [MONTHS[2]],
        }
    )
    assert [(row["f"], row["rebase_group"]) for row in found["groups"]] == [("x", 0), ("x", 1), ("y", 0), ("y", 1)]
    assert [row["assurance_type"] for row in found["summary"]] == ["consistent_fail"] * 2


def test_facets_that_are_numbers_stand_by_size() -> None:
    found = answer(
        {
            "dates": [MONTHS[0]] * 3,
            "values": [1, 2, 3],
            "facet": [10, 9, 2],
            "improvement_direction": "neutral",
            "target": {"10": 1},
        }
    )
    assert [row["f"] for row in found["summary"]] == [2, 9, 10]


def test_dates_as_they_were_written_and_times_too() -> None:
    hours = [f"2024-03-31T{hour:02d}:00:00" for hour in (3, 1, 2)]
    found = answer(
        {"dates": hours, "values": [3, 1, 2], "improvement_direction": "neutral", "rebase": ["2024-03-31T02:00"]}
    )
    assert [row["date"] for row in found["points"]] == sorted(hours)
    assert [row["rebase_group"] for row in found["points"]] == [0, 1, 1]


def test_a_rebase_date_is_a_day_however_it_is_written() -> None:
    found = answer(case([1, 2, 3, 4], rebase=["2024-03-01T00:00:00"]))
    assert [row["n"] for row in found["groups"]] == [2, 2]


def test_screening_can_be_left_out() -> None:
    values = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
    screened, whole = answer(case(values)), answer(case(values, screen_outliers=False))
    assert screened["groups"][0]["upl"] == pytest.approx(35 / 18 + 2.66)
    assert whole["groups"][0]["upl"] == pytest.approx(35 / 18 + 2.66 * 32 / 17)


def test_a_baseline_longer_than_any_number_of_points_is_all_of_them() -> None:
    assert answer(case(STEADY, fix_after_n_points=10**400)) == answer(case(STEADY))


def test_a_target_without_limits_is_hit_or_miss_and_under_the_fewest_points_not_judged() -> None:
    for values in ([1], [None], [1, None, 2], [None, None]):
        assert answer(case(values, target=0))["summary"][0]["assurance_type"] == "inconsistent"
        assert answer(case(values, target=0), SPREADSHEET)["summary"][0]["assurance_type"] is None
    last_missing = case([*STEADY, None], target=0, rebase=[MONTHS[12]])
    assert answer(last_missing)["summary"][0]["assurance_type"] == "inconsistent"


def test_a_trend_needs_no_mean() -> None:
    """Every value of the fixed baseline is missing: there is nothing to be above or below, but a rise is a rise."""
    found = answer(case([None] * 12 + [1, 2, 3, 4, 5, 6, 7], fix_after_n_points=12))
    assert found["groups"][0]["mean"] is None
    assert {row["special_cause_type"] for row in found["points"][12:]} == {"7 Point Trend (Increasing)"}
    assert {row["relative_to_mean"] for row in found["points"]} == {None}


def test_optional_keys_may_be_null() -> None:
    nulls = dict.fromkeys(("target", "rebase", "fix_after_n_points", "screen_outliers", "facet"))
    assert answer(case(STEADY, **nulls)) == answer(case(STEADY))


def test_other_rules_from_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    values = [*STEADY, 9, *[11, 12, 11, 12, 11, 12]]
    path = tmp_path / "case.json"
    given_case = case(values, fix_after_n_points=12)
    assert printed(capsys, path, given_case)["summary"][0]["variation"] == "common_cause"
    six = printed(capsys, path, given_case, "--rules", "six")
    assert six["points"][-1]["special_cause_type"] == "6 Points Above CL"
    assert printed(capsys, path, case(STEADY), "--rules", "spreadsheet")["groups"][0]["upl"] is None


def test_standard_input_and_a_key_that_is_not_used(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps(case([1, 2], traget=3))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode("utf-8-sig"))))
    assert main(["spc", "-"]) == 0
    told = capsys.readouterr()
    assert "'traget' is not used" in told.err
    assert json.loads(told.out)["summary"][0]["assurance_type"] is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"fix_after_n_points": 11}, "first 12 points or more, not to 11"),
        ({"fix_after_n_points": 12.5}, "whole number of 12 or more"),
        ({"fix_after_n_points": True}, "whole number of 12 or more"),
        ({"improvement_direction": "up"}, "increase, decrease, neutral"),
        ({"dates": ["2024-01-01", "2024-01-01"]}, "2024-01-01 is there twice"),
        ({"dates": ["2024-01-01"]}, "1 dates but 2 values"),
        ({"dates": ["2024-01-01", "01/02/2024"]}, r"dates\[1\] is '01/02/2024'"),
        ({"dates": "2024-01-01"}, "'dates' is a list, not text"),
        ({"values": [1, "2"]}, r"values\[1\] is '2'"),
        ({"values": [1, True]}, r"values\[1\] is True"),
        ({"values": [1, 1e300]}, "too large"),
        ({"target": [1]}, "target is"),
        ({"target": {"x": 1}}, "facets that the data does not have: x"),
        ({"rebase": {"x": []}}, "facets that the data does not have: x"),
        ({"rebase": ["soon"]}, r"rebase\[0\] is 'soon'"),
        ({"facet": ["a"]}, "1 facets"),
        ({"facet": ["a", None]}, r"facet\[1\] is None"),
        ({"facet": ["a", float("nan")]}, r"facet\[1\] is nan: it is text or a finite number"),
        ({"fix_after_n_points": float("inf")}, "whole number of 12 or more"),
        ({"dates": ["0001-01-01T00:00:00+05:00", "2024-02-01"]}, r"dates\[0\] is '0001-01-01"),
        ({"screen_outliers": "no"}, "screen_outliers is 'no'"),
    ],
)
def test_what_is_refused_names_the_key(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        answer({**case([1, 2]), **wrong})


def test_what_is_missing_or_no_object_is_said() -> None:
    for key in ("dates", "values", "improvement_direction"):
        with pytest.raises(UserError, match=f"no '{key}'"):
            answer({name: value for name, value in case([1]).items() if name != key})
    with pytest.raises(UserError, match="not a list"):
        answer([1])  # type: ignore[arg-type]


def test_the_command_says_which_case_of_which_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps([case([1]), {"dates": []}]), encoding="utf-8")
    assert main(["spc", str(path)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "case 2: The case has no 'values'" in told.err
    path.write_text("{", encoding="utf-8")
    assert main(["spc", str(path)]) == 1
    assert "is not JSON" in capsys.readouterr().err
    assert main(["spc", str(tmp_path / "nothing.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_a_file_too_deep_is_refused_and_half_a_letter_is_written_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000, encoding="utf-8")
    assert main(["spc", str(path)]) == 1
    assert "too deep" in capsys.readouterr().err
    half = json.loads('"\\ud800"')
    found = printed(capsys, tmp_path / "case.json", case([1, 2], facet=["a", half]))
    assert [row["f"] for row in found["summary"]] == ["a", half]


@settings(max_examples=60)
@given(st.lists(st.one_of(st.none(), st.floats(), st.integers(-(10**6), 10**6)), max_size=24))
def test_an_answer_is_always_json_or_a_sentence(values: list[Any]) -> None:
    """Whatever the numbers: no NaN, no infinity, and every value back as it came."""
    try:
        found = answer(case(values, target=3))
    except UserError:
        assert any(value is not None and abs(value) > 1e150 for value in values)
        return
    json.dumps(found, allow_nan=False)
    assert [row["value"] for row in found["points"]] == [None if value != value else value for value in values]
