"""The next days as a model: right on its own world, blind to the future, and sane at the edges."""

from __future__ import annotations

from dataclasses import replace

import flow_forecast_support as made
import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chi2

from wherry.errors import UserError
from wherry.flow import forecast
from wherry.flow.forecast import clock, counts, curves, naive, score
from wherry.flow.forecast.model import Beds, Booked, Model, Position, Waiting
from wherry.flow.forecast.outlook import units
from wherry.flow.forecast.past import Past
from wherry.flow.forecast.sources import Walk, here_now

AHEAD = (4, 12, 24, 48, 72)


@pytest.fixture(scope="module")
def past() -> Past:
    return forecast.read(made.made(weeks=12, a_day=60.0))


@pytest.fixture(scope="module")
def model(past: Past) -> Model:
    return forecast.fit(past, until=made.hour(10))


def nobody(as_at: int, model: Model) -> Position:
    """An empty hospital to which nobody comes."""
    none, never = np.zeros(0, np.int64), np.zeros(0)
    return Position(
        as_at,
        Beds(none, none, none, none, never, never, np.zeros(0, np.bool_), none),
        Waiting(none, none, none, never, never),
        Booked(none, none, none, none),
        False,
        np.zeros((len(model.words.sites), 5)),
    )


def test_an_empty_hospital_without_arrivals_stays_empty(model: Model) -> None:
    found = forecast.expect(model, nobody(made.hour(10), model))
    assert found.sources.sum() == 0
    assert all(one.tolist() == [1.0] for unit in found.chances for one in unit)


def test_everybody_leaves_in_the_end(past: Past, model: Model) -> None:
    full = forecast.position(model, past, made.hour(10))
    alone = replace(nobody(made.hour(10), model), beds=full.beds)
    found = forecast.expect(model, alone)
    here = found.sources[found.unit("S1", "general"), :, 0]
    assert here[0] == (full.beds.site == 0).sum() - ((full.beds.site == 0) & (full.beds.group == 3)).sum()
    assert (np.diff(here) <= 1e-9).all()
    assert here[-1] < 0.15 * here[0]


def test_the_first_place_is_who_is_here(past: Past, model: Model) -> None:
    at = made.hour(10, 15)
    found = forecast.expect(model, forecast.position(model, past, at), AHEAD)
    seen = naive.census(past, found.units, at, at)
    for place, one in enumerate(found.chances):
        assert one[0][int(seen.counts[place, 0])] == pytest.approx(1)


def test_the_future_changes_no_forecast(past: Past, model: Model) -> None:
    at = made.hour(10, 9)
    one = forecast.expect(model, forecast.position(model, past, at), AHEAD)
    known = past.known_at(at)
    other = forecast.expect(forecast.fit(known, until=made.hour(10)), forecast.position(model, known, at), AHEAD)
    assert np.array_equal(one.sources, other.sources)
    changed = replace(
        past,
        left=np.where(past.left > at, past.left + 1000, past.left),
        ready=np.where(past.ready > at, np.inf, past.ready),
        admitted=np.where(past.admitted > at, past.admitted + 5, past.admitted),
    )
    again = forecast.expect(forecast.fit(changed, until=made.hour(10)), forecast.position(model, changed, at), AHEAD)
    assert np.array_equal(one.sources, again.sources)


def test_more_arrivals_never_need_fewer_beds(past: Past, model: Model) -> None:
    at = made.hour(10, 9)
    position = forecast.position(model, past, at)
    few = forecast.expect(model, position, AHEAD)
    more = forecast.expect(model, replace(position, levels=position.levels * 1.3), AHEAD)
    for unit in range(len(few.units)):
        for place in range(len(few.at)):
            assert more.sources[unit, place].sum() >= few.sources[unit, place].sum() - 1e-9
            a, b = few.chances[unit][place], more.chances[unit][place]
            size = max(len(a), len(b))
            below, above = (np.cumsum(np.pad(one, (0, size - len(one)))) for one in (a, b))
            assert (above <= below + 1e-7).all()


def test_sources_add_up_to_the_mean_of_the_distribution(past: Past, model: Model) -> None:
    found = forecast.expect(model, forecast.position(model, past, made.hour(10, 9)))
    for unit in range(len(found.units)):
        for place in (0, 1, 24, 72, len(found.at) - 1):
            assert counts.mean(found.chances[unit][place]) == pytest.approx(found.mean(unit, place), abs=0.01)
    inside = [found.unit("S1", group) for group in ("older", "surgery", "medicine")]
    assert found.sources[inside].sum(axis=0) == pytest.approx(found.sources[found.unit("S1", "general")])


def test_stays_by_curves_are_those_of_a_walk_hour_by_hour(past: Past, model: Model) -> None:
    """Two steps, ready and gone, walked with a small state for each hour of readiness: the same chance."""
    at = made.hour(10, 9)
    position = forecast.position(model, past, at)
    walk = Walk(model, position, AHEAD)
    quick = here_now(walk)
    person = int(np.flatnonzero(~np.isfinite(position.beds.ready))[3])
    beds = position.beds
    who = forecast_class(model, beds, person)
    hours = clock.hours(at, 80)
    came = int(clock.days(beds.admitted[person : person + 1])[0])
    waiting, ready = 1.0, {}
    seen = {}
    from wherry.flow.forecast import stays

    for t in range(72):
        for became in list(ready):
            step = max(n for n, edge in enumerate(stays.READY_HOURS) if edge <= t - became)
            ready[became] *= np.exp(-rate(model.stays.ready_to_gone, who[1], step, hours.weekday[t], hours.hour[t]))
        slept = hours.day[t] - came
        edges = stays.FIRST_HOURS if slept == 0 else stays.NIGHTS
        value = int(at - beds.admitted[person] + t + 0.5) if slept == 0 else slept
        step = max(n for n, edge in enumerate(edges) if edge <= value) + (0 if slept == 0 else len(stays.FIRST_HOURS))
        up = rate(model.stays.to_ready, who[0], step, hours.weekday[t], hours.hour[t])
        out = rate(model.stays.to_gone, who[0], step, hours.weekday[t], hours.hour[t])
        left = 1 - np.exp(-up - out)
        half = np.exp(-0.5 * rate(model.stays.ready_to_gone, who[1], 0, hours.weekday[t], hours.hour[t]))
        ready[t] = waiting * left * up / (up + out) * half
        waiting *= 1 - left
        seen[t + 1] = waiting + sum(ready.values())
    for place, hour in enumerate(walk.seen.tolist()):
        if hour:
            assert quick[person, place] == pytest.approx(seen[hour], abs=1e-9)


def forecast_class(model: Model, beds: Beds, person: int) -> tuple[int, int]:
    from wherry.flow.forecast import stays

    one = (beds.site[person], beds.group[person], beds.kind[person])
    return (
        int(stays.classes(model.words, *one, beds.age[person])),
        int(stays.ready_classes(model.words, *one)),
    )


def rate(of, who: int, step: int, weekday: int, hour: int) -> float:  # type: ignore[no-untyped-def]
    profile, stage = of.profile[who], of.stage[step]
    return float(of.level[who, step] * of.weekday[profile, stage, weekday] * of.hour[profile, stage, hour])


def test_a_folded_walk_is_its_matrices() -> None:
    draw = np.random.default_rng(3)
    beds = draw.random((4, 9)) * (draw.random((4, 9)) < 0.4)
    here, flows, ready = draw.random((9, 3)), np.triu(draw.random((9, 9))), draw.random((9, 3))
    assert curves.folded(beds, here, flows, ready) == pytest.approx(beds @ here + (beds @ flows) @ ready)


def test_calibrated_on_a_world_of_its_own_kind(past: Past, model: Model) -> None:
    """What the model itself draws lies evenly in what it forecasts: chi-squared, false alarm 1 in 1,000.

    Each of 400 worlds is drawn from the model's own coins and counts at 24 hours; the pieces of the transform are
    placed by one more draw within each, so that the bins are counts of independent people.
    """
    found = forecast.expect(model, forecast.position(model, past, made.hour(10, 9)), (24,))
    draw = np.random.default_rng(20260101)
    at = np.zeros(score.BINS)
    for unit, chances in enumerate(found.chances):
        if found.units[unit].group == "general":
            continue
        distribution = chances[1]
        for happened in draw.choice(len(distribution), p=distribution / distribution.sum(), size=100):
            low, high = counts.at_most(distribution, happened - 1), counts.at_most(distribution, int(happened))
            at[min(score.BINS - 1, int(score.BINS * draw.uniform(low, high)))] += 1
    even = at.sum() / score.BINS
    assert ((at - even) ** 2 / even).sum() < chi2.ppf(0.999, score.BINS - 1)


def test_calibrated_on_weeks_that_it_has_not_seen(past: Past, model: Model) -> None:
    """Held-back weeks of the artificial world, one issue every 37 hours: 80% intervals hold 72 to 92 of 100."""
    inside, promised = [], []
    for at in range(made.hour(10), made.hour(12) - 72, 37):
        found = forecast.expect(model, forecast.position(model, past, at), (12, 24))
        seen = naive.census(past, found.units, at, at + 24)
        for unit in range(len(found.units)):
            for place, hours in ((1, 12), (2, 24)):
                one = score.score(found.chances[unit][place], int(seen.at(at + hours)[unit]))
                inside.append(one.inside[1])
                promised.append(one.promised[1])
    assert abs(np.mean(inside) - np.mean(promised)) < 0.1


def test_the_history_may_be_too_short() -> None:
    table = made.made(weeks=2)
    with pytest.raises(UserError, match="weeks; 4 are needed"):
        forecast.fit(forecast.read(table))
    with pytest.raises(UserError, match="ready_at"):
        forecast.read(pa.table({name: table[name] for name in table.column_names if name != "ready_at"}))


def test_days_that_vary_by_more_than_chance_are_wider() -> None:
    even = forecast.fit(forecast.read(made.made(weeks=12, sites=1, a_day=60.0, seed=3)))
    uneven = forecast.fit(forecast.read(made.made(weeks=12, sites=1, a_day=60.0, seed=3, day_spread=0.06)))
    by_way = [next(one.spread for one in fitted.streams if one.way == 0) for fitted in (even, uneven)]
    assert by_way[0] < 0.015 < by_way[1]
    assert by_way[1] == pytest.approx(0.06, abs=0.035)


def test_booked_patients_come_on_their_day(past: Past, model: Model) -> None:
    at = made.hour(10)
    day = int(clock.hours(at, 1).day[0])
    one = np.ones(1, np.int64)
    booked = replace(nobody(at, model), lists=True, booked=Booked(one * 0, one * 1, one, one * (day + 1)))
    found = forecast.expect(model, booked)
    place = found.unit("S1", "surgery")
    assert found.sources[place, 24, 3] == pytest.approx(0, abs=1e-9)
    assert 0.5 < found.sources[place, 36, 3] <= model.come
    assert len(units(model)) == 2 * 7 + 1


def test_an_expected_date_counts_for_what_dates_were_worth(past: Past, model: Model) -> None:
    at = made.hour(10, 9)
    position = forecast.position(model, past, at)
    today = int(clock.hours(at, 1).day[0])
    dated = replace(position.beds, expected_on=np.full(len(position.beds.site), today))
    plain = forecast.expect(model, replace(position, beds=dated), AHEAD)
    trusted = forecast.expect(model, replace(position, beds=dated, factor=np.array([1.0, 4.0, 1.0, 1.0, 1.0])), AHEAD)
    untold = forecast.expect(model, position, AHEAD)
    assert np.array_equal(plain.sources, untold.sources)
    assert trusted.sources[0, 2, 0] < 0.95 * plain.sources[0, 2, 0]
