"""Core20PLUS5: every clinical area with its measure or with who has the data, and nothing good without figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inequality_support import GROUP, PERIOD, measure, parts

from wherry.errors import UserError
from wherry.performance.inequality import core20plus5
from wherry.performance.inequality.breakdown import Breakdown
from wherry.performance.inequality.core20plus5 import Area, Line, Plan, State
from wherry.performance.inequality.parts import Part
from wherry.performance.measures import definitions
from wherry.performance.measures.model import Direction, Measure, Split
from wherry.reference.system import load

AREA = Area("adults", "cancer", "Early cancer", "75%", ("tried",), "The registry", "x", "sourced")
GROUPED = core20plus5.Group("Core20", "x", "sourced")


def of_quintiles(of: Measure, counts: dict[str, tuple[float, float | None] | None]) -> Breakdown:
    some = parts(of, Split.IMD_QUINTILE, counts)
    return Breakdown(of, GROUP, Split.IMD_QUINTILE, PERIOD, (PERIOD,), some, None, 0.0, (), None, "")


def line(of: Measure | None, one: Breakdown | None, total: Part | None = None) -> Line:
    known = {} if of is None else {"tried": of}
    (found,) = core20plus5.lines(Plan(GROUPED, (), (AREA,)), known, lambda _: one, lambda _: total)
    return found


def test_without_a_measure_or_figures_it_says_who_has_them() -> None:
    assert line(None, None).state is State.NO_MEASURE
    nothing = line(measure(), None)
    assert (nothing.state, nothing.words) == (State.NO_DATA, "No data. Who has it: The registry")
    total = parts(measure(), Split.SEX, {"1": (5, 10)})[0]
    assert line(measure(), None, total).state is State.NO_SPLIT
    assert line(measure(), of_quintiles(measure(), {"1": None, "2": (9, 10)})).words == "Too few people to show"


def test_core20_against_everybody_else_known() -> None:
    counts = {"1": (300.0, 1000.0), "2": (450.0, 1000.0), "5": (650.0, 1000.0), "": (9.0, 10.0)}
    found = line(measure(), of_quintiles(measure(), counts))
    assert found.rest is not None
    assert found.rest.value == pytest.approx(55.0)
    assert found.gap is not None
    assert found.gap.absolute.value == pytest.approx(-25.0)
    assert found.words == "Worse for Core20"
    less = measure(direction=Direction.DECREASE)
    assert line(less, of_quintiles(less, counts)).words == "Better for Core20"


def test_a_plain_count_is_not_compared() -> None:
    plain = measure("number", Direction.DECREASE)
    found = line(plain, of_quintiles(plain, {"1": (30.0, None), "2": (10.0, None)}))
    assert found.state is State.COUNT
    assert found.gap is None


pairs = st.none() | st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n).map(float), st.just(float(n))))


@given(st.lists(pairs, min_size=5, max_size=5))
@settings(max_examples=40)
def test_better_is_said_only_with_an_interval_that_says_so(five: list[tuple[float, float] | None]) -> None:
    counts = {str(n): pair for n, pair in enumerate(five, 1)}
    found = line(measure(), of_quintiles(measure(), counts))
    if "Better" in found.words or "Worse" in found.words:
        assert found.gap is not None
        assert found.gap.clear
        assert None not in five
    elif None in five:
        assert found.words == "Too few people to show"


def test_the_systems_own_file() -> None:
    system = load("norfolk-waveney")
    plan = core20plus5.read(system)
    assert plan is not None
    assert plan.core20.people == 165_000
    assert [sum(area.audience == who for area in plan.areas) for who in core20plus5.AUDIENCES] == [5, 5]
    assert len(plan.plus) == 5
    known = definitions.load(system)
    assert [code for area in plan.areas for code in area.measures if code not in known] == []
    assert all(area.who_has for area in plan.areas)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[core20]\nname='a'\nsource='b'\ncertainty='sourced'\n[bonus]\n", "no bonus is known"),
        ("[core20]\nname='a'\nsource='b'\ncertainty='maybe'\n", "needs a certainty"),
        ("[core20]\nname='a'\ncertainty='sourced'\n", "lacks something"),
        ("[core20]\nname='a'\nsource='b'\ncertainty='sourced'\nsize=4\n", "knows no size"),
        ("[[", "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / core20plus5.FILE
    path.write_text(text)
    with pytest.raises(UserError, match=told):
        core20plus5._read(path)
