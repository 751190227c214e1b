"""The compiled loop against the same rules written plainly, event for event; conservation; extremes; monotonicity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_beds import BED, CAME, Hospital

from wherry.errors import UserError
from wherry.planning.beds import columns as c
from wherry.planning.beds.figures import figures
from wherry.planning.beds.prepare import Run, ready, run
from wherry.planning.beds.runner import replicate
from wherry.planning.beds.spec import BedsSpec, Change, Flow, Pathway, Profile, Stay, Ward, flat

NIGHTS = Stay("nights", (0.1, 0.25, 0.2, 0.15, 0.1, 0.05, 0.05, 0.05, 0.05))
WEEK = tuple(float(1 + (hour % 24 > 9) + (hour < 120)) for hour in range(168))
MORNINGS = tuple(1.0 if hour % 24 in (7, 8) and hour < 120 else 0.0 for hour in range(168))
MONTHS = (1.2, 1.1, 1.0, 0.9, 1.3, 0.8, 0.9, 0.9, 1.0, 1.0, 0.9, 1.0)


def small(**changes: object) -> BedsSpec:
    """Two sites, three ward groups, everything that can happen, in 45 days over a month's end."""
    flows = []
    for site, size in (("A", 1.0), ("B", 0.6)):
        flows += [
            Flow(site, "medicine", "emergency", 3.0 * size, NIGHTS, "urgent"),
            Flow(site, "surgery", "emergency", 1.5 * size, Stay("lognormal", mean_days=2.0, cv=1.2), "urgent"),
            Flow(site, "surgery", "elective", 1.4142135 * size, NIGHTS, "lists", planned=True),
            Flow(site, "maternity", "maternity", 1.0 * size, Stay("exponential", mean_days=1.5), "flat"),
        ]
    spec = BedsSpec(
        sites=("A", "B"),
        wards=(
            Ward("medicine", "medicine", ("surgery",)),
            Ward("surgery", "surgery", ("medicine",)),
            Ward("maternity", "maternity", general=False, transfers=False),
        ),
        beds=((9, 6, 2), (6, 4, 1)),
        flows=tuple(flows),
        profiles=(Profile("urgent", WEEK, MONTHS), Profile("lists", MORNINGS, (1.0,) * 12, even=True), flat()),
        changes=(Change("A", "medicine", (5,), 3, "extra"), Change("B", "medicine", (5, 6), -2, "closed")),
        days=45,
        transfer_hours=2.5,
        cleaning_hours=1.25,
        cancel_hour=12,
        rebook_days=5,
        weekend_share=0.5,
        discharge_hours=tuple(one / 100 for one in (1,) * 8 + (5,) * 4 + (10,) * 6 + (2,) * 6),
        pathways=(Pathway("0", "home", 0.6, 0.4), Pathway("1", "help", 0.4, 3.0)),
        delay_factor=0.5,
    )
    return spec.but(**changes)


def logged(spec: BedsSpec, seed: int, number: int, warm_up: int = 0) -> Iterator[tuple[float, int, int, int, str, str]]:
    """The compiled loop's own log, pools in words."""
    made = run(ready(spec, warm_up), seed, number, log_lines=20_000)
    assert made.scalar[c.LOGGED] <= 20_000
    for time, what, flow, who, pool in made.log[: made.scalar[c.LOGGED]]:
        site, ward = divmod(int(pool), len(spec.wards))
        yield float(time), int(what), int(flow), int(who), spec.sites[site], spec.wards[ward].code


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pooling": "after", "pooling_hours": 3.0},
        {"pooling": "full", "planned_outlie": True},
        {"cleaning_hours": 0.0, "delay_factor": 1.0, "weekend_share": 1.0, "transfer_hours": 0.0, "pooling": "full"},
        {"turned_away": True},
        {"beds": ((4, 3, 1), (12, 6, 2)), "pooling": "after", "pooling_hours": 0.5, "cancel_hour": 8},
        {"beds": ((0, 0, 0), (9, 5, 2)), "delay_factor": 2.0},
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_event_is_that_of_the_plain_rules(changes: dict[str, object], seed: int) -> None:
    spec = small(**changes)
    ours = list(logged(spec, seed, 3, warm_up=8))
    plain = Hospital(spec, seed, 3, warm_up=8)
    theirs = plain.run()
    assert len(ours) == len(theirs) > 500
    assert [row[1:] for row in ours] == [row[1:] for row in theirs]
    np.testing.assert_allclose([row[0] for row in ours], [row[0] for row in theirs], rtol=0, atol=1e-7)
    made = run(ready(spec, 8), seed, 3)
    for n, site in enumerate(spec.sites):
        ended = [bed - came for home, came, given, bed in plain.waits if home == site and given >= 8 * 24]
        counts = made.tally[:, n].sum(axis=0)
        assert counts[c.BOARDED] == sum(wait > 0 for wait in ended)
        assert counts[c.OVER_4] == sum(wait > 4 for wait in ended)
        assert counts[c.OVER_12] == sum(wait > 12 for wait in ended)
        assert made.waits[:, n, 0].sum() == pytest.approx(sum(ended), abs=1e-6)
        still = [(one.since, plain.end, plain.end) for one in plain.waiting if one.flow.site == site
                 and not one.flow.planned]  # fmt: skip
        spans = still + [span for home, *span in plain.waits if home == site]
        at_hours = [0] * 24
        for hour in range(8 * 24, int(plain.end)):
            at_hours[hour % 24] += sum(came < hour and (hour <= given or hour < bed) for came, given, bed in spans)
        assert made.boarding_by_hour[:, n].tolist() == at_hours


def test_a_journey_to_another_site_is_waiting() -> None:
    """One site without beds, another with plenty: who waits 3 hours and travels so many more waits for both."""
    flow = Flow("A", "all", "emergency", 10.0, Stay("exponential", mean_days=1.0), "flat")
    spec = BedsSpec(
        ("A", "B"), (Ward("all", "all"),), ((0,), (200,)), (flow,), (flat(),), days=60, pooling="after",
        pooling_hours=3.0,
    )  # fmt: skip
    for pooling, waited in (("after", 3.0), ("full", 0.0)):
        for journey in (0.0, 3.0, 24.0):
            tables = ready(spec.but(pooling=pooling, transfer_hours=journey), 7)
            found = figures(tables, run(tables, 1, 0))
            whole = waited + journey
            moved, boarded = found["transferred_out"][0], found["boarded"][0]
            assert moved > 3000
            assert boarded == (moved if whole else 0)
            assert found["mean_wait"][0] == pytest.approx(whole)
            assert found["over_4_hours"][0] == (moved if whole > 4 else 0)
            assert found["over_12_hours"][0] == (moved if whole > 12 else 0)
            assert found["boarding"][0] == pytest.approx(moved * whole / 8760, rel=0.05)
            assert found["days_boarding"][0] == (1 if whole else 0)
            by_hour = run(tables, 1, 0).boarding_by_hour[:, 0].sum() / (24 * 60)
            assert by_hour == pytest.approx(moved * whole / 8760, rel=0.05)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32),
    st.tuples(*(st.tuples(*(st.integers(0, 9) for _ in range(3))) for _ in range(2))),
    st.sampled_from(["none", "after", "full"]),
    st.booleans(),
    st.floats(0.0, 1.0),
)
def test_everyone_who_came_is_somewhere(seed: int, beds: object, pooling: str, outlie: bool, weekend: float) -> None:
    spec = small(beds=beds, pooling=pooling, planned_outlie=outlie, weekend_share=weekend)
    made = run(ready(spec, 5), seed, 0)
    assert made.conserved
    assert made.scalar[c.CAME] > 100
    assert made.pool[:, c.OCCUPIED].sum() == made.scalar[c.IN_BED]
    most = ready(spec, 5).beds.max(axis=0)
    used = [int(np.flatnonzero(row).max(initial=0)) for row in made.spread]
    assert all(n <= beds for n, beds in zip(used, most, strict=True))
    assert made.spread.sum(axis=1) == pytest.approx(np.full(6, 45 * 24.0))
    assert made.tally[:, :, c.TRANSFERS].sum() == 0 or pooling != "none"


def totals(made: Run) -> np.ndarray:
    return np.asarray(made.tally.sum(axis=(0, 1)))


def test_nobody_no_beds_and_no_end_of_beds() -> None:
    nobody = run(ready(small(flows=()), 0), 1, 0)
    assert nobody.scalar[c.CAME] == 0
    assert not nobody.tally.any()
    none = run(ready(small(beds=((0,) * 3,) * 2, changes=()), 0), 1, 0)
    assert none.conserved
    assert none.scalar[c.GONE] == none.scalar[c.IN_BED] == 0
    counts = totals(none)
    assert none.scalar[c.IN_QUEUE] == counts[c.EMERGENCIES]
    assert counts[c.CANCELLED] >= counts[c.PLANNED_CAME] - none.scalar[c.BOOKED] > 0
    assert counts[c.BOARDED] == 0  # nobody's wait has ended
    assert none.place[:2, c.STILL].sum() == counts[c.EMERGENCIES]
    endless = run(ready(small(beds=((10**9,) * 3,) * 2, pooling="full"), 0), 1, 0)
    counts = totals(endless)
    for column in (c.BOARDED, c.CANCELLED, c.OUTLIERS, c.TRANSFERS, c.LOST):
        assert counts[column] == 0
    assert endless.place[:, c.FULL_DAYS].sum() == 0


def single(beds: int, **changes: object) -> BedsSpec:
    """One ward group with stays that the day of the bed does not shorten: where more beds can never hurt anybody."""
    flow = Flow("A", "all", "emergency", 8.0, NIGHTS, "urgent")
    spec = BedsSpec(
        ("A",), (Ward("all", "all"),), ((beds,),), (flow,), (Profile("urgent", WEEK, MONTHS),), days=120,
        cleaning_hours=1.0, discharge_hours=(1 / 24,) * 24,
    )  # fmt: skip
    return spec.but(**changes)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(15, 30), st.integers(1, 6))
def test_with_more_beds_nobody_waits_longer(seed: int, beds: int, more: int) -> None:
    """Exact where one ward group is served in the order of coming and a later bed never means an earlier leaving."""

    def beds_at(number: int) -> dict[int, float]:
        return {row[3]: row[0] for row in logged(single(number), seed, 0) if row[1] == BED}

    fewer, plenty = beds_at(beds), beds_at(beds + more)
    assert fewer.keys() <= plenty.keys()
    assert all(plenty[who] <= time + 1e-9 for who, time in fewer.items())


def test_in_a_whole_system_more_beds_mean_less_boarding_on_the_whole() -> None:
    """Outliers and weekends make it a matter of means there; the people are the same, so the means are close."""
    means = []
    for more in (0, 1, 2, 3, 4):
        spec = small(beds=((9 + more, 6 + more, 2), (6 + more, 4 + more, 1)), days=180)
        runs = replicate(spec, 7, range(6), 20)
        means.append(np.mean([totals(one)[[c.OVER_4, c.CANCELLED]] for one in runs], axis=0))
    assert (np.diff(np.array(means), axis=0) < 0).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(1.0, 3.0))
def test_more_arrivals_are_never_fewer_patients_and_the_first_are_the_same(seed: int, times: float) -> None:
    few, many = single(20), single(20)
    flow = many.flows[0]
    many = many.but(flows=(Flow(flow.site, flow.ward, flow.kind, flow.a_day * times, flow.stay, flow.profile),))
    came = [[row for row in logged(one, seed, 0) if row[1] == CAME] for one in (few, many)]
    assert len(came[1]) >= len(came[0])
    assert all(later[0] <= first[0] + 1e-9 for first, later in zip(came[0], came[1], strict=False))


def test_a_run_is_its_seed_and_number_alone_or_in_parallel() -> None:
    spec = small()
    alone = [run(ready(spec, 7), 11, number) for number in (2, 0, 1)]
    for workers in (1, 3):
        together = replicate(spec, 11, (2, 0, 1), 7, workers=workers)
        for one, other in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one.tally, other.tally)
            np.testing.assert_array_equal(one.spread, other.spread)
    assert (alone[0].tally != alone[1].tally).any()
    assert (run(ready(spec, 7), 12, 2).tally != alone[0].tally).any()


def test_scenarios_share_the_people_of_what_they_share() -> None:
    """Beds, rules and another site's arrivals change nobody's coming; a flow keeps its people wherever it stands."""
    spec = small()
    fewer = spec.but(flows=spec.flows[4:], beds=((1, 1, 1), (20, 20, 20)), pooling="full", weekend_share=1.0)
    of_b = [row for row in logged(spec, 5, 0) if row[1] == CAME and row[4] == "B" and row[5] == "maternity"]
    again = [row for row in logged(fewer, 5, 0) if row[1] == CAME and row[4] == "B" and row[5] == "maternity"]
    assert [row[0] for row in of_b] == [row[0] for row in again]
    assert len(of_b) > 10


def test_a_parameter_that_nobody_knows_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match="Did you mean 'cleaning_hours'"):
        small(cleaning_hour=1.0)
    with pytest.raises(TypeError):
        BedsSpec(sites=("A",), bedz=())  # type: ignore[call-arg]
    for wrong, words in (
        ({"beds": ((1, 2), (3, 4))}, "a number for each site and ward group"),
        ({"weekend_share": 1.2}, "between 0 and 1"),
        ({"cleaning_hours": -1.0}, "below 0"),
        ({"discharge_hours": (0.5,) * 24}, "24 shares"),
        ({"pooling": "some"}, "none, after or full"),
        ({"days": 0}, "at least one day"),
        ({"pilot_runs": 0}, "a pilot run or more"),
        ({"changes": (Change("C", "medicine", (5,), 1),)}, "not known"),
    ):
        with pytest.raises(UserError, match=words):
            small(**wrong)
