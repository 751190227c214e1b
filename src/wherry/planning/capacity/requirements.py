"""What must exist for an outcome: beds, theatre sessions, clinic rooms, cubicles, scanner hours, by run, year and site.

Each is worked out for a site by itself. A trust's or the group's need is the sum of its sites', as if they shared
nothing; what pooling saves is for the simulation of beds to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wherry.planning.capacity import beds
from wherry.planning.capacity.assumptions import Assumptions, days_of
from wherry.planning.capacity.model import Requirement
from wherry.planning.capacity.work import Work, of_baseline, of_outcome
from wherry.reference import diagnostic_tests
from wherry.reference.activity import KINDS

if TYPE_CHECKING:
    from wherry.planning.activity.outcome import Outcome
    from wherry.planning.baseline import Baseline

Floats = npt.NDArray[np.float64]

_PLACE = {code: place for place, code in enumerate(KINDS)}
_PLANNED = ("elective", "day_case")
_MINUTES_OF_DAY = 24 * 60


def requirements(outcome: Outcome, assumptions: Assumptions, baseline: Baseline) -> tuple[Requirement, ...]:
    """What every run and year needs: [run, year, site], beds [run, year, site, ward].

    `baseline` says which month is busiest. `UserError` if nights belong to no ward group or a figure is missing.
    """
    base = of_baseline(baseline, assumptions)
    return required(of_outcome(outcome, assumptions), base, assumptions, baseline.year)


def of_base_year(baseline: Baseline, assumptions: Assumptions) -> tuple[Requirement, ...]:
    """What the baseline itself needs: [site], beds [site, ward]."""
    base = of_baseline(baseline, assumptions)
    return required(base, base, assumptions, baseline.year)


def required(work: Work, base: Work, assumptions: Assumptions, year: int) -> tuple[Requirement, ...]:
    """The requirements of any work whose sites, in their order, are those of the base year."""
    if work.sites != base.sites:
        raise ValueError(f"the work is of sites {work.sites}, the baseline of {base.sites}")
    found = [*_beds(work, base, assumptions, year), *_theatres(work, base, assumptions)]
    found += [_rooms(work, assumptions), _cubicles(work, assumptions, year)]
    found += [_scanner(work, assumptions, test) for test in assumptions.parts("scanner") if test in work.whats]
    return tuple(found)


def _beds(work: Work, base: Work, assumptions: Assumptions, year: int) -> list[Requirement]:
    existing = np.array(
        [[assumptions.maybe(f"beds.existing.{site}.{ward}") for ward in work.wards] for site in work.sites]
    )
    season = {"year": "the year's mean", "busiest_month": "the month that is busiest at the site in the base year"}
    of = {part: season[assumptions.word(f"beds.season.{part}")] for part in ("occupancy", "risk")}
    filled = ", ".join(
        f"{ward.words} {assumptions.number('beds.occupancy', ward.code):.0%}" for ward in assumptions.wards
    )
    risk, variation = assumptions.number("beds.none_free"), assumptions.number("beds.daily_variation")
    weights = beds.bed_weights(base, assumptions, year)
    return [
        Requirement(
            "beds_at_occupancy",
            "beds at the chosen occupancy",
            "beds",
            beds.at_occupancy(work, weights),
            existing,
            f"Nights / {days_of(year)} days / occupancy ({filled}), {of['occupancy']}. Each ward group of each site by "
            "itself; a site's, a trust's and the group's beds are sums. Critical care and day beds are not in it.",
        ),
        Requirement(
            "beds_at_risk",
            "beds so many that one is nearly always free",
            "beds",
            beds.at_risk(work, base, assumptions, year),
            existing,
            f"The fewest beds with which a ward group has none free at {risk:.1%} of moments or less, in {of['risk']}. "
            f"People present are Poisson about a level that varies by {variation:.0%} from day to day; nobody goes "
            "elsewhere when it is full. Sums of ward groups and sites, not pooled. The simulation of beds answers "
            "better.",
        ),
    ]


def _theatres(work: Work, base: Work, assumptions: Assumptions) -> list[Requirement]:
    planned = [_PLACE[kind] for kind in _PLANNED]
    minutes = np.asarray(work.theatre_minutes[..., planned].sum(axis=-1), dtype=np.float64)
    cases = np.asarray(work.count[..., planned].sum(axis=-1), dtype=np.float64)
    session, weeks = assumptions.number("theatre.session_minutes"), assumptions.number("theatre.weeks")
    used = _by_site(work, assumptions, "theatre.utilisation")
    each = _by_site(work, assumptions, "theatre.cases_per_session")
    # A feed without theatre minutes is not a theatre without work.
    silent = base.theatre_minutes[..., planned].sum(axis=-1) == 0
    existing = _existing(work, assumptions, "theatre.existing")
    by_cases = cases / each / weeks
    told = ", ".join(f"{site} {share:.1%}" for site, share in zip(work.sites, used, strict=True))
    aim = assumptions.number("theatre.aim")
    common = (
        f"Minutes of planned operations / {session:g} a session / utilisation / {weeks:g} weeks. Emergency operations "
        "have their own lists and are not in it. A site whose feed has no theatre minutes: cases / cases a session."
    )
    return [
        Requirement(
            "theatre_sessions",
            "theatre sessions",
            "sessions a week",
            np.where(silent, by_cases, minutes / (session * used * weeks)),
            existing,
            f"{common} Utilisation as it is: {told}.",
        ),
        Requirement(
            "theatre_sessions_at_aim",
            "theatre sessions at the utilisation aimed for",
            "sessions a week",
            np.where(silent, by_cases * used / aim, minutes / (session * aim * weeks)),
            existing,
            f"{common} Utilisation {aim:.0%}.",
        ),
    ]


def _rooms(work: Work, assumptions: Assumptions) -> Requirement:
    minutes = np.zeros(work.count.shape[:-1])
    for code, kind in KINDS.items():
        if kind.family == "outpatient":
            usual = assumptions.number(f"clinic.minutes.{code}")
            by_what = np.array(
                [
                    assumptions.number(path) if (path := f"clinic.specialty.{what}.{code}") in assumptions.figures
                    else usual
                    for what in work.whats
                ]
            )  # fmt: skip
            minutes = minutes + work.what_count[..., _PLACE[code], :] @ by_what
    hours, weeks = assumptions.number("clinic.hours_a_week"), assumptions.number("clinic.weeks")
    used = assumptions.number("clinic.utilisation")
    return Requirement(
        "clinic_rooms",
        "clinic rooms",
        "rooms",
        minutes / (60 * hours * weeks * used),
        _existing(work, assumptions, "clinic.existing"),
        f"Appointments x minutes / 60 / ({hours:g} hours a week x {weeks:g} weeks x utilisation {used:.0%}), minutes "
        "by kind and specialty.",
    )


def _cubicles(work: Work, assumptions: Assumptions, year: int) -> Requirement:
    used = assumptions.number("emergency.utilisation")
    spaces = np.zeros(work.count.shape[:-1])
    for code, kind in KINDS.items():
        if kind.family == "attendance":
            minutes = assumptions.number(f"emergency.minutes.{code}")
            minutes *= assumptions.number(f"emergency.share_in_cubicle.{code}")
            opened = assumptions.number(f"emergency.hours_a_day.{code}") * 60 * days_of(year)
            peak = assumptions.number(f"emergency.peak_factor.{code}") * float(assumptions.months(code).max())
            spaces = spaces + work.count[..., _PLACE[code]] * (minutes * peak / opened)
    return Requirement(
        "emergency_cubicles",
        "emergency cubicles",
        "cubicles",
        spaces / used,
        _existing(work, assumptions, "emergency.existing"),
        f"Attendances x minutes in the department x the share of them in a cubicle / minutes that it is open, x the "
        f"fullest hour over the day's mean x the busiest month over the year's / utilisation {used:.0%}; each type by "
        "itself, then added.",
    )


def _scanner(work: Work, assumptions: Assumptions, test: str) -> Requirement:
    path = f"scanner.{test}"
    minutes, used = assumptions.number(f"{path}.minutes"), assumptions.number(f"{path}.utilisation")
    opened = assumptions.number(f"{path}.hours_a_week")
    tests = np.asarray(work.what_count[..., _PLACE["diagnostic"], work.whats.index(test)], dtype=np.float64)
    words = diagnostic_tests.words(test)
    return Requirement(
        f"scanner_hours_{test}",
        f"scanner hours, {words}",
        "hours a week",
        tests * (minutes / 60 / used / 52),
        _existing(work, assumptions, f"{path}.existing") * opened,
        f"Tests x {minutes:g} minutes / 60 / utilisation {used:.0%} / 52 weeks. One scanner open {opened:g} hours a "
        "week gives as many hours.",
    )


def _by_site(work: Work, assumptions: Assumptions, path: str) -> Floats:
    return np.array([assumptions.site_number(path, site) for site in work.sites])


def _existing(work: Work, assumptions: Assumptions, path: str) -> Floats:
    return np.array([assumptions.maybe(f"{path}.{site}") for site in work.sites])
