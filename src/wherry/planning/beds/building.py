"""From a year of activity, or a year of a scenario's outcome, to a specification of the bed simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.planning.activity.outcome import Outcome
from wherry.planning.baseline import Baseline
from wherry.planning.beds.settings import Settings
from wherry.planning.beds.settings import load as load_settings
from wherry.planning.beds.spec import BedsSpec, Flow, Profile, Stay
from wherry.planning.capacity import assumptions as capacity
from wherry.planning.scenario.model import year_words
from wherry.reference.activity import KINDS
from wherry.reference.system import System

Floats = npt.NDArray[np.float64]

#: Longest stay that the simulation tells apart, in nights; longer ones count as this.
LONGEST = 400
_KINDS = list(KINDS)
_PLANNED = frozenset({"elective"})


def spec_of(
    baseline: Baseline,
    system: System | str,
    *,
    outcome: Outcome | None = None,
    year: int | None = None,
    settings: Settings | None = None,
    **changes: Any,
) -> BedsSpec:
    """A specification: who comes and how long they stay from the baseline, everything else from the system's files.

    With an outcome (and one of its years), arrivals and mean nights of each site, ward group and kind are those of
    the mean of its runs; the shape of stays is the baseline's, each night kept (or added) by itself. Beds are the
    existing ones of `capacity.toml`; a site without any is left out. `changes` are parameters of `BedsSpec`.
    """
    use = settings or load_settings(system)
    held = capacity.load(system, outcome.scenario.capacity if outcome else ())
    codes = tuple(ward.code for ward in use.wards)
    if baseline.wards != codes:
        raise UserError(f"The baseline has ward groups {', '.join(baseline.wards)}; the system {', '.join(codes)}.")
    counts = _nights(baseline)
    factor, ratio = _grown(baseline, outcome, year)
    beds = np.array([[held.maybe(f"beds.existing.{site}.{ward}") for ward in codes] for site in baseline.sites])
    places = [n for n in range(len(baseline.sites)) if np.nansum(beds[n]) > 0]
    if not places or np.isnan(beds[places]).any():
        raise UserError("capacity.toml does not say how many beds each site has ([beds.existing]). Nothing was run.")
    days = capacity.days_of(baseline.year)
    flows: list[Flow] = []
    for n in places:
        for w, ward in enumerate(codes):
            for k, kind in enumerate(_KINDS):
                people = counts[n, k, w].sum() * factor[n, k, w]
                if people > 0:
                    shares = counts[n, k, w] / counts[n, k, w].sum()
                    stay = Stay("nights", changed_nights(shares, ratio[n, k, w]))
                    flows.append(Flow(baseline.sites[n], ward, kind, people / days, stay, kind, kind in _PLANNED))
    which = year if outcome else baseline.year
    base: dict[str, Any] = {
        "sites": tuple(baseline.sites[n] for n in places),
        "site_words": tuple(baseline.site_words[n] for n in places),
        "wards": use.wards,
        "beds": tuple(tuple(round(float(one)) for one in beds[n]) for n in places),
        "flows": tuple(flows),
        "profiles": tuple(_profile(kind, use, held) for kind in dict.fromkeys(flow.kind for flow in flows)),
        "changes": use.changes,
        "title": f"{outcome.scenario.title if outcome else 'As it was'}, {year_words(which or baseline.year)}",
        "scenario": outcome.scenario.name if outcome else "",
        "year": which or baseline.year,
        "pathways": use.pathways,
        "discharge_hours": tuple(one / sum(use.hours["leaving"]) for one in use.hours["leaving"]),
        "same_day_hours": tuple(float(one) for one in use.leaving["same_day_hours"]),
        "weekend_share": float(use.leaving["weekend_share"]),
        "delay_factor": float(use.leaving["delay_factor"]),
        "settled_within": float(use.run["settled_within"]),
        "pilot_runs": int(use.run["pilot_runs"]),
        **{name: type(getattr(BedsSpec, name))(value) for name, value in use.rules.items()},
        "assumptions": use.log,
        "notes": _notes(baseline, outcome, [site for n, site in enumerate(baseline.sites) if n not in places]),
    }
    return BedsSpec(**base).but(**changes)


def _nights(baseline: Baseline) -> Floats:
    """People by site, kind, ward group and nights."""
    made = np.zeros((len(baseline.sites), len(_KINDS), len(baseline.wards), LONGEST + 1))
    lies = baseline.ward >= 0
    at = (baseline.site[lies], baseline.kind[lies], baseline.ward[lies], np.minimum(baseline.nights[lies], LONGEST))
    np.add.at(made, at, baseline.count[lies].astype(np.float64))
    return made


def _grown(baseline: Baseline, outcome: Outcome | None, year: int | None) -> tuple[Floats, Floats]:
    """People against the baseline's, and nights a person against the baseline's: [site, kind, ward]."""
    counts = _nights(baseline)
    people = counts.sum(axis=3)
    nights = counts @ np.arange(LONGEST + 1)
    if outcome is None:
        return np.ones_like(people), np.ones_like(people)
    if year not in outcome.years:
        raise UserError(f"The scenario runs from {outcome.years[0]} to {outcome.years[-1]}; {year} is not in it.")
    if outcome.sites != baseline.sites or "ward" not in outcome.breakdowns:
        raise UserError("The outcome is of other sites than the baseline, or was run without ward groups.")
    split = outcome.breakdowns["ward"]
    at = outcome.years.index(int(year or 0))
    labels = [split.labels.index(ward) if ward in split.labels else -1 for ward in baseline.wards]
    then = np.stack([_label(split.count, at, one) for one in labels], axis=2)
    then_nights = np.stack([_label(split.nights, at, one) for one in labels], axis=2)
    factor = np.divide(then, people, out=np.zeros_like(people), where=people > 0)
    now = np.divide(nights, people, out=np.zeros_like(people), where=people > 0)
    later = np.divide(then_nights, then, out=np.zeros_like(people), where=then > 0)
    return factor, np.divide(later, now, out=np.ones_like(people), where=now > 0)


def _label(table: npt.NDArray[Any], at: int, label: int) -> Floats:
    """The mean of the runs, of one year and label: [site, kind]; nothing for a label that is not there."""
    if label < 0:
        return np.zeros(table.shape[2:4])
    return np.asarray(table[:, at, :, :, label].mean(axis=0), dtype=np.float64)


def changed_nights(shares: Floats, ratio: float) -> tuple[float, ...]:
    """Shares of nights when each night is kept with the chance `ratio`, or added once more with `ratio` - 1.

    The mean becomes `ratio` times as large. Above 2 every night counts for the whole part of it first.

    >>> [round(share, 3) for share in changed_nights(np.array([0.5, 0.0, 0.5]), 0.5)]
    [0.625, 0.25, 0.125]
    >>> changed_nights(np.array([0.5, 0.5]), 2.0)
    (0.5, 0.0, 0.5)
    """
    shares = np.trim_zeros(np.asarray(shares, dtype=np.float64), "b")
    if shares.size == 0:
        shares = np.ones(1)
    whole = int(ratio)
    part = ratio - whole
    made = np.zeros((len(shares) - 1) * (whole + (part > 1e-12)) + 1)
    for n, share in enumerate(shares):
        if share == 0:
            continue
        if part <= 1e-12:
            made[n * whole] += share
        else:
            made[n * whole : n * whole + n + 1] += share * _binomial(n, part)
    return tuple(float(one) for one in made / made.sum())


def _binomial(n: int, chance: float) -> Floats:
    from scipy.stats import binom

    return np.asarray(binom.pmf(np.arange(n + 1), n, chance), dtype=np.float64)


def _profile(kind: str, use: Settings, held: capacity.Assumptions) -> Profile:
    """Hours from beds.toml, days and months from capacity.toml (whose months begin with April)."""
    hours = np.asarray(use.hours.get(kind, (1.0,) * 24))
    days = held.weekdays(kind)
    week = np.outer(days / days.mean(), hours / hours.mean()).ravel()
    months = np.roll(held.months(kind), 3)
    months = months / months.mean()
    return Profile(kind, tuple(week.tolist()), tuple(months.tolist()), even=kind in _PLANNED)


def _notes(baseline: Baseline, outcome: Outcome | None, without: list[str]) -> tuple[str, ...]:
    """What the reader must know."""
    found = [
        "Waits run from the decision to admit. A stay begins when the bed does, so time spent waiting is not taken off "
        "it. Who is taken to another site waits until the journey is made.",
        "Nights are discharge date less admission date. Time in bed is longer or shorter by the hours of coming and "
        "leaving.",
        "Day cases and same-day emergency care fill no ward bed here. Critical care is apart.",
    ]
    if without:
        found.append(f"Without overnight beds and left out: {', '.join(without)}.")
    if outcome is not None:
        found.append("Arrivals and nights are the mean of the scenario's runs: the intervals here are of chance alone.")
    return (*baseline.notes, *found)
