"""From a file to a verdict: what the command reads, refuses, works out and prints; what may be compared."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.cli import main
from wherry.errors import UserError
from wherry.performance.evaluation import spec as specs
from wherry.performance.evaluation.draw import Line, dots, lines
from wherry.performance.evaluation.judge import judge, work
from wherry.performance.evaluation.outcome import as_json, of_json
from wherry.performance.evaluation.panel import of_rows, pool
from wherry.performance.evaluation.spec import Options, Other, Spec
from wherry.performance.evaluation.verdict import Kind

START = date(2024, 10, 1)
MONTHS = [date(2022 + (n + 3) // 12, (n + 3) % 12 + 1, 1) for n in range(48)]


def rows(effect: float = 6.0, units: int = 30, seed: int = 3) -> list[dict[str, Any]]:
    """Thirty trusts within four hours; T00 better by `effect` from October 2024."""
    source = np.random.default_rng(seed)
    found = []
    for n in range(units):
        level = 67 if n == 0 else 60 + 15 * source.random()
        for month in MONTHS:
            share = level + source.normal(0, 1) + (effect if n == 0 and month >= START else 0)
            found.append(
                {"unit": f"T{n:02}", "period": month.isoformat(), "numerator": round(50 * share), "denominator": 5000}
            )
    return found


def asked(method: str = "did", **more: Any) -> dict[str, Any]:
    """A file's content."""
    return {
        "method": method,
        "title": "Four hours",
        "unit": "percent",
        "rows": rows(),
        "treated": ["T00"],
        "start": "2024-10-01",
        "direction": "increase",
        "baseline": {"from": "2022-04-01", "to": "2024-09-30", "fixed_on": "2024-09-01", "fixed_by": "Chief"},
        **more,
    }


def recorded(**more: Any) -> Spec:
    """A question that the pages fixed in time: a file alone cannot say so."""
    return replace(specs.read(asked(**more)), fixed_on=date(2024, 9, 1))


@pytest.mark.parametrize("method", ["its", "did", "synthetic_control"])
def test_every_method_sees_six_points_and_prints_them(
    method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "spec.json"
    file.write_text(json.dumps(asked(method)))
    assert main(["evaluate", str(file), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "registered_afterwards"
    assert "The file says that Chief fixed the baseline on 1 September 2024." in told["reasons"][0]
    assert told["effect"] == pytest.approx(6, abs=1.2)
    assert told["lower"] < told["effect"] < told["upper"]
    assert told["p"] == pytest.approx(1 / 30)
    assert (told["before"], told["after"], len(told["comparators"])) == (30, 18, 29)
    assert told["net_count"] == pytest.approx(told["effect"] / 100 * 5000 * 18)
    assert main(["evaluate", str(file)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Chosen afterwards: Four hours at T00 was ")
    assert "before and after alone" in text


@pytest.mark.parametrize("method", ["its", "did", "synthetic_control"])
def test_the_outcome_comes_back_as_it_was_kept(method: str) -> None:
    found = judge(specs.read(asked(method))).outcome
    kept = json.loads(json.dumps(as_json(found), allow_nan=False))
    again = of_json(kept)
    assert as_json(again) == kept
    assert again.effect == pytest.approx(found.effect)


def test_a_plain_series_without_a_comparator_is_never_proof() -> None:
    values = [float(n % 5) + (20.0 if n >= 24 else 0.0) for n in range(48)]
    series = {"periods": [month.isoformat() for month in MONTHS], "values": values}
    found = judge(specs.read({"method": "its", "series": series, "start": "2024-04-01", "direction": "increase"}))
    assert found.outcome.effect == pytest.approx(20, abs=2)
    assert found.outcome.p < 0.001
    assert found.verdict.kind is Kind.NOT_SHOWN
    assert "no comparator" in found.verdict.reasons[0]


def test_one_control_series_has_no_placebos_so_nothing_stands_out() -> None:
    values = [float(n % 5) + (20.0 if n >= 24 else 0.0) for n in range(48)]
    control = {"values": [float(n % 7) for n in range(48)]}
    series = {"periods": [month.isoformat() for month in MONTHS], "values": values, "control": control}
    found = judge(specs.read({"method": "its", "series": series, "start": "2024-04-01", "direction": "increase"}))
    assert found.outcome.comparators == ("control",)
    assert (found.outcome.lower, found.outcome.upper) == (None, None)
    assert found.verdict.kind is Kind.CANNOT_BE_JUDGED


def test_before_enough_months_have_passed_it_cannot_be_judged() -> None:
    for until, kind in (("2024-11-30", Kind.CANNOT_BE_JUDGED), ("2024-12-31", Kind.REALISED)):
        assert judge(recorded(until=until)).verdict.kind is kind
    early = judge(recorded(until="2024-11-30"))
    assert "2 months with a figure since the start; 3 are needed" in early.verdict.reasons[0]
    assert early.outcome.effect is None
    assert early.outcome.lines.observed[0] is not None


def test_a_start_within_a_month_leaves_that_month_out() -> None:
    found = judge(specs.read(asked(start="2024-10-15"))).outcome
    assert found.first_after == date(2024, 11, 1)
    assert found.after == 17
    later = judge(specs.read(asked(options={"transition": 2}))).outcome
    assert (later.first_after, later.after) == (date(2024, 12, 1), 16)


def test_a_measure_that_must_not_worsen() -> None:
    worse = [{**row, "numerator": 5000 - row["numerator"]} for row in rows()]
    balance = [{"name": "Left behind", "direction": "increase", "rows": worse}]
    found = judge(recorded(balance=balance))
    assert [row.worsened for row, _ in found.balance] == [True]
    assert found.verdict.kind is Kind.NOT_SHOWN
    same = judge(recorded(balance=[{**balance[0], "rows": rows(effect=0.0, seed=9)}]))
    assert [row.worsened for row, _ in same.balance] == [False]
    assert same.verdict.kind is Kind.REALISED
    unknown = judge(recorded(balance=[{**balance[0], "rows": worse[:10]}]))
    assert [row.worsened for row, _ in unknown.balance] == [None]
    assert unknown.verdict.kind is Kind.CANNOT_BE_JUDGED


def test_groups_are_sums_over_sums_and_missing_months_are_no_zeros() -> None:
    made = [
        {"unit": "A", "period": date(2026, 1, 1), "numerator": 50, "denominator": 100},
        {"unit": "B", "period": date(2026, 1, 1), "numerator": 90, "denominator": 900},
        {"unit": "A", "period": date(2026, 3, 1), "numerator": 1, "denominator": 2},
    ]
    panel = of_rows(made, unit="percent", grain="month")
    assert panel.periods == (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
    value, below = panel.together(["A", "B"])
    assert value[0] == pytest.approx(14.0)
    assert below[0] == 1000
    assert np.isnan(value[1:]).all()


def test_who_cannot_be_compared_and_why() -> None:
    found = rows(units=8)
    for row in found:
        if row["unit"] == "T01" and row["period"] == "2023-01-01":
            row["numerator"] = None
        if row["unit"] == "T02":
            row |= {"numerator": row["numerator"] / 10, "denominator": 500}
        if row["unit"] == "T03":
            row |= {"numerator": row["numerator"] * 10, "denominator": 50_000}
        if row["unit"] == "T04" and row["period"] < "2023-01-01":
            row["numerator"] = row["denominator"]
        if row["unit"] == "T05":
            row["numerator"] = 3000
        if row["unit"] == "T07" and row["period"] < "2023-01-01":
            row["numerator"] = 0
    made = of_rows([{**row, "period": date.fromisoformat(row["period"])} for row in found], unit="percent")
    used = np.ones(48, dtype=bool)
    kept, out = pool(made, ["T00"], None, used, {"T06": "opened a department"})
    assert kept == ("T07",)
    assert out == {
        "T01": "no figure in 1 of 48 months",
        "T02": "too small: 10% of the size of those evaluated",
        "T03": "too large: 10.0 times the size of those evaluated",
        "T04": "exactly 100% in 9 months, so probably not reported",
        "T05": "the same figure throughout",
        "T06": "opened a department",
    }
    silent = judge(Spec("did", made, ("T04",), START, "increase", baseline_from=MONTHS[0]))
    assert "T04 has exactly 100% in 9 months" in silent.outcome.problem
    assert pool(made, ["T00"], ["T07", "XXX"], used, {})[1] == {"XXX": "no figures"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "magic"}, "method is its, did"),
        ({"direction": "up"}, "increase or decrease"),
        ({"start": "soon"}, "start is a date"),
        ({"unit": "smiles"}, "unit is one of"),
        ({"treated": ["Z"]}, "Z has no rows"),
        ({"treated": []}, "treated names"),
        ({"rows": []}, "list of objects"),
        ({"rows": [{"unit": "A"}]}, "row 1 lacks"),
        ({"rows": [{"unit": "A", "period": "2026-01-01", "value": "x"}]}, "number or null"),
        ({"rows": [{"unit": "A", "period": "2026-01-01", "value": 1}] * 2}, "twice"),
        ({"series": {}}, "either series or rows"),
        ({"colour": 1}, "no key colour"),
        ({"baseline": {"until": 1}}, "no key baseline.until"),
        ({"options": {"season": 9}}, "season is 0 to 4"),
        ({"options": {"horizons": [0]}}, "horizons"),
        ({"options": {"speed": 1}}, "options.speed"),
        ({"balance": ["x"]}, "balance is a list"),
        ({"expected": float("nan")}, "number or null"),
        ({"expected": -1}, "without a sign"),
        ({"comparators": "T01"}, "comparators is a list"),
        ({"excluded": ["T01"]}, "excluded is an object"),
        ({"title": {}}, "title is text"),
        ({"start": "9999-12-15"}, "start is a date"),
        ({"options": {"bandwidth": "newey"}}, "bandwidth is newey_west"),
        ({"options": {"shifted": "no"}}, "true or false"),
        ({"options": {"transition": 10**9}}, "transition"),
        ({"rows": [{"unit": "T00", "period": "2026-01-01", "value": 10**400}]}, "number or null"),
        (
            {"rows": [{"unit": "T00", "period": f"2026-01-{day:02}", "value": 1} for day in (1, 9)], "grain": "month"},
            "one month",
        ),
        ({"rows": [{"unit": "T00", "period": "2026-01-01", "numerator": 3, "denominator": 2}]}, "3 of 2 is no share"),
        ({"rows": [{"unit": "T00", "period": "2026-01-01", "value": 1, "numerator": 0, "denominator": -2}]}, "below 0"),
        (
            {"rows": [{"unit": "T00", "period": f"{year}-01-01", "value": 1} for year in (1900, 2026)], "grain": "day"},
            "5,000",
        ),
        ({"balance": [{"name": "Falls", "unit": "smiles"}]}, "unit is one of"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_key(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        specs.read({**asked(), **change})


def test_a_file_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text, words in (("{", "is not JSON"), ("[1]", "holds one object")):
        (tmp_path / "x.json").write_text(text)
        assert main(["evaluate", str(tmp_path / "x.json")]) == 1
        assert words in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path / "none.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_several_treated_and_few_comparators() -> None:
    asked_of = specs.read(asked(treated=["T00", "T01"]))
    both = work(asked_of)
    assert both.treated == ("T00", "T01")
    assert "435 ways" in both.p_how
    few = judge(replace(asked_of, treated=("T00",), comparators=("T01", "T02")))
    assert few.verdict.kind is Kind.CANNOT_BE_JUDGED
    nobody = judge(replace(asked_of, method="synthetic_control", comparators=("T01",), treated=("T00",)))
    assert "needs 2 or more comparators" in nobody.outcome.problem
    missing = judge(Spec("did", asked_of.panel, ("ZZZ",), START, "increase"))
    assert missing.outcome.problem == "There are no figures of ZZZ."


def test_a_balance_measure_without_figures_of_the_treated() -> None:
    asked_of = specs.read(asked())
    other = of_rows([{"unit": "T05", "period": date(2024, 1, 1), "value": 1.0}], unit="percent")
    found = judge(replace(asked_of, balance=(Other("Falls", "decrease", other),), options=Options(season=0)))
    assert found.balance[0][0].worsened is None


def test_charts_are_named_escaped_and_without_styles() -> None:
    drawn = lines(
        MONTHS[:4],
        [Line("Seen & done", [1.0, None, 2.0, 3.0]), Line("Without", [1.0, 1.0, 1.0, 1.0], "without")],
        id="a",
        title="Four <hours>",
        description="What was seen",
        start=MONTHS[2],
        zero=True,
    )
    assert 'role="img"' in drawn
    assert "Four &lt;hours&gt;" in drawn
    assert "Seen &amp; done" in drawn
    assert "style=" not in drawn
    assert drawn.count("<polyline") == 2
    assert drawn.count("<circle") == 1
    placed = dots(
        ("Mine", float("inf")), [("A", 1.0, False), ("B", 1.0, True)], id="b", title="T", description="D", x_label="x"
    )
    assert placed.count("<circle") == 2
    assert "poor fit before" in placed


@given(st.floats(0.001, 1e6), st.floats(1.01, 3))
def test_what_stands_at_an_axis_is_where_its_line_is(low: float, times: float) -> None:
    """The labels are as far apart as the lines that they stand at: none is rounded to another number."""
    days = [date(2025, 1, 1), date(2025, 2, 1)]
    made = lines(days, [Line("Seen", [low, low * times])], id="a", title="t", description="d", start=date(2026, 1, 1))
    found = re.findall(r'y="([\d.]+)"[^>]*text-anchor="end"[^>]*>([\d,.]+)<', made)
    heights, said = [float(y) for y, _ in found], [float(text.replace(",", "")) for _, text in found]
    assert len(said) > 2
    apart = [(b - a) / (said[-1] - said[0]) for a, b in pairwise(said)]
    drawn = [(b - a) / (heights[-1] - heights[0]) for a, b in pairwise(heights)]
    assert apart == pytest.approx(drawn, abs=0.002)
