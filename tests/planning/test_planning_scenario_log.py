"""The assumptions log says every assumption in words that need no key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade_plans import small_scenario
from scenario_texts import GOOD

from wherry.planning import scenario
from wherry.planning.scenario import words
from wherry.planning.scenario.log import assumptions
from wherry.planning.scenario.model import Interval, Phase, Where
from wherry.reference import system as systems

SYSTEM = systems.load("norfolk-waveney")


def test_one_line_an_assumption_in_the_order_of_the_argument() -> None:
    found = assumptions(scenario.read(GOOD, SYSTEM), SYSTEM)
    assert [(one.name, one.driver) for one in found] == [
        ("population", "population"),
        ("health_status", "health_status"),
        ("more", "growth"),
        ("back", "repatriation"),
        ("clear", "waiting_list"),
        ("same-day", "intervention"),
    ]
    people, healthy, more, back, clear, same_day = found
    assert people.amount.startswith("75% principal (as the group's case has it); 25% high (")
    assert healthy.amount == "40% (80% range 20 to 60%) of the life that people gain is lived in good health"
    assert healthy.about == "all activity of people 55 to 90"
    assert (more.about, more.amount, more.when) == (
        "emergency admissions at James Paget",
        "1.5% more each year (80% range 1 to 2%), beyond population",
        "from 2024/25 to 2028/29",
    )
    assert (back.about, back.amount) == ("day cases in Ophthalmology", "10% more (80% range 5 to 15%), coming back")
    assert (clear.about, clear.amount, clear.when) == (
        "elective admissions and day cases",
        "5% more (80% range 0 to 10%)",
        "50% in 2024/25, then 100% from 2025/26",
    )
    assert same_day.about == "emergency admissions of people 65 and over marked: older person with a frailty syndrome"
    assert same_day.amount == "15% (80% range 10 to 20%) become same-day emergency care"
    assert same_day.source == "G section 4A. Owner: The front door"


def test_published_growth_says_that_people_are_in_it() -> None:
    found = {one.name: one for one in assumptions(scenario.load("no-change", SYSTEM), SYSTEM)}
    paget = found["emergency-james-paget"]
    assert paget.about == "emergency admissions and same-day emergency care at James Paget"
    assert paget.amount == (
        "8.1% more each year (80% range 7.1 to 9.1%), with the growth and ageing of the population in it"
    )
    assert found["outpatients"].about == "all outpatient appointments"
    assert found["attendances-norwich"].about == "attendances at emergency departments at Norfolk and Norwich"


@pytest.mark.parametrize("name", scenario.names(SYSTEM))
def test_every_assumption_of_the_systems_own_has_a_source_that_can_be_found(name: str) -> None:
    """A place in G, S or J, a file here, or plainly an own default."""
    for one in assumptions(scenario.load(name, SYSTEM), SYSTEM):
        assert one.source.startswith(("G ", "S ", "J ", "own default", "variants: population.toml")), one
        assert one.about
        assert one.amount
        assert one.when


def test_overrides_of_capacity_are_in_the_log() -> None:
    text = (
        f'{GOOD}\n[capacity]\nsource = "own default"\nbeds.occupancy.medicine = 0.88\ntheatre.days = ["mon", "tue"]\n'
    )
    first, second = (one for one in assumptions(scenario.read(text, SYSTEM), SYSTEM) if one.driver == "capacity")
    assert (first.title, first.amount, first.source) == ("Beds, occupancy, medicine", "0.88", "own default")
    assert second.amount == "mon, tue"


def test_a_variant_that_is_known_no_longer_is_still_told() -> None:
    told = assumptions(small_scenario(population=(("census", 1.0), ("high", 0.0))), SYSTEM)[0]
    assert told.amount == "100% census"


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (Where(), "all activity"),
        (Where(kinds=("emergency",), ages=(0, 17), sexes=(1,)), "emergency admissions of men under 18"),
        (Where(kinds=("emergency",), ages=(65, 84)), "emergency admissions of people 65 to 84"),
        (Where(kinds=("emergency",), ages=(80, 90)), "emergency admissions of people 80 and over"),
        (Where(kinds=("maternity",), sexes=(2,)), "maternity admissions of women"),
        (Where(kinds=("emergency",), nights_at_least=3), "emergency admissions with 3 nights or more"),
        (
            Where(kinds=("diagnostic",), whats=("ct", "mri")),
            "diagnostic tests in computed tomography and magnetic resonance imaging",
        ),
        (
            Where(quintiles=(1, 2)),
            "all activity from the most deprived and second most deprived fifths of neighbourhoods",
        ),
        (
            Where(kinds=("emergency",), sites=("RM102", "RCX")),
            "emergency admissions at Norwich (Colney) and Queen Elizabeth",
        ),
    ],
)
def test_activity_in_words(where: Where, told: str) -> None:
    from wherry.planning.scenario.log import places

    assert words.about(where, places(SYSTEM)) == told


def test_less_is_said_as_less() -> None:
    base = scenario.read(GOOD, SYSTEM)
    falling = replace(base.growth[0], per_year=Interval(-0.02, -0.01))
    gone = replace(base.factors[0], driver="expatriation", factor=Interval(0.8, 0.9))
    fewer = replace(base.factors[1], factor=Interval(0.9, 0.9), phase=Phase(2024, 2024))
    done = tuple(
        replace(base.interventions[0], effect=effect, to="") for effect in ("avoid", "shorten", "theatre_time")
    )
    told = assumptions(replace(base, growth=(falling,), factors=(gone, fewer), interventions=done), SYSTEM)
    assert [one.amount for one in told[2:]] == [
        "1.5% less each year (80% range 1 to 2%), beyond population",
        "15% (80% range 10 to 20%) goes elsewhere",
        "10% less",
        "15% (80% range 10 to 20%) avoided",
        "15% (80% range 10 to 20%) of the nights saved",
        "15% (80% range 10 to 20%) of the theatre minutes of each case saved",
    ]
    assert told[4].when == "all of it from 2024/25"
