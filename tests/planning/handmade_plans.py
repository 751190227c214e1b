"""A small year of activity, a projection and a scenario, made by hand from plain rules: no files, quick, always alike.

Three sites (Cromer is left out), every kind of activity, some 350 cells. `small_baseline` takes `times` to make every
count so many times larger, `small_scenario` any part that a test wants otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from wherry.planning.baseline import Baseline
from wherry.planning.capacity.model import WardGroup
from wherry.planning.population import Projection
from wherry.planning.scenario.model import (
    Factor,
    Growth,
    HealthStatus,
    Interval,
    Intervention,
    Phase,
    Scenario,
    Where,
)
from wherry.reference.activity import KINDS, marker_bits

SITES = ("RM102", "RGP75", "RCX70")
TRUSTS = ("RM1", "RGP", "RCX")
SITE_WORDS = ("Norwich (Colney)", "Gorleston", "King's Lynn")
WHATS = ("", "100", "110", "130", "300", "320", "420", "430", "501", "ct", "mri", "gastroscopy")
WARDS = (
    WardGroup("maternity", "Maternity", kinds=("maternity",)),
    WardGroup("children", "Children", ages=(0, 17)),
    WardGroup("older", "Older people", whats=("430",)),
    WardGroup("surgery", "Surgery", whats=("100", "110", "130")),
    WardGroup("medicine", "Medicine"),
)

#: Site, kind, what, age, sex, quintile, nights, theatre minutes, markers, count.
Row = tuple[int, str, str, int, int, int, int, int, int, int]


def _rows() -> list[Row]:
    rows: list[Row] = []

    def add(
        site: int, kind: str, what: str, age: int, *, nights: int = 0, minutes: int = 0, marks: str = "", n: int
    ) -> None:
        number = len(rows)
        sex = 2 if kind == "maternity" and age > 0 else 1 + number % 2
        quintile = number % 6
        rows.append((site, kind, what, age, sex, quintile, nights, minutes, marker_bits(marks), n))

    for site in range(len(SITES)):
        size = (5, 3, 2)[site]
        for age, nights in product((2, 30, 55, 70, 80, 90), (0, 1, 4, 12, 30)):
            what = "420" if age < 18 else "430" if age >= 80 else ("300", "100", "320")[(age + nights) % 3]
            marks = [
                *(["frailty"] if age >= 75 else []),
                *(["same_day"] if nights <= 1 else []),
                *(["ambulatory"] if nights == 4 else []),
                *(["delayed", "virtual_ward"] if nights >= 12 else []),
            ]
            count = size * max(1, (12 + age // 5) // (1 + nights // 2))
            add(site, "emergency", what, age, nights=nights, marks="+".join(marks), n=count)
        for age, what, nights in product((10, 40, 60, 75), ("110", "100"), (0, 1, 3, 7)):
            mark = "day_case_suitable" if nights <= 1 else ""
            add(site, "elective", what, age, nights=nights, minutes=60 + 15 * nights, marks=mark, n=size * 2)
        for age, what in product((10, 40, 60, 75), ("130", "100")):
            add(site, "day_case", what, age, minutes=45, n=size * 10)
        for age, nights in product((22, 30, 38), (0, 1, 3)):
            minutes = 60 if nights == 3 else 0
            add(site, "maternity", "501", age, nights=nights, minutes=minutes, n=size * 4)
        add(site, "maternity", "501", 0, nights=2, n=size * 9)
        for age in (30, 60, 85):
            add(site, "sdec", "430" if age > 80 else "300", age, marks="frailty" if age > 80 else "", n=size * 8)
        outpatients = ("outpatient_first", "outpatient_follow_up", "outpatient_procedure", "outpatient_virtual")
        for kind, age, what in product(outpatients, (10, 45, 78), ("110", "320")):
            add(site, kind, what, age, n=size * (40 if kind == "outpatient_follow_up" else 15))
        for age in (1, 20, 50, 66, 77, 90):
            add(site, "attendance_type_1", "", age, n=size * 30)
        for age in (20, 50, 80):
            if site == 0:
                add(site, "attendance_type_2", "", age, n=5)
            add(site, "attendance_type_3", "", age, n=size * 11)
        for test, age in product(("ct", "mri", "gastroscopy"), (25, 60, 80)):
            add(site, "diagnostic", test, age, n=size * 12)
    return rows


def small_baseline(times: int = 1) -> Baseline:
    """The year 2023/24 of three small hospitals; every count `times` as large."""
    rows = _rows()
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    site, kind, what, age, sex, quintile, nights, minutes, markers, count = columns
    kinds = list(KINDS)
    ward = [_ward(str(row[1]), str(row[2]), int(row[3]), int(row[6])) for row in rows]
    return Baseline(
        year=2023,
        sites=SITES,
        trust_of=TRUSTS,
        site_words=SITE_WORDS,
        whats=WHATS,
        wards=tuple(group.code for group in WARDS),
        site=site.astype(np.int64),
        kind=np.array([kinds.index(str(code)) for code in kind], dtype=np.int64),
        what=np.array([WHATS.index(str(code)) for code in what], dtype=np.int64),
        ward=np.array(ward, dtype=np.int64),
        age=age.astype(np.int64),
        sex=sex.astype(np.int64),
        quintile=quintile.astype(np.int64),
        nights=nights.astype(np.int64),
        theatre_minutes=minutes.astype(np.int64),
        markers=markers.astype(np.int64),
        count=count.astype(np.int64) * times,
        system="norfolk-waveney",
        load_id="handmade",
        notes=("Made by hand for tests.",),
    )


def _ward(kind: str, what: str, age: int, nights: int) -> int:
    if nights == 0 or not KINDS[kind].nights:
        return -1
    codes = [group.code for group in WARDS]
    if kind == "maternity":
        return codes.index("maternity")
    if age < 18:
        return codes.index("children")
    if what == "430":
        return codes.index("older")
    return codes.index("surgery" if what in ("100", "110", "130") else "medicine")


def small_projection() -> Projection:
    """Two variants, 2023 to 2033: people of 65 and older become more by 1.7% and by 2.2% a year, of 85 and older by
    3.9% and 4.5%; younger people stay as they are, and births fall by 1% a year or not at all."""
    years = tuple(range(2023, 2034))
    age = np.arange(91)
    start = np.where(age == 90, 12_000.0, np.clip(13_000 - 120.0 * np.clip(age - 60, 0, None), 2_000, None))
    since = np.arange(len(years), dtype=float)
    people = np.empty((2, len(years), 91, 2))
    for place, (old, oldest) in enumerate(((1.017, 1.039), (1.022, 1.045))):
        growth = np.where(age >= 85, oldest, np.where(age >= 65, old, 1.0))
        both = start * growth ** since[:, None]
        people[place] = np.stack([both * 0.49, both * 0.51], axis=-1)
    births = np.stack([9_000 * 0.99**since, np.full(len(years), 9_000.0)])
    gain = np.stack([np.stack([0.1 * since, 0.08 * since], axis=-1), np.stack([0.15 * since, 0.12 * since], axis=-1)])
    return Projection(("principal", "high"), years, people, births, gain, ("Made by hand for tests.",))


def small_scenario(**changes: Any) -> Scenario:
    """Ten years of growth, one repatriation, and four interventions: avoid, shorten, convert, theatre time."""
    told = "Made by hand for tests."
    share = {"least": 0.0, "most": 1.0}
    scenario = Scenario(
        name="small",
        title="A small scenario",
        question="What would three small hospitals need?",
        base_year=2023,
        horizon_year=2033,
        runs=64,
        seed=5,
        population=(("principal", 0.75), ("high", 0.25)),
        population_source=told,
        health_status=HealthStatus(Interval(0.2, 0.6, **share), told),
        growth=(
            Growth(
                "emergency_growth", "More emergencies", Where(kinds=("emergency", "sdec")), Interval(0.0, 0.01),
                2024, 2033, False, told,
            ),
            Growth(
                "attendance_growth", "More attendances",
                Where(kinds=("attendance_type_1", "attendance_type_2", "attendance_type_3")),
                Interval(0.012, 0.014), 2024, 2028, False, told,
            ),
            Growth(
                "elective_published", "Elective growth as published, people included",
                Where(kinds=("elective", "day_case"), sites=("RGP",)), Interval(0.02, 0.026), 2024, 2033, True, told,
            ),
        ),
        factors=(
            Factor(
                "eyes_come_back", "Eye operations come back", "repatriation",
                Where(kinds=("day_case",), sites=("RM1",), whats=("130",)),
                Interval(1.05, 1.15, 1.0, 5.0), Phase(2025, 2026), told,
            ),
        ),
        interventions=(
            Intervention(
                "falls_response", "Answer falls at home", "avoid",
                Where(kinds=("emergency",), ages=(75, 90), markers=("frailty",)),
                Interval(0.05, 0.15, **share), Phase(2025, 2028), told,
            ),
            Intervention(
                "shorter_stays", "Shorter stays of older people", "shorten",
                Where(kinds=("emergency",), sites=("RGP75", "RCX70"), ages=(65, 90), nights_at_least=3),
                Interval(0.1, 0.2, **share), Phase(2024, 2027), told,
            ),
            Intervention(
                "frailty_same_day", "Frailty same-day care", "convert",
                Where(kinds=("emergency",), ages=(75, 90), markers=("same_day",)),
                Interval(0.2, 0.4, **share), Phase(2024, 2026), told, to="sdec",
            ),
            Intervention(
                "theatre_pace", "Quicker theatres", "theatre_time", Where(kinds=("elective", "day_case")),
                Interval(0.02, 0.06, **share), Phase(2024, 2025), told,
            ),
        ),
    )  # fmt: skip
    return replace(scenario, **changes)
