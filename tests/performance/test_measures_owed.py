"""What the group said that it would measure is defined: objectives, framework, standards, dashboards, every page."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from wherry.performance.measures import definitions
from wherry.performance.measures.model import DASHBOARDS, DOMAINS, THEMES, Measure
from wherry.performance.report.objectives import objectives
from wherry.reference import system as systems

SYSTEM = systems.load("norfolk-waveney")


@pytest.fixture(scope="module")
def known() -> Mapping[str, Measure]:
    return definitions.load(SYSTEM)


def test_each_of_the_21_objectives_has_a_measure_of_its_own(known: Mapping[str, Measure]) -> None:
    owed = {one.code for one in objectives(SYSTEM)}
    assert len(owed) == 21
    assert {measure.objective for measure in known.values()} - {""} == owed


def test_each_of_the_four_themes_and_twelve_sub_themes_has_a_measure(known: Mapping[str, Measure]) -> None:
    assert (len({theme for theme, _ in THEMES.values()}), len(THEMES)) == (4, 12)
    assert {measure.theme for measure in known.values()} - {""} == set(THEMES)


def test_every_page_and_dashboard_has_measures(known: Mapping[str, Measure]) -> None:
    assert {measure.domain for measure in known.values()} == set(DOMAINS)
    assert {name for measure in known.values() for name in measure.dashboards} == set(DASHBOARDS)


def test_the_standards_have_their_measures_and_each_its_target(known: Mapping[str, Measure]) -> None:
    for code in (
        *("rtt-18-weeks", "rtt-52-weeks", "rtt-65-weeks", "cancer-28-days", "cancer-31-days", "cancer-62-days"),
        *("diagnostics-six-weeks", "four-hour", "twelve-hours-from-arrival", "handover-45", "bed-occupancy"),
        *("virtual-ward-beds", "urgent-response-2-hours", "category-2-mean"),
    ):
        assert known[code].targets, code


def test_smoking_in_pregnancy_follows_the_plans_trajectory(known: Mapping[str, Measure]) -> None:
    """Joint Forward Plan, objective 1b: from 12% towards 9% by March 2026 and 6% by March 2028."""
    from datetime import date

    smoking = known["smoking-at-delivery"]
    days = (date(2025, 10, 1), date(2026, 3, 31), date(2028, 3, 31))
    assert [point.value for point in map(smoking.target_on, days) if point] == [12, 9, 6]
