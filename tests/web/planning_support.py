"""A finished run of a plan, its answers made by hand, for tests of screens: two sites of one trust, one of another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from wherry.planning.answers.files import RUNS
from wherry.planning.answers.model import (
    GROUP,
    Answers,
    Assumption,
    Fan,
    Gap,
    Return,
    Spread,
    Step,
    Swing,
    Waterfall,
)
from wherry.planning.answers.runs import Measure, Runs
from wherry.planning.answers.tables import runs_table
from wherry.web.access.models import User
from wherry.web.planning import store
from wherry.web.planning.models import PlanRun, RunState, ScenarioVersion

#: Places of the handmade answers; Cromer has no beds.
PLACES = (
    (GROUP, "All sites"),
    ("RM1", "Norfolk and Norwich"),
    ("RGP", "James Paget"),
    ("RM102", "Norwich"),
    ("RM131", "Cromer"),
    ("RGP75", "Gorleston"),
)
BASE, HORIZON = 2023, 2026
#: What each place has of the whole.
SHARE = {GROUP: 1.0, "RM1": 0.7, "RGP": 0.3, "RM102": 0.6, "RM131": 0.1, "RGP75": 0.3}
#: Measure: words, unit, base for all sites, growth a year.
MEASURES = {
    "emergency": ("Emergency admissions", "spells", 100_000, 0.02),
    "elective": ("Elective admissions", "spells", 20_000, 0.01),
    "day_case": ("Day cases", "spells", 90_000, 0.015),
    "outpatient_first": ("First outpatient appointments", "appointments", 400_000, 0.02),
    "attendance_type_1": ("Attendances at major emergency departments", "attendances", 300_000, 0.013),
    "nights": ("Nights in bed", "nights", 600_000, 0.018),
    "beds": ("Beds filled at midnight", "beds", 1_640, 0.018),
    "beds_at_occupancy": ("Beds at the chosen occupancy", "beds", 1_783, 0.018),
    "theatre_sessions": ("Theatre sessions", "sessions a week", 480, 0.011),
    "clinic_rooms": ("Clinic rooms", "rooms", 160, 0.02),
    "emergency_cubicles": ("Emergency cubicles", "cubicles", 96, 0.013),
    "scanner_hours_ct": ("CT scanner hours", "hours a week", 900, 0.03),
}
#: What the handmade scenario says; the reader of scenarios is not asked about it here.
TEXT = 'name = "handmade"\ntitle = "A handmade plan"\n'


def spread(middle: float, wide: float = 0.05) -> Spread:
    """A spread around a middle, by a share of its size."""
    half = abs(middle) * wide
    return Spread(middle - half, middle, middle + half, middle)


def fan(measure: str, place: str, growth: float | None = None) -> Fan:
    """One measure at one place, growing evenly; its range widens by the year."""
    words, unit, base, own = MEASURES[measure]
    rate, start = own if growth is None else growth, base * SHARE[place]
    points = tuple(
        (year, spread(start * (1 + rate) ** (year - BASE), 0.01 * (year - BASE))) for year in range(BASE, HORIZON + 1)
    )
    return Fan(measure, words, unit, place, start, points)


def _gap(place: str, ward: str, words: str, existing: float | None, needed: float, enough: float | None) -> Gap:
    missing = None if existing is None else spread(needed - existing, 0.4)
    need = spread(needed, 0.03)
    return Gap("beds_at_occupancy", words, "beds", place, ward, HORIZON, existing, need, missing, enough)


def _gaps() -> tuple[Gap, ...]:
    beds = "Beds at the chosen occupancy"
    return (
        _gap(GROUP, "", beds, 1_750.0, 1_881.0, 0.04),
        _gap("RM1", "", beds, 1_225.0, 1_317.0, 0.06),
        _gap("RM102", "", beds, 1_225.0, 1_317.0, 0.06),
        _gap("RM102", "medicine", beds, 700.0, 790.0, 0.02),
        _gap("RM102", "surgery", beds, 525.0, 527.0, 0.45),
        _gap("RGP", "", beds, 525.0, 564.0, 0.1),
        _gap("RGP75", "", beds, 525.0, 564.0, 0.1),
        _gap("RGP75", "medicine", beds, 325.0, 374.0, 0.03),
        _gap("RGP75", "surgery", beds, 200.0, 190.0, 0.93),
        Gap("clinic_rooms", "Clinic rooms", "rooms", GROUP, "", HORIZON, None, spread(170.0), None, None),
    )


def _waterfall(place: str) -> Waterfall:
    size = SHARE[place]
    steps = (
        Step("population", "More people, and older", "population", spread(105 * size, 0.2)),
        Step("growth-emergency", "Growth in emergency admissions", "growth", spread(60 * size, 0.5)),
        Step("virtual-wards", "Virtual wards", "intervention", spread(-67 * size, 0.3)),
    )
    return Waterfall("beds", "Beds filled at midnight", "beds", place, 1_640 * size, steps, spread(1_738 * size, 0.03))


def _breakdowns() -> tuple[Fan, ...]:
    parts = {
        "what": {"General medicine": 0.6, "Trauma and orthopaedics": 0.4},
        "age": {"0 to 17": 0.1, "18 to 64": 0.3, "65 and older": 0.6},
        "sex": {"men": 0.48, "women": 0.52},
        "quintile": {"1, most deprived": 0.3, "2 to 5": 0.65, "not known": 0.05},
    }
    out = []
    for measure in ("emergency", "nights"):
        for place in (GROUP, "RGP75"):
            whole = fan(measure, place)
            for by, shares in parts.items():
                for label, share in shares.items():
                    points = tuple((year, _times(value, share)) for year, value in whole.points)
                    out.append(replace(whole, base=whole.base * share, points=points, by=by, label=label))
    return tuple(out)


def _times(value: Spread, share: float) -> Spread:
    return Spread(value.low * share, value.middle * share, value.high * share, value.mean * share)


def handmade_answers(*, scenario: str = "handmade", title: str = "A handmade plan", seed: int = 1) -> Answers:
    """Answers of which every number can be checked by hand."""
    beds = fan("beds_at_occupancy", GROUP).points[-1][1]
    return Answers(
        scenario=scenario,
        title=title,
        question="How many beds will be needed in 2026/27 if people grow older and virtual wards open?",
        base_year=BASE,
        horizon_year=HORIZON,
        runs=64,
        seed=seed,
        headline=f"In 2026/27 the three sites need {beds.middle:,.0f} beds (80% range {beds.low:,.0f} to "
        f"{beds.high:,.0f}); they have 1,750.",
        places=PLACES,
        fans=tuple(fan(measure, place) for measure in MEASURES for place, _ in PLACES),
        gaps=_gaps(),
        waterfalls=tuple(_waterfall(place) for place, _ in PLACES),
        returns=(
            Return(
                "virtual-wards",
                "Virtual wards",
                GROUP,
                spread(67.0, 0.3),
                spread(24_500.0, 0.3),
                71.0,
                (("emergency", spread(0.0)),),
                "own default",
            ),
        ),
        tornado=(
            Swing("growth-emergency", "Growth in emergency admissions", GROUP, 0.01, 0.03, 1_800.0, 1_960.0, 1_881.0),
            Swing("virtual-wards", "Virtual wards", GROUP, 0.02, 0.06, 1_905.0, 1_855.0, 1_881.0),
        ),
        breakdowns=_breakdowns(),
        assumptions=(
            Assumption(
                "growth-emergency",
                "Growth in emergency admissions",
                "growth",
                "emergency admissions, every site",
                "1% to 3% a year",
                "2024/25 to 2026/27",
                "own default",
            ),
            Assumption(
                "virtual-wards",
                "Virtual wards",
                "intervention",
                "nights of spells marked virtual ward",
                "2% to 6% fewer",
                "from 2024/25, in full 2025/26",
                "own default",
            ),
        ),
        notes=("Nights are the date of discharge less the date of admission.",),
        baseline="2023/24, artificial: a full year made by hand.",
        seconds=1.5,
    )


def as_kept(answers: Answers) -> dict[str, object]:
    """Answers as the database gives them back."""
    kept: dict[str, object] = json.loads(json.dumps(asdict(answers)))
    return kept


def asker() -> User:
    """Whoever asked for the handmade runs."""
    user, _ = User.objects.get_or_create(username="asker-of-plans", defaults={"first_name": "Test"})
    return user


def values_of(found: Fan, runs: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Runs' own values whose 80% range and middle are those of a fan: [run, year], evenly spread."""
    at = np.linspace(-1.25, 1.25, runs)[:, None]
    middle = np.array([value.middle for _, value in found.points])
    return middle + at * np.array([value.high - value.middle for _, value in found.points])


def runs_of(answers: Answers) -> Runs:
    """Every run's own values at the sites, of which those of the trusts and the group are the sums."""
    fans = {(one.measure, one.place): one for one in answers.fans}
    sites = ("RM102", "RM131", "RGP75")
    measures = []
    for code, (words, unit, _, _) in MEASURES.items():
        values = np.stack([values_of(fans[code, site], answers.runs) for site in sites], axis=-1)
        measures.append(Measure(code, words, unit, values, np.array([fans[code, site].base for site in sites])))
    years = tuple(range(BASE, HORIZON + 1))
    return Runs(answers.scenario, answers.seed, years, sites, ("RM1", "RM1", "RGP"), tuple(measures))


def write_files(pk: int, answers: Answers) -> None:
    """The files of a run in the working folder, as small as they can be."""
    with store.writing(pk) as folder:
        book = xlsxwriter.Workbook(str(folder / store.WORKBOOK))
        book.add_worksheet("Answers").write_string(0, 0, answers.headline)
        book.close()
        (folder / store.TABLES).mkdir()
        pq.write_table(pa.table({"year": [BASE, HORIZON]}), folder / store.TABLES / "fans.parquet")
        pq.write_table(runs_table(runs_of(answers)), folder / store.TABLES / RUNS)


def made_version(slug: str = "handmade", number: int = 1, text: str = TEXT) -> ScenarioVersion:
    """A saved version of a scenario, as the editor leaves it."""
    return ScenarioVersion.objects.create(
        slug=slug,
        number=number,
        title="A handmade plan",
        text=text,
        why="to try it",
        saved_by=asker(),
        saved_by_name="PLANNER, Test",
        saved_at=datetime.now(UTC),
    )


def made_plan_run(
    state: str = RunState.DONE,
    *,
    answers: Answers | None = None,
    slug: str = "handmade",
    number: int = 0,
    text: str = TEXT,
    failure: str = "",
    worker: str = "",
    seen_at: datetime | None = None,
    kind: str = "plan",
    result: object = None,
    asked: Sequence[tuple[str, object]] = (),
) -> PlanRun:
    """A run as a worker leaves it, without one; its files are written unless its result is given."""
    now, done = datetime.now(UTC), state == RunState.DONE
    kept = answers or handmade_answers(scenario=slug)
    made = PlanRun.objects.create(
        kind=kind,
        slug=slug,
        number=number,
        title=kept.title,
        text=text,
        asked=dict(asked),
        baseline="Activity of 2023/24, load 1: everybody in it is artificial." if done else "",
        headline=kept.headline if done and result is None else "",
        asked_by=asker(),
        asked_by_name="PLANNER, Test",
        asked_at=now,
        state=state,
        progress="",
        done_share=1.0 if done else 0.0,
        worker=worker,
        started_at=None if state == RunState.WAITING else now,
        seen_at=seen_at or (None if state == RunState.WAITING else now),
        finished_at=now if state in (RunState.DONE, RunState.FAILED) else None,
        failure=failure,
        result=(result if result is not None else as_kept(kept)) if done else None,
    )
    if done and result is None:
        write_files(made.pk, kept)
    return made
