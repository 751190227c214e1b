"""Answers of the bed simulation made by hand, for tests of screens: two sites, two ward groups, every question."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from planning_support import made_plan_run

from wherry.planning.beds.answers import (
    GROUP,
    BedsAnswers,
    BedsFor,
    BedsForRow,
    BedsOutcome,
    Estimate,
    HourRow,
    MonthRow,
    MoreBeds,
    MoreBedsRow,
    Pooling,
    PoolingRow,
    SiteRow,
    Stopping,
    WardRow,
    WarmUp,
    Winter,
    WinterRow,
    as_json,
)
from wherry.web.planning.models import PlanRun, RunState

PLACES = (("RM102", "Norwich"), ("RGP75", "Gorleston"), (GROUP, "the group"))
BEDS = {"RM102": 900.0, "RGP75": 500.0, GROUP: 1400.0}


def about(mean: float, wide: float = 0.05) -> Estimate:
    """An estimate around a mean."""
    return Estimate(mean, abs(mean) * wide / 2, mean - abs(mean) * wide, mean + abs(mean) * wide)


def outcome(*, steady: bool = True) -> BedsOutcome:
    """A simulated year."""
    sites = tuple(
        SiteRow(
            place=place, words=words, beds=BEDS[place], offered=BEDS[place] * 0.93, occupied=about(BEDS[place] * 0.91),
            occupancy=about(0.914, 0.01), time_full=about(0.02), days_full=about(0.061), days_boarding=about(0.5),
            emergencies=about(40_000), boarded=about(4_321), boarded_share=about(0.108), mean_wait=about(3.4),
            boarding=about(1.7), over_4_hours=about(1_210), over_12_hours=about(87), planned=about(9_000),
            cancelled=about(321), cancelled_share=about(0.036), outliers=about(2_222), transferred_out=about(0.0),
            ready_share=about(0.14),
        )
        for place, words in PLACES
    )  # fmt: skip
    wards = tuple(
        WardRow(
            place=place, ward=ward, words=words, beds=100.0, offered=91.0, occupied=about(90.0), occupancy=about(0.9),
            time_full=about(0.1), days_full=about(0.2), patients=about(9_000), outliers=about(456),
            spread=((80, 0.1), (90, 0.8), (99, 0.1)),
        )
        for place in ("RM102", "RGP75")
        for ward, words in (("medicine", "medicine"), ("surgery", "surgery"))
    )  # fmt: skip
    return BedsOutcome(
        title="As it was, 2023/24",
        scenario="",
        year=2023,
        seed=5,
        replications=12,
        days=365,
        patients=123_456,
        warm_up=WarmUp(35, "Begun empty; 35 days are left out.", tuple(map(float, range(364))), (900.0,) * 364),
        stopping=Stopping("boarding", 0.1, 0.08, True, "Boarding is known to within 8% of its mean."),
        conserved=True,
        steady=steady,
        wards=wards,
        sites=sites,
        hours=tuple(
            HourRow(place, hour, BEDS[place] * 0.9 + hour, hour / 10) for place, _ in PLACES for hour in range(24)
        ),
        months=tuple(
            MonthRow(place, month, BEDS[place], about(0.9 + month / 200), about(300), about(7), about(20))
            for place, _ in PLACES
            for month in range(1, 13)
        ),
        assumptions=(("rules.cleaning_hours", "1.0", "own default"),),
        notes=("More people need a bed than there are beds.",) if not steady else ("A stay begins when the bed does.",),
        seconds=2.0,
    )


def beds_for(measure: Any, target: float, more: int) -> BedsFor:
    """Beds for a target."""
    rows = tuple(
        BedsForRow(
            place, words, BEDS[place], int(BEDS[place]) + more, BEDS[place] * 1.01, about(0.9), about(0.01),
            about(0.07), about(0.1), int(BEDS[place]) + more - 4, int(BEDS[place]) + more + 5,
        )
        for place, words in PLACES
    )  # fmt: skip
    by_ward = tuple((place, ward, 450 + more) for place in ("RM102", "RGP75") for ward in ("medicine", "surgery"))
    notes = ("General and acute ward groups alone.",)
    return BedsFor(measure, target, "nights / days of the year / 92%", rows, by_ward, notes)


def answers(question: str) -> list[BedsAnswers]:
    """What a question of the page is answered."""
    made = BedsAnswers("as_it_is", "As it was, 2023/24", f"The headline of {question}.", "", 2023, PLACES, outcome())
    if question == "enough":
        by_risk = replace(made, question="risk", outcome=None, beds_for=beds_for("days_full", 0.01, 90))
        return [replace(made, question="occupancy", beds_for=beds_for("occupancy", 0.92, 20)), by_risk]
    if question == "pooling":
        rows = (
            PoolingRow("none", "each site by itself", None, about(1500), about(0.0), about(0.0), about(0.9)),
            PoolingRow("full", "another site's bed at once", None, about(1450), about(50), about(777), about(0.93)),
        )
        by_site = (("RM102", 960.0), ("RGP75", 540.0))
        return [replace(made, question="pooling", pooling=Pooling(0.01, "1.0% wait", rows, by_site, ("Paired.",)))]
    if question == "winter":
        months = tuple(
            WinterRow(month, about(0.9 + month / 200), about(0.91), about(400), about(300), about(40), about(30))
            for month in range(1, 13)
        )
        cold = Winter(months, about(1500), about(1470), about(30), "1.0% wait", ("Weekdays stay.",))
        return [replace(made, question="winter", winter=cold)]
    if question == "more":
        steps = tuple(
            MoreBedsRow(
                place, words, more, BEDS[place] + more, about(0.9), about(0.1), about(4000 - 30 * more),
                about(87 - more), about(321 - more), about(-30.0 * more), about(-1.0 * more), about(-1.0 * more),
            )
            for place, words in PLACES
            for more in (0, 10, 20, 30)
        )  # fmt: skip
        return [replace(made, question="more", more=MoreBeds(steps, ("Patients alike.",)))]
    return [made]


def made_beds_run(question: str = "as_it_is", state: str = RunState.DONE, **changed: Any) -> PlanRun:
    """A question as a worker leaves it, without one."""
    asked = {"question": question, "slug": "", "number": 0, "year": 0, "occupancy": 0.92, "risk": 0.01}
    result = {"answers": json.loads(json.dumps([as_json(one) for one in answers(question)]))}
    given = {"slug": "", "kind": "beds", "result": result, "asked": tuple(asked.items())} | changed
    return made_plan_run(state, **given)
