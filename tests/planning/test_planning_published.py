"""Published results against ours: each way to compare worked out by hand, and a check that fails loudly."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest
from handmade_plans import small_baseline, small_projection, small_scenario

from wherry.cli import plan_published
from wherry.errors import UserError
from wherry.planning import activity, baseline, capacity, published
from wherry.planning.activity.outcome import Outcome
from wherry.planning.baseline import Baseline
from wherry.planning.published_file import read
from wherry.planning.published_measures import HOW, Given
from wherry.reference import system as systems
from wherry.reference.activity import KINDS

SYSTEM = "norfolk-waveney"
GROWTH = """
[[item]]
name = "emergencies"
words = "Emergency admissions more"
source = "a paper, p. 1"
how = "growth"
value = {value}
rounding = 0.005
measures = ["emergency"]
scenarios = ["group"]
"""


@pytest.fixture(scope="module")
def base() -> Baseline:
    return small_baseline(20)


@pytest.fixture(scope="module")
def outcome(base: Baseline) -> Outcome:
    return activity.simulate(small_scenario(runs=24), base, small_projection())


def lines_of(text: str, tmp_path: Path, base: Baseline, outcome: Outcome) -> tuple[published.Line, ...]:
    path = tmp_path / "published.toml"
    path.write_text(text, encoding="utf-8")
    held = read(path, systems.load(SYSTEM), ("group", "no-change"))
    return published.check(SYSTEM, {"group": outcome}, small_projection(), base, held=held)


def test_what_was_published_lies_inside_or_outside_and_says_so(
    tmp_path: Path, base: Baseline, outcome: Outcome
) -> None:
    place = list(KINDS).index("emergency")
    last = outcome.years.index(2033)
    grown = outcome.count[:, last, :, place].sum(axis=(1, 2)) / outcome.base_count[:, place].sum() - 1
    low, middle, high = np.quantile(grown, [0.1, 0.5, 0.9])
    (inside,) = lines_of(GROWTH.format(value=round(float(middle), 3)), tmp_path, base, outcome)
    assert inside.ours is not None
    assert (inside.ours.low, inside.ours.middle, inside.ours.high) == pytest.approx((low, middle, high))
    assert inside.inside is True
    assert inside.problem == ""
    assert inside.years == "2023/24 to 2033/34"
    (outside,) = lines_of(GROWTH.format(value=high + 0.2), tmp_path, base, outcome)
    assert outside.inside is False
    assert "nobody says why" in outside.problem
    assert "why.group" in outside.problem
    assert published.unexplained((inside, outside)) == (outside,)
    (told,) = lines_of(GROWTH.format(value=high + 0.2) + 'why.group = "Because."\n', tmp_path, base, outcome)
    assert told.inside is False
    assert told.problem == ""
    (stale,) = lines_of(GROWTH.format(value=float(middle)) + 'why.group = "Because."\n', tmp_path, base, outcome)
    assert "stale" in stale.problem


def test_a_rounded_number_lies_inside_if_any_that_rounds_to_it_does(
    tmp_path: Path, base: Baseline, outcome: Outcome
) -> None:
    (line,) = lines_of(GROWTH.format(value=0.0), tmp_path, base, outcome)
    assert line.ours is not None
    for value, inside in ((line.ours.high + 0.0049, True), (line.ours.high + 0.0051, False)):
        (found,) = lines_of(GROWTH.format(value=value), tmp_path, base, outcome)
        assert found.inside is inside
    (more,) = lines_of(GROWTH.format(value=line.ours.low - 0.2) + "at_least = true\n", tmp_path, base, outcome)
    assert more.inside is True


def test_each_way_to_compare_is_its_own_sum(tmp_path: Path, base: Baseline, outcome: Outcome) -> None:
    path = tmp_path / "published.toml"
    kinds = list(KINDS)
    emergency = kinds.index("emergency")
    years = outcome.years
    count = outcome.count.sum(axis=-1)

    def values(how: str, more: str) -> np.ndarray:
        text = f'[[item]]\nname = "one"\nwords = "w"\nsource = "s"\nhow = "{how}"\nvalue = 1\nrounding = 1\n{more}\n'
        path.write_text(text, encoding="utf-8")
        (item,) = read(path, systems.load(SYSTEM), ("group",))
        ran = published._ran(outcome, systems.load(SYSTEM), base) if item.scenarios else None
        return np.asarray(HOW[how][0](item, Given(base, small_projection(), ran)))

    of_group = 'measures = ["emergency"]\nscenarios = ["group"]\nto = "2028/29"'
    more = count[:, years.index(2028), :, emergency].sum(axis=1) - outcome.base_count[:, emergency].sum()
    np.testing.assert_allclose(values("more_a_day", of_group), more / 365)
    np.testing.assert_allclose(values("more_a_month", of_group), more / 12)
    one_site = count[:, years.index(2028), 1, emergency] / outcome.base_count[1, emergency].sum() - 1
    np.testing.assert_allclose(values("growth", of_group + '\nplace = "RGP"'), one_site)
    nights = outcome.virtual_nights[:, years.index(2028)].sum(axis=1)
    virtual = 'measures = ["virtual_nights"]\nscenarios = ["group"]\nto = "2028/29"\noccupancy = 0.8'
    np.testing.assert_allclose(values("virtual_beds", virtual), nights / 365 / 0.8)
    held = capacity.load(SYSTEM)
    needed = capacity.requirements(outcome, capacity.load(SYSTEM, outcome.scenario.capacity), base)
    beds = next(one for one in needed if one.code == "beds_at_occupancy")
    short = np.nansum(beds.needed[:, years.index(2028)], axis=(1, 2)) - np.nansum(beds.existing)
    text = 'measures = ["beds_at_occupancy"]\nscenarios = ["group"]\nto = "2028/29"'
    np.testing.assert_allclose(values("beds_short", text), short)
    sites = [held.maybe(f"beds.existing.RGP75.{ward.code}") for ward in held.wards]
    assert values("existing_beds", 'place = "RGP"')[0] == pytest.approx(sum(sites))
    of_kind = base.kind == emergency
    old = of_kind & (base.age >= 65)
    ages = 'measures = ["emergency"]\nages = [65, 200]'
    assert values("total", ages)[0] == base.count[old].sum()
    spent = base.count * base.nights
    assert values("share_of_nights", ages)[0] == pytest.approx(spent[old].sum() / spent[of_kind].sum())
    stays = old & (base.nights > 0)
    assert values("mean_stay", ages)[0] == pytest.approx(spent[stays].sum() / base.count[stays].sum())
    saved = values("beds_saved", 'intervention = "shorter_stays"\nscenarios = ["group"]')
    cells = of_kind & (base.age >= 65) & (base.age <= 90) & (base.nights >= 3) & np.isin(base.site, [1, 2])
    np.testing.assert_allclose(saved, outcome.parameters.values["shorter_stays"] * spent[cells].sum() / 366)
    cases = values("cases_more", 'intervention = "theatre_pace"\nscenarios = ["group"]')
    assert (cases > 0).all()
    with pytest.raises(UserError, match="no intervention"):
        values("beds_saved", 'intervention = "nothing"\nscenarios = ["group"]')
    with pytest.raises(UserError, match="needs 'scenarios'"):
        values("growth", 'measures = ["emergency"]')


def test_people_are_those_of_each_run_s_variant(tmp_path: Path, base: Baseline, outcome: Outcome) -> None:
    text = (
        '[[item]]\nname = "old"\nwords = "w"\nsource = "s"\nhow = "people_growth"\nvalue = 0.2\nrounding = 0.01\n'
        'ages = [65, 84]\nfrom = "2023"\nto = "2033"\nscenarios = ["group"]\nwhy.group = "x"\n'
    )
    projection = small_projection()
    people = projection.people[:, :, 65:85].sum(axis=(2, 3))
    grown = people[:, projection.years.index(2033)] / people[:, projection.years.index(2023)] - 1
    (line,) = lines_of(text, tmp_path, base, outcome)
    assert line.ours is not None
    drawn = grown[outcome.parameters.variant]
    assert (line.ours.low, line.ours.high) == pytest.approx(tuple(np.quantile(drawn, [0.1, 0.9])))
    assert line.years == "2023 to 2033"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("value =", "valu ="), "Did you mean 'value'"),
        (('how = "growth"', 'how = "grow"'), "Did you mean 'growth'"),
        (('source = "a paper, p. 1"', 'source = ""'), "'source' is missing"),
        (('["emergency"]', '["emergencies"]'), "Did you mean 'emergency'"),
        (('scenarios = ["group"]', 'scenarios = ["groups"]'), "Did you mean 'group'"),
        (('scenarios = ["group"]', 'scenarios = ["group"]\nplace = "RM2"'), "not a place"),
        (('scenarios = ["group"]', 'scenarios = ["group"]\nwhy.no-change = "x"'), "held against"),
        (('scenarios = ["group"]', 'scenarios = ["group"]\nto = "soon"'), "not a year"),
        (('scenarios = ["group"]', 'scenarios = ["group"]\nages = [9, 1]'), "the younger first"),
        (("value = 0.1", 'value = "much"'), "must be a number"),
        (('how = "growth"', 'how = "not_modelled"'), "needs a 'why'"),
    ],
)
def test_what_is_wrong_in_the_file_is_refused_in_words(change: tuple[str, str], words: str, tmp_path: Path) -> None:
    text = GROWTH.format(value=0.1)
    assert change[0] in text
    path = tmp_path / "published.toml"
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read(path, systems.load(SYSTEM), ("group", "no-change"))


def test_two_items_of_one_name_no_file_and_a_scenario_that_was_not_run(
    tmp_path: Path, base: Baseline, outcome: Outcome
) -> None:
    path = tmp_path / "published.toml"
    with pytest.raises(UserError, match="is missing"):
        read(path, systems.load(SYSTEM), ("group",))
    path.write_text(GROWTH.format(value=0.1) * 2, encoding="utf-8")
    with pytest.raises(UserError, match="two items"):
        read(path, systems.load(SYSTEM), ("group",))
    with pytest.raises(UserError, match="no-change was not run"):
        lines_of(GROWTH.format(value=0.1).replace('["group"]', '["no-change"]'), tmp_path, base, outcome)


def test_the_system_s_own_items_have_a_place_in_a_source_and_name_its_scenarios() -> None:
    held = published.items(SYSTEM)
    assert len(held) > 50
    assert all(item.source[:2] in ("G ", "J ", "S ") for item in held)
    assert set(published.scenario_names(held)) == {"no-change", "population-only", "joint-forward-plan", "group"}
    left = [item for item in held if item.how == "not_modelled"]
    assert {"gp-appointments", "four-conditions"} <= {item.name for item in left}
    by_name = {item.name: item for item in held}
    assert by_name["emergency-22"].value == 0.22
    assert [by_name[f"{name}-a-day"].value for name in ("attendances", "non-elective", "elective")] == [80, 62, 68]
    assert [by_name[f"{name}-a-day"].value for name in ("first", "follow-ups")] == [125, 341]
    assert by_name["beds-short"].last == 2028


@pytest.mark.parametrize(("value", "code"), [(0.0, 1), (None, 0)])
def test_the_command_ends_with_1_if_something_is_unexplained(
    value: float | None,
    code: int,
    tmp_path: Path,
    base: Baseline,
    outcome: Outcome,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (line,) = lines_of(GROWTH.format(value=9.0), tmp_path, base, outcome)
    assert line.ours is not None
    (line,) = lines_of(GROWTH.format(value=line.ours.middle if value is None else 9.0), tmp_path, base, outcome)
    monkeypatch.setattr(baseline, "load", lambda *_args: base)
    monkeypatch.setattr(published, "work_out", lambda *_args, **_more: (line,))
    args = argparse.Namespace(system=SYSTEM, hub=None, runs=None, workers=1, quiet=True)
    assert plan_published.run(args) == code
    said = capsys.readouterr().out
    assert "Emergency admissions more (a paper, p. 1)" in said
    assert ("nobody says why" in said) == bool(code)
    assert ("OUT: published" in said) == bool(code)
