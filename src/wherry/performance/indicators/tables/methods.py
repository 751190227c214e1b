"""The methods by name: what each is called, what it needs, and how it is applied to a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from wherry.errors import UserError

from . import funnels, lives, simple, standard, unequal
from .reading import Table, tidy
from .shapes import Options, Row


@dataclass(frozen=True)
class Method:
    """One method. `needs` are its columns as a reader is told them; `also` are other names it goes by."""

    name: str
    what: str
    needs: str
    apply: Callable[[Table, Options], list[Row]]
    also: tuple[str, ...] = ()


def _counts(how: str) -> Callable[[Table, Options], list[Row]]:
    return lambda table, options: simple.counts(table, options, how)


def _funnel(statistic: str) -> Callable[[Table, Options], list[Row]]:
    return lambda table, options: funnels.points(table, replace(options, statistic=statistic))


_AGE = "start_age"
METHODS = (
    Method("proportion", "proportions, Wilson limits", "count, population", simple.proportion,
           ("percentage", "percent", "prop", "wilson", "wilson_limits", "phe_proportion", "ph_proportion")),
    Method("rate", "crude rates, Byar limits, exact under 10 events", "count, population", simple.rate,
           ("crude", "crude_rate", "phe_rate", "ph_rate")),
    Method("mean", "means, Student's t", "value", simple.mean, ("average", "phe_mean", "ph_mean")),
    Method("poisson", "limits of counts: exact under 10 events, Byar from 10", "count", _counts("poisson"),
           ("count", "poisson_limits")),
    Method("byar", "limits of counts by Byar", "count", _counts("byar"), ("byar_limits", "byars_limits")),
    Method("exact", "exact Poisson limits of counts", "count", _counts("exact"),
           ("exact_limits", "exact_poisson", "poisson_exact", "chi_squared")),
    Method("dsr", "directly standardised rates, Dobson limits; withheld under 10 events",
           "count, population, standard_population (or age_band: European Standard Population 2013)", standard.dsr,
           ("directly_standardised_rate", "directly_standardised", "direct", "calculate_dsr", "phe_dsr", "ph_dsr",
            "asr", "dobson")),
    Method("dsr-not-independent", "directly standardised rates where one person can have several events",
           "count (people), event_frequency, population, age_band, standard_population (or by age_band)",
           standard.dsr_not_independent,
           ("dsr_nonindependent", "dsr_non_independent", "dsr_dependent", "dsr_notindependent",
            "dsr_non_independent_events", "dsr_not_independent_events", "dsr_event_frequency", "dsr_frequency")),
    Method("isr", "indirectly standardised rates",
           "count (or total), population, reference_count, reference_population",
           standard.isr,
           ("israte", "indirectly_standardised_rate", "calculate_israte", "phe_isr", "ph_israte", "is_rate")),
    Method("smr", "indirectly standardised (mortality) ratios",
           "count (or total), population, reference_count, reference_population; or count, expected", standard.smr,
           ("isratio", "is_ratio", "indirectly_standardised_ratio", "standardised_mortality_ratio",
            "calculate_isratio", "phe_smr", "ph_isratio", "indirect")),
    Method("life-expectancy", "life expectancy, Chiang, Silcocks variance", f"{_AGE}, deaths, population",
           lives.life_expectancy, ("le", "life_expectancies", "phe_life_expectancy", "lifeexpectancy", "chiang")),
    Method("arriaga", "the gap in life expectancy by age, and by cause where there is a column cause",
           f"{_AGE}, deaths, population, reference_count (deaths), reference_population; or --compare COLUMN",
           lives.gap,
           ("life_expectancy_gap", "le_gap", "gap", "decomposition", "arriaga_decomposition",
            "life_expectancy_decomposition", "le_decomposition")),
    Method("sii", "slope index of inequality (and RII), simulated limits",
           "quantile, population, value (or count); standard_error, or lower and upper", unequal.slope,
           ("slope_index", "slope_index_of_inequality", "phe_sii", "ph_sii", "slope")),
    Method("rii", "relative index of inequality (and SII), simulated limits", "as sii",
           lambda table, options: unequal.slope(table, options, relative=True),
           ("relative_index", "relative_index_of_inequality", "phe_rii")),
    Method("quantiles", "ranked groups of equal number", "value", unequal.quantiles,
           ("phe_quantile", "ph_quantile", "deciles")),
    Method("funnel", "control limits and significance of each row (--statistic proportion, rate, ratio or dsr)",
           "count, population; of ratios count, expected; of dsr count, value", funnels.points,
           ("funnel_plot", "funnel_points", "funnel_significance", "assign_funnel_significance")),
    Method("funnel-proportion", "funnel of proportions", "count, population", _funnel("proportion")),
    Method("funnel-rate", "funnel of crude rates", "count, population", _funnel("rate"),
           ("funnel_crude_rate",)),
    Method("funnel-ratio", "funnel of ratios of counts", "count, expected", _funnel("ratio"),
           ("funnel_smr", "funnel_isr", "funnel_count")),
    Method("funnel-dsr", "funnel of directly standardised rates", "count, value", _funnel("dsr")),
    Method("funnel-limits", "the limits alone, at 100 sizes, to draw a funnel with", "as funnel", funnels.lines,
           ("funnel_lines", "funnel_limit", "calculate_funnel_limits", "control_limits")),
)  # fmt: skip


def _plain(name: str) -> str:
    """A name without what does not tell methods apart: case, hyphens, a plural's s, and American spelling."""
    return re.sub(r"['’_]", "", tidy(name)).replace("standardized", "standardised").rstrip("s")


_BY_NAME = {_plain(name): method for method in METHODS for name in (method.name, *method.also)}


def find(name: str) -> Method:
    """A method by its name or another that it goes by. Raises UserError with those that are near.

    >>> find("PHE_rate").name, find("ISRatio").name, find("Life Expectancy").name
    ('rate', 'smr', 'life-expectancy')
    """
    found = _BY_NAME.get(_plain(name))
    if found is None:
        near = get_close_matches(_plain(name), _BY_NAME, n=3, cutoff=0.6)
        names = dict.fromkeys(_BY_NAME[one].name for one in near)
        raise UserError(
            f"There is no method {name}. " + (f"Is it {' or '.join(names)}? " if names else "")
            + f"There are {', '.join(method.name for method in METHODS)}."
        )  # fmt: skip
    return found


def run(name: str, table: Table, options: Options) -> list[Row]:
    """Apply a method to a table: rows of the answer, in the order of its groups or rows."""
    return find(name).apply(table, options)
