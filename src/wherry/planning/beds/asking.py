"""Ask a question of a year: the whole answer, with a headline, as a page or a command shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from wherry.errors import UserError
from wherry.planning.answers.model import GROUP
from wherry.planning.beds import questions
from wherry.planning.beds.adding import more_beds
from wherry.planning.beds.answers import (
    BedsAnswers,
    BedsFor,
    BedsOutcome,
    MoreBeds,
    Pooling,
    Question,
    SiteRow,
    Winter,
)
from wherry.planning.beds.runner import Told, simulate
from wherry.planning.beds.settings import Settings
from wherry.planning.beds.spec import BedsSpec
from wherry.planning.scenario.model import year_words

#: Every question in words.
QUESTIONS: dict[Question, str] = {
    "as_it_is": "How full are the wards, and who waits?",
    "occupancy": "How many beds keep occupancy at the target?",
    "risk": "How many beds leave few days without a free bed?",
    "pooling": "What do the sites gain by taking each other's patients?",
    "winter": "What does winter do?",
    "more": "What would 10, 20 and 30 beds more do?",
}


def ask(
    question: Question,
    spec: BedsSpec,
    settings: Settings,
    *,
    occupancy: float = 0.92,
    seed: int | None = None,
    workers: int | None = None,
    progress: Told | None = None,
) -> BedsAnswers:
    """The answer to one question, with what the year looks like beside it. UserError for a question nobody knows."""
    if question not in get_args(Question):
        raise UserError(f"{question!r} is not a question. There are: {', '.join(get_args(Question))}.")
    run = settings.run
    chance = int(run["seed"]) if seed is None else seed
    risk = float(run["risk"])
    tell = progress or (lambda _words, _share: None)
    outcome = simulate(
        spec,
        seed=chance,
        measure=str(run["measure"]),
        wanted=float(run["half_width"]),
        least=int(run["least"]),
        most=int(run["most"]),
        workers=workers,
        progress=lambda words, part: tell(words, 0.5 * part),
    )

    def later(words: str, part: float) -> None:
        tell(words, 0.5 + 0.5 * part)

    made = BedsAnswers(
        question=question,
        title=spec.title,
        headline="",
        scenario=spec.scenario,
        year=spec.year,
        places=(*((site, spec.words_of(site)) for site in spec.sites), (GROUP, "the group")),
        outcome=outcome,
    )
    if question == "occupancy":
        beds = questions.beds_for(spec, occupancy=occupancy, seed=chance, workers=workers, progress=later)
        return replace(made, beds_for=beds, headline=_beds_said(beds, spec.year))
    if question == "risk":
        beds = questions.beds_for(
            spec, full_days=risk, formula_occupancy=occupancy, seed=chance, workers=workers, progress=later
        )
        return replace(made, beds_for=beds, headline=_beds_said(beds, spec.year))
    if question == "pooling":
        hours = (spec.pooling_hours,)
        shared = questions.pooling(spec, risk=risk, hours=hours, seed=chance, workers=workers, progress=later)
        return replace(made, pooling=shared, headline=pooling_said(shared))
    if question == "winter":
        cold = questions.winter(spec, risk=risk, seed=chance, workers=workers, progress=later)
        return replace(made, winter=cold, headline=_winter_said(cold))
    if question == "more":
        more = more_beds(spec, seed=chance, workers=workers, progress=later)
        return replace(made, more=more, headline=_more_said(more))
    return replace(made, headline=_year_said(outcome))


def group_of(outcome: BedsOutcome) -> SiteRow:
    """The row of the group."""
    return next(row for row in outcome.sites if row.place == GROUP)


def _year_said(outcome: BedsOutcome) -> str:
    group = group_of(outcome)
    return (
        f"In {year_words(outcome.year)}, {group.occupancy.mean:.0%} of {group.beds:,.0f} beds are filled, "
        f"{group.boarded_share.mean:.0%} of emergencies wait for a bed, {group.over_12_hours.mean:,.0f} over 12 "
        f"hours in a year, and {group.cancelled.mean:,.0f} planned admissions are cancelled for want of one."
    )


def _beds_said(beds: BedsFor, year: int) -> str:
    group = next(row for row in beds.rows if row.place == GROUP)
    target = (
        f"an occupancy of {beds.target:.0%}"
        if beds.measure == "occupancy"
        else f"no more than {beds.target:.0%} of days full at each site"
    )
    if group.simulated is None:
        return f"No number of beds that was tried gives {target} at every site."
    there = "" if group.existing is None else f" There are {group.existing:,.0f}."
    return (
        f"For {target} in {year_words(year)} the group needs {group.simulated:,} general and acute beds; the formula "
        f"({beds.formula_words}) says {group.formula:,.0f}.{there}"
    )


def pooling_said(found: Pooling) -> str:
    """The rule that saves most, or that none saves any beds that can be told from chance."""
    row = max((one for one in found.rows if one.rule != "none"), key=lambda one: one.saved.mean)
    width = row.saved.half_width
    sure = "" if width is None else f" (give or take {width:.0f})"
    how = f"{row.words}, {row.transfers.mean:,.0f} transfers a year"
    if row.saved.mean <= (width or 0.0):
        return (
            f"Taking each other's patients saves no beds that can be told from chance at the same risk, the journey "
            f"counted as waiting: {row.saved.mean:.0f}{sure} at best ({how})."
        )
    return (
        f"Taking each other's patients saves {row.saved.mean:.0f} beds{sure} at the same risk, the journey counted as "
        f"waiting ({how})."
    )


def _winter_said(found: Winter) -> str:
    worst = max(found.rows, key=lambda row: row.boarded.mean)
    months = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    )  # fmt: skip
    return (
        f"The seasons take {found.more_beds.mean:.0f} beds more than a level year for the same risk. "
        f"{months[worst.month - 1]} is the worst month: {worst.boarded.mean:,.0f} wait for a bed."
    )


def _more_said(found: MoreBeds) -> str:
    rows = [row for row in found.rows if row.place == GROUP and row.more > 0]
    parts = [
        f"{row.more} beds more: {-row.change_over_12_hours.mean:,.0f} fewer wait over 12 hours, "
        f"{-row.change_cancelled.mean:,.0f} fewer are cancelled"
        for row in rows
    ]
    return "; ".join(parts) + "." if parts else "No beds more were asked for."
