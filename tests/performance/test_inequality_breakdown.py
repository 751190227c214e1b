"""Categories as a reader may see them: nobody dropped, nothing small told, gaps only from what is shown."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inequality_support import GROUP, PERIOD, SEES_ALL, Row, look, measure, values

from wherry.performance import spc
from wherry.performance.disclosure import Rule
from wherry.performance.inequality import overtime
from wherry.performance.inequality.breakdown import LEFT_OUT, Breakdown, history
from wherry.performance.inequality.gaps import gaps
from wherry.performance.inequality.ranking import ranked
from wherry.performance.measures.model import Direction, Split
from wherry.performance.measures.values import Scope, Values, together

CONTROLLED = Rule("people", threshold=5, rounding=5)
BY_SEX = [("A", "sex", "1", 40.0, 100.0), ("A", "sex", "2", 60.0, 100.0), ("A", "sex", "X", 5.0, 10.0)]


def newest(rows: list[Row], rule: Rule = SEES_ALL, split: Split = Split.SEX, scope: Scope = GROUP) -> Breakdown:
    of = measure()
    given_values = values(of, rows)
    found = history(given_values, of, scope, split, look(of, given_values, scope, rule)).at()
    assert found is not None
    return found


def test_sums_over_organisations_and_not_known_by_name() -> None:
    more = [*BY_SEX, ("B", "sex", "1", 10.0, 100.0), ("A", "all", "", 105.0, 210.0), ("B", "all", "", 10.0, 100.0)]
    found = newest(more)
    assert [(one.name, one.numerator, one.denominator, one.known) for one in found.parts] == [
        ("Male", 50.0, 200.0, True),
        ("Female", 60.0, 100.0, True),
        ("Not known", 5.0, 10.0, False),
    ]
    assert found.missing == pytest.approx(10 / 310)
    assert found.total is not None
    assert found.total.value == pytest.approx(100 * 115 / 310)
    assert (found.sources, found.as_at, found.period) == (("made by hand",), PERIOD, PERIOD)


def test_those_in_no_category_are_a_row_of_their_own() -> None:
    found = newest([*BY_SEX, ("A", "all", "", 130.0, 250.0)])
    last = found.parts[-1]
    assert (last.name, last.numerator, last.denominator, last.known) == (LEFT_OUT, 25.0, 40.0, False)
    assert found.missing == pytest.approx(50 / 250)


def test_rounding_alone_leaves_nobody_out() -> None:
    rows: list[Row] = [("A", "sex", code, 41.0, 103.0) for code in ("1", "2")]
    found = newest([*rows, ("A", "all", "", 82.0, 206.0)], CONTROLLED)
    assert [one.name for one in found.parts] == ["Male", "Female"]


def test_a_value_alone_has_no_numbers_and_no_interval() -> None:
    of = measure()
    made = values(of, [("A", "sex", "1", 40.0, 100.0)])
    nothing = pa.nulls(1, pa.float64())
    table = made.table.set_column(5, "numerator", nothing).set_column(6, "denominator", nothing)
    alone = Values(made.folder, made.manifest, table)
    scope = Scope("A", "A", ("A",))
    found = history(alone, of, scope, Split.SEX, look(of, alone, scope, SEES_ALL)).at()
    assert found is not None
    assert [(one.numerator, one.value, one.figure.has_limits) for one in found.parts] == [(None, 40.0, False)]


def test_small_figures_are_withheld_and_so_is_their_gap() -> None:
    rows = [("A", "sex", "1", 3.0, 100.0), ("A", "sex", "2", 60.0, 100.0), ("A", "all", "", 63.0, 200.0)]
    found = newest(rows, CONTROLLED)
    assert [one.withheld for one in found.parts] == ["*", "*"]
    assert all(one.numerator is None and one.value is None for one in found.parts)
    assert gaps(found.measure, found.split, found.parts).main is None
    assert found.missing is None
    assert "withheld" in found.rule


cells = st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(cells, min_size=6, max_size=6))
@settings(max_examples=12)
def test_no_gap_is_made_from_a_figure_that_is_withheld(pairs: list[tuple[int, int]]) -> None:
    rows: list[Row] = [("A", "imd_quintile", str(n), float(a), float(b)) for n, (a, b) in enumerate(pairs[:5], 1)]
    rows += [("A", "imd_quintile", "", float(pairs[5][0]), float(pairs[5][1]))]
    rows += [("A", "all", "", float(sum(a for a, _ in pairs)), float(sum(b for _, b in pairs)))]
    found = newest(rows, CONTROLLED, Split.IMD_QUINTILE)
    hidden = {one.code for one in found.parts if one.withheld}
    made = gaps(found.measure, found.split, found.parts)
    for one in (made.main, made.rest):
        if one is not None:
            assert one.first.code not in hidden
            assert one.second.code not in hidden
    for one in found.parts:
        if not one.withheld and one.numerator is not None and one.denominator is not None:
            assert one.numerator % 5 == 0
            assert one.denominator % 5 == 0


def test_the_strongest_evidence_first_and_what_cannot_be_said_last() -> None:
    least = ("A", "imd_quintile", "5", 500.0, 1000.0)
    strong = newest([("A", "imd_quintile", "1", 300.0, 1000.0), least], split=Split.IMD_QUINTILE)
    weak = newest([("A", "imd_quintile", "1", 490.0, 1000.0), least], split=Split.IMD_QUINTILE)
    none = newest([least], split=Split.IMD_QUINTILE)
    rows = ranked([none, weak, strong])
    assert [one.breakdown for one in rows] == [strong, weak, none]
    assert [one.holds for one in rows] == [True, False, None]


def over(gaps_by_month: list[float], direction: Direction = Direction.INCREASE) -> tuple[overtime.Path, spc.Chart]:
    """A measure whose most deprived fifth lies so many points below the least, month by month."""
    of = measure(direction=direction)
    months = [date(2023 + at // 12, at % 12 + 1, 1) for at in range(len(gaps_by_month))]
    tables = []
    for month, gap in zip(months, gaps_by_month, strict=True):
        rows: list[Row] = [
            ("A", "imd_quintile", "1", 600.0 - 10 * gap, 1000.0),
            ("A", "imd_quintile", "5", 600.0, 1000.0),
        ]
        tables.append(values(of, rows, [month]).table)
    all_of_them = Values(values(of, []).folder, {"load_id": "made"}, together(tables))
    many = history(all_of_them, of, GROUP, Split.IMD_QUINTILE, look(of, all_of_them, GROUP, SEES_ALL))
    path = overtime.path(of, Split.IMD_QUINTILE, many.by_period)
    assert path is not None
    return path, spc.chart(path.periods, path.values, improvement=path.improvement.value)


def test_a_gap_that_wobbles_is_not_said_to_close() -> None:
    path, chart = over([10, 11, 9, 10, 12, 10, 9, 11, 10, 11, 9, 10])
    assert path.values[:3] == pytest.approx((10, 11, 9))
    said = overtime.sentence(chart, path, measure())
    assert "no change" in said
    assert "On average the gap is 10.2 percentage points, worse for the first." in said


def test_a_gap_that_closes_is() -> None:
    _, chart = over([10, 11, 9, 10, 12, 10, 9, 11, 3, 4, 2, 3, 4, 3, 2])
    assert chart.variation == "special_cause_improvement"


def test_the_sign_follows_what_is_worse() -> None:
    path, _ = over([10, 12, 11], Direction.DECREASE)
    assert path.values == pytest.approx((-10, -12, -11))
    assert (path.first, path.second, path.chosen) == ("Most deprived fifth", "Least deprived fifth", False)
