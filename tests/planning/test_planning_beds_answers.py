"""Queues whose answer is known exactly; what the year shows; searches against brute force; stays from activity."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from handmade_plans import small_baseline, small_projection, small_scenario
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from test_planning_beds_events import small

from wherry.cli import main
from wherry.errors import UserError
from wherry.planning import activity, baseline, beds, capacity
from wherry.planning.answers.model import GROUP
from wherry.planning.beds import columns as c
from wherry.planning.beds.asking import pooling_said
from wherry.planning.beds.building import changed_nights
from wherry.planning.beds.figures import Floats, half_width
from wherry.planning.beds.prepare import ready, run
from wherry.planning.beds.runner import measured
from wherry.planning.beds.search import fewest, general_only, loads, shared_out, with_beds
from wherry.planning.beds.settings import read
from wherry.planning.beds.spec import BedsSpec, Flow, Stay, Ward, flat
from wherry.planning.beds.stays import moved_weekend
from wherry.reference import system as systems
from wherry.waiting.forward.draws import mixed
from wherry.waiting.queueing.servers import erlang_b


def queue(servers: int, stay: Stay, *, lose: bool = False, days: int = 6000) -> BedsSpec:
    """Nine a day, each a day of work on average: the loop as one queue, nothing else switched on."""
    flow = Flow("A", "all", "emergency", 9.0, stay, "flat")
    return BedsSpec(("A",), (Ward("all", "all"),), ((servers,),), (flow,), (flat(),), days=days, turned_away=lose)


def near(values: list[float], exact: float, widest: float) -> None:
    """The exact number lies in the 99.9% confidence interval, and that is narrow enough to mean something."""
    half = float(stats.t.ppf(0.9995, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values)))
    assert half <= widest * exact
    assert abs(float(np.mean(values)) - exact) <= half


def test_many_servers_wait_as_erlang_says() -> None:
    """M/M/10 with arrivals 9 and service 1: mean wait in the queue 0.66873 (Erlang C)."""
    tables = ready(queue(10, Stay("exponential", mean_days=1.0), days=9000), 200)
    waits = []
    for number in range(8):
        one = run(tables, 1, number)
        waits.append(float(one.waits.sum() / one.pool[0, c.PATIENTS] / 24))
    near(waits, 0.66873, 0.15)


@pytest.mark.parametrize("stay", [Stay("exponential", mean_days=1.0), Stay("lognormal", mean_days=1.0, cv=1.5)])
def test_as_many_are_turned_away_as_erlang_says_whatever_the_stay(stay: Stay) -> None:
    tables = ready(queue(10, stay, lose=True), 100)
    lost = []
    for number in range(8):
        counts = run(tables, 2, number).tally.sum(axis=(0, 1))
        lost.append(float(counts[c.LOST] / counts[c.EMERGENCIES]))
    near(lost, erlang_b(9, 10), 0.04)


@pytest.mark.parametrize("stay", [Stay("lognormal", mean_days=1.0, cv=1.5), Stay("fixed", mean_days=1.0)])
def test_without_end_of_beds_occupancy_is_arrivals_times_stay_and_poisson(stay: Stay) -> None:
    tables = ready(queue(10**9, stay, days=3000), 60)
    runs = [run(tables, 3, number) for number in range(6)]
    near([float(one.pool_time[0, c.BED_HOURS] / 24 / 3000) for one in runs], 9.0, 0.03)
    share = sum(one.spread[0] for one in runs) / (6 * 24 * 3000)
    exact = stats.poisson.pmf(np.arange(len(share)), 9.0)
    assert np.abs(share - exact).max() < 0.006


@pytest.mark.parametrize("nights", [1, 2, 3, 4, 9])
def test_the_weekend_keeps_the_mean_stay(nights: int) -> None:
    """Whatever day it began on, a stay of so many nights is as long on the mean, and fewer end at weekends."""
    for begun in range(7):
        due = begun + nights
        left = np.array([moved_weekend.py_func(due, begun, np.uint64(mixed(7, n)), due % 7, 0.4) for n in range(3000)])
        assert left.min() > begun
        assert abs(float(left.mean()) - due) < 0.08
        if due % 7 >= 5 and nights >= due % 7 - 2:
            assert np.mean(left == due) == pytest.approx(0.4, abs=0.04)


def test_the_midnight_census_is_that_of_the_nights_with_endless_beds() -> None:
    """A year of short stays and many weekends, the same people with the rule and without: within 0.1%."""
    census = []
    for share in (0.3, 1.0):
        flow = Flow("A", "all", "emergency", 400.0, Stay("nights", (0.0, 0.5, 0.3, 0.1, 0.05, 0.05)), "flat")
        spec = BedsSpec(("A",), (Ward("all", "all"),), ((10**6,),), (flow,), (flat(),), days=364, weekend_share=share)
        census.append(np.mean([run(ready(spec, 28), 3, n).midnight[28:, 0].mean() for n in range(2)]))
    assert census[0] == pytest.approx(census[1], rel=0.001)
    assert census[1] == pytest.approx(400 * 1.85, rel=0.01)


def test_a_fixed_stay_waits_half_as_long_as_a_random_one() -> None:
    """M/D/1 waits half of M/M/1 (Pollaczek and Khinchine): arrivals 9, one server of 10 a day: 0.9 / (2 x 1)."""
    stay = Stay("fixed", mean_days=0.1)
    tables = ready(queue(1, stay, days=3000), 60)
    waits = []
    for number in range(8):
        one = run(tables, 4, number)
        waits.append(float(one.waits.sum() / one.pool[0, c.PATIENTS] / 24))
    near(waits, 0.45, 0.15)


@pytest.fixture(scope="module")
def outcome() -> beds.BedsOutcome:
    return beds.simulate(small(days=365, pooling="after"), seed=5, replications=3, workers=1)


def test_sites_and_ward_groups_add_up_to_the_group(outcome: beds.BedsOutcome) -> None:
    group = outcome.sites[-1]
    assert group.place == GROUP
    assert outcome.conserved
    sites = outcome.sites[:-1]
    for name in ("occupied", "emergencies", "boarded", "over_12_hours", "cancelled", "outliers", "boarding"):
        total = sum(getattr(row, name).mean for row in sites)
        assert getattr(group, name).mean == pytest.approx(total, rel=1e-4), name
    for row in sites:
        wards = [ward for ward in outcome.wards if ward.place == row.place]
        assert row.occupied.mean == pytest.approx(sum(ward.occupied.mean for ward in wards), rel=1e-4)
        assert row.beds == pytest.approx(sum(ward.beds for ward in wards), abs=0.05)
        assert 0 < row.occupancy.mean < 1
        assert row.boarded.mean >= row.over_4_hours.mean >= row.over_12_hours.mean
        assert 0 < row.ready_share.mean < 0.5
        assert row.days_full.mean >= row.time_full.mean
    assert group.occupancy.mean == pytest.approx(group.occupied.mean / group.beds, rel=1e-3)
    hours = [row for row in outcome.hours if row.place == GROUP]
    assert [row.hour for row in hours] == list(range(24))
    assert np.mean([row.occupied for row in hours]) == pytest.approx(group.occupied.mean, rel=0.01)
    place, days = outcome.by_day[-1]
    assert place == GROUP
    assert len(days) == 365
    assert hours[0].occupied == pytest.approx(np.mean(days), abs=0.06)
    months = [row for row in outcome.months if row.place == GROUP]
    assert [row.month for row in months] == [4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3]
    assert sum(row.boarded.mean for row in months) == pytest.approx(group.boarded.mean, rel=1e-4)
    for ward in outcome.wards:
        assert sum(share for _beds, share in ward.spread) > 0.97
    assert sum(row.transferred_out.mean for row in sites) > 0


def test_boarding_is_arrivals_times_waits(outcome: beds.BedsOutcome) -> None:
    """Little: people who wait at any time are those who came to wait, times how long."""
    for row in outcome.sites:
        assert row.boarding.mean == pytest.approx(row.boarded.mean * row.mean_wait.mean / 8760, rel=0.1)


def test_answers_survive_json_and_one_replication_has_no_half_width(outcome: beds.BedsOutcome) -> None:
    kept = beds.BedsAnswers("as_it_is", "t", "h", "s", 2023, (("A", "a"),), outcome=outcome)
    assert beds.read(json.loads(json.dumps(beds.as_json(kept)))) == kept
    one = beds.simulate(small(), seed=5, replications=1, warm_up_days=3)
    assert one.sites[0].occupancy.half_width is None
    assert one.stopping.reached is None
    assert not one.stopping.enough


def test_the_same_seed_gives_the_same_answer_on_any_number_of_threads(outcome: beds.BedsOutcome) -> None:
    again = beds.simulate(small(days=365, pooling="after"), seed=5, replications=3, workers=3)
    assert replace(again, seconds=0.0) == replace(outcome, seconds=0.0)


def test_replications_go_on_until_it_is_sure_enough_or_say_that_they_stopped() -> None:
    sure = beds.simulate(small(), seed=1, measure="occupancy", wanted=0.02, warm_up_days=14)
    width = sure.sites[-1].occupancy.half_width
    assert sure.stopping.enough
    assert width is not None
    assert width <= 0.02 * sure.sites[-1].occupancy.mean
    few = beds.simulate(small(), seed=1, measure="boarding", wanted=0.001, most=6, warm_up_days=14)
    assert few.replications == 6
    assert not few.stopping.enough
    assert "stopped at the most" in few.stopping.words
    exact = beds.simulate(small(), seed=1, measure="occupancy", absolute=0.05, warm_up_days=14)
    assert exact.stopping.enough
    with pytest.raises(UserError, match="counted by"):
        beds.simulate(small(), seed=1, measure="beds")


def test_warm_up_leaves_out_the_empty_beginning() -> None:
    found = beds.warm_up(small(beds=((30, 20, 6), (20, 14, 5))), 1)
    assert found.days % 7 == 0
    assert 28 <= found.days <= 182
    assert found.daily[0] == 0
    assert found.cumulative[0] == pytest.approx(float(np.mean(found.daily)), abs=0.01)
    settled = found.cumulative[182]
    assert all(abs(one - settled) <= 0.0051 * settled for one in found.cumulative[found.days : 182])
    assert "4 runs" in found.rule
    assert "within 0.5% of" in found.rule
    assert "whole weeks" in found.rule
    closer = beds.warm_up(small(beds=((30, 20, 6), (20, 14, 5)), settled_within=0.0005), 1)
    assert closer.days > found.days
    assert closer.daily == found.daily
    more = beds.warm_up(small(beds=((30, 20, 6), (20, 14, 5)), pilot_runs=6), 1)
    assert more.daily != found.daily
    assert "6 runs" in more.rule


def test_the_warm_up_is_judged_as_the_settings_say() -> None:
    use = beds.load_settings("norfolk-waveney")
    spec = beds.spec_of(small_baseline(), "norfolk-waveney", settings=use)
    assert (spec.settled_within, spec.pilot_runs) == (0.005, 4)
    use = replace(use, run={**use.run, "settled_within": 0.02, "pilot_runs": 2})
    spec = beds.spec_of(small_baseline(), "norfolk-waveney", settings=use)
    assert "2 runs" in beds.warm_up(spec, 1).rule
    assert "within 2% of" in beds.warm_up(spec, 1).rule


def test_a_system_with_too_few_beds_says_that_queues_have_no_end() -> None:
    short = beds.simulate(small(beds=((3, 2, 1), (2, 2, 1))), seed=1, replications=2, warm_up_days=7)
    assert not short.steady
    assert "queues grow" in short.notes[0]
    assert short.conserved


@given(st.lists(st.floats(0.0, 200.0), min_size=1, max_size=6), st.integers(0, 400))
def test_one_bed_more_is_one_more_somewhere_and_nowhere_fewer(load: list[float], number: int) -> None:
    some, more = shared_out(load, number), shared_out(load, number + 1)
    assert sum(some) == (number if any(load) else 0)
    assert all(after >= before for before, after in zip(some, more, strict=True))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=4), st.integers(0, 50), st.integers(0, 50))
def test_bisection_finds_what_trying_all_would(needs: list[int], start: int, most: int) -> None:
    found = fewest(
        lambda tried: [n >= need for n, need in zip(tried, needs, strict=True)],
        [float(start)] * len(needs), [most] * len(needs),
    )  # fmt: skip
    assert found == [need if need <= most else None for need in needs]


def test_beds_for_a_target_are_the_fewest_that_meet_it() -> None:
    spec = small(days=120, changes=())
    part = general_only(spec)
    warm = beds.warm_up(spec, 3).days
    load = loads(part, 3, range(4), warm)
    for asked, name in (({"occupancy": 0.85}, "general_occupancy"), ({"full_days": 0.05}, "days_full")):
        found = beds.beds_for(spec, seed=3, years=4, **asked)
        needed = [row.simulated for row in found.rows[:-1]]
        assert None not in needed
        numbers = [int(one or 0) for one in needed]
        assert found.rows[-1].simulated == sum(numbers)
        assert sum(made for _site, _ward, made in found.by_ward) == sum(numbers)

        def at(less: int, numbers: list[int] = numbers, name: str = name) -> Floats:
            fewer = [one - less for one in numbers]
            return measured(with_beds(part, load, fewer), 3, range(4), warm)[name].mean(axis=0)

        assert (at(0)[:-1] <= found.target).all()
        assert (at(1)[:-1] > found.target).all()
        for n, row in enumerate(found.rows[:-1]):  # the ends of the interval, by trying
            assert row.low is not None
            assert row.high is not None
            assert row.low <= numbers[n] <= row.high
            for beds_tried, sign, meets in ((row.low, -1, True), (row.low - 1, -1, False), (row.high, 1, True),
                                            (row.high - 1, 1, False)):  # fmt: skip
                values = measured(with_beds(part, load, [beds_tried] * 2), 3, range(4), warm)[name][:, n]
                assert (values.mean() + sign * half_width(values) <= found.target) is np.bool_(meets)
        group = found.rows[-1]
        assert group.low is not None
        assert sum(row.low for row in found.rows[:-1]) <= group.low <= sum(numbers)
    assert found.measure == "days_full"
    assert found.formula_words == "nights / days of the year / 92%"
    with pytest.raises(UserError, match="either"):
        beds.beds_for(spec, seed=1)


def test_pooling_saves_beds_and_winter_takes_some() -> None:
    spec = small(days=364, changes=(), pathways=(), transfer_hours=0.0)
    shared = beds.pooling(spec, seed=2, risk=0.05, hours=(1.0,), batches=3, years=3)
    apart, after, full = shared.rows
    assert apart.saved.mean == 0
    assert apart.transfers.mean == 0
    assert apart.beds.mean == pytest.approx(sum(number for _site, number in shared.by_site))
    assert full.saved.mean == pytest.approx(apart.beds.mean - full.beds.mean, abs=0.01)
    assert full.saved.mean > 0
    assert full.beds.mean <= after.beds.mean + 0.5
    assert full.transfers.mean > 0
    assert "saves no beds" not in pooling_said(shared)
    far = beds.pooling(spec.but(transfer_hours=5.0), seed=2, risk=0.05, hours=(1.0,), batches=3, years=3)
    assert far.rows[0] == apart
    assert all(long.saved.mean < short.saved.mean for long, short in zip(far.rows[1:], (after, full), strict=True))
    assert any("journey is a part of the wait" in note for note in far.notes)
    assert "saves no beds" in pooling_said(replace(far, rows=(apart, replace(full, saved=apart.saved))))
    high = tuple(
        replace(one, months=(2.2, 2.0, 1.2) + (0.7,) * 8 + (1.4,)) if one.name == "urgent" else one
        for one in spec.profiles
    )
    cold = beds.winter(spec.but(profiles=high), seed=2, risk=0.05, batches=3, years=3)
    assert cold.more_beds.mean > 1
    january, july = (next(row for row in cold.rows if row.month == month) for month in (1, 7))
    assert january.boarded.mean > january.boarded_level.mean
    assert july.boarded.mean < july.boarded_level.mean


def test_more_beds_are_put_where_they_are_tightest_and_compared_with_the_same_people() -> None:
    spec = small(days=120, beds=((9, 6, 2), (8, 6, 1)), changes=())
    found = beds.more_beds(spec, steps=(2, 4), seed=6, years=4)
    group = [row for row in found.rows if row.place == GROUP]
    assert [row.more for row in group] == [0, 2, 4]
    assert [row.beds for row in group] == [32, 34, 36]
    assert group[0].change_boarded.mean == 0
    for before, after in itertools.pairwise(group):
        assert after.boarded.mean < before.boarded.mean
        assert after.change_boarded.mean == pytest.approx(after.boarded.mean - group[0].boarded.mean, abs=0.02)
    assert {row.place for row in found.rows} == {"A", "B", GROUP}


@given(st.lists(st.integers(0, 20), min_size=1, max_size=12).filter(any), st.floats(0.0, 3.0))
def test_nights_kept_or_added_one_by_one_change_the_mean_by_their_share(counts: list[int], ratio: float) -> None:
    shares = np.array(counts) / sum(counts)
    changed = changed_nights(shares, ratio)
    assert sum(changed) == pytest.approx(1)
    mean = float(shares @ np.arange(len(shares)))
    assert float(np.dot(changed, np.arange(len(changed)))) == pytest.approx(mean * ratio, abs=1e-9)


def test_a_year_of_activity_becomes_people_and_stays() -> None:
    base = small_baseline(20)
    spec = beds.spec_of(base, "norfolk-waveney")
    assert spec.sites == base.sites
    lies = base.ward >= 0
    nights = float((base.count * base.nights)[lies].sum())
    assert spec.offered() == pytest.approx(nights / 366)
    assert sum(flow.a_day for flow in spec.flows) == pytest.approx(float(base.count[lies].sum()) / 366)
    assert {flow.kind for flow in spec.flows if flow.planned} == {"elective"}
    assert all(np.mean(one.months) == pytest.approx(1) for one in spec.profiles)
    with pytest.raises(UserError, match="ward groups"):
        beds.spec_of(replace(base, wards=("one",)), "norfolk-waveney")


def test_a_year_of_a_scenario_has_its_people_and_its_nights() -> None:
    base = small_baseline(20)
    scenario = small_scenario(runs=12)
    found = activity.simulate(scenario, base, small_projection())
    spec = beds.spec_of(base, "norfolk-waveney", outcome=found, year=scenario.horizon_year, pooling="full")
    split = found.breakdowns["ward"]
    at = found.years.index(scenario.horizon_year)
    filled = [n for n, label in enumerate(split.labels) if label]
    nights = split.nights[:, at][..., filled].sum(axis=(1, 2, 3)).mean()
    assert spec.offered() == pytest.approx(nights / 366, rel=0.01)
    assert spec.pooling == "full"
    assert spec.year == scenario.horizon_year
    assert any("mean of the scenario's runs" in note for note in spec.notes)
    with pytest.raises(UserError, match="is not in it"):
        beds.spec_of(base, "norfolk-waveney", outcome=found, year=1999)


def test_every_question_has_an_answer_with_a_headline() -> None:
    use = beds.load_settings("norfolk-waveney")
    use = replace(use, run={**use.run, "most": 2, "least": 2, "risk": 0.1})
    spec = small(days=60, changes=())
    for question in ("as_it_is", "occupancy", "more"):
        answers = beds.ask(question, spec, use, seed=1)
        assert answers.headline.endswith(".")
        assert beds.read(json.loads(json.dumps(asdict(answers)))) == answers
    with pytest.raises(UserError, match="not a question"):
        beds.ask("why", spec, use)  # type: ignore[arg-type]


def test_the_settings_of_a_system_are_read_strictly(tmp_path: Path) -> None:
    system = systems.load("norfolk-waveney")
    text = (system.folder / "beds.toml").read_text(encoding="utf-8")
    path = tmp_path / "beds.toml"
    for old, new, words in (
        ("cleaning_hours =", "cleaning_hour =", "Did you mean 'cleaning_hours'"),
        ("weekend_share = { value = 0.54", "weekend_share = { value = 1.60", "between 0 and 1"),
        ('pooling = { value = "none"', 'pooling = { value = "some"', "none, after or full"),
        (
            'outliers_to = { value = ["medicine", "surgery"]',
            'outliers_to = { value = ["medicin"]',
            "Did you mean 'medicine'",
        ),
        ("same_day_hours = { value = [3, 12]", "same_day_hours = { value = [12, 3]", "the fewer first"),
        ("rebook_days = { value = 14", "rebook_days = { value = 1.5", "whole number"),
        ("[ward.children]", "[ward.childen]", "Did you mean 'children'"),
        ('"own default: a stay without a night"', '""', "has no source"),
        ("leaving = { value = [0.4, ", "leaving = { value = [", "24 weights"),
    ):
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(UserError, match=words):
            read(path, system)
    change = (
        '\n[[change]]\nsite = "RM102"\nward = "medicine"\nmonths = [12, 1]\nbeds = 24\nwhy = "winter"\nsource = "own"\n'
    )
    path.write_text(text + change, encoding="utf-8")
    spec = beds.spec_of(small_baseline(), "norfolk-waveney", settings=read(path, system))
    assert spec.changes[0].beds == 24
    assert [ward.code for ward in spec.wards] == [ward.code for ward in capacity.wards("norfolk-waveney")]


def test_the_command_prints_and_writes_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(baseline, "load", lambda *_args: small_baseline(3))
    out = tmp_path / "out"
    assert main(["plan", "beds", "--question", "occupancy", "--pooling", "full", "--out", str(out), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "an occupancy of 92% in 2023/24" in said
    assert "Everyone who came is accounted for" in said
    kept = beds.read(json.loads((out / "beds.json").read_text(encoding="utf-8")))
    assert kept.beds_for is not None
    assert kept.headline in said
    asked = ["plan", "beds", "--scenario", "no-change", "--year", "2028/29", "--runs", "4", "--quiet"]
    assert main(asked) == 0
    assert "No change, 2028/29" in capsys.readouterr().out
    assert main(["plan", "beds", "--year", "2028/29"]) == 1
    assert "needs a scenario" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["plan", "beds", "--year", "2028/30"])
