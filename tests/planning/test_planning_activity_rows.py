"""The drawn activity against a simulator that goes spell by spell: the same distributions, by stated tests.

Two-sample Kolmogorov-Smirnov tests of 1,000 runs of each, on every measure below; a false alarm in one test has chance
0.001 divided by the number of measures (Bonferroni), so that all together raise one in a thousand. Ties make a test
more lenient than stated, never less. Both sides have fixed seeds: the tests pass or fail for good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from handmade_plans import small_baseline, small_projection, small_scenario
from row_by_row import CODES, RowByRow, Spells
from scipy import stats

from wherry.planning import activity
from wherry.planning.activity import Outcome
from wherry.planning.scenario.model import Factor, Growth, Interval, Intervention, Phase, Scenario, Where

RUNS, YEAR = 1000, 2028
FALSE_ALARM = 0.001
EMERGENCY, ELECTIVE, DAY_CASE, SDEC = (CODES.index(code) for code in ("emergency", "elective", "day_case", "sdec"))
FIRST = CODES.index("outpatient_first")
OLD = activity.AGE_BANDS.index(75)


def scenario() -> Scenario:
    """Everything at once: shared, overlapping and partial assumptions, two conversions, virtual wards of both sorts."""
    told = "Made by hand for tests."
    bounds = {"least": 0.0, "most": 1.0}
    small = small_scenario(horizon_year=YEAR, seed=77, runs=RUNS)
    phase = Phase(2024, 2027)
    return replace(
        small,
        growth=(
            *small.growth,
            Growth("first_ones", "", Where(kinds=("outpatient_first",)), Interval(0.01, 0.03), 2025, 2026, True, told),
        ),
        factors=(
            *small.factors,
            Factor("elsewhere", "", "expatriation", Where(kinds=("elective",), whats=("110",)),
                   Interval(0.7, 0.9, **bounds), phase, told),
        ),
        interventions=(
            *small.interventions,
            Intervention("step_down", "", "shorten", Where(kinds=("emergency",), markers=("virtual_ward",)),
                         Interval(0.2, 0.5, **bounds), phase, told),
            Intervention("step_up", "", "avoid", Where(kinds=("emergency",), markers=("virtual_ward", "delayed")),
                         Interval(0.1, 0.3, **bounds), phase, told),
            Intervention("women", "", "shorten", Where(kinds=("emergency", "maternity"), sexes=(2,)),
                         Interval(0.2, 0.3, **bounds), phase, told),
            Intervention("middle_aged", "", "shorten", Where(kinds=("elective",), ages=(50, 70)),
                         Interval(0.2, 0.6, **bounds), phase, told),
            Intervention("home", "", "convert", Where(kinds=("emergency",), ages=(70, 90), nights_at_least=1),
                         Interval(0.05, 0.15, **bounds), phase, told, to="outpatient_first"),
            Intervention("day", "", "convert", Where(kinds=("elective",), markers=("day_case_suitable",)),
                         Interval(0.3, 0.6, **bounds), phase, told, to="day_case"),
            Intervention("hips", "", "theatre_time", Where(kinds=("elective",), whats=("110",)),
                         Interval(0.1, 0.2, **bounds), phase, told),
        ),
    )  # fmt: skip


@lru_cache
def baseline() -> Any:
    """The two smaller hospitals without most of what is like anything else: some 5,000 spells a year."""
    b = small_baseline()
    kinds = [EMERGENCY, ELECTIVE, DAY_CASE, SDEC, FIRST, CODES.index("maternity")]
    keep = (b.site > 0) & np.isin(b.kind, kinds)
    for code in ("attendance_type_1", "outpatient_follow_up"):
        keep |= (b.kind == CODES.index(code)) & (b.site == 2) & (b.age > 60)
    keep |= (b.kind == DAY_CASE) & (b.site == 0) & (b.age == 40)
    names = ("site", "kind", "what", "ward", "age", "sex", "quintile", "nights", "theatre_minutes", "markers", "count")
    parts = {name: getattr(b, name)[keep] for name in names}
    parts["count"] = np.maximum(1, parts["count"] // 3)
    parts["sex"] = np.where(np.arange(keep.sum()) % 11 == 0, 9, parts["sex"])
    return replace(b, **parts)


def split(outcome: Outcome, name: str, label: str, measure: str, kind: int) -> Any:
    """One label of one breakdown by run."""
    found = outcome.breakdowns[name]
    return getattr(found, measure)[:, -1, :, kind, found.labels.index(label)].sum(axis=1)


#: What is compared: of our outcome by run, and of one run spell by spell.
MEASURES: dict[str, tuple[Callable[[Outcome], Any], Callable[[Spells], Any]]] = {
    "emergency admissions": (
        lambda o: o.count[:, -1, 1, EMERGENCY].sum(axis=1),
        lambda r: ((r.site == 1) & (r.kind == EMERGENCY)).sum(),
    ),
    "elective admissions": (
        lambda o: o.count[:, -1, :, ELECTIVE].sum(axis=(1, 2)),
        lambda r: (r.kind == ELECTIVE).sum(),
    ),
    "day cases": (lambda o: o.count[:, -1, :, DAY_CASE].sum(axis=(1, 2)), lambda r: (r.kind == DAY_CASE).sum()),
    "same-day care of older people": (
        lambda o: o.count[:, -1, 1:, SDEC, OLD].sum(axis=1),
        lambda r: ((r.kind == SDEC) & (r.age >= 75) & (r.age < 85)).sum(),
    ),
    "first appointments": (lambda o: o.count[:, -1, :, FIRST].sum(axis=(1, 2)), lambda r: (r.kind == FIRST).sum()),
    "births": (
        lambda o: o.count[:, -1, 2, CODES.index("maternity")].sum(axis=1),
        lambda r: ((r.site == 2) & (r.kind == CODES.index("maternity"))).sum(),
    ),
    "attendances": (
        lambda o: o.count[:, -1, :, CODES.index("attendance_type_1")].sum(axis=(1, 2)),
        lambda r: (r.kind == CODES.index("attendance_type_1")).sum(),
    ),
    "emergency nights": (
        lambda o: o.nights[:, -1, :, EMERGENCY].sum(axis=(1, 2)),
        lambda r: r.nights[r.kind == EMERGENCY].sum(),
    ),
    "emergency nights of 75 to 84, one site": (
        lambda o: o.nights[:, -1, 2, EMERGENCY, OLD],
        lambda r: r.nights[(r.site == 2) & (r.kind == EMERGENCY) & (r.age >= 75) & (r.age < 85)].sum(),
    ),
    "elective nights": (
        lambda o: o.nights[:, -1, :, ELECTIVE].sum(axis=(1, 2)),
        lambda r: r.nights[r.kind == ELECTIVE].sum(),
    ),
    "nights on virtual wards": (lambda o: o.virtual_nights[:, -1].sum(axis=1), lambda r: r.virtual.sum()),
    "theatre minutes, elective": (
        lambda o: o.theatre_minutes[:, -1, 1, ELECTIVE],
        lambda r: round(r.minutes[(r.site == 1) & (r.kind == ELECTIVE)].sum()),
    ),
    "theatre minutes, day cases": (
        lambda o: o.theatre_minutes[:, -1, 2, DAY_CASE],
        lambda r: round(r.minutes[(r.site == 2) & (r.kind == DAY_CASE)].sum()),
    ),
    "women's emergency nights": (
        lambda o: split(o, "sex", "2", "nights", EMERGENCY),
        lambda r: r.nights[(r.kind == EMERGENCY) & (r.sex == 2)].sum(),
    ),
    "most deprived emergency admissions": (
        lambda o: split(o, "quintile", "1", "count", EMERGENCY),
        lambda r: ((r.kind == EMERGENCY) & (r.quintile == 1)).sum(),
    ),
    "nights of older people's wards": (
        lambda o: split(o, "ward", "older", "nights", EMERGENCY),
        lambda r: r.nights[(r.kind == EMERGENCY) & (r.ward == 2)].sum(),
    ),
    "nights of orthopaedics": (
        lambda o: split(o, "what", "110", "nights", ELECTIVE),
        lambda r: r.nights[(r.kind == ELECTIVE) & (r.what == 2)].sum(),
    ),
    "eye operations": (
        lambda o: split(o, "what", "130", "count", DAY_CASE),
        lambda r: ((r.kind == DAY_CASE) & (r.what == 3)).sum(),
    ),
    "day cases of one quintile": (
        lambda o: split(o, "quintile", "3", "count", DAY_CASE),
        lambda r: ((r.kind == DAY_CASE) & (r.quintile == 3)).sum(),
    ),
}


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, Any], dict[str, Any]]:
    """Every measure by run: ours, and spell by spell."""
    ours = activity.simulate(scenario(), baseline(), small_projection())
    other = RowByRow(scenario(), baseline(), small_projection(), YEAR)
    rng = np.random.default_rng(4)
    rows: dict[str, list[int]] = {name: [] for name in MEASURES}
    for _ in range(RUNS):
        one = other.run(rng)
        for name, (_, of) in MEASURES.items():
            rows[name].append(int(of(one)))
    return {name: of(ours) for name, (of, _) in MEASURES.items()}, {name: np.array(rows[name]) for name in MEASURES}


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_has_the_distribution_that_it_has_spell_by_spell(
    both: tuple[dict[str, Any], dict[str, Any]], name: str
) -> None:
    ours, rows = both[0][name], both[1][name]
    assert ours.std() > 0
    assert stats.ks_2samp(ours, rows).pvalue > FALSE_ALARM / len(MEASURES)
    # The mean is a sharper thing to look at than the whole distribution: the same false alarm, by a Normal test.
    apart = (ours.mean() - rows.mean()) / np.sqrt(ours.var() / RUNS + rows.var() / RUNS)
    assert abs(apart) < stats.norm.isf(FALSE_ALARM / len(MEASURES) / 2)


def test_measures_hang_together_as_they_do_spell_by_spell(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Correlations between pairs of measures, by Fisher's transformation, at the same level for all pairs together."""
    pairs = [
        ("emergency admissions", "emergency nights"),
        ("emergency nights", "women's emergency nights"),
        ("elective admissions", "theatre minutes, elective"),
        ("elective admissions", "day cases"),
        ("emergency nights", "nights on virtual wards"),
        ("emergency nights", "nights of older people's wards"),
        ("day cases", "eye operations"),
    ]
    for one, two in pairs:
        found = [np.arctanh(np.corrcoef(side[one], side[two])[0, 1]) for side in both]
        assert abs(found[0] - found[1]) / np.sqrt(2 / (RUNS - 3)) < stats.norm.isf(FALSE_ALARM / len(pairs) / 2), (
            one,
            two,
        )
