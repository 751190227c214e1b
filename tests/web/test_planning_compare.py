"""Two runs side by side: what they assume differently comes first, then what it does, with its range."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from planning_support import GROUP, HORIZON, PLACES, as_kept, fan, handmade_answers, made_plan_run, values_of

from wherry.planning.answers.model import Answers
from wherry.web.access import Role
from wherry.web.planning import differences as differ
from wherry.web.planning.models import PlanRun, RunState

E = Role.EXECUTIVE


@pytest.fixture(autouse=True)
def working_folder(no_data: Path) -> Path:
    """No test writes into another's folder."""
    return no_data


def faster() -> Answers:
    """The handmade answers with more emergency growth, and another source for virtual wards; the rest the same."""
    first = handmade_answers(scenario="faster", title="Faster growth")
    growth, wards = first.assumptions
    fans = tuple(
        fan(one.measure, one.place, growth=0.03) if one.measure in ("emergency", "beds_at_occupancy") else one
        for one in first.fans
    )
    return replace(
        first,
        fans=fans,
        assumptions=(replace(growth, amount="2% to 4% a year"), wards),
        headline="Faster.",
    )


def compare(client: Client, a: PlanRun, b: PlanRun, query: str = "") -> str:
    response = client.get(f"{reverse('planning:compare')}?a={a.pk}&b={b.pk}{query}")
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_what_differs_in_the_assumptions_comes_before_what_it_does(client_for: Callable[..., Client]) -> None:
    a, b = made_plan_run(), made_plan_run(answers=faster(), slug="faster")
    text = compare(client_for(E), a, b)
    order = [
        "share their random numbers",
        "What they assume differently",
        "1% to 3% a year",
        "<strong>2% to 4% a year</strong>",
        "The one assumption that is the same",
        "What that does in 2026/27, all sites",
        "in both, year by year",
    ]
    places = [text.find(words) for words in order]
    assert -1 not in places, dict(zip(order, places, strict=True))
    assert places == sorted(places)
    assert "do not share" not in text
    assert "Settings that differ" not in text


def test_differences_are_taken_run_by_run(client_for: Callable[..., Client]) -> None:
    a, b = made_plan_run(), made_plan_run(answers=faster(), slug="faster")
    text = compare(client_for(E), a, b)
    first, second = fan("emergency", GROUP).points[-1][1], fan("emergency", GROUP, growth=0.03).points[-1][1]
    assert f"{round(second.middle - first.middle):,} more" in text
    low, high = round(second.low - first.low), round(second.high - first.high)
    assert f"{low:,} to {high:,} more" in text
    assert "none of 64 runs" in text  # B is never less in emergency admissions
    assert "no change" in text  # day cases are the same in every run
    assert "(B) needs" in text


def test_the_same_runs_subtract_to_nothing_and_two_ways_round_are_opposites() -> None:
    a, b = handmade_answers(), faster()
    series = [{differ.key(f.measure, f.place): values_of(f, 64) for f in one.fans} for one in (a, b)]
    same = differ.differences(a, a, GROUP, HORIZON, series[0], series[0])
    assert len(same) == len({f.measure for f in a.fans})
    assert all((row.difference.low, row.difference.high, row.less) == (0, 0, 0) for row in same)
    there = differ.differences(a, b, GROUP, HORIZON, *series)
    back = differ.differences(b, a, GROUP, HORIZON, *series[::-1])
    for one, other in zip(there, back, strict=True):
        assert one.difference.low == pytest.approx(-other.difference.high)
        assert one.difference.mean == pytest.approx(-other.difference.mean)


def test_runs_that_share_no_numbers_say_so_and_why(client_for: Callable[..., Client]) -> None:
    other = replace(handmade_answers(seed=2), runs=32)
    a, b = made_plan_run(), made_plan_run(answers=other)
    text = compare(client_for(E), a, b)
    assert "do not share their random numbers (runs: 64 and 32; seed of the random numbers: 1 and 2)" in text
    assert "Nothing else: every assumption is the same in both." in text
    assert "of 32 runs" in text


def test_the_last_year_is_one_that_both_have() -> None:
    a = handmade_answers()
    assert differ.last_year(a, replace(a, horizon_year=2025)) == 2025
    assert differ.last_year(a, replace(a, base_year=2040, horizon_year=2050)) is None


def test_an_assumption_that_only_one_has_is_said_to_be_missing(client_for: Callable[..., Client]) -> None:
    first = handmade_answers()
    without = replace(first, assumptions=first.assumptions[:1], title="No virtual wards")
    a, b = made_plan_run(), made_plan_run(answers=without)
    text = compare(client_for(E), a, b)
    assert "only A" in text
    assert "only B" not in text
    changed, same = differ.assumptions(first, without)
    assert [(one.title, one.b) for one in changed] == [("Virtual wards", None)]
    assert same == [first.assumptions[0]]


def test_without_their_files_the_middles_are_subtracted_and_it_says_so(client_for: Callable[..., Client]) -> None:
    a, b = made_plan_run(), made_plan_run(result=as_kept(faster()))
    text = compare(client_for(E), a, b)
    assert "has no range" in text
    assert "more" in text


def test_place_and_measure_are_chosen_by_the_address(client_for: Callable[..., Client]) -> None:
    a, b = made_plan_run(), made_plan_run(answers=faster())
    text = compare(client_for(E), a, b, "&place=RGP75&measure=emergency")
    assert "What that does in 2026/27, Gorleston" in text
    assert "Emergency admissions in both, year by year" in text
    assert text.count("<desc>") == 1


def test_the_differences_are_taken_away_as_csv(client_for: Callable[..., Client]) -> None:
    a, b = made_plan_run(), made_plan_run(answers=faster())
    got = client_for(E).get(f"{reverse('planning:compare')}?a={a.pk}&b={b.pk}&as=csv")
    body = b"".join(got.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    lines = {line["measure"]: line for line in csv.DictReader(io.StringIO(body))}
    assert float(lines["day_case"]["b_less_a_middle"]) == 0
    first, second = fan("emergency", GROUP).points[-1][1], fan("emergency", GROUP, growth=0.03).points[-1][1]
    assert float(lines["emergency"]["b_less_a_middle"]) == pytest.approx(second.middle - first.middle, rel=1e-4)
    assert lines["emergency"]["place"] == dict(PLACES)[GROUP].lower()


@pytest.mark.parametrize("query", ["", "a=1", "a=x&b=y", "a=99999&b=99998", "a=-1&b=9999999999999999"])
def test_an_address_that_names_no_two_runs_still_answers(query: str, client_for: Callable[..., Client]) -> None:
    text = unescape(client_for(E).get(f"{reverse('planning:compare')}?{query}").content.decode())
    assert "There are not two runs yet" in text
    assert "What they assume differently" not in text


def test_one_run_against_itself_and_one_that_is_not_done_are_left_out(client_for: Callable[..., Client]) -> None:
    done, going = made_plan_run(), made_plan_run(RunState.WAITING)
    made_plan_run()
    assert "both are the same run" in compare(client_for(E), done, done)
    assert f"run {going.pk} is not there or is not done" in compare(client_for(E), done, going)


@pytest.mark.parametrize("runs", [2, 11, 1001])
def test_a_range_holds_eight_runs_in_ten(runs: int) -> None:
    found = differ.spread_of(np.arange(runs, dtype=float))
    assert (found.low, found.middle, found.high) == pytest.approx(
        (0.1 * (runs - 1), 0.5 * (runs - 1), 0.9 * (runs - 1))
    )
