"""An interrupted time series worked out for a specification, with each comparator treated in turn."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from wherry.errors import UserError
from wherry.performance.evaluation import its, ready
from wherry.performance.evaluation.its import Its
from wherry.performance.evaluation.outcome import AtHorizon, Diagnostic, Outcome, PlaceboRow, known
from wherry.performance.evaluation.panel import Array
from wherry.performance.evaluation.ready import Ready
from wherry.performance.evaluation.settings import number, whole
from wherry.performance.evaluation.words import chance


def work(found: Ready) -> Outcome:
    """Fit the treated (less its comparators together, where there are any), and each comparator in the same way."""
    nothing = np.full(len(found.panel.periods), np.nan)
    control = found.panel.together(found.comparators)[0] if found.comparators else None
    fitted = _fit(found, found.own, control, _weights(found, found.below, found.comparators))
    placebos = _placebos(found)
    by_rank = _rank(_size(fitted), [row.rank_by for row in placebos]) if placebos else None
    p, how = _judged_by(fitted.average.p, by_rank, len(placebos))
    wide = _widened(fitted, [row.rank_by for row in placebos], controlled=bool(found.comparators))
    without = np.where(found.at <= found.at[found.used].max(), fitted.without, np.nan)
    made = ready.base(found, without=without, others=nothing if control is None else control)
    effect = known(fitted.average.value)
    return replace(
        made,
        effect=effect,
        lower=known(fitted.average.value - wide * fitted.average.error),
        upper=known(fitted.average.value + wide * fitted.average.error),
        p=known(p),
        p_how=how,
        can_be_shown=not found.comparators or 1 / (1 + len(placebos)) <= number("alpha"),
        net_count=ready.net_count(found, effect),
        horizons=tuple(
            AtHorizon(
                h.number,
                ready.period_of(found, h.number),
                h.effect.value,
                known(h.effect.value - wide * h.effect.error),
                known(h.effect.value + wide * h.effect.error),
            )
            for h in fitted.horizons
        ),
        diagnostics=_diagnostics(fitted),
        placebos=placebos,
        notes=_notes(fitted, control is not None),
    )


def _fit(found: Ready, values: Array, control: Array | None, weights: Array | None) -> Its:
    kept = np.where(found.used, values, np.nan)
    asked = found.spec.options.season
    season = asked if asked is not None else int(found.before.sum() >= whole("season_before"))
    return its.fit(
        kept,
        found.at,
        found.start_at,
        control=control,
        weights=weights,
        season=season if found.panel.grain != "year" else 0,
        grain=found.panel.grain,
        rule=found.spec.options.bandwidth,
        horizons=found.spec.options.horizons,
        alpha=number("alpha"),
    )


def _weights(found: Ready, below: Array, others: tuple[str, ...]) -> Array | None:
    """Weights of points: denominators; of a difference, what the variances of both say (1 / (1/a + 1/b))."""
    if not np.isfinite(below[found.used]).all():
        return None
    if not others:
        return below
    theirs = found.panel.together(others)[1]
    if not np.isfinite(theirs[found.used]).all():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        both: Array = 1 / (1 / below + 1 / theirs)
    return both


def _placebos(found: Ready) -> tuple[PlaceboRow, ...]:
    if len(found.comparators) < 2:
        return ()
    rows = []
    for unit in found.comparators:
        rest = tuple(one for one in found.comparators if one != unit)
        values, below = found.panel.together([unit])
        try:
            fitted = _fit(found, values, found.panel.together(rest)[0], _weights(found, below, rest))
        except UserError:
            continue
        rows.append(PlaceboRow(unit, fitted.average.value, _size(fitted), False, None))
    return tuple(rows)


def _size(fitted: Its) -> float:
    """How many errors the average effect is from nothing."""
    value, error = abs(fitted.average.value), fitted.average.error
    return value / error if error > 0 else (math.inf if value > 0 else 0.0)


def _rank(own: float, others: list[float]) -> float:
    return (1 + sum(one >= own * (1 - 1e-9) for one in others)) / (1 + len(others))


def _widened(fitted: Its, sizes: list[float], *, controlled: bool) -> float:
    """How many errors an interval reaches: what the series says or, where that is more, what the placebos do.

    Those effects are kept whose distance, in errors, ranks within chance. Without end where placebos are too few, or
    are missing for a series that has comparators.
    """
    average = fitted.average
    own = (average.upper - average.value) / average.error if average.error > 0 else 0.0
    if not controlled:
        return own
    enough = math.floor(number("alpha") * (len(sizes) + 1) + 1e-9)
    return max(own, sorted(sizes, reverse=True)[enough - 1]) if enough >= 1 else math.inf


def _judged_by(series: float, rank: float | None, count: int) -> tuple[float, str]:
    alone = f"{chance(series)} by the errors of the series"
    if rank is None:
        return series, alone
    turned = f"{chance(rank)} by rank among {count} placebo trusts"
    return max(series, rank), f"the larger of {alone} and {turned}"


def _diagnostics(fitted: Its) -> tuple[Diagnostic, ...]:
    rows = [
        Diagnostic(name, known(one.value), f"By the errors of the series, 95% from {one.lower:.3g} to {one.upper:.3g}.")
        for name, one in fitted.coefficients.items()
    ]
    rows.append(
        Diagnostic(
            "Errors from nothing", known(_size(fitted)), "The effect over its error: what placebos are ranked by."
        )
    )
    durbin = fitted.durbin_watson
    if math.isnan(durbin):
        said = "The line fits without error."
    elif durbin < 1.5:
        said = "Well below 2: neighbouring points are alike. The errors allow for it; plain ones would be too small."
    elif durbin > 2.5:
        said = "Well above 2: neighbouring points lean opposite ways. The errors allow for it."
    else:
        said = "Near 2: neighbouring points are not noticeably alike."
    rows.append(Diagnostic("Durbin-Watson", known(durbin), said))
    p = fitted.ljung_box_p
    if math.isnan(p):
        said = "Nothing is left over to test."
    elif p < number("alpha"):
        said = (
            f"Below 0.05: a pattern over {fitted.ljung_box_lags} points is left, such as a season or a step elsewhere."
        )
    else:
        said = f"No pattern over {fitted.ljung_box_lags} points is seen in what is left over."
    rows.append(Diagnostic("Ljung-Box p", known(p), said))
    lags = f"Likeness of {fitted.bandwidth} neighbours is allowed for: {fitted.rule}."
    rows.append(Diagnostic("Bandwidth", float(fitted.bandwidth), lags))
    return tuple(rows)


def _notes(fitted: Its, controlled: bool) -> tuple[str, ...]:
    seasons = (
        f"{fitted.season} pair{'' if fitted.season == 1 else 's'} of season terms" if fitted.season else "no season"
    )
    against = (
        "of the difference between those evaluated and the comparators together" if controlled else "of one series"
    )
    return (
        f"Segmented regression {against}, with {seasons}, on {fitted.n} points.",
        "The effect is the mean over the periods since the start; nothing is said beyond the last of them.",
    )
