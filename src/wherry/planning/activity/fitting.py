"""Which cells of a baseline an assumption is about."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wherry.errors import UserError
from wherry.planning.baseline import Baseline
from wherry.planning.scenario.model import Factor, Growth, Intervention, Scenario, Where, year_words
from wherry.reference.activity import KINDS, MARKERS

Mask = npt.NDArray[np.bool_]
Assumption = Growth | Factor | Intervention


def assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    """All of a scenario's, in its order: growth, factors, interventions."""
    return (*scenario.growth, *scenario.factors, *scenario.interventions)


def fits(where: Where, baseline: Baseline) -> Mask:
    """Which cells [cell] have everything that `where` says.

    Of several kinds, sites, specialties, sexes or quintiles a cell needs one; of markers all. Sites may be trusts.
    """
    found = np.ones(len(baseline), dtype=np.bool_)
    if where.kinds:
        found &= np.array([code in where.kinds for code in KINDS], dtype=np.bool_)[baseline.kind]
    if where.sites:
        named = [
            site in where.sites or trust in where.sites
            for site, trust in zip(baseline.sites, baseline.trust_of, strict=True)
        ]
        found &= np.array(named, dtype=np.bool_)[baseline.site]
    if where.whats:
        found &= np.array([code in where.whats for code in baseline.whats], dtype=np.bool_)[baseline.what]
    if where.sexes:
        found &= np.isin(baseline.sex, where.sexes)
    if where.quintiles:
        found &= np.isin(baseline.quintile, where.quintiles)
    if where.markers:
        bits = sum({MARKERS[code] for code in where.markers})
        found &= (baseline.markers & bits) == bits
    found &= (baseline.age >= where.ages[0]) & (baseline.age <= where.ages[1])
    return found & (baseline.nights >= where.nights_at_least)


def all_fits(scenario: Scenario, baseline: Baseline) -> Mask:
    """Which cells each assumption is about: [cell, assumption].

    A conversion leaves alone what is already of the kind it makes. Raises UserError for an assumption that is about
    nothing in this baseline, has a name twice, converts into no kind of ours, or takes the population's part off
    activity that another one has taken it off already; and for a baseline of another year. An empty baseline is let be.
    """
    every = assumptions(scenario)
    if baseline.year != scenario.base_year:
        raise UserError(
            f"Scenario {scenario.name} starts from {year_words(scenario.base_year)}, and the baseline is "
            f"{year_words(baseline.year)}. Nothing was run. Load that year's activity, or change base_year."
        )
    names = [one.name for one in every]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"Scenario {scenario.name}: two assumptions are called {name}. Give each its own name.")
    found = np.zeros((len(baseline), len(every)), dtype=np.bool_)
    kinds = list(KINDS)
    for place, one in enumerate(every):
        found[:, place] = fits(one.where, baseline)
        if isinstance(one, Intervention) and one.effect == "convert":
            if one.to not in kinds:
                raise UserError(
                    f"Scenario {scenario.name}, {one.name}: converts into {one.to!r}, which is no kind of activity. "
                    f"Kinds are {', '.join(kinds)}."
                )
            found[:, place] &= baseline.kind != kinds.index(one.to)
        if len(baseline) and not found[:, place].any():
            raise UserError(
                f"Scenario {scenario.name}: {one.name} matches no activity in the baseline ({_words(one.where)}). "
                "Nothing was run. Mend its `where`, or take the assumption out."
            )
    _once_published(scenario, found)
    return found


def _once_published(scenario: Scenario, found: Mask) -> None:
    """Growth that includes the population's must not meet another such on the same activity."""
    whole = [place for place, one in enumerate(scenario.growth) if one.includes_population]
    for n, first in enumerate(whole):
        for other in whole[n + 1 :]:
            if (found[:, first] & found[:, other]).any():
                one, two = scenario.growth[first], scenario.growth[other]
                if one.first <= two.last and two.first <= one.last:
                    raise UserError(
                        f"Scenario {scenario.name}: {one.name} and {two.name} both say includes_population about the "
                        "same activity in the same years, so the population's part would come off twice. Nothing was "
                        "run. Make them about different activity, or one of them growth beyond the population."
                    )


def _words(where: Where) -> str:
    """What an assumption asks for, in words."""
    parts = [
        f"{name} {', '.join(str(value) for value in values)}"
        for name, values in (
            ("kinds", where.kinds), ("sites", where.sites), ("whats", where.whats), ("sexes", where.sexes),
            ("quintiles", where.quintiles), ("markers", where.markers),
        )
        if values
    ]  # fmt: skip
    if where.ages != Where().ages:
        parts.append(f"ages {where.ages[0]} to {where.ages[1]}")
    if where.nights_at_least:
        parts.append(f"{where.nights_at_least} nights or more")
    return "; ".join(parts) or "everything"
