"""Values of several organisations together: what is added up, and what is missing rather than too small."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from wherry.performance.measures.model import Direction, Grain, Kind, Measure, Source, Split
from wherry.performance.measures.scopes import scopes
from wherry.performance.measures.values import VALUES, Scope, Values
from wherry.reference.system import load

GROUP = Scope("group", "The group", ("RM1", "RGP", "RCX"), "group", otherwise=("QMM",))
PLACE = Scope("E07000145", "A place", GROUP.organisations, "place", place="E07000145")
DAYS = tuple(date(2026, month, 1) for month in range(1, 6))
#: A row: period, organisation, numerator, denominator, value, and split and category.
Told = tuple[int, str, float | None, float | None, float | None, str, str]


def measure(unit: str = "number", **more: Any) -> Measure:
    given: dict[str, Any] = {"direction": Direction.DECREASE, "grain": Grain.MONTH, "source": Source(Kind.LOADED)}
    return Measure(
        "m", "M", "M", "elective", "Owner", unit, reference="a test", certainty="own default", **given | more
    )


def told(month: int, organisation: str, top: float | None, below: float | None = None, *rest: Any) -> Told:
    value, split, category = (*rest, *(None, "all", "")[len(rest) :])
    return (month, organisation, top, below, value, split, category)


def held(*rows: Told) -> Values:
    columns: list[Any] = [
        ("m", DAYS[month - 1], code, split, category, top, below, value, "a test", DAYS[0])
        for month, code, top, below, value, split, category in rows
    ]
    listed = [dict(zip(VALUES.names, row, strict=True)) for row in columns]
    return Values(Path(), {"load_id": "a"}, pa.Table.from_pylist(listed, schema=VALUES))


def shown(
    values: Values, one: Measure, scope: Scope = GROUP, split: Split = Split.ALL, category: str = ""
) -> list[Any]:
    found = values.series(one, scope, split, category).values
    return [None if np.isnan(value) else float(value) for value in found]


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ({(2, "RGP")}, [30.0, None, 30.0]),  # one missed a month
        ({(3, "RGP")}, [30.0, 30.0, None]),  # its extract is late: the group's list has not fallen by a third
        ({(1, "RGP")}, [20.0, 30.0, 30.0]),  # it began later
        ({(1, "RGP"), (2, "RGP"), (3, "RGP")}, [20.0, 20.0, 20.0]),  # it never counted it
    ],
)
def test_a_groups_number_is_missing_where_one_that_reported_before_did_not(
    gone: set[tuple[int, str]], expected: list[float | None]
) -> None:
    rows = [told(month, code, 10) for month in (1, 2, 3) for code in GROUP.organisations if (month, code) not in gone]
    assert shown(held(*rows), measure()) == expected
    assert shown(held(*rows), measure(), Scope("RM1", "One", ("RM1",))) == [10.0, 10.0, 10.0]


def test_nobody_of_a_category_is_no_silence_and_a_share_is_of_those_that_came() -> None:
    whole = [told(month, code, 10) for month in (1, 2, 3) for code in ("RM1", "RGP") if (month, code) != (3, "RGP")]
    one_sex = [told(1, "RGP", 4, None, None, "sex", "1")] + [
        told(month, "RM1", 3, None, None, "sex", "1") for month in (1, 2, 3)
    ]
    assert shown(held(*whole, *one_sex), measure(), GROUP, Split.SEX, "1") == [7.0, 3.0, None]
    shares = [told(1, "RM1", 1, 2), told(1, "RGP", 1, 4), told(2, "RM1", 1, 2)]
    assert shown(held(*shares), measure("percent")) == [pytest.approx(100 * 2 / 6), 50.0]


def test_days_of_rare_events_are_added_as_they_come() -> None:
    rows = [told(1, "RM1", 1), told(2, "RGP", 1), told(3, "RM1", 2), told(3, "RGP", 1)]
    assert shown(held(*rows), measure(grain=Grain.DAY, chart="t")) == [1.0, 1.0, 3.0]


def test_a_value_alone_is_its_organisations_a_boards_and_never_several_ones() -> None:
    one = measure("percent")
    values = held(told(1, "RM1", None, None, 82.0))
    assert shown(values, one, Scope("RM1", "One", ("RM1",))) == [82.0]
    assert shown(values, one) == [None]
    assert shown(held(told(1, "QMM", None, None, 82.0)), one) == [82.0]
    assert shown(held(told(1, "RM1", None, None, 82.0), told(1, "RGP", 1, 2)), one) == [None]


def test_what_boards_sent_stays_when_one_follows_another() -> None:
    before, after = (scopes(load("norfolk-waveney"), on)[0] for on in (date(2026, 3, 31), date(2026, 4, 1)))
    assert before.otherwise == after.otherwise == ("QMM", "T6Y0W", "26A")
    rows = [told(month, "QMM" if month < 4 else "T6Y0W", 5) for month in (1, 2, 3, 4, 5)]
    assert shown(held(*rows), measure(), after) == [5.0] * 5


def test_a_place_has_no_splits() -> None:
    values = held(told(1, "RM1", 3, None, None, "sex", "1"), told(1, "RM1", 2, None, None, "place", PLACE.place))
    assert shown(values, measure(), PLACE) == [2.0]
    assert shown(values, measure(), PLACE, Split.SEX, "1") == []
