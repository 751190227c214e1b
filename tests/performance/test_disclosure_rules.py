"""Rules of disclosure as data, which measure is under which, and a series as it may be shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import disclosure_attack as attack
import numpy as np
import pytest

from wherry.errors import UserError
from wherry.performance import disclosure
from wherry.performance.controlled import control_series, dataset_of
from wherry.performance.disclosure import Rule
from wherry.performance.measures.model import Kind, Measure, Source
from wherry.performance.measures.values import Series
from wherry.reference.system import load

RULE = Rule("people")
NAN = float("nan")


def _measure(**more: object) -> Measure:
    return replace(attack.measure("percent"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measure", "dataset"),
    [
        (_measure(), "people"),
        (_measure(national=True), "published"),
        (_measure(source=Source(Kind.PUBLISHED, "ae", "x", "y")), "published"),
        (_measure(source=Source(Kind.LOADED)), "people"),
        (_measure(source=Source(Kind.LOADED), domain="workforce"), "organisation"),
        (_measure(source=Source(Kind.TABLE, "bed_morning", "sum(occupied)", "sum(open)")), "organisation"),
        (_measure(domain="workforce"), "people"),
        (_measure(national=True, dataset="people"), "people"),
    ],
)
def test_the_dataset_of_a_measure(measure: Measure, dataset: str) -> None:
    assert dataset_of(measure) == dataset


def _series(tops: list[float], belows: list[float], values: list[float] | None = None) -> Series:
    periods = tuple(date(2026, at + 1, 1) for at in range(len(tops)))
    made = [100 * top / below if below else NAN for top, below in zip(tops, belows, strict=True)]
    return Series("attacked", "R00", periods, np.array(tops), np.array(belows), np.array(values or made))


def test_a_percentage_is_made_of_rounded_counts() -> None:
    shown = control_series(_measure(), _series([13.0], [41.0]), RULE)
    assert (shown.series.numerators[0], shown.series.denominators[0]) == (15, 40)
    assert shown.series.values[0] == pytest.approx(37.5)


def test_one_wrong_count_does_not_uncover_the_others() -> None:
    """A numerator above its denominator, as files have them, says nothing of those left out of the other periods."""
    shown = control_series(_measure(), _series([98.0, 105.0], [100.0, 100.0]), RULE)
    assert shown.withheld == (True, False)


def test_a_value_alone_of_few_people_is_withheld() -> None:
    shown = control_series(_measure(), _series([NAN, NAN], [3.0, 300.0], [33.3, 33.3]), RULE)
    assert shown.withheld == (True, False)


def test_those_few_who_were_left_out_are_withheld_too() -> None:
    shown = control_series(_measure(), _series([98.0, 100.0, 90.0, 0.0], [100.0] * 4), RULE)
    assert shown.withheld == (True, False, False, False)
    assert np.isnan(shown.series.values[0])
    assert np.isnan(shown.series.numerators[0])


def test_a_mean_is_withheld_by_how_many_it_was_taken_over() -> None:
    shown = control_series(_measure(unit="days"), _series([3.0, 300.0], [4.0, 41.0], [0.75, 7.3171]), RULE)
    assert shown.withheld == (True, False)
    assert shown.series.values[1] == 7.3
    assert shown.series.denominators[1] == 40
    assert np.isnan(shown.series.numerators[1])


def test_published_figures_stay() -> None:
    series = _series([3.0], [100.0])
    shown = control_series(_measure(), series, Rule("published", exempt=True))
    assert shown.series is series
    assert not shown.any_withheld


def test_a_system_has_its_own_rules(tmp_path: Path) -> None:
    system = replace(load("norfolk-waveney"), folder=tmp_path)
    assert disclosure.rule_for("people", system).threshold == 5
    assert disclosure.rule_for("nobody has named it", system).dataset == "people"
    (tmp_path / "disclosure.toml").write_text(
        '[[rule]]\ndataset = "people"\nthreshold = 8\nrounding = 10\ntoken = "c"\nsource = "Our policy"\n'
    )
    mine = disclosure.rule_for("people", system)
    assert (mine.threshold, mine.rounding, mine.token) == (8, 10, "c")
    assert disclosure.rule_for("published", system).exempt


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rule]]\ndataset = "people"\nthreshhold = 8\n', "knows no threshhold"),
        ("[[rule]]\nthreshold = 8\n", "lacks its dataset"),
        ('[[rule]]\ndataset = "people"\nthreshold = 0\n', "needs a threshold"),
        ('[[rule]]\ndataset = "people"\nthreshold = "five"\n', "threshold"),
        ('[[rule]]\ndataset = "people"\nexempt = "yes"\n', "exempt"),
        ('[[rule]\ndataset = "people"\n', "is not TOML"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "disclosure.toml").write_text(text)
    with pytest.raises(UserError, match=said):
        disclosure.rules(replace(load("norfolk-waveney"), folder=tmp_path))
