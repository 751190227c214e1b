"""A synthetic control worked out for a specification. Several treated units are one, their figures added up."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from wherry.performance.evaluation import periods as time
from wherry.performance.evaluation import ready, synthetic
from wherry.performance.evaluation.outcome import AtHorizon, Diagnostic, Outcome, PlaceboRow, Weight, known
from wherry.performance.evaluation.ready import Ready
from wherry.performance.evaluation.settings import number
from wherry.performance.evaluation.synthetic import Synthetic
from wherry.performance.evaluation.verdict import Check
from wherry.performance.evaluation.words import chance


def work(found: Ready) -> Outcome:
    """Fit, treat every donor in turn, try a false start, and leave out each donor with weight."""
    columns = found.columns()
    donors = found.panel.values[found.panel.rows(found.comparators)][:, columns]
    fitted = synthetic.fit(
        found.own[columns],
        donors,
        found.before[columns],
        found.after[columns],
        shifted=found.spec.options.shifted,
        poor_times=number("poor_fit_times"),
        alpha=number("alpha"),
        false_start=_false_start(found),
    )
    gaps = np.array([one.mix.gap for one in fitted.placebos if not one.poor])
    low = high = np.full(len(columns), np.nan)
    if len(gaps) > 1:
        low, high = np.quantile(gaps, [number("alpha") / 2, 1 - number("alpha") / 2], axis=0)
    made = ready.base(
        found,
        without=ready.wide(found, fitted.mix.without),
        others=ready.wide(found, donors.mean(axis=0)),
        low=ready.wide(found, low),
        high=ready.wide(found, high),
    )
    effect = known(fitted.mix.effect)
    lower, upper = known(fitted.lower), known(fitted.upper)
    count = len(fitted.placebos)
    return replace(
        made,
        effect=effect,
        lower=lower,
        upper=upper,
        p=known(fitted.p),
        p_how=f"rank of the error after over the error before among {count} placebo trusts",
        can_be_shown=1 / (1 + count) <= number("alpha"),
        net_count=ready.net_count(found, effect),
        horizons=_horizons(found, fitted, low, high),
        diagnostics=_diagnostics(fitted),
        checks=_checks(found, fitted),
        placebos=_placebos(found, fitted),
        weights=_weights(found, fitted),
        notes=_notes(found, fitted),
    )


def _false_start(found: Ready) -> int | None:
    """The column of the false start: the one asked for, else the baseline's middle; None where that is too short."""
    columns = found.columns()
    early = found.before[columns]
    asked = found.spec.options.false_start
    if asked is not None:
        place = int(np.searchsorted(found.at[columns], time.position(asked, found.panel.grain)))
    else:
        place = int(early.sum()) // 2
    before, after = int(early[:place].sum()), int(early[place:].sum())
    return place if before >= 6 and after >= 3 else None


def _horizons(
    found: Ready,
    fitted: Synthetic,
    low: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    high: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> tuple[AtHorizon, ...]:
    place = {int(at): n for n, at in enumerate(found.at[found.columns()])}
    rows = []
    for h in found.spec.options.horizons:
        at = place.get(found.start_at + h - 1)
        if at is not None:
            value = float(fitted.mix.gap[at])
            period = ready.period_of(found, h)
            rows.append(AtHorizon(h, period, value, known(value - float(high[at])), known(value - float(low[at]))))
    return tuple(rows)


def _diagnostics(fitted: Synthetic) -> tuple[Diagnostic, ...]:
    rows = [
        Diagnostic(
            "Error before", fitted.mix.before, "Root mean squared gap over the baseline: how well the mix fits."
        ),
        Diagnostic("Error after", fitted.mix.after, "The same since the start."),
        Diagnostic("After over before", known(fitted.mix.ratio), "What is ranked among the placebos."),
        Diagnostic(
            "p among good fits",
            known(fitted.p_good),
            f"The rank among the {fitted.good} of {len(fitted.placebos)} placebos whose fit before is not marked poor.",
        ),
    ]
    left = [effect for _, effect in fitted.without_one]
    if left:
        words = f"Leaving out one donor with weight, the effect is between {min(left):.3g} and {max(left):.3g}."
        rows.append(Diagnostic("Donors with weight", float(len(left)), words))
    return tuple(rows)


def _checks(found: Ready, fitted: Synthetic) -> tuple[Check, ...]:
    checks = [_fits(fitted)]
    early = fitted.in_time
    if early is None:
        checks.append(Check("Nothing at a false start", None, "The baseline is too short to try a false start."))
    else:
        period = time.words(found.panel.periods[found.columns()[early.start]], found.panel.grain)
        seen = early.p <= number("alpha")
        said = f"A false start in {period} shows {early.effect:+.3g} (p {chance(early.p)})"
        end = ": the method sees an effect before there was one." if seen else ", as it should: nothing beyond chance."
        checks.append(Check("Nothing at a false start", not seen, said + end))
    return tuple(checks)


def _fits(fitted: Synthetic) -> Check:
    name = "The mix fits before the start"
    if math.isnan(fitted.fit_rank):
        return Check(name, None, "Whether the mix fits cannot be tried with so few donors.")
    better = f"{100 * fitted.fit_rank:.0f}% of placebos fit their own mix better before the start"
    if fitted.fit_rank > number("fit_rank"):
        end = "." if fitted.shifted else ". Match the shape alone, or choose another design."
        return Check(name, False, f"No mix of the comparators is like those evaluated: {better}{end}")
    return Check(name, True, f"{better}.")


def _placebos(found: Ready, fitted: Synthetic) -> tuple[PlaceboRow, ...]:
    rows = []
    for one in fitted.placebos:
        gap = tuple(known(float(value)) for value in ready.wide(found, one.mix.gap))
        unit = found.comparators[one.unit]
        rows.append(PlaceboRow(unit, one.mix.effect, one.mix.ratio, one.poor, one.mix.before, gap))
    return tuple(rows)


def _weights(found: Ready, fitted: Synthetic) -> tuple[Weight, ...]:
    left = dict(fitted.without_one)
    order = np.argsort(-fitted.mix.weights, kind="stable")
    return tuple(
        Weight(found.comparators[int(one)], float(fitted.mix.weights[one]), left.get(int(one)))
        for one in order
        if fitted.mix.weights[one] > 0
    )


def _notes(found: Ready, fitted: Synthetic) -> tuple[str, ...]:
    used = int((fitted.mix.weights > 0).sum())
    shape = "the shape of the series, not its level" if fitted.shifted else "the series itself"
    several = len(found.spec.treated) > 1
    return (
        f"A mix of {used} of {len(found.comparators)} donors, fitted to {shape} over the baseline alone.",
        *(("Those evaluated are added up to one.",) if several else ()),
    )
