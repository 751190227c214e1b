"""The answers of a small plan, held against its own runs; and those of hospitals with nobody, or without beds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from answers_made import Plan, small_plan, worked
from handmade_plans import SITES, small_baseline, small_projection, small_scenario

from wherry.planning import activity
from wherry.planning.answers import tornado
from wherry.planning.answers.model import GROUP, Answers, Fan, Gap, Spread, Waterfall
from wherry.planning.scenario.model import HealthStatus, Interval, Scenario
from wherry.reference.activity import KINDS


def fan(answers: Answers, measure: str, place: str) -> Fan:
    return next(one for one in answers.fans if (one.measure, one.place) == (measure, place))


def gap(answers: Answers, requirement: str, place: str, year: int, ward: str = "") -> Gap:
    found = [
        one for one in answers.gaps
        if (one.requirement, one.place, one.year, one.ward) == (requirement, place, year, ward)
    ]  # fmt: skip
    assert len(found) == 1
    return found[0]


def waterfall(answers: Answers, measure: str, place: str) -> Waterfall:
    return next(one for one in answers.waterfalls if (one.measure, one.place) == (measure, place))


def test_a_fan_is_the_spread_of_the_runs_summed_to_its_place() -> None:
    plan = small_plan()
    by_run = plan.outcome.count[:, -1, :, list(KINDS).index("emergency")].sum(axis=(-1, -2))
    year, at = fan(plan.answers, "emergency", GROUP).points[-1]
    assert year == plan.scenario.horizon_year
    assert (at.low, at.middle, at.high) == pytest.approx(tuple(np.quantile(by_run, (0.1, 0.5, 0.9))))
    assert at.mean == pytest.approx(by_run.mean())
    emergencies = plan.baseline.kind == list(KINDS).index("emergency")
    assert fan(plan.answers, "emergency", GROUP).base == plan.baseline.count[emergencies].sum()
    assert fan(plan.answers, "emergency", "RGP") .points == fan(plan.answers, "emergency", "RGP75").points  # fmt: skip


def test_a_gap_is_what_is_needed_less_what_there_is_in_every_year() -> None:
    plan = small_plan()
    needed = plan.needed[0].needed.sum(axis=-1)
    for at, year in enumerate(plan.outcome.years):
        whole = gap(plan.answers, "beds_at_occupancy", GROUP, year)
        by_run = needed[:, at].sum(axis=-1)
        assert whole.needed.mean == pytest.approx(by_run.mean())
        assert whole.existing == 1_920
        assert whole.gap is not None
        assert whole.gap.middle == pytest.approx(np.median(by_run) - 1_920)
        assert whole.enough == (by_run <= 1_920).mean()
    assert plan.answers.headline.startswith("In 2028/29 the group would need ")
    assert plan.answers.headline.endswith(" than the 1,920 there are.")


def test_the_groups_beds_are_the_sum_of_its_sites_and_a_sites_of_its_wards() -> None:
    plan = small_plan()
    year = plan.scenario.horizon_year
    for requirement in ("beds_at_occupancy", "beds_at_risk"):
        whole = gap(plan.answers, requirement, GROUP, year)
        sites = [gap(plan.answers, requirement, site, year) for site in SITES]
        assert whole.needed.mean == pytest.approx(sum(one.needed.mean for one in sites))
        assert whole.existing == sum(one.existing or 0 for one in sites)
        wards = [gap(plan.answers, requirement, "RM102", year, ward.code) for ward in plan.assumptions.wards]
        assert sites[0].needed.mean == pytest.approx(sum(one.needed.mean for one in wards))
    rooms = gap(plan.answers, "clinic_rooms", GROUP, year)
    assert (rooms.existing, rooms.gap, rooms.enough) == (None, None, None)


@pytest.mark.parametrize("measure", ["beds", "nights", "emergency", "theatre_minutes"])
def test_a_waterfalls_steps_lead_from_the_base_to_the_end_and_sites_add_up(measure: str) -> None:
    answers = small_plan().answers
    for place, _ in answers.places:
        one = waterfall(answers, measure, place)
        assert one.start + sum(step.value.mean for step in one.steps) == pytest.approx(one.end.mean)
    for step in waterfall(answers, measure, GROUP).steps:
        parts = [other.value.mean for site in SITES for other in waterfall(answers, measure, site).steps
                 if other.name == step.name]  # fmt: skip
        assert step.value.mean == pytest.approx(sum(parts), abs=1e-6)
    beds = waterfall(answers, "beds", GROUP)
    assert beds.end == gap(answers, "beds_at_occupancy", GROUP, answers.horizon_year).needed
    assert {step.name for step in beds.steps} >= {"population", "health_status", "falls_response", "chance"}


def test_a_return_is_the_step_of_the_waterfall_turned_round() -> None:
    answers = small_plan().answers
    for one in answers.returns:
        if one.beds.mean:
            steps = waterfall(answers, "beds", one.place).steps
            step = next(step for step in steps if step.name == one.name)
            assert (one.beds.low, one.beds.mean) == pytest.approx((-step.value.high, -step.value.mean))
            assert one.alone_beds > 0
    converted = dict(
        next(one.activity for one in answers.returns if (one.name, one.place) == ("frailty_same_day", GROUP))
    )
    assert converted["emergency"].mean == pytest.approx(-converted["sdec"].mean)
    pace = next(one for one in answers.returns if (one.name, one.place) == ("theatre_pace", GROUP))
    assert dict(pace.activity)["theatre_minutes"].low > 0
    assert pace.beds == Spread(0.0, 0.0, 0.0, 0.0)


def test_a_bar_of_the_tornado_is_the_scenario_with_that_assumption_so_and_the_others_at_their_middle() -> None:
    plan = small_plan()
    asked = {one.name: one.interval for one in tornado.uncertain(plan.scenario)}
    assert set(asked) >= {"health_status", "emergency_growth", "shorter_stays"}
    bar = next(one for one in plan.answers.tornado if (one.name, one.place) == ("shorter_stays", GROUP))
    assert (bar.low_at, bar.high_at) == (0.1, 0.2)
    for value, expected in ((0.1, bar.low_value), (0.2, bar.high_value), (0.15, bar.middle_value)):
        certain = settled(plan.scenario, {"shorter_stays": value})
        mean = activity.expected(certain, plan.baseline, small_projection(), activity.middle(certain), 0)
        occupancy = np.array([plan.assumptions.number("beds.occupancy", ward.code) for ward in plan.assumptions.wards])
        assert (mean.ward_nights[-1] / (366 * occupancy)).sum() == pytest.approx(expected, rel=1e-9)
    assert bar.low_value > bar.middle_value > bar.high_value
    widths = [one.width for one in plan.answers.tornado if one.place == GROUP]
    assert widths == sorted(widths, reverse=True)
    people = next(one for one in plan.answers.tornado if (one.name, one.place) == ("population", GROUP))
    assert people.title == "Projection of people: principal or high"
    assert people.high_value > people.low_value == people.middle_value


def settled(scenario: Scenario, values: dict[str, float]) -> Scenario:
    """Nothing left open: every assumption at its middle, but those named."""

    def at(name: str, interval: Interval) -> Interval:
        value = values.get(name, interval.middle)
        return replace(interval, low=value, high=value)

    health = scenario.health_status
    return replace(
        scenario,
        health_status=None if health is None else replace(
            health, share_in_good_health=at("health_status", health.share_in_good_health)
        ),
        growth=tuple(replace(one, per_year=at(one.name, one.per_year)) for one in scenario.growth),
        factors=tuple(replace(one, factor=at(one.name, one.factor)) for one in scenario.factors),
        interventions=tuple(replace(one, share=at(one.name, one.share)) for one in scenario.interventions),
    )  # fmt: skip


def test_what_is_certain_has_no_bar() -> None:
    certain = replace(settled(small_scenario(), {}), population=(("principal", 1.0),))
    assert tornado.uncertain(certain) == []
    assert len(tornado.trials(certain).variant) == 1
    cut = replace(small_scenario(), health_status=HealthStatus(Interval(1.2, 1.4, 0.0, 1.0), "told"))
    assert "health_status" not in {one.name for one in tornado.uncertain(cut)}


@pytest.mark.parametrize("by", ["age", "sex", "quintile", "ward", "what"])
def test_the_parts_of_a_breakdown_add_up_to_the_measure(by: str) -> None:
    answers = small_plan().answers
    for measure in ("emergency", "nights", "outpatient_first"):
        parts = [one for one in answers.breakdowns if (one.measure, one.place, one.by) == (measure, "RM102", by)]
        if not parts:
            assert (by, measure) == ("ward", "outpatient_first")
            continue
        whole = fan(answers, measure, "RM102")
        assert sum(part.base for part in parts) == pytest.approx(whole.base)
        assert sum(part.points[-1][1].mean for part in parts) == pytest.approx(whole.points[-1][1].mean)
        assert [year for year, _ in parts[0].points] == [2023, 2028]
    labels = {one.label for one in answers.breakdowns if one.by == by}
    assert labels & {"85 and older", "women", "1, most deprived", "older people's medicine", "Elderly Medicine"}


def bare(**changes: object) -> Scenario:
    """Population alone, to 2025."""
    return small_scenario(
        runs=4, horizon_year=2025, growth=(), factors=(), interventions=(), health_status=None, **changes
    )


def empty(plan: Plan) -> bool:
    return not any(one.points[-1][1].high for one in plan.answers.fans)


def test_hospitals_with_nobody_need_nothing() -> None:
    plan = worked(bare(), replace(small_baseline(), count=np.zeros(len(small_baseline()), dtype=np.int64)))
    assert empty(plan)
    assert plan.answers.waterfalls == ()
    assert plan.answers.tornado == ()
    whole = gap(plan.answers, "beds_at_occupancy", GROUP, 2025)
    assert whole.needed.high == 0
    assert whole.enough == 1
    assert plan.answers.headline == (
        "In 2025/26 the group would need 0 beds (80% range 0 to 0): 1,920 fewer than the 1,920 there are."
    )


def test_without_any_bed_all_that_is_needed_is_missing() -> None:
    plan = worked(bare(capacity=(("beds.existing", 0),)), small_baseline(5))
    whole = gap(plan.answers, "beds_at_occupancy", GROUP, 2025)
    assert whole.existing == 0
    assert whole.enough == 0
    assert whole.gap == whole.needed


def test_a_changed_figure_changes_what_it_should_and_nothing_else() -> None:
    before = worked(bare(), small_baseline(5)).answers
    after = worked(bare(capacity=(("theatre.utilisation", 1.0),)), small_baseline(5)).answers
    changed = {a.measure for a, b in zip(before.fans, after.fans, strict=True) if a != b}
    assert changed == {"theatre_sessions"}
    assert fan(after, "theatre_sessions", GROUP).base < fan(before, "theatre_sessions", GROUP).base
    assert before.waterfalls == after.waterfalls
    assert before.tornado == after.tornado


def test_more_activity_never_means_fewer_beds_in_any_run() -> None:
    less, more = (worked(bare(), small_baseline(times)) for times in (5, 6))
    for a, b in zip(less.needed, more.needed, strict=True):
        assert (b.needed >= a.needed).all(), a.code


def test_the_log_has_every_assumption_and_every_figure_with_its_source() -> None:
    plan = small_plan()
    names = [one.name for one in plan.answers.assumptions]
    assert len(set(names)) == len(names)
    assert {"population", "falls_response", "beds.occupancy.default", "theatre.utilisation.RM1"} <= set(names)
    assert all(one.source for one in plan.answers.assumptions)
