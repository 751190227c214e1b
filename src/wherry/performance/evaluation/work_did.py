"""Difference in differences worked out for a specification."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from wherry.performance.evaluation import did, ready
from wherry.performance.evaluation.did import Did
from wherry.performance.evaluation.outcome import AtHorizon, Diagnostic, Outcome, PlaceboRow, known
from wherry.performance.evaluation.ready import Ready
from wherry.performance.evaluation.settings import number, whole
from wherry.performance.evaluation.verdict import Check
from wherry.performance.evaluation.words import chance


def work(found: Ready) -> Outcome:
    """Fit, with placebo units and whether the trusts moved alike before."""
    columns = found.columns()
    units = (*found.spec.treated, *found.comparators)
    values = found.panel.values[found.panel.rows(units)][:, columns]
    treated = np.arange(len(units)) < len(found.spec.treated)
    fitted = did.fit(
        values,
        treated,
        found.after[columns],
        found.at[columns],
        draws=whole("placebo_draws"),
        seed=whole("seed"),
        alpha=number("alpha"),
    )
    made = ready.base(
        found,
        without=ready.wide(found, fitted.without),
        others=ready.wide(found, values[~treated].mean(axis=0)),
        low=ready.wide(found, fitted.event_low),
        high=ready.wide(found, fitted.event_high),
    )
    effect = known(fitted.effect)
    drawn = f", drawn with seed {whole('seed')}" if fitted.drawn else ", all of them"
    return replace(
        made,
        effect=effect,
        lower=known(fitted.lower),
        upper=known(fitted.upper),
        p=known(fitted.p),
        p_how=f"rank among {fitted.assignments} ways to choose who was treated{drawn}",
        can_be_shown=1 / fitted.assignments <= number("alpha"),
        net_count=ready.net_count(found, effect),
        horizons=_horizons(found, fitted),
        diagnostics=_diagnostics(fitted, found),
        checks=(_alike(fitted, found),),
        placebos=_placebos(fitted, found, values),
        notes=_notes(found),
    )


def _horizons(found: Ready, fitted: Did) -> tuple[AtHorizon, ...]:
    place = {int(at): n for n, at in enumerate(found.at[found.columns()])}
    rows = []
    for h in found.spec.options.horizons:
        at = place.get(found.start_at + h - 1)
        if at is not None:
            value = float(fitted.event[at])
            low, high = value - float(fitted.event_high[at]), value - float(fitted.event_low[at])
            rows.append(AtHorizon(h, ready.period_of(found, h), value, known(low), known(high)))
    return tuple(rows)


def _diagnostics(fitted: Did, found: Ready) -> tuple[Diagnostic, ...]:
    rows = [
        Diagnostic("Evaluated, before", fitted.treated_before, "Mean over the baseline."),
        Diagnostic("Evaluated, after", fitted.treated_after, "Mean since the start."),
        Diagnostic("Comparators, before", fitted.others_before, "Mean over the baseline."),
        Diagnostic("Comparators, after", fitted.others_after, "Mean since the start."),
    ]
    if math.isfinite(fitted.error):
        rows.append(
            Diagnostic(
                "Error clustered by trust",
                fitted.error,
                f"95% from {fitted.cluster_lower:.3g} to {fitted.cluster_upper:.3g}, p {chance(fitted.cluster_p)}. "
                f"With {len(found.spec.treated)} evaluated it is far too small: the verdict does not use it.",
            )
        )
    return tuple(rows)


def _alike(fitted: Did, found: Ready) -> Check:
    """Parallel before the start: the difference of slopes, ranked among the placebos."""
    name = "Moved alike before"
    if math.isnan(fitted.slope_p) or 1 / fitted.assignments > number("alpha"):
        return Check(name, None, "Whether the trusts moved alike before cannot be tried with so few.")
    per = f"{abs(fitted.slope):.3g} a {found.panel.grain} {'faster' if fitted.slope > 0 else 'slower'}"
    if fitted.slope_p <= number("alpha"):
        said = f"Before the start those evaluated already rose {per} than the comparators (p {chance(fitted.slope_p)})."
        return Check(name, False, said)
    said = (
        f"Before the start those evaluated rose {per} than the comparators, within what chance does "
        f"(p {chance(fitted.slope_p)}). This cannot prove that they would have gone on alike."
    )
    return Check(name, True, said)


def _placebos(
    fitted: Did, found: Ready, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> tuple[PlaceboRow, ...]:
    if not fitted.placebo_units:
        return ()
    first = len(found.spec.treated)
    return tuple(
        PlaceboRow(found.comparators[unit - first], float(effect), abs(float(effect)), False, None)
        for unit, effect in zip(fitted.placebo_units, fitted.placebos, strict=True)
    )


def _notes(found: Ready) -> tuple[str, ...]:
    several = len(found.spec.treated) > 1
    return (
        f"Means of {len(found.spec.treated)} evaluated and {len(found.comparators)} comparators, each trust counting "
        f"alike, with an effect of each trust and each {found.panel.grain}.",
        *(("The effect is the mean over the trusts evaluated; all began on one day.",) if several else ()),
    )
